//! `promptcards run`, `import` and `export` in another workspace than `default`.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::json;
use testkit::{Actor, TestServer};

const CARDS: &str = "\
promptcards: 1
cards:
- slug: greeting
  title: Greeting
  suite: greeting
  versions:
  - version: 1
    message: first
    content:
      kind: text
      messages:
      - user: Greet me.
suites:
- key: greeting
  name: Greeting
  cases:
  - variables: {}
";

/// A server with a workspace `lab`, and somebody who has a key of it alone.
async fn server() -> (TestServer, Actor) {
    let server = TestServer::start().await;
    server.actor.post("/api/v1/workspaces", &json!({ "slug": "lab", "name": "Lab" })).await.expect(201);
    let scopes = ["cards:write", "runs:write", "models:write", "export"];
    let key = json!({ "name": "lab", "workspace": "lab", "scopes": scopes });
    let key = server.actor.post("/api/v1/account/api-keys", &key).await.expect(201);
    let of_lab = server.actor.with(key["key"].as_str().unwrap());
    (server, of_lab)
}

fn promptcards(server: &TestServer, actor: &Actor, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.current_dir(folder).env("PROMPTCARDS_SERVER", format!("http://{}", server.address()));
    command.env("PROMPTCARDS_API_KEY", actor.token()).env_remove("PROMPTCARDS_WORKSPACE");
    command
}

fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_in_the_workspace_that_is_named() {
    let ((server, of_lab), folder) = (server().await, tempfile::tempdir().unwrap());
    let client = || promptcards(&server, &of_lab, folder.path());
    let imported = client().args(["import", "--workspace", "lab", "-"]).write_stdin(CARDS).output().unwrap();
    let (code, out, err) = told(&imported);
    assert_eq!(code, Some(0), "{out}{err}");
    let cards = of_lab.get("/api/v1/workspaces/lab/cards").await.expect(200);
    assert_eq!(cards["items"][0]["slug"], "greeting");
    assert_eq!(server.actor.get("W/cards").await.expect(200)["items"], json!([]));

    let exported = client().arg("export").env("PROMPTCARDS_WORKSPACE", "lab").output().unwrap();
    assert!(told(&exported).1.contains("slug: greeting"), "{exported:?}");
    let args =
        ["run", "greeting", "--model", "simulated/simulated-small", "--workspace", "lab", "--no-table"];
    // A flag counts before the variable.
    let run = client().args(args).env("PROMPTCARDS_WORKSPACE", "default").output().unwrap();
    let (_, out, err) = told(&run);
    let page = format!("http://{}/w/lab/runs/", server.address());
    assert!(err.contains(&page) && out.contains("1 of 1"), "{out}{err}");
    let runs = of_lab.get("/api/v1/workspaces/lab/runs").await.expect(200);
    assert_eq!(runs["items"][0]["state"], "finished");
    assert_eq!(server.actor.get("W/runs").await.expect(200)["items"], json!([]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_is_not_open_or_no_name_is_told() {
    let ((server, of_lab), folder) = (server().await, tempfile::tempdir().unwrap());
    let client = || promptcards(&server, &of_lab, folder.path());
    for args in [&["export"][..], &["export", "--workspace", "nowhere"]] {
        let (code, out, err) = told(&client().args(args).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.contains("workspace"), "{err}");
    }
    for odd in ["", "../lab", "lab/cards", "lab?x"] {
        let (code, _, err) = told(&client().args(["export", "--workspace", odd]).output().unwrap());
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains("a workspace is named by lower case, digits and hyphens"), "{err}");
    }
    server.stop().await;
}
