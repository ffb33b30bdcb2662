//! The official clients, as they are, against the server.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fake_ollama::FakeOllama;

use crate::client::start;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn run(command: &mut Command) -> (Output, String) {
    let output = command.current_dir(root()).output().unwrap();
    let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
    (output, said)
}

/// Has a program drive the server; says so if its clients cannot be installed.
#[expect(clippy::print_stderr, reason = "how a test says that it did not run")]
async fn driven(language: &'static str, program: impl FnOnce(&FakeOllama) -> Command) {
    let (installed, said) = run(Command::new("scripts/clients").arg(language));
    if installed.status.code() == Some(3) {
        let reason = said.lines().last().unwrap_or_default();
        eprintln!("not run: the official {language} clients: {reason}");
        return;
    }
    assert!(installed.status.success(), "{said}");
    let server = start();
    let mut command = program(&server);
    let (output, said) = tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    assert!(output.status.success() && said.contains("all went as it should"), "{said}");
    let counters = server.counters();
    assert_eq!((counters.in_flight, counters.aborted), (0, 0));
    assert!(counters.calls > 10, "{counters:?}");
}

#[tokio::test]
async fn the_python_clients_work_unmodified() {
    driven("python", |server| {
        let mut command = Command::new("target/clients/python/venv/bin/python");
        command.arg("crates/fake-ollama/tests/clients/drive.py").arg(server.url());
        command
    })
    .await;
}

#[tokio::test]
async fn the_javascript_clients_work_unmodified() {
    driven("node", |server| {
        let mut command = Command::new("node");
        command.arg("crates/fake-ollama/tests/clients/drive.mjs").arg(server.url());
        command.arg(root().join("target/clients/node"));
        command
    })
    .await;
}
