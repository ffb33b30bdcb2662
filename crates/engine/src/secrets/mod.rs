//! Secrets at rest: values of the database that are sealed, and the master key that opens them all.
//!
//! A value is sealed by a key of its workspace, or of the server; those keys lie in the database, sealed by the master
//! key, which lies in a file outside of the data folder. Who has the database alone has no secret of it.

mod cipher;
mod key_file;
mod rewrap;
mod sealer;
mod settings;

use std::path::{Path, PathBuf};

pub use secrecy::{ExposeSecret, SecretSlice, SecretString};

pub(crate) use cipher::random_key;
pub use cipher::{MasterKey, Place};
pub use rewrap::{Rewrapped, rewrap};
pub use sealer::{Sealer, Unlocked, unlock};
pub use settings::SecretsSettings;

/// Whether the master key in a file is the one of this name, as the database names it.
pub fn is_in(file: &Path, name: &str) -> bool {
    key_file::is(file, name)
}

/// Why sealed values cannot be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file of the master key is not there, and values are sealed.
    #[error(
        "the master key {} is missing, and the database holds secrets that only it opens; nothing was changed, put the \
         file back from your copy, or name it by secrets.master_key_file", .0.display()
    )]
    Missing(PathBuf),
    /// The file holds another key than the one that the database needs.
    #[error(
        "{} is not the master key of this database, whose secrets it does not open; nothing was changed, put the \
         right file there, or name it by secrets.master_key_file", .0.display()
    )]
    Wrong(PathBuf),
    /// The file holds no key.
    #[error(
        "{} holds no master key: that is one line of 64 hexadecimal digits; nothing was changed, put the file back \
         from your copy", .0.display()
    )]
    NoKey(PathBuf),
    /// The file cannot be read or made.
    #[error("the master key {} cannot be used: {cause}; nothing was changed", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The data folder has no name that one could be made of.
    #[error("the folder {} has nothing beside it: name a file by secrets.master_key_file", .0.display())]
    NoPlace(PathBuf),
    /// The database holds a key that the master key does not open.
    #[error("the master key was replaced; start this server again with the new one")]
    Replaced,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}
