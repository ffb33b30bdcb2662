//! `promptcards models pull`, `serve --pull` and the model servers in `promptcards doctor`.

use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fake_ollama::{Change, FakeOllama, Fault, FaultOn, Model, Options};
use serde_json::json;
use testkit::{Actor, ServerProcess};

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");

fn ollama() -> FakeOllama {
    FakeOllama::start(Options { models: vec![Model::named("llama3.2")], ..Options::default() }).unwrap()
}

/// Runs the command in an empty folder, with the model server at `host`.
fn run(host: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder.path()).env("OLLAMA_HOST", host);
    command.output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_pulled_with_its_progress() {
    let server = ollama();
    let output = run(&server.url(), &["models", "pull", "llama3.2:1b", "qwen3:8b"]);
    let (out, progress) = said(&output);
    assert_eq!(
        (output.status.code(), out.as_str()),
        (Some(0), "llama3.2:1b is on ollama.\nqwen3:8b is on ollama.\n"),
        "{progress}"
    );
    assert!(progress.starts_with("llama3.2:1b: pulling manifest\n"), "{progress}");
    assert!(
        progress.contains(" MB of ") && progress.contains("qwen3:8b: verifying sha256 digest, "),
        "{progress}"
    );
    // A tenth a line, not a line for each word of the server, and nothing that moves a cursor.
    assert!(progress.lines().count() < 40 && !progress.contains(['\r', '\x1b']), "{progress}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_fails_says_why_and_what_to_do() {
    let server = ollama();
    for (host, arguments, words) in [
        (server.url(), &["models", "pull", "no-such-model"][..], "The registry has no such model"),
        ("127.0.0.1:1".to_owned(), &["models", "pull", "llama3.2:1b"], "Start Ollama (`ollama serve`)"),
        (server.url(), &["models", "pull", "m", "--provider", "nobody"], "configured are: ollama, simulated"),
        (server.url(), &["models", "pull", "m", "--provider", "simulated"], "only Ollama pulls"),
        (server.url(), &["models", "pull"], "<NAME>"),
    ] {
        let output = run(&host, arguments);
        let (out, error) = said(&output);
        assert!(!output.status.success() && out.is_empty() && error.contains(words), "{words}: {error}");
    }
    let cut = Change {
        fault: Some(Fault::CutInStream { after_tokens: 3 }),
        fail_next: Some(1),
        fault_on: Some(FaultOn::Everything),
        ..Change::default()
    };
    server.change(&cut);
    let output = run(&server.url(), &["models", "pull", "llama3.2:1b"]);
    assert!(said(&output).1.trim_end().ends_with("pull again to go on."));
    assert_eq!(run(&server.url(), &["models", "pull", "llama3.2:1b"]).status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_pulls_what_is_missing() {
    let server = ollama();
    let folder = tempfile::tempdir().unwrap();
    let (url, arguments) = (server.url(), ["--pull", "llama3.2", "--pull", "llama3.2:1b"]);
    let process =
        ServerProcess::start_with(BINARY.as_ref(), folder.path(), &[("OLLAMA_HOST", &url)], &arguments);
    let actor: &Actor = &process.actor;
    let providers = actor.get("W/providers").await.expect(200);
    let path = format!("W/providers/{}/pulls", providers["items"][0]["id"].as_str().unwrap());
    // They are begun a moment after the address is printed.
    let pulls = loop {
        let pulls = actor.get(&path).await.expect(200);
        if pulls["items"] != json!([]) {
            break pulls;
        }
        tokio::task::yield_now().await;
    };
    let names: Vec<_> = pulls["items"].as_array().unwrap().iter().map(|pull| pull["model"].clone()).collect();
    assert_eq!(names, ["llama3.2:1b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_it_tried_and_the_line_to_write() {
    let server = ollama();
    let address = server.address();
    let output = run(&format!("https://{address}"), &["doctor", "--listen", "127.0.0.1:0"]);
    let (out, _) = said(&output);
    assert_eq!(output.status.code(), Some(1), "{out}");
    for words in [
        format!("fails  https://{address}  What answers does not speak HTTPS."),
        format!("works  http://{address}  Ollama"),
        "In promptcards.toml, in the section of ollama:".to_owned(),
        format!("base_url = \"http://{address}\""),
    ] {
        assert!(out.contains(&words), "{words}: {out}");
    }
    let output = run(&server.url(), &["doctor", "--listen", "127.0.0.1:0", "--model", "llama3.2:70b"]);
    let (out, _) = said(&output);
    assert!(out.contains("no model `llama3.2:70b`. Near it are `llama3.2:latest`"), "{out}");
    let output = run(&server.url(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_proxy_in_the_environment_is_never_asked() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://someone:secret@{}", proxy.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    std::thread::spawn(move || {
        for _ in proxy.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["doctor", "--listen", "127.0.0.1:0"]).current_dir(folder.path());
    command.env("OLLAMA_HOST", "127.0.0.99:1").env("HTTP_PROXY", &url).env("http_proxy", &url);
    let (out, _) = said(&command.output().unwrap());
    assert!(out.contains("HTTP_PROXY and http_proxy"), "{out}");
    assert!(!out.contains("secret"), "{out}");
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
