//! Templates of promptfoo's files: Nunjucks without escaping, rendered by `minijinja` under our limits.
//!
//! Like Nunjucks, and unlike the texts of a card: a missing value is nothing, wherever it stands; values
//! are written, compared and taken for true or false as JavaScript does; `.length`, `elseif`, `===`, `dump`
//! and promptfoo's `load` are there.
//!
//! What Nunjucks has and is not here is named when a template is compiled or rendered, never passed over:
//! `include`, `extends`, `import`, `switch`, `asyncEach`, the filters `center`, `forceescape`, `nl2br`,
//! `random`, `striptags`, `truncate`, `urlencode` and `urlize`, the functions `cycler` and `joiner`, the
//! tests `callable`, `falsy`, `null` and `truthy`, regular expressions, `+` between a text and a number,
//! `sort` with positional arguments, and methods of JavaScript such as `toUpperCase()`. Three things differ
//! in silence: `[-1]` is the last item, `[] or x` outside a condition is `x`, and a list is equal to a list
//! with the same items.

mod values;

use std::borrow::Cow;
use std::collections::BTreeSet;

use minijinja::machinery::{Token, tokenize};
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::environment::Dialect;
use super::includes::Includes;
use super::problem::{RenderError, TemplateProblem};
use super::prompt::{Rendering, Templates, at_start, has_tags};
use super::syntax::syntax;

/// One text of a promptfoo file, ready to be rendered by any thread.
#[derive(Debug)]
pub struct NunjucksTemplate(Text);

#[derive(Debug)]
enum Text {
    /// A text without a tag, which is its own rendering.
    Plain(String),
    Template(Box<Templates>),
}

impl NunjucksTemplate {
    /// Compiles a text. The problem's pointer is empty: the caller knows where the text stands.
    pub fn compile(source: &str) -> Result<Self, TemplateProblem> {
        if !has_tags(source) {
            return Ok(Self(Text::Plain(source.to_owned())));
        }
        let includes = Includes::default();
        let mut templates = Templates::new(&includes, Dialect::Nunjucks);
        match templates.add("", &respelled(source), &includes) {
            Ok(()) => Ok(Self(Text::Template(Box::new(templates)))),
            Err(problems) => Err(problems
                .into_iter()
                .next()
                .unwrap_or_else(|| at_start("", "The template does not parse."))),
        }
    }

    /// Renders the text, within the limits of a prompt.
    pub fn render(&self, variables: &Map<String, Value>) -> Result<String, RenderError> {
        match &self.0 {
            Text::Plain(text) => Ok(text.clone()),
            Text::Template(templates) => Rendering::of(templates, &BTreeSet::new(), variables).template(""),
        }
    }
}

/// Gives an environment the meaning of Nunjucks.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_formatter(values::print);
    environment.add_filter("dump", values::dump);
    environment.add_filter("length", values::length);
    environment.add_filter("load", values::load);
    environment.add_filter("wordcount", values::word_count);
    environment.add_filter("__compare", values::compare);
    environment.add_filter("__each", values::each);
    environment.add_filter("__length", values::length_attribute);
    environment.add_filter("__text", values::text);
    environment.add_filter("__truthy", values::is_truthy);
}

/// Stands for the last sign of `===` and `!==`, which `minijinja` does not know. The parser skips it like
/// a space, and the writer of comparisons finds it.
pub(super) const STRICT: char = '\u{c}';

/// The text with `elseif`, `===` and `!==` spelt so that `minijinja` can read them, every byte in its place.
fn respelled(source: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(source);
    let mut previous: Option<(Token, usize)> = None;
    for token in tokenize(source, false, syntax()) {
        let Ok((token, span)) = token else { break };
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        let respelt = match (&previous, &token) {
            (Some((Token::BlockStart, _)), Token::Ident("elseif")) => Some((start..end, "elif  ")),
            (Some((Token::Eq | Token::Ne, before)), Token::Assign) if *before == start => {
                Some((start..end, "\u{c}"))
            }
            _ => None,
        };
        if let Some((place, spelling)) = respelt {
            text.to_mut().replace_range(place, spelling);
        }
        previous = Some((token, end));
    }
    text
}

#[cfg(test)]
mod tests;
