//! The values of variables: those in files are looked up, lists of texts fan out.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::external::{is_program, parsed, reference};
use super::model::Variable;
use crate::files::{Reader, extension, join};
use crate::problem::{Findings, Path};

/// Files that promptfoo gives to models as pictures, sound and the like.
const MEDIA: [&str; 26] = [
    "pdf", "jpg", "jpeg", "png", "gif", "bmp", "webp", "svg", "tif", "tiff", "ico", "avif", "heic", "heif",
    "mp4", "webm", "ogg", "mov", "avi", "wmv", "mkv", "m4v", "mp3", "wav", "flac", "m4a",
];

/// Looks up what variables name. A file that many tests name is read and kept once.
pub(super) struct Loader<'a, 'b> {
    pub(super) reader: &'a Reader<'b>,
    pub(super) findings: &'a mut Findings,
    pub(super) files: HashMap<String, Result<Arc<[Value]>, String>>,
}

impl Loader<'_, '_> {
    /// `keeps_lists`: no variable fans out.
    pub(super) fn variable(&mut self, name: &str, value: Value, keeps_lists: bool, path: &Path) -> Variable {
        let path = path.key(name);
        if name == "_conversation" {
            self.findings.unsupported(&path);
        }
        Variable { name: name.into(), values: self.load(value, keeps_lists, &path) }
    }

    fn load(&mut self, value: Value, keeps_lists: bool, path: &Path) -> Arc<[Value]> {
        match value {
            Value::String(text) => match reference(&text) {
                Some(file) => self.matching(file, path),
                None => self.plain(text, path),
            },
            Value::Array(items) if !keeps_lists && items.first().is_some_and(Value::is_string) => {
                let items = items.into_iter().enumerate();
                items.flat_map(|(index, item)| self.load_item(item, &path.index(index)).to_vec()).collect()
            }
            other => [other].into(),
        }
    }

    fn load_item(&mut self, item: Value, path: &Path) -> Arc<[Value]> {
        match item {
            Value::String(text) => match reference(&text) {
                Some(file) => self.matching(file, path),
                None => self.plain(text, path),
            },
            other => [other].into(),
        }
    }

    fn plain(&mut self, text: String, path: &Path) -> Arc<[Value]> {
        if text.starts_with("package:") {
            self.findings.refuse(path, "a package is not supported");
        }
        [Value::from(text)].into()
    }

    fn matching(&mut self, pattern: &str, path: &Path) -> Arc<[Value]> {
        let file = join(self.reader.root(), pattern);
        let reader = self.reader;
        let loaded = self.files.entry(file).or_insert_with_key(|file| contents(file, reader));
        match loaded {
            Ok(values) => Arc::clone(values),
            Err(reason) => {
                self.findings.refuse(path, reason.clone());
                [Value::Null].into()
            }
        }
    }
}

fn contents(pattern: &str, reader: &Reader) -> Result<Arc<[Value]>, String> {
    let found = reader.matching(pattern)?;
    if found.is_empty() {
        return Err(format!("no file matches `{pattern}`"));
    }
    found.iter().map(|file| content(file, reader)).collect()
}

fn content(file: &str, reader: &Reader) -> Result<Value, String> {
    let ending = extension(file);
    if is_program(file) {
        return Err(format!("`{file}` is a program, which is not supported"));
    }
    if MEDIA.contains(&ending.as_str()) {
        return Err(format!("`{file}` is no text, which is not supported"));
    }
    let text = reader.text(file)?;
    if matches!(ending.as_str(), "yaml" | "yml") {
        let value = parsed(&text).map_err(|error| format!("`{file}` cannot be read: {error}"))?;
        return Ok(Value::from(value.to_string()));
    }
    Ok(Value::from(text.trim()))
}
