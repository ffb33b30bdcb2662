//! `/metrics`, as Prometheus reads it from a server that has done real work.

use std::collections::BTreeMap;

use fake_ollama::{Fault, Options};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Actor, TestServer};

const DOWN: Fault = Fault::Status { code: 500, retry_after_s: None };

/// The lines of a page, by name and labels as they stand there.
struct Page(BTreeMap<String, f64>);

impl Page {
    async fn of(actor: &Actor) -> Self {
        Self::parse(&actor.text("/metrics").await)
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(
            lines
                .map(|line| {
                    let (name, value) = line.rsplit_once(' ').unwrap();
                    (name.to_owned(), value.parse().unwrap())
                })
                .collect(),
        )
    }

    /// The value of a name with its labels, in whatever order those stand. None: there is no such line.
    fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let has = |line: &str| {
            let label = |(key, value): &(&str, &str)| line.contains(&format!("{key}=\"{value}\""));
            line.split(['{', ' ']).next() == Some(name) && labels.iter().all(label)
        };
        let mut found = self.0.iter().filter(|(line, _)| has(line));
        let first = found.next().map(|(_, value)| *value);
        assert!(found.next().is_none(), "{name} {labels:?} has several lines");
        first
    }
}

/// A card `echo` with so many cases, whose model repeats the word of each.
async fn echo(actor: &Actor, cases: u32) {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    });
    let card = actor.card("echo", &content).await;
    let case = |number| json!({ "variables": { "word": format!("w{number}") }, "expected_output": "w0" });
    actor.cases(&card, &(0..cases).map(case).collect::<Vec<Value>>()).await;
}

/// What is there with a file, and not with a server.
const OF_FILE: [&str; 4] = [
    "promptcards_store_disk_bytes gauge",
    "promptcards_store_disk_free_bytes gauge",
    "promptcards_store_file_bytes gauge",
    "promptcards_store_wal_bytes gauge",
];

/// The names of a page with their kinds, one a line, but for those of a file: all of them are there, or none. The
/// buckets of a histogram are one name.
fn names(text: &str) -> String {
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.sort_unstable();
    let all = names.len();
    names.retain(|name| !OF_FILE.contains(name));
    assert!([0, OF_FILE.len()].contains(&(all - names.len())), "{text}");
    names.join("\n")
}

#[tokio::test]
async fn a_run_is_seen_in_every_figure_that_it_touches() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    echo(actor, 12).await;
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    actor.finish(&run).await;
    let again = json!({
        "card_versions": [{ "slug": "echo" }],
        "models": [{ "provider": "ollama", "model": "llama3.2:latest" }],
        "cache": true,
    });
    let again = actor.post("W/runs", &again).await.expect(202);
    actor.finish(&again).await;
    let text = actor.text("/metrics").await;
    insta::assert_snapshot!(names(&text));
    let page = Page::parse(&text);

    let model = [("provider", "ollama"), ("model", "llama3.2:latest")];
    let with = |more: (&'static str, &'static str)| [model[0], model[1], more];
    let calls = f64::from(u32::try_from(server.ollama.counters().calls).unwrap());
    for (name, labels, expected) in [
        ("promptcards_cells_finished_total", &[("verdict", "pass")][..], 2.0),
        ("promptcards_cells_finished_total", &[("verdict", "fail")], 22.0),
        ("promptcards_model_calls_total", &with(("outcome", "ok")), calls),
        ("promptcards_model_call_duration_seconds_count", &model, calls),
        ("promptcards_model_first_token_duration_seconds_count", &model, calls),
        ("promptcards_cache_requests_total", &[("kind", "response"), ("result", "hit")], 12.0),
        ("promptcards_cache_requests_total", &[("kind", "response"), ("result", "miss")], 0.0),
        ("promptcards_cell_queue_duration_seconds_count", &[], 24.0),
        ("promptcards_model_calls_in_flight", &[], 0.0),
        ("promptcards_cells", &[("state", "pending")], 0.0),
        (
            "promptcards_http_requests_total",
            &[("route", "/api/v1/workspaces/{ws}/runs"), ("status", "202")],
            2.0,
        ),
        ("promptcards_dependency_up", &[("dependency", "database")], 1.0),
        ("promptcards_breaker_state", &[("dependency", "provider-ollama"), ("state", "closed")], 1.0),
        ("promptcards_sessions", &[], 1.0),
        ("promptcards_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
    ] {
        assert_eq!(page.get(name, labels), Some(expected), "{name} {labels:?}");
    }
    for name in [
        "promptcards_store_commits_total",
        "promptcards_store_commit_writes_sum",
        "promptcards_cell_store_duration_seconds_count",
        "promptcards_cell_claim_duration_seconds_count",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
    ] {
        assert!(page.get(name, &[]).is_some_and(|value| value > 0.0), "{name}");
    }
    for kind in ["input", "output"] {
        assert!(page.get("promptcards_model_tokens_total", &with(("kind", kind))) > Some(0.0), "{kind}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_model_server_that_fails_is_seen_by_its_breaker_and_its_calls() {
    let server = TestServer::start_with(Options::default(), |config| {
        config.runs.provider_wait_ms = 1_000;
    })
    .await;
    let actor = &server.actor;
    echo(actor, 4).await;
    server.ollama.fail(DOWN);
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    actor.finish(&run).await;
    let page = Page::of(actor).await;
    let breaker =
        |state| page.get("promptcards_breaker_state", &[("dependency", "provider-ollama"), ("state", state)]);
    assert_eq!((breaker("open"), breaker("closed")), (Some(1.0), Some(0.0)));
    let up = |id| page.get("promptcards_dependency_up", &[("dependency", id)]);
    assert_eq!((up("provider-ollama"), up("database")), (Some(0.0), Some(1.0)));
    let opened = page.get("promptcards_breaker_opened_total", &[("dependency", "provider-ollama")]);
    assert_eq!(opened, Some(1.0));
    assert_eq!(page.get("promptcards_cells_finished_total", &[("verdict", "error")]), Some(4.0));
    let failed = page.get("promptcards_model_calls_total", &[("outcome", "server_error")]);
    assert!(failed >= Some(3.0), "{failed:?}");
    server.stop().await;
}

#[tokio::test]
async fn addresses_and_methods_that_somebody_makes_up_are_one_line() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    for number in 0..50 {
        let path = format!("/api/v1/made-up-{number}");
        actor.send(Method::GET, &path, &[], None).await.expect_problem(404, "not_found");
        let method = Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
        actor
            .send(method, "/api/v1/workspaces/default/cards", &[], None)
            .await
            .expect_problem(405, "method_not_allowed");
    }
    let page = Page::of(actor).await;
    let line = |method, status| {
        page.get(
            "promptcards_http_requests_total",
            &[("route", "none"), ("method", method), ("status", status)],
        )
    };
    assert_eq!((line("GET", "404"), line("other", "405")), (Some(50.0), Some(50.0)));
    server.stop().await;
}

#[tokio::test]
async fn who_reads_them_is_an_admin_or_whoever_reaches_their_own_address() {
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = TestServer::start_with(Options::default(), |config| {
        config.server.metrics_listen = Some(nowhere);
    })
    .await;
    let actor = &server.actor;
    actor.anonymous().get("/metrics").await.expect_problem(401, "sign_in_required");
    let user = actor.invite("reader", "user", Some("viewer")).await;
    user.get("/metrics").await.expect_problem(403, "forbidden");

    let apart = Actor::at(server.metrics.unwrap());
    let page = Page::of(&apart).await;
    assert_eq!(page.get("promptcards_dependency_up", &[("dependency", "database")]), Some(1.0));
    for path in ["/api/v1/health", "/", "/readyz"] {
        assert_eq!(apart.get(path).await.status, 404, "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn open_metrics_is_written_for_who_asks_for_it() {
    let server = TestServer::start().await;
    let wanted = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    let url = server.actor.url("/metrics");
    let request = reqwest::Client::new().get(url).bearer_auth(server.actor.token()).header("accept", wanted);
    let answer = request.send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    server.stop().await;
}
