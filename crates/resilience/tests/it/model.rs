//! A million random events: the breaker does what a plain model of it does.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use resilience::{Admission, Breaker, BreakerSettings, BreakerState, Pass};

/// Cases × the events of one case: a million.
const CASES: u32 = 2_000;
const EVENTS: usize = 500;
const FAILURES: u32 = 3;
const OPEN_MS: u32 = 60_000;
const OPEN: u64 = OPEN_MS as u64;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// So many milliseconds go by.
    Wait(u64),
    Ask,
    /// One of the calls under way ends: which, and how.
    End(usize, End),
    OpenByHand,
    CloseByHand,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Success,
    Failure,
    GivenUp,
}

fn event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![2 => Just(End::Success), 4 => Just(End::Failure), 1 => Just(End::GivenUp)];
    prop_oneof![
        1 => (0..OPEN / 2).prop_map(Event::Wait),
        1 => (OPEN - 2..OPEN + 2).prop_map(Event::Wait),
        12 => Just(Event::Ask),
        12 => (0..50_usize, end).prop_map(|(which, end)| Event::End(which, end)),
        1 => prop_oneof![1 => Just(Event::OpenByHand), 2 => Just(Event::CloseByHand)],
    ]
}

/// What was said of a call, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Passed,
    Probe,
    Refused(Option<u64>),
}

/// Until when it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Then(u64),
    ByHand,
}

/// The rules, written down as a list of what has happened since the last change.
#[derive(Default)]
struct Model {
    now: u64,
    open: Option<Until>,
    probing: Option<u64>,
    changes: u64,
    /// Ends since the last change, true for a failure.
    ends: Vec<bool>,
    calls: u64,
    /// In which state, counted by changes, each call was let through.
    made: BTreeMap<u64, u64>,
}

impl Model {
    fn change(&mut self, open: Option<Until>) {
        self.changes += 1;
        self.open = open;
        self.probing = None;
        self.ends.clear();
    }

    fn ask(&mut self) -> (Answer, u64) {
        let call = self.calls;
        self.calls += 1;
        if self.probing.is_some() {
            return (Answer::Refused(Some(1_000)), call);
        }
        let answer = match self.open {
            None => Answer::Passed,
            Some(Until::Then(until)) if until <= self.now => {
                self.change(self.open);
                self.probing = Some(call);
                Answer::Probe
            }
            Some(Until::Then(until)) => Answer::Refused(Some(until - self.now)),
            Some(Until::ByHand) => Answer::Refused(None),
        };
        if !matches!(answer, Answer::Refused(_)) {
            self.made.insert(call, self.changes);
        }
        (answer, call)
    }

    fn end(&mut self, call: u64, end: End) {
        if self.made.remove(&call) != Some(self.changes) {
            return;
        }
        let is_probe = self.probing == Some(call);
        match (end, is_probe) {
            (End::GivenUp, false) => {}
            (End::GivenUp, true) => self.change(Some(Until::Then(self.now))),
            (End::Success, true) => self.change(None),
            (End::Failure, true) => self.change(Some(Until::Then(self.now + OPEN))),
            (End::Success, false) => self.ends.push(false),
            (End::Failure, false) => {
                self.ends.push(true);
                let in_a_row = self.ends.iter().rev().take_while(|failed| **failed).count();
                if in_a_row == FAILURES as usize {
                    self.change(Some(Until::Then(self.now + OPEN)));
                }
            }
        }
    }

    fn state(&self) -> BreakerState {
        match (self.open, self.probing) {
            (_, Some(_)) => BreakerState::HalfOpen,
            (Some(_), None) => BreakerState::Open,
            (None, None) => BreakerState::Closed,
        }
    }
}

async fn compare(events: &[Event]) {
    let breaker = Breaker::new(BreakerSettings { failures: FAILURES, open_ms: OPEN_MS });
    let mut model = Model::default();
    let mut under_way: Vec<(u64, Pass<'_>)> = Vec::new();
    for event in events {
        match *event {
            Event::Wait(ms) => {
                tokio::time::advance(Duration::from_millis(ms)).await;
                model.now += ms;
            }
            Event::Ask => {
                let (expected, call) = model.ask();
                let (said, pass) = match breaker.admit() {
                    Admission::Passed(pass) => (Answer::Passed, Some(pass)),
                    Admission::Probe(pass) => (Answer::Probe, Some(pass)),
                    Admission::Refused(refusal) => {
                        let ms = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                        (Answer::Refused(refusal.retry_after.map(ms)), None)
                    }
                };
                assert_eq!(said, expected, "after {event:?}");
                under_way.extend(pass.map(|pass| (call, pass)));
            }
            Event::End(_, _) if under_way.is_empty() => {}
            Event::End(which, end) => {
                let (call, pass) = under_way.swap_remove(which % under_way.len());
                model.end(call, end);
                match end {
                    End::Success => drop(pass.succeeded()),
                    End::Failure => drop(pass.failed("")),
                    End::GivenUp => drop(pass),
                }
            }
            Event::OpenByHand => {
                let is_by_hand = model.open == Some(Until::ByHand) && model.probing.is_none();
                assert_eq!(breaker.open(""), !is_by_hand);
                if !is_by_hand {
                    model.change(Some(Until::ByHand));
                }
            }
            Event::CloseByHand => {
                let is_closed = model.state() == BreakerState::Closed;
                assert_eq!(breaker.close(""), !is_closed);
                if !is_closed {
                    model.change(None);
                }
            }
        }
        assert_eq!(breaker.state(), model.state(), "after {event:?}");
    }
}

#[test]
fn a_million_events_go_as_in_the_model() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&vec(event(), EVENTS), |events| {
            runtime.block_on(compare(&events));
            Ok(())
        })
        .unwrap();
}
