//! Connections that are cut, at each place in a write.

use std::time::Duration;

use testkit::Cut;

use super::{Place, expect_refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_cut_before_its_commit_is_done_again_and_answered_once() {
    let Some(place) = Place::start("cut before the commit", &[]).await else { return };
    for number in 0..5 {
        let word = format!("early {number}");
        place.wire.cut_at(&word, &word, Cut::Before);
        assert_eq!(place.add(&word).await.status, 201);
        assert!(place.wire.has_cut());
        let word = format!("later {number}");
        place.wire.cut_at(&word, &word, Cut::BeforeItsAnswer);
        assert_eq!(place.add(&word).await.status, 201);
        assert!(place.wire.has_cut());
    }
    let words = place.words().await;
    assert_eq!((words.len(), words.values().sum::<usize>()), (10, 10), "{words:?}");
    assert!(!place.server.log().contains("ERROR"), "{}", place.server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_outcome_is_unknown_is_neither_success_nor_repeated() {
    let Some(place) = Place::start("cut in the commit", &[]).await else { return };
    for (word, cut, stored) in [("lost", Cut::Before, 0), ("kept", Cut::BeforeItsAnswer, 1)] {
        place.wire.cut_at(word, "COMMIT", cut);
        let answer = place.add(word).await;
        assert!(place.wire.has_cut());
        expect_refusal(&answer);
        let said = answer.body["detail"].as_str().unwrap();
        assert!(said.contains("may or may not be there"), "{said}");
        assert_eq!(place.words().await.get(word).copied().unwrap_or_default(), stored, "{word}");
        // Whoever asks again with the same key gets it, once.
        assert_eq!(place.add(word).await.status, 201);
        assert_eq!(place.words().await[word], 1);
    }
    let log = place.expect_log(0).await;
    assert_eq!(log.matches("it is not known whether something was stored").count(), 2, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_whose_claim_or_result_is_cut_are_done_once() {
    let Some(place) = Place::start("cut in the commits of a run", &[]).await else { return };
    let run = place.start_run(400).await;
    let mut events = place.actor().follow(&run, 0).await;
    let following = super::follow_to_the_end(place.actor().follow(&run, 0).await);
    let cuts = async {
        let mut cells = 0;
        for (number, message) in ["COMMIT", "COMMIT", "cell", "COMMIT"].iter().cycle().take(12).enumerate() {
            let cut = if number % 2 == 0 { Cut::BeforeItsAnswer } else { Cut::Before };
            place.wire.cut_at("BEGIN", message, cut);
            while !place.wire.has_cut() {
                cells += usize::from(events.next().await.unwrap().name == "cell_finished");
            }
        }
        cells
    };
    let (seen, cells) = tokio::join!(following, cuts);
    assert!(cells < 400, "the run had ended before the last cut");
    super::expect_whole(&place, &run, &seen, 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_slow_wire_all_works_and_nothing_is_called_trouble() {
    let Some(place) = Place::start("slow wire", &[]).await else { return };
    place.wire.delay(Duration::from_millis(40));
    for word in ["one", "two", "three"] {
        assert_eq!(place.add(word).await.status, 201);
    }
    let run = place.start_run(30).await;
    let seen = super::follow_to_the_end(place.actor().follow(&run, 0).await).await;
    super::expect_whole(&place, &run, &seen, 30).await;
    place.expect_log(0).await;
}
