//! Trouble with `PostgreSQL`, from outside: nothing that was acknowledged is lost, nothing is stored twice, whoever
//! asks is answered in time, the log says it once, and with the database back all goes on by itself.

mod cuts;
mod refusals;
mod silence;
mod stops;

use std::collections::HashMap;
use std::time::Duration;

use fake_ollama::{Change, FakeOllama, Options};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Actor, Answer, Events, PostgresServer, ServerProcess, Wire};
use tokio::time::{Instant, timeout};

/// The limit of one statement, in milliseconds.
const STATEMENT: &str = "1500";
/// How long an answer may take while the database does not answer: the limit, what the server is given to say that it
/// gave up, and a connection. The rest is for a machine with much to do.
const IN_TIME: Duration = Duration::from_secs(12);
/// How long it may take until all is well again: what is done every ten seconds finds it.
const RECOVERY: Duration = Duration::from_secs(30);
const MODEL: &str = "ollama/llama3.2:latest";

/// A server on a database server of its own, with a wire between the two.
struct Place {
    postgres: PostgresServer,
    wire: Wire,
    ollama: FakeOllama,
    server: ServerProcess,
    suite: String,
    _folder: TempDir,
}

impl Place {
    /// None: there is no `PostgreSQL` to test with, which was said.
    async fn start(test: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let postgres = PostgresServer::start(test, settings)?;
        postgres.query("postgres", "CREATE DATABASE cards");
        let wire = Wire::to(postgres.address());
        let ollama = FakeOllama::start(Options::default()).unwrap();
        ollama.change(&Change { latency_ms: Some(20), ..Change::default() });
        let folder = tempfile::tempdir().unwrap();
        let (database, models) = (postgres.url(wire.address(), "cards"), ollama.url());
        let environment = [
            ("PROMPTCARDS_STORE__DATABASE_URL", database.as_str()),
            ("PROMPTCARDS_STORE__DATABASE_TIMEOUT_MS", STATEMENT),
            ("PROMPTCARDS_LOG__LEVEL", "info,http=warn"),
            ("OLLAMA_HOST", models.as_str()),
        ];
        let binary = env!("CARGO_BIN_EXE_promptcards").as_ref();
        let server = ServerProcess::start(binary, folder.path(), &environment);
        let card = server.actor.card("echo", &content()).await;
        let suite = format!("W/suites/{}", card["suite_id"].as_str().unwrap());
        Some(Self { postgres, wire, ollama, server, suite, _folder: folder })
    }

    fn actor(&self) -> &Actor {
        &self.server.actor
    }

    /// Adds a case with this key; the same key adds it once.
    async fn add(&self, word: &str) -> Answer {
        let case = json!({ "variables": { "word": word }, "expected_output": word });
        let path = format!("{}/cases", self.suite);
        let key: String =
            word.chars().take(40).map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let headers = [("idempotency-key", key.as_str())];
        let adding = self.actor().send(Method::POST, &path, &headers, Some(&case));
        timeout(IN_TIME, adding).await.unwrap()
    }

    /// Adds a case, again as often as it is refused.
    async fn add_at_last(&self, word: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.add(word).await;
            if answer.status == 201 {
                return;
            }
            expect_refusal(&answer);
            assert!(begun.elapsed() < RECOVERY, "it is still refused: {:#}", answer.body);
        }
    }

    /// How often each word is among the cases.
    async fn words(&self) -> HashMap<String, usize> {
        let mut words = HashMap::new();
        let first = format!("{}/cases?limit=200", self.suite);
        let mut path = first.clone();
        loop {
            let page = self.actor().get(&path).await.expect(200);
            for case in page["items"].as_array().unwrap() {
                let word = case["content"]["variables"]["word"].as_str().unwrap();
                *words.entry(word.to_owned()).or_default() += 1;
            }
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{first}&cursor={cursor}"),
                None => return words,
            }
        }
    }

    /// Waits until `/readyz` answers with this status; `/livez` is fine all the time.
    async fn wait_until_ready_is(&self, status: u16) {
        let begun = Instant::now();
        loop {
            timeout(Duration::from_secs(2), self.actor().get("/livez")).await.unwrap().expect(200);
            let ready = timeout(IN_TIME, self.actor().get("/readyz")).await.unwrap();
            if ready.status == status {
                if status == 503 {
                    expect_refusal(&ready);
                }
                return;
            }
            assert!(begun.elapsed() < RECOVERY, "/readyz still answers {}", ready.status);
        }
    }

    /// Waits until the log says that the database works again, and looks that each outage was said once when it began
    /// and once when it ended, and nothing beside.
    async fn expect_log(&self, outages: usize) -> String {
        let begun = Instant::now();
        let count = |log: &str, words: &str| log.matches(words).count();
        loop {
            let log = self.server.log();
            if count(&log, "the database does its work again") == outages {
                assert_eq!(count(&log, "the database cannot do its work"), outages, "{log}");
                let lines =
                    log.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).count();
                assert!(lines <= 2 * outages + count(&log, "may or may not be there"), "{log}");
                return log;
            }
            assert!(begun.elapsed() < RECOVERY, "it was not said that the database works again:\n{log}");
            // The upkeep of the worker works on the database every ten seconds; whoever reads does, too.
            self.actor().get("/readyz").await;
        }
    }

    /// Starts a run of a card of its own that has so many cases.
    async fn start_run(&self, cells: usize) -> Value {
        self.start_run_of((0..cells).map(|number| format!("cell {number}"))).await
    }

    /// Starts a run of a card of its own whose cases have these words.
    async fn start_run_of(&self, words: impl Iterator<Item = String>) -> Value {
        let case = |word| json!({ "variables": { "word": word }, "expected_output": word });
        let cases: Vec<Value> = words.map(case).collect();
        let card = self.actor().card("run", &content()).await;
        for cases in cases.chunks(1_000) {
            self.actor().cases(&card, cases).await;
        }
        self.actor().start("run", &[MODEL], 1).await
    }
}

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
        "parameters": { "think": false },
    })
}

/// A 503 says in a sentence what is the matter, and when to try again.
#[track_caller]
fn expect_refusal(answer: &Answer) {
    assert_eq!(answer.status, 503, "{:#}", answer.body);
    assert_eq!(answer.content_type.as_deref(), Some("application/problem+json"));
    assert!(answer.retry_after.is_some(), "it is not said when to try again");
    assert!(answer.body["detail"].as_str().unwrap().ends_with('.'), "{:#}", answer.body);
}

/// Follows a run from its first event to its end through one stream, which no outage ends; no cell finishes twice.
async fn follow_to_the_end(mut events: Events) -> HashMap<i64, Value> {
    let mut seen = HashMap::new();
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

/// All cells of the run have passed, each once, and are what its reader saw.
async fn expect_whole(place: &Place, run: &Value, seen: &HashMap<i64, Value>, cells: usize) {
    let run = place.actor().run(run).await;
    assert_eq!((&run["state"], &run["counts"]["pass"]), (&json!("finished"), &json!(cells)), "{run:#}");
    let stored = place.actor().cells(&run).await;
    assert_eq!((stored.len(), seen.len()), (cells, cells));
    for cell in stored {
        assert_eq!(seen[&cell["position"].as_i64().unwrap()], cell);
    }
}
