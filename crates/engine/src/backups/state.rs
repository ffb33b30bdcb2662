//! What came of the last backups and drills: for the health report, and for whoever counts.

use domain::clock::Millis;

/// Counters since the start, and the last of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupFigures {
    /// Backups that were made.
    pub ok: u64,
    /// Backups that were not.
    pub failed: u64,
    /// When the last good one was begun, also one of before the start.
    pub last_success_at: Option<Millis>,
    /// Its length.
    pub last_bytes: Option<u64>,
    /// Drills that restored a backup.
    pub drills_ok: u64,
    /// Drills that did not.
    pub drills_failed: u64,
    /// When the last good one was, also one of before the start.
    pub last_drill_at: Option<Millis>,
}

/// What is known of backups.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) figures: BackupFigures,
    /// Why the last attempt failed, and when.
    pub(super) failure: Option<Failure>,
    /// Why the last drill failed, and when.
    pub(super) drill_failure: Option<Failure>,
}

/// How it stands with backups, for the health report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) last_success_at: Option<Millis>,
    pub(crate) last_drill_at: Option<Millis>,
    /// Why the last backup could not be made.
    pub(crate) failure: Option<String>,
    /// Why the last drill did not work.
    pub(crate) drill_failure: Option<String>,
    /// Whether a backup should have been made a while ago.
    pub(crate) is_late: bool,
}

/// Something that did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) at: Millis,
    /// Why, in a sentence.
    pub(super) reason: String,
}
