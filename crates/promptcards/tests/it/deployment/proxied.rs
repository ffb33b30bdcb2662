//! A server, or two, behind the nginx of `deploy/nginx`: what people and programs see through it.

use std::time::Duration;

use fake_ollama::{Change, FakeOllama, Fault, Options};
use serde_json::{Value, json};
use testkit::{Actor, TestDatabase};
use tokio::time::{Instant, timeout};

use super::free_port;
use super::nginx::{Nginx, is_there};
use crate::certificates::Authority;
use crate::network::{Browser, NAME, Named};

const MODEL: &str = "ollama/llama3.2:latest";
/// How long nginx may keep an event to itself: it should be no time at all.
const AT_ONCE: Duration = Duration::from_secs(10);
/// How long the cells of a dead instance may stay with it.
const TAKEN_OVER: Duration = Duration::from_mins(1);
const BEHIND_PROXY: [(&str, &str); 2] = [
    ("PROMPTCARDS_SERVER__BEHIND_TLS_PROXY", "true"),
    ("PROMPTCARDS_SERVER__TRUSTED_PROXIES", "[\"127.0.0.1/32\"]"),
];

async fn card(actor: &Actor, cases: usize) {
    let card = actor.echo_card().await;
    let case = |number| json!({ "variables": { "word": format!("word {number}") } });
    actor.cases(&card, &(0..cases).map(case).collect::<Vec<Value>>()).await;
}

/// The cells that a reader sees finish, to the end of the run, and how often the stream broke and was taken up again.
async fn watch(actor: &Actor, run: &Value) -> (Vec<i64>, usize) {
    let (mut seen, mut last, mut broken) = (Vec::new(), 0, 0);
    loop {
        let path = format!("W/runs/{}/events?after={last}", run["id"].as_str().unwrap());
        let Some(mut events) = actor.try_events(&path).await else { continue };
        while let Some(event) = events.next().await {
            last = event.id.unwrap_or(last);
            match event.name.as_str() {
                "cell_finished" => seen.push(event.data["cell"]["position"].as_i64().unwrap()),
                "run_finished" => return (seen, broken),
                _ => {}
            }
        }
        broken += 1;
    }
}

#[test]
fn people_work_through_nginx_and_metrics_stay_inside() {
    if !is_there("a server behind nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new("authority of a test");
    let settings = [&BEHIND_PROXY[..], &[("PROMPTCARDS_LIMITS__GENERAL_ANONYMOUS", "6")]].concat();
    let server = Named::start(folder, "127.0.0.1:0", &settings);
    let nginx = Nginx::before([server.port, free_port()], folder, &authority);
    let browser = Browser::new(nginx.port, folder, &authority);
    let page = browser.get("/");
    assert!(page.0.starts_with("http/2 200") && page.0.contains("trusted-types promptcards"), "{}", page.0);
    assert!(page.0.contains("strict-transport-security: max-age=63072000"), "{}", page.0);
    for version in ["1.2", "1.3"] {
        browser.ask("/livez", &[&format!("--tlsv{version}"), "--tls-max", version]).unwrap();
    }
    assert!(browser.ask("/livez", &["--tls-max", "1.1"]).is_err());
    let other = ["--fail-early", "https://other.example/"];
    assert!(browser.ask("/livez", &other).unwrap_err().contains("unrecognized name"));
    let plain = format!("http://127.0.0.1:{}/cards?q=1", nginx.plain_port);
    let sent =
        std::process::Command::new("curl").args(["-si", &plain, "-H", &format!("host: {NAME}")]).output();
    let sent = String::from_utf8(sent.unwrap().stdout).unwrap();
    assert!(
        sent.starts_with("HTTP/1.1 308") && sent.contains(&format!("https://{NAME}/cards?q=1")),
        "{sent}"
    );
    browser.sign_up_and_work(&server.setup);

    for path in ["/metrics", "/metrics/", "/metrics?x=1", "/%6detrics", "//metrics", "/cards/../metrics"] {
        let seen = browser.ask(path, &["--path-as-is"]).unwrap();
        assert!(seen.status() == 404 && !seen.1.contains("promptcards_"), "{path}: {}", seen.0);
    }
    assert!(!server.log().contains("/metrics"), "{}", server.log());

    let large = |mebibytes: usize| {
        let file = folder.join("large.json");
        std::fs::write(&file, format!("\"{}\"", "x".repeat(mebibytes * 1024 * 1024))).unwrap();
        let at = format!("@{}", file.display());
        browser.ask(
            "/api/v1/csp-report",
            &["--data-binary", &at, "-H", "content-type: application/json", "-H", "expect:"],
        )
    };
    // nginx by itself would refuse one of 2 MiB; what comes to the server is refused by it.
    for (mebibytes, by_nginx) in [(2, false), (32, true)] {
        let refused = large(mebibytes).unwrap();
        assert_eq!((refused.status(), refused.json()["code"].as_str()), (413, Some("body_too_large")));
        assert!(refused.0.contains("content-type: application/problem+json"), "{}", refused.0);
        assert_eq!(refused.1.contains("more than 32 MiB"), by_nginx, "{}", refused.1);
    }

    // What a client says of itself is not believed: it is counted by the address that nginx has seen. One of the
    // requests without an account was the one that made it.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = Browser::new(nginx.port, elsewhere.path(), &authority);
    let statuses: Vec<u16> = (0..6)
        .map(|number| {
            let claimed = format!("x-forwarded-for: 198.51.100.{number}");
            stranger.ask("/api/v1/openapi.json?of=me", &["-H", &claimed]).unwrap().status()
        })
        .collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    let log = nginx.requests();
    assert!(log.contains("\"GET /api/v1/openapi.json\" 200") && !log.contains("of=me"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_live_while_one_of_two_upstreams_is_dead() {
    if !is_there("a run watched through nginx") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("authority of a test");
    let ollama = FakeOllama::start(Options::default()).unwrap();
    let models = ollama.url();
    let settings = [&BEHIND_PROXY[..], &[("OLLAMA_HOST", models.as_str())], &plenty()].concat();
    let mut server = Named::start(folder.path(), "127.0.0.1:0", &settings);
    let nginx = Nginx::before([free_port(), server.port], folder.path(), &authority);
    let token = testkit::sign_in_at(([127, 0, 0, 1], server.port).into(), folder.path());
    let actor = nginx.actor().with(token);
    card(&actor, 40).await;
    ollama.fail(Fault::HangBefore);
    let run = actor.start("echo", &[MODEL], 1).await;
    // Not one cell can end: what nginx collected would never come.
    let started = async {
        let mut events = actor.follow(&run, 0).await;
        while events.next().await.unwrap().name != "run_started" {}
    };
    timeout(AT_ONCE, started).await.unwrap();
    ollama.recover();
    let (mut seen, broken) = watch(&actor, &run).await;
    seen.sort_unstable();
    assert_eq!((seen, broken), ((0..40).collect(), 0));

    server.kill();
    let away = actor.get("/api/v1/account").await;
    assert_eq!(away.retry_after, Some(5));
    away.expect_problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_servers_is_killed_and_nobody_behind_nginx_notices() {
    let test = "one of two servers behind nginx is killed";
    if !is_there(test) {
        return;
    }
    let database = TestDatabase::new();
    let Some(url) = database.url() else {
        testkit::not_run(test, "TEST_POSTGRES_URL is not set");
        return;
    };
    let authority = Authority::new("authority of a test");
    let ollama = FakeOllama::start(Options::default()).unwrap();
    ollama.change(&Change { latency_ms: Some(20), ..Change::default() });
    let models = ollama.url();
    let shared = [("PROMPTCARDS_STORE__DATABASE_URL", url.as_str()), ("OLLAMA_HOST", models.as_str())];
    let settings = [&BEHIND_PROXY[..], &shared, &plenty()].concat();
    let mut one = Named::start(database.folder(), "127.0.0.1:0", &settings);
    let other = Named::start(database.folder(), "127.0.0.1:0", &settings);
    let nginx = Nginx::before([one.port, other.port], database.folder(), &authority);
    let token = testkit::sign_in_at(([127, 0, 0, 1], other.port).into(), database.folder());
    let actor = nginx.actor().with(token);
    card(&actor, 600).await;
    let run = actor.start("echo", &[MODEL], 1).await;

    // Two streams are open, and nginx gives each server one.
    let watching = async { tokio::join!(watch(&actor, &run), watch(&actor, &run)) };
    let killing = async {
        ollama.wait_until(|counters| counters.calls >= 100).await;
        one.kill();
        let killed = Instant::now();
        while actor.run(&run).await["state"] != "finished" {
            assert!(killed.elapsed() < TAKEN_OVER, "the run does not go on");
        }
    };
    let ((first, second), ()) = tokio::join!(watching, killing);
    assert_eq!(first.1 + second.1, 1, "one of the two streams broke, and was taken up again");
    for (mut seen, _) in [first, second] {
        seen.sort_unstable();
        assert_eq!(seen, (0..600).collect::<Vec<i64>>(), "each cell was seen, and once");
    }
    let passed = nginx.requests().lines().filter(|line| line.contains("502, 200")).count();
    assert!(passed > 0, "no request was passed from the dead server to the other: {}", nginx.requests());
}

fn plenty() -> Vec<(&'static str, &'static str)> {
    vec![("PROMPTCARDS_LIMITS__GENERAL", "1000000"), ("PROMPTCARDS_LIMITS__AI", "1000000")]
}
