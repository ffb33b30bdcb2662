//! `prompts:` of a config: texts, files and patterns of files, each of which may hold several prompts.

use serde_json::Value;

use super::csv;
use super::document::Fields;
use super::external::parsed;
use super::model::Prompt;
use crate::files::{Reader, extension, is_pattern, join};
use crate::problem::{Findings, Path};

/// Most prompts of one evaluation.
const PROMPTS_LIMIT: usize = 10_000;
/// A line of a text file that ends one prompt and begins the next.
const SEPARATOR: &str = "---";
/// Endings by which a text without `file://` is taken for the path of a file.
const FILE_ENDINGS: [&str; 13] =
    [".cjs", ".cts", ".j2", ".js", ".json", ".jsonl", ".md", ".mjs", ".mts", ".py", ".ts", ".txt", ".yaml"];
/// Files that promptfoo runs.
const PROGRAMS: [&str; 15] =
    ["cjs", "cts", "js", "mjs", "mts", "ts", "py", "sh", "bash", "exe", "bat", "cmd", "ps1", "rb", "pl"];

/// Where prompts are read from, and what is found.
pub(super) struct Prompts<'a, 'b> {
    pub(super) reader: &'a Reader<'b>,
    /// The folder that paths are relative to.
    pub(super) folder: &'a str,
    pub(super) delimiter: char,
    pub(super) findings: &'a mut Findings,
    pub(super) found: Vec<Prompt>,
}

/// An entry of `prompts:` before files are read.
struct Entry {
    raw: String,
    id: Option<String>,
    label: Option<String>,
}

impl Prompts<'_, '_> {
    /// Reads `prompts:`: a text, a list, or a map of texts and labels.
    pub(super) fn read(&mut self, value: Value, path: &Path) {
        match value {
            Value::String(raw) => self.entry(Entry { raw, id: None, label: None }, path),
            Value::Array(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    self.item(item, &path.index(index));
                }
            }
            Value::Object(map) => {
                for (raw, label) in map {
                    let path = path.key(&raw);
                    let Some(label) = label.as_str().map(str::to_owned) else {
                        self.findings.refuse(&path, "must be a text: the label of the prompt");
                        continue;
                    };
                    self.entry(Entry { raw, id: None, label: Some(label) }, &path);
                }
            }
            _ => self.findings.refuse(path, "must be a text, a list or a map"),
        }
    }

    fn item(&mut self, item: Value, path: &Path) {
        if let Value::String(raw) = item {
            return self.entry(Entry { raw, id: None, label: None }, path);
        }
        let Some(mut fields) = Fields::of(item, path.clone(), self.findings) else { return };
        let (id, label) = (fields.text("id", self.findings), fields.text("label", self.findings));
        let raw = match fields.take("raw") {
            Some(Value::String(raw)) if !raw.is_empty() => Some(raw),
            // A list of messages.
            Some(raw @ (Value::Array(_) | Value::Object(_))) => Some(raw.to_string()),
            _ => None,
        };
        fields.unsupported(&["config", "function", "transform"], self.findings);
        fields.refuse_rest(self.findings);
        match raw.or_else(|| id.clone()) {
            Some(raw) => self.entry(Entry { raw, id, label }, path),
            None => self.findings.refuse(path, "must have `raw`, or an `id` that names a file"),
        }
    }

    fn entry(&mut self, entry: Entry, path: &Path) {
        let remote = ["pf://", "portkey://", "langfuse://", "helicone://", "exec:"];
        if remote.iter().any(|scheme| entry.raw.starts_with(scheme)) {
            return self.findings.refuse(path, format!("`{}` is not supported", short(&entry.raw, 60)));
        }
        if !is_path(&entry.raw) {
            if entry.raw.is_empty() {
                return self.findings.refuse(path, "is empty");
            }
            return self.add(entry.label.unwrap_or_else(|| entry.raw.clone()), entry.id, entry.raw, path);
        }
        let (count, problems) = (self.found.len(), self.findings.problems.len());
        let shown = short(&entry.raw, 60);
        let file = join(self.folder, entry.raw.strip_prefix("file://").unwrap_or(&entry.raw));
        if is_pattern(&file) {
            match self.reader.matching(&file) {
                Err(reason) => self.findings.refuse(path, reason),
                Ok(found) if found.is_empty() && !entry.raw.starts_with("file://") => {
                    // A text with a `/` or a `*` in it, which only looked like a path.
                    self.add(entry.label.unwrap_or_else(|| entry.raw.clone()), entry.id, entry.raw, path);
                }
                Ok(found) if found.is_empty() => {
                    self.findings.refuse(path, format!("no file matches `{file}`"));
                }
                Ok(found) => {
                    for file in found {
                        self.file(&file, None, None, path);
                    }
                }
            }
        } else {
            self.file(&file, entry.id, entry.label.as_deref(), path);
        }
        if self.found.len() == count && self.findings.problems.len() == problems {
            self.findings.refuse(path, format!("there is no prompt in `{shown}`"));
        }
    }

    fn add(&mut self, label: String, given_id: Option<String>, raw: String, path: &Path) {
        if raw.contains("_conversation") {
            self.findings.refuse(path, "`_conversation` is not supported");
        }
        if self.found.len() == PROMPTS_LIMIT {
            self.findings.refuse(path, format!("there are more than {PROMPTS_LIMIT} prompts"));
        }
        if self.found.len() <= PROMPTS_LIMIT {
            self.found.push(Prompt { label, given_id, raw });
        }
    }

    fn file(&mut self, file: &str, id: Option<String>, label: Option<&str>, path: &Path) {
        let ending = extension(file);
        if PROGRAMS.contains(&ending.split(':').next().unwrap_or_default()) {
            return self
                .findings
                .refuse(path, format!("`{file}` is a program, which is not supported as a prompt"));
        }
        let text = match self.reader.text(file) {
            Ok(text) => text,
            Err(reason) => return self.findings.refuse(path, reason),
        };
        // What a label says of the file itself, where the config gives none.
        let named = |shown: &str| label.map_or_else(|| format!("{file}: {shown}"), str::to_owned);
        match ending.as_str() {
            "txt" => {
                for raw in split(&text) {
                    let own = format!("{file}: {raw}");
                    self.add(
                        label.map_or_else(|| own.clone(), |label| format!("{label}: {own}")),
                        id.clone(),
                        raw,
                        path,
                    );
                }
            }
            "md" | "j2" => self.add(named(&format!("{}...", short(&text, 50))), id, text, path),
            "json" => {
                // A file that is no JSON is a text, as it may have templates in it.
                let raw = match serde_json::from_str::<Value>(&text) {
                    Ok(value) => self.loaded(value, path).to_string(),
                    Err(_) => text,
                };
                self.add(named(&raw), id, raw, path);
            }
            "yaml" | "yml" => {
                let raw = match parsed(&text) {
                    Ok(value) => self.loaded(value, path).to_string(),
                    Err(_) => text,
                };
                self.add(named(&short(&raw, 80)), id, raw, path);
            }
            "jsonl" => {
                let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
                for line in &lines {
                    let own = match (lines.len() > 1, label) {
                        (true, label) => format!("{}: {line}", label.unwrap_or(file)),
                        (false, label) => label.unwrap_or(file).to_owned(),
                    };
                    self.add(own, id.clone(), (*line).to_owned(), path);
                }
            }
            "csv" => self.table(&text, file, id.as_ref(), label, path),
            _ => {
                self.findings.refuse(path, format!("`{file}` is no kind of file that prompts are read from"));
            }
        }
    }

    /// A table with the columns `prompt` and `label`, or one prompt a line, as which one that is broken is read too.
    fn table(&mut self, text: &str, file: &str, id: Option<&String>, label: Option<&str>, path: &Path) {
        let numbered =
            |count: usize, raw: &str| label.map_or_else(|| format!("Prompt {count} - {raw}"), str::to_owned);
        if text.contains(self.delimiter) {
            match csv::read_trimmed(text, self.delimiter) {
                Ok(table) => {
                    let column = |name: &str| table.header.iter().position(|column| column == name);
                    let (prompts, labels) = (column("prompt"), column("label"));
                    let cell = |row: &csv::Row, at: Option<usize>| {
                        at.and_then(|at| row.cells.get(at)).filter(|cell| !cell.is_empty()).cloned()
                    };
                    let mut count = 0;
                    for row in &table.rows {
                        let Some(raw) = cell(row, prompts) else { continue };
                        count += 1;
                        let label = cell(row, labels).unwrap_or_else(|| numbered(count, &raw));
                        self.add(label, id.cloned(), raw, path);
                    }
                    return;
                }
                Err(problem) => {
                    self.findings
                        .note(path, format!("each line of `{file}` is taken for a prompt: {problem}"));
                }
            }
        }
        let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
        let is_title = |index: usize, line: &str| index == 0 && line.trim().eq_ignore_ascii_case("prompt");
        let raws = lines.filter(|(index, line)| !is_title(*index, line));
        for (index, (_, raw)) in raws.enumerate() {
            self.add(numbered(index + 1, raw), id.cloned(), raw.to_owned(), path);
        }
    }

    fn loaded(&mut self, value: Value, path: &Path) -> Value {
        super::external::load_nested(value, self.reader, path, self.findings)
    }
}

/// Whether promptfoo takes a text for the path of a file.
fn is_path(text: &str) -> bool {
    if text.contains('\n') {
        return false;
    }
    if text.starts_with("file://") {
        return true;
    }
    // A function may stand behind a colon: `prompts.py:first`.
    let parts = || text.rsplit(':').take(2);
    let ends = |ending: &&str| parts().any(|part| part.ends_with(*ending));
    let at = |back: usize| text.len().checked_sub(back).and_then(|at| text.as_bytes().get(at)) == Some(&b'.');
    FILE_ENDINGS.iter().any(ends) || ends(&".yml") || at(3) || at(4) || text.contains(['*', '/', '\\'])
}

/// The prompts of a text file, between lines that hold nothing but `---`.
fn split(text: &str) -> Vec<String> {
    let mut prompts = vec![Vec::new()];
    for line in text.lines() {
        if line.trim() == SEPARATOR {
            prompts.push(Vec::new());
        } else if let Some(prompt) = prompts.last_mut() {
            prompt.push(line);
        }
    }
    prompts
        .iter()
        .map(|lines| lines.join("\n").trim().to_owned())
        .filter(|prompt| !prompt.is_empty())
        .collect()
}

fn short(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
