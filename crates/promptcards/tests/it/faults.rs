//! Every fault of a model server and the verdict that its cell gets, as `docs/reference/faults.md` says it.

use std::path::Path;

use fake_ollama::{Fault, Options};
use llm::{ProviderKind, ProviderSettings};
use serde_json::json;
use testkit::TestServer;
use tokio::net::TcpStream;

/// The fault, error and verdict of each row of a section.
fn documented(heading: &str) -> Vec<[String; 3]> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/faults.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect();
        [1, 2, 5].map(|column| cells[column].clone())
    };
    rows.map(row).collect()
}

/// The fault of a row: a name, and for `status` the code.
fn fault(label: &str) -> Fault {
    match label.split_once(' ') {
        Some((_, code)) => Fault::Status { code: code.parse().unwrap(), retry_after_s: None },
        None => match label.parse().unwrap() {
            // Until the test has seen what came of it.
            Fault::Refuse { .. } => Fault::Refuse { for_ms: 600_000 },
            // A token is some 150 to 250 bytes: sooner than the first one's limit, later than the next one's.
            Fault::Drip { .. } => Fault::Drip { ms_per_byte: 12 },
            fault => fault,
        },
    }
}

/// Runs a card against a model of this name while each fault of a section is set, and compares the verdicts.
async fn gives_the_documented_verdicts(heading: &str, provider: &str) {
    let server = TestServer::start_with(Options::default(), |config| {
        let of_ollama = |provider: &&mut ProviderSettings| provider.kind == ProviderKind::Ollama;
        let ollama = config.providers.0.iter_mut().find(of_ollama).unwrap();
        ollama.attempts = 1;
        // Each row is about one call: no breaker opens over several.
        ollama.breaker.failures = 1_000;
        ollama.limits.first_token_ms = 6_000;
        ollama.limits.loading_ms = 6_000;
        ollama.limits.idle_ms = 1_500;
        let openai = ProviderSettings { name: "openai".into(), kind: ProviderKind::OpenAi, ..ollama.clone() };
        config.providers.0.push(openai);
    })
    .await;
    let text = json!([{ "type": "text", "text": "echo: one two three four five" }]);
    let content =
        json!({ "kind": "text", "messages": [{ "role": "user", "content": text }], "variables": [] });
    let card = server.actor.card("echo", &content).await;
    let assertions = json!([{ "type": "contains", "value": "five" }]);
    server.actor.cases(&card, &[json!({ "variables": {}, "assertions": assertions })]).await;

    let rows = documented(heading);
    assert!(rows.len() >= Fault::ALL.len(), "{rows:?}");
    for [label, error, verdict] in rows {
        // It meets calls of the model alone: the run can be started.
        server.ollama.fail(fault(&label));
        let run = server.actor.start("echo", &[&format!("{provider}/llama3.2:latest")], 1).await;
        let run = server.actor.finish(&run).await;
        server.ollama.recover();
        // After `refuse` its port is back as soon as it has heard of it.
        while TcpStream::connect(server.ollama.address()).await.is_err() {
            tokio::task::yield_now().await;
        }
        let path = format!("W/runs/{}/cells/0", run["id"].as_str().unwrap());
        let cell = server.actor.get(&path).await.expect(200);
        let found = (&cell["attempts"][0]["error_kind"], &cell["summary"]["verdict"]);
        let (error, verdict) = match verdict.as_str() {
            "by the assertions" => (json!(null), json!("pass")),
            verdict => (json!(error), json!(verdict)),
        };
        assert_eq!(found, (&error, &verdict), "{label}: {cell:#}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_fault_of_ollama_gives_its_cell_the_documented_verdict() {
    gives_the_documented_verdicts("\n## Ollama\n", "ollama").await;
}

#[tokio::test]
async fn every_fault_of_openai_gives_its_cell_the_documented_verdict() {
    gives_the_documented_verdicts("\n## OpenAI\n", "openai").await;
}
