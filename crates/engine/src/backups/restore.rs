//! Restoring a backup, and seeing whether that would work.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::Timestamp;
use store::backup::{Content, Place};
use store::{Store, StoreSettings};
use zeroize::Zeroizing;

use super::age::Identity;
use super::archive::{self, Kind, Manifest, stamp};
use super::error::{BackupError, Result};
use super::folder::{manifest_of, private};
use super::scratch::Scratch;
use crate::audit::verify_log;

/// What was found in a backup that can be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it says of itself; None: it is a database and no backup.
    pub manifest: Option<Manifest>,
    /// What is in it.
    pub content: Content,
    /// The first fault of its audit log, which was altered before the backup was made.
    pub altered: Option<String>,
}

/// A restored database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was found in the backup.
    pub checked: Checked,
    /// Where the database from before is now.
    pub replaced: Option<PathBuf>,
}

/// The keys in a file as `age-keygen` or `promptcards keys backup-pair` writes it.
pub fn identities(path: &Path) -> Result<Vec<Identity>> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(BackupError::unusable(path))?);
    Identity::read_all(&text).map_err(|cause| BackupError::WrongIdentity { path: path.to_owned(), cause })
}

/// Looks whether a backup can be restored: opens it, unpacks it into a temporary folder in `work`, compares it with what
/// it says of itself, checks the database and follows its audit log. It blocks.
pub fn verify(
    file: &Path,
    keys: Option<&[Identity]>,
    work: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<Checked> {
    extract_unaltered(file, keys, &Scratch::make(work)?, go_on)
}

fn extract_unaltered(
    file: &Path,
    keys: Option<&[Identity]>,
    scratch: &Scratch,
    go_on: &dyn Fn() -> bool,
) -> Result<Checked> {
    let checked = extract(file, keys, &scratch.database(), go_on)?;
    match checked.altered {
        Some(fault) => Err(BackupError::Altered { path: file.to_owned(), fault }),
        None => Ok(checked),
    }
}

/// The same, and opens the database as a server would, which brings it to the schema of this program.
pub fn drill(
    file: &Path,
    keys: Option<&[Identity]>,
    work: &Path,
    go_on: &dyn Fn() -> bool,
) -> Result<Checked> {
    let scratch = Scratch::make(work)?;
    let checked = extract_unaltered(file, keys, &scratch, go_on)?;
    let settings = StoreSettings { path: scratch.database(), readers: 1, ..StoreSettings::default() };
    let store = Store::open(settings)?;
    wait_for(store.close(std::time::Duration::from_secs(10)))??;
    Ok(checked)
}

/// Restores a backup as the database at `database`, which no server may have. One that is there is put aside if
/// `replace` says so, and else nothing is done. It blocks.
///
/// Killed at any time, it leaves the database from before, or the next start puts the restored one in place.
pub fn restore(
    file: &Path,
    keys: Option<&[Identity]>,
    database: &Path,
    replace: bool,
    at: Timestamp,
) -> Result<Restored> {
    let place = Place::take(database)?;
    if place.is_taken() && !replace {
        return Err(BackupError::Taken { path: database.to_owned() });
    }
    let draft = place.draft();
    let done = extract(file, keys, &draft, &|| true).and_then(|checked| {
        note(&place, file, &checked, at)?;
        Ok(checked)
    });
    let checked = done.inspect_err(|_| {
        // The error at hand says more than one of the removal.
        let _ = fs::remove_file(&draft);
    })?;
    let replaced = place.put(&stamp(at))?;
    Ok(Restored { checked, replaced })
}

/// Writes the restore into the audit log of what was restored.
fn note(place: &Place, file: &Path, checked: &Checked, at: Timestamp) -> Result<()> {
    if checked.content.schema != store::backup::schema() {
        // The log of an older program is not this one's to write to.
        return Ok(());
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut entry = Entry::of(&Caller::machine(), None, Action::BackupRestore, at.0).on("backup", &*name);
    if let Some(manifest) = &checked.manifest {
        entry = entry.with("of", manifest.at.to_string()).with("sha256", manifest.sha256.clone());
    }
    let store = place.open_draft()?;
    wait_for(store.write(move |conn| store::audit::append(conn, &entry).map(drop)))??;
    wait_for(store.close(std::time::Duration::ZERO))??;
    Ok(())
}

fn extract(file: &Path, keys: Option<&[Identity]>, into: &Path, go_on: &dyn Fn() -> bool) -> Result<Checked> {
    let mut from = BufReader::with_capacity(1 << 18, File::open(file).map_err(BackupError::unusable(file))?);
    let kind = archive::kind(&mut from).map_err(BackupError::unusable(file))?;
    let mut out = private(into).map_err(BackupError::unusable(into))?;
    let unreadable = BackupError::unreadable(file);
    let manifest = match (kind, keys) {
        (None, _) => {
            let reason = "it is neither a backup of Promptcards nor a database".to_owned();
            return Err(BackupError::Damaged { path: file.to_owned(), reason });
        }
        (Some(Kind::Sealed), None) => return Err(BackupError::NoKey { path: file.to_owned() }),
        (Some(Kind::Sealed), keys) => Some(archive::read(from, keys, &mut out, go_on).map_err(unreadable)?),
        (Some(Kind::Plain), _) => Some(archive::read(from, None, &mut out, go_on).map_err(unreadable)?),
        (Some(Kind::Database), _) => {
            std::io::copy(&mut from, &mut out).and_then(|_| out.sync_all()).map_err(unreadable)?;
            None
        }
    };
    drop(out);
    check_beside(file, manifest.as_ref())?;
    check(file, into, manifest)
}

/// What lies beside a backup must tell of the same one.
fn check_beside(file: &Path, manifest: Option<&Manifest>) -> Result<()> {
    let beside = manifest_of(file).map(|beside| Manifest { file: None, ..beside });
    match (manifest, beside) {
        (Some(inside), Some(beside)) if *inside != beside => Err(BackupError::Damaged {
            path: file.to_owned(),
            reason:
                "the manifest beside it, .json, is that of another backup; remove that or take the right one"
                    .to_owned(),
        }),
        _ => Ok(()),
    }
}

fn check(file: &Path, database: &Path, manifest: Option<Manifest>) -> Result<Checked> {
    let damaged = |reason: String| BackupError::Damaged { path: file.to_owned(), reason };
    let content = store::backup::inspect(database, true).map_err(|error| match error {
        store::Error::Damaged { reason }
        | store::Error::DamagedFile { reason, .. }
        | store::Error::NotOurs { reason, .. } => damaged(reason),
        other => BackupError::Store(other),
    })?;
    if let Some(difference) = manifest.as_ref().and_then(|manifest| manifest.difference(&content)) {
        return Err(damaged(difference));
    }
    let mut altered = None;
    if content.audit.is_some() {
        let copy = Store::open_copy(database)?;
        let verified = wait_for(verify_log(&copy, None, None))?
            .map_err(|error| damaged(format!("its audit log cannot be read: {error}")))?;
        altered = verified.fault.map(|fault| fault.to_string());
    }
    Ok(Checked { manifest, content, altered })
}

/// Waits, on a thread that may be blocked.
fn wait_for<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    Ok(runtime.map_err(|error| BackupError::Failed(error.to_string()))?.block_on(work))
}
