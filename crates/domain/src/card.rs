//! Prompt cards: what a version of a card contains.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::variables::{VariableDefinition, at_most};

/// Longest template source of one message part, in bytes.
pub const TEMPLATE_LIMIT: usize = 256 * 1024;
/// Most variables that a card may define.
pub const VARIABLES_LIMIT: usize = 100;

/// Whether a prompt is one text or a list of messages with roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// Exactly one message, of the role `user`.
    Text,
    /// One message or more, each with a role.
    Chat,
}

/// Who speaks a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
}

/// What a part of a message is. Text is the only kind there is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartType {
    /// Text, a template in a card and rendered text in a prompt.
    Text,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What the part is.
    #[serde(rename = "type")]
    #[garde(skip)]
    pub part_type: PartType,
    /// The text: a Jinja template in a card, rendered text in a prompt.
    #[garde(length(bytes, max = TEMPLATE_LIMIT))]
    pub text: String,
}

/// One message: a template in a card, rendered text in a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    #[garde(skip)]
    pub role: Role,
    /// What is said, in order.
    #[garde(length(min = 1, max = 16), dive)]
    pub content: Vec<Part>,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: vec![Part { part_type: PartType::Text, text: text.into() }] }
    }

    /// All text of the message, its parts joined without a separator.
    pub fn joined_text(&self) -> String {
        self.content.iter().map(|part| part.text.as_str()).collect()
    }
}

/// Parameters of a model call. What is absent is left to the model server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct ModelParameters {
    /// Randomness; 0 is the most repeatable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 0.0, max = 100.0))]
    pub temperature: Option<f64>,
    /// Share of probability that sampling keeps, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 0.0, max = 1.0))]
    pub top_p: Option<f64>,
    /// How many candidates sampling keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub top_k: Option<i64>,
    /// Seed of the sampling. Repeats of a case add their number to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub seed: Option<i64>,
    /// Most tokens to generate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub num_predict: Option<i64>,
    /// Tokens of context to load the model with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(range(min = 1, max = 100_000_000))]
    pub num_ctx: Option<i64>,
    /// Texts that end the generation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 64))]
    pub stop: Vec<String>,
    /// How long the server keeps the model loaded: a duration like `5m`, or seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub keep_alive: Option<Value>,
    /// `"json"`, or a JSON schema that the answer is forced into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub format: Option<Value>,
    /// Whether the model thinks first: `true`, `false`, or a level such as `"high"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub think: Option<Value>,
    /// Other options of the model server, passed on as they are.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[garde(custom(at_most::<64>))]
    pub options: Map<String, Value>,
}

impl ModelParameters {
    /// These parameters, with each one that `over` sets replaced.
    #[must_use]
    pub fn overlaid(&self, over: &Self) -> Self {
        let mut options = self.options.clone();
        options.extend(over.options.clone());
        Self {
            temperature: over.temperature.or(self.temperature),
            top_p: over.top_p.or(self.top_p),
            top_k: over.top_k.or(self.top_k),
            seed: over.seed.or(self.seed),
            num_predict: over.num_predict.or(self.num_predict),
            num_ctx: over.num_ctx.or(self.num_ctx),
            stop: if over.stop.is_empty() { self.stop.clone() } else { over.stop.clone() },
            keep_alive: over.keep_alive.clone().or_else(|| self.keep_alive.clone()),
            format: over.format.clone().or_else(|| self.format.clone()),
            think: over.think.clone().or_else(|| self.think.clone()),
            options,
        }
    }
}

/// What a version of a card contains, and what its draft edits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CardContent {
    /// Text or chat.
    #[garde(skip)]
    pub kind: CardKind,
    /// The messages, each part a Jinja template. A `text` card has exactly one, of the role `user`.
    #[garde(length(min = 1, max = 100), dive, custom(one_user_message_if_text(&self.kind)))]
    pub messages: Vec<Message>,
    /// The variables that a case must or may give.
    #[serde(default)]
    #[garde(length(max = VARIABLES_LIMIT), dive)]
    pub variables: Vec<VariableDefinition>,
    /// Parameters of the model call, where a run does not say otherwise.
    #[serde(default)]
    #[garde(dive)]
    pub parameters: ModelParameters,
    /// A JSON schema that the answer is meant to satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[garde(skip)]
    pub output_schema: Option<Value>,
    /// The versions of the cards that the messages include. Set when a version is saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[garde(length(max = 200), dive)]
    pub includes: Vec<PinnedInclude>,
}

/// Another card that this one takes in by `{% include "card:slug@label" %}`, and the version of it
/// that the label pointed to when this version was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PinnedInclude {
    /// The other card.
    #[garde(length(chars, min = 1, max = 200))]
    pub slug: String,
    /// The label that the tag names.
    #[garde(length(chars, min = 1, max = 200))]
    pub label: String,
    /// The number of the version.
    #[garde(range(min = 1))]
    pub version: i64,
}

fn one_user_message_if_text(kind: &CardKind) -> impl FnOnce(&Vec<Message>, &()) -> garde::Result + '_ {
    move |messages, ()| match (kind, messages.as_slice()) {
        (CardKind::Text, [only]) if only.role == Role::User => Ok(()),
        (CardKind::Text, _) => {
            Err(garde::Error::new("a text card has exactly one message, of the role user"))
        }
        (CardKind::Chat, _) => Ok(()),
    }
}

impl CardContent {
    /// A text card of one template without variables.
    pub fn text(template: impl Into<String>) -> Self {
        Self {
            kind: CardKind::Text,
            messages: vec![Message::text(Role::User, template)],
            variables: Vec::new(),
            parameters: ModelParameters::default(),
            output_schema: None,
            includes: Vec::new(),
        }
    }

    /// SHA-256 of the content's JSON, as 64 hexadecimal digits. Equal contents have equal hashes.
    pub fn hash(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(json))
    }
}
