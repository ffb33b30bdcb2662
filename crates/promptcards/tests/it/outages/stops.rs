//! The database server is stopped and started again, in good order and as by a crash.

use testkit::Stop;

use super::{Place, expect_whole, follow_to_the_end};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_loses_nothing_that_was_acknowledged_and_a_run_goes_on() {
    const CELLS: usize = 1_200;
    let Some(place) = Place::start("restarted database server", &[]).await else { return };
    let run = place.start_run(CELLS).await;
    let following = follow_to_the_end(place.actor().follow(&run, 0).await);
    let outages = async {
        let mut told = Vec::new();
        for (number, how) in [Stop::Fast, Stop::Immediate].into_iter().enumerate() {
            let before = format!("before {number}");
            place.add_at_last(&before).await;
            place.postgres.stop(how);
            place.wait_until_ready_is(503).await;
            let during = format!("during {number}");
            super::expect_refusal(&place.add(&during).await);
            place.postgres.start_again();
            place.add_at_last(&during).await;
            place.wait_until_ready_is(200).await;
            told.extend([before, during]);
            place.expect_log(number + 1).await;
        }
        told
    };
    let (seen, told) = tokio::join!(following, outages);
    expect_whole(&place, &run, &seen, CELLS).await;
    let words = place.words().await;
    for word in told {
        assert_eq!(words.get(&word), Some(&1), "{word} was acknowledged");
    }
    assert_eq!(words.len(), 4);
    // At each stop, four calls are under way and four results may be on their way to the database.
    let calls = place.ollama.counters().calls;
    assert!((1_200..=1_216).contains(&calls), "{calls} calls");
    assert!(place.server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_takes_less_than_a_second_is_not_noticed() {
    let Some(place) = Place::start("short restart", &[]).await else { return };
    place.add_at_last("before").await;
    for how in [Stop::Fast, Stop::Immediate] {
        place.postgres.stop(how);
        let word = format!("{how:?}");
        let (answer, ()) = tokio::join!(place.add(&word), async {
            tokio::task::block_in_place(|| place.postgres.start_again());
        });
        if answer.status != 201 {
            // A machine with much to do took longer.
            super::expect_refusal(&answer);
            place.add_at_last(&word).await;
        }
    }
    assert_eq!(place.words().await.values().sum::<usize>(), 3);
}
