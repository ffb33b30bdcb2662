//! Since when each dependency is as it is, and when it was not well in the last day. It begins with the server.

use std::collections::{BTreeMap, VecDeque};

use domain::clock::{Millis, Timestamp};
use resilience::dependency::Status;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How many changes are remembered of each.
const CHANGES: usize = 100;

/// A time in which something was not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Gap {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end. None: it lasts.
    pub to: Option<Timestamp>,
}

/// A change of how something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Noticed {
    pub at: Millis,
    pub status: Status,
    pub detail: String,
}

/// What was found of each dependency, by its id, as far as it changed.
#[derive(Debug, Default)]
pub(super) struct History(BTreeMap<String, VecDeque<Noticed>>);

impl History {
    /// Notes what was found. What was well from the first is no change.
    pub(super) fn note(&mut self, id: &str, status: Status, detail: &str, at: Millis) {
        let known = self.0.entry(id.to_owned()).or_default();
        let before = known.back().map_or(Status::Pass, |last| last.status);
        if before == status {
            return;
        }
        if known.len() == CHANGES {
            known.pop_front();
        }
        known.push_back(Noticed { at, status, detail: detail.to_owned() });
    }

    /// Since when it has not been well. None: it is well.
    pub(super) fn since(&self, id: &str) -> Option<Timestamp> {
        let changes = self.0.get(id)?;
        let begun = changes.iter().rev().take_while(|change| change.status != Status::Pass).last();
        begun.map(|change| Timestamp(change.at))
    }

    /// When it was not well in the day before `now`.
    pub(super) fn gaps(&self, id: &str, now: Millis) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for change in self.0.get(id).into_iter().flatten() {
            let open = gaps.last_mut().filter(|gap| gap.to.is_none());
            match (open, change.status) {
                (Some(gap), Status::Pass) => gap.to = Some(Timestamp(change.at)),
                (None, Status::Warn | Status::Fail) => {
                    gaps.push(Gap { from: Timestamp(change.at), to: None });
                }
                _ => {}
            }
        }
        gaps.retain(|gap| gap.to.is_none_or(|to| to.0 > now - DAY_MS));
        gaps
    }

    /// All changes of the day before `now`, each with the id of what changed.
    pub(super) fn changes(&self, now: Millis) -> impl Iterator<Item = (&str, &Noticed)> {
        let recent = move |(_, change): &(&str, &Noticed)| change.at > now - DAY_MS;
        self.0
            .iter()
            .flat_map(|(id, changes)| changes.iter().map(move |change| (&**id, change)))
            .filter(recent)
    }

    /// Forgets what is not there any more.
    pub(super) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| is_there(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_begin_and_end_with_changes_and_a_worse_state_does_not_split_them() {
        let mut history = History::default();
        for (at, status) in [(10, Status::Pass), (20, Status::Warn), (30, Status::Fail), (40, Status::Fail)] {
            history.note("disk", status, "", at);
        }
        assert_eq!(history.since("disk"), Some(Timestamp(20)));
        assert_eq!(history.gaps("disk", 50), [Gap { from: Timestamp(20), to: None }]);
        history.note("disk", Status::Pass, "", 60);
        history.note("disk", Status::Warn, "", 70);
        let first = Gap { from: Timestamp(20), to: Some(Timestamp(60)) };
        let second = Gap { from: Timestamp(70), to: None };
        assert_eq!(history.gaps("disk", 80), [first, second]);
        assert_eq!(history.gaps("disk", 60 + DAY_MS), [second], "a day later only what lasts is left");
        assert_eq!((history.since("disk"), history.since("database")), (Some(Timestamp(70)), None));
        assert_eq!(
            history.changes(80).count(),
            4,
            "what was well from the first, and stays as it is, is no change"
        );
    }
}
