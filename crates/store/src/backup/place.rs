//! Where a database is restored to: nobody else is in it, and a kill leaves the one from before or the new one.
//!
//! What is restored is written under the name of a draft. When it is whole, it is given the name `.restored-…`: from
//! then on it is the database. The files from before are put aside and it gets their name, by whoever opens the
//! database next, if this process does not come to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::sqlite::{Lock, files};
use crate::{Error, Result, Store};

const DRAFT: &str = ".restoring";
const RESTORED: &str = ".restored-";
const REPLACED: &str = ".replaced-";

/// The place of a database, which no server has.
pub struct Place {
    path: PathBuf,
    lock: Lock,
}

impl Place {
    /// Takes the place for this process; [`Error::Locked`] where a server has it. A restore that was cut short is
    /// finished or thrown away.
    pub fn take(path: &Path) -> Result<Self> {
        let lock = Lock::take(path)?;
        finish_restore(path)?;
        Ok(Self { path: path.to_owned(), lock })
    }

    /// Whether there is a database, or what is left of one.
    pub fn is_taken(&self) -> bool {
        self.path.exists() || files::length(&files::beside(&self.path, "-wal")) > 0
    }

    /// What is restored is written here.
    pub fn draft(&self) -> PathBuf {
        files::beside(&self.path, DRAFT)
    }

    /// Opens the draft for a last line of its audit log. It must be closed before it is [`put`](Self::put).
    pub fn open_draft(&self) -> Result<Store> {
        Store::on_copy(&self.draft(), true)
    }

    /// Makes the draft the database. The one before is kept aside, under a name that ends in `stamp`, and named.
    pub fn put(mut self, stamp: &str) -> Result<Option<PathBuf>> {
        let replaced = self.is_taken().then(|| files::beside(&self.path, &format!("{REPLACED}{stamp}")));
        let draft = self.draft();
        if files::length(&files::beside(&draft, "-wal")) > 0 {
            return Err(Error::Unusable {
                path: draft,
                reason: "its log was not emptied into it".to_owned(),
            });
        }
        files::discard_log(&draft)?;
        files::finish(&draft, &files::beside(&self.path, &format!("{RESTORED}{stamp}")))?;
        finish_restore(&self.path)?;
        self.lock.note_closed()?;
        Ok(replaced)
    }
}

/// Puts a database in place that was restored whole, if one waits, and removes half of one. Whoever calls this has the
/// lock.
pub(crate) fn finish_restore(path: &Path) -> Result<bool> {
    files::discard(&files::beside(path, DRAFT))?;
    let Some((restored, stamp)) = waiting(path)? else { return Ok(false) };
    let aside = files::beside(path, &format!("{REPLACED}{stamp}"));
    // The log first: beside another database it would be taken for that one's.
    for suffix in ["-wal", "-shm", ""] {
        rename(&files::beside(path, suffix), &files::beside(&aside, suffix))?;
    }
    files::finish(&restored, path)?;
    tracing::info!(database = %path.display(), "a restored database was put in place");
    Ok(true)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(files::unusable(from, &error)),
        _ => Ok(()),
    }
}

/// A database that was restored whole and is not yet in place, with its stamp.
fn waiting(path: &Path) -> Result<Option<(PathBuf, String)>> {
    let folder = files::folder(path);
    let prefix = files::beside(path, RESTORED);
    let prefix = prefix.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(files::unusable(folder, &error)),
        Ok(entries) => entries,
    };
    for entry in entries {
        let entry = entry.map_err(|error| files::unusable(folder, &error))?;
        if let Some(stamp) = entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)) {
            return Ok(Some((entry.path(), stamp.to_owned())));
        }
    }
    Ok(None)
}
