//! A config of promptfoo as cards over one suite, and what of it does not map.
//!
//! A test becomes a case for each set of its values, with what promptfoo has rendered. Each prompt becomes a card, and
//! each card is rendered for each case beside promptfoo: where the two differ, that is said.

mod content;
mod variables;

use domain::card::{CardContent, ModelParameters};
use domain::template::{Includes, PromptTemplate, render_text};
use domain::test_case::{Assertion, CaseContent};
use domain::variables::check_variables;
use serde_json::{Map, Value};

use super::{Card, Document, Suite, Version};
use crate::problem::{Findings, Path, Problem};
use crate::promptfoo::{Cell, Evaluation, ProviderKind, Rendered, Renderer, TestAssertion};

/// Most differences that are told.
const TOLD: usize = 20;

/// Cards made of a config.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// A card for each prompt, over one suite.
    pub document: Document,
    /// What is left out, or means something else in a card.
    pub notes: Vec<Problem>,
}

/// Makes cards of a config: one of the name `slug`, or several whose names begin with it. An error says what no card
/// can hold.
pub fn from_promptfoo(evaluation: &Evaluation, slug: &str) -> Result<Converted, Vec<Problem>> {
    let mut findings = Findings::default();
    findings.notes.clone_from(&evaluation.notes);
    let renderer = evaluation.renderer();
    let cells = first_cells(evaluation).map_err(|problem| vec![problem])?;
    let mut cases = Vec::with_capacity(cells.len());
    for cell in &cells {
        cases.push(case(evaluation, &renderer, cell, &mut findings));
    }
    let cases: Vec<CaseContent> = cases.into_iter().flatten().collect();
    note_what_tests_lose(evaluation, &mut findings);
    let parameters = parameters(evaluation, &mut findings);
    let mut cards = Vec::with_capacity(evaluation.prompts.len());
    for index in 0..evaluation.prompts.len() {
        let content = content::of(evaluation, index, &cases, &parameters, &mut findings);
        compare(evaluation, &renderer, index, &content, &cells, &cases, &mut findings);
        cards.push(card(evaluation, index, slug, content));
    }
    if !findings.problems.is_empty() {
        return Err(findings.into_problems());
    }
    let name = evaluation.description.clone().filter(|text| !text.trim().is_empty());
    let suites =
        vec![Suite { key: slug.to_owned(), name: short(name.as_deref().unwrap_or(slug), 200), cases }];
    Ok(Converted { document: Document { cards, suites }, notes: findings.notes })
}

fn card(evaluation: &Evaluation, index: usize, slug: &str, content: CardContent) -> Card {
    let is_only = evaluation.prompts.len() == 1;
    let description = evaluation.description.as_deref().filter(|text| !text.trim().is_empty());
    let label = evaluation.prompts.get(index).map_or("", |prompt| prompt.label.as_str());
    let title = match (description, is_only) {
        (Some(description), true) => description.to_owned(),
        (Some(description), false) => format!("{description}: {label}"),
        (None, true) => slug.to_owned(),
        (None, false) => format!("{slug}: {label}"),
    };
    Card {
        slug: if is_only { slug.to_owned() } else { format!("{slug}-{}", index + 1) },
        title: short(&title, 200),
        suite: Some(slug.to_owned()),
        versions: vec![Version {
            version: 1,
            message: "Imported from promptfoo".into(),
            content: content.into(),
        }],
        ..Card::default()
    }
}

/// A text in one line, of at most so many characters.
fn short(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most { line } else { line.chars().take(most - 1).chain(['…']).collect() }
}

/// One cell of each test and set of values: what it is rendered from is the same in all columns.
fn first_cells(evaluation: &Evaluation) -> Result<Vec<Cell>, Problem> {
    let mut cells: Vec<Cell> = evaluation.cells()?.into_iter().filter(|cell| cell.repeat == 0).collect();
    cells.dedup_by_key(|cell| (cell.test, cell.combination));
    Ok(cells)
}

fn case(
    evaluation: &Evaluation,
    renderer: &Renderer,
    cell: &Cell,
    findings: &mut Findings,
) -> Option<CaseContent> {
    let path = Path::of("tests").index(cell.test);
    let test = evaluation.tests.get(cell.test)?;
    let made = renderer.render(cell).and_then(|rendered| Ok((renderer.case(cell, &rendered)?, rendered)));
    let (mut case, Rendered { variables, .. }) = match made {
        Ok(made) => made,
        Err(error) => {
            findings.refuse(&path, format!("cannot be rendered: {error}"));
            return None;
        }
    };
    let asked = case.assertions.drain(..).zip(&test.assertions);
    case.assertions = asked.map(|(rendered, read)| assertion(rendered, read, &variables)).collect();
    case.tags = test.metadata.get("tags").and_then(texts).unwrap_or_default();
    Some(case)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The assertion as a case has it: the template that was written, where it says the same in a case, or else what
/// promptfoo made of it.
fn assertion(rendered: Assertion, read: &TestAssertion, variables: &Map<String, Value>) -> Assertion {
    let written = read.assertion.value.as_ref().filter(|_| !read.is_literal);
    let value = rendered.value.map(|value| match (value, written) {
        (Value::String(text), written) => text_value(text, written.and_then(Value::as_str), variables).into(),
        (Value::Array(items), written) => {
            let one = |(index, item): (usize, Value)| match item {
                Value::String(text) => {
                    let written = written.and_then(|written| written.get(index)).and_then(Value::as_str);
                    text_value(text, written, variables).into()
                }
                other => other,
            };
            items.into_iter().enumerate().map(one).collect()
        }
        (other, _) => other,
    });
    let set = rendered.assert.into_iter().zip(&read.set);
    Assertion {
        value,
        assert: set.map(|(inner, read)| assertion(inner, read, variables)).collect(),
        ..rendered
    }
}

fn text_value(rendered: String, written: Option<&str>, variables: &Map<String, Value>) -> String {
    if let Some(written) = written
        && render_text(written, variables).is_ok_and(|text| text == rendered)
    {
        return written.to_owned();
    }
    if ["{{", "{%", "{#"].iter().any(|tag| rendered.contains(tag)) {
        return format!("{{% raw %}}{rendered}{{% endraw %}}");
    }
    rendered
}

fn note_what_tests_lose(evaluation: &Evaluation, findings: &mut Findings) {
    for (index, test) in evaluation.tests.iter().enumerate() {
        let path = Path::of("tests").index(index);
        let left_out = [
            ("providerOutput", test.provider_output.is_some(), "a run asks the model"),
            ("prompts", test.prompts.is_some(), "a case is run with every prompt"),
            ("providers", test.providers.is_some(), "a case is run with every model"),
            ("options.repeat", test.repeat.is_some(), "a run repeats all its cases alike"),
        ];
        for (field, is_there, instead) in left_out {
            if is_there {
                findings.note(&Path::of(format!("{path}.{field}")), format!("is left out: {instead}"));
            }
        }
        for key in test.metadata.iter().filter(|(key, value)| *key != "tags" || texts(value).is_none()) {
            findings
                .note(&path.key("metadata").key(key.0), "is left out: a case has tags and no other metadata");
        }
    }
    if let Some(repeat) = evaluation.options.repeat {
        let message = format!("is left out: start runs with --repeat {repeat}");
        findings.note(&Path::of("evaluateOptions.repeat"), message);
    }
}

/// The parameters that all providers share. A card has them, and no models.
fn parameters(evaluation: &Evaluation, findings: &mut Findings) -> ModelParameters {
    let mut found: Vec<&ModelParameters> = Vec::new();
    for (index, provider) in evaluation.providers.iter().enumerate() {
        let path = Path::of("providers").index(index);
        let (endpoint, kind) = match &provider.kind {
            ProviderKind::Echo => {
                findings.note(&path, "is left out: a card keeps no models, and no server has an echo");
                continue;
            }
            ProviderKind::OllamaChat(endpoint) | ProviderKind::OllamaCompletion(endpoint) => {
                (endpoint, "ollama")
            }
            ProviderKind::OpenAiChat(endpoint) => (endpoint, "openai"),
        };
        findings.note(
            &path,
            format!(
                "is left out: a card keeps no models. Where the server has it as the provider `{kind}`, run the card \
                 with --model {kind}/{}",
                endpoint.model
            ),
        );
        found.push(&endpoint.parameters);
    }
    match found.split_first() {
        None => ModelParameters::default(),
        Some((first, rest)) if rest.iter().all(|other| *other == *first) => (*first).clone(),
        Some(_) => {
            findings.note(
                &Path::of("providers"),
                "have different parameters, and the card has none of them: models take their own when a run is started",
            );
            ModelParameters::default()
        }
    }
}

/// Renders a card for each case, and says where promptfoo's prompt is another one.
fn compare(
    evaluation: &Evaluation,
    renderer: &Renderer,
    prompt: usize,
    content: &CardContent,
    cells: &[Cell],
    cases: &[CaseContent],
    findings: &mut Findings,
) {
    let path = Path::of("prompts").index(prompt);
    let template = match PromptTemplate::compile(content, &Includes::default()) {
        Ok(template) => template,
        Err(problems) => {
            for problem in problems {
                findings.refuse(&path, format!("is no template of a card: {problem}"));
            }
            return;
        }
    };
    let mut told = 0;
    for (cell, case) in cells.iter().zip(cases) {
        let theirs = renderer.render(&Cell { prompt, ..*cell }).map_err(|error| error.to_string());
        let theirs = theirs.and_then(|rendered| content::messages(content.kind, &rendered));
        let ours = check_variables(&content.variables, &case.variables)
            .map_err(|problems| {
                problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" ")
            })
            .and_then(|variables| template.render(&variables).map_err(|error| error.to_string()));
        let said = match (theirs, ours) {
            (Ok(theirs), Ok(ours)) if theirs == ours => continue,
            (_, Err(reason)) => format!("cannot be rendered as a card: {reason}"),
            _ => "is rendered otherwise as a card: it uses what templates of cards do not have alike"
                .to_owned(),
        };
        told += 1;
        if told > TOLD {
            findings.note(&path, "and in more tests");
            return;
        }
        let test = evaluation.tests.get(cell.test).and_then(|test| test.description.as_deref());
        let test = test.map(|text| format!(" ({})", short(text, 60))).unwrap_or_default();
        findings.note(&path, format!("{said}, with tests[{}]{test}", cell.test));
    }
}
