//! A card's templates, compiled once and rendered for many cases.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use minijinja::value::Serde;
use minijinja::{Environment, Value as Rendered};
use serde_json::{Map, Value};

use super::environment::{Dialect, FUEL, environment};
use super::failure::{Explainer, Text, too_long};
use super::found::find_variables;
use super::includes::Includes;
use super::lower::lower;
use super::problem::{RenderError, TemplateProblem};
use super::syntax::Source;
use crate::card::{CardContent, Message, Part, PartType, Role};

/// Most bytes that all messages of a prompt have together after rendering.
pub const PROMPT_LIMIT: usize = 1024 * 1024;

/// Most words and signs in the tags of all texts of a card.
const CARD_TOKENS_LIMIT: usize = 40_000;

/// The templates of a card's version, ready to be rendered by any thread.
#[derive(Debug)]
pub struct PromptTemplate {
    templates: Templates,
    messages: Vec<(Role, Vec<PartTemplate>)>,
    known: BTreeSet<String>,
}

/// One part of a message.
#[derive(Debug)]
struct PartTemplate {
    /// Where it stands in the card, which is also its template's name.
    pointer: String,
    /// The text where it has no tag: it is its own rendering, byte for byte.
    plain: Option<String>,
}

impl PromptTemplate {
    /// Compiles all messages of a card, with the texts of the cards that they include. Says all
    /// problems that can be known without values.
    pub fn compile(content: &CardContent, includes: &Includes) -> Result<Self, Vec<TemplateProblem>> {
        check_size(content)?;
        let mut templates = Templates::new(includes, Dialect::Card);
        let mut problems = Vec::new();
        let mut messages = Vec::new();
        for (index, message) in content.messages.iter().enumerate() {
            let mut parts = Vec::new();
            for (part, content) in message.content.iter().enumerate() {
                let pointer = pointer(index, part);
                let plain = (!has_tags(&content.text)).then(|| content.text.clone());
                if plain.is_none() {
                    problems
                        .extend(templates.add(&pointer, &content.text, includes).err().unwrap_or_default());
                }
                parts.push(PartTemplate { pointer, plain });
            }
            messages.push((message.role, parts));
        }
        if problems.is_empty() {
            for (id, text) in includes.texts() {
                problems.extend(templates.add(id, text, includes).err().unwrap_or_default());
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let defined = content.variables.iter().map(|variable| variable.name.clone());
        let found = find_variables(content, includes).into_iter().map(|variable| variable.name);
        Ok(Self { templates, messages, known: defined.chain(found).collect() })
    }

    /// Renders the messages. A text is written as it is, every other value as JSON writes it.
    ///
    /// `variables` are taken as they are: [`check_variables`](crate::variables::check_variables)
    /// applies defaults. All messages together may be [`PROMPT_LIMIT`] bytes long and take a fixed
    /// amount of work, far less than 250 ms.
    pub fn render(&self, variables: &Map<String, Value>) -> Result<Vec<Message>, RenderError> {
        let mut rendering = Rendering::of(&self.templates, &self.known, variables);
        let mut messages = Vec::with_capacity(self.messages.len());
        for (role, parts) in &self.messages {
            let mut content = Vec::with_capacity(parts.len());
            for part in parts {
                let text = match &part.plain {
                    Some(plain) => rendering.plain(&part.pointer, plain)?,
                    None => rendering.template(&part.pointer)?,
                };
                content.push(Part { part_type: PartType::Text, text });
            }
            messages.push(Message { role: *role, content });
        }
        Ok(messages)
    }
}

/// Renders one text outside a card, such as the value of an assertion, under the limits of a prompt.
///
/// A text without a tag is returned as it is. The problem's pointer is empty: the caller knows where
/// the text stands.
pub fn render_text(source: &str, variables: &Map<String, Value>) -> Result<String, RenderError> {
    if !has_tags(source) {
        return Ok(source.to_owned());
    }
    let includes = Includes::default();
    let mut templates = Templates::new(&includes, Dialect::Card);
    if let Err(problems) = templates.add("", source, &includes) {
        let first = problems.into_iter().next();
        return Err(RenderError::Failed(
            first.unwrap_or_else(|| at_start("", "The template does not parse.")),
        ));
    }
    Rendering::of(&templates, &BTreeSet::new(), variables).template("")
}

/// Refuses a card whose many texts, each within its limit, would take long to compile together.
fn check_size(content: &CardContent) -> Result<(), Vec<TemplateProblem>> {
    let mut tokens = 0;
    for (_, pointer, text) in texts_of(content) {
        tokens += Source { pointer: &pointer, text }.tokens();
        if tokens > CARD_TOKENS_LIMIT {
            let message = format!("The tags of the card have more than {CARD_TOKENS_LIMIT} words and signs.");
            return Err(vec![at_start(&pointer, message)]);
        }
    }
    Ok(())
}

/// The texts of a card, each with the index of its message and the JSON pointer to it.
pub(super) fn texts_of(content: &CardContent) -> impl Iterator<Item = (usize, String, &str)> {
    content.messages.iter().enumerate().flat_map(|(message, it)| {
        let parts = it.content.iter().enumerate();
        parts.map(move |(part, it)| (message, pointer(message, part), it.text.as_str()))
    })
}

fn pointer(message: usize, part: usize) -> String {
    format!("/messages/{message}/content/{part}/text")
}

pub(super) fn has_tags(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|sign| text.contains(sign))
}

pub(super) fn at_start(pointer: &str, message: impl Into<String>) -> TemplateProblem {
    TemplateProblem {
        pointer: pointer.to_owned(),
        line: 1,
        column: 1,
        end_column: None,
        message: message.into(),
    }
}

/// Compiled templates, by name.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    texts: BTreeMap<String, Text>,
    dialect: Dialect,
}

impl Templates {
    pub(super) fn new(includes: &Includes, dialect: Dialect) -> Self {
        let mut environment = environment(includes.depth(), dialect);
        let links = includes.clone();
        environment.set_path_join_callback(move |tag, parent| {
            links.target(parent, tag).map_or(tag, |(id, _)| id).to_owned().into()
        });
        Self { environment, texts: BTreeMap::new(), dialect }
    }

    pub(super) fn add(
        &mut self,
        name: &str,
        text: &str,
        includes: &Includes,
    ) -> Result<(), Vec<TemplateProblem>> {
        let source = Source { pointer: name, text };
        let tree = source.parse().map_err(|problem| vec![problem])?;
        let mut lowered = lower(source, &tree, includes, self.dialect)?;
        let added = self.environment.add_template_owned(name.to_owned(), std::mem::take(&mut lowered.text));
        added.map_err(|error| vec![at_start(name, format!("The template cannot be compiled: {error}"))])?;
        self.texts
            .insert(name.to_owned(), Text { pointer: name.to_owned(), written: text.to_owned(), lowered });
        Ok(())
    }
}

/// One rendering of all messages, with what is left of its limits.
pub(super) struct Rendering<'a> {
    templates: &'a Templates,
    explainer: Explainer<'a>,
    context: Rendered,
    bytes: usize,
    fuel: u64,
}

impl<'a> Rendering<'a> {
    pub(super) fn of(
        templates: &'a Templates,
        known: &'a BTreeSet<String>,
        variables: &'a Map<String, Value>,
    ) -> Self {
        let given = variables.keys().map(String::as_str).collect();
        Self {
            templates,
            explainer: Explainer { texts: &templates.texts, known, given },
            context: Rendered::from(Serde(variables)),
            bytes: PROMPT_LIMIT,
            fuel: FUEL,
        }
    }

    fn plain(&mut self, pointer: &str, text: &str) -> Result<String, RenderError> {
        match self.bytes.checked_sub(text.len()) {
            Some(left) => self.bytes = left,
            None => return Err(RenderError::Limit(at_start(pointer, too_long()))),
        }
        Ok(text.to_owned())
    }

    pub(super) fn template(&mut self, name: &str) -> Result<String, RenderError> {
        if self.fuel == 0 {
            let message = "The messages before this one took all the work that is allowed. Loop over less.";
            return Err(RenderError::Limit(at_start(name, message)));
        }
        let mut output = Capped { bytes: Vec::new(), left: self.bytes };
        let captured = self
            .templates
            .environment
            .get_template(name)
            .and_then(|template| template.render_captured_to(self.context.clone(), &mut output))
            .map_err(|error| self.explainer.explain(name, &error))?;
        // A template starts with all the fuel, so that a prompt may take twice as much at worst.
        let consumed = captured.state().fuel_levels().map_or(0, |(consumed, _)| consumed);
        drop(captured);
        self.fuel = self.fuel.saturating_sub(consumed);
        self.bytes = output.left;
        String::from_utf8(output.bytes)
            .map_err(|_| RenderError::Failed(at_start(name, "The rendered text is not valid UTF-8.")))
    }
}

/// Takes so many bytes and no more.
struct Capped {
    bytes: Vec<u8>,
    left: usize,
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
