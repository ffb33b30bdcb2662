//! From an error of `minijinja` to a sentence with a place in the card.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::ops::Range;

use minijinja::{Error, ErrorKind};

use super::bounded::Limit;
use super::lower::Lowered;
use super::problem::{RenderError, TemplateProblem, suggestion};
use super::syntax::Source;

/// A text as somebody wrote it, and what was made of it.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) pointer: String,
    pub(super) written: String,
    pub(super) lowered: Lowered,
}

impl Text {
    fn source(&self) -> Source<'_> {
        Source { pointer: &self.pointer, text: &self.written }
    }

    fn range(&self, error: &Error) -> Range<usize> {
        error.range().map_or(0..0, |range| self.lowered.original(&range))
    }
}

/// What is known where an error is explained.
pub(super) struct Explainer<'a> {
    /// The texts by the names of their templates.
    pub(super) texts: &'a BTreeMap<String, Text>,
    /// The variables that the card takes.
    pub(super) known: &'a BTreeSet<String>,
    /// The variables that were given.
    pub(super) given: Vec<&'a str>,
}

impl Explainer<'_> {
    /// Explains an error of the template `name`.
    pub(super) fn explain(&self, name: &str, error: &Error) -> RenderError {
        let inner = innermost(error);
        let Some(text) = self.texts.get(name) else {
            return RenderError::Failed(TemplateProblem {
                pointer: name.to_owned(),
                line: 1,
                column: 1,
                end_column: None,
                message: format!("The template cannot be rendered: {error}"),
            });
        };
        let place = inner.name().and_then(|name| self.texts.get(name)).unwrap_or(text);
        let at = place.range(inner);
        let undefined = undefined_expression(inner).map(|expression| {
            let written = place.written.get(at.clone()).unwrap_or_default();
            self.undefined(&expression, written)
        });
        let (variable, sentence) = match undefined {
            Some((variable, sentence)) => (Some(variable), sentence),
            None => (None, sentence(inner)),
        };
        let problem = if inner.name().is_some_and(|inner| inner != name) && place.pointer != text.pointer {
            let inside = place.source().problem(at, sentence);
            let (slug, version) = place.pointer.split_once('@').unwrap_or((&place.pointer, "?"));
            let message = format!(
                "In the included card `{slug}`, version {version}, line {}: {}",
                inside.line, inside.message
            );
            text.source().problem(text.range(error), message)
        } else {
            text.source().problem(at, sentence)
        };
        match variable {
            Some(name) => RenderError::Undefined { name, problem },
            None if is_limit(inner) => RenderError::Limit(problem),
            None => RenderError::Failed(problem),
        }
    }

    /// The variable and the sentence for an expression without a value. `minijinja` writes `(...)`
    /// for a base that it cannot name; then what was written is shown.
    fn undefined(&self, expression: &str, written: &str) -> (String, String) {
        let shown = if !expression.contains("(...)") {
            expression
        } else if !written.is_empty() && written.len() <= 80 && !written.contains('\n') {
            written
        } else {
            return (String::new(), "A value that is used here is not defined.".to_owned());
        };
        let variable: &str =
            shown.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).next().unwrap_or("");
        if variable == "loop" {
            return (String::new(), "`loop` is only there inside `{% for %}`.".to_owned());
        }
        let whole = shown == variable;
        let hint = if whole {
            let candidates = self.given.iter().copied().chain(self.known.iter().map(String::as_str));
            suggestion(variable, candidates)
        } else {
            String::new()
        };
        let name = if whole || self.known.contains(variable) { variable.to_owned() } else { String::new() };
        (name, format!("`{shown}` is not defined.{hint}"))
    }
}

/// The error that an included template failed with, where that is what happened.
fn innermost(error: &Error) -> &Error {
    let mut inner = error;
    while inner.kind() == ErrorKind::BadInclude {
        match inner.source().and_then(|source| source.downcast_ref::<Error>()) {
            Some(source) => inner = source,
            None => break,
        }
    }
    inner
}

/// The expression that has no value, empty where nobody knows which, or none if it was another error.
fn undefined_expression(error: &Error) -> Option<String> {
    let detail = error.detail().unwrap_or_default();
    if let Some((before, _)) = detail.split_once("` is undefined") {
        return before.rsplit_once('`').map(|(_, expression)| expression.to_owned());
    }
    (error.kind() == ErrorKind::UndefinedError).then(|| "(...)".to_owned())
}

fn is_limit(error: &Error) -> bool {
    let detail = error.detail().unwrap_or_default();
    error.kind() == ErrorKind::OutOfFuel
        || error.kind() == ErrorKind::WriteFailure
        || error.source().is_some_and(|source| source.downcast_ref::<Limit>().is_some())
        || detail == "recursion limit exceeded"
        || detail.ends_with("is too large")
}

fn sentence(error: &Error) -> String {
    let detail = error.detail().unwrap_or_default();
    let text = match error.kind() {
        ErrorKind::OutOfFuel => {
            return "The template takes too much work. Loop over less, or build smaller texts.".to_owned();
        }
        ErrorKind::WriteFailure => return too_long(),
        ErrorKind::UnknownFunction => {
            return format!("There is no function `{}`.", detail.trim_end_matches(" is unknown"));
        }
        _ if detail == "recursion limit exceeded" => {
            return "Macros call each other, or tags are nested, too deep here.".to_owned();
        }
        kind if detail.is_empty() => kind.to_string(),
        _ => detail.to_owned(),
    };
    let mut characters = text.trim_end_matches('.').chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

/// The sentence for a prompt that is longer than all messages may be.
pub(super) fn too_long() -> String {
    "The rendered prompt is longer than 1 MiB. Shorten it.".to_owned()
}
