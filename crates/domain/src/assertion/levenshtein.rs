//! `levenshtein`: the output is the value but for a few letters.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, counted, quoted, thousands};
use crate::test_case::Assertion;

/// The distance where no threshold is given.
const DEFAULT_THRESHOLD: f64 = 5.0;
/// Most comparisons of two units: letters of the shorter text times the width of the band.
const WORK_LIMIT: usize = 10_000_000;

pub(super) struct Levenshtein;

impl Rule for Levenshtein {
    fn name(&self) -> &'static str {
        "levenshtein"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::ExpectedOutput
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The output becomes the value by a few changes of one letter: inserted, deleted or replaced.",
            value: ValueDescription {
                kind: ValueKind::Text,
                need: self.need(),
                summary: "The text to come near to.",
                fields: Vec::new(),
            },
            threshold: Some("The most changes; 5 if left out. Letters are UTF-16 units: 😀 counts as two."),
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": "Paris", "threshold": 2}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(Value::Number(_)) = &assertion.value {
            problems.push(Problem::at("/value", "The value is a number; put it in quotes."));
        }
        if assertion.threshold.is_some_and(|threshold| threshold < 0.0) {
            problems
                .push(Problem::at("/threshold", "The threshold is negative: nothing is as near as that."));
        }
        problems
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        match &input.value {
            Some(Value::String(text)) => Ok(Box::new(Near {
                units: text.encode_utf16().collect(),
                text: text.clone(),
                most: input.assertion.threshold.unwrap_or(DEFAULT_THRESHOLD),
            })),
            Some(_) => Err("The value is no text.".into()),
            None => Err("There is no text to come near to.".into()),
        }
    }
}

struct Near {
    text: String,
    units: Vec<u16>,
    most: f64,
}

impl Check for Near {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float beyond the range becomes its nearest end"
    )]
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let output: Vec<u16> = answer.output().encode_utf16().collect();
        let most = self.most.floor().max(0.0) as usize;
        let distance = match distance_within(&output, &self.units, most) {
            Ok(distance) => distance,
            Err(TooLarge) => {
                return Finding::Unknown(format!(
                    "The output of {} and the value of {} characters are too long to be compared within {most} \
                     changes. Texts of 3,000 characters always can be, longer ones with a smaller threshold.",
                    thousands(output.len()),
                    thousands(self.units.len()),
                ));
            }
        };
        // A negative threshold allows nothing, not even no change.
        let holds = distance.is_some() && self.most >= 0.0;
        let actual = distance.map_or_else(|| format!("more than {}", thousands(most)), thousands);
        let changes = distance.map_or_else(|| format!("{actual} changes"), |count| counted(count, "change"));
        let reason = format!(
            "The output is {changes} of a letter away from {}. Expected at most {}.",
            quoted(&self.text),
            self.most
        );
        Finding::of(holds, Fact::new(reason).expected(clipped(&self.text)).actual(actual))
    }

    fn asks_for_emptiness(&self) -> bool {
        self.units.is_empty()
    }
}

/// The comparison would take more than [`WORK_LIMIT`].
#[derive(Debug, PartialEq, Eq)]
struct TooLarge;

/// The Levenshtein distance, None where it is more than `most`. Only the band of the table is computed in which
/// a distance of `most` can lie (Ukkonen, "Algorithms for approximate string matching", 1985).
fn distance_within(left: &[u16], right: &[u16], most: usize) -> Result<Option<usize>, TooLarge> {
    let (mut short, mut long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let same = short.iter().zip(long).take_while(|(left, right)| left == right).count();
    (short, long) = (&short[same..], &long[same..]);
    let same = short.iter().rev().zip(long.iter().rev()).take_while(|(left, right)| left == right).count();
    (short, long) = (&short[..short.len() - same], &long[..long.len() - same]);
    if long.len() - short.len() > most {
        return Ok(None);
    }
    let most = most.min(long.len());
    let width = most.saturating_mul(2).saturating_add(1).min(long.len() + 1);
    if short.len().saturating_mul(width) > WORK_LIMIT {
        return Err(TooLarge);
    }
    // `row[column]` is the distance of the first `line` units of the shorter and `column` of the longer text.
    let far = most + 1;
    let mut row: Vec<usize> = (0..=long.len()).map(|column| column.min(far)).collect();
    for (line, unit) in short.iter().enumerate() {
        let (from, to) = ((line + 1).saturating_sub(most), (line + 1 + most).min(long.len()));
        let mut diagonal = row[from.saturating_sub(1)];
        let first = from.max(1);
        // What lies left of the band is too far, but for the first column.
        row[first - 1] = if from == 0 { (line + 1).min(far) } else { far };
        for column in first..=to {
            let above = row[column];
            let replaced = diagonal + usize::from(long[column - 1] != *unit);
            row[column] = replaced.min(above + 1).min(row[column - 1] + 1).min(far);
            diagonal = above;
        }
        if let Some(right) = row.get_mut(to + 1) {
            *right = far;
        }
    }
    Ok(Some(row[long.len()]).filter(|distance| *distance <= most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn within(left: &str, right: &str, most: usize) -> Option<usize> {
        let [left, right] = [left, right].map(|text| text.encode_utf16().collect::<Vec<_>>());
        distance_within(&left, &right, most).unwrap()
    }

    #[test]
    fn the_distance_counts_utf16_units() {
        assert_eq!(within("kitten", "sitting", 5), Some(3));
        assert_eq!(within("kitten", "sitting", 2), None);
        assert_eq!(within("", "", 0), Some(0));
        assert_eq!(within("abc", "", 3), Some(3));
        assert_eq!(within("abc", "", 2), None);
        assert_eq!(within("😀", "x", 5), Some(2));
        assert_eq!(within("😀", "😁", 5), Some(1), "they share their first half");
        assert_eq!(within("żó", "zo", 5), Some(2));
    }

    #[test]
    fn what_takes_too_long_is_refused_at_once() {
        let [a, b] = ["a", "b"].map(|letter| letter.repeat(1_000_000).encode_utf16().collect::<Vec<_>>());
        assert_eq!(distance_within(&a, &b, 1000), Err(TooLarge));
        assert_eq!(distance_within(&a, &b, usize::MAX), Err(TooLarge));
        assert_eq!(distance_within(&a, &b, 4), Ok(None));
        assert_eq!(distance_within(&a, &a, usize::MAX), Ok(Some(0)));
        assert_eq!(distance_within(&a[..3000], &b[..3000], usize::MAX), Ok(Some(3000)));
    }

    proptest! {
        #[test]
        fn the_band_finds_what_the_whole_table_finds(
            left in "[abc]{0,12}", right in "[abc]{0,12}", most in 0_usize..15,
        ) {
            let whole = strsim::levenshtein(&left, &right);
            prop_assert_eq!(within(&left, &right, most), Some(whole).filter(|whole| *whole <= most));
        }
    }
}
