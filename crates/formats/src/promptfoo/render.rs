//! From a cell to the prompt that is sent: variables in variables, templates, and prompts that are JSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::assertion::javascript_string;
use domain::card::{Message, Role};
use domain::template::{NunjucksTemplate, PROMPT_LIMIT, RenderError, TemplateProblem};
use domain::test_case::{Assertion, CaseContent};
use serde_json::{Map, Value};

use super::cells::Cell;
use super::external::parsed;
use super::model::{Evaluation, TestAssertion};

/// How often variables are looked for in variables.
const ROUNDS: usize = 5;

/// Renders the cells of an evaluation, by any number of threads. Templates are compiled once.
pub struct Renderer<'a> {
    evaluation: &'a Evaluation,
    templates: Mutex<HashMap<String, Arc<Compiled>>>,
}

/// Most templates that are kept: those of prompts, and of assertions that tests share.
const KEPT: usize = 512;

type Compiled = Result<NunjucksTemplate, TemplateProblem>;

/// A cell's prompt and the values that it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The variables, each resolved: assertions see these.
    pub variables: Map<String, Value>,
    /// The prompt.
    pub prompt: String,
}

impl Rendered {
    /// The prompt as messages for a chat: those that it lists as JSON or YAML, or itself as one of the user.
    pub fn messages(&self) -> Result<Vec<Message>, String> {
        let trimmed = self.prompt.trim();
        let listed = if trimmed.starts_with("- role:") {
            parsed(&self.prompt).map_err(|error| {
                format!("The prompt begins like a list of messages in YAML and is none: {error}")
            })?
        } else {
            match serde_json::from_str::<Value>(&self.prompt) {
                Ok(value) => value,
                Err(error) if looks_like_json(trimmed) => {
                    return Err(format!("The prompt looks like JSON and is none: {error}"));
                }
                Err(_) => return Ok(vec![Message::text(Role::User, self.prompt.clone())]),
            }
        };
        match listed {
            Value::Array(items) if !items.is_empty() => items.iter().enumerate().map(message).collect(),
            Value::Array(_) | Value::Object(_) => {
                Err("The prompt is JSON and no list of messages with `role` and `content`.".into())
            }
            _ => Ok(vec![Message::text(Role::User, self.prompt.clone())]),
        }
    }
}

fn message((index, item): (usize, &Value)) -> Result<Message, String> {
    let number = index + 1;
    let role = match item.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        Some(role) => {
            return Err(format!(
                "Message {number} of the prompt has the role `{role}`, which is not supported."
            ));
        }
        None => return Err(format!("Message {number} of the prompt has no role.")),
    };
    match item.get("content") {
        Some(Value::String(text)) => Ok(Message::text(role, text.clone())),
        Some(Value::Array(parts)) => {
            let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
            let texts: Option<Vec<String>> = parts.iter().map(text).collect();
            texts.map(|texts| Message::text(role, texts.concat())).ok_or_else(|| {
                format!("Message {number} of the prompt has other parts than text, which is not supported.")
            })
        }
        _ => Err(format!("Message {number} of the prompt has no content.")),
    }
}

fn looks_like_json(text: &str) -> bool {
    if text.starts_with('{') && text.ends_with('}') {
        return true;
    }
    let Some(inner) = text.strip_prefix('[').filter(|inner| inner.ends_with(']')) else { return false };
    let inner = inner.trim_start();
    inner.starts_with(['"', '{', '[', '-'])
        || inner.starts_with(|sign: char| sign.is_ascii_digit())
        || ["true", "false", "null"].iter().any(|word| inner.starts_with(word))
}

impl Evaluation {
    /// What renders the cells.
    pub fn renderer(&self) -> Renderer<'_> {
        Renderer { evaluation: self, templates: Mutex::default() }
    }
}

impl Renderer<'_> {
    /// Renders the prompt of a cell.
    pub fn render(&self, cell: &Cell) -> Result<Rendered, RenderError> {
        let test = &self.evaluation.tests[cell.test];
        let prompt = &self.evaluation.prompts[cell.prompt];
        let mut variables = cell.values(test);
        for value in variables.values_mut() {
            if let Value::String(text) = value
                && text.ends_with('\n')
            {
                text.pop();
            }
        }
        resolve(&mut variables)?;
        let raw = format!("{}{}{}", test.prefix, prompt.raw, test.suffix);
        let context = self.context(&variables);
        let prompt = match serde_json::from_str::<Value>(&raw) {
            Ok(json) => {
                self.leaves(json, &context).map(|json| pretty(&json)).or_else(|_| self.text(&raw, &context))
            }
            Err(_) => self.text(&raw, &context),
        };
        Ok(Rendered { prompt: prompt?, variables })
    }

    /// What a cell's answer must satisfy, every value and metric rendered: for
    /// [`Judge::compile_rendered`](domain::assertion::Judge::compile_rendered).
    pub fn case(&self, cell: &Cell, rendered: &Rendered) -> Result<CaseContent, RenderError> {
        let test = &self.evaluation.tests[cell.test];
        let context = self.context(&rendered.variables);
        let assertions = test.assertions.iter().map(|assertion| self.assertion(assertion, &context));
        Ok(CaseContent {
            description: test.description.clone().unwrap_or_default(),
            variables: rendered.variables.clone(),
            assertions: assertions.collect::<Result<_, _>>()?,
            threshold: test.threshold,
            ..CaseContent::default()
        })
    }

    /// An assertion with the texts of its value, and its metric, rendered; those of a set likewise.
    fn assertion(
        &self,
        read: &TestAssertion,
        context: &Map<String, Value>,
    ) -> Result<Assertion, RenderError> {
        let mut rendered = read.assertion.clone();
        if !read.is_literal {
            rendered.value = match rendered.value.take() {
                Some(Value::String(text)) => Some(self.compiled(&text, context)?.into()),
                Some(Value::Array(items)) => {
                    let one = |item: Value| match item {
                        Value::String(text) => self.compiled(&text, context).map(Value::from),
                        other => Ok(other),
                    };
                    Some(Value::Array(items.into_iter().map(one).collect::<Result<_, _>>()?))
                }
                other => other,
            };
        }
        if let Some(metric) = &rendered.metric {
            rendered.metric = Some(self.compiled(metric, context)?);
        }
        let set = read.set.iter().map(|inner| self.assertion(inner, context));
        rendered.assert = set.collect::<Result<_, _>>()?;
        Ok(rendered)
    }

    /// The variables, and `env` unless a variable has that name.
    fn context<'v>(&self, variables: &'v Map<String, Value>) -> Cow<'v, Map<String, Value>> {
        let mut context = Cow::Borrowed(variables);
        if !variables.contains_key("env") && self.evaluation.uses_environment {
            let environment = Value::Object((*self.evaluation.environment).clone());
            context.to_mut().insert("env".into(), environment);
        }
        context
    }

    /// Renders each text in a prompt that is JSON, so that no quote in a variable can break it.
    fn leaves(&self, json: Value, context: &Map<String, Value>) -> Result<Value, RenderError> {
        Ok(match json {
            Value::String(text) => self.compiled(&text, context)?.into(),
            Value::Array(items) => Value::Array(
                items.into_iter().map(|item| self.leaves(item, context)).collect::<Result<_, _>>()?,
            ),
            Value::Object(fields) => {
                let one = |(key, item)| Ok((key, self.leaves(item, context)?));
                Value::Object(fields.into_iter().map(one).collect::<Result<_, RenderError>>()?)
            }
            Value::Number(number) => whole(&number).unwrap_or(Value::Number(number)),
            other => other,
        })
    }

    /// Renders a prompt that is a text, after the variables that are templates themselves.
    fn text(&self, raw: &str, context: &Map<String, Value>) -> Result<String, RenderError> {
        let mut rendered = Cow::Borrowed(context);
        for (name, value) in context {
            if let Value::String(text) = value
                && text.contains('{')
                && !uses_missing(text, context)
            {
                let text = NunjucksTemplate::compile(&wrapped(text))
                    .map_err(RenderError::Failed)?
                    .render(context)?;
                rendered.to_mut().insert(name.clone(), text.into());
            }
        }
        self.compiled(&wrapped(raw), &rendered)
    }

    fn compiled(&self, source: &str, context: &Map<String, Value>) -> Result<String, RenderError> {
        if !source.contains('{') {
            return Ok(source.to_owned());
        }
        let kept = || self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept().get(source).cloned();
        let template = found.unwrap_or_else(|| {
            let template = Arc::new(NunjucksTemplate::compile(source));
            let mut kept = kept();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(source.to_owned(), Arc::clone(&template));
            template
        });
        match &*template {
            Ok(template) => template.render(context),
            Err(problem) => Err(RenderError::Failed(problem.clone())),
        }
    }
}

/// JavaScript writes `1.0` as `1`.
fn whole(number: &serde_json::Number) -> Option<Value> {
    let number = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15)?;
    format!("{number:.0}").parse::<i64>().ok().map(Value::from)
}

/// `JSON.stringify(json, null, 2)`.
fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

/// Puts variables into variables: in each text the first `{{ name }}` of a round, five rounds at most.
fn resolve(variables: &mut Map<String, Value>) -> Result<(), RenderError> {
    let names: Vec<String> = variables
        .iter()
        .filter(|(_, value)| value.as_str().is_some_and(|text| text.contains("{{")))
        .map(|(name, _)| name.clone())
        .collect();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for name in &names {
            let Some(text) = variables.get(name).and_then(Value::as_str) else { continue };
            let Some((start, end, other)) = placeholder(text) else { continue };
            let Some(value) = variables.get(other) else { continue };
            let with =
                replacement(&javascript_string(value), &text[..start], &text[start..end], &text[end..]);
            let text = format!("{}{with}{}", &text[..start], &text[end..]);
            if text.len() > PROMPT_LIMIT {
                return Err(RenderError::Limit(TemplateProblem {
                    pointer: String::new(),
                    line: 1,
                    column: 1,
                    end_column: None,
                    message: format!("The variable `{name}` grows beyond 1 MiB by the variables in it."),
                }));
            }
            variables.insert(name.clone(), text.into());
            changed = true;
        }
        if !changed {
            break;
        }
    }
    Ok(())
}

/// The first `{{ name }}` of a text: where it begins and ends, and the name.
fn placeholder(text: &str) -> Option<(usize, usize, &str)> {
    text.match_indices("{{").find_map(|(start, _)| {
        let inner = &text[start + 2..];
        let name = inner.trim_start();
        let length = name
            .find(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
            .filter(|length| *length > 0)?;
        let after = name[length..].trim_start();
        let end = text.len() - after.strip_prefix("}}")?.len();
        Some((start, end, &name[..length]))
    })
}

/// What JavaScript's `replace` makes of `$$`, `$&`, `` $` `` and `$'` in a replacement.
fn replacement(text: &str, before: &str, matched: &str, after: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        replaced.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let special = match behind.chars().next() {
            Some('$') => Some("$"),
            Some('&') => Some(matched),
            Some('`') => Some(before),
            Some('\'') => Some(after),
            _ => None,
        };
        replaced.push_str(special.unwrap_or("$"));
        rest = if special.is_some() { &behind[1..] } else { behind };
    }
    replaced.push_str(rest);
    replaced
}

/// A text with a tag that does not end in its line is taken as it is, all of it.
fn wrapped(text: &str) -> String {
    let open = |line: &str, sign: &str, end: char| {
        line.rfind(sign).is_some_and(|at| !line[at + sign.len()..].contains(end))
    };
    let line_ends = |sign: char| matches!(sign, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    let partial = text
        .split(line_ends)
        .any(|line| open(line, "{%", '%') || open(line, "{{", '}') || open(line, "{#", '#'));
    let has = |word: &str| {
        text.match_indices("{%").any(|(at, _)| {
            text[at + 2..]
                .trim_start()
                .strip_prefix(word)
                .is_some_and(|rest| rest.trim_start().starts_with("%}"))
        })
    };
    if partial && !(has("raw") && has("endraw")) {
        format!("{{% raw %}}{text}{{% endraw %}}")
    } else {
        text.to_owned()
    }
}

/// Whether a text that is a template uses a variable that is not there: then it is left as it is.
fn uses_missing(text: &str, variables: &Map<String, Value>) -> bool {
    let is_missing = |name: &str| {
        let root: String =
            name.chars().take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '_').collect();
        let is_name = root.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_');
        is_name && root != "env" && !variables.contains_key(&root)
    };
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|sign| !sign.is_whitespace() && !"{}|".contains(*sign)).collect()
    };
    let in_output = text.match_indices("{{").any(|(at, _)| {
        let inner = &text[at + 2..];
        let name = word(inner);
        let rest = inner.trim_start()[name.len()..].trim_start();
        !name.is_empty() && (rest.starts_with("}}") || rest.starts_with('|')) && is_missing(&name)
    });
    in_output
        || text.match_indices("{%").any(|(at, _)| {
            let inner = text[at + 2..].trim_start();
            if let Some(condition) = inner.strip_prefix("if ") {
                return is_missing(&word(condition));
            }
            let Some(rest) = inner.strip_prefix("for ") else { return false };
            // Up to the next tag and no further: a text of many tags is gone through once.
            let tag = rest.split_once("{%").map_or(rest, |(tag, _)| tag);
            tag.split_once(" in ").is_some_and(|(_, list)| is_missing(&word(list)))
        })
}
