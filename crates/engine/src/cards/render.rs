//! Rendering: a card for an application, and a content that is being edited.

use domain::card::{CardContent, Message};
use domain::ids::WorkspaceId;
use domain::template::{
    FoundVariable, Includes, PromptTemplate, TemplateProblem, estimate_tokens, find_variables,
};
use domain::variables::check_variables;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{includes, read_version, view};
use crate::Engine;
use crate::error::{Error, Problem, Result};

/// A content with values to preview it with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The content, as it is being edited.
    #[garde(dive)]
    pub content: CardContent,
    /// Values of its variables.
    #[serde(default)]
    #[garde(skip)]
    pub variables: Map<String, Value>,
    /// The card that is being edited, so that it cannot include itself.
    #[serde(default)]
    #[garde(skip)]
    pub slug: Option<String>,
}

/// What a content is and renders to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// The variables that the templates use.
    pub found_variables: Vec<FoundVariable>,
    /// What is wrong with templates and values.
    pub problems: Vec<TemplateProblem>,
    /// The rendered messages. None: it could not be rendered.
    pub messages: Option<Vec<Message>>,
    /// Tokens of the rendered messages, estimated from their length.
    pub estimated_tokens: Option<i64>,
}

/// Values to render a card with, and which version of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct RenderRequest {
    /// Values of the variables.
    #[garde(skip)]
    pub variables: Map<String, Value>,
    /// Number of the version. Neither number nor label: the latest.
    #[garde(inner(range(min = 1)))]
    pub version: Option<i64>,
    /// The label that points to the version.
    #[garde(skip)]
    pub label: Option<String>,
}

/// A rendered card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rendered {
    /// The messages.
    pub messages: Vec<Message>,
    /// Number of the version.
    pub version: i64,
    /// Tokens of the messages, estimated from their length.
    pub estimated_tokens: i64,
}

impl Engine {
    /// Says what a content uses, what is wrong with it and what it renders to. Nothing is stored.
    pub async fn preview(&self, workspace: WorkspaceId, request: PreviewRequest) -> Result<Preview> {
        self.store
            .try_read(move |conn| {
                let mut content = request.content.clone();
                content.includes.clear();
                let resolved = includes::resolve(conn, workspace, request.slug.as_deref(), &content)?;
                Ok(match resolved {
                    Ok(resolved) => preview(&content, &resolved.includes, &request.variables),
                    Err(problems) => Preview {
                        found_variables: find_variables(&content, &Includes::default()),
                        problems,
                        messages: None,
                        estimated_tokens: None,
                    },
                })
            })
            .await
    }

    /// Renders a version of a card.
    pub async fn render_card(
        &self,
        workspace: WorkspaceId,
        slug: String,
        request: RenderRequest,
    ) -> Result<Rendered> {
        self.store
            .try_read(move |conn| {
                let card = view::find(conn, workspace, &slug)?;
                let number = match (request.version, &request.label) {
                    (Some(_), Some(_)) => {
                        return Err(Error::invalid("/label", "Give a version or a label, not both."));
                    }
                    (Some(number), None) => number,
                    (None, Some(label)) => {
                        store::labels::get(conn, card.id, label)?
                            .ok_or_else(|| Error::not_found(format!("label `{label}` on card `{slug}`")))?
                            .version
                    }
                    (None, None) => card.latest_version,
                };
                let (content, includes) = read_version(conn, workspace, &card, number)?.ok_or_else(|| {
                    match card.latest_version {
                        0 => Error::not_found(format!("version of card `{slug}` yet: save its draft first")),
                        _ => Error::not_found(format!("version {number} of card `{slug}`")),
                    }
                })?;
                let template = PromptTemplate::compile(&content, &includes).map_err(said)?;
                let variables =
                    check_variables(&content.variables, &request.variables).map_err(|problems| {
                        let said =
                            problems.into_iter().map(|problem| Problem::at(problem.pointer, problem.message));
                        Error::problems(said.collect())
                    })?;
                let messages =
                    template.render(&variables).map_err(|error| said(vec![error.problem().clone()]))?;
                Ok(Rendered { version: number, estimated_tokens: estimate_tokens(&messages), messages })
            })
            .await
    }
}

fn said(problems: Vec<TemplateProblem>) -> Error {
    let problems =
        problems.into_iter().map(|problem| Problem::at(problem.pointer.clone(), problem.to_string()));
    Error::problems(problems.collect())
}

fn preview(content: &CardContent, includes: &Includes, given: &Map<String, Value>) -> Preview {
    let mut preview = Preview {
        found_variables: find_variables(content, includes),
        problems: Vec::new(),
        messages: None,
        estimated_tokens: None,
    };
    let template = match PromptTemplate::compile(content, includes) {
        Ok(template) => template,
        Err(problems) => {
            preview.problems = problems;
            return preview;
        }
    };
    // A value that does not fit is shown as it is: the form beside the preview says what is wrong with it.
    let variables = check_variables(&content.variables, given).unwrap_or_else(|_| given.clone());
    match template.render(&variables) {
        Ok(messages) => {
            preview.estimated_tokens = Some(estimate_tokens(&messages));
            preview.messages = Some(messages);
        }
        Err(error) => preview.problems.push(error.problem().clone()),
    }
    preview
}
