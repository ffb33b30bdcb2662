//! Numbers of texts, compared digit by digit: 1.1 lies 0.1 from 1, which doubles deny.

use std::sync::OnceLock;

/// `mantissa` · 10^`exponent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

/// How far two numbers may lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tolerance {
    /// By this much.
    Absolute(Decimal),
    /// By this many hundredths of the expected number.
    Percent(Decimal),
}

/// A number as people write it, with separators between its digits.
fn number_pattern() -> Option<&'static regex::Regex> {
    static PATTERN: OnceLock<Option<regex::Regex>> = OnceLock::new();
    PATTERN
        .get_or_init(|| regex::Regex::new(r"[-−+]?[0-9][0-9,_ ']*(\.[0-9]+)?([eE][-+]?[0-9]+)?").ok())
        .as_ref()
}

/// The last number in a text, as it stands there.
pub(super) fn last_number(text: &str) -> Option<&str> {
    let found = number_pattern()?.find_iter(text).last()?;
    Some(found.as_str().trim_end_matches([',', '_', ' ', '\'']))
}

impl Decimal {
    /// Reads a number that may have separators. None if the text is anything else, or is beyond
    /// what any computation needs: more than 38 digits, or an exponent beyond 1,000.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = number_pattern()?.find(text)?;
        if whole.range() != (0..text.len()) {
            return None;
        }
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ',' | '_' | ' ' | '\'' | '+'))
            .collect::<String>()
            .replace('−', "-");
        let (number, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
        let (integer, fraction) = number.split_once('.').unwrap_or((number, ""));
        let fraction = fraction.trim_end_matches('0');
        let exponent: i32 = exponent.parse().ok().filter(|exponent| (-1000..=1000).contains(exponent))?;
        let mantissa: i128 = format!("{integer}{fraction}").parse().ok()?;
        Some(Self { mantissa, exponent: exponent - i32::try_from(fraction.len()).ok()? })
    }

    fn hundredfold(self) -> Self {
        Self { exponent: self.exponent + 2, ..self }
    }

    fn double(self) -> f64 {
        format!("{}e{}", self.mantissa, self.exponent).parse().unwrap_or(f64::NAN)
    }

    fn magnitude(self) -> Option<Self> {
        Some(Self { mantissa: self.mantissa.checked_abs()?, ..self })
    }

    fn times(self, other: Self) -> Option<Self> {
        Some(Self {
            mantissa: self.mantissa.checked_mul(other.mantissa)?,
            exponent: self.exponent + other.exponent,
        })
    }

    /// Both mantissas for the smaller exponent of the two.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: Self| {
            if number.mantissa == 0 {
                return Some(0);
            }
            let power = 10_i128.checked_pow(u32::try_from(number.exponent - exponent).ok()?)?;
            number.mantissa.checked_mul(power)
        };
        Some((scaled(self)?, scaled(other)?, exponent))
    }

    fn distance(self, other: Self) -> Option<Self> {
        let (left, right, exponent) = self.aligned(other)?;
        Self { mantissa: left.checked_sub(right)?, exponent }.magnitude()
    }

    fn at_most(self, other: Self) -> Option<bool> {
        let (left, right, _) = self.aligned(other)?;
        Some(left <= right)
    }

    /// Whether the number lies within the tolerance around the expected one.
    pub(super) fn is_near(self, expected: Self, tolerance: Tolerance) -> bool {
        let exact = || match tolerance {
            Tolerance::Absolute(tolerance) => self.distance(expected)?.at_most(tolerance),
            Tolerance::Percent(percent) => {
                self.distance(expected)?.hundredfold().at_most(expected.magnitude()?.times(percent)?)
            }
        };
        // Only numbers of very different size do not fit into 128 bits together.
        exact().unwrap_or_else(|| {
            let distance = (self.double() - expected.double()).abs();
            match tolerance {
                Tolerance::Absolute(tolerance) => distance <= tolerance.double(),
                Tolerance::Percent(percent) => distance * 100.0 <= expected.double().abs() * percent.double(),
            }
        })
    }
}

impl Tolerance {
    /// Reads `0.5` or `5%`. None if it is negative or no number.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, percent) = text.strip_suffix('%').map_or((text, false), |number| (number, true));
        let number = Decimal::read(number).filter(|number| number.mantissa >= 0)?;
        Some(if percent { Self::Percent(number) } else { Self::Absolute(number) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(actual: &str, expected: &str, tolerance: &str) -> bool {
        let [actual, expected] = [actual, expected].map(|text| Decimal::read(text).unwrap());
        actual.is_near(expected, Tolerance::read(tolerance).unwrap())
    }

    #[test]
    fn the_last_number_of_a_text_is_found() {
        let table = [
            ("A: 1,234.50 dollars", Some("1,234.50")),
            ("from 3 to −5.", Some("−5")),
            ("1e3", Some("1e3")),
            ("about 7, or so", Some("7")),
            ("1'000'000", Some("1'000'000")),
            ("v2.0.1", Some("1")),
            ("$.5", Some("5")),
            ("none", None),
            ("٣", None),
        ];
        for (text, expected) in table {
            assert_eq!(last_number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_the_whole_text_or_none() {
        for text in ["3", " 3 ", "1,000", "-1.5e-3", "+4", "1_000 000", "−7"] {
            assert!(Decimal::read(text).is_some(), "{text}");
        }
        for text in ["", "x", "3 eggs", "$3", "1e9999", "--3", ".5", "NaN", &"9".repeat(40)] {
            assert!(Decimal::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_tolerance_is_exact() {
        assert!(near("1.1", "1", "0.1"));
        assert!(!near("1.1000000001", "1", "0.1"));
        assert!(near("70,000.00", "7e4", "0"));
        assert!(!near("9007199254740993", "9007199254740992", "0"));
        assert!(near("95", "100", "5%"));
        assert!(!near("94.99", "100", "5%"));
        assert!(near("-105", "-100", "5%"));
        assert!(!near("1", "0", "5%"));
        assert!(near("0", "0", "5%"));
        assert!(!near("1e300", "1e-300", "0"));
        assert!(near("1e300", "1e-300", "1e301"));
    }

    #[test]
    fn a_tolerance_is_a_number_or_a_percentage() {
        assert!(Tolerance::read("5%").is_some());
        assert!(Tolerance::read("-1").is_none());
        assert!(Tolerance::read("%").is_none());
        assert!(Tolerance::read("some").is_none());
    }
}
