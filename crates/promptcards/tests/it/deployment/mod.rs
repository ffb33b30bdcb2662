//! What lies in `deploy/`, as an operator uses it: with real programs, started from the files as they are shipped.

mod alerts;
mod composed;
mod containers;
mod documents;
mod image;
mod metrics;
mod nginx;
mod packages;
mod prometheus;
mod proxied;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use toml::Table;

/// The folder of the project.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file of the project.
fn read(path: &str) -> String {
    let path = project().join(path);
    assert!(path.exists(), "{} is not there", path.display());
    std::fs::read_to_string(&path).unwrap()
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Writes this in place of that, wherever it stands; it must stand somewhere.
fn replaced(text: &str, pairs: &[(&str, String)]) -> String {
    pairs.iter().fold(text.to_owned(), |text, (written, here)| {
        assert!(text.contains(written), "{written} does not stand in\n{text}");
        text.replace(written, here)
    })
}

/// A program that is ended when this is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The settings that the server has with these variables and arguments; none may be unknown to it.
fn settings_in_force(variables: &[(&str, &str)], arguments: &[&str]) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptcards"));
    command.arg("config").args(arguments).current_dir(folder.path());
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}
