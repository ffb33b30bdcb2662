//! What `docs/guides/serving.md` shows, done as it stands there against the real binary.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{Actor, ServerProcess};

const PAGE: &str = include_str!("../../../../docs/guides/serving.md");
/// The address that the page uses.
const ADDRESS: &str = "127.0.0.1:3000";
const CARD: &str = "W/cards/summary-bullets";

/// The blocks of the page in a language, for a server at this address.
fn blocks(language: &str, address: SocketAddr) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = PAGE.split(fence.as_str()).skip(1);
    blocks
        .map(|rest| rest.split_once("\n```").unwrap().0.replace(ADDRESS, &address.to_string()) + "\n")
        .collect()
}

/// Whether a program is there; says so if it is not.
fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        testkit::not_run(&format!("the {program} of the guide on serving"), "it is not installed");
    }
    there
}

fn serve(data: &Path) -> ServerProcess {
    ServerProcess::start(
        env!("CARGO_BIN_EXE_promptcards").as_ref(),
        data,
        &[("PROMPTCARDS_LOG__LEVEL", "warn")],
    )
}

async fn move_to(actor: &Actor, version: i64) {
    let label = format!("{CARD}/labels/production");
    actor.send(reqwest::Method::PUT, &label, &[], Some(&json!({ "version": version }))).await.expect(200);
}

/// Loads the samples, gives the card of the page a second version, and points its label to the first.
async fn prepare(actor: &Actor) {
    actor.post("W/samples", &Value::Null).await.expect(200);
    let draft = actor.get(&format!("{CARD}/draft")).await;
    let mut content = draft.body["content"].clone();
    content["messages"][0]["content"][0]["text"] = json!("In {{ bullets }} bullets:\n{{ text }}");
    let edited =
        actor.put(&format!("{CARD}/draft"), &draft.etag.unwrap(), &json!({ "content": content })).await;
    let headers = [("if-match", edited.etag.as_deref().unwrap())];
    actor
        .send(reqwest::Method::POST, &format!("{CARD}/versions"), &headers, Some(&json!({})))
        .await
        .expect(201);
    move_to(actor, 1).await;
}

/// The name of the variable in which the page has the API key.
const KEY: &str = "PROMPTCARDS_API_KEY";

fn shell(folder: &Path, key: &str, script: &str) -> Output {
    Command::new("sh").args(["-ec", script]).current_dir(folder).env(KEY, key).output().unwrap()
}

#[tokio::test]
async fn the_commands_of_the_page_do_what_it_says() {
    if !is_there("curl") {
        return;
    }
    let (data, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let server = serve(data.path());
    let commands = <[String; 5]>::try_from(blocks("sh", server.address())).unwrap();
    let [setting_up, fetching, keeping, waiting, rendering] = &commands;
    let run = |script: &str| {
        let output = shell(folder.path(), server.actor.token(), script);
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let kept = || std::fs::read_to_string(folder.path().join("prompt.json")).unwrap();
    run(setting_up);
    let fetched: Value = serde_json::from_str(&run(fetching)).unwrap();
    assert_eq!((&fetched["name"], &fetched["version"]["number"]), (&json!("production"), &json!(1)));
    run(keeping);
    let first = kept();
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap(), fetched);
    run(keeping);
    assert_eq!(kept(), first, "nothing has changed");
    assert_eq!(run(waiting), "304\n");
    let rendered: Value = serde_json::from_str(&run(rendering)).unwrap();
    let text = rendered["messages"][0]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("exactly 2 bullets") && text.contains("The bridge opens in May."), "{text}");

    prepare(&server.actor).await;
    move_to(&server.actor, 2).await;
    assert_eq!(run(waiting), "200\n");
    run(keeping);
    assert_eq!(serde_json::from_str::<Value>(&kept()).unwrap()["version"]["number"], 2);
}

#[tokio::test]
async fn the_python_of_the_page_follows_a_label_and_goes_on_without_the_server() {
    let drive = include_str!("../serving/drive.py");
    follows_and_goes_on("python3", "python", ["prompts.py", "use.py", "drive.py"], drive).await;
}

#[tokio::test]
async fn the_javascript_of_the_page_follows_a_label_and_goes_on_without_the_server() {
    let drive = include_str!("../serving/drive.mjs");
    follows_and_goes_on("node", "js", ["prompts.mjs", "use.mjs", "drive.mjs"], drive).await;
}

async fn follows_and_goes_on(program: &str, language: &str, files: [&str; 3], drive: &str) {
    if !is_there(program) {
        return;
    }
    let (data, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let server = serve(data.path());
    prepare(&server.actor).await;
    let [prompts, using] = <[String; 2]>::try_from(blocks(language, server.address())).unwrap();
    for (file, text) in files.iter().zip([&prompts, &using, drive]) {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let key = server.actor.token().to_owned();
    let run = |script: &str| {
        let mut command = Command::new(program);
        command.arg(script).current_dir(folder.path()).env(KEY, &key).output().unwrap()
    };
    let used = run(files[1]);
    let said = String::from_utf8_lossy(&used.stdout);
    assert!(used.status.success(), "{}", String::from_utf8_lossy(&used.stderr));
    assert!(said.starts_with("version 1\nuser Summarise the text below in exactly 2 bullets."), "{said}");
    std::fs::remove_file(folder.path().join("summary-bullets.production.json")).unwrap();

    let mut driver = Driver::start(program, files[2], folder.path(), &key);
    assert_eq!(driver.ask("fetch"), "another 1");
    assert_eq!(driver.ask("fetch"), "the same 1");
    assert_eq!(driver.ask("fetch 1"), "the same 1", "after a second");
    driver.tell("fetch 60");
    move_to(&server.actor, 2).await;
    assert_eq!(driver.hear(), "another 2");
    assert_eq!(driver.ask(r#"render {"text": "One.", "bullets": 4}"#), "In 4 bullets: 2");
    let refused = driver.ask("render {}");
    assert!(refused.starts_with("refused /variables/text: "), "{refused}");
    assert_eq!(driver.ask("follow"), "following 2");
    move_to(&server.actor, 1).await;
    assert_eq!(driver.hear(), "moved 1");

    server.kill();
    assert_eq!(driver.ask("fetch"), "away 1");
    let mut later = Driver::start(program, files[2], folder.path(), &key);
    assert_eq!(later.ask("fetch"), "away 1", "it knows the prompt from its file");
    let away = run(files[1]);
    let said = String::from_utf8_lossy(&away.stdout);
    assert!(said.starts_with("the server is away: ") && said.contains("\nversion 1\n"), "{said}");
}

/// A program that uses the code of the page.
struct Driver {
    child: Child,
    commands: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Driver {
    fn start(program: &str, script: &str, folder: &Path, key: &str) -> Self {
        let mut command = Command::new(program);
        command.arg(script).current_dir(folder).env(KEY, key).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (commands, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, commands, lines }
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.hear()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
