//! The files that a file names: how they are looked up, and within which bounds.

use std::cell::Cell;
use std::collections::BTreeMap;

use globset::GlobBuilder;

/// Longest file that is read, in bytes.
pub const FILE_LIMIT: u64 = 64 * 1024 * 1024;
/// Most bytes that all files of one evaluation have together, a file counted as often as it is read.
const ALL_LIMIT: u64 = 512 * 1024 * 1024;
/// Most entries of folders that are looked at for patterns such as `tests/**/*.yaml`.
const ENTRIES_LIMIT: u32 = 100_000;
/// Deepest folder that a `**` descends to.
const DEPTH_LIMIT: usize = 32;
/// Longest pattern, in bytes, as no system has longer paths. A walk goes as deep as a pattern has folders, and the
/// crate of patterns panics where one of its folders is too large for it.
const PATTERN_LIMIT: usize = 4096;

/// Where files come from. Paths are those of the caller: relative to wherever it looks them up, with `/`.
pub trait Files {
    /// Reads a whole file, but not more than `limit` bytes.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError>;

    /// What lies in a folder, in any order. The empty path is the folder that relative paths start from.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError>;

    /// Which files may be named. Where it is [`Scope::Folder`], the lookup itself has to see to symbolic
    /// links that lead out.
    fn scope(&self) -> Scope;
}

/// Which files a config may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Any: the config is the user's own, on the user's own machine.
    Anywhere,
    /// Only those in the config's folder and below: the config is somebody else's.
    Folder,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    NotFound,
    /// It is longer than may be read.
    TooLarge,
    /// Anything else, in a sentence.
    Other(String),
}

/// Files that are in memory, such as those of an upload. None outside the folder may be named.
#[derive(Debug, Clone, Default)]
pub struct InMemoryFiles(BTreeMap<String, Vec<u8>>);

impl<Name: Into<String>, Content: Into<Vec<u8>>> FromIterator<(Name, Content)> for InMemoryFiles {
    fn from_iter<Items: IntoIterator<Item = (Name, Content)>>(items: Items) -> Self {
        Self(items.into_iter().map(|(name, content)| (name.into(), content.into())).collect())
    }
}

impl Files for InMemoryFiles {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let content = self.0.get(path).ok_or(FileError::NotFound)?;
        if content.len() as u64 > limit { Err(FileError::TooLarge) } else { Ok(content.clone()) }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError> {
        let below = |path: &String| -> Option<Entry> {
            let rest = match folder {
                "" => path.as_str(),
                folder => path.strip_prefix(folder)?.strip_prefix('/')?,
            };
            Some(match rest.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), is_folder: true },
                None => Entry { name: rest.to_owned(), is_folder: false },
            })
        };
        let mut entries: Vec<Entry> = self.0.keys().filter_map(below).collect();
        entries.dedup();
        if entries.is_empty() { Err(FileError::NotFound) } else { Ok(entries) }
    }

    fn scope(&self) -> Scope {
        Scope::Folder
    }
}

/// A path relative to a folder, without `.` and with as few `..` as can be.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let whole =
        if path.starts_with('/') || folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let absolute = whole.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => "",
    }
}

/// What stands after the last point of a file's name, in lower case.
pub(crate) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.')
        .filter(|(stem, _)| !stem.is_empty())
        .map(|(_, end)| end.to_lowercase())
        .unwrap_or_default()
}

/// Whether a path is a pattern for several files.
pub(crate) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// Reads the files of one config.
pub(crate) struct Reader<'a> {
    files: &'a dyn Files,
    /// The config's folder.
    root: String,
    bytes_left: Cell<u64>,
    entries_left: Cell<u32>,
    mentions_environment: Cell<bool>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(files: &'a dyn Files, root: &str) -> Self {
        let root = join("", root);
        Self {
            files,
            root,
            bytes_left: Cell::new(ALL_LIMIT),
            entries_left: Cell::new(ENTRIES_LIMIT),
            mentions_environment: Cell::new(false),
        }
    }

    /// The folder that a config's files are looked up in.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Whether `env` occurs in what was read, so that templates may use it.
    pub(crate) fn mentions_environment(&self) -> bool {
        self.mentions_environment.get()
    }

    fn check_scope(&self, path: &str) -> Result<(), String> {
        let inside = match self.root.as_str() {
            "" => !path.starts_with('/') && path != ".." && !path.starts_with("../"),
            "/" => path.starts_with('/'),
            root => path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        if inside || self.files.scope() == Scope::Anywhere {
            return Ok(());
        }
        Err(format!("`{path}` lies outside the config's folder, which is not allowed here"))
    }

    /// The text of a file, without a byte order mark.
    pub(crate) fn text(&self, path: &str) -> Result<String, String> {
        self.check_scope(path)?;
        let limit = FILE_LIMIT.min(self.bytes_left.get());
        let mut bytes = self.files.read(path, limit).map_err(|error| match error {
            FileError::NotFound => format!("there is no file `{path}`"),
            FileError::TooLarge if limit < FILE_LIMIT => {
                format!("the files together are larger than {} MiB", ALL_LIMIT / 1024 / 1024)
            }
            FileError::TooLarge => format!("`{path}` is larger than {} MiB", FILE_LIMIT / 1024 / 1024),
            FileError::Other(reason) => format!("`{path}` cannot be read: {reason}"),
        })?;
        self.bytes_left.set(self.bytes_left.get().saturating_sub(bytes.len() as u64));
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            bytes.drain(..3);
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("`{path}` is not UTF-8: byte {at} belongs to no character. Save it as UTF-8")
        })?;
        if text.contains("env") {
            self.mentions_environment.set(true);
        }
        Ok(text)
    }

    /// The files that a pattern matches, sorted. A path without signs of a pattern is itself. A text that is too
    /// long for a path matches nothing.
    pub(crate) fn matching(&self, pattern: &str) -> Result<Vec<String>, String> {
        if !is_pattern(pattern) {
            return Ok(vec![pattern.to_owned()]);
        }
        self.check_scope(pattern)?;
        if pattern.len() > PATTERN_LIMIT {
            return Ok(Vec::new());
        }
        let segments: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
        let start = if pattern.starts_with('/') { "/" } else { "" };
        let mut found = Vec::new();
        self.walk(start, &segments, 0, &mut found)?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn walk(
        &self,
        folder: &str,
        segments: &[&str],
        depth: usize,
        found: &mut Vec<String>,
    ) -> Result<(), String> {
        let Some((segment, rest)) = segments.split_first() else { return Ok(()) };
        if !is_pattern(segment) && !rest.is_empty() {
            return self.walk(&child(folder, segment), rest, depth, found);
        }
        let entries = match self.files.list(folder) {
            Ok(entries) => entries,
            Err(FileError::Other(reason)) => {
                return Err(format!("the folder `{folder}` cannot be read: {reason}"));
            }
            Err(_) => return Ok(()),
        };
        let left = self.entries_left.get().checked_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        self.entries_left
            .set(left.ok_or_else(|| format!("there are more than {ENTRIES_LIMIT} files to look through"))?);
        if *segment == "**" {
            self.walk(folder, rest, depth, found)?;
            for entry in entries.iter().filter(|entry| entry.is_folder && !entry.name.starts_with('.')) {
                if depth < DEPTH_LIMIT {
                    self.walk(&child(folder, &entry.name), segments, depth + 1, found)?;
                }
            }
            return Ok(());
        }
        let glob = GlobBuilder::new(segment).literal_separator(true).build();
        let matcher =
            glob.map_err(|error| format!("`{segment}` is no pattern: {}", error.kind()))?.compile_matcher();
        for entry in entries {
            let hidden = entry.name.starts_with('.') && !segment.starts_with('.');
            if hidden || !matcher.is_match(&entry.name) {
                continue;
            }
            let path = child(folder, &entry.name);
            match (rest.is_empty(), entry.is_folder) {
                (true, false) => found.push(path),
                (false, true) => self.walk(&path, rest, depth, found)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn child(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        folder => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests;
