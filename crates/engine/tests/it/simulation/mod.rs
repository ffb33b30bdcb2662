//! The engine on simulated time: one seed is one history, with everything that may happen to a run in it.
//!
//! Clock, jitter, identifiers, model servers and the store's threads are the test's. What a client saw is held
//! against what is there at the end. `SIMULATION_SEEDS` says how many histories, `SIMULATION_FROM` which is the first:
//! a seed that fails is played again by `SIMULATION_FROM=seed SIMULATION_SEEDS=1`.

mod clock;
mod history;
mod servers;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use history::History;

/// How many histories `make test` plays, in all of the parts below.
const SEEDS: u64 = 10_000;
/// Parts, which run side by side.
const PARTS: u64 = 8;

/// What each model answers: nothing else may ever be stored as its answer.
fn answer_to(model: &str, prompt: &str) -> String {
    format!("{model} says: {prompt}")
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Plays the histories of one part: each `PARTS`-th seed.
fn play(part: u64) {
    let count = (number("SIMULATION_SEEDS").unwrap_or(SEEDS) + PARTS - 1 - part) / PARTS;
    let first = number("SIMULATION_FROM").unwrap_or(1) + part;
    for seed in (0..count).map(|index| first + index * PARTS) {
        let played = catch_unwind(AssertUnwindSafe(|| History::play(seed)));
        assert!(played.is_ok(), "seed {seed}: SIMULATION_FROM={seed} SIMULATION_SEEDS=1 plays it again");
    }
}

macro_rules! parts {
    ($($name:ident: $part:expr),*) => { $(
        #[test]
        fn $name() {
            play($part);
        }
    )* };
}

parts! {
    nothing_is_lost_doubled_or_made_up_1: 0,
    nothing_is_lost_doubled_or_made_up_2: 1,
    nothing_is_lost_doubled_or_made_up_3: 2,
    nothing_is_lost_doubled_or_made_up_4: 3,
    nothing_is_lost_doubled_or_made_up_5: 4,
    nothing_is_lost_doubled_or_made_up_6: 5,
    nothing_is_lost_doubled_or_made_up_7: 6,
    nothing_is_lost_doubled_or_made_up_8: 7
}

#[test]
fn one_seed_is_one_history() {
    for seed in 1..=50 {
        let (once, again) = (History::play(seed), History::play(seed));
        if let Some((line, _)) = once.iter().zip(&again).enumerate().find(|(_, (one, other))| one != other) {
            panic!("seed {seed}, line {line}:\n{}\n{}", once[..=line].join("\n"), again[line]);
        }
        assert_eq!(once.len(), again.len(), "seed {seed}");
    }
}
