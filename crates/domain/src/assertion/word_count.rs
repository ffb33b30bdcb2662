//! `word-count`: how many words the output has, by promptfoo's rules.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::javascript::{is_space, number_of, string_of};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, counted, is_template, thousands};
use crate::test_case::Assertion;

pub(super) struct WordCount;

impl Rule for WordCount {
    fn name(&self) -> &'static str {
        "word-count"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Required
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The output has so many words; words are what stands between white space.",
            value: ValueDescription {
                kind: ValueKind::Any,
                need: self.need(),
                summary: "A number of words, or an object with `min`, `max` or both: `{\"min\": 20, \"max\": 50}`.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": {"min": 20, "max": 50}}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let mut problems = Vec::new();
        match &assertion.value {
            Some(Value::String(text)) if is_template(text) => return problems,
            Some(Value::Object(fields)) => {
                for (name, value) in fields {
                    let problem = match name.as_str() {
                        "min" | "max" if value.as_u64().is_some() => continue,
                        "min" | "max" => format!("`{name}` is {value}, not a whole number of 0 or more."),
                        _ => format!("`{}` is not known here; `min` and `max` are.", clipped(name)),
                    };
                    problems.push(Problem::at(super::pointer(&["value", name]), problem));
                }
            }
            _ => {}
        }
        if let Some(value) = &assertion.value
            && problems.is_empty()
        {
            problems.extend(Words::read(value).err().map(|message| Problem::at("/value", message)));
        }
        problems
    }

    fn holds_always(&self, assertion: &Assertion) -> Option<String> {
        let Ok(Words::Between { min: Some(min), max: None }) = Words::read(assertion.value.as_ref()?) else {
            return None;
        };
        (min <= 0.0).then(|| "Every output has at least 0 words, and there is no `max`.".into())
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let value = input.value.as_ref().ok_or("There is no number of words.")?;
        Ok(Box::new(Words::read(value)?))
    }
}

/// The numbers may be any that JavaScript compares with: fractions, negative ones, or none at all.
enum Words {
    Exactly(f64),
    Between { min: Option<f64>, max: Option<f64> },
}

impl Words {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Object(fields) => Self::bounds(fields),
            Value::Number(_) | Value::String(_) => {
                let count = number_of(value);
                if count.is_nan() {
                    return Err(format!("{} is no number of words.", clipped(&value.to_string())));
                }
                Ok(Self::Exactly(count))
            }
            _ => Err("The value is neither a number nor an object with `min` or `max`.".into()),
        }
    }

    fn bounds(fields: &Map<String, Value>) -> Result<Self, String> {
        let (min, max) = (fields.get("min"), fields.get("max"));
        let in_order = match (min, max) {
            (None, None) => return Err("Neither `min` nor `max` is given.".into()),
            // JavaScript compares two texts as texts.
            (Some(Value::String(min)), Some(Value::String(max))) => min.encode_utf16().le(max.encode_utf16()),
            (Some(min), Some(max)) => number_of(min) <= number_of(max),
            _ => true,
        };
        if !in_order {
            let text = |bound: Option<&Value>| clipped(&bound.map(string_of).unwrap_or_default());
            return Err(format!("`min` is {}, more than `max`, {}.", text(min), text(max)));
        }
        Ok(Self::Between { min: min.map(number_of), max: max.map(number_of) })
    }
}

impl Check for Words {
    #[expect(clippy::cast_precision_loss, reason = "an output has far fewer than 2^52 words")]
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let words = answer.output().split(is_space).filter(|word| !word.is_empty()).count();
        let count = words as f64;
        let (holds, expected) = match *self {
            #[expect(clippy::float_cmp, reason = "it is the exact count that is asked for")]
            Self::Exactly(expected) => (count == expected, format!("exactly {expected}")),
            Self::Between { min, max } => (
                min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max),
                match (min, max) {
                    (Some(min), Some(max)) => format!("{min} to {max}"),
                    (Some(min), None) => format!("at least {min}"),
                    (None, max) => format!("at most {}", max.unwrap_or(f64::INFINITY)),
                },
            ),
        };
        let reason = format!("The output has {}. Expected {expected}.", counted(words, "word"));
        Finding::of(holds, Fact::new(reason).expected(expected).actual(thousands(words)))
    }

    fn asks_for_emptiness(&self) -> bool {
        match *self {
            Self::Exactly(count) => count == 0.0,
            Self::Between { max, .. } => max == Some(0.0),
        }
    }
}
