//! What is said of a file that must not be touched, and what to type then.

use std::path::Path;

use super::database::APPLICATION_ID;
use super::files;
use crate::Error;

/// The database, or a part of it, is not what was written.
pub(super) fn damaged(path: &Path, reason: &str) -> Error {
    let (folder, name) = (shell(files::folder(path)), shell_name(path));
    refused(
        path,
        reason,
        format!(
            "put a backup in its place: {}. Without one, save what can still be read: cd {folder} && mkdir damaged && \
             mv {name}* damaged/ && (echo 'PRAGMA auto_vacuum=2; PRAGMA application_id={APPLICATION_ID};'; \
             sqlite3 -readonly damaged/{name} .dump | sed 's/^ROLLBACK.*/COMMIT;/') | sqlite3 {name}",
            restore(path)
        ),
    )
}

/// There is nothing in the file.
pub(super) fn empty(path: &Path) -> Error {
    refused(path, "the file is empty", instead(path, "put a backup in its place"))
}

/// The log is there, and the database that it belongs to is not.
pub(super) fn without_database(path: &Path) -> Error {
    let reason = "the file is missing, but its log, -wal, is there";
    refused(path, reason, instead(path, "put it back beside its log. Where it is lost"))
}

fn instead(path: &Path, what: &str) -> String {
    let (folder, name) = (shell(files::folder(path)), shell_name(path));
    format!(
        "{what}: {}. Without a backup: cd {folder} && mkdir damaged && mv {name}* damaged/, and the next start makes a \
         new database",
        restore(path)
    )
}

/// What is typed to put a backup in the place of a database. What is there is put aside by it.
fn restore(path: &Path) -> String {
    let rest = "promptcards restore YOUR-BACKUP --identity YOUR-KEY --replace";
    if path.file_name().is_some_and(|name| name == "promptcards.db") {
        return format!("{rest} --data-dir {}", shell(files::folder(path)));
    }
    format!("PROMPTCARDS_STORE__PATH={} {rest}", shell(path))
}

/// The database was in use when its server ended, and the log, with what was written last, was taken away since.
pub(super) fn without_log(path: &Path) -> Error {
    let of_the_log = shell(&files::beside(path, "-shm"));
    refused(
        path,
        "its log, -wal, is missing, with what was written last",
        format!(
            "put the log back beside it. Where it is lost, or a copy has been put in place: rm {of_the_log} and start \
             again; what was only in the log is not there then"
        ),
    )
}

fn refused(path: &Path, reason: &str, remedy: String) -> Error {
    Error::DamagedFile { path: path.to_owned(), reason: reason.to_owned(), remedy }
}

fn shell_name(path: &Path) -> String {
    shell(Path::new(path.file_name().unwrap_or_default()))
}

/// As a shell reads it as one word.
fn shell(path: &Path) -> String {
    let path = path.to_string_lossy();
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/._-".contains(sign);
    if path.chars().all(is_plain) && !path.starts_with('-') {
        return path.into_owned();
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_names_the_database_by_its_folder_or_by_itself() {
        let said = |path: &str| restore(Path::new(path));
        let rest = "promptcards restore YOUR-BACKUP --identity YOUR-KEY --replace";
        assert_eq!(said("/srv/data/promptcards.db"), format!("{rest} --data-dir /srv/data"));
        assert_eq!(said("promptcards.db"), format!("{rest} --data-dir ."));
        assert_eq!(said("/srv/x y.db"), format!("PROMPTCARDS_STORE__PATH='/srv/x y.db' {rest}"));
    }

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(shell(Path::new("/srv/data")), "/srv/data");
        assert_eq!(shell(Path::new("/srv/it's here")), r"'/srv/it'\''s here'");
    }
}
