//! The files beside the database.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// `promptcards.db` and `.lock` make `promptcards.db.lock`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

pub(crate) fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::Unusable { path: path.to_owned(), reason: error.to_string() }
}

/// The length of a file, 0 where there is none.
pub(crate) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Removes a database that was never finished, with what belongs to it.
pub(crate) fn discard(path: &Path) -> Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let file = beside(path, suffix);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&file, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what was kept beside a database that was closed.
pub(crate) fn discard_log(path: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        let file = beside(path, suffix);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&file, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives a finished file its name, so that after a crash it is there whole or not at all.
pub(crate) fn finish(draft: &Path, path: &Path) -> Result<()> {
    File::open(draft)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(draft, path))
        .and_then(|()| if cfg!(unix) { File::open(folder(path))?.sync_all() } else { Ok(()) })
        .map_err(|error| unusable(path, &error))
}
