//! Load and comparison: what the product takes, beside the least that the same work could take.
//!
//! Figures are ratios of things measured one after the other in the same round, because machines are noisy. It
//! needs the release binary beside it: `make bench` builds both.
//!
//! **To add a figure**: a file in `scenarios/` whose `rows` measures it and says what it is held against, and a
//! name in `NAMES` and `measure`.
#![expect(clippy::print_stdout, reason = "the figures are what was asked for")]

mod bare_server;
mod beside;
mod cards;
mod figures;
mod http;
mod million;
mod process;
mod run_of_cells;
mod scenarios;

use anyhow::{Context, Result};
use benches::machine;

use crate::figures::Row;
use crate::scenarios::{
    auth, backups, events, get, idle, imports, label, latency, middleware, outage, overload, peers,
    peers_eval, pooled, post, run, soak, warm,
};

/// What is measured without an argument, in this order.
const NAMES: [&str; 14] = [
    "run",
    "latency",
    "get",
    "middleware",
    "auth",
    "post",
    "imports",
    "label",
    "events",
    "idle",
    "pooled",
    "warm",
    "outage",
    "overload",
];
/// How long `soak` takes without an argument.
const SOAK_SECONDS: usize = 600;
/// How long `backups` writes without an argument.
const BACKUP_SECONDS: usize = 300;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--help" | "-h" | "help", ..] => {
            println!("{}", usage());
            Ok(())
        }
        [bare_server::COMMAND, rest @ ..] => bare_server::serve(rest).await,
        ["million"] => {
            promptcards::install_cryptography();
            million::measure(&process::binary()?).await
        }
        [] => print(&NAMES, None).await,
        [name @ ("soak" | "peers" | "backups"), rest @ ..] => print(&[name], rest.first().copied()).await,
        names => print(names, None).await,
    }
}

fn usage() -> String {
    format!(
        "Measures what the product takes, and prints a table.\n\nUsage: benches [WHAT]...\n\n\
         Without WHAT all of these: {}\n\nBy name alone:\n  \
         soak [SECONDS]    a server under load for so long [default: {SOAK_SECONDS}]\n  \
         backups [SECONDS] backups beside writes for so long, and of a large file [default: {BACKUP_SECONDS}]\n  \
         peers PROMPTFOO   beside promptfoo, whose program this is: `make bench-peers` installs it\n  \
         million           a database of a million cells\n\n\
         The release binary must lie beside it: `make bench` builds both.",
        NAMES.join(", ")
    )
}

/// Measures, and prints the table.
async fn print(names: &[&str], argument: Option<&str>) -> Result<()> {
    promptcards::install_cryptography();
    println!("{}\n", machine::describe());
    let mut lines = Vec::new();
    for name in names {
        println!("{name}");
        for row in measure(name, argument).await? {
            println!("{}", row.line());
            lines.push(row.line());
        }
    }
    println!("\n| what | median (least–most) | limit | |\n|---|---|---|---|\n{}", lines.join("\n"));
    Ok(())
}

async fn measure(name: &str, argument: Option<&str>) -> Result<Vec<Row>> {
    match name {
        "run" => run::rows().await,
        "latency" => latency::rows().await,
        "get" => get::rows().await,
        "middleware" => middleware::rows().await,
        "auth" => auth::rows().await,
        "post" => post::rows().await,
        "imports" => imports::rows().await,
        "label" => label::rows().await,
        "events" => events::rows().await,
        "idle" => idle::rows().await,
        "pooled" => pooled::rows().await,
        "warm" => warm::rows().await,
        "outage" => outage::rows().await,
        "overload" => overload::rows().await,
        "backups" => backups::rows(argument.map_or(Ok(BACKUP_SECONDS), str::parse)?).await,
        "soak" => soak::rows(argument.map_or(Ok(SOAK_SECONDS), str::parse)?).await,
        "peers" => {
            let program = argument.context("where is promptfoo? `make bench-peers` knows")?;
            let program = std::fs::canonicalize(program)?;
            let mut rows = peers::rows(&program).await?;
            rows.extend(peers_eval::rows(&program)?);
            Ok(rows)
        }
        other => anyhow::bail!("there is no `{other}`: {} or soak [seconds]", NAMES.join(", ")),
    }
}
