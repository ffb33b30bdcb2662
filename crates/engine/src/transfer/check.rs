//! What is wrong with files of cards, before anything is stored: every problem with its place in its file.

use std::collections::{BTreeMap, BTreeSet};

use domain::assertion::validate_case;
use domain::card::CardContent;
use domain::variables::check_definitions;
use formats::native::{self, Document};
use garde::Validate;
use serde_json::Value;

use super::ImportFile;
use crate::cards::{NewCard, SaveVersion, is_label};
use crate::error::{Error, Problem, Result};
use crate::suites::RenameSuite;

/// Most problems that are told.
const TOLD: usize = 50;
/// Most cards of one import: they are moved into their workspace by one step.
const CARDS_LIMIT: usize = 5_000;
/// Most labels of one card.
const LABELS_LIMIT: usize = 1_000;
/// Most cases of one suite.
const CASES_LIMIT: usize = 10_000;

/// Reads the files, or says everything that is wrong in any of them.
pub(super) fn read(files: &[ImportFile]) -> Result<Vec<Document>> {
    let mut documents = Vec::with_capacity(files.len());
    let mut findings = Findings::default();
    let mut slugs: BTreeMap<String, usize> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        findings.begin(index, &file.name);
        match native::read(&file.text) {
            Ok(document) => {
                check_document(&document, &mut findings);
                for (position, card) in document.cards.iter().enumerate() {
                    if let Some(other) = slugs.insert(card.slug.clone(), index) {
                        let other = &files[other].name;
                        findings.say(
                            &format!("cards[{position}].slug"),
                            &format!("`{}` is in {other} too", card.slug),
                        );
                    }
                }
                documents.push(document);
            }
            Err(problems) => {
                for problem in problems {
                    findings.say(&problem.path, &problem.message);
                }
            }
        }
    }
    let count = documents.iter().map(|document| document.cards.len()).sum::<usize>();
    if count > CARDS_LIMIT {
        findings.problems.push(Problem::at(
            "/files",
            format!(
                "The files have {count} cards together. Import {CARDS_LIMIT} at most, and then the others."
            ),
        ));
    }
    findings.into_result().map(|()| documents)
}

/// Problems of files, each named with its file.
#[derive(Default)]
struct Findings {
    pointer: String,
    file: String,
    problems: Vec<Problem>,
    left_out: usize,
}

impl Findings {
    fn begin(&mut self, index: usize, name: &str) {
        self.pointer = format!("/files/{index}/text");
        name.clone_into(&mut self.file);
    }

    fn say(&mut self, path: &str, message: &str) {
        if self.problems.len() == TOLD {
            self.left_out += 1;
            return;
        }
        let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
        let end = if message.ends_with(['.', '?', ')']) { "" } else { "." };
        self.problems
            .push(Problem::at(self.pointer.clone(), format!("{}: {place}{message}{end}", self.file)));
    }

    fn into_result(mut self) -> Result<()> {
        if self.left_out > 0 {
            self.problems.push(Problem::at("/files", format!("And {} more like these.", self.left_out)));
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Error::problems(self.problems)) }
    }
}

fn check_document(document: &Document, findings: &mut Findings) {
    if document.cards.is_empty() {
        findings.say("cards", "there is no card in this file");
    }
    let used: BTreeSet<_> = document.cards.iter().filter_map(|card| card.suite.as_deref()).collect();
    for (index, suite) in document.suites.iter().enumerate() {
        let path = format!("suites[{index}]");
        if !used.contains(suite.key.as_str()) {
            findings.say(&path, &format!("no card of this file names the suite `{}`", suite.key));
        }
        valid(&RenameSuite { name: suite.name.clone() }, &path, findings);
        if suite.cases.len() > CASES_LIMIT {
            let count = suite.cases.len();
            findings.say(&path, &format!("has {count} cases; a suite takes {CASES_LIMIT} at once"));
        }
        for (position, case) in suite.cases.iter().enumerate() {
            for problem in validate_case(case) {
                let at = path_of(&problem.pointer);
                findings.say(&format!("{path}.cases[{position}]{at}"), &problem.message);
            }
        }
    }
    for (index, card) in document.cards.iter().enumerate() {
        check_card(card, &format!("cards[{index}]"), findings);
    }
    if let Some(path) = null_in(document) {
        findings.say(&path, "holds the character U+0000, which cannot be stored");
    }
}

fn check_card(card: &native::Card, path: &str, findings: &mut Findings) {
    valid(&surroundings(card, None), path, findings);
    for label in card.labels.keys().filter(|label| !is_label(label)) {
        findings.say(
            &format!("{path}.labels"),
            &format!("`{label}` is no label: use lower case, digits and hyphens, such as production"),
        );
    }
    if card.labels.len() > LABELS_LIMIT {
        let count = card.labels.len();
        findings
            .say(&format!("{path}.labels"), &format!("{count} are too many: a card takes {LABELS_LIMIT}"));
    }
    for (position, version) in card.versions.iter().enumerate() {
        let path = format!("{path}.versions[{position}]");
        valid(&SaveVersion { message: version.message.clone() }, &path, findings);
        for problem in check_definitions(&version.content.variables) {
            findings.say(&format!("{path}.content{}", path_of(&problem.pointer)), &problem.message);
        }
    }
}

/// What surrounds the versions of a card, as a card is made of it.
pub(super) fn surroundings(card: &native::Card, content: Option<CardContent>) -> NewCard {
    NewCard {
        slug: card.slug.clone(),
        title: card.title.clone(),
        description: card.description.clone(),
        folder: card.folder.clone(),
        tags: card.tags.clone(),
        content,
    }
}

fn valid(value: &impl Validate<Context = ()>, path: &str, findings: &mut Findings) {
    if let Err(report) = value.validate() {
        for (place, error) in report.iter() {
            findings.say(&format!("{path}.{place}"), &error.to_string());
        }
    }
}

/// A JSON pointer as a path in a file: `/assertions/0/value` is `.assertions[0].value`.
pub(super) fn path_of(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) { format!("[{step}]") } else { format!(".{step}") }
    });
    steps.collect()
}

/// Where a text or key with U+0000 stands.
fn null_in(document: &Document) -> Option<String> {
    fn find(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => text.contains('\0').then(String::new),
            Value::Array(items) => {
                items.iter().enumerate().find_map(|(index, item)| Some(format!("[{index}]{}", find(item)?)))
            }
            Value::Object(fields) => fields.iter().find_map(|(key, item)| {
                if key.contains('\0') {
                    return Some(String::new());
                }
                Some(format!(".{key}{}", find(item)?))
            }),
            _ => None,
        }
    }
    let value = serde_json::to_value(document).ok()?;
    find(&value).map(|path| path.trim_start_matches('.').to_owned())
}
