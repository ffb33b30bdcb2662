//! `--pull`: the server pulls what its Ollama does not have, before the run is started.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use fake_ollama::{Change, Options};
use serde_json::{Value, json};
use testkit::TestServer;

use super::{command, interrupt, run, server, told, wait_for};

async fn pulls(server: &TestServer) -> Value {
    let providers = server.actor.get("W/providers").await.expect(200);
    let mut items = providers["items"].as_array().unwrap().iter();
    let ollama = items.find(|provider| provider["name"] == "ollama").unwrap()["id"].as_str().unwrap();
    server.actor.get(&format!("W/providers/{ollama}/pulls")).await.expect(200)["items"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_pulled_with_progress_and_then_run() {
    let (server, folder) = (server(Options::default(), 3).await, tempfile::tempdir().unwrap());
    // Long enough for several events, which are 200 ms apart.
    server.ollama.change(&Change { pull_ms: Some(1_000), ..Change::default() });
    let args = ["echo", "-m", "ollama/llama3.2", "-m", "ollama/llama3.2:1b", "--tag", "even", "--pull"];
    let (code, out, err) = told(&run(&server, folder.path(), &args));
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(out.contains("4 of 4 passed"), "{out}");
    let progress: Vec<&str> = err.lines().take_while(|line| line.starts_with("llama3.2:1b: ")).collect();
    assert!(progress.len() >= 3 && progress.iter().any(|line| line.contains(" MB of ")), "{err}");
    assert!(!err.contains(['\r', '\x1b']), "{err}");
    assert!(err.contains("\nRun 1 of echo v1: 2 cases × 2 models: http://"), "{err}");
    // Nothing is pulled twice, or for a run that something else keeps from starting.
    let args = ["echo", "-m", "ollama/llama3.2:1b", "--no-table", "--tag", "even", "--pull"];
    let (code, _, err) = told(&run(&server, folder.path(), &args));
    assert!(code == Some(0) && err.starts_with("Run 2 of echo v1"), "{err}");
    let args = ["echo", "-m", "ollama/qwen3:0.6b", "--tag", "none", "--pull"];
    let (code, _, err) = told(&run(&server, folder.path(), &args));
    assert_eq!(code, Some(1), "{err}");
    let pulled = pulls(&server).await;
    assert_eq!((pulled.as_array().unwrap().len(), &pulled[0]["model"]), (1, &json!("llama3.2:1b")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pull_the_error_names_it() {
    let (server, folder) = (server(Options::default(), 1).await, tempfile::tempdir().unwrap());
    let (code, _, err) = told(&run(&server, folder.path(), &["echo", "-m", "ollama/llama3.2:1b"]));
    assert_eq!(code, Some(1));
    let begin =
        "promptcards: no run was started: Provider `ollama` does not have the model `llama3.2:1b`. It has: ";
    let end = ". With --pull, what an Ollama misses is pulled first.\n";
    assert!(err.starts_with(begin) && err.ends_with(end), "{err}");
    assert_eq!(pulls(&server).await, json!([]));
    // Of the simulated models none can be pulled.
    let args = ["echo", "-m", "simulated/none", "--pull"];
    let (code, _, err) = told(&run(&server, folder.path(), &args));
    assert_eq!(code, Some(1));
    assert!(err.contains("`simulated` does not have the model `none`") && !err.contains("--pull"), "{err}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_the_pull_that_it_began_and_starts_no_run() {
    let (server, folder) = (server(Options::default(), 1).await, tempfile::tempdir().unwrap());
    server.ollama.change(&Change { pull_ms: Some(3_600_000), ..Change::default() });
    let begin = || {
        let args = ["echo", "-m", "ollama/llama3.2:1b", "--pull"];
        let mut command = command(&server, folder.path(), &args);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        wait_for(&mut lines, "llama3.2:1b: ");
        (child, lines)
    };
    let (mut first, mut lines) = begin();
    let (mut second, mut heard) = begin();
    interrupt(&second);
    wait_for(&mut heard, "No run was started. The pull of llama3.2:1b goes on: somebody else began it.");
    assert_eq!(second.wait().unwrap().code(), Some(130));
    assert_eq!(pulls(&server).await[0]["state"], "running");
    interrupt(&first);
    wait_for(&mut lines, "No run was started: llama3.2:1b was not pulled: it was stopped. What came is kept");
    assert_eq!(first.wait().unwrap().code(), Some(130));
    assert_eq!(pulls(&server).await[0]["state"], "cancelled");
    assert_eq!(server.actor.get("W/runs").await.expect(200)["items"], json!([]));
    server.stop().await;
}
