//! How a type of assertion is described: for the page's form, the documentation and the check on saving.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A type of assertion.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssertionType {
    /// The name, as an assertion's `type` has it. `not-` may stand before it.
    pub name: &'static str,
    /// What it checks, in one sentence.
    pub summary: &'static str,
    /// What `value` is.
    pub value: ValueDescription,
    /// What `threshold` means. None: the type has none.
    pub threshold: Option<&'static str>,
    /// Whether it takes assertions, in `assert`.
    pub takes_assertions: bool,
    /// What `config` may hold.
    pub config: Vec<Field>,
    /// An assertion of this type.
    pub example: Value,
}

/// What `value` of an assertion is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ValueDescription {
    /// The kind of value.
    pub kind: ValueKind,
    /// Whether it must be given.
    pub need: ValueNeed,
    /// What it means, in one sentence.
    pub summary: &'static str,
    /// Its fields, where it is an object with fixed ones.
    pub fields: Vec<Field>,
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// None is taken.
    None,
    /// A text, which is a template over the case's variables.
    Text,
    /// A number, or a text that is one.
    Number,
    /// A list of texts.
    List,
    /// A JSON schema, or its text.
    Schema,
    /// An object.
    Object,
    /// A text, or any JSON.
    Any,
}

/// Whether a value must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueNeed {
    /// It must be given.
    Required,
    /// Without it the case's expected output is taken.
    ExpectedOutput,
    /// It may be left out.
    Optional,
    /// There is none.
    None,
}

/// A field of a value or of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// The only values it takes, the first of them where it is left out. Empty: any of its kind.
    pub choices: Vec<&'static str>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A text.
    Text,
    /// A whole number, 0 or more.
    Count,
    /// A number, or a percentage such as `"5%"`.
    NumberOrPercentage,
    /// One of the choices.
    Choice,
}

/// What is wrong with an assertion that shall be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// JSON pointer to the place.
    pub pointer: String,
    /// What is wrong and what to do, in a sentence.
    pub message: String,
}

impl Problem {
    pub(super) fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}
