//! `promptcards import` and `promptcards export`: the real binary at a real server.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::{Value, json};
use testkit::TestServer;

const CARDS: &str = "\
promptcards: 1
cards:
- slug: capital
  title: Capitals
  suite: capital
  labels:
    production: 1
  versions:
  - version: 1
    message: first
    content:
      kind: text
      messages:
      - user: What is the capital of {{ country }}?
      variables:
      - name: country
        type: text
        required: true
suites:
- key: capital
  name: Capitals
  cases:
  - variables:
      country: France
    assertions:
    - type: contains
      value: Paris
";

fn promptcards(server: &TestServer, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.current_dir(folder).env("PROMPTCARDS_SERVER", format!("http://{}", server.address()));
    command.env("PROMPTCARDS_API_KEY", server.actor.token());
    command
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_comes_out_again() {
    let (server, folder) = (TestServer::start().await, tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("cards.yaml"), CARDS).unwrap();
    let imported = promptcards(&server, folder.path()).args(["import", "cards.yaml"]).output().unwrap();
    let (code, out, err) = told(&imported);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        format!("capital created: v1, production → v1, 1 case\nhttp://{}: 1 created\n", server.address())
    );
    let exported = promptcards(&server, folder.path()).arg("export").output().unwrap();
    assert_eq!(told(&exported), (Some(0), CARDS.to_owned(), String::new()));

    let again = promptcards(&server, folder.path()).args(["import", "cards.yaml"]).output().unwrap();
    let (code, out, err) = told(&again);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.starts_with("promptcards: nothing was imported: There is already a card `capital`."),
        "{err}"
    );

    let changed = CARDS
        .replace("message: first", "message: second")
        .replace("What is", "Name")
        .replace("Paris", "paris");
    let replaced =
        promptcards(&server, folder.path()).args(["import", "--replace", "-"]).write_stdin(changed).output();
    let (code, out, _) = told(&replaced.unwrap());
    assert_eq!(code, Some(0));
    assert!(out.starts_with("capital changed: v2, production → v2, 1 case now\n"), "{out}");
    let path = folder.path().join("all.yaml");
    let written =
        promptcards(&server, folder.path()).args(["export", "capital", "-o", "all.yaml"]).output().unwrap();
    assert_eq!(told(&written), (Some(0), String::new(), String::new()));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("version: 2") && text.contains("message: first"), "{text}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_one_of_several_files_leaves_nothing_behind() {
    let (server, folder) = (TestServer::start().await, tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("cards.yaml", CARDS);
    write("bad.yaml", &CARDS.replace("slug: capital", "slug: other").replace("{{ country }}", "{{ country"));
    write(
        "twice.yaml",
        &CARDS.replace("type: contains", "type: contians").replace("title: Capitals", "title: ''"),
    );
    write("huge.yaml", &format!("promptcards: 1\n#{}\n", "x".repeat(33 * 1024 * 1024)));
    for (files, wanted) in [
        (
            ["cards.yaml", "bad.yaml"],
            "nothing was imported: bad.yaml: cards[0].versions[0].content.messages[0]",
        ),
        (["cards.yaml", "missing.yaml"], "missing.yaml cannot be read; nothing was imported"),
        (
            ["cards.yaml", "huge.yaml"],
            "huge.yaml is too large: a server takes 32 MiB at once. Nothing was imported.",
        ),
        (["-", "-"], "standard input can be read once"),
    ] {
        let (code, out, err) =
            told(&promptcards(&server, folder.path()).arg("import").args(files).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(1), ""), "{files:?}");
        assert!(err.starts_with(&format!("promptcards: {wanted}")), "{err}");
    }
    let (_, _, err) =
        told(&promptcards(&server, folder.path()).args(["import", "twice.yaml"]).output().unwrap());
    assert_eq!(err.lines().count(), 2, "{err}");
    assert!(err.contains("twice.yaml: suites[0].cases[0].assertions[0].type: "), "{err}");
    assert!(err.contains("twice.yaml: cards[0].title: "), "{err}");
    assert_eq!(server.actor.get("W/cards/facets").await.expect(200)["total"], 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_exported_for_promptfoo_and_what_does_not_map_is_named() {
    let (server, folder) = (TestServer::start().await, tempfile::tempdir().unwrap());
    let cards =
        CARDS.replace("    - type: contains\n      value: Paris\n", "    - type: number\n      value: 3\n");
    promptcards(&server, folder.path()).args(["import", "-"]).write_stdin(cards).assert().success();
    let export = |more: &[&str]| {
        let mut command = promptcards(&server, folder.path());
        told(&command.args(["export", "capital", "--promptfoo"]).args(more).output().unwrap())
    };
    let (code, out, err) = export(&["--label", "production", "--provider", "ollama:chat:llama3.2"]);
    assert_eq!(code, Some(0));
    let config: Value = serde_json::to_value(out.lines().collect::<Vec<_>>()).unwrap();
    assert!(out.contains("- ollama:chat:llama3.2") && out.contains("country: France"), "{config:#}");
    assert!(err.contains("cases[0].assertions[0].type: number is left out"), "{err}");
    for (more, wanted) in [
        (["--label", "staging"], "the card `capital` has no label `staging`"),
        (["--version", "7"], "the card `capital` has no version 7; its latest is 1"),
    ] {
        let (code, _, err) = export(&more);
        assert_eq!((code, err), (Some(1), format!("promptcards: {wanted}\n")));
    }
    let (code, _, err) =
        told(&promptcards(&server, folder.path()).args(["export", "nobody"]).output().unwrap());
    assert_eq!((code, err.as_str()), (Some(1), "promptcards: There is no card `nobody`.\n"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_of_promptfoo_becomes_a_card_and_what_does_not_map_is_named() {
    let (server, folder) = (TestServer::start().await, tempfile::tempdir().unwrap());
    let config = "description: Say it\nprompts: [file://prompt.txt]\nproviders: ['ollama:chat:llama3.2:latest']\n\
                  tests:\n- vars: {word: [alpha, beta]}\n  assert: [{type: icontains, value: '{{word}}'}]\n  providerOutput: x\n";
    std::fs::write(folder.path().join("promptfooconfig.yaml"), config).unwrap();
    std::fs::write(folder.path().join("prompt.txt"), "Repeat after me: {{word}}").unwrap();
    let import = |args: &[&str], stdin: &str| {
        told(
            &promptcards(&server, folder.path())
                .arg("import")
                .args(args)
                .write_stdin(stdin)
                .output()
                .unwrap(),
        )
    };
    let (code, out, err) = import(&["promptfooconfig.yaml"], "");
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("say-it created: v1, 2 cases\n"), "{out}");
    assert!(
        err.contains("promptfooconfig.yaml: tests[0].providerOutput: is left out: a run asks the model\n"),
        "{err}"
    );
    assert!(err.contains("run the card with --model ollama/llama3.2:latest\n"), "{err}");
    let run = server.actor.start("say-it", &["ollama/llama3.2:latest"], 1).await;
    assert_eq!(server.actor.finish(&run).await["counts"]["pass"], 2, "the cases ask what the config asks");

    let (code, out, _) = import(
        &["-", "--slug", "other"],
        &config.replace("file://prompt.txt", "'Repeat after me: {{word}}'"),
    );
    assert_eq!((code, out.starts_with("other created: ")), (Some(0), true), "{out}");
    let odd = config.replace("icontains", "llm-rubric").replace("providerOutput: x", "transform: y");
    let (code, _, err) = import(&["-", "--slug", "odd"], &odd.replace("file://prompt.txt", "x"));
    assert_eq!(code, Some(1));
    assert!(err.starts_with("promptcards: nothing was imported: "), "{err}");
    assert!(err.contains("tests[0].assert[0]") && err.contains("llm-rubric"), "{err}");
    assert_eq!(server.actor.get("W/cards/facets").await.expect(200)["total"], 2);
    server.stop().await;
}

/// Answers one request with `answer`, and gives back what was sent.
fn one_answer(answer: &str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, answer) = (listener.local_addr().unwrap(), answer.to_owned());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (format!("http://{address}"), asked)
}

#[test]
fn a_key_is_sent_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "pc_canary_1234\n").unwrap();
    let problem =
        json!({ "code": "forbidden", "detail": "This key may not read cards.", "errors": [] }).to_string();
    let refusal = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{problem}",
        problem.len()
    );
    for by_file in [true, false] {
        let (server, asked) = one_answer(&refusal);
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
        command.args(["export", "--server", &server]);
        if by_file {
            command.arg("--api-key-file").arg(&key);
        } else {
            command.env("PROMPTCARDS_API_KEY", "pc_canary_1234");
        }
        let (code, out, err) = told(&command.output().unwrap());
        let asked = asked.join().unwrap().to_lowercase();
        assert!(asked.contains("\r\nauthorization: bearer pc_canary_1234\r\n"), "{asked}");
        assert_eq!(
            (code, out.as_str(), err.as_str()),
            (Some(1), "", "promptcards: This key may not read cards.\n")
        );
    }
    std::fs::write(&key, "pc_canary 1234\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    let (code, _, err) = told(&command.args(["export", "--api-key-file"]).arg(&key).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(err.contains("a key is one word") && !err.contains("canary"), "{err}");
}

#[test]
fn what_is_no_server_of_ours_is_told_as_such() {
    let export = |server: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
        told(&command.args(["export", "--server", server]).output().unwrap())
    };
    // A port that needs privileges, where nothing listens.
    let (code, _, err) = export("http://127.0.0.1:1");
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("promptcards: http://127.0.0.1:1 does not answer: ")
            && err.contains("promptcards serve"),
        "{err}"
    );
    for (answer, wanted) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnope", "no Promptcards server"),
        (
            "HTTP/1.1 301 Moved\r\nlocation: https://cards.example/\r\ncontent-length: 0\r\n\r\n",
            "it sends on to https://cards.example/",
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n", "broke off"),
    ] {
        let (server, _asked) = one_answer(answer);
        let (code, out, err) = export(&server);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains(wanted), "{answer}: {err}");
    }
    let (code, _, err) = export("http://me:secret@cards.example");
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("--api-key-file"), "{err}");
}
