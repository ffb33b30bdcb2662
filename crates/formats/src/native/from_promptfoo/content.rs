//! What a prompt of promptfoo contains, as a card has it.

use domain::card::{CardContent, CardKind, Message, ModelParameters, Role};
use domain::test_case::CaseContent;
use domain::yaml;
use serde_json::Value;

use super::variables;
use crate::problem::{Findings, Path};
use crate::promptfoo::{Evaluation, Rendered};

/// The content of a prompt's card.
pub(super) fn of(
    evaluation: &Evaluation,
    prompt: usize,
    cases: &[CaseContent],
    parameters: &ModelParameters,
    findings: &mut Findings,
) -> CardContent {
    let path = Path::of("prompts").index(prompt);
    let raw = with_affixes(evaluation, prompt, findings);
    let (kind, messages) = match listed(&raw) {
        Some(messages) => (CardKind::Chat, messages),
        None => (CardKind::Text, vec![Message::text(Role::User, raw)]),
    };
    let mut content = CardContent {
        kind,
        messages,
        variables: Vec::new(),
        parameters: parameters.clone(),
        output_schema: None,
        includes: Vec::new(),
    };
    content.variables = variables::of(&content, cases, &path, findings);
    content
}

/// The prompt between the prefix and the suffix that all tests share.
fn with_affixes(evaluation: &Evaluation, prompt: usize, findings: &mut Findings) -> String {
    let raw = evaluation.prompts.get(prompt).map_or("", |prompt| prompt.raw.as_str());
    let Some(first) = evaluation.tests.first() else { return raw.to_owned() };
    for (index, test) in evaluation.tests.iter().enumerate() {
        if (&test.prefix, &test.suffix) != (&first.prefix, &first.suffix) && prompt == 0 {
            let path = Path::of("tests").index(index).key("options");
            findings.refuse(
                &path,
                "has a prefix or suffix that other tests do not have; a card has one prompt for all cases. Write it \
                 as a variable",
            );
        }
    }
    format!("{}{raw}{}", first.prefix, first.suffix)
}

/// The messages, if a prompt lists them as JSON or YAML.
fn listed(raw: &str) -> Option<Vec<Message>> {
    let value: Value = if raw.trim_start().starts_with("- role:") {
        yaml::read(raw).ok()?
    } else {
        serde_json::from_str(raw).ok()?
    };
    let items = value.as_array().filter(|items| !items.is_empty())?;
    items.iter().map(message).collect()
}

fn message(item: &Value) -> Option<Message> {
    let role = match item.get("role")?.as_str()? {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let text = match item.get("content")? {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
            parts.iter().map(text).collect::<Option<String>>()?
        }
        _ => return None,
    };
    Some(Message::text(role, text))
}

/// What promptfoo sends, as the messages of a card of this kind.
pub(super) fn messages(kind: CardKind, rendered: &Rendered) -> Result<Vec<Message>, String> {
    match kind {
        CardKind::Text => Ok(vec![Message::text(Role::User, rendered.prompt.clone())]),
        CardKind::Chat => rendered.messages(),
    }
}
