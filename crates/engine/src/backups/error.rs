//! Why a backup was not made, or not restored.

use std::io;
use std::path::{Path, PathBuf};

use super::age::WrongKey;
use super::archive::Stopped;

/// What went wrong with a backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A file or folder cannot be used.
    #[error("{} cannot be used: {cause}", .path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is no backup, or not what was written.
    #[error("the backup {} cannot be used: {reason}; nothing was changed, take another one", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No key opens the file.
    #[error(
        "the backup {} is sealed for another key, or its header is damaged; nothing was changed, give the file of the \
         private key of one of its recipients with --identity", .path.display()
    )]
    OtherKey {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted, and no key was given.
    #[error(
        "the backup {} is encrypted; nothing was changed, give the file of the private key with --identity", .path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A file of keys holds something else.
    #[error("{} holds no private key of age: {cause}", .path.display())]
    WrongIdentity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: WrongKey,
    },
    /// There is a database already.
    #[error(
        "there is a database at {}; nothing was changed, give --replace to put it aside and the backup in its place",
        .path.display()
    )]
    Taken {
        /// The database.
        path: PathBuf,
    },
    /// The audit log in the backup was altered before it was made.
    #[error(
        "the audit log in the backup {} is not what was written: first {fault}; nothing was changed, and the backup is as \
         it was made: the database had been altered", .path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The first fault.
        fault: String,
    },
    /// There is no backup in the folder.
    #[error("there is no backup in {}", .folder.display())]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// The server ends.
    #[error("the server ends; the next one begins again")]
    Stopped,
    /// A step of it ended in a panic.
    #[error("the program failed: {0}")]
    Failed(String),
}

/// The result of everything here.
pub(super) type Result<T, E = BackupError> = std::result::Result<T, E>;

impl BackupError {
    pub(super) fn unusable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| if is_stop(&cause) { Self::Stopped } else { Self::Unusable { path, cause } }
    }

    /// What it means that a backup could not be read.
    pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| match cause.kind() {
            _ if is_stop(&cause) => Self::Stopped,
            io::ErrorKind::PermissionDenied if cause.raw_os_error().is_none() => Self::OtherKey { path },
            // The disk that is written to, not what is read.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Unusable { path, cause }
            }
            _ => Self::Damaged { path, reason: cause.to_string() },
        }
    }
}

fn is_stop(cause: &io::Error) -> bool {
    cause.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Stopped>)
}
