//! How long the log is kept, and whose addresses can be found out.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use engine::audit::{AuditQuery, AuditSettings, verify_log};

use super::place::Place;
use crate::retention::DAY;

fn set_day(place: &Place, day: i64) {
    place.clock.0.store(day * DAY, Ordering::Relaxed);
}

async fn write(place: &Place, day: i64, lines: i64) {
    set_day(place, day);
    for line in 0..lines {
        let entry = Entry::of(&Caller::machine(), None, Action::CardCreate, day * DAY + line);
        place.append(entry.on("card", line)).await;
    }
    place.running.engine.keep_audit().await.unwrap();
}

/// The number, the action and the detail of each line.
async fn lines(place: &Place) -> Vec<(i64, String, String)> {
    let records = place.store.read(|conn| store::audit::after(conn, 0, 10_000)).await.unwrap();
    records.into_iter().map(|record| (record.seq, record.action, record.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn old_segments_are_removed_whole_and_that_is_written_down() {
    let place = Place::start_with(AuditSettings { days: 30, address_days: 90 }).await;
    write(&place, 100, 5).await;
    write(&place, 101, 5).await;
    write(&place, 125, 5).await;
    assert_eq!(lines(&place).await.len(), 15, "nothing is old");
    set_day(&place, 132);
    place.running.engine.keep_audit().await.unwrap();
    let left = lines(&place).await;
    assert_eq!(left.len(), 6, "{left:?}");
    assert_eq!(left[0].0, 11);
    assert_eq!(left[5], (16, "audit.remove".to_owned(), r#"{"lines":10,"up_to":10}"#.to_owned()));
    let found = verify_log(&place.store, Some(&place.sealer), None).await.unwrap();
    assert_eq!((found.first, found.last, found.fault), (11, 16, None));
    place.running.engine.keep_audit().await.unwrap();
    assert_eq!(lines(&place).await.len(), 6, "it is not removed twice");
    // All that is left is old: what is written about it is the only line then.
    set_day(&place, 400);
    place.running.engine.keep_audit().await.unwrap();
    let left = lines(&place).await;
    assert_eq!(left.last().unwrap().1, "audit.remove");
    let found = verify_log(&place.store, Some(&place.sealer), None).await.unwrap();
    assert_eq!((found.last, found.fault), (left.last().unwrap().0, None));
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beginning_that_something_else_removed_is_missed() {
    let place = Place::start_with(AuditSettings { days: 30, address_days: 90 }).await;
    write(&place, 100, 5).await;
    write(&place, 125, 5).await;
    set_day(&place, 132);
    place.running.engine.keep_audit().await.unwrap();
    place.disarm();
    // Up to a checkpoint, as a removal would have done.
    place.raw("DELETE FROM audit_log WHERE seq <= 10");
    let fault = verify_log(&place.store, Some(&place.sealer), None).await.unwrap().fault.unwrap();
    assert_eq!(fault.seq, 6);
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_hashes_whose_key_is_dropped() {
    const DROPPED: &str = "SELECT COUNT(*) FROM audit_keys WHERE purpose = 'address'";
    let place = Place::start().await;
    set_day(&place, 90);
    place.running.engine.keep_audit().await.unwrap();
    let address: IpAddr = "203.0.113.7".parse().unwrap();
    let refuse = |code| {
        place.running.engine.note_anonymous_refusal(Some(address), None, Action::SignIn, code);
    };
    let written = async |lines: usize| {
        loop {
            let query =
                AuditQuery { limit: 100, outcome: Some("refused".to_owned()), ..AuditQuery::default() };
            let found = place.running.engine.audit_lines(query).await.unwrap();
            if found.len() == lines {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    refuse("wrong_password");
    refuse("unknown_account");
    let found = written(2).await;
    let hash = found[0].address.clone().unwrap();
    assert!(hash.len() == 32 && !hash.contains("203"), "{hash}");
    assert_eq!(found[0].address, found[1].address, "it can be seen that they came from the same place");
    set_day(&place, 90 + 31);
    place.running.engine.keep_audit().await.unwrap();
    refuse("wrong_password");
    assert_ne!(written(3).await[0].address, found[0].address, "in another month it cannot");
    let keys = async || {
        let count = store::Sql::new(DROPPED);
        place.store.read(move |conn| conn.query_one::<i64>(count, &[])).await.unwrap()
    };
    let before = keys().await;
    set_day(&place, 90 + 31 + 200);
    place.running.engine.keep_audit().await.unwrap();
    assert!(before >= 2 && keys().await == 1, "{before} keys, then {}", keys().await);
    place.stop().await;
}
