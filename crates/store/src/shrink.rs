//! Giving the room of removed rows back to the disk.

use crate::sql::SqlPair;
use crate::{Conn, FromRow, Result, Row};

/// Answers a row without columns for each page.
const SHRINK: SqlPair = SqlPair::new("PRAGMA incremental_vacuum(64)", "SELECT 1 WHERE 1 = 0");

struct Page;

impl FromRow for Page {
    fn from_row(_: &Row<'_>) -> Result<Self> {
        Ok(Self)
    }
}

/// Takes up to 64 unused pages from the end of the file, and says how many; 0: there is none. The file itself is
/// cut when its log is next emptied into it.
///
/// Only `SQLite` keeps a file that has to be asked; another database has nothing to do here.
pub fn shrink(conn: &mut Conn) -> Result<usize> {
    let shrink = conn.pick(&SHRINK);
    let pages: Vec<Page> = conn.query_all(shrink, &[])?;
    Ok(pages.len())
}
