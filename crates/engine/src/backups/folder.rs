//! The folder of backups: their names, the newest, and the end of what is kept.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::clock::{Millis, Timestamp};

use super::archive::{Manifest, stamp};
use super::error::{BackupError, Result};
use super::settings::BackupSettings;

const BEGIN: &str = "promptcards-";
const SEALED: &str = ".tar.zst.age";
const PLAIN: &str = ".tar.zst";
const MANIFEST: &str = ".json";
const DRAFT: &str = ".new";
const DAY_MS: Millis = 24 * 60 * 60 * 1_000;

/// A backup in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// When it was begun.
    pub at: Timestamp,
}

/// The backups of a folder, oldest first.
pub fn list(folder: &Path) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(BackupError::unusable(folder))? {
        let path = entry.map_err(BackupError::unusable(folder))?.path();
        if let Some(at) = time_of(&path) {
            found.push(Found { path, at });
        }
    }
    found.sort_by(|one, other| one.path.file_name().cmp(&other.path.file_name()));
    Ok(found)
}

/// The newest backup of a folder.
pub fn newest(folder: &Path) -> Result<Found> {
    list(folder)?.pop().ok_or_else(|| BackupError::None { folder: folder.to_owned() })
}

/// When a backup was begun, by its name. None: the name is not one of a backup.
fn time_of(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?.strip_prefix(BEGIN)?;
    let stamp = name.strip_suffix(SEALED).or_else(|| name.strip_suffix(PLAIN))?;
    let time = stamp.get(..15).zip(stamp.get(15..)).filter(|_| stamp.is_ascii() && stamp.len() == 20)?;
    let (day, rest) = (time.0, time.1);
    let text = format!(
        "{}-{}-{}T{}:{}:{}{rest}",
        day.get(..4)?,
        day.get(4..6)?,
        day.get(6..8)?,
        day.get(9..11)?,
        day.get(11..13)?,
        day.get(13..15)?
    );
    let at: Timestamp = text.parse().ok()?;
    (self::stamp(at) == stamp).then_some(at)
}

/// The name of a backup.
pub(super) fn name(at: Timestamp, encrypted: bool) -> String {
    format!("{BEGIN}{}{}", stamp(at), if encrypted { SEALED } else { PLAIN })
}

/// A backup under a name that nothing takes for one, removed again unless it is [`finish`](Self::finish)ed.
pub(super) struct Draft {
    path: PathBuf,
    unnamed: PathBuf,
    pub(super) file: File,
}

impl Draft {
    pub(super) fn begin(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let unnamed = folder.join(format!("{name}{DRAFT}"));
        let file = private(&unnamed).map_err(BackupError::unusable(&unnamed))?;
        Ok(Self { path, unnamed, file })
    }

    /// Puts the manifest beside the backup, and gives that its name, as the last of all.
    pub(super) fn finish(self, manifest: &Manifest) -> Result<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let text = serde_json::to_vec_pretty(manifest).unwrap_or_default();
        let beside = beside(&self.path, MANIFEST);
        let draft_of_manifest = self::beside(&self.unnamed, MANIFEST);
        let finish = || {
            self.file.sync_all()?;
            let mut file = private(&draft_of_manifest)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&draft_of_manifest, &beside)?;
            fs::rename(&self.unnamed, &self.path)?;
            File::open(folder)?.sync_all()
        };
        finish().map_err(BackupError::unusable(&self.path))?;
        Ok(self.path.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the end, there is nothing under these names.
        let _ = fs::remove_file(&self.unnamed);
        let _ = fs::remove_file(beside(&self.unnamed, MANIFEST));
    }
}

/// A new file that only its owner reads.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// What lies beside a backup, where it is there and can be read.
pub(super) fn manifest_of(path: &Path) -> Option<Manifest> {
    serde_json::from_slice(&fs::read(beside(path, MANIFEST)).ok()?).ok()
}

/// Removes what is kept no longer, but for the newest, and what a backup that was killed left. How many backups.
pub(super) fn remove_old(folder: &Path, settings: &BackupSettings, now: Millis) -> Result<usize> {
    remove_left(folder, now)?;
    let found = list(folder)?;
    let before = now - Millis::from(settings.keep_days) * DAY_MS;
    let surplus = found.len().saturating_sub(settings.keep.max(1) as usize);
    let mut removed = 0;
    for old in found[..surplus].iter().filter(|one| one.at.0 < before) {
        // The manifest last: one without its backup is removed with what was left.
        for path in [old.path.clone(), beside(&old.path, MANIFEST)] {
            remove(&path)?;
        }
        tracing::info!(backup = %old.path.display(), "removed an old backup");
        removed += 1;
    }
    Ok(removed)
}

/// Removes drafts of a day ago, and manifests whose backup is not there.
fn remove_left(folder: &Path, now: Millis) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(BackupError::unusable(folder))? {
        let path = entry.map_err(BackupError::unusable(folder))?.path();
        let Some(name) =
            path.file_name().and_then(|name| name.to_str()).filter(|name| name.starts_with(BEGIN))
        else {
            continue;
        };
        let of = |end: &str| name.strip_suffix(end).map(|name| path.with_file_name(name));
        let draft = of(".new").or_else(|| of(".new.json"));
        let is_old = |at: Timestamp| at.0 < now - DAY_MS;
        let left = match (draft, of(MANIFEST)) {
            (Some(of), _) => time_of(&of).is_some_and(is_old),
            (None, Some(of)) => time_of(&of).is_some_and(is_old) && !of.exists(),
            (None, None) => false,
        };
        if left {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(BackupError::unusable(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(folder: &Path, at: Millis) {
        let path = folder.join(name(Timestamp(at), true));
        fs::write(&path, "x").unwrap();
        fs::write(beside(&path, MANIFEST), "{}").unwrap();
    }

    #[test]
    fn names_are_those_of_times() {
        let at = Timestamp(1_767_323_045_600);
        for encrypted in [true, false] {
            let name = name(at, encrypted);
            assert!(name.starts_with("promptcards-20260102T030405.600Z.tar.zst"), "{name}");
            assert_eq!(time_of(Path::new(&name)), Some(at));
        }
        for other in [
            "promptcards-20260102T030405.600Z.tar.zst.age.new",
            "promptcards-20261302T030405.600Z.tar.zst",
            "x",
        ] {
            assert_eq!(time_of(Path::new(other)), None, "{other}");
        }
    }

    #[test]
    fn the_newest_stay_and_of_the_others_those_that_are_not_old() {
        let folder = tempfile::tempdir().unwrap();
        let now = 1_767_323_045_600;
        for days in 0..10 {
            backup(folder.path(), now - days * DAY_MS);
        }
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let left = folder.path().join(name(Timestamp(now - 3 * DAY_MS), true) + ".new");
        fs::write(&left, "half").unwrap();
        let under_way = folder.path().join(name(Timestamp(now - 1), true) + ".new");
        fs::write(&under_way, "half").unwrap();
        let settings = BackupSettings { keep: 3, keep_days: 5, ..BackupSettings::default() };
        assert_eq!(remove_old(folder.path(), &settings, now).unwrap(), 4);
        assert_eq!(list(folder.path()).unwrap().len(), 6);
        assert!(!left.exists() && under_way.exists() && folder.path().join("notes.txt").exists());
        // Years later, the newest are still there.
        assert_eq!(remove_old(folder.path(), &settings, now + 9_999 * DAY_MS).unwrap(), 3);
        assert_eq!(list(folder.path()).unwrap().len(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 7);
    }
}
