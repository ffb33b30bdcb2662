//! Variables of a card: their definitions, and whether given values fit them.

mod check;

pub use check::{VALUE_LIMIT, VariableProblem, check_definitions, check_variables, unknown_variables};

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What values a variable takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableType {
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list, for `{% for %}`.
    List,
    /// An object with fields.
    Object,
}

/// One variable of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VariableDefinition {
    /// The name, as the template uses it.
    #[garde(length(chars, min = 1, max = 100))]
    pub name: String,
    /// What values it takes.
    #[serde(rename = "type")]
    #[garde(skip)]
    pub variable_type: VariableType,
    /// Whether a case must give it.
    #[serde(default)]
    #[garde(skip)]
    pub required: bool,
    /// The value where a case gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub default: Option<Value>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[garde(length(chars, max = 1000))]
    pub description: String,
    /// If not empty, the only values it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 200))]
    pub allowed_values: Vec<Value>,
}

/// Accepts a JSON object of at most `LIMIT` fields.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde passes a reference to its context")]
pub(crate) fn at_most<const LIMIT: usize>(map: &Map<String, Value>, (): &()) -> garde::Result {
    if map.len() <= LIMIT {
        return Ok(());
    }
    Err(garde::Error::new(format!("has {} fields, at most {LIMIT} are allowed", map.len())))
}
