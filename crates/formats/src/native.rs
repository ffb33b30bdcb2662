//! Our own YAML: cards with their versions and labels, suites with their cases. Nothing is lost: what
//! [`read`] makes of a file that [`write()`] wrote is what was written.
//!
//! A text of several lines stands as a block, a message of one text as `- user: …`, and what has its default is
//! left out, so that a change of one line is a change of one line in a diff.

mod from_promptfoo;
mod message;
mod to_promptfoo;

use std::collections::{BTreeMap, BTreeSet};

use domain::card::{CardContent, CardKind, Message, ModelParameters, PinnedInclude};
use domain::test_case::CaseContent;
use domain::variables::VariableDefinition;
use domain::yaml;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use from_promptfoo::{Converted, from_promptfoo};
pub use to_promptfoo::{Exported, to_promptfoo};

use crate::problem::{Findings, Path, Problem};

/// The version of the format, which stands first in a file.
const FORMAT: u32 = 1;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// Suites, which cards name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<Suite>,
}

/// A card with its whole history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Path of its folder.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether it is archived.
    #[serde(default, skip_serializing_if = "is_false")]
    pub archived: bool,
    /// The key of its suite in this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Labels, and the number of the version that each points to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, i64>,
    /// Its versions, by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// The draft, where it differs from the last version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Content>,
}

/// A version of a card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// What was changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What it contains.
    pub content: Content,
}

/// What a version or a draft contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Text or chat.
    pub kind: CardKind,
    /// The messages.
    #[serde(with = "message")]
    pub messages: Vec<Message>,
    /// The variables that the templates take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<VariableDefinition>,
    /// How models are asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parameters: ModelParameters,
    /// The schema that answers are meant to satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Other cards that the templates take in, pinned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<PinnedInclude>,
}

/// A suite of test cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// What cards of this file call it.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// Its cases, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "cases")]
    pub cases: Vec<CaseContent>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_default(parameters: &ModelParameters) -> bool {
    *parameters == ModelParameters::default()
}

impl From<CardContent> for Content {
    fn from(content: CardContent) -> Self {
        let CardContent { kind, messages, variables, parameters, output_schema, includes } = content;
        Self { kind, messages, variables, parameters, output_schema, includes }
    }
}

impl From<Content> for CardContent {
    fn from(content: Content) -> Self {
        let Content { kind, messages, variables, parameters, output_schema, includes } = content;
        Self { kind, messages, variables, parameters, output_schema, includes }
    }
}

/// A file: the version of the format before what it holds.
#[derive(Serialize)]
struct Written<'a> {
    promptcards: u32,
    #[serde(flatten)]
    document: &'a Document,
}

/// Writes a document. An error says that it cannot be written without loss, which a file never is.
pub fn write(document: &Document) -> Result<String, String> {
    let written =
        serde_json::to_value(Written { promptcards: FORMAT, document }).map_err(|error| error.to_string())?;
    yaml::write(&written)
}

/// Whether a text means to be a file of cards, and not one of somebody else.
pub fn is_file_of_cards(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("promptcards:"))
        || text.trim_start().starts_with('{') && text.contains("\"promptcards\"")
}

/// Reads a document, or says everything that is wrong with it.
pub fn read(text: &str) -> Result<Document, Vec<Problem>> {
    let problem = |message: String| vec![Problem::new("", message)];
    let value = yaml::read(text).map_err(|error| problem(format!("the file cannot be read: {error}")))?;
    let Value::Object(mut fields) = value else {
        return Err(problem("the file does not hold a map".into()));
    };
    match fields.shift_remove("promptcards") {
        Some(version) if version == FORMAT => {}
        Some(version) => {
            let message =
                format!("is {version}, and this program reads {FORMAT}. A newer program wrote the file");
            return Err(vec![Problem::new("promptcards", message)]);
        }
        None => {
            return Err(problem(format!("the file has no `promptcards: {FORMAT}`: it is no file of cards")));
        }
    }
    let document: Document = serde_path_to_error::deserialize(Value::Object(fields))
        .map_err(|error| vec![Problem::new(error.path().to_string(), error.inner().to_string())])?;
    let problems = check(&document);
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// What contradicts itself or a limit. Whether templates parse and assertions make sense, whoever saves the cards
/// says, who says it of every card.
fn check(document: &Document) -> Vec<Problem> {
    let mut findings = Findings::default();
    let keys = document.suites.iter().map(|suite| suite.key.as_str());
    refuse_doubles(keys, &Path::of("suites"), "key", &mut findings);
    let slugs = document.cards.iter().map(|card| card.slug.as_str());
    refuse_doubles(slugs, &Path::of("cards"), "slug", &mut findings);
    for (index, suite) in document.suites.iter().enumerate() {
        for (case, content) in suite.cases.iter().enumerate() {
            validated(content, &Path::of("suites").index(index).key("cases").index(case), &mut findings);
        }
    }
    for (index, card) in document.cards.iter().enumerate() {
        let path = Path::of("cards").index(index);
        if let Some(suite) = &card.suite
            && !document.suites.iter().any(|known| known.key == *suite)
        {
            findings.refuse(&path.key("suite"), format!("`{suite}` is the key of no suite in this file"));
        }
        for (position, version) in card.versions.iter().enumerate() {
            let path = path.key("versions").index(position);
            let expected = i64::try_from(position).unwrap_or(i64::MAX).saturating_add(1);
            if version.version != expected {
                findings.refuse(
                    &path.key("version"),
                    format!("is {}, and {expected} comes here", version.version),
                );
            }
            validated(&CardContent::from(version.content.clone()), &path.key("content"), &mut findings);
        }
        if let Some(draft) = &card.draft {
            validated(&CardContent::from(draft.clone()), &path.key("draft"), &mut findings);
        }
        for (label, version) in &card.labels {
            if !card.versions.iter().any(|known| known.version == *version) {
                findings.refuse(&path.key("labels").key(label), format!("there is no version {version}"));
            }
        }
    }
    findings.into_problems()
}

fn refuse_doubles<'a>(
    names: impl Iterator<Item = &'a str>,
    path: &Path,
    field: &str,
    findings: &mut Findings,
) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name) {
            findings.refuse(&path.index(index).key(field), format!("`{name}` is there twice"));
        }
    }
}

fn validated(value: &impl Validate<Context = ()>, path: &Path, findings: &mut Findings) {
    if let Err(report) = value.validate() {
        for (place, error) in report.iter() {
            let place = place.to_string();
            let at = if place.is_empty() { path.to_string() } else { format!("{path}.{place}") };
            findings.refuse(&Path::of(at), error.to_string());
        }
    }
}

/// Cases without the fields that have their default.
mod cases {
    use domain::test_case::CaseContent;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(super) fn serialize<S: Serializer>(cases: &[CaseContent], serializer: S) -> Result<S::Ok, S::Error> {
        let short = |case: &CaseContent| -> serde_json::Result<Value> {
            let mut value = serde_json::to_value(case)?;
            if let Some(fields) = value.as_object_mut() {
                let empty = |value: &Value| {
                    value.as_object().is_some_and(serde_json::Map::is_empty)
                        || value.as_array().is_some_and(Vec::is_empty)
                };
                for key in ["variables", "assertions"] {
                    if fields.get(key).is_some_and(empty) {
                        fields.shift_remove(key);
                    }
                }
            }
            Ok(value)
        };
        let values: serde_json::Result<Vec<Value>> = cases.iter().map(short).collect();
        values.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<CaseContent>, D::Error> {
        Vec::deserialize(deserializer)
    }
}
