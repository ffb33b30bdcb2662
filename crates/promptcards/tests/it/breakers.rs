//! Model servers that fail: their cells wait, nobody else does, and runs go on by themselves.

use std::net::SocketAddr;
use std::time::Duration;

use fake_ollama::{Fault, Options};
use llm::ProviderKind;
use promptcards::Config;
use resilience::BreakerSettings;
use serde_json::{Value, json};
use testkit::{Actor, TestServer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until, timeout};

const DOWN: Fault = Fault::Status { code: 500, retry_after_s: None };
/// Longer than any of this takes on a machine that is busy.
const LONG: Duration = Duration::from_mins(1);

/// Settings of the `ollama` of the server: four calls at once, its breaker opens for so long.
fn open_for(open_ms: u32) -> impl Fn(&mut Config) {
    move |config| {
        for provider in &mut config.providers.0 {
            if provider.kind == ProviderKind::Ollama {
                provider.concurrency = Some(4);
                provider.breaker = BreakerSettings { failures: 3, open_ms };
            }
        }
    }
}

/// A card whose cases are so many words, which its model repeats.
async fn words(actor: &Actor, count: usize) {
    let text = json!([{ "type": "text", "text": "Repeat after me: {{ x }}" }]);
    let variables = json!([{ "name": "x", "type": "text", "required": true }]);
    let messages = json!([{ "role": "user", "content": text }]);
    let card =
        actor.card("echo", &json!({ "kind": "text", "messages": messages, "variables": variables })).await;
    let case = |number| {
        let word = format!("word{number}");
        json!({ "variables": { "x": &word }, "assertions": [{ "type": "contains", "value": word }] })
    };
    actor.cases(&card, &(0..count).map(case).collect::<Vec<_>>()).await;
}

/// What a run waits for, as soon as there is something, or as soon as there is nothing.
async fn waits(actor: &Actor, run: &Value, some: bool) -> Vec<Value> {
    let path = format!("W/runs/{}/waits", run["id"].as_str().unwrap());
    // Followed before the first look: whatever changes after it is told.
    let mut events = actor.follow(run, 0).await;
    let waiting = async {
        loop {
            let items = actor.get(&path).await.expect(200)["items"].as_array().unwrap().clone();
            if items.is_empty() != some {
                return items;
            }
            events.next().await.unwrap();
        }
    };
    timeout(LONG, waiting).await.unwrap()
}

#[tokio::test]
async fn a_run_waits_for_its_model_server_and_goes_on_by_itself() {
    let server = TestServer::start_with(Options::default(), open_for(2_000)).await;
    let actor = &server.actor;
    words(actor, 60).await;
    server.ollama.fail(DOWN);
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let mut events = actor.follow(&run, 0).await;
    let waiting = waits(actor, &run, true).await;
    assert_eq!((&waiting[0]["provider"], &waiting[0]["model_position"]), (&json!("ollama"), &json!(0)));
    assert!(waiting[0]["reason"].as_str().unwrap().contains("500"), "{waiting:?}");
    assert_eq!(actor.run(&run).await["counts"]["error"], 0, "no cell ends for it");

    server.ollama.recover();
    let run = actor.finish(&run).await;
    assert_eq!((&run["counts"]["pass"], &run["counts"]["error"]), (&json!(60), &json!(0)), "{run:#}");
    assert!(waits(actor, &run, false).await.is_empty());

    // What failed is an attempt of its cell, and no failure was made twice by anybody.
    let mut failed = 0;
    for position in 0..60 {
        let path = format!("W/runs/{}/cells/{position}", run["id"].as_str().unwrap());
        let attempts = actor.get(&path).await.expect(200)["attempts"].as_array().unwrap().clone();
        let numbers: Vec<_> = attempts.iter().map(|attempt| attempt["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=attempts.len() as u64).collect::<Vec<_>>());
        assert_eq!(attempts.last().unwrap()["error_kind"], Value::Null);
        failed += attempts.len() - 1;
    }
    let counters = server.ollama.counters();
    assert_eq!((failed as u64, counters.calls), (counters.failed, 60 + counters.failed));

    let mut told = Vec::new();
    while let Some(event) = events.next().await {
        if event.name == "provider_waits" {
            told.push(event.data["waits"].as_array().unwrap().len());
        }
        if event.name == "run_finished" {
            break;
        }
    }
    assert!(told.contains(&1) && told.last() == Some(&0), "{told:?}");
    server.stop().await;
}

#[tokio::test]
async fn cells_that_have_waited_long_enough_end_as_errors_that_can_be_retried() {
    let server = TestServer::start_with(Options::default(), |config| {
        open_for(60_000)(config);
        config.runs.provider_wait_ms = 400;
    })
    .await;
    let actor = &server.actor;
    words(actor, 30).await;
    server.ollama.fail(DOWN);
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = timeout(LONG, actor.finish(&run)).await.unwrap();
    assert_eq!(run["counts"]["error"], 30);
    let unavailable: Vec<_> = actor
        .cells(&run)
        .await
        .into_iter()
        .filter(|cell| cell["headline"] == "Provider unavailable")
        .collect();
    assert_eq!(unavailable.len(), 30);

    server.ollama.recover();
    actor.post("/api/v1/health/provider-ollama/breaker/close", &json!({})).await.expect(200);
    let mut events = actor.follow(&run, run["event_number"].as_i64().unwrap()).await;
    actor.post(&format!("W/runs/{}/retry-errors", run["id"].as_str().unwrap()), &json!({})).await.expect(200);
    timeout(LONG, events.count_until("cell_finished", "run_finished")).await.unwrap().unwrap();
    assert_eq!(actor.run(&run).await["counts"]["pass"], 30);
    server.stop().await;
}

#[tokio::test]
async fn a_prompt_that_brings_its_server_down_is_given_up_in_the_end() {
    let server = TestServer::start_with(Options::default(), |config| {
        open_for(100)(config);
        for provider in &mut config.providers.0 {
            provider.breaker.failures = 1;
            provider.attempts = 1;
        }
    })
    .await;
    let actor = &server.actor;
    words(actor, 1).await;
    // Only its models fail: each probe says that the server is well.
    server.ollama.fail(DOWN);
    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let run = timeout(LONG, actor.finish(&run)).await.unwrap();
    assert_eq!(run["counts"]["error"], 1, "{run:#}");
    assert_eq!(server.ollama.counters().calls, 3, "once in each of three rounds");
    server.stop().await;
}

#[tokio::test]
async fn others_go_on_while_one_model_server_is_left_alone() {
    let server = TestServer::start_with(Options::default(), open_for(60_000)).await;
    let actor = &server.actor;
    words(actor, 20).await;
    server.ollama.fail(DOWN);
    let waiting = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    waits(actor, &waiting, true).await;
    let other = actor.start("echo", &["simulated/simulated-small"], 1).await;
    let other = timeout(LONG, actor.finish(&other)).await.unwrap();
    assert_eq!(other["counts"]["open"], 0);
    // A run that waits can be paused and cancelled like any other.
    actor.post(&format!("W/runs/{}/cancel", waiting["id"].as_str().unwrap()), &json!({})).await.expect(200);
    assert!(waits(actor, &waiting, false).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn an_admin_stops_a_model_server_and_lets_calls_pass_again() {
    let server = TestServer::start_with(Options::default(), open_for(60_000)).await;
    let actor = &server.actor;
    words(actor, 10).await;
    let breaker = |verb| format!("/api/v1/health/provider-ollama/breaker/{verb}");
    let opened = actor.post(&breaker("open"), &json!({ "reason": "A new GPU." })).await.expect(200);
    assert_eq!((&opened["state"], &opened["by_hand"]), (&json!("open"), &json!(true)));
    let health = actor.get("/api/v1/health").await.expect(200);
    let check = &health["checks"]["provider-ollama:responseTime"][0];
    assert_eq!(check["status"], "warn", "{health:#}");
    assert_eq!(check["output"], "It is left alone: A new GPU.");
    assert_eq!(health["status"], "warn");
    let runs = health["parts"].as_array().unwrap().iter().find(|part| part["part"] == "runs").unwrap();
    assert_eq!(runs["status"], "warn");

    let run = actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    let waiting = waits(actor, &run, true).await;
    assert_eq!((&waiting[0]["reason"], &waiting[0]["probe_at"]), (&json!("A new GPU."), &Value::Null));
    assert_eq!(waiting[0]["by_hand"], true);
    assert_eq!(server.ollama.counters().calls, 0);
    let closed = actor.post(&breaker("close"), &json!({})).await.expect(200);
    assert_eq!(closed["state"], "closed");
    let run = timeout(LONG, actor.finish(&run)).await.unwrap();
    assert_eq!(run["counts"]["pass"], 10);

    let lines = actor.get("/api/v1/audit?limit=20").await.expect(200);
    let actions: Vec<_> = lines["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert!(
        actions.contains(&&json!("breaker.open")) && actions.contains(&&json!("breaker.close")),
        "{actions:?}"
    );
    server.stop().await;
}

/// A model server that lists its models, answers nothing else, and counts.
async fn serve_failing(listener: TcpListener, asked: UnboundedSender<(Instant, bool)>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4_096];
        let read = client.read(&mut request).await.unwrap_or(0);
        let is_call = request[..read].starts_with(b"POST ");
        asked.send((Instant::now(), is_call)).unwrap();
        let body = "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}";
        let status = if is_call { "500 Internal Server Error" } else { "200 OK" };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
        let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        // A client that has gone has its answer.
        let _ = client.write_all(answer.as_bytes()).await;
    }
}

#[tokio::test]
async fn it_is_open_for_sixty_real_seconds_and_fifty_cells_that_wait_make_one_probe() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, mut seen) = unbounded_channel();
    let server_of_models = serve_failing(listener, asked);
    tokio::select! {
        () = server_of_models => {}
        () = watch_for_a_minute(address, &mut seen) => {}
    }
}

async fn watch_for_a_minute(address: SocketAddr, seen: &mut UnboundedReceiver<(Instant, bool)>) {
    let server = TestServer::start_with(Options::default(), |config| {
        let mut provider = llm::ProviderSettings::new("counted", ProviderKind::OpenAi);
        provider.base_url = Some(format!("http://{address}"));
        provider.attempts = 1;
        provider.concurrency = Some(1);
        config.providers.0.push(provider);
    })
    .await;
    let actor = &server.actor;
    words(actor, 50).await;
    actor.start("echo", &["counted/m"], 1).await;
    let mut calls = Vec::new();
    while calls.len() < 3 {
        let (at, is_call) = timeout(LONG, seen.recv()).await.unwrap().unwrap();
        calls.extend(is_call.then_some(at));
    }
    let opened = *calls.last().unwrap();
    sleep_until(opened + Duration::from_millis(59_500)).await;
    assert!(seen.try_recv().is_err(), "nothing is sent while it is open");
    sleep_until(opened + Duration::from_millis(60_500)).await;
    let after: Vec<_> = std::iter::from_fn(|| seen.try_recv().ok()).collect();
    let probes = after.iter().filter(|(_, is_call)| !is_call).count();
    assert_eq!(probes, 1, "{after:?}");
    let (at, _) = after[0];
    assert!(at - opened >= Duration::from_millis(59_900), "{:?}", at - opened);
    server.stop().await;
}
