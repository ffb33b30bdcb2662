//! promptfoo's files: what is read, in which order it is asked, and what is refused.

mod assertions;
mod hostile;
mod prompts;
mod properties;
mod providers;
mod rendering;
mod tests;
mod unsupported;

use std::collections::BTreeMap;

use formats::InMemoryFiles;
use formats::promptfoo::{Evaluation, Flags, Input, read};

/// Reads `promptfooconfig.yaml` beside other files.
fn evaluation_of(config: &str, others: &[(&str, &str)]) -> Result<Evaluation, Vec<String>> {
    with(config, others, &[], Flags::default())
}

fn with(
    config: &str,
    others: &[(&str, &str)],
    environment: &[(&str, &str)],
    flags: Flags,
) -> Result<Evaluation, Vec<String>> {
    let files: InMemoryFiles = others.iter().chain([&("promptfooconfig.yaml", config)]).copied().collect();
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let input =
        Input { files: &files, config: Some("promptfooconfig.yaml"), environment: &environment, flags };
    read(input).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// The prompts that are sent, in order.
fn sent(evaluation: &Evaluation) -> Vec<String> {
    let renderer = evaluation.renderer();
    let cells = evaluation.cells().unwrap();
    cells
        .iter()
        .map(|cell| {
            renderer.render(cell).map_or_else(|error| format!("error: {error}"), |rendered| rendered.prompt)
        })
        .collect()
}

/// The prompts that a config sends.
fn sends(config: &str, others: &[(&str, &str)]) -> Vec<String> {
    sent(&evaluation_of(config, others).unwrap())
}

/// What is refused in a config.
fn refused(config: &str, others: &[(&str, &str)]) -> Vec<String> {
    evaluation_of(config, others).unwrap_err()
}
