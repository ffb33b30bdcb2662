//! The database server stands still, or the network swallows what is sent: nobody says so, only time limits help.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::{IN_TIME, Place, expect_refusal, expect_whole, follow_to_the_end};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_while_nothing_answers_is_told_in_time_and_then_all_goes_on() {
    const CELLS: usize = 600;
    let Some(place) = Place::start("frozen database server", &[]).await else { return };
    place.add_at_last("before").await;
    let run = place.start_run(CELLS).await;
    let following = follow_to_the_end(place.actor().follow(&run, 0).await);
    let outages = async {
        for number in 0..2 {
            if number == 0 {
                place.postgres.freeze();
            } else {
                place.wire.stall();
            }
            let begun = Instant::now();
            // Far more than there are connections: they must not wait for each other's time limits.
            let paths = ["W/cards", "W/runs", "W/suites"].into_iter().cycle().take(120);
            let reads = join_all(paths.map(async |path| {
                expect_refusal(&timeout(IN_TIME, place.actor().get(path)).await.unwrap());
            }));
            let words: Vec<String> = (0..30).map(|word| format!("during {number} {word}")).collect();
            let writes = join_all(words.iter().map(async |word| expect_refusal(&place.add(word).await)));
            tokio::join!(reads, writes, place.wait_until_ready_is(503));
            assert!(begun.elapsed() < IN_TIME, "{:?}", begun.elapsed());
            // From now on it is known.
            let begun = Instant::now();
            expect_refusal(&place.actor().get("/readyz").await);
            assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
            if number == 0 {
                place.postgres.thaw();
            } else {
                place.wire.delay(Duration::ZERO);
            }
            place.add_at_last(&format!("after {number}")).await;
            place.wait_until_ready_is(200).await;
            place.expect_log(number + 1).await;
        }
    };
    let (seen, ()) = tokio::join!(following, outages);
    expect_whole(&place, &run, &seen, CELLS).await;
    let words = place.words().await;
    // What was refused before its COMMIT was sent is not there; of the others it was said that nobody knows.
    assert!(["before", "after 0", "after 1"].iter().all(|word| words[*word] == 1), "{words:?}");
    assert!(words.values().all(|count| *count == 1), "{words:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_stands_still_can_be_stopped() {
    let Some(place) = Place::start("stopped beside a frozen database", &[]).await else { return };
    place.add_at_last("word").await;
    place.start_run(5_000).await;
    place.ollama.wait_until(|counters| counters.calls > 20).await;
    place.postgres.freeze();
    expect_refusal(&place.add("during").await);
    let begun = Instant::now();
    tokio::task::block_in_place(|| place.server.stop());
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}
