//! One process a database: an exclusively locked file beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::files;
use crate::{Error, Result};

/// The lock, held until it is dropped. The file itself stays: removing it would let two processes lock two
/// files of one name.
pub(crate) struct Lock {
    file: File,
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
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let read = file.read_to_string(&mut process).ok();
                let process = read.and_then(|_| process.trim().parse().ok());
                return Err(Error::Locked { path: path.to_owned(), process });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { file })
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
