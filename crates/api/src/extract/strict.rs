//! One pass over a JSON body that builds nothing: depth, sizes, duplicate keys, U+0000.
//!
//! serde would keep the last of two equal keys in a map, and reads any depth up to 128; this runs before it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::extract::push_step;
use crate::problem::{ApiError, Code, FieldError};

/// Most arrays and objects that may lie in each other.
const DEPTH_LIMIT: usize = 32;
/// Most keys of one object.
const KEYS_LIMIT: usize = 1_000;
/// Most items of one array.
const ITEMS_LIMIT: usize = 10_000;

/// Refuses a body that is not JSON or breaks one of the limits.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ApiError> {
    let mut walk = Walk { depth: 0, found: None };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Element(&mut walk).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (walk.found, parsed) {
        (Some(found), _) => Err(found.into_error()),
        (None, Err(error)) => Err(not_json(bytes, &error)),
        (None, Ok(())) => Ok(()),
    }
}

fn not_json(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return ApiError::new(Code::InvalidJson, "The body is empty; a JSON object is expected.");
    }
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    let detail =
        format!("The body is not JSON: {reason}, at line {} column {}.", error.line(), error.column().max(1));
    ApiError::new(Code::InvalidJson, detail)
}

struct Walk {
    depth: usize,
    found: Option<Found>,
}

/// A broken limit. Its path is collected from the inside out while the parser unwinds.
struct Found {
    code: Code,
    detail: String,
    steps: Vec<String>,
}

impl Found {
    fn into_error(self) -> ApiError {
        let mut pointer = String::new();
        for step in self.steps.iter().rev() {
            push_step(&mut pointer, step);
        }
        let error = FieldError::new(pointer, self.detail);
        if self.code == Code::Invalid {
            return ApiError::invalid(vec![error]);
        }
        let detail = format!("{}: {}", error.pointer, error.detail);
        ApiError::new(self.code, detail).with_errors(vec![error])
    }
}

impl Walk {
    /// Notes what is wrong here and stops the parser.
    fn stop<E: serde::de::Error>(&mut self, code: Code, detail: impl Into<String>) -> E {
        self.found = Some(Found { code, detail: detail.into(), steps: Vec::new() });
        E::custom("stopped")
    }

    fn step(&mut self, step: impl FnOnce() -> String) {
        if let Some(found) = &mut self.found {
            found.steps.push(step());
        }
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(
                self.stop(Code::Invalid, format!("More than {DEPTH_LIMIT} levels lie in each other."))
            );
        }
        Ok(())
    }

    fn text<E: serde::de::Error>(&mut self, text: &str) -> Result<(), E> {
        if text.as_bytes().contains(&0) {
            return Err(
                self.stop(Code::Invalid, "The text contains the character U+0000, which cannot be stored.")
            );
        }
        Ok(())
    }
}

/// Any value.
struct Element<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.enter()?;
        let mut count = 0_usize;
        loop {
            match items.next_element_seed(Element(self.0)) {
                Ok(Some(())) => count += 1,
                Ok(None) => break,
                Err(error) => {
                    self.0.step(|| count.to_string());
                    return Err(error);
                }
            }
            if count > ITEMS_LIMIT {
                return Err(self
                    .0
                    .stop(Code::Invalid, format!("The array has more than {ITEMS_LIMIT} items.")));
            }
        }
        self.0.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.enter()?;
        let mut keys: Vec<Cow<'de, str>> = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            self.0.text::<A::Error>(&key).inspect_err(|_| self.0.step(|| key.clone().into_owned()))?;
            if keys.len() == KEYS_LIMIT {
                return Err(self
                    .0
                    .stop(Code::Invalid, format!("The object has more than {KEYS_LIMIT} keys.")));
            }
            if let Err(error) = entries.next_value_seed(Element(self.0)) {
                self.0.step(|| key.into_owned());
                return Err(error);
            }
            keys.push(key);
        }
        keys.sort_unstable();
        if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
            let error = self.0.stop(Code::DuplicateKey, "The key stands twice in this object.");
            self.0.step(|| twice[0].clone().into_owned());
            return Err(error);
        }
        self.0.depth -= 1;
        Ok(())
    }
}

/// A key, borrowed from the body where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (Code, String) {
        let error = check(body.as_bytes()).unwrap_err();
        (error.code(), error.errors().first().map(|error| error.pointer.clone()).unwrap_or_default())
    }

    #[test]
    fn sound_bodies_pass() {
        for body in ["{}", "[]", "null", r#"{"a":[1,-2,0.5,true,null,"x"],"b":{"a":"\u00e9"}}"#] {
            assert!(check(body.as_bytes()).is_ok(), "{body}");
        }
        let items = format!("[{}]", vec!["1"; ITEMS_LIMIT].join(","));
        assert!(check(items.as_bytes()).is_ok());
        let deepest = format!("{}1{}", "[".repeat(DEPTH_LIMIT), "]".repeat(DEPTH_LIMIT));
        assert!(check(deepest.as_bytes()).is_ok());
    }

    #[test]
    fn limits_are_refused_where_they_are_broken() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(DEPTH_LIMIT), "]".repeat(DEPTH_LIMIT));
        let (code, pointer) = refused(&deep);
        assert_eq!(code, Code::Invalid);
        assert_eq!(pointer, format!("/a{}", "/0".repeat(DEPTH_LIMIT - 1)));

        let items = format!(r#"{{"a":[{}]}}"#, vec!["1"; ITEMS_LIMIT + 1].join(","));
        assert_eq!(refused(&items), (Code::Invalid, "/a".to_owned()));

        let keys: Vec<String> = (0..=KEYS_LIMIT).map(|key| format!(r#""k{key}":1"#)).collect();
        assert_eq!(refused(&format!("[0,{{{}}}]", keys.join(","))), (Code::Invalid, "/1".to_owned()));
    }

    #[test]
    fn duplicate_keys_are_found_also_when_escaped() {
        assert_eq!(refused(r#"{"a":{"b":1,"c":2,"\u0062":3}}"#), (Code::DuplicateKey, "/a/b".to_owned()));
        assert_eq!(refused(r#"{"x/y~":1,"x/y~":1}"#), (Code::DuplicateKey, "/x~1y~0".to_owned()));
    }

    #[test]
    fn the_null_character_is_found_in_texts_and_keys() {
        assert_eq!(refused(r#"{"a":[0,"x\u0000"]}"#), (Code::Invalid, "/a/1".to_owned()));
        assert_eq!(refused(r#"{"a\u0000":1}"#), (Code::Invalid, "/a\0".to_owned()));
    }

    #[test]
    fn what_is_not_json_is_located() {
        let error = check(b"{\n  \"a\": 1,,\n}").unwrap_err();
        assert_eq!(error.code(), Code::InvalidJson);
        assert!(error.detail().contains("line 2 column"), "{}", error.detail());
        assert!(check(b" ").unwrap_err().detail().contains("empty"));
        assert!(check(b"{} x").is_err());
        assert!(check(b"\"\xff\"").is_err());
    }
}
