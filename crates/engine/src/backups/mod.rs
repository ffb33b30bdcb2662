//! Backups: made by a schedule or by hand, sealed, kept for a while, and restored again to see whether that works.

mod age;
mod archive;
mod error;
mod folder;
mod make;
mod restore;
mod schedule;
mod scratch;
mod settings;
mod state;

pub use age::{Identity, Recipient, WrongKey};
pub use archive::{AuditLine, FileFacts, Manifest};
pub use error::BackupError;
pub use folder::{Found, list, newest};
pub use make::{Made, Order, is_same_folder, make};
pub use restore::{Checked, Restored, drill, identities, restore, verify};
pub(crate) use schedule::Backups;
pub use schedule::{BackupParts, remove_old};
pub use settings::{BackupSettings, WrongBackup};
pub use state::BackupFigures;
pub(crate) use state::Standing;
