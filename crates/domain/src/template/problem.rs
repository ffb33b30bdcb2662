//! What is wrong with a template, and where.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that is wrong with a template, found before or while it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TemplateProblem {
    /// Where the text stands in the card, such as `/messages/0/content/0/text`. Empty for a text
    /// outside a card.
    pub pointer: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The column after the last character, where the place ends in the same line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// The sentence that says what is wrong.
    pub message: String,
}

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A variable is printed that has no value.
    #[error("Line {}: {}", .problem.line, .problem.message)]
    Undefined {
        /// The variable.
        name: String,
        /// Where, and the sentence.
        problem: TemplateProblem,
    },
    /// The template needs more work, memory or output than is allowed.
    #[error("Line {}: {}", .0.line, .0.message)]
    Limit(TemplateProblem),
    /// Anything else, such as a filter that does not fit its value.
    #[error("Line {}: {}", .0.line, .0.message)]
    Failed(TemplateProblem),
}

impl RenderError {
    /// Where, and the sentence.
    pub fn problem(&self) -> &TemplateProblem {
        match self {
            Self::Undefined { problem, .. } | Self::Limit(problem) | Self::Failed(problem) => problem,
        }
    }
}
