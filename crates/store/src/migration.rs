//! The steps of the schema, for either database.

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// One step of the schema: a file that is never edited once it was released.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// A step that a database has seen: its number, its name and its checksum.
pub(crate) type Applied = (u32, String, String);

impl Migration {
    pub(crate) fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql))
    }
}

/// The steps of `known` that are not among the `applied`. Refuses a database that this program did not make.
pub(crate) fn pending<'m>(applied: &[Applied], known: &'m [Migration]) -> Result<&'m [Migration]> {
    let newest = known.last().map_or(0, |migration| migration.number);
    if let Some((found, ..)) = applied.last().filter(|(number, ..)| *number > newest) {
        return Err(Error::NewerSchema { found: *found, known: newest });
    }
    for (place, (number, name, checksum)) in applied.iter().enumerate() {
        let same =
            known.get(place).is_some_and(|known| known.number == *number && known.checksum() == *checksum);
        if !same {
            return Err(Error::EditedMigration { number: *number, name: name.clone() });
        }
    }
    Ok(&known[applied.len()..])
}

/// The `pending` steps, of which there must be none: the database is to be left as it is.
pub(crate) fn none_pending<'m>(known: &'m [Migration], pending: &'m [Migration]) -> Result<&'m [Migration]> {
    if pending.is_empty() {
        return Ok(pending);
    }
    let needed = known.last().map_or(0, |migration| migration.number);
    let found = known[..known.len() - pending.len()].last().map_or(0, |migration| migration.number);
    Err(Error::OlderSchema { found, needed })
}
