//! Several instances on one `PostgreSQL`: they share the work, hear of each other, and take over from the dead.

use std::collections::HashMap;
use std::time::Duration;

use fake_ollama::{Change, FakeOllama, Fault, Options};
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess, TestDatabase};
use tokio::time::{Instant, timeout};

const MODEL: &str = "ollama/llama3.2:latest";
/// How soon an instance hears of what was done on another: far sooner than it looks for itself.
const SOON: Duration = Duration::from_secs(4);
/// How long a dead instance's cells may stay with it: its lease and the time until somebody looks.
const TAKEN_OVER: Duration = Duration::from_secs(35);

struct Place {
    database: TestDatabase,
    ollama: FakeOllama,
}

impl Place {
    /// None: the tests run on files, of which each has one instance.
    fn start(test: &str) -> Option<Self> {
        let database = TestDatabase::new();
        if !database.is_on_server() {
            testkit::not_run(test, "TEST_POSTGRES_URL is not set");
            return None;
        }
        let ollama = FakeOllama::start(Options::default()).unwrap();
        ollama.change(&Change { latency_ms: Some(20), ..Change::default() });
        Some(Self { database, ollama })
    }

    fn serve(&self) -> ServerProcess {
        let (database, models) = (self.database.url().unwrap(), self.ollama.url());
        let environment = [
            ("PROMPTCARDS_STORE__DATABASE_URL", database.as_str()),
            ("PROMPTCARDS_LOG__LEVEL", "info,http=warn"),
            ("OLLAMA_HOST", models.as_str()),
        ];
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), self.database.folder(), &environment)
    }

    /// Waits until so many cells are leased.
    async fn leased(&self, cells: usize, within: Duration) {
        const LEASED: &str = "SELECT COUNT(*) FROM cells WHERE state = 'leased'";
        let begun = Instant::now();
        loop {
            let leased = self.database.query(LEASED);
            if leased == [cells.to_string()] {
                return;
            }
            assert!(begun.elapsed() < within, "{leased:?} cells are leased, not {cells}");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many calls hang at the model server.
    async fn hanging(&self, calls: u64, within: Duration) {
        let waiting = self.ollama.wait_until(|counters| counters.hanging == calls);
        assert!(timeout(within, waiting).await.is_ok(), "{:?}", self.ollama.counters());
    }
}

/// Makes a card with so many cases.
async fn card(actor: &Actor, cases: usize) {
    let card = actor.echo_card().await;
    let case = |number| {
        let word = format!("word {number}");
        json!({ "variables": { "word": word }, "expected_output": word })
    };
    actor.cases(&card, &(0..cases).map(case).collect::<Vec<Value>>()).await;
}

fn path(run: &Value, action: &str) -> String {
    format!("W/runs/{}/{action}", run["id"].as_str().unwrap())
}

/// The cells that a reader sees finish, to the end of the run.
async fn watch(actor: &Actor, run: &Value) -> HashMap<i64, Value> {
    let mut seen = HashMap::new();
    let mut events = actor.follow(run, 0).await;
    loop {
        let event = events.next().await.unwrap();
        match event.name.as_str() {
            "cell_finished" => {
                let cell = event.data["cell"].clone();
                let again = seen.insert(cell["position"].as_i64().unwrap(), cell.clone());
                assert!(again.is_none(), "cell {} finished twice", cell["position"]);
            }
            "run_finished" => return seen,
            _ => {}
        }
    }
}

async fn expect_whole(actor: &Actor, run: &Value, seen: &HashMap<i64, Value>, cells: usize) {
    let run = actor.run(run).await;
    assert_eq!((&run["state"], &run["counts"]["pass"]), (&json!("finished"), &json!(cells)), "{run:#}");
    let stored = actor.cells(&run).await;
    assert_eq!((stored.len(), seen.len()), (cells, cells));
    for cell in stored {
        assert_eq!(seen[&cell["position"].as_i64().unwrap()], cell);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_start_at_once_on_an_empty_database_share_a_run_and_ask_no_cell_twice() {
    let Some(place) = Place::start("two instances") else { return };
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(|| place.serve()), scope.spawn(|| place.serve()));
        (one.join().unwrap(), other.join().unwrap())
    });
    card(&one.actor, 600).await;
    let run = one.actor.start("echo", &[MODEL], 1).await;
    let (here, there) = tokio::join!(watch(&one.actor, &run), watch(&other.actor, &run));
    expect_whole(&one.actor, &run, &here, 600).await;
    expect_whole(&other.actor, &run, &there, 600).await;
    let counters = place.ollama.counters();
    // Four calls at once is what each of them may have.
    assert_eq!((counters.calls, counters.most_in_flight), (600, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_a_run_on_one_is_heard_by_the_other() {
    let Some(place) = Place::start("what is done on one instance") else { return };
    let (one, other) = (place.serve(), place.serve());
    card(&one.actor, 300).await;
    place.ollama.fail(Fault::HangBefore);
    let run = one.actor.start("echo", &[MODEL], 1).await;
    // Both hear of its start: each has four calls under way and four cells that wait.
    place.hanging(8, SOON).await;
    place.leased(16, SOON).await;
    one.actor.post(&path(&run, "pause"), &json!({})).await.expect(200);
    place.leased(8, SOON).await;
    other.actor.post(&path(&run, "resume"), &json!({})).await.expect(200);
    place.leased(16, SOON).await;
    let mut events = other.actor.follow(&run, 0).await;
    one.actor.post(&path(&run, "cancel"), &json!({})).await.expect(200);
    let aborted = place.ollama.wait_until(|counters| counters.aborted == 8);
    assert!(timeout(SOON, aborted).await.is_ok(), "{:?}", place.ollama.counters());
    let cancelled = async { while events.next().await.unwrap().name != "run_cancelled" {} };
    timeout(SOON, cancelled).await.unwrap();
    one.actor.delete(&format!("W/runs/{}", run["id"].as_str().unwrap())).await;
    other
        .actor
        .get(&format!("W/runs/{}", run["id"].as_str().unwrap()))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(place.ollama.counters().calls, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cells_of_one_that_is_killed_are_taken_over() {
    let Some(place) = Place::start("a killed instance") else { return };
    let (one, other) = (place.serve(), place.serve());
    card(&one.actor, 500).await;
    let run = one.actor.start("echo", &[MODEL], 1).await;
    let watching = watch(&other.actor, &run);
    let killing = async {
        place.ollama.wait_until(|counters| counters.calls >= 100).await;
        one.kill();
        Instant::now()
    };
    let (seen, killed) = tokio::join!(watching, killing);
    assert!(killed.elapsed() < TAKEN_OVER, "{:?}", killed.elapsed());
    expect_whole(&other.actor, &run, &seen, 500).await;
    let calls = place.ollama.counters().calls;
    assert!((500..=508).contains(&calls), "{calls} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stood_still_beyond_its_lease_stores_nothing_of_what_was_taken_over() {
    let Some(place) = Place::start("an instance that stands still") else { return };
    let (one, other) = (place.serve(), place.serve());
    card(&one.actor, 40).await;
    place.ollama.fail(Fault::HangBefore);
    let run = one.actor.start("echo", &[MODEL], 1).await;
    place.leased(16, SOON).await;
    one.signal("STOP");
    place.ollama.recover();
    let watching = watch(&other.actor, &run);
    let seen = timeout(Duration::from_mins(1), watching).await.unwrap();
    // Its four calls were answered long ago; it stores them only now.
    one.signal("CONT");
    one.actor.get("/readyz").await.expect(200);
    expect_whole(&other.actor, &run, &seen, 40).await;
    expect_whole(&one.actor, &run, &seen, 40).await;
    let calls = place.ollama.counters().calls;
    // Its four calls were made again, and it may begin the four that waited before it hears that they are done.
    assert!((40..=48).contains(&calls), "{calls} calls");
    assert!(one.stop().success());
    expect_whole(&other.actor, &run, &seen, 40).await;
}
