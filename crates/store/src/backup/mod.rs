//! What a backup needs of the database: a consistent copy beside whoever writes, a look at one, and its way back.

mod content;
mod place;
mod snapshot;

pub use content::{AuditHead, Content, inspect};
pub use place::Place;
pub(crate) use place::finish_restore;
pub use snapshot::snapshot;

/// The number of the last migration that this program knows.
pub fn schema() -> u32 {
    crate::sqlite::migrate::MIGRATIONS.last().map_or(0, |migration| migration.number)
}
