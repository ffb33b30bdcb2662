//! A short part of `make chaos`, the same each time.

use std::path::Path;
use std::process::Command;

use testkit::not_run;

/// What needs root, a disk of its own or a library is left to `make chaos`.
const KINDS: &str = "kill,model,pause,redis";

#[test]
fn what_was_acknowledged_is_there_after_sixteen_faults() {
    let chaos = Path::new(env!("CARGO_BIN_EXE_chaos"));
    if !chaos.with_file_name("promptcards").exists() {
        not_run("chaos", "there is no promptcards beside it: build the whole workspace");
        return;
    }
    let arguments = ["--kind", KINDS, "--rounds", "16", "--seed", "6"];
    let output = Command::new(chaos).args(arguments).output().unwrap();
    let (said, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complaint}");
    // What it left out, it says here or there.
    for line in said.lines().chain(complaint.lines()).filter(|line| line.starts_with("not run: ")) {
        eprintln!("{line}");
    }
    for row in ["| losses | 0 |", "| duplicates | 0 |", "| wrong states | 0 |"] {
        assert!(said.contains(row), "{said}");
    }
}
