//! What a backup says of itself: in it, as `manifest.json`, and beside it, where everybody can read it.

use std::collections::BTreeMap;

use domain::clock::Timestamp;
use serde::{Deserialize, Serialize};
use store::backup::{AuditHead, Content};

/// The format that is written. What is read may be older, never newer.
pub(in crate::backups) const FORMAT: u32 = 1;

/// What a backup is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The number of this format.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// When it was begun: what was acknowledged before is in it.
    pub at: Timestamp,
    /// The number of the last migration of the database.
    pub schema: u32,
    /// Bytes of the database.
    pub bytes: u64,
    /// SHA-256 of the database.
    pub sha256: String,
    /// Rows of each table.
    pub tables: BTreeMap<String, u64>,
    /// The last line of the audit log, whose hash stands for all before it.
    pub audit: Option<AuditLine>,
    /// The hash of the master key that opens the secrets in it. The key itself is in no backup.
    pub master_key: Option<String>,
    /// The file. Only what lies beside it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFacts>,
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// A file, as it lies there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

impl Manifest {
    pub(in crate::backups) fn new(program: &str, at: Timestamp, content: Content, sha256: String) -> Self {
        let Content { schema, tables, audit, master_key, bytes } = content;
        let audit = audit.map(|AuditHead { seq, hash }| AuditLine { seq, hash });
        let (format, program) = (FORMAT, program.to_owned());
        Self { format, program, at, schema, bytes, sha256, tables, audit, master_key, file: None }
    }

    /// How a database that was found in it differs from what the manifest says.
    pub(in crate::backups) fn difference(&self, found: &Content) -> Option<String> {
        if self.schema != found.schema {
            return Some(format!("it has schema {}, and its manifest says {}", found.schema, self.schema));
        }
        for (table, rows) in &self.tables {
            let there = found.tables.get(table).copied().unwrap_or(0);
            if there != *rows {
                return Some(format!("{table} has {there} rows, and its manifest says {rows}"));
            }
        }
        let head = |line: &AuditLine| Some((line.seq, line.hash.clone()));
        let there = found.audit.as_ref().map(|line| (line.seq, line.hash.clone()));
        if self.audit.as_ref().and_then(head) != there {
            return Some("its audit log ends with another line than its manifest says".to_owned());
        }
        None
    }
}
