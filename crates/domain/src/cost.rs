//! What answers cost, in whole billionths of a US dollar: sums of them are exact.

use std::fmt::{self, Display};
use std::iter::Sum;
use std::str::FromStr;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::completion::Usage;

const NANOS: i64 = 1_000_000_000;
/// Tokens that a price is given for.
const PRICED: i128 = 1_000_000;

/// An amount of money. In JSON it is a decimal number of US dollars in a text: `"0.00042"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoDollars(pub i64);

impl NanoDollars {
    /// The nearest number of US dollars.
    #[expect(clippy::cast_precision_loss, reason = "no answer costs 9 million dollars")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Display for NanoDollars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, nanos) =
            (self.0.unsigned_abs() / NANOS.unsigned_abs(), self.0.unsigned_abs() % NANOS.unsigned_abs());
        let digits = format!("{nanos:09}");
        match digits.trim_end_matches('0') {
            "" => write!(formatter, "{sign}{whole}"),
            digits => write!(formatter, "{sign}{whole}.{digits}"),
        }
    }
}

/// A text that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount in US dollars with at most nine decimals, such as 0.15")]
pub struct NoAmount(String);

impl FromStr for NanoDollars {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let refuse = || NoAmount(text.chars().take(50).collect());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
            return Err(refuse());
        }
        let whole: i64 = whole.parse().map_err(|_| refuse())?;
        let nanos: i64 = format!("{decimals:0<9}").parse().map_err(|_| refuse())?;
        whole.checked_mul(NANOS).and_then(|whole| whole.checked_add(nanos)).map(Self).ok_or_else(refuse)
    }
}

impl Sum for NanoDollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), |sum, amount| Self(sum.0.saturating_add(amount.0)))
    }
}

impl Serialize for NanoDollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NanoDollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Amount { numbers: false })
    }
}

/// Reads an amount that a person wrote into a file, where it may also stand as a number.
///
/// # Errors
/// Where it is neither text nor a number, negative, or too large.
pub fn from_text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NanoDollars, D::Error> {
    deserializer.deserialize_any(Amount { numbers: true })
}

struct Amount {
    numbers: bool,
}

impl Amount {
    /// A number is written as its shortest decimal form, which is what the person wrote.
    fn number<E: de::Error>(
        self,
        number: impl Display,
        unexpected: Unexpected<'_>,
    ) -> Result<NanoDollars, E> {
        if self.numbers {
            self.visit_str(&number.to_string())
        } else {
            Err(E::invalid_type(unexpected, &self))
        }
    }
}

impl Visitor<'_> for Amount {
    type Value = NanoDollars;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.numbers {
            "an amount in US dollars"
        } else {
            "an amount in US dollars as a string, such as \"0.15\""
        })
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NanoDollars, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<NanoDollars, E> {
        self.number(number, Unexpected::Float(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<NanoDollars, E> {
        self.number(number, Unexpected::Signed(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<NanoDollars, E> {
        self.number(number, Unexpected::Unsigned(number))
    }
}

impl PartialSchema for NanoDollars {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^-?\\d+(\\.\\d+)?$"))
            .description(Some("An amount in US dollars, as a decimal number."));
        schema.build().into()
    }
}

impl ToSchema for NanoDollars {}

/// What a model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenPrices {
    /// Of a million tokens of prompt.
    pub prompt: NanoDollars,
    /// Of a million tokens of answer.
    pub completion: NanoDollars,
}

impl TokenPrices {
    /// What these tokens cost, to the next billionth. None: not all of them are known.
    pub fn cost(&self, usage: Usage) -> Option<NanoDollars> {
        let of = |tokens: i64, price: NanoDollars| i128::from(tokens) * i128::from(price.0);
        let millionths =
            of(usage.prompt_tokens?, self.prompt) + of(usage.completion_tokens?, self.completion);
        i64::try_from((millionths + PRICED / 2) / PRICED).ok().map(NanoDollars)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> NanoDollars {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_written_as_they_are_read() {
        for (text, nanos) in [("0", 0), ("0.15", 150_000_000), ("2.5", 2_500_000_000), ("0.000000001", 1)] {
            assert_eq!(amount(text), NanoDollars(nanos));
            assert_eq!(NanoDollars(nanos).to_string(), text);
        }
        assert_eq!(NanoDollars(-1_500_000_000).to_string(), "-1.5");
        assert_eq!(NanoDollars(i64::MIN).to_string(), "-9223372036.854775808");
    }

    #[test]
    fn texts_are_amounts_and_numbers_where_a_person_writes_them() {
        let text = |json: &str| serde_json::from_str::<NanoDollars>(json).map_err(|error| error.to_string());
        let either = |json: &str| {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            from_text_or_number(&mut deserializer).map_err(|error| error.to_string())
        };
        assert_eq!(text("\"0.15\""), Ok(NanoDollars(150_000_000)));
        assert_eq!(serde_json::to_string(&amount("0.15")).unwrap(), "\"0.15\"");
        for (json, nanos) in [("0.15", 150_000_000), ("\"0.15\"", 150_000_000), ("3", 3_000_000_000)] {
            assert_eq!(either(json), Ok(NanoDollars(nanos)), "{json}");
        }
        for number in ["0", "0.15", "-1"] {
            assert!(text(number).unwrap_err().contains("as a string"), "{number}");
        }
        for wrong in ["\"\"", "\".5\"", "\"1.\"", "\"1e3\"", "\"0.0000000001\"", "\"99999999999\""] {
            assert!(text(wrong).unwrap_err().contains("not an amount"), "{wrong}");
        }
        for wrong in ["-1", "1e300"] {
            assert!(either(wrong).unwrap_err().contains("not an amount"), "{wrong}");
        }
    }

    #[test]
    fn a_cost_is_exact_and_absent_where_tokens_are_unknown() {
        let prices = TokenPrices { prompt: amount("0.15"), completion: amount("0.6") };
        let usage = |prompt, completion| Usage { prompt_tokens: prompt, completion_tokens: completion };
        // 1,000 × 0.15 $ and 500 × 0.60 $ for a million each.
        assert_eq!(prices.cost(usage(Some(1_000), Some(500))).unwrap().to_string(), "0.00045");
        assert_eq!(prices.cost(usage(Some(1), Some(0))), Some(NanoDollars(150)));
        assert_eq!(prices.cost(usage(None, Some(5))), None);
        assert_eq!(prices.cost(usage(Some(5), None)), None);
        let dear = TokenPrices { prompt: NanoDollars(i64::MAX), completion: NanoDollars(0) };
        assert_eq!(dear.cost(usage(Some(1 << 40), Some(0))), None);
    }
}
