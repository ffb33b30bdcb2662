//! Making a backup: a copy beside whoever writes, looked at, packed, sealed, and only then given its name.

use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use domain::clock::Timestamp;
use store::StoreSettings;

use super::age::Recipient;
use super::archive::{self, Manifest};
use super::error::{BackupError, Result};
use super::folder::{self, Draft};
use super::scratch::{Scratch, make_private};

/// What is to be backed up, and where to.
#[derive(Debug, Clone)]
pub struct Order {
    /// The database.
    pub database: StoreSettings,
    /// A folder with room for a copy of it, for a while: that of the database.
    pub work: PathBuf,
    /// The folder of the backups.
    pub folder: PathBuf,
    /// Who can open it; nobody: everybody can.
    pub recipients: Vec<Recipient>,
    /// The version of the program.
    pub program: &'static str,
    /// The time now.
    pub at: Timestamp,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its length.
    pub bytes: u64,
}

/// Makes a backup. What was acknowledged before is in it. It blocks, and it may run beside a server. It ends with
/// [`BackupError::Stopped`] when `go_on` says no.
pub fn make(order: &Order, go_on: &dyn Fn() -> bool) -> Result<Made> {
    make_private(&order.folder)?;
    let scratch = Scratch::make(&order.work)?;
    let copy = scratch.database();
    store::backup::snapshot(&order.database, &copy, go_on).map_err(|error| match error {
        store::Error::Closed => BackupError::Stopped,
        other => other.into(),
    })?;
    // A damaged database must not push good backups out.
    let content = store::backup::inspect(&copy, false)?;
    let mut file = File::open(&copy).map_err(BackupError::unusable(&copy))?;
    let hash = archive::hash(&mut file, go_on).map_err(BackupError::unusable(&copy))?;
    file.rewind().map_err(BackupError::unusable(&copy))?;
    let mut manifest = Manifest::new(order.program, order.at, content, hash);
    let draft = Draft::begin(&order.folder, &folder::name(order.at, !order.recipients.is_empty()))?;
    let facts = archive::write(&draft.file, &order.recipients, &manifest, &mut file, go_on)
        .map_err(BackupError::unusable(&order.folder))?;
    let bytes = facts.bytes;
    manifest.file = Some(facts);
    let path = draft.finish(&manifest)?;
    Ok(Made { path, manifest, bytes })
}

/// Whether a path is that of the folder that the settings name.
pub fn is_same_folder(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
