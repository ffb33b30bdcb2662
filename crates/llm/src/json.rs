//! Parts of a server's JSON, read without building up what nobody asked for: a value of any kind takes up to forty
//! times the bytes that it is written in. What may be of another kind than it should be is left as it is written,
//! and says nothing where it is.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::credible;

/// Text, borrowed from what was read unless it holds an escape. A field of type `Option<Cow<str>>` would be copied
/// by serde every time.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// A list of which the first so many are kept.
pub(crate) struct Few<T, const KEPT: usize>(pub(crate) Vec<T>);

impl<T, const KEPT: usize> Default for Few<T, KEPT> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const KEPT: usize> Deserialize<'de> for Few<T, KEPT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<T, const KEPT: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const KEPT: usize> Visitor<'de> for Each<T, KEPT> {
            type Value = Few<T, KEPT>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < KEPT {
                    match list.next_element()? {
                        Some(one) => kept.push(one),
                        None => return Ok(Few(kept)),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Few(kept))
            }
        }
        deserializer.deserialize_seq(Each(PhantomData))
    }
}

/// A number that counts something, which some servers write with decimals. None: it is no number, or less than
/// nothing.
pub(crate) fn count(value: Option<&RawValue>) -> Option<i64> {
    number(value).map(credible)
}

/// Nanoseconds as whole milliseconds.
pub(crate) fn milliseconds(nanoseconds: Option<&RawValue>) -> Option<i64> {
    number(nanoseconds).map(|number| credible(number.saturating_add(500_000) / 1_000_000))
}

#[expect(clippy::cast_possible_truncation, reason = "what is no credible number is cut afterwards")]
fn number(value: Option<&RawValue>) -> Option<i64> {
    let text = value?.get();
    let rounded = || text.parse::<f64>().ok().map(|number| number.round() as i64);
    text.parse().ok().or_else(rounded).filter(|number| *number >= 0)
}

/// A text that is not empty.
pub(crate) fn word(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok().filter(|word: &String| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: i64 = 1 << 40;

    #[test]
    fn numbers_are_read_as_far_as_they_can_be_believed() {
        let read = |text| count(Some(serde_json::from_str(text).expect(text)));
        for (text, number) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("12", Some(12)),
            ("2.0", Some(2)),
            ("2.5e3", Some(2_500)),
            ("-1", None),
            ("-2.5", None),
            ("1e300", Some(MOST)),
            ("9223372036854775808", Some(MOST)),
            ("-1e300", None),
            ("1e999", Some(MOST)),
            ("\"3\"", None),
            ("null", None),
            ("[3]", None),
            ("true", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
        assert_eq!(count(None), None);
        let hour: &RawValue = serde_json::from_str("3600000500000").expect("a number");
        assert_eq!(milliseconds(Some(hour)), Some(3_600_001));
    }

    #[test]
    fn words_are_texts() {
        let read = |text| word(Some(serde_json::from_str(text).expect(text)));
        assert_eq!(read("\"a\\n\"").as_deref(), Some("a\n"));
        for text in ["\"\"", "5", "null", "{}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn of_a_long_list_the_beginning_is_kept() {
        let Few(kept): Few<u8, 2> = serde_json::from_str("[1, 2, {\"x\": []}, 4]").expect("a list");
        assert_eq!(kept, [1, 2]);
        assert!(serde_json::from_str::<Few<u8, 2>>("{}").is_err());
        assert!(serde_json::from_str::<Few<u8, 2>>("[1, 2, 3").is_err());
    }
}
