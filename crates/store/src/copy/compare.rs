//! Whether both databases hold the same: counts and hashes, table by table.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

use super::ends::End;
use super::tables::{TABLES, Table, Values};
use super::{CopyError, Phase, Progress};
use crate::Value;

/// A table of the source beside that of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The table.
    pub table: &'static str,
    /// Its rows in the source.
    pub rows: u64,
    /// SHA-256 of its rows in the source, in the order of their keys.
    pub hash: String,
    /// How the target differs.
    pub difference: Option<Difference>,
}

/// How a table of the target differs from that of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// Rows in the source.
    pub source_rows: u64,
    /// Rows in the target.
    pub target_rows: u64,
    /// The key of the first row that is not the same.
    pub first_key: String,
}

/// Reads all tables of both, beside each other.
pub(super) fn compare(
    source: &mut End,
    target: &mut End,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Compared>, CopyError> {
    TABLES.iter().map(|table| compare_table(table, source, target, progress)).collect()
}

fn compare_table(
    table: &'static Table,
    source: &mut End,
    target: &mut End,
    progress: &mut dyn FnMut(Progress),
) -> Result<Compared, CopyError> {
    let of = source.read(|conn| table.count(conn))?;
    let (mut ours, mut theirs) = (Rows::of(table), Rows::of(table));
    let mut first_difference = None;
    loop {
        if ours.chunk.is_empty() {
            progress(Progress { phase: Phase::Comparing, table: table.name, rows: ours.count, of });
        }
        let (expected, found) = (ours.next(source)?, theirs.next(target)?);
        if expected.is_none() && found.is_none() {
            break;
        }
        if first_difference.is_none() && expected != found {
            let first = match (&expected, &found) {
                // The row that the other lacks comes before the one that it has.
                (Some(expected), Some(found)) if found < expected => Some(found),
                (expected, found) => expected.as_ref().or(found.as_ref()),
            };
            first_difference = first.map(|row| table.shown_key(row));
        }
    }
    let (rows, target_rows) = (ours.count, theirs.count);
    let (hash, target_hash) = (ours.hash(), theirs.hash());
    let difference = (hash != target_hash || rows != target_rows).then(|| Difference {
        table: table.name,
        source_rows: rows,
        target_rows,
        first_key: first_difference.unwrap_or_default(),
    });
    Ok(Compared { table: table.name, rows, hash, difference })
}

/// The rows of a table, read in chunks and hashed as they are taken.
struct Rows {
    table: &'static Table,
    chunk: VecDeque<Values>,
    after: Option<Values>,
    count: u64,
    hash: Sha256,
}

impl Rows {
    fn of(table: &'static Table) -> Self {
        Self { table, chunk: VecDeque::new(), after: None, count: 0, hash: Sha256::new() }
    }

    fn next(&mut self, end: &mut End) -> Result<Option<Values>, CopyError> {
        if self.chunk.is_empty() {
            self.chunk = end.read(|conn| self.table.chunk(conn, self.after.as_ref()))?.into();
            if let Some(last) = self.chunk.back() {
                self.after = Some(self.table.key(last));
            }
        }
        let row = self.chunk.pop_front();
        if let Some(row) = &row {
            self.count += 1;
            for value in &row.0 {
                add(&mut self.hash, value);
            }
        }
        Ok(row)
    }

    fn hash(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

/// Adds a value in a form that is the same for every database and cannot be taken for another value: its kind, then
/// eight bytes of a number, or the length of a text and the text.
fn add(hash: &mut Sha256, value: &Value<'_>) {
    match value {
        Value::Null => hash.update([0]),
        Value::Integer(number) => {
            hash.update([1]);
            hash.update(number.to_be_bytes());
        }
        // SQLite keeps whole numbers of such a column as integers, and so has no negative zero.
        Value::Real(number) => {
            hash.update([2]);
            hash.update((number + 0.0).to_bits().to_be_bytes());
        }
        Value::Text(text) => {
            hash.update([3]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn hash(values: &[Value<'_>]) -> String {
        let mut hash = Sha256::new();
        for value in values {
            add(&mut hash, value);
        }
        hex::encode(hash.finalize())
    }

    #[test]
    fn values_that_are_not_the_same_have_other_hashes() {
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        let rows: &[&[Value<'_>]] = &[
            &[Value::Null],
            &[text("")],
            &[Value::Integer(0)],
            &[Value::Real(0.0)],
            &[text("0")],
            &[text("ab"), text("c")],
            &[text("a"), text("bc")],
            &[text("abc")],
        ];
        let hashes: std::collections::BTreeSet<String> = rows.iter().map(|row| hash(row)).collect();
        assert_eq!(hashes.len(), rows.len());
        assert_eq!(hash(&[Value::Real(-0.0)]), hash(&[Value::Real(0.0)]));
    }
}
