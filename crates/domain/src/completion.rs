//! What a model call returns, whatever the model server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::cost::NanoDollars;

/// Tokens that a call used. Absent where the server did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt that the server evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prompt_tokens: Option<i64>,
    /// Tokens that the model generated, thinking included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub completion_tokens: Option<i64>,
}

/// Where the time of a call went, in milliseconds. Absent where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Timings {
    /// Loading the model, as the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub load_ms: Option<i64>,
    /// Evaluating the prompt, as the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prompt_evaluation_ms: Option<i64>,
    /// Generating the answer, as the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub generation_ms: Option<i64>,
    /// From the request sent to the first token of thinking or content, measured here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_token_ms: Option<i64>,
    /// From the request sent to the end of the answer, measured here.
    pub total_ms: i64,
}

/// A tool that the model asks to be called. Nothing calls it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToolCall {
    /// The server's name for this call, where it gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The name of the tool.
    pub name: String,
    /// Its arguments, JSON as far as the model wrote JSON.
    pub arguments: String,
}

/// The answer of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Completion {
    /// The answer. U+0000 is replaced by U+FFFD.
    pub content: String,
    /// What the model thought before it, where the server keeps that apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub thinking: Option<String>,
    /// Tools that the model asked to be called, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tool_calls: Vec<ToolCall>,
    /// Why the generation ended, in the server's word: `stop`, `length`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finish_reason: Option<String>,
    /// Tokens used.
    pub usage: Usage,
    /// What it cost, where the model's prices are configured and the server counts tokens.
    #[serde(rename = "cost_usd", skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub cost: Option<NanoDollars>,
    /// Where the time went.
    pub timings: Timings,
    /// Notes of what was changed before storing, such as an output cut at its limit.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}
