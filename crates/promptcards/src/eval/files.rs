//! The files of a config, on the disk. A config is often somebody else's, as in a pull request: it may name files in
//! its own folder and in the folder that the command was started in, and none elsewhere.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use formats::{Entry, FileError, Files, Scope};

/// Looks files up from the working folder.
pub(crate) struct DiskFiles {
    /// Folders and files, without links in their paths.
    allowed: Vec<PathBuf>,
    /// The folders among them in which the config may have files written.
    writable: Vec<PathBuf>,
    /// Whatever was looked at.
    seen: RefCell<BTreeSet<PathBuf>>,
}

impl DiskFiles {
    /// `config`: the file that was named or found. `named`: paths and patterns of flags, which the person has typed
    /// and which therefore may be anywhere.
    pub(crate) fn new(config: Option<&str>, named: &[&str]) -> io::Result<Self> {
        let mut writable = vec![Path::new(".").canonicalize()?];
        let config = config.map(Path::new);
        writable.extend(config.and_then(Path::parent).and_then(|folder| folder.canonicalize().ok()));
        let mut allowed = writable.clone();
        // A config may itself be a link.
        allowed.extend(config.and_then(|config| config.canonicalize().ok()));
        for path in named {
            let path = path.strip_prefix("file://").unwrap_or(path);
            let plain = path
                .find(['*', '?', '[', '{'])
                .map_or(path, |at| path[..at].rfind('/').map_or("", |slash| &path[..=slash]));
            allowed.extend(Path::new(plain).canonicalize());
        }
        Ok(Self { allowed, writable, seen: RefCell::default() })
    }

    /// What was looked at until now: a change there is a change of the evaluation.
    pub(super) fn seen(&self) -> Vec<PathBuf> {
        self.seen.borrow().iter().cloned().collect()
    }

    /// Whether the config may have a file written there, which need not be there yet.
    pub(super) fn may_be_written(&self, path: &str) -> bool {
        let path = Path::new(path);
        let found = path.ancestors().find_map(|folder| {
            let named = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Some((named.canonicalize().ok()?, path.strip_prefix(folder).ok()?))
        });
        found.is_some_and(|(there, rest)| {
            rest.components().all(|part| matches!(part, Component::Normal(_)))
                && self.writable.iter().any(|folder| there.starts_with(folder))
        })
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.allowed.iter().any(|allowed| path.starts_with(allowed))
    }

    /// The path without links, if it may be looked at.
    fn resolve(&self, path: &str) -> Result<PathBuf, FileError> {
        let path = Path::new(if path.is_empty() { "." } else { path });
        self.seen.borrow_mut().insert(path.to_owned());
        let resolved = path.canonicalize().map_err(|error| reason(&error))?;
        if self.is_inside(&resolved) {
            return Ok(resolved);
        }
        let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        let what = if is_link {
            format!("it is a link to `{}`, which lies", resolved.display())
        } else {
            "it lies".to_owned()
        };
        Err(FileError::Other(format!(
            "{what} outside the config's folder and the folder that the command was started in. Start it in a folder \
             that holds all its files"
        )))
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let resolved = self.resolve(path)?;
        let failed = |error: io::Error| reason(&error);
        let file = match fs::metadata(&resolved) {
            Ok(found) if found.is_file() => File::open(&resolved).map_err(failed)?,
            Ok(_) => return Err(FileError::Other("it is no file".to_owned())),
            Err(error) => return Err(failed(error)),
        };
        let mut content = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(failed)?;
        if content.len() as u64 > limit { Err(FileError::TooLarge) } else { Ok(content) }
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, FileError> {
        let resolved = self.resolve(folder)?;
        let failed = |error: io::Error| reason(&error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&resolved).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A name that is not text cannot be written in a config.
            let Ok(name) = entry.file_name().into_string() else { continue };
            // A folder elsewhere that is linked here is not gone through.
            let is_folder =
                entry.path().canonicalize().is_ok_and(|path| path.is_dir() && self.is_inside(&path));
            entries.push(Entry { name, is_folder });
        }
        Ok(entries)
    }

    fn scope(&self) -> Scope {
        // The bounds are kept here, where links are known.
        Scope::Anywhere
    }
}

fn reason(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
        _ => FileError::Other(error.to_string()),
    }
}
