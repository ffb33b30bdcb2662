//! Recorded answers: what a model once said, said again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Answer;
use crate::error::Error;
use crate::model::full_name;

/// Answers by model and prompt.
#[derive(Debug)]
pub(crate) struct Recorded {
    path: PathBuf,
    /// By the model's full name, then by the last user message. A later line replaces an earlier one.
    answers: HashMap<String, HashMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    model: String,
    prompt: String,
    response: String,
}

impl Recorded {
    /// Reads a file of lines `{"model", "prompt", "response"}`; empty lines are passed over.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::ReadRecorded { path: path.to_owned(), source })?;
        let mut answers: HashMap<String, HashMap<String, String>> = HashMap::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line).map_err(|error| Error::Recorded {
                path: path.to_owned(),
                line: index + 1,
                reason: error.to_string(),
            })?;
            answers.entry(full_name(&line.model)).or_default().insert(line.prompt, line.response);
        }
        Ok(Self { path: path.to_owned(), answers })
    }

    /// What the model said to exactly this prompt. Err is the sentence of a 404.
    pub(crate) fn answer(&self, model: &str, prompt: &str) -> Result<Answer, String> {
        let answer = self.answers.get(model).and_then(|prompts| prompts.get(prompt));
        let content = answer.cloned().ok_or_else(|| {
            let begin: String = prompt.chars().take(80).collect();
            format!("no recorded answer of '{model}' to this prompt in {}: {begin}", self.path.display())
        })?;
        Ok(Answer { thinking: String::new(), content })
    }
}
