//! Models that come onto an Ollama server and go, from outside.

use fake_ollama::{Change, Fault, FaultOn, Options};
use serde_json::{Value, json};
use testkit::{ServerProcess, TestServer};

/// The path of a provider.
async fn provider(server: &TestServer, name: &str) -> String {
    let providers = server.actor.get("W/providers").await.expect(200);
    let mut items = providers["items"].as_array().unwrap().iter();
    let found = items.find(|provider| provider["name"] == name).unwrap();
    format!("W/providers/{}", found["id"].as_str().unwrap())
}

/// A fault that meets the next request, whatever it is.
fn next(fault: Fault) -> Change {
    Change {
        fault: Some(fault),
        fail_next: Some(1),
        fault_on: Some(FaultOn::Everything),
        ..Change::default()
    }
}

/// Begins a pull that stands still after its third line.
async fn stands_still(server: &TestServer, ollama: &str, model: &str) -> Value {
    server.ollama.change(&next(Fault::HangInStream { after_tokens: 3 }));
    let pull = server.actor.post(&format!("{ollama}/models"), &json!({ "name": model })).await;
    server.ollama.wait_until(|counters| counters.hanging == 1).await;
    pull.expect(202)
}

/// Follows a pull to its end.
async fn ended(server: &TestServer, ollama: &str, pull: &Value) -> Value {
    let path = format!("{ollama}/pulls/{}/events", pull["id"].as_str().unwrap());
    let mut events = server.actor.events(&path).await;
    let mut before = 0;
    loop {
        let event = events.next().await.unwrap();
        assert!(event.id.unwrap() > before && event.data["event_number"] == event.id.unwrap(), "{event:?}");
        before = event.id.unwrap();
        if event.name == "pull_ended" {
            assert!(events.next().await.is_none(), "nothing comes after the end");
            return event.data;
        }
        assert_eq!((event.name.as_str(), &event.data["state"]), ("pull_progress", &json!("running")));
    }
}

async fn names(server: &TestServer, ollama: &str) -> Vec<String> {
    let models = server.actor.get(&format!("{ollama}/models")).await.expect(200);
    let items = models["items"].as_array().unwrap().iter();
    items.map(|model| model["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_pull_is_followed_to_its_end_and_a_second_one_joins_it() {
    let server = TestServer::start().await;
    let ollama = provider(&server, "ollama").await;
    let pull = stands_still(&server, &ollama, "llama3.2:1b").await;
    let joined = server.actor.post(&format!("{ollama}/models"), &json!({ "name": "LLAMA3.2:1b" })).await;
    assert_eq!(joined.location.as_deref().unwrap().rsplit('/').next(), pull["id"].as_str());
    assert_eq!(joined.expect(200)["id"], pull["id"]);
    // Whoever comes in the middle sees how far it is.
    let going = server.actor.get(&format!("{ollama}/pulls")).await.expect(200);
    assert_eq!((&going["items"][0]["id"], &going["items"][0]["state"]), (&pull["id"], &json!("running")));
    assert!(!names(&server, &ollama).await.contains(&"llama3.2:1b".to_owned()));

    server.ollama.recover();
    let end = ended(&server, &ollama, &pull).await;
    assert_eq!(
        (&end["state"], &end["problem"], &end["status"]),
        (&json!("finished"), &json!(null), &json!("success"))
    );
    assert!(
        end["total_bytes"].as_i64().unwrap() > 100_000_000 && end["total_bytes"] == end["completed_bytes"]
    );
    assert!(names(&server, &ollama).await.contains(&"llama3.2:1b".to_owned()));
    let path = format!("{ollama}/pulls/{}", pull["id"].as_str().unwrap());
    assert_eq!(server.actor.get(&path).await.expect(200), end);
    let late = server.actor.post(&format!("{path}/cancel"), &json!({})).await;
    assert!(late.expect_problem(409, "wrong_state")["detail"].as_str().unwrap().contains("is there already"));
    server.stop().await;
}

#[tokio::test]
async fn a_pull_that_is_cancelled_ends_on_the_model_server_too() {
    let server = TestServer::start().await;
    let ollama = provider(&server, "ollama").await;
    let pull = stands_still(&server, &ollama, "llama3.2:1b").await;
    let cancel = format!("{ollama}/pulls/{}/cancel", pull["id"].as_str().unwrap());
    assert_eq!(server.actor.post(&cancel, &json!({})).await.expect(200)["state"], "cancelled");
    // The fault still stands: the request has gone because its client has.
    server.ollama.wait_until(|counters| counters.hanging == 0).await;
    assert!(!names(&server, &ollama).await.contains(&"llama3.2:1b".to_owned()));
    // A second cancel changes nothing, and the same may be pulled again.
    assert_eq!(server.actor.post(&cancel, &json!({})).await.expect(200)["state"], "cancelled");
    let again = server.actor.post(&format!("{ollama}/models"), &json!({ "name": "llama3.2:1b" })).await;
    assert_eq!(ended(&server, &ollama, &again.expect(202)).await["state"], "finished");
    server.stop().await;
}

#[tokio::test]
async fn a_pull_that_breaks_off_says_why_and_can_be_begun_again() {
    let server = TestServer::start().await;
    let ollama = provider(&server, "ollama").await;
    let start = async |name: &str| {
        let pull = server.actor.post(&format!("{ollama}/models"), &json!({ "name": name })).await.expect(202);
        ended(&server, &ollama, &pull).await
    };
    let says = |pull: &Value, words: &str| {
        assert_eq!(pull["state"], "failed", "{pull:#}");
        assert!(pull["problem"].as_str().unwrap().contains(words), "{pull:#}");
    };
    says(&start("no-such-model").await, "The registry has no such model");
    server.ollama.change(&next(Fault::CutInStream { after_tokens: 3 }));
    let cut = start("llama3.2:1b").await;
    says(&cut, "pull again to go on");
    assert!(cut["total_bytes"].as_i64().unwrap() > 0, "{cut:#}");
    server.ollama.change(&next(Fault::GarbageLine { after_tokens: 2 }));
    says(&start("llama3.2:1b").await, "a line that is not its JSON");
    server.ollama.change(&next(Fault::Status { code: 503, retry_after_s: None }));
    says(&start("llama3.2:1b").await, "failed (503)");
    assert_eq!(start("llama3.2:1b").await["state"], "finished");
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_pulled_is_refused() {
    let server = TestServer::start().await;
    let ollama = provider(&server, "ollama").await;
    for name in ["", "two words", "a\u{7}b", &"x".repeat(201)] {
        let answer = server.actor.post(&format!("{ollama}/models"), &json!({ "name": name })).await;
        assert_eq!(answer.expect_problem(422, "invalid")["errors"][0]["pointer"], "/name", "{name}");
    }
    let simulated = provider(&server, "simulated").await;
    let answer = server.actor.post(&format!("{simulated}/models"), &json!({ "name": "m" })).await;
    assert!(answer.expect_problem(409, "wrong_state")["detail"].as_str().unwrap().contains("only Ollama"));
    // Each takes its time; nobody waits for it.
    server.ollama.change(&Change { pull_ms: Some(600_000), ..Change::default() });
    let start = async |number: u32| {
        let name = json!({ "name": format!("llama:{number}b") });
        server.actor.post(&format!("{ollama}/models"), &name).await
    };
    for number in 1..=4 {
        start(number).await.expect(202);
    }
    start(1).await.expect(200);
    start(5).await.expect_problem(409, "wrong_state");
    server.stop().await;
}

#[tokio::test]
async fn a_pull_ends_with_its_server_and_that_is_said() {
    let server = TestServer::start().await;
    let ollama = provider(&server, "ollama").await;
    let pull = stands_still(&server, &ollama, "llama3.2:1b").await;
    // The end of the server waits for nothing that hangs.
    let database = server.stop().await;

    let url = database.url();
    let mut environment = vec![("OLLAMA_HOST", "127.0.0.1:1")];
    environment.extend(url.as_deref().map(|url| ("PROMPTCARDS_STORE__DATABASE_URL", url)));
    let binary = env!("CARGO_BIN_EXE_promptcards");
    let again = ServerProcess::start(binary.as_ref(), database.folder(), &environment);
    let path = format!("{ollama}/pulls/{}", pull["id"].as_str().unwrap());
    let gone = again.actor.get(&path).await.expect_problem(404, "not_found");
    assert!(
        gone["detail"].as_str().unwrap().contains("A pull ends with the server that began it"),
        "{gone:#}"
    );
    assert_eq!(again.actor.get(&format!("{ollama}/pulls")).await.expect(200)["items"], json!([]));
}

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "echo: hi" }] }],
        "variables": [],
    })
}

#[tokio::test]
async fn a_model_is_deleted_unless_a_run_uses_it() {
    let models = ["llama3.2", "hf.co/team/model:Q4_K_M"].map(fake_ollama::Model::named).into();
    let server = TestServer::start_with(Options { models, ..Options::default() }, |_| {}).await;
    let ollama = provider(&server, "ollama").await;
    let card = server.actor.card("echo", &content()).await;
    server.actor.cases(&card, &[json!({ "variables": {} })]).await;
    server.ollama.fail(Fault::HangBefore);
    let run = server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await;
    server.ollama.wait_until(|counters| counters.hanging == 1).await;
    let llama = format!("{ollama}/models/llama3.2");
    let used = server.actor.delete(&llama).await.expect_problem(409, "model_in_use");
    assert!(used["detail"].as_str().unwrap().starts_with("Run 1 uses `llama3.2`"), "{used:#}");
    server.ollama.recover();
    server.actor.finish(&run).await;

    let gone = server.actor.delete(&llama).await.expect(200);
    assert_eq!(gone["name"], "llama3.2:latest");
    assert!(gone["size_bytes"].as_i64().unwrap() > 1_000_000_000, "{gone:#}");
    server.actor.delete(&llama).await.expect_problem(404, "not_found");
    assert_eq!(names(&server, &ollama).await, ["hf.co/team/model:Q4_K_M"]);
    let slashed = format!("{ollama}/models/hf.co%2Fteam%2Fmodel:Q4_K_M");
    assert_eq!(server.actor.delete(&slashed).await.expect(200)["name"], "hf.co/team/model:Q4_K_M");
    assert_eq!(names(&server, &ollama).await, [""; 0]);

    let pull = stands_still(&server, &ollama, "llama3.2:1b").await;
    let on_its_way = server.actor.delete(&format!("{ollama}/models/llama3.2:1b")).await;
    on_its_way.expect_problem(409, "model_in_use");
    server.ollama.recover();
    assert_eq!(ended(&server, &ollama, &pull).await["state"], "finished");
    server.stop().await;
}

#[tokio::test]
async fn a_provider_is_diagnosed() {
    let server = TestServer::start_with(Options::default(), |config| {
        let provider = &mut config.providers.0[0];
        provider.base_url = provider.base_url.as_ref().map(|url| format!("{url}/api"));
    })
    .await;
    let ollama = provider(&server, "ollama").await;
    let found = server.actor.post(&format!("{ollama}/diagnose"), &json!({})).await.expect(200);
    let line = format!("base_url = \"{}\"", server.ollama.url());
    assert_eq!((&found["works"], &found["configuration"]), (&json!(false), &json!(line)), "{found:#}");
    assert_eq!(found["steps"][0]["outcome"], "fails");
    let simulated = provider(&server, "simulated").await;
    let asked = json!({ "model": "simulated-large" });
    assert_eq!(server.actor.post(&format!("{simulated}/diagnose"), &asked).await.expect(200)["works"], true);
    server
        .actor
        .post(&format!("{simulated}/diagnose"), &json!({ "model": "" }))
        .await
        .expect_problem(422, "invalid");
    server.stop().await;
}
