//! What lies in `deploy/`, as an operator uses it: with real programs, started from the files as they are shipped.

mod nginx;
mod proxied;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The folder of the project.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file of the project.
fn read(path: &str) -> String {
    let path = project().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
