//! Memory and Redis say the same as the model, whatever is done in whatever order.

use std::sync::atomic::{AtomicU64, Ordering};

use cache::{Cache, Charge, Mode, Outcome, WindowKey};
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::RedisServer;

use crate::model::{Expected, Model, Said};
use crate::{Beside, Hand, memory};

const MINUTE: i64 = 60_000;
const START: i64 = 1_790_000_000_123;

#[derive(Debug, Clone)]
enum Step {
    /// The clock goes on, or is put back.
    Clock(i64),
    /// Charges that are made together: policy, subject, limit, cost.
    Charge(Vec<(usize, u128, u32, u32)>),
    /// Of the charges that were made, the one so far back is taken back.
    GiveBack(usize),
}

/// `back`: whether the clock is put back, too.
fn steps(back: bool) -> impl Strategy<Value = Vec<Step>> {
    let clock = prop_oneof![
        4 => 0..MINUTE,
        4 => MINUTE..6 * MINUTE,
        1 => Just(15 * MINUTE),
        1 => 15 * MINUTE..40 * MINUTE,
        1 => -3 * MINUTE..0,
        1 => -40 * MINUTE..-14 * MINUTE,
    ];
    let charges = vec((0..2_usize, 0..2_u128, 0..6_u32, 0..3_u32), 1..4).prop_map(|mut charges| {
        charges.sort_unstable();
        charges.dedup_by_key(|(policy, subject, ..)| (*policy, *subject));
        charges
    });
    let step = prop_oneof![
        2 => clock.prop_map(move |by| Step::Clock(if back { by } else { by.max(0) })),
        4 => charges.prop_map(Step::Charge),
        1 => (0..4_usize).prop_map(Step::GiveBack),
    ];
    vec(step, 1..60)
}

fn said(outcome: &Outcome) -> (bool, Vec<Said>) {
    let standings = outcome.standings.iter();
    (outcome.admitted, standings.map(|one| (one.counted, one.reset_ms, one.wait_ms)).collect())
}

/// Does the steps in caches, which take turns, and in the model, with subjects that nobody else has.
async fn compare(caches: &[&Cache], clock: &Hand, steps: &[Step], subjects: u128) {
    let mut model = Model::default();
    let mut made: Vec<(&Cache, Vec<Charge>, Outcome, Expected)> = Vec::new();
    for (turn, step) in steps.iter().enumerate() {
        let cache = caches[turn % caches.len()];
        match step {
            Step::Clock(by) => clock.forward(*by),
            Step::Charge(charges) => {
                let charges: Vec<Charge> = charges
                    .iter()
                    .map(|(policy, subject, limit, cost)| Charge {
                        key: WindowKey { policy: ["general", "ai"][*policy], subject: subjects + subject },
                        limit: *limit,
                        cost: *cost,
                    })
                    .collect();
                let outcome = cache.charge(&charges).await;
                let expected = model.charge(&charges, domain::clock::Clock::now(clock));
                assert_eq!(said(&outcome), (expected.admitted, expected.said.clone()), "{charges:?}");
                made.push((cache, charges, outcome, expected));
            }
            Step::GiveBack(back) if *back < made.len() => {
                let (cache, charges, outcome, expected) = made.remove(made.len() - 1 - back);
                cache.give_back(&charges, &outcome).await;
                model.give_back(&charges, &expected);
            }
            Step::GiveBack(_) => {}
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn memory_says_what_the_model_says() {
    let runtime = runtime();
    proptest!(ProptestConfig::with_cases(512), |(steps in steps(true))| {
        let clock = Hand::at(START);
        runtime.block_on(compare(&[&memory(&clock)], &clock, &steps, 0));
    });
}

#[test]
fn one_beside_redis_says_what_the_model_says() {
    beside_redis(1, true, "one_beside_redis_says_what_the_model_says");
}

/// Of a clock that was put back, one may have counted since and the other not, which then remembers more than Redis:
/// that they say the same is not asked of that.
#[test]
fn two_beside_one_redis_say_what_the_model_says() {
    beside_redis(2, false, "two_beside_one_redis_say_what_the_model_says");
}

fn beside_redis(instances: usize, back: bool, test: &str) {
    let Some(server) = RedisServer::start(test) else { return };
    let (runtime, clock, cases) = (runtime(), Hand::default(), AtomicU64::new(0));
    let open = || runtime.block_on(Beside::open_at(&server.url(), &clock));
    let opened: Vec<Beside> = (0..instances).map(|_| open()).collect();
    let caches: Vec<&Cache> = opened.iter().map(|one| &**one).collect();
    proptest!(ProptestConfig::with_cases(128), |(steps in steps(back))| {
        clock.set(START);
        let subjects = u128::from(cases.fetch_add(1, Ordering::Relaxed)) << 8;
        runtime.block_on(compare(&caches, &clock, &steps, subjects));
    });
    assert!(opened.iter().all(|one| one.mode() == Mode::Redis), "memory did it alone");
}
