//! Whether a card may have changed, for who keeps answers about cards.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Sql;

/// Tables of which nothing is shown on a card, and which are written while nobody edits one. Whatever else is written,
/// a table that is new included, counts as a change.
const NOT_ON_CARDS: [&str; 13] = [
    "api_keys",
    "attempts",
    "audit_head",
    "audit_log",
    "cell_results",
    "cells",
    "counters",
    "daily_usage",
    "idempotency_keys",
    "refresh_tokens",
    "run_events",
    "sessions",
    "sign_in_failures",
];

/// Counts the states of the cards: even while they stand still, odd while a change is being committed.
#[derive(Debug, Default)]
pub(crate) struct CardChanges(AtomicU64);

impl CardChanges {
    /// The number of the state that every reader sees. None: a commit is under way, and some may see it already.
    pub(crate) fn state(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst)).filter(|state| state % 2 == 0)
    }

    /// Commits a change. There is one writer, so commits do not meet.
    pub(crate) fn commit<T>(&self, commit: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let outcome = commit();
        // After a failure too: what came of a commit is not always known.
        self.0.fetch_add(1, Ordering::SeqCst);
        outcome
    }
}

/// Whether the statement may change what is shown of a card.
pub(crate) fn may_change_cards(sql: Sql) -> bool {
    !sql.only_reads() && !NOT_ON_CARDS.contains(&sql.table())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_counts_unless_it_is_known_not_to() {
        for (text, counts) in [
            ("UPDATE cards SET updated_at = $2 WHERE id = $1", true),
            ("INSERT INTO card_tags (card_id, tag)", true),
            ("DELETE FROM a_table_of_tomorrow", true),
            ("UPDATE suites SET case_count = $2 WHERE id = $1 RETURNING case_count", true),
            ("WITH x AS (SELECT id FROM cards) UPDATE cells SET state = 'pending'", true),
            (" SELECT id FROM cards", false),
            ("UPDATE cells SET state = 'pending'", false),
            ("UPDATE sessions SET last_seen_at = $2 WHERE id = $1", false),
        ] {
            assert_eq!(may_change_cards(Sql::new(text)), counts, "{text}");
        }
    }

    /// A change that no statement names would go unseen.
    #[test]
    fn the_schema_changes_no_table_by_itself() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap().to_ascii_uppercase();
            for line in text.lines().filter(|line| !line.contains("CREATE TRIGGER AUDIT_")) {
                for word in ["CREATE TRIGGER", "ON DELETE", "ON UPDATE"] {
                    assert!(!line.contains(word), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_state_has_a_number_unless_a_commit_is_under_way() {
        let changes = CardChanges::default();
        let before = changes.state();
        assert!(before.is_some());
        changes.commit(|| assert_eq!(changes.state(), None));
        assert!(changes.state().is_some());
        assert_ne!(changes.state(), before);
    }
}
