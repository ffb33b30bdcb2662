//! promptfoo's files, with the meaning that promptfoo 0.121.20 gives them.
//!
//! [`read`] takes a config, the files that it names and the environment, and gives an [`Evaluation`] in which
//! nothing is left to be looked up, or every [`Problem`] there is, each with its path. Then
//! [`Evaluation::cells`] lists what is to be asked, and a [`Renderer`] makes the prompt of each cell and the
//! case to judge its answer by.

mod assertions;
mod cell;
mod cells;
mod csv;
mod document;
mod environment;
mod external;
mod model;
mod names;
mod options;
mod prompts;
mod providers;
mod references;
mod render;
mod rows;
mod tests;
mod variables;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::yaml;
use serde_json::{Map, Value};

pub use cells::{Cell, Column};
pub use model::{
    ApiKey, Endpoint, Evaluation, Options, Prompt, Provider, ProviderKind, Test, TestAssertion, Variable,
};
pub use options::range;
pub use render::{Rendered, Renderer};

use crate::files::{Files, Reader, folder_of, join};
use crate::problem::{Findings, Path, Problem};
use document::Fields;

/// Longest config, in bytes.
const CONFIG_LIMIT: usize = 16 * 1024 * 1024;

/// Most columns, which are prompts times providers.
const COLUMNS_LIMIT: usize = 10_000;

/// What an evaluation is read from.
pub struct Input<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// The config's path. None: everything comes from the flags.
    pub config: Option<&'a str>,
    /// The environment of the process: for `{{ env.NAME }}`, addresses and keys. Empty on a server.
    pub environment: &'a BTreeMap<String, String>,
    /// What replaces parts of the config.
    pub flags: Flags,
}

/// Parts of a config that are given by flags. Paths in them are not relative to the config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// Instead of `prompts:`: files, or prompts themselves.
    pub prompts: Vec<String>,
    /// Instead of `providers:`. One that the config has, by id, label or the end of its id, keeps its options.
    pub providers: Vec<String>,
    /// Instead of `tests:`.
    pub tests: Option<String>,
    /// Variables over those of `defaultTest`.
    pub variables: BTreeMap<String, String>,
    /// Text before each prompt, where `defaultTest` has none.
    pub prefix: Option<String>,
    /// Text after each prompt, where `defaultTest` has none.
    pub suffix: Option<String>,
    /// Only providers whose id or label matches this pattern of JavaScript, in the place of the config's
    /// `filterProviders`. The others are not read at all, and whatever they are stands in nobody's way.
    pub filter_providers: Option<String>,
}

/// Reads an evaluation, or says everything that stands in its way. No model is called, no program run.
pub fn read(input: Input<'_>) -> Result<Evaluation, Vec<Problem>> {
    let root = input.config.map(folder_of).unwrap_or_default();
    let reader = Reader::new(input.files, root);
    let mut findings = Findings::default();
    let document = match input.config {
        Some(config) => document_of(config, &reader).map_err(|problem| vec![problem])?,
        None => Value::Object(Map::new()),
    };
    let evaluation = build(document, input, &reader, &mut findings);
    match evaluation {
        Some(evaluation) if findings.problems.is_empty() => {
            Ok(Evaluation { notes: findings.notes, ..evaluation })
        }
        _ => Err(findings.into_problems()),
    }
}

fn document_of(config: &str, reader: &Reader) -> Result<Value, Problem> {
    let problem = |message: String| Problem::new("", message);
    let path = join("", config);
    let text = reader.text(&path).map_err(problem)?;
    if text.len() > CONFIG_LIMIT {
        return Err(problem(format!("`{config}` is larger than {} MiB", CONFIG_LIMIT / 1024 / 1024)));
    }
    match yaml::read(&text).map_err(|error| problem(format!("`{config}` cannot be read: {error}")))? {
        Value::Object(fields) => Ok(Value::Object(fields)),
        Value::Null => Ok(Value::Object(Map::new())),
        _ => Err(problem(format!("`{config}` does not hold a map"))),
    }
}

fn build(
    mut document: Value,
    input: Input<'_>,
    reader: &Reader,
    findings: &mut Findings,
) -> Option<Evaluation> {
    references::resolve(&mut document, findings);
    let config = without_secrets(document.clone());
    let environment = environment::of_config(input.environment, &document, findings);
    environment::render(&mut document, &environment);
    let delimiter = environment.get("PROMPTFOO_CSV_DELIMITER").and_then(Value::as_str);
    let delimiter = delimiter.and_then(|text| text.chars().next()).unwrap_or(',');
    let mut fields = Fields::of(document, Path::default(), findings)?;
    let flags = input.flags;
    let flags_mention_environment = format!("{flags:?}").contains("env");
    let description = fields.text("description", findings);
    let options = options::read(&mut fields, findings);
    let wanted = flags.filter_providers.as_ref().or(options.filter_providers.as_ref());
    let wanted = wanted::Wanted::new(wanted.map(String::as_str), findings);
    let (providers, left_out) =
        providers_of(&mut fields, flags.providers, wanted, reader, &environment, findings);

    let mut prompts =
        prompts::Prompts { reader, folder: reader.root(), delimiter, findings, found: Vec::new() };
    let listed = fields.take("prompts").unwrap_or_else(|| Value::from("{{prompt}}"));
    if flags.prompts.is_empty() {
        prompts.read(listed, &Path::of("prompts"));
    } else {
        prompts.folder = "";
        prompts.read(flags.prompts.into(), &Path::of("prompts"));
    }
    let prompts = prompts.found;
    let columns = prompts.len().saturating_mul(providers.len());
    if columns > COLUMNS_LIMIT {
        findings.refuse(
            &Path::of("providers"),
            format!("make {columns} columns with the prompts, and there may be {COLUMNS_LIMIT}"),
        );
    }

    let named = names::Named { prompts: &prompts, providers: &providers, left_out: &left_out };
    named.note_providers(&Path::of("providers"), findings);
    // Of prompts and providers that were refused it is not known what they are called.
    let named = Some(named).filter(|_| findings.problems.is_empty());

    let known = assertions::Known::new();
    let mut tests = tests::Tests { reader, delimiter, known: &known, findings, found: Vec::new() };
    let mut default = default_test(&mut fields, &mut tests);
    default.prefix = default.prefix.or(flags.prefix);
    default.suffix = default.suffix.or(flags.suffix);
    let own = fields.take("tests");
    match flags.tests {
        Some(file) => tests.read(Value::from(file), "", &Path::of("tests")),
        None => own.into_iter().for_each(|own| tests.read(own, reader.root(), &Path::of("tests"))),
    }
    let raw = tests.found;
    let variables = flags.variables.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let tests = tests::merge(raw, &default, &variables, named.as_ref(), reader, findings);

    fields
        .unsupported(&["scenarios", "derivedMetrics", "nunjucksFilters", "extensions", "redteam"], findings);
    fields.passed_over(&["tags", "metadata", "tracing", "sharing", "writeLatestResults"], findings);
    for (key, _) in fields.rest() {
        if !matches!(key.as_str(), "env" | "$schema" | "assertionTemplates" | "basePath")
            && !key.starts_with("x-")
        {
            findings.note(&Path::default().key(&key), "is passed over: nothing is known by this name");
        }
    }
    Some(Evaluation {
        description,
        prompts,
        providers,
        tests,
        options,
        notes: Vec::new(),
        config,
        environment: Arc::new(environment),
        uses_environment: reader.mentions_environment() || flags_mention_environment,
    })
}

fn providers_of(
    fields: &mut Fields,
    flags: Vec<String>,
    wanted: wanted::Wanted,
    reader: &Reader,
    environment: &Map<String, Value>,
    findings: &mut Findings,
) -> (Vec<Provider>, Vec<(String, Option<String>)>) {
    let (targets, own) = (fields.take("targets"), fields.take("providers"));
    if targets.is_some() && own.is_some() {
        findings
            .note(&Path::of("providers"), "is passed over: there are `targets` too, which take their place");
    }
    let path = Path::of(if targets.is_some() { "targets" } else { "providers" });
    let mut providers = providers::Providers { reader, environment, findings, wanted, found: Vec::new() };
    match targets.or(own) {
        Some(own) if flags.is_empty() => providers.read(own, &path),
        Some(own) => providers.chosen(own, &flags, &path),
        None if flags.is_empty() => {
            providers.findings.refuse(&path, providers::NONE);
        }
        None => providers.read(flags.into(), &path),
    }
    (providers.found, providers.wanted.left_out)
}

/// `defaultTest:`, inline or in a file.
fn default_test(fields: &mut Fields, tests: &mut tests::Tests) -> tests::RawTest {
    let path = Path::of("defaultTest");
    let Some(value) = fields.take("defaultTest") else { return tests::RawTest::default() };
    let value = match value {
        Value::String(file) => {
            let file = join(tests.reader.root(), external::reference(&file).unwrap_or(&file));
            match tests.reader.text(&file).and_then(|text| external::parsed(&text)) {
                Ok(value) => value,
                Err(reason) => {
                    tests.findings.refuse(&path, reason);
                    return tests::RawTest::default();
                }
            }
        }
        value => value,
    };
    let folder = tests.reader.root().to_owned();
    tests.one(value, &path, &folder).unwrap_or_default()
}

/// The config with what looks like a key taken out.
fn without_secrets(value: Value) -> Value {
    const SECRET: [&str; 6] = ["apikey", "api_key", "token", "password", "secret", "authorization"];
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let name = key.to_lowercase();
                let is_secret =
                    SECRET.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
                        || name.ends_with("apikey");
                let is_text = value.as_str().is_some_and(|text| !text.contains("{{"));
                let value = match value {
                    _ if is_secret && is_text => Value::from("[REDACTED]"),
                    Value::Object(variables) if key == "env" => {
                        variables.into_iter().map(|(name, _)| (name, Value::from("[REDACTED]"))).collect()
                    }
                    value => without_secrets(value),
                };
                (key, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        other => other,
    }
}
