//! Test cases: variables, and what the answer must satisfy.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::variables::at_most;

/// Most assertions that a case may have, with those of its sets.
pub const ASSERTIONS_LIMIT: usize = 100;

/// One check of one output. Which values a type takes, its file in `assertion/` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The type, such as `contains`; `not-` before it inverts it.
    #[serde(rename = "type")]
    #[garde(length(chars, min = 1, max = 100))]
    pub assertion_type: String,
    /// What the output is checked against. A text is a template over the case's variables.
    /// Where a type allows it to be absent, the case's expected output takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub value: Option<Value>,
    /// A limit, where the type has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub threshold: Option<f64>,
    /// How much it counts in the score. 0: it is shown and never fails.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[garde(range(min = 0.0, max = 1_000_000.0))]
    pub weight: f64,
    /// The name under which its score is collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(inner(length(chars, min = 1, max = 200)))]
    pub metric: Option<String>,
    /// Options of the type, such as `tolerance` and `pattern` of `number`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[garde(custom(at_most::<32>))]
    pub config: Map<String, Value>,
    /// The assertions of an `assert-set`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    #[garde(length(max = ASSERTIONS_LIMIT), dive)]
    pub assert: Vec<Assertion>,
}

fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(weight: &f64) -> bool {
    weight.to_bits() == 1.0_f64.to_bits()
}

impl Assertion {
    /// An assertion of a type, without a value and of weight 1.
    pub fn of(assertion_type: impl Into<String>) -> Self {
        Self {
            assertion_type: assertion_type.into(),
            value: None,
            threshold: None,
            weight: 1.0,
            metric: None,
            config: Map::new(),
            assert: Vec::new(),
        }
    }

    /// The same with a value.
    #[must_use]
    pub fn with_value(mut self, value: impl Into<Value>) -> Self {
        self.value = Some(value.into());
        self
    }
}

/// What a test case contains.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct CaseContent {
    /// What the case is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[garde(length(chars, max = 1000))]
    pub description: String,
    /// Values of the card's variables, by name.
    #[garde(custom(at_most::<100>))]
    pub variables: Map<String, Value>,
    /// What the output must satisfy. Without any, and without an expected output, a cell has no verdict.
    #[garde(length(max = ASSERTIONS_LIMIT), dive)]
    pub assertions: Vec<Assertion>,
    /// If given, the score from which the case passes, whatever single assertions say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub threshold: Option<f64>,
    /// The output that is wanted. Assertions without a value use it; without any assertion the
    /// output must equal it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(inner(length(bytes, max = 65536)))]
    pub expected_output: Option<String>,
    /// Words to find the case by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 50), inner(length(chars, min = 1, max = 50)))]
    pub tags: Vec<String>,
}

impl CaseContent {
    /// Whether a text stands in the description, the variables, the expected output or the tags, whatever
    /// its case. `text` is in lower case.
    pub fn contains_text(&self, text: &str) -> bool {
        let contains = |other: &str| other.to_lowercase().contains(text);
        contains(&self.description)
            || self.expected_output.as_deref().is_some_and(contains)
            || self.tags.iter().any(|tag| contains(tag))
            || self.variables.values().any(|value| match value {
                Value::String(value) => contains(value),
                other => contains(&other.to_string()),
            })
    }
}
