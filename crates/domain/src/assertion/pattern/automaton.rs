//! Patterns on a lazy finite automaton, which gives up instead of becoming slow.
//!
//! The crate `regex` on top of it never gives up: where its automaton has too many states it goes on
//! with an engine that took 3 s for `a[ab]{500}c` on 1 MiB.

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::pool::Pool;

/// Largest program, in bytes.
const PROGRAM_LIMIT: usize = 1024 * 1024;
/// Largest cache of states, in bytes.
const STATES_LIMIT: usize = 2 * 1024 * 1024;
/// How often one search may fill the cache of states. That takes about 30 ms each time.
const FILLS_LIMIT: usize = 4;

type Caches = Pool<Cache, Box<dyn Fn() -> Cache + Send + Sync>>;

/// A pattern as an automaton.
pub(super) struct Automaton {
    dfa: DFA,
    caches: Caches,
    /// Whether the first match that is seen will do. `\B` is seen between the bytes of one letter, too: such a
    /// match is dropped, and what began before it with it.
    earliest: bool,
}

/// The search would need more states than it may make.
#[derive(Debug)]
pub(super) struct GaveUp;

impl Automaton {
    /// Builds the automaton of a translated pattern. None if it is too large.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let limits = NFA::config().nfa_size_limit(Some(PROGRAM_LIMIT)).which_captures(WhichCaptures::None);
        let nfa = NFA::compiler().configure(limits).build(pattern).ok()?;
        let limits = DFA::config().cache_capacity(STATES_LIMIT).minimum_cache_clear_count(Some(FILLS_LIMIT));
        let dfa = DFA::builder().configure(limits).build_from_nfa(nfa).ok()?;
        let template = dfa.clone();
        let earliest = !pattern.contains(r"\B");
        Some(Self { dfa, earliest, caches: Pool::new(Box::new(move || template.create_cache())) })
    }

    /// Whether the text contains a match.
    pub(super) fn is_match(&self, text: &str) -> Result<bool, GaveUp> {
        let input = Input::new(text).earliest(self.earliest);
        let mut cache = self.caches.get();
        if cache.clear_count() > 0 {
            // The count goes on from search to search, and each has the whole of it.
            cache.reset(&self.dfa);
        }
        let found = self.dfa.try_search_fwd(&mut cache, &input);
        found.map(|found| found.is_some()).map_err(|_| GaveUp)
    }
}

impl std::fmt::Debug for Automaton {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Automaton").finish_non_exhaustive()
    }
}
