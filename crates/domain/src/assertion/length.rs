//! `length`: how long the output is.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Field, FieldKind, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{counted, thousands};
use crate::test_case::Assertion;

pub(super) struct Length;

const UNITS: [&str; 3] = ["characters", "words", "lines"];

impl Rule for Length {
    fn name(&self) -> &'static str {
        "length"
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Required
    }

    fn describe(&self) -> AssertionType {
        let count = |name, summary| Field { name, kind: FieldKind::Count, summary, choices: Vec::new() };
        AssertionType {
            name: self.name(),
            summary: "The output has at least `min` and at most `max` characters, words or lines.",
            value: ValueDescription {
                kind: ValueKind::Object,
                need: self.need(),
                summary: "At least one of `min` and `max`, and what is counted.",
                fields: vec![
                    count("min", "The least that is allowed."),
                    count("max", "The most that is allowed."),
                    Field {
                        name: "unit",
                        kind: FieldKind::Choice,
                        summary: "Unicode characters, words between white space, or lines.",
                        choices: UNITS.to_vec(),
                    },
                ],
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": "length", "value": {"max": 50, "unit": "words"}}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let Some(Value::Object(fields)) = &assertion.value else {
            return Vec::new();
        };
        Bounds::read(fields).err().unwrap_or_default()
    }

    fn holds_always(&self, assertion: &Assertion) -> Option<String> {
        let bounds = Bounds::read(assertion.value.as_ref()?.as_object()?).ok()?;
        let always = bounds.max.is_none() && bounds.min.unwrap_or(0) == 0;
        always.then(|| "Every output has at least 0 of anything, and there is no `max`.".into())
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let Some(Value::Object(fields)) = &input.value else {
            return Err("The value is no object with `min` or `max`.".into());
        };
        match Bounds::read(fields) {
            Ok(bounds) => Ok(Box::new(bounds)),
            Err(problems) => {
                Err(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

struct Bounds {
    min: Option<usize>,
    max: Option<usize>,
    unit: &'static str,
}

impl Bounds {
    fn read(fields: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut bounds = Self { min: None, max: None, unit: UNITS[0] };
        let mut problems = Vec::new();
        for (name, value) in fields {
            let problem = match name.as_str() {
                "min" | "max" => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
                    Some(count) if name == "min" => {
                        bounds.min = Some(count);
                        continue;
                    }
                    Some(count) => {
                        bounds.max = Some(count);
                        continue;
                    }
                    None => format!("`{name}` is {value}, not a whole number of 0 or more."),
                },
                "unit" => match UNITS.into_iter().find(|unit| value == unit) {
                    Some(unit) => {
                        bounds.unit = unit;
                        continue;
                    }
                    None => format!("`unit` is {value}, not `characters`, `words` or `lines`."),
                },
                _ => format!("`{name}` is not known here; `min`, `max` and `unit` are."),
            };
            problems.push(Problem::at(super::pointer(&["value", name]), problem));
        }
        match (bounds.min, bounds.max) {
            (Some(min), Some(max)) if min > max => {
                problems.push(Problem::at("/value", format!("`min` is {min}, more than `max`, {max}.")));
            }
            (None, None) if problems.is_empty() => {
                problems.push(Problem::at("/value", "Neither `min` nor `max` is given."));
            }
            _ => {}
        }
        if problems.is_empty() { Ok(bounds) } else { Err(problems) }
    }
}

impl Check for Bounds {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let output = answer.output();
        let count = match self.unit {
            "words" => output.split_whitespace().count(),
            "lines" => output.lines().count(),
            _ => output.chars().count(),
        };
        let holds = self.min.is_none_or(|min| count >= min) && self.max.is_none_or(|max| count <= max);
        let expected = match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => format!("exactly {}", thousands(min)),
            (Some(min), Some(max)) => format!("{} to {}", thousands(min), thousands(max)),
            (Some(min), None) => format!("at least {}", thousands(min)),
            (None, max) => format!("at most {}", thousands(max.unwrap_or(usize::MAX))),
        };
        let unit = self.unit.trim_end_matches('s');
        let reason = format!("The output has {}. Expected {expected}.", counted(count, unit));
        Finding::of(holds, Fact::new(reason).expected(expected).actual(thousands(count)))
    }

    fn asks_for_emptiness(&self) -> bool {
        self.max == Some(0)
    }
}
