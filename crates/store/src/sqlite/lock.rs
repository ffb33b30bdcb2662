//! One process a database: an exclusively locked file beside it, which also says how the last one ended.
//!
//! Its first line is the process. The second is `open` once that one has the log, and `closed` when it has emptied
//! the log and is about to end. What is missing there was not reached.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::files;
use crate::{Error, Result};

const OPEN: &str = "open";
const CLOSED: &str = "closed";

/// How whoever had the database before came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastEnd {
    /// It emptied its log into the database.
    Good,
    /// It was at work.
    AtWork,
    /// Nothing is known: the database was never open here, or not for long.
    Unknown,
}

/// The lock, held until it is dropped. The file itself stays: removing it would let two processes lock two
/// files of one name.
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
    last_end: LastEnd,
}

impl Lock {
    /// Locks the database at `path` for this process, and writes its id into the lock file.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let lock = files::beside(path, ".lock");
        let unusable = |error: io::Error| files::unusable(&lock, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock)
            .map_err(unusable)?;
        let taken = file.try_lock();
        // It is a word for people and for the next start: one that cannot be read says nothing.
        let mut before = String::new();
        let _ = file.read_to_string(&mut before);
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = before.lines().next().and_then(|line| line.trim().parse().ok());
                return Err(Error::Locked { path: path.to_owned(), process });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        let last_end = match before.lines().nth(1) {
            Some(CLOSED) => LastEnd::Good,
            Some(OPEN) => LastEnd::AtWork,
            _ => LastEnd::Unknown,
        };
        let mut lock = Self { file, path: lock, last_end };
        lock.write("")?;
        Ok(lock)
    }

    pub(crate) fn last_end(&self) -> LastEnd {
        self.last_end
    }

    /// Says that the log of the database is there from now on.
    pub(crate) fn note_open(&mut self) -> Result<()> {
        self.write(OPEN)
    }

    /// Says that the log is empty, before it goes: a start in between must not miss it. What a loss of power takes
    /// back of this makes the next start look closer, and no more.
    pub(crate) fn note_closed(&mut self) -> Result<()> {
        self.write(CLOSED)
    }

    fn write(&mut self, word: &str) -> Result<()> {
        let text = format!("{}\n{word}\n", std::process::id());
        let done = (self.file.set_len(0))
            .and_then(|()| self.file.rewind())
            .and_then(|()| self.file.write_all(text.as_bytes()));
        done.map_err(|error| files::unusable(&self.path, &error))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not do: a process that is just being started has a copy of the handle.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "could not release the lock of the database; it ends with this process");
        }
    }
}
