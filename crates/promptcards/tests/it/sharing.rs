//! What is read by a link tells nothing of the network, and its secret lies nowhere.

use fake_ollama::{Fault, Options};
use serde_json::{Value, json};
use testkit::{Actor, ServerProcess, TestDatabase, TestServer};

async fn echo(actor: &Actor) {
    let text = json!([{ "type": "text", "text": "echo: one two three" }]);
    let content =
        json!({ "kind": "text", "messages": [{ "role": "user", "content": text }], "variables": [] });
    let card = actor.card("echo", &content).await;
    actor.cases(&card, &[json!({ "variables": {}, "expected_output": "one two three" })]).await;
}

/// The secret of a new link.
async fn link(actor: &Actor, of: &Value) -> (String, String) {
    let made = actor.post("W/shares", of).await.expect(201);
    let secret = made["path"].as_str().unwrap().strip_prefix("/shared#").unwrap().to_owned();
    (secret, made["share"]["id"].as_str().unwrap().to_owned())
}

async fn look(actor: &Actor, secret: &str, part: &str) -> Value {
    let body = json!({ "secret": secret, "part": part });
    actor.anonymous().post("/api/v1/shared/look", &body).await.expect(200)
}

#[tokio::test]
async fn why_there_was_no_answer_is_shared_without_addresses() {
    let server = TestServer::start_with(Options::default(), |config| {
        config.providers.0.iter_mut().for_each(|provider| provider.attempts = 1);
    })
    .await;
    let actor = &server.actor;
    echo(actor).await;
    server.ollama.fail(Fault::Refuse { for_ms: 600_000 });
    let run = actor.finish(&actor.start("echo", &["ollama/llama3.2:latest"], 1).await).await;
    server.ollama.recover();
    let own = actor.get(&format!("W/runs/{}/cells/0", run["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(own["summary"]["verdict"], "error");
    let address = server.ollama.address().to_string();
    assert!(own.to_string().contains(&address), "a member is told: {own:#}");
    let (secret, _) = link(actor, &json!({ "run": run["id"], "link": true })).await;
    for part in ["whole", "rows", "cell"] {
        let shared = look(actor, &secret, part).await;
        assert!(!shared.to_string().contains(&address), "{shared:#}");
        assert!(!shared.to_string().contains("127.0.0.1"), "{shared:#}");
    }
    let cell = look(actor, &secret, "cell").await["cell"].clone();
    assert_eq!(
        (&cell["summary"]["verdict"], &cell["summary"]["reason"]),
        (&json!("error"), &json!("No answer"))
    );
    assert_eq!(cell["attempts"][0]["error_kind"], own["attempts"][0]["error_kind"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_link_is_in_no_file_and_in_no_log() {
    let database = TestDatabase::on_file();
    let binary = env!("CARGO_BIN_EXE_promptcards").as_ref();
    let server = ServerProcess::start(binary, database.folder(), &[("PROMPTCARDS_LOG__LEVEL", "trace")]);
    let actor = &server.actor;
    echo(actor).await;
    let (secret, share) = link(actor, &json!({ "card": "echo", "link": true })).await;
    look(actor, &secret, "whole").await;
    let listed = actor.get("W/shares").await.expect(200);
    let audit = actor.get("/api/v1/audit").await.expect(200);
    actor.delete(&format!("W/shares/{share}")).await.expect(204);
    let body = json!({ "secret": secret });
    actor.anonymous().post("/api/v1/shared/look", &body).await.expect_problem(404, "not_found");
    let mut places = vec![
        ("the list".to_owned(), listed.to_string().into_bytes()),
        ("the audit log".to_owned(), audit.to_string().into_bytes()),
        ("the log".to_owned(), server.log().into_bytes()),
    ];
    for entry in std::fs::read_dir(database.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    let is_in = |content: &[u8], text: &str| content.windows(text.len()).any(|part| part == text.as_bytes());
    for (place, content) in &places {
        assert!(!is_in(content, &secret), "the secret is in {place}");
    }
    // What was sought would have been found: the share is in the database, and its address in the log.
    assert!(places.iter().filter(|(_, content)| is_in(content, &share)).count() >= 3);
    assert!(is_in(&places[2].1, "/api/v1/shared/look"));
    server.stop();
}
