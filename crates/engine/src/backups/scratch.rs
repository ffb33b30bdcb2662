//! A folder for a copy of the database while it is packed or looked at, which nobody else touches.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{BackupError, Result};

const BEGIN: &str = "backup.work-";
const LOCK: &str = "lock";
const TRIES: usize = 10;

/// It is removed when this is dropped; what a kill left, by the next one.
pub(super) struct Scratch {
    folder: PathBuf,
    /// Locked as long as somebody works there.
    _lock: File,
}

impl Scratch {
    /// Makes one in `work`, which is on a disk with room for the database.
    pub(super) fn make(work: &Path) -> Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        remove_left(work)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = work.join(format!("{BEGIN}{}-{number}", std::process::id()));
        let mut made = Ok(None);
        for _ in 0..TRIES {
            make_private(&folder)?;
            made = locked(&folder.join(LOCK));
            if let Ok(Some(lock)) = made {
                return Ok(Self { folder, _lock: lock });
            }
        }
        Err(made
            .err()
            .unwrap_or_else(|| BackupError::Failed("another backup removes each folder".to_owned())))
    }

    /// Where the copy goes.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("promptcards.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "could not remove what a backup was made of");
        }
    }
}

/// Makes a folder that only its owner looks into, if it is not there.
pub(super) fn make_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(BackupError::unusable(folder))
}

/// The lock of a folder, unless another process took the folder for one that was left and has removed it.
fn locked(path: &Path) -> Result<Option<File>> {
    let lock = match File::create(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        made => made.map_err(BackupError::unusable(path))?,
    };
    lock.lock().map_err(BackupError::unusable(path))?;
    Ok(path.exists().then_some(lock))
}

fn remove_left(work: &Path) -> Result<()> {
    for entry in fs::read_dir(work).map_err(BackupError::unusable(work))? {
        let entry = entry.map_err(BackupError::unusable(work))?;
        if !entry.file_name().to_string_lossy().starts_with(BEGIN) {
            continue;
        }
        let path = entry.path();
        match File::open(path.join(LOCK)) {
            // Held while it is removed, so that whoever is making it sees that it has gone.
            Ok(lock) if lock.try_lock().is_ok() => {
                fs::remove_dir_all(&path).map_err(BackupError::unusable(&path))?;
            }
            Ok(_) => {}
            // An empty one was left, or is being made anew. One that is not is somebody else's.
            Err(_) => drop(fs::remove_dir(&path)),
        }
    }
    Ok(())
}
