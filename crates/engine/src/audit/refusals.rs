//! What was refused, so that nobody can flood the log by being refused: one line for each actor or address, action and
//! code when it begins, and one with a count for the rest of its minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::audit::{Action, Entry};
use domain::clock::Millis;

/// For how long refusals of the same kind are counted together, in milliseconds.
const WINDOW_MS: i64 = 60_000;
/// How many kinds are counted at once. Those beyond are counted as one.
const MOST: usize = 10_000;

/// Who was refused what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    who: Option<String>,
    action: Action,
    code: String,
}

struct Window {
    begun: Millis,
    /// The last one of those that were not written down yet, and how many they are.
    held: Option<(Entry, u64)>,
}

/// The refusals of the last minute.
#[derive(Default)]
pub(super) struct Refusals(Mutex<HashMap<Kind, Window>>);

impl Refusals {
    /// Counts a refusal. Returns what is to be written down now.
    pub(super) fn count(&self, mut entry: Entry) -> Vec<Entry> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let who = entry.actor.map(|id| id.to_string()).or_else(|| entry.address.clone());
        let code = entry.detail.get("code").and_then(|code| code.as_str()).unwrap_or_default().to_owned();
        let mut kind = Kind { who, action: entry.action, code };
        if windows.len() >= MOST && !windows.contains_key(&kind) {
            kind.who = None;
            (entry.actor, entry.address, entry.credential) = (None, None, None);
        }
        let now = entry.at;
        match windows.get_mut(&kind) {
            Some(window) if now - window.begun < WINDOW_MS => {
                let count = window.held.take().map_or(0, |(_, count)| count) + 1;
                window.held = Some((entry, count));
                Vec::new()
            }
            found => {
                let held = found.and_then(|window| window.held.take()).map(counted);
                windows.insert(kind, Window { begun: now, held: None });
                held.into_iter().chain([entry.with("count", 1)]).collect()
            }
        }
    }

    /// What is to be written down of the minutes that have ended by `now`; all of it where `now` is none.
    pub(super) fn ended(&self, now: Option<Millis>) -> Vec<Entry> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut due = Vec::new();
        windows.retain(|_, window| {
            let open = now.is_some_and(|now| now - window.begun < WINDOW_MS);
            if !open {
                due.extend(window.held.take().map(counted));
            }
            open
        });
        due
    }
}

fn counted((entry, count): (Entry, u64)) -> Entry {
    entry.with("count", count)
}

#[cfg(test)]
mod tests {
    use domain::audit::Entry;

    use super::*;

    fn refused(address: &str, at: Millis) -> Entry {
        Entry::anonymous(Some(address.to_owned()), None, Action::SignIn, at).refused("wrong_password")
    }

    fn counts(entries: &[Entry]) -> Vec<(&str, u64)> {
        let count = |entry: &Entry| entry.detail["count"].as_u64().unwrap();
        entries.iter().map(|entry| (entry.address.as_deref().unwrap_or("-"), count(entry))).collect()
    }

    #[test]
    fn a_thousand_refusals_of_a_minute_are_two_lines() {
        let refusals = Refusals::default();
        assert_eq!(counts(&refusals.count(refused("a", 0))), [("a", 1)]);
        for at in 1..1_000 {
            assert!(refusals.count(refused("a", at)).is_empty());
        }
        assert_eq!(counts(&refusals.count(refused("b", 5))), [("b", 1)]);
        assert!(refusals.ended(Some(WINDOW_MS - 1)).is_empty());
        assert_eq!(counts(&refusals.ended(Some(WINDOW_MS))), [("a", 999)]);
        assert!(refusals.ended(None).is_empty());
    }

    #[test]
    fn what_goes_on_is_a_new_line_each_minute() {
        let refusals = Refusals::default();
        refusals.count(refused("a", 0));
        refusals.count(refused("a", 1));
        assert_eq!(counts(&refusals.count(refused("a", WINDOW_MS))), [("a", 1), ("a", 1)]);
        let other = refused("a", WINDOW_MS).refused("unknown_account");
        assert_eq!(refusals.count(other).len(), 1, "another code is another line");
    }

    #[test]
    fn more_addresses_than_can_be_counted_share_one_line() {
        let refusals = Refusals::default();
        for address in 0..MOST {
            refusals.count(refused(&address.to_string(), 0));
        }
        assert_eq!(counts(&refusals.count(refused("one more", 0))), [("-", 1)]);
        assert!(refusals.count(refused("another", 0)).is_empty());
    }
}
