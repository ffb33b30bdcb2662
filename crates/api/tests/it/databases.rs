//! The same requests have the same answers on either database.

use serde_json::{Value, json};
use testkit::TestDatabase;
use tokio::task::yield_now;

use crate::running::{NOBODY, Running, W, run_of, text};
use crate::stream::Events;

#[tokio::test]
async fn a_hundred_requests_are_answered_alike() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("a hundred requests on both databases", "TEST_POSTGRES_URL is not set");
        return;
    }
    let on_server = conversation(Running::on(database, 4, 0).await).await;
    let on_file = conversation(Running::on(TestDatabase::on_file(), 4, 0).await).await;
    let accepted = on_file.iter().filter(|(_, status, _)| (200..300).contains(status)).count();
    assert!(on_file.len() >= 100 && accepted >= 75, "{accepted} of {} requests were accepted", on_file.len());
    for (file, server) in on_file.iter().zip(&on_server) {
        assert_eq!(file, server);
    }
    assert_eq!(on_file.len(), on_server.len());
}

#[tokio::test]
async fn who_waits_for_a_label_hears_of_a_move_that_another_instance_made() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("a label moved by another instance", "TEST_POSTGRES_URL is not set");
        return;
    }
    let server = Running::on(database, 4, 0).await;
    server.draft("greet", "Hello.").await;
    server.save("greet").await;
    server.save_as("greet", "Good day.").await;
    let label = "/cards/greet/labels/production";
    server.done(&format!("PUT {label}"), &json!({ "version": 1 })).await;
    let etag = server.etag(label).await;
    let other = server.beside().await;
    let waiting = async {
        let what = format!("GET {label}?wait=60");
        server.call(&what, &[("if-none-match", &etag)], &Value::Null).await
    };
    let moving = async {
        while server.door.waiting().available_permits() == other.door.waiting().available_permits() {
            yield_now().await;
        }
        other.done(&format!("PUT {label}"), &json!({ "version": 2 })).await
    };
    let (answer, _) = tokio::join!(waiting, moving);
    assert_eq!((answer.status, &answer.json()["version"]["number"]), (200, &json!(2)));
}

/// One answer: the request, its status, and its JSON without what differs from one server to the next.
type Told = (String, u16, Value);

struct Talk {
    server: Running,
    told: Vec<Told>,
}

impl Talk {
    async fn ask(&mut self, what: &str, headers: &[(&str, &str)], body: Value) -> Value {
        let answer = self.server.call(what, headers, &body).await;
        let json = serde_json::from_str(answer.text()).unwrap_or(Value::Null);
        self.told.push((what.to_owned(), answer.status, steady(&json)));
        json
    }

    /// Saves the draft of the first card as a version.
    async fn save(&mut self, message: &str) {
        let etag = self.server.etag(&format!("{W}/cards/card-0/draft")).await;
        self.ask("POST /cards/card-0/versions", &[("if-match", &etag)], json!({ "message": message })).await;
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), &[], Value::Null).await
    }
}

/// Without times, durations and the bytes that their digits take, cursors that hold a time, and numbers of requests.
fn steady(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| !["_at", "_ms", "_mean"].iter().any(|end| key.ends_with(end)))
            .filter(|(key, _)| {
                !["request_id", "tokens_per_second", "timings", "stored_bytes"].contains(&key.as_str())
            })
            .map(|(key, value)| match key.as_str() {
                "next_cursor" => (key.clone(), Value::Bool(!value.is_null())),
                // It may name a time.
                "detail" => (key.clone(), value.as_str().map(without_digits).into()),
                _ => (key.clone(), steady(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(steady).collect(),
        other => other.clone(),
    }
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

async fn conversation(server: Running) -> Vec<Told> {
    let mut talk = Talk { server, told: Vec::new() };
    cards(&mut talk).await;
    versions(&mut talk).await;
    cases_and_runs(&mut talk).await;
    talk.told
}

async fn cards(talk: &mut Talk) {
    for (number, (title, tags)) in
        [("Café menu", "food"), ("Résumé", "work"), ("naive Bayes", "work"), ("Z", ""), ("ångström", "x,y")]
            .into_iter()
            .enumerate()
    {
        let tags: Vec<&str> = tags.split(',').filter(|tag| !tag.is_empty()).collect();
        let folder = if number % 2 == 0 { "a/b" } else { "" };
        let card = json!({
            "slug": format!("card-{number}"), "title": title, "tags": tags, "folder": folder,
            "content": text("Say {{ word }} to the naïve."),
        });
        talk.ask("POST /cards", &[], card).await;
    }
    talk.ask("POST /cards", &[], json!({ "slug": "card-1", "title": "Taken" })).await;
    talk.ask("POST /cards", &[], json!({ "slug": "Not A Slug", "title": "" })).await;
    for query in [
        "",
        "?limit=2",
        "?search=cafe",
        "?search=caf%C3%A9",
        "?search=resum",
        "?search=NAIVE",
        "?search=nothing",
        "?search=%22%27%26%21",
        "?tag=work",
        "?tag=none",
        "?folder=a",
        "?folder=a%2Fb",
        "?folder=a%2F",
        "?label=x",
        "?label=",
        "?archived=true",
        "?search=naive&tag=work",
        "?limit=0",
        "?limit=1000000",
    ] {
        talk.get(&format!("/cards{query}")).await;
    }
    for path in ["/cards/card-0", "/cards/card-9", "/cards/card-0/draft", "/cards/facets"] {
        talk.get(path).await;
    }
    for action in ["archive", "archive", "restore"] {
        talk.ask(&format!("POST /cards/card-3/{action}"), &[], json!({})).await;
    }
    talk.ask("POST /cards/card-2/duplicate", &[], json!({ "slug": "copy", "title": "Copy" })).await;
    talk.get("/cards?limit=3").await;
    let etag = talk.server.etag(&format!("{W}/cards/card-4")).await;
    let change = json!({ "title": "Ångström's", "tags": ["y", "z"], "folder": "a/b/c" });
    for _ in 0..2 {
        talk.ask("PATCH /cards/card-4", &[("if-match", &etag)], change.clone()).await;
    }
    talk.get("/cards/card-4").await;
    talk.get("/cards?folder=a&search=angstrom").await;
}

async fn versions(talk: &mut Talk) {
    for message in ["first", "the same again"] {
        talk.save(message).await;
    }
    for template in ["Say {{ word }} twice.", "{{ broken", "Say {% include \"card:card-0@production\" %}"] {
        let etag = talk.server.etag(&format!("{W}/cards/card-0/draft")).await;
        talk.ask("PUT /cards/card-0/draft", &[("if-match", &etag)], json!({ "content": text(template) }))
            .await;
        talk.save(template).await;
    }
    for version in [1, 2, 1, 7] {
        talk.ask("PUT /cards/card-0/labels/production", &[], json!({ "version": version })).await;
    }
    for path in [
        "/cards/card-0/versions",
        "/cards/card-0/versions?limit=1",
        "/cards/card-0/versions/1",
        "/cards/card-0/versions/9",
        "/cards/card-0/labels",
        "/cards/card-0/labels/production",
        "/cards/card-0/labels/staging",
        "/cards/card-0/labels/production/history",
        "/cards?label=production",
        "/cards?label=",
    ] {
        talk.get(path).await;
    }
}

async fn cases_and_runs(talk: &mut Talk) {
    let suite = talk.server.card_with_cases("echo", 7).await;
    talk.get(&format!("/suites/{suite}")).await;
    talk.get("/suites?limit=2").await;
    talk.get(&format!("/suites/{NOBODY}/cases")).await;
    let cases = talk.get(&format!("/suites/{suite}/cases?limit=3")).await;
    let case = cases["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/suites/{suite}/cases/{case}");
    let etag = talk.server.etag(&format!("{W}{path}")).await;
    let asked =
        json!({ "variables": { "word": "one" }, "assertions": [{ "type": "contains", "value": "o" }] });
    for _ in 0..2 {
        talk.ask(&format!("PUT {path}"), &[("if-match", &etag)], asked.clone()).await;
    }
    let etag = talk.server.etag(&format!("{W}{path}")).await;
    talk.ask(&format!("DELETE {path}"), &[("if-match", &etag)], Value::Null).await;
    talk.get(&path).await;
    talk.ask(&format!("POST {path}/restore"), &[], Value::Null).await;
    talk.ask("POST /runs/estimate", &[], run_of("echo")).await;
    talk.ask("POST /runs", &[("idempotency-key", "once")], run_of("nothing")).await;
    let run = talk.ask("POST /runs", &[("idempotency-key", "once")], run_of("echo")).await;
    let id = run["id"].as_str().unwrap().to_owned();
    Events::open(&talk.server, &format!("{W}/runs/{id}/events?after=0"), &[], None)
        .await
        .until("run_finished")
        .await;
    talk.ask("POST /runs", &[("idempotency-key", "once")], run_of("echo")).await;
    for path in [
        "",
        "/cells",
        "/cells?limit=2",
        "/cells?verdict=pass",
        "/cells?row_from=0&row_to=3",
        "/cells/0",
        "/cells/6",
        "/cells/7",
        "/cells/-1",
        "/cases?from=1&to=4",
        "/rows?filter=pass",
        "/rows?filter=unjudged",
        "/rows?filter=different",
        "/rows?search=CASE%203",
    ] {
        talk.get(&format!("/runs/{id}{path}")).await;
    }
    for query in
        ["", "?limit=1", "?state=finished", "?state=paused", "?card=echo", "?card=card-1", "?card=none"]
    {
        talk.get(&format!("/runs{query}")).await;
    }
    for action in ["pause", "resume", "cancel", "retry-errors"] {
        talk.ask(&format!("POST /runs/{id}/{action}"), &[], json!({})).await;
    }
    talk.ask(&format!("PUT /runs/{id}/keep"), &[], json!({})).await;
    talk.ask(&format!("DELETE /runs/{id}"), &[], Value::Null).await;
    talk.ask(&format!("DELETE /runs/{id}/keep"), &[], Value::Null).await;
    for _ in 0..2 {
        talk.ask(&format!("DELETE /runs/{id}"), &[], Value::Null).await;
    }
    talk.get(&format!("/runs/{id}")).await;
    talk.get("/runs").await;
    talk.get("/providers").await;
}
