//! Whether there is a backup that is young enough, and could be restored.

use std::time::Duration;

use domain::clock::{Millis, Timestamp};
use resilience::dependency::{DependencyKind, Status};

use super::checks::Found;
use crate::Engine;
use crate::backups::Standing;

impl Engine {
    /// How it stands with backups, by what the last ones came to. None: none are made by this server.
    pub(super) fn check_backups(&self) -> Option<Found> {
        let standing = self.backups.get()?.standing(self.clock.now())?;
        let (status, detail, remedy) = said(&standing);
        let lost = standing.last_success_at.map_or_else(
            || "If the database is lost now, everything is.".to_owned(),
            |at| format!("If the database is lost now, what came after {} is lost.", Timestamp(at)),
        );
        Some(Found {
            id: "backups".to_owned(),
            name: "Backups".to_owned(),
            kind: DependencyKind::Backups,
            status,
            detail,
            cost: (status != Status::Pass).then_some(lost),
            remedy,
            took: Duration::ZERO,
        })
    }
}

fn said(standing: &Standing) -> (Status, String, Option<String>) {
    if let Some(reason) = &standing.failure {
        let remedy = "Look at the folder of the backups and its disk. It is tried again by itself.";
        return (
            Status::Warn,
            format!("The last backup could not be made: {reason}."),
            Some(remedy.to_owned()),
        );
    }
    if let Some(reason) = &standing.drill_failure {
        let remedy =
            "Look at the backup and at backup.identity_file, and make a backup by `promptcards backup`.";
        let detail = format!("The newest backup could not be restored: {reason}.");
        return (Status::Warn, detail, Some(remedy.to_owned()));
    }
    let Some(at) = standing.last_success_at else {
        return (
            Status::Warn,
            "There is no backup yet.".to_owned(),
            Some("The first one is being made.".to_owned()),
        );
    };
    let drilled = standing
        .last_drill_at
        .map_or_else(String::new, |at: Millis| format!(" One was restored in a drill at {}.", Timestamp(at)));
    let detail = format!("The last backup is of {}.{drilled}", Timestamp(at));
    if standing.is_late {
        let remedy = "Look at the log of this server: a backup is overdue.";
        return (Status::Warn, detail, Some(remedy.to_owned()));
    }
    (Status::Pass, detail, None)
}
