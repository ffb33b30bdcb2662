//! The file of the master key: read, made once, replaced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{MasterKey, SecretsError};

/// The key in a file; None: there is no file.
pub(super) fn read(path: &Path) -> Result<Option<MasterKey>, SecretsError> {
    let text = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unusable(path)(cause)),
    };
    warn_if_open_to_others(path);
    let key = std::str::from_utf8(&text).ok().and_then(MasterKey::read);
    key.map(Some).ok_or_else(|| SecretsError::NoKey(path.to_owned()))
}

/// Whether the key in a file is the one of this name.
pub(super) fn is(path: &Path, name: &str) -> bool {
    read(path).is_ok_and(|found| found.is_some_and(|key| key.name() == name))
}

/// Writes a key into a new file, which only the owner may read and nobody write. It is on the disk when this returns.
pub(super) fn make(path: &Path, key: &MasterKey) -> Result<(), SecretsError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(key.text().as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    };
    write().map_err(unusable(path))
}

/// The key that the database names: in its file or, where a rewrap was cut short, in the one in which it waits, which
/// is put in place then. If it is in neither, the one that is there.
pub(super) fn find(path: &Path, name: &str) -> Result<Option<MasterKey>, SecretsError> {
    let found = read(path)?;
    if found.as_ref().is_some_and(|key| key.name() == name) {
        return Ok(found);
    }
    match read(&next(path))? {
        Some(waiting) if waiting.name() == name => {
            put_next_in_place(path, found.as_ref())?;
            Ok(Some(waiting))
        }
        _ => Ok(found),
    }
}

/// Writes a key beside the file, where it waits for the database to need it.
pub(super) fn make_next(path: &Path, key: &MasterKey) -> Result<(), SecretsError> {
    let next = next(path);
    match fs::remove_file(&next) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(unusable(&next)(cause)),
        _ => make(&next, key),
    }
}

/// Puts the key that waits in place. The one before it is kept under a name of its own, which is returned: copies of
/// the database that were made before need it.
pub(super) fn put_next_in_place(
    path: &Path,
    before: Option<&MasterKey>,
) -> Result<Option<PathBuf>, SecretsError> {
    let kept = before.map(|before| (with_end(path, &format!(".before-{}", before.name())), before));
    if let Some((kept, before)) = &kept {
        match make(kept, before) {
            Err(SecretsError::Unusable { cause, .. }) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
    }
    fs::rename(next(path), path).and_then(|()| sync_folder(path)).map_err(unusable(path))?;
    Ok(kept.map(|(path, _)| path))
}

fn next(path: &Path) -> PathBuf {
    with_end(path, ".new")
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> SecretsError {
    let path = path.to_owned();
    move |cause| SecretsError::Unusable { path, cause }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// A new name is on the disk when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// A container is often given its secrets readable by all who are in it, so this is no reason not to start.
fn warn_if_open_to_others(path: &Path) {
    #[cfg(unix)]
    if let Ok(facts) = fs::metadata(path)
        && std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o077 != 0
    {
        tracing::warn!(path = %path.display(), "other users of this machine can read the master key: chmod 400");
    }
}
