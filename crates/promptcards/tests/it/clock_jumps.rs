//! The wall clock of a server is set by ten seconds to two days, forward and back, while it works. What measures time,
//! who is signed in and what waits for a model server must not mind.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use fake_ollama::{Change, FakeOllama, Fault, Options};
use serde_json::{Value, json};
use testkit::{ADMIN, Actor, PASSWORD, ServerProcess, TestDatabase, api_key_at};

const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
const CASES: usize = 1_200;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// By how many seconds the clock is wrong, one after the other.
const STEPS: [i64; 10] = [2 * DAY, 0, -2 * DAY, 0, HOUR, 0, -HOUR, 0, -10, 0];

/// Where Debian's libfaketime lies.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    folders.map(|folder| folder.path().join(LIBRARY)).find(|library| library.exists())
}

/// Somebody who signed in with a password, and renews the session when it is time to.
struct Person {
    actor: Actor,
    refresh_token: Value,
    renewals: usize,
}

impl Person {
    async fn sign_in(anybody: &Actor) -> Self {
        let body = json!({ "name": ADMIN, "password": PASSWORD, "remember": true, "tokens": true });
        let tokens = anybody.post("/api/v1/session", &body).await.expect(201)["tokens"].clone();
        let actor = anybody.with(tokens["access_token"].as_str().unwrap());
        Self { actor, refresh_token: tokens["refresh_token"].clone(), renewals: 0 }
    }

    /// Is let in, if need be after a renewal.
    async fn look(&mut self) {
        let answer = self.actor.get("W/cards").await;
        if answer.status == 401 {
            let body = json!({ "refresh_token": self.refresh_token });
            let tokens =
                self.actor.anonymous().post("/api/v1/session/refresh", &body).await.expect(201)["tokens"]
                    .clone();
            self.actor = self.actor.with(tokens["access_token"].as_str().unwrap());
            self.refresh_token = tokens["refresh_token"].clone();
            self.renewals += 1;
            self.actor.get("W/cards").await.expect(200);
            return;
        }
        answer.expect(200);
    }
}

/// Every number in what the server answers.
fn assert_no_negative(value: &Value) {
    match value {
        Value::Number(number) => assert!(number.as_f64().unwrap() >= 0.0, "{number}"),
        Value::Array(items) => items.iter().for_each(assert_no_negative),
        Value::Object(fields) => fields.values().for_each(assert_no_negative),
        _ => {}
    }
}

async fn cases(actor: &Actor, slug: &str, count: usize) {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
        "parameters": { "think": false },
    });
    let card = actor.card(slug, &content).await;
    let case = |number| json!({ "variables": { "word": format!("{number}") }, "expected_output": format!("{number}") });
    actor.cases(&card, &(0..count).map(case).collect::<Vec<Value>>()).await;
}

fn configure(folder: &Path, [good, down]: [&FakeOllama; 2]) {
    let provider = |name: &str, server: &FakeOllama| {
        format!("[[providers]]\nname = \"{name}\"\nkind = \"ollama\"\nbase_url = \"{}\"\n\n", server.url())
    };
    fs::write(folder.join("promptcards.toml"), provider("good", good) + &provider("down", down)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_changes_nothing_but_the_time_that_is_shown() {
    let Some(library) = library() else {
        testkit::not_run("a clock that is set", &format!("there is no {LIBRARY}: apt install faketime"));
        return;
    };
    let [good, down] = [(); 2].map(|()| FakeOllama::start(Options::default()).unwrap());
    good.change(&Change { latency_ms: Some(20), ..Change::default() });
    down.fail(Fault::Status { code: 500, retry_after_s: None });
    let (database, clock) = (TestDatabase::on_file(), tempfile::NamedTempFile::new().unwrap());
    let set = |seconds: i64| fs::write(clock.path(), format!("{seconds:+}\n")).unwrap();
    set(0);
    configure(database.folder(), [&good, &down]);
    let environment = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.path().to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("PROMPTCARDS_LOG__LEVEL", "warn"),
    ];
    let server =
        ServerProcess::start(env!("CARGO_BIN_EXE_promptcards").as_ref(), database.folder(), &environment);
    let key = Actor::at(server.address()).with(api_key_at(server.address(), database.folder()));
    let mut person = Person::sign_in(&key.anonymous()).await;
    cases(&key, "good", CASES).await;
    cases(&key, "down", 3).await;
    let waits = key.start("down", &["down/llama3.2:latest"], 1).await;
    let waits_path = format!("W/runs/{}/waits", waits["id"].as_str().unwrap());
    let mut events = key.follow(&waits, 0).await;
    while key.get(&waits_path).await.expect(200)["items"].as_array().unwrap().is_empty() {
        events.next().await.unwrap();
    }
    let asked = down.counters().calls;
    let run = key.start("good", &["good/llama3.2:latest"], 1).await;

    let mut ids = HashSet::new();
    let mut before = None;
    for (number, seconds) in STEPS.into_iter().enumerate() {
        let finished = key.run(&run).await["counts"]["pass"].as_u64().unwrap();
        set(seconds);
        let body = json!({ "slug": format!("step-{number}"), "title": "What time is it?" });
        let card = key.post("W/cards", &body).await.expect(201);
        let time: jiff::Timestamp = card["created_at"].as_str().unwrap().parse().unwrap();
        let right = time.as_second() - seconds;
        let since = right - before.unwrap_or(right);
        assert!((0..60).contains(&since), "step {number}: the server does not notice");
        before = Some(right);
        assert!(ids.insert(card["id"].to_string()), "an id was given twice");
        person.look().await;
        // The run goes on, whatever time it is.
        let goes_on = async || key.run(&run).await["counts"]["pass"].as_u64().unwrap() > finished;
        while !goes_on().await {}
        let health = person.actor.get("/api/v1/health").await.expect(200);
        assert_no_negative(&health);
        assert_eq!(down.counters().calls, asked, "step {number}: the breaker let a call through");
        assert_eq!(key.run(&waits).await["counts"]["error"], 0, "step {number}: what waits was given up");
    }
    assert!(key.run(&run).await["state"] == "running", "the run was over too early: give it more cases");
    let run = key.finish(&run).await;
    assert_eq!(run["counts"]["pass"], CASES);
    assert_no_negative(&run);
    for cell in key.cells(&run).await {
        assert_no_negative(&cell);
    }
    let calls = usize::try_from(good.counters().calls).unwrap();
    eprintln!("{} renewals; {calls} calls for {CASES} cells", person.renewals);
    assert!(calls <= CASES + 8 * STEPS.len(), "{calls} calls");
    assert!(person.renewals > 0, "a jump of two days ends an access token");
    assert!(!server.log().contains("panicked"), "{}", server.log());
    assert!(server.stop().success());
}
