//! `{{ env.NAME }}` in a config, which is replaced when the file is read.

use std::collections::BTreeMap;

use domain::template::NunjucksTemplate;
use serde_json::{Map, Value};

use crate::problem::{Findings, Path};

/// The variables that templates see as `env`: those of the process, and over them the config's `env`.
pub(super) fn of_config(
    process: &BTreeMap<String, String>,
    config: &Value,
    findings: &mut Findings,
) -> Map<String, Value> {
    let mut environment: Map<String, Value> =
        process.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let path = Path::of("env");
    let own = match config.get("env") {
        None | Some(Value::Null) => return environment,
        Some(Value::Object(own)) => own.clone(),
        Some(_) => {
            findings.refuse(&path, "must be a map of names and texts");
            return environment;
        }
    };
    let mut rendered = Value::Object(own);
    render(&mut rendered, &environment);
    if let Value::Object(rendered) = rendered {
        environment.extend(rendered);
    }
    environment
}

/// Renders the tags of all texts that use `env`, and leaves the others for later.
pub(super) fn render(value: &mut Value, environment: &Map<String, Value>) {
    match value {
        Value::String(text) if text.contains("{{") && text.contains("env") => {
            *text = render_text(text, environment);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| render(item, environment)),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(key, _)| *key != "_conversation")
                .for_each(|(_, item)| render(item, environment));
        }
        _ => {}
    }
}

/// The same for one text. A variable that is not set stays as it is written, unless a filter takes it.
pub(super) fn render_text(text: &str, environment: &Map<String, Value>) -> String {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let (before, tag, after) =
            (&rest[..start], &rest[start..start + length + 2], &rest[start + length + 2..]);
        rendered.push_str(before);
        rendered.push_str(&render_tag(tag, environment).unwrap_or_else(|| tag.to_owned()));
        rest = after;
    }
    rendered.push_str(rest);
    rendered
}

fn render_tag(tag: &str, environment: &Map<String, Value>) -> Option<String> {
    let names: Vec<&str> = variables_in(tag).collect();
    if !tag.contains('|') && !environment.contains_key(*names.first()?) {
        return None;
    }
    // No more than the tag asks for: a config may have as many tags as its `env` has variables.
    let asked = names.into_iter().filter_map(|name| Some((name.to_owned(), environment.get(name)?.clone())));
    let variables = Map::from_iter([("env".to_owned(), Value::Object(asked.collect()))]);
    NunjucksTemplate::compile(tag).ok()?.render(&variables).ok()
}

/// The names in `env.NAME` and `env['NAME']`.
fn variables_in(tag: &str) -> impl Iterator<Item = &str> {
    let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
    tag.match_indices("env").filter_map(move |(at, _)| {
        if tag[..at].ends_with(is_word) {
            return None;
        }
        let rest = &tag[at + 3..];
        if let Some(name) = rest.strip_prefix('.') {
            return name.split(|sign| !is_word(sign)).next();
        }
        let quoted = rest.strip_prefix('[')?.strip_prefix(['"', '\''])?;
        quoted.split(['"', '\'']).next()
    })
}
