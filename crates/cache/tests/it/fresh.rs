//! Whatever becomes of Redis, and whoever writes meanwhile: what is read is never older than what was written.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cache::{Key, Kind, Mode};
use proptest::collection::vec;
use proptest::prelude::*;
use testkit::RedisServer;

use crate::Beside;

#[derive(Debug, Clone)]
enum Step {
    Write {
        thing: u128,
    },
    Read {
        instance: usize,
        thing: u128,
    },
    /// A read in whose midst somebody writes, before or after it has looked at the database.
    ReadAround {
        instance: usize,
        thing: u128,
        looks_first: bool,
    },
    /// Redis goes away, and comes back without what it knew or with it.
    Outage {
        forgets: bool,
    },
    Return,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (instance, thing) = (0..2_usize, 0..2_u128);
    let step = prop_oneof![
        4 => thing.clone().prop_map(|thing| Step::Write { thing }),
        8 => (instance.clone(), thing.clone()).prop_map(|(instance, thing)| Step::Read { instance, thing }),
        3 => (instance, thing, any::<bool>())
            .prop_map(|(instance, thing, looks_first)| Step::ReadAround { instance, thing, looks_first }),
        1 => any::<bool>().prop_map(|forgets| Step::Outage { forgets }),
        2 => Just(Step::Return),
    ];
    vec(step, 1..40)
}

/// The database: of each thing the number that each change raises, and its value.
#[derive(Default)]
struct Database(Mutex<HashMap<u128, (i64, u64)>>);

impl Database {
    fn read(&self, thing: u128) -> (i64, u64) {
        self.0.lock().unwrap().get(&thing).copied().unwrap_or_default()
    }

    fn write(&self, thing: u128, value: u64) {
        self.0.lock().unwrap().entry(thing).and_modify(|row| *row = (row.0 + 1, value)).or_insert((1, value));
    }

    fn key(&self, case: u128, thing: u128) -> Key {
        Key::new(Kind::RunRows, case << 8 | thing, self.read(thing).0, b"")
    }

    fn answer(&self, thing: u128) -> Bytes {
        self.read(thing).1.to_be_bytes().to_vec().into()
    }
}

enum Redis {
    Here,
    Killed,
    Frozen,
}

struct Place {
    server: RedisServer,
    redis: Redis,
    instances: [Beside; 2],
}

impl Place {
    async fn bring_back(&mut self) {
        match std::mem::replace(&mut self.redis, Redis::Here) {
            Redis::Here => return,
            Redis::Killed => self.server.start_again(),
            Redis::Frozen => self.server.thaw(),
        }
        for instance in &self.instances {
            instance.until(Mode::Redis).await;
        }
    }

    async fn play(&mut self, case: u128, steps: &[Step]) {
        let database = Arc::new(Database::default());
        for (number, step) in steps.iter().enumerate() {
            let value = number as u64 + 1;
            match *step {
                Step::Write { thing } => database.write(thing, value),
                Step::Read { instance, thing } => {
                    let make = async { Ok::<_, Infallible>(database.answer(thing)) };
                    let key = database.key(case, thing);
                    let found = self.instances[instance].get_or_make(&key, make).await.unwrap();
                    assert_eq!(found, database.answer(thing), "step {number} of {steps:?}");
                }
                Step::ReadAround { instance, thing, looks_first } => {
                    let make = async {
                        let before = database.answer(thing);
                        database.write(thing, value);
                        Ok::<_, Infallible>(if looks_first { before } else { database.answer(thing) })
                    };
                    let key = database.key(case, thing);
                    self.instances[instance].get_or_make(&key, make).await.unwrap();
                }
                Step::Outage { forgets } if matches!(self.redis, Redis::Here) => {
                    if forgets {
                        self.server.kill();
                        self.redis = Redis::Killed;
                    } else {
                        self.server.freeze();
                        self.redis = Redis::Frozen;
                    }
                }
                Step::Outage { .. } => {}
                Step::Return => self.bring_back().await,
            }
        }
        self.bring_back().await;
    }
}

#[test]
fn nobody_reads_what_was_before_a_write() {
    let Some(server) = RedisServer::start("nobody_reads_what_was_before_a_write") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instances =
        runtime.block_on(async { [Beside::open(&server.url()).await, Beside::open(&server.url()).await] });
    let (place, case) = (Mutex::new(Place { server, redis: Redis::Here, instances }), Mutex::new(0));
    proptest!(ProptestConfig::with_cases(48), |(steps in steps())| {
        *case.lock().unwrap() += 1;
        let case = *case.lock().unwrap();
        // What a case that failed has left is brought back by the next one.
        let mut place = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        runtime.block_on(async {
            place.bring_back().await;
            place.play(case, &steps).await;
        });
    });
    let place = place.into_inner().unwrap();
    let found: u64 = place.instances.iter().map(|one| one.counts(Kind::RunRows).shared_hits).sum();
    assert!(found > 0, "nothing was found in Redis, so nothing was shown");
}
