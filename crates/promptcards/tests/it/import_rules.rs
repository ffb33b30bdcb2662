//! Who may use whom: the crates of the workspace, and the libraries that some of them must not touch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const EVERYTHING: &[&str] = &[
    "api",
    "cache",
    "domain",
    "engine",
    "fake-ollama",
    "formats",
    "llm",
    "promptcards",
    "resilience",
    "store",
    "testkit",
];

/// What each crate may use of ours. A crate that is not in this list may not exist.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("fake-ollama", &[]),
    ("formats", &["domain"]),
    ("resilience", &[]),
    ("cache", &["domain", "resilience"]),
    ("llm", &["domain", "resilience"]),
    ("store", &["domain"]),
    ("engine", &["cache", "domain", "formats", "llm", "resilience", "store"]),
    ("api", &["domain", "engine"]),
    (
        "promptcards",
        &["api", "cache", "domain", "engine", "fake-ollama", "formats", "llm", "resilience", "store"],
    ),
    ("testkit", EVERYTHING),
    ("benches", EVERYTHING),
];

const ASYNC: &[&str] = &["tokio", "tokio-util", "tokio-stream", "futures-util"];
const HTTP_SERVER: &[&str] = &["axum", "axum-core", "tower-http"];
const HTTP: &[&str] = &["http", "hyper", "hyper-util"];
const HTTP_CLIENT: &[&str] = &["reqwest"];
const REDIS: &[&str] = &["redis"];
const SQL: &[&str] = &["rusqlite", "tokio-postgres"];

/// Libraries that a crate must not use, because another crate is the place for them.
const NEVER: &[(&str, &[&[&str]])] = &[
    ("domain", &[ASYNC, HTTP_SERVER, HTTP, HTTP_CLIENT, SQL]),
    ("formats", &[ASYNC, HTTP_SERVER, HTTP, HTTP_CLIENT, SQL]),
    ("cache", &[HTTP_SERVER, HTTP, HTTP_CLIENT, SQL]),
    ("resilience", &[HTTP_SERVER, HTTP, HTTP_CLIENT, REDIS, SQL]),
    ("llm", &[HTTP_SERVER, REDIS, SQL]),
    ("store", &[HTTP_SERVER, HTTP, HTTP_CLIENT, REDIS]),
    ("engine", &[HTTP_SERVER, HTTP, HTTP_CLIENT, REDIS, SQL]),
    ("api", &[HTTP_CLIENT, REDIS, SQL]),
];

/// Libraries that must be nowhere in the graph, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-sys", "rustls runs on ring; this one needs cmake and doubles the build"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("sqlx", "SQL is written once, over rusqlite"),
];

fn workspace() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--no-deps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The direct dependencies of every crate of the workspace, without those of its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let workspace = workspace();
    let packages = workspace["packages"].as_array().unwrap();
    let of_package = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        let kept = all.iter().filter(|dependency| dependency["kind"].as_str() != Some("dev"));
        (text(&package["name"]), kept.map(|dependency| text(&dependency["name"])).collect())
    };
    packages.iter().map(of_package).collect()
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (name, uses) in &dependencies {
        let Some(may_use) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the table"));
            continue;
        };
        let ours = uses.iter().filter(|used| dependencies.contains_key(*used));
        wrong.extend(
            ours.filter(|used| !may_use.contains(&used.as_str()))
                .map(|used| format!("{name} must not use {used}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_in_the_crate_that_is_their_place() {
    let dependencies = dependencies();
    let mut wrong = Vec::new();
    for (name, never) in NEVER {
        let uses = &dependencies[*name];
        let forbidden = never.iter().copied().flatten().filter(|library| uses.contains(**library));
        wrong.extend(forbidden.map(|library| format!("{name} must not use {library}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn banned_libraries_are_nowhere_in_the_graph() {
    let lock = include_str!("../../../../Cargo.lock");
    let quoted = |line: &'static str| line.strip_prefix("name = \"")?.strip_suffix('"');
    let names: BTreeSet<_> = lock.lines().filter_map(quoted).collect();
    assert!(names.contains("rustls"), "the lock file was not read");
    let found: Vec<_> = BANNED.iter().filter(|(name, _)| names.contains(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// Every file of Rust below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    below.chain(files).filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

#[test]
fn the_product_starts_no_other_program() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let product = MAY_USE.iter().filter(|(name, _)| !matches!(*name, "testkit" | "benches"));
    let files: Vec<PathBuf> = product.flat_map(|(name, _)| sources(&crates.join(name).join("src"))).collect();
    assert!(files.len() > 300, "{}", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for way in ["process::Command", "Command::new", "CommandExt", "posix_spawn", "libc::exec"] {
            assert!(!text.contains(way), "{}: {way}", file.display());
        }
    }
}
