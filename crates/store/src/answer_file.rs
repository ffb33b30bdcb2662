//! Answers of models in a file of their own, which evaluations without a server share: a cache, that may be removed
//! at any time.

use std::path::Path;
use std::time::Duration;

use domain::clock::Millis;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{Error, Result};

/// A file of another shape is emptied: what it held is only a cache.
const SHAPE: i64 = 1;
/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(14 * 24);
/// Most answers that are kept.
const MOST: i64 = 100_000;
/// How long another evaluation may hold the file.
const PATIENCE: Duration = Duration::from_secs(2);

/// An open file of answers. Several processes may have it open, and none takes over what itself or another has kept
/// since it was opened.
#[derive(Debug)]
pub struct AnswerFile {
    connection: Connection,
    newest: i64,
}

/// An answer and the model that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The digest of the model, where the server says it.
    pub digest: Option<String>,
    /// The answer, as the caller wrote it.
    pub answer: String,
}

impl AnswerFile {
    /// Opens the file, or makes it, and removes answers that are too old.
    pub fn open(path: &Path, now: Millis) -> Result<Self> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(PATIENCE)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // A power cut may take the last answers, and leaves the file whole.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            prepare(&connection)?;
            let before = now.saturating_sub(i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX));
            connection.execute("DELETE FROM answers WHERE stored_at < ?1", [before])?;
            connection
                .execute("DELETE FROM answers WHERE id <= (SELECT max(id) FROM answers) - ?1", [MOST])?;
            let newest =
                connection.query_row("SELECT coalesce(max(id), 0) FROM answers", [], |row| row.get(0))?;
            Ok(Self { connection, newest })
        };
        open().map_err(|error: rusqlite::Error| Error::of_database(&error))
    }

    /// The answer to a question.
    pub fn find(&self, question: &[u8; 32]) -> Result<Option<KeptAnswer>> {
        let find = || {
            let mut find = self
                .connection
                .prepare_cached("SELECT digest, answer FROM answers WHERE question = ?1 AND id <= ?2")?;
            find.query_row(params![question.as_slice(), self.newest], |row| {
                Ok(KeptAnswer { digest: row.get(0)?, answer: row.get(1)? })
            })
            .optional()
        };
        find().map_err(|error| Error::of_database(&error))
    }

    /// Keeps an answer, in the place of an earlier one to the same question.
    pub fn keep(&self, question: &[u8; 32], answer: &KeptAnswer, now: Millis) -> Result<()> {
        let keep = || {
            let mut keep = self.connection.prepare_cached(
                "INSERT OR REPLACE INTO answers (question, digest, answer, stored_at) VALUES (?1, ?2, ?3, ?4)",
            )?;
            keep.execute(params![question.as_slice(), answer.digest, answer.answer, now])
        };
        keep().map(drop).map_err(|error| Error::of_database(&error))
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    let shape: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if shape == SHAPE {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; DROP TABLE IF EXISTS answers; CREATE TABLE answers (id INTEGER PRIMARY KEY AUTOINCREMENT, \
         question BLOB NOT NULL UNIQUE, digest TEXT, answer TEXT NOT NULL, stored_at INTEGER NOT NULL) STRICT; \
         PRAGMA user_version = {SHAPE}; COMMIT;"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Millis = 24 * 60 * 60 * 1000;

    fn answer(text: &str) -> KeptAnswer {
        KeptAnswer { digest: Some("sha256:1".into()), answer: text.into() }
    }

    #[test]
    fn an_answer_is_found_again_until_it_is_old() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.db");
        let file = AnswerFile::open(&path, 0).unwrap();
        file.keep(&[1; 32], &answer("one"), 0).unwrap();
        assert_eq!(file.find(&[1; 32]).unwrap(), None);
        file.keep(&[2; 32], &answer("two"), DAY).unwrap();
        file.keep(&[2; 32], &answer("two again"), DAY).unwrap();
        drop(file);
        let file = AnswerFile::open(&path, 14 * DAY).unwrap();
        assert_eq!(file.find(&[1; 32]).unwrap(), Some(answer("one")));
        let file = AnswerFile::open(&path, 14 * DAY + 1).unwrap();
        assert_eq!(file.find(&[1; 32]).unwrap(), None);
        assert_eq!(file.find(&[2; 32]).unwrap(), Some(answer("two again")));
    }

    #[test]
    fn a_file_of_another_shape_is_emptied_and_one_that_is_no_database_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.db");
        let file = AnswerFile::open(&path, 0).unwrap();
        file.keep(&[1; 32], &answer("one"), 0).unwrap();
        file.connection.pragma_update(None, "user_version", 77).unwrap();
        drop(file);
        assert_eq!(AnswerFile::open(&path, 0).unwrap().find(&[1; 32]).unwrap(), None);
        let other = folder.path().join("other.db");
        std::fs::write(&other, "something else, longer than a header would be".repeat(10)).unwrap();
        assert!(matches!(AnswerFile::open(&other, 0), Err(Error::Damaged { .. })));
    }
}
