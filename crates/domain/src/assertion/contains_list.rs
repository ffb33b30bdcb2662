//! `contains-all`, `contains-any` and their `icontains` forms: texts of a list occur in the output.

use serde_json::{Value, json};

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::javascript::string_of;
use super::list::separated;
use super::rule::{Check, Fact, Finding, Input, Rule};
use super::text::{clipped, is_template, quoted, whatever_the_case};
use crate::test_case::Assertion;

/// One rule: all or any of the list, with and without regard to case.
pub(super) struct ContainsList {
    pub(super) all: bool,
    pub(super) ignore_case: bool,
}

impl Rule for ContainsList {
    fn name(&self) -> &'static str {
        match (self.all, self.ignore_case) {
            (true, false) => "contains-all",
            (false, false) => "contains-any",
            (true, true) => "icontains-all",
            (false, true) => "icontains-any",
        }
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::Required
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: match (self.all, self.ignore_case) {
                (true, false) => "Every text of the list occurs in the output.",
                (false, false) => "At least one text of the list occurs in the output.",
                (true, true) => "Every text of the list occurs in the output, in upper or lower case.",
                (false, true) => {
                    "At least one text of the list occurs in the output, in upper or lower case."
                }
            },
            value: ValueDescription {
                kind: ValueKind::List,
                need: self.need(),
                summary: "A list of texts, or one text with commas between them: `red, \"light, blue\"`.",
                fields: Vec::new(),
            },
            threshold: None,
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "value": ["red", "blue"]}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let problem = |message: &str| vec![Problem::at("/value", message)];
        match &assertion.value {
            Some(Value::String(text)) if is_template(text) => Vec::new(),
            Some(Value::String(text)) => match separated(text) {
                Err(message) => problem(&message),
                Ok(texts) if texts.is_empty() => problem("The list is empty."),
                Ok(_) => Vec::new(),
            },
            Some(Value::Array(list)) if list.is_empty() => problem("The list is empty."),
            _ => Vec::new(),
        }
    }

    fn holds_always(&self, assertion: &Assertion) -> Option<String> {
        let texts = match assertion.value.as_ref()? {
            Value::String(text) if is_template(text) => return None,
            Value::String(text) => separated(text).ok()?,
            Value::Array(list) => list.iter().map(string_of).collect(),
            _ => return None,
        };
        let mut empty = texts.iter().map(String::is_empty);
        let always = if self.all { empty.all(|empty| empty) } else { empty.any(|empty| empty) };
        always.then(|| "Every output contains what its list asks for: the empty text.".into())
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let texts: Vec<String> = match &input.value {
            Some(Value::String(text)) if text.is_empty() => return Err("The list is an empty text.".into()),
            Some(Value::String(text)) => separated(text)?,
            Some(Value::Array(list)) => list.iter().map(string_of).collect(),
            Some(_) => return Err("The value is neither a list nor a text.".into()),
            None => return Err("There is no list of texts to find.".into()),
        };
        let needles = texts.iter().map(|text| self.in_case(text)).collect();
        let expected = clipped(&texts.join(", "));
        Ok(Box::new(FindList { all: self.all, ignore_case: self.ignore_case, texts, needles, expected }))
    }
}

impl ContainsList {
    fn in_case(&self, text: &str) -> String {
        if self.ignore_case { text.to_lowercase() } else { text.to_owned() }
    }
}

struct FindList {
    all: bool,
    ignore_case: bool,
    texts: Vec<String>,
    /// The texts as they are looked for, in the order of `texts`.
    needles: Vec<String>,
    expected: String,
}

impl Check for FindList {
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let lower = self.ignore_case.then(|| answer.output().to_lowercase());
        let output = lower.as_deref().unwrap_or_else(|| answer.output());
        let found: Vec<bool> = self.needles.iter().map(|needle| output.contains(needle.as_str())).collect();
        let names = |wanted: bool| {
            let named = self.texts.iter().zip(&found).filter(|(_, found)| **found == wanted);
            clipped(&named.map(|(text, _)| quoted(text)).collect::<Vec<_>>().join(", "))
        };
        let case = whatever_the_case(self.ignore_case);
        let count = found.iter().filter(|found| **found).count();
        let holds = if self.all { count == found.len() } else { count > 0 };
        let reason = match (self.all, holds) {
            (true, true) => format!("The output contains all of {}{case}.", names(true)),
            (true, false) => format!("The output does not contain {}{case}.", names(false)),
            (false, true) => format!("The output contains {}{case}.", names(true)),
            (false, false) => format!("The output contains none of {}{case}.", names(false)),
        };
        Finding::of(holds, Fact::new(reason).expected(self.expected.clone()))
    }
}
