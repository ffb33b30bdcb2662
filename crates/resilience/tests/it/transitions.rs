//! Every transition of a breaker, on time that is advanced by hand.

use std::time::Duration;

use resilience::{Admission, Breaker, BreakerSettings, BreakerState, Pass, Refusal};
use tokio::time::advance;

const MINUTE: Duration = Duration::from_mins(1);
const MOMENT: Duration = Duration::from_millis(1);

fn breaker() -> Breaker {
    Breaker::new(BreakerSettings::default())
}

fn passed(breaker: &Breaker) -> Pass<'_> {
    let Admission::Passed(pass) = breaker.admit() else { unreachable!("not let through") };
    pass
}

fn probe(breaker: &Breaker) -> Pass<'_> {
    let Admission::Probe(pass) = breaker.admit() else { unreachable!("no probe") };
    pass
}

fn refused(breaker: &Breaker) -> Refusal {
    let Admission::Refused(refusal) = breaker.admit() else { unreachable!("not refused") };
    refusal
}

fn fail(breaker: &Breaker, times: u32) {
    for _ in 0..times {
        passed(breaker).failed("It is down.");
    }
}

#[tokio::test(start_paused = true)]
async fn three_failures_in_a_row_open_it_and_a_success_between_them_does_not() {
    let breaker = breaker();
    fail(&breaker, 2);
    passed(&breaker).succeeded();
    fail(&breaker, 2);
    assert_eq!(breaker.state(), BreakerState::Closed);
    assert!(passed(&breaker).failed("It is down."), "the third in a row opens it");
    let refusal = refused(&breaker);
    assert_eq!((refusal.retry_after, &*refusal.reason), (Some(MINUTE), "It is down."));
}

#[tokio::test(start_paused = true)]
async fn what_counts_is_the_order_in_which_calls_end() {
    let breaker = breaker();
    let (one, two, three, four) = (passed(&breaker), passed(&breaker), passed(&breaker), passed(&breaker));
    four.failed("");
    three.failed("");
    two.succeeded();
    assert!(!one.failed(""), "a success came before it");
    assert_eq!(breaker.look().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_says_nothing() {
    let breaker = breaker();
    fail(&breaker, 2);
    drop(passed(&breaker));
    assert_eq!((breaker.state(), breaker.look().failures), (BreakerState::Closed, 2));
}

#[tokio::test(start_paused = true)]
async fn it_is_open_for_a_minute_to_the_millisecond() {
    let breaker = breaker();
    fail(&breaker, 3);
    advance(Duration::from_millis(59_999)).await;
    assert_eq!(refused(&breaker).retry_after, Some(MOMENT));
    advance(MOMENT).await;
    let probe = probe(&breaker);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    for _ in 0..50 {
        refused(&breaker);
    }
    assert!(probe.succeeded(), "it closes");
    assert_eq!((breaker.state(), breaker.look().failures), (BreakerState::Closed, 0));
    assert_eq!(breaker.look().unavailable_since, None);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_opens_it_for_another_minute() {
    let breaker = breaker();
    fail(&breaker, 3);
    let since = breaker.look().unavailable_since;
    advance(MINUTE).await;
    let first = probe(&breaker);
    advance(MOMENT * 10).await;
    assert!(first.failed("It is still down."));
    assert_eq!(refused(&breaker).retry_after, Some(MINUTE));
    let now = breaker.look();
    assert_eq!((now.unavailable_since, &*now.reason, now.opened), (since, "It is still down.", 2));
    advance(MINUTE).await;
    probe(&breaker).succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
    let breaker = breaker();
    fail(&breaker, 3);
    advance(MINUTE).await;
    drop(probe(&breaker));
    assert_eq!(breaker.state(), BreakerState::Open);
    probe(&breaker).succeeded();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_passed_before_a_change_says_nothing_after_it() {
    let breaker = breaker();
    let before: Vec<_> = (0..6).map(|_| passed(&breaker)).collect();
    fail(&breaker, 3);
    let mut before = before.into_iter();
    let mut late = || before.next().unwrap();
    assert!(!late().succeeded(), "a late success does not close it");
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(!late().failed(""), "a late failure does not make it longer");
    advance(MINUTE).await;
    let probe = probe(&breaker);
    assert!(!late().succeeded() && !late().failed(""));
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    probe.succeeded();
    fail(&breaker, 2);
    assert!(!late().failed(""), "nor do they count after it closed again");
    late().succeeded();
    assert_eq!((breaker.state(), breaker.look().failures), (BreakerState::Closed, 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_person_opened_stays_open_until_a_person_closes_it() {
    let breaker = breaker();
    assert!(breaker.open("Maintenance.") && !breaker.open("Again."));
    advance(MINUTE * 100).await;
    let refusal = refused(&breaker);
    assert_eq!((refusal.retry_after, &*refusal.reason), (None, "Maintenance."));
    assert!(breaker.look().by_hand);
    assert!(breaker.close("Done.") && !breaker.close("Again."));
    passed(&breaker).succeeded();
}

#[tokio::test(start_paused = true)]
async fn a_person_may_close_what_failures_opened_and_open_what_is_half_open() {
    let breaker = breaker();
    fail(&breaker, 3);
    assert!(breaker.close("It is up again."));
    fail(&breaker, 3);
    advance(MINUTE).await;
    let probe = probe(&breaker);
    assert!(breaker.open("Maintenance."));
    assert!(!probe.succeeded(), "the probe is of an earlier generation");
    assert_eq!(breaker.state(), BreakerState::Open);
    // What was opened by failures stays open when a person says so.
    breaker.close("");
    fail(&breaker, 3);
    assert!(breaker.open("Maintenance."));
    advance(MINUTE * 2).await;
    assert_eq!(refused(&breaker).retry_after, None);
}

#[tokio::test(start_paused = true)]
async fn its_changes_are_remembered_with_their_reasons() {
    let breaker = breaker();
    fail(&breaker, 3);
    advance(MINUTE).await;
    probe(&breaker).succeeded();
    let changes = breaker.look().changes;
    let said: Vec<_> = changes.iter().map(|change| (change.to.as_str(), &*change.reason)).collect();
    assert_eq!(
        said,
        [
            ("open", "It is down."),
            ("half_open", "The time is over: one probe decides."),
            ("closed", "The probe succeeded.")
        ]
    );
    for _ in 0..100 {
        breaker.open("");
        breaker.close("");
    }
    assert_eq!(breaker.look().changes.len(), 20);
}

#[test]
fn a_wrong_setting_is_named() {
    let settings = BreakerSettings { open_ms: 99, ..BreakerSettings::default() };
    let said = settings.validate().unwrap_err().to_string();
    assert_eq!(said, "breaker.open_ms is 99; it must be from 100 to 3600000");
    assert_eq!(BreakerSettings::default().validate(), Ok(()));
}
