//! `promptcards run`: the real binary at a real server, with a fake Ollama behind it.

mod pulling;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use fake_ollama::{Options, Settings};
use serde_json::{Value, json};
use testkit::TestServer;

const MODEL: &str = "ollama/llama3.2:latest";

/// A server with a card of two versions, of which the label `production` has the first, and so many cases.
async fn server(ollama: Options, cases: usize) -> TestServer {
    let server = TestServer::start_with(ollama, |_| {}).await;
    let content = |text: &str| {
        json!({
            "kind": "text",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text": text }] }],
            "variables": [{ "name": "word", "type": "text", "required": true }],
        })
    };
    let card = server.actor.card("echo", &content("Repeat after me: {{ word }}")).await;
    let cases: Vec<Value> = (0..cases)
        .map(|number| {
            json!({
                "description": format!("case {number}"),
                "variables": { "word": format!("word-{number}") },
                "assertions": [{ "type": "not-contains", "value": "word-1", "metric": "one" }],
                "tags": [if number == 1 { "odd" } else { "even" }],
            })
        })
        .collect();
    server.actor.cases(&card, &cases).await;
    let actor = &server.actor;
    actor
        .send(reqwest::Method::PUT, "W/cards/echo/labels/production", &[], Some(&json!({ "version": 1 })))
        .await
        .expect(200);
    server
}

fn command(server: &TestServer, folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.current_dir(folder).env("PROMPTCARDS_SERVER", format!("http://{}", server.address()));
    command.env("PROMPTCARDS_API_KEY", server.actor.token()).arg("run").args(args);
    command
}

fn run(server: &TestServer, folder: &Path, args: &[&str]) -> Output {
    command(server, folder, args).output().unwrap()
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_labelled_version_is_run_and_its_results_are_written() {
    let (server, folder) = (server(Options::default(), 3).await, tempfile::tempdir().unwrap());
    let args = [
        "echo",
        "--label",
        "production",
        "--model",
        MODEL,
        "-o",
        "r.junit.xml",
        "r.json",
        "--note",
        "nightly",
    ];
    let (code, out, err) = told(&run(&server, folder.path(), &args));
    assert_eq!(code, Some(100), "{out}\n{err}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let junit = read("r.junit.xml");
    assert!(junit.contains("tests=\"3\" failures=\"1\" errors=\"0\""), "{junit}");
    let json: Value = serde_json::from_str(&read("r.json")).unwrap();
    let results = json["results"]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(results[1]["testCase"]["description"], "case 1", "{:#}", results[1]);
    assert_eq!((&results[1]["success"], &results[0]["success"]), (&json!(false), &json!(true)));
    assert_eq!(results[0]["prompt"]["raw"], "Repeat after me: word-0");
    assert_eq!(results[0]["namedScores"]["one"], 1.0);
    assert_eq!(json["results"]["prompts"][0]["provider"], MODEL);
    assert!(out.contains("2 of 3 passed") && out.contains("FAIL"), "{out}");
    assert!(err.starts_with("Run 1 of echo v1: 3 cases × 1 model: http://"), "{err}");
    let runs = server.actor.get("W/runs").await.expect(200);
    assert_eq!(
        (&runs["items"][0]["state"], &runs["items"][0]["note"]),
        (&json!("finished"), &json!("nightly"))
    );

    let (code, out, _) = told(&run(
        &server,
        folder.path(),
        &["echo", "-m", MODEL, "--tag", "even", "--repeat", "2", "--no-table"],
    ));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("4 of 4 passed") && !out.contains("│") && !out.contains("simulated"), "{out}");
    let simulated = ["echo", "-m", "simulated/simulated-large", "--no-table", "--tag", "even"];
    let (_, out, err) = told(&run(&server, folder.path(), &simulated));
    assert!(
        err.contains(", all answers simulated: http") && out.contains("All answers are simulated"),
        "{out}{err}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_run_over_another_suite_by_its_name_or_id() {
    let (server, folder) = (server(Options::default(), 3).await, tempfile::tempdir().unwrap());
    let content = json!({ "kind": "text", "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }] });
    let card = server.actor.card("smoke", &content).await;
    server.actor.cases(&card, &[json!({ "variables": { "word": "smoke" } })]).await;
    let unfit = server.actor.card("unfit", &content).await;
    server.actor.cases(&unfit, &[json!({ "variables": { "name": "x" } })]).await;
    let (name, id) = (card["title"].as_str().unwrap(), card["suite_id"].as_str().unwrap());
    for suite in [name, id] {
        let args = ["echo", "-m", MODEL, "--suite", suite, "--no-table"];
        let (code, out, err) = told(&run(&server, folder.path(), &args));
        assert_eq!(code, Some(0), "{out}\n{err}");
        assert!(err.contains(" of echo v1: 1 case × 1 model: http://"), "{err}");
    }
    let unfit = unfit["suite_id"].as_str().unwrap();
    for (suite, wanted) in [
        ("none", "the server has no suite `none`. It has ".to_owned()),
        (
            unfit,
            "no run was started: 1 of 1 cases do not fit echo v1: `word` is missing. The card needs it."
                .to_owned(),
        ),
    ] {
        let (code, _, err) = told(&run(&server, folder.path(), &["echo", "-m", MODEL, "--suite", suite]));
        assert_eq!(code, Some(1));
        assert!(err.starts_with(&format!("promptcards: {wanted}")), "{err}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_is_said_and_starts_nothing() {
    let (server, folder) = (server(Options::default(), 1).await, tempfile::tempdir().unwrap());
    for (args, wanted) in [
        (vec!["echo"], "which model? Name one with --model PROVIDER/MODEL. The server has "),
        (vec!["echo", "--model", "llama3.2"], "`llama3.2` names no model: write its provider before it"),
        (vec!["nobody", "--model", MODEL], "no run was started: There is no card `nobody`."),
        (
            vec!["echo", "--label", "staging", "--model", MODEL],
            "no run was started: The card `echo` has no label `staging`.",
        ),
        (
            vec!["echo", "--version", "7", "--model", MODEL],
            "no run was started: The card `echo` has no version 7.",
        ),
        (
            vec!["echo", "--model", "ollama/missing", "--pull"],
            "no run was started: missing was not pulled: The registry has no such model",
        ),
        (
            vec!["echo", "--tag", "none", "--model", MODEL],
            "no run was started: No case of the suite fits the filter.",
        ),
        (
            vec!["echo", "--model", MODEL, "-o", "results.txt"],
            "`results.txt` does not end as a file of results does",
        ),
    ] {
        let (code, out, err) = told(&run(&server, folder.path(), &args));
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        assert!(err.starts_with(&format!("promptcards: {wanted}")), "{args:?}: {err}");
    }
    assert_eq!(server.actor.get("W/runs").await.expect(200)["items"], json!([]));
    let (code, out, _) = told(&run(&server, folder.path(), &["echo", "--model", MODEL, "--no-wait"]));
    let runs = server.actor.get("W/runs").await.expect(200);
    assert_eq!((code, out.trim()), (Some(0), runs["items"][0]["id"].as_str().unwrap()));
    server.actor.finish(&runs["items"][0]).await;
    server.stop().await;
}

/// Lines of a child's standard error, until one begins so.
fn wait_for(lines: &mut Lines<BufReader<ChildStderr>>, begin: &str) -> String {
    lines.by_ref().map(Result::unwrap).find(|line| line.starts_with(begin)).unwrap()
}

/// Ctrl-C.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn started(server: &TestServer, folder: &Path) -> (Child, Lines<BufReader<ChildStderr>>) {
    let args = ["echo", "--model", MODEL, "-o", "r.junit.xml"];
    let mut child =
        command(server, folder, &args).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    (child, lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_the_run_and_keeps_what_has_finished() {
    // Slow enough that the run is never at its end when it is cancelled.
    let slow =
        Options { settings: Settings { latency_ms: 200, ..Settings::default() }, ..Options::default() };
    let (server, folder) = (server(slow, 400).await, tempfile::tempdir().unwrap());
    let (mut child, mut lines) = started(&server, folder.path());
    wait_for(&mut lines, "Run 1 of echo v1: 400 cases");
    let runs = server.actor.get("W/runs").await.expect(200);
    let mut events = server.actor.follow(&runs["items"][0], 0).await;
    while events.next().await.unwrap().name != "cell_finished" {}
    interrupt(&child);
    let said = wait_for(&mut lines, "Run 1 is cancelled: ");
    assert!(said.contains(" of 400 cells had finished, and their results are kept: http://"), "{said}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = server.actor.run(&runs["items"][0]).await;
    assert_eq!(run["state"], "cancelled");
    let junit = std::fs::read_to_string(folder.path().join("r.junit.xml")).unwrap();
    let finished = run["counts"]["pass"].as_i64().unwrap() + run["counts"]["fail"].as_i64().unwrap();
    assert!(junit.contains(&format!("tests=\"{finished}\"")), "{finished}: {junit}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_a_run_alone_that_was_running_before() {
    let slow =
        Options { settings: Settings { latency_ms: 200, ..Settings::default() }, ..Options::default() };
    let (server, folder) = (server(slow, 400).await, tempfile::tempdir().unwrap());
    let (mut first, mut lines) = started(&server, folder.path());
    wait_for(&mut lines, "Run 1 of echo v1: 400 cases");
    let other = tempfile::tempdir().unwrap();
    let (mut second, mut heard) = started(&server, other.path());
    wait_for(&mut heard, "Run 1 of echo v1, running already: 400 cases");
    interrupt(&second);
    wait_for(&mut heard, "Run 1 goes on: somebody else started it. Nothing was written: http://");
    assert_eq!(second.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
    let runs = server.actor.get("W/runs").await.expect(200);
    assert_eq!(runs["items"][0]["state"], "running");
    interrupt(&first);
    wait_for(&mut lines, "Run 1 is cancelled: ");
    assert_eq!(first.wait().unwrap().code(), Some(130));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_else_cancels_is_an_error() {
    let slow =
        Options { settings: Settings { latency_ms: 200, ..Settings::default() }, ..Options::default() };
    let (server, folder) = (server(slow, 400).await, tempfile::tempdir().unwrap());
    let (mut child, mut lines) = started(&server, folder.path());
    wait_for(&mut lines, "Run 1 of echo v1: ");
    let runs = server.actor.get("W/runs").await.expect(200);
    let path = format!("W/runs/{}/cancel", runs["items"][0]["id"].as_str().unwrap());
    server.actor.post(&path, &Value::Null).await.expect(200);
    wait_for(&mut lines, "Run 1 was cancelled before all its cells had finished.");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    server.stop().await;
}

/// Stands between a client and a server, cuts the first stream of events after so many bytes, and keeps what was
/// asked.
fn cutting_proxy(server: SocketAddr, after: usize) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut upstream) = (client.unwrap(), TcpStream::connect(server).unwrap());
            let (mut back, mut up) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            let heard = Arc::clone(&heard);
            let is_cut = Arc::new(Mutex::new(false));
            let cut = Arc::clone(&is_cut);
            std::thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(length @ 1..) = client.read(&mut buffer) {
                    // The server answers to its own name alone.
                    let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
                    let text = text.replace(&address.to_string(), &server.to_string());
                    let mut heard = heard.lock().unwrap();
                    let first = !heard.iter().any(|head: &String| head.contains("/events"));
                    *cut.lock().unwrap() = first && text.contains("/events");
                    heard.push(text.to_lowercase());
                    if up.write_all(text.as_bytes()).is_err() {
                        break;
                    }
                }
            });
            std::thread::spawn(move || {
                let (mut buffer, mut sent) = ([0; 4096], 0);
                while let Ok(length @ 1..) = upstream.read(&mut buffer) {
                    sent += length;
                    if back.write_all(&buffer[..length]).is_err() || (*is_cut.lock().unwrap() && sent > after)
                    {
                        break;
                    }
                }
                // Either side may be gone already.
                drop(back.shutdown(std::net::Shutdown::Both));
                drop(upstream.shutdown(std::net::Shutdown::Both));
            });
        }
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_is_taken_up_after_the_last_event() {
    let (server, folder) = (server(Options::default(), 100).await, tempfile::tempdir().unwrap());
    let (proxy, asked) = cutting_proxy(server.address(), 8_000);
    let mut command = command(&server, folder.path(), &["echo", "--model", MODEL, "--no-table"]);
    let (code, out, err) =
        told(&command.env("PROMPTCARDS_SERVER", format!("http://{proxy}")).output().unwrap());
    assert_eq!(code, Some(100), "{out}\n{err}");
    assert!(out.contains("89 of 100 passed"), "{out}");
    let asked = asked.lock().unwrap().clone();
    let events: Vec<&String> = asked.iter().filter(|head| head.contains("/events")).collect();
    let number = |head: &str| -> i64 {
        let (_, rest) = head.split_once("last-event-id: ").unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(events.len() >= 2, "{events:#?}");
    assert_eq!(number(events[0]), 0);
    assert!(number(events[1]) > 0, "{events:#?}");
    server.stop().await;
}
