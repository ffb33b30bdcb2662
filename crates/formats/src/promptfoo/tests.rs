//! `tests:` and `defaultTest:` of a config: inline, or in files of YAML, JSON, JSON lines and tables.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::assertions::{Known, read_all};
use super::document::Fields;
use super::external::{is_program, load_nested, parsed, reference};
use super::model::{Test, TestAssertion, Variable};
use super::names::Named;
use super::{references, rows, variables};
use crate::files::{Reader, extension, folder_of, join};
use crate::problem::{Findings, Path};

/// Most tests of one evaluation.
const TESTS_LIMIT: usize = 100_000;

/// A test as it stands in a file.
#[derive(Default)]
pub(super) struct RawTest {
    pub(super) path: Path,
    pub(super) description: Option<String>,
    pub(super) variables: Map<String, Value>,
    pub(super) assertions: Vec<Arc<TestAssertion>>,
    pub(super) threshold: Option<f64>,
    pub(super) prompts: Option<Vec<String>>,
    pub(super) providers: Option<Vec<String>>,
    pub(super) provider_output: Option<Value>,
    pub(super) metadata: Map<String, Value>,
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
    pub(super) repeat: Option<u32>,
    pub(super) keeps_lists: Option<bool>,
    pub(super) without_default_assertions: Option<bool>,
}

/// Where tests are read from, and what is found.
pub(super) struct Tests<'a, 'b> {
    pub(super) reader: &'a Reader<'b>,
    pub(super) delimiter: char,
    pub(super) known: &'a Known,
    pub(super) findings: &'a mut Findings,
    pub(super) found: Vec<RawTest>,
}

impl Tests<'_, '_> {
    /// Reads `tests:`. Paths are relative to `folder`.
    pub(super) fn read(&mut self, value: Value, folder: &str, path: &Path) {
        match value {
            Value::String(file) => {
                // A list in YAML is read like the entries of a list here; other files are tables of tests.
                let whole = matches!(extension(&file).as_str(), "yaml" | "yml");
                self.files(&file, folder, path, whole);
            }
            Value::Array(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    match item {
                        Value::String(file) => self.files(&file, folder, &path.index(index), true),
                        item if item.get("path").is_some() => {
                            self.generator(&item, folder, &path.index(index));
                        }
                        item => self.test(item, &path.index(index), folder),
                    }
                }
            }
            item if item.get("path").is_some() => self.generator(&item, folder, path),
            _ => self.findings.refuse(path, "must be a list of tests, or the name of a file"),
        }
    }

    /// `{path, config}`: a program that makes tests, or a plain file.
    fn generator(&mut self, item: &Value, folder: &str, path: &Path) {
        match item.get("path").and_then(Value::as_str) {
            Some(file) => self.files(file, folder, &path.key("path"), false),
            None => self.findings.refuse(&path.key("path"), "must be a text"),
        }
    }

    /// `listed`: the file is an entry of a list, where every file of a pattern is read, and tests without a
    /// description stay so.
    fn files(&mut self, name: &str, folder: &str, path: &Path, listed: bool) {
        let file = reference(name).unwrap_or(name);
        if file.contains("://") {
            return self.findings.refuse(path, format!("`{file}` is not supported: only files are read"));
        }
        if is_program(file) {
            return self.findings.refuse(path, format!("`{file}` is a program, which is not supported"));
        }
        let pattern = join(folder, file);
        let found = match self.reader.matching(&pattern) {
            Ok(found) if found.is_empty() => Err(format!("no file matches `{pattern}`")),
            other => other,
        };
        match found {
            Err(reason) => self.findings.refuse(path, reason),
            Ok(found) => {
                for file in found {
                    if let Err(reason) = self.file(&file, listed) {
                        self.findings.refuse(path, reason);
                    }
                }
            }
        }
    }

    fn file(&mut self, file: &str, listed: bool) -> Result<(), String> {
        let ending = extension(file);
        if ending.starts_with("xls") {
            return Err(format!("`{file}` is a spreadsheet, which is not supported. Save it as .csv"));
        }
        if !matches!(ending.as_str(), "csv" | "yaml" | "yml" | "json" | "jsonl") {
            return Err(format!(
                "`{file}` is no kind of file that tests are read from: .csv, .json, .jsonl, .yaml"
            ));
        }
        let text = self.reader.text(file)?;
        if ending == "csv" {
            return rows::read(self, &text, file);
        }
        let content = if ending == "jsonl" {
            json_lines(&text, file)?
        } else {
            parsed(&text).map_err(|error| format!("`{file}` cannot be read: {error}"))?
        };
        let place = Path::of(file);
        let mut content = load_nested(content, self.reader, &place, self.findings);
        references::resolve(&mut content, self.findings);
        let items = match content {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            other => vec![other],
        };
        for (index, item) in items.into_iter().enumerate() {
            let before = self.found.len();
            self.test(item, &place.index(index), folder_of(file));
            if let Some(test) =
                self.found.get_mut(before).filter(|test| !listed && test.description.is_none())
            {
                test.description = Some(format!("Row #{}", index + 1));
            }
        }
        Ok(())
    }

    fn test(&mut self, item: Value, path: &Path, folder: &str) {
        if let Some(test) = self.one(item, path, folder) {
            self.add(test);
        }
    }

    pub(super) fn add(&mut self, test: RawTest) {
        if self.found.len() == TESTS_LIMIT {
            self.findings.refuse(&test.path, format!("there are more than {TESTS_LIMIT} tests"));
        }
        if self.found.len() < TESTS_LIMIT + 1 {
            self.found.push(test);
        }
    }

    /// Reads one test, or `defaultTest`.
    pub(super) fn one(&mut self, item: Value, path: &Path, folder: &str) -> Option<RawTest> {
        let mut fields = Fields::of(item, path.clone(), self.findings)?;
        let findings = &mut *self.findings;
        let mut test = RawTest {
            path: path.clone(),
            description: fields.text("description", findings),
            threshold: fields.number("threshold", findings),
            prompts: fields.texts("prompts", findings),
            providers: fields.texts("providers", findings),
            provider_output: fields.take("providerOutput").filter(|output| output.as_str() != Some("")),
            metadata: fields.map("metadata", findings),
            ..RawTest::default()
        };
        if let Some(assertions) = fields.take("assert") {
            test.assertions = read_all(assertions, &path.key("assert"), self.known, self.reader, findings);
        }
        if let Some(options) = fields.fields("options", findings) {
            read_options(options, &mut test, findings);
        }
        let variables = fields.take("vars");
        fields.unsupported(&["provider", "assertScoringFunction"], findings);
        fields.passed_over(&["tags"], findings);
        fields.refuse_rest(findings);
        if let Some(variables) = variables {
            test.variables = self.variables(variables, &path.key("vars"), folder);
        }
        Some(test)
    }

    /// `vars:` is a map, or names files that hold maps.
    fn variables(&mut self, value: Value, path: &Path, folder: &str) -> Map<String, Value> {
        let files = match value {
            Value::Object(map) => return map,
            Value::String(file) => vec![file],
            Value::Array(files) if files.iter().all(Value::is_string) => {
                files.into_iter().filter_map(|file| file.as_str().map(str::to_owned)).collect()
            }
            _ => {
                self.findings.refuse(path, "must be a map, or name files that hold maps");
                return Map::new();
            }
        };
        let mut all = Map::new();
        for name in files {
            let pattern = join(folder, reference(&name).unwrap_or(&name));
            match self.reader.matching(&pattern) {
                Err(reason) => self.findings.refuse(path, reason),
                Ok(found) => {
                    for file in found {
                        match self.reader.text(&file).and_then(|text| parsed(&text)) {
                            Ok(Value::Object(map)) => {
                                let map = load_nested(Value::Object(map), self.reader, path, self.findings);
                                all.extend(map.as_object().cloned().unwrap_or_default());
                            }
                            Ok(_) => self.findings.refuse(path, format!("`{file}` does not hold a map")),
                            Err(reason) => self.findings.refuse(path, reason),
                        }
                    }
                }
            }
        }
        all
    }
}

fn read_options(mut options: Fields, test: &mut RawTest, findings: &mut Findings) {
    test.prefix = options.text("prefix", findings);
    test.suffix = options.text("suffix", findings);
    test.repeat = options.small_count("repeat", findings).filter(|repeat| *repeat > 0);
    test.keeps_lists = options.flag("disableVarExpansion", findings);
    test.without_default_assertions = options.flag("disableDefaultAsserts", findings);
    options.unsupported(&["transform", "postprocess", "transformVars", "storeOutputAs"], findings);
    let unused = ["provider", "rubricPrompt", "factuality", "runSerially", "disableConversationVar"];
    options.passed_over(&unused, findings);
    options.refuse_rest(findings);
}

fn json_lines(text: &str, file: &str) -> Result<Value, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .take(TESTS_LIMIT + 1)
        .map(|(index, line)| {
            serde_json::from_str::<Value>(line)
                .map_err(|error| format!("`{file}`, line {}: this is not JSON: {error}", index + 1))
        })
        .collect()
}

/// Merges `defaultTest` into the tests, and looks up the files that variables name. `named`: what tests may name.
pub(super) fn merge(
    raw: Vec<RawTest>,
    default: &RawTest,
    extra: &Map<String, Value>,
    named: Option<&Named>,
    reader: &Reader,
    findings: &mut Findings,
) -> Vec<Test> {
    for test in raw.iter().chain([default]) {
        if let Some(named) = named {
            named.check(test, findings);
        }
    }
    let mut loader = variables::Loader { reader, findings, files: HashMap::new() };
    let mut raw = raw;
    if raw.is_empty() {
        raw.push(RawTest { path: Path::of("defaultTest"), ..RawTest::default() });
    }
    let mut defaults = default.variables.clone();
    defaults.extend(extra.clone());
    // Looked up once for all the tests that do not set them, and shared by these.
    let mut inherited_variables: HashMap<(&str, bool), Variable> = HashMap::new();
    let shared = |own: Option<String>, default: &Option<String>| -> Arc<str> {
        own.filter(|text| !text.is_empty()).or_else(|| default.clone()).unwrap_or_default().into()
    };
    raw.into_iter()
        .map(|test| {
            let keeps_lists = test.keeps_lists.or(default.keeps_lists) == Some(true);
            let (mut own, path) = (test.variables, test.path.key("vars"));
            let mut variables = Vec::with_capacity(defaults.len() + own.len());
            for (name, value) in &defaults {
                variables.push(match own.get_mut(name) {
                    Some(value) => loader.variable(name, value.take(), keeps_lists, &path),
                    None => inherited_variables
                        .entry((name.as_str(), keeps_lists))
                        .or_insert_with(|| {
                            let path = Path::of("defaultTest").key("vars");
                            loader.variable(name, value.clone(), keeps_lists, &path)
                        })
                        .clone(),
                });
            }
            let own = own.into_iter().filter(|(name, _)| !defaults.contains_key(name));
            variables.extend(own.map(|(name, value)| loader.variable(&name, value, keeps_lists, &path)));
            let skips = test.without_default_assertions == Some(true);
            let inherited = default.assertions.iter().filter(|_| !skips).cloned();
            let mut metadata = default.metadata.clone();
            metadata.extend(test.metadata);
            Test {
                description: test.description,
                variables,
                assertions: inherited.chain(test.assertions).collect(),
                threshold: test.threshold.or(default.threshold),
                prefix: shared(test.prefix, &default.prefix),
                suffix: shared(test.suffix, &default.suffix),
                repeat: test.repeat.or(default.repeat),
                prompts: test.prompts.or_else(|| default.prompts.clone()),
                providers: test.providers.or_else(|| default.providers.clone()),
                provider_output: test.provider_output,
                metadata,
            }
        })
        .collect()
}
