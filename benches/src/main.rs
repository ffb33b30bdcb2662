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
mod machine;
mod process;
mod run_of_cells;
mod scenarios;

use anyhow::Result;

use crate::figures::Row;
use crate::scenarios::{events, get, idle, label, latency, middleware, pooled, post, run, soak};

/// What is measured without an argument, in this order.
const NAMES: [&str; 9] = ["run", "latency", "get", "middleware", "post", "label", "events", "idle", "pooled"];
/// How long `soak` takes without an argument.
const SOAK_SECONDS: usize = 600;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(bare_server::COMMAND) => bare_server::serve(&arguments[1..]).await,
        None => print(&NAMES, SOAK_SECONDS).await,
        Some("soak") => {
            let seconds = arguments.get(1).map_or(Ok(SOAK_SECONDS), |seconds| seconds.parse())?;
            print(&["soak"], seconds).await
        }
        Some(_) => print(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), SOAK_SECONDS).await,
    }
}

/// Measures, and prints the table.
async fn print(names: &[&str], soak_seconds: usize) -> Result<()> {
    promptcards::install_cryptography();
    println!("{}\n", machine::describe());
    let mut lines = Vec::new();
    for name in names {
        println!("{name}");
        for row in measure(name, soak_seconds).await? {
            println!("{}", row.line());
            lines.push(row.line());
        }
    }
    println!("\n| what | median (least–most) | limit | |\n|---|---|---|---|\n{}", lines.join("\n"));
    Ok(())
}

async fn measure(name: &str, soak_seconds: usize) -> Result<Vec<Row>> {
    match name {
        "run" => run::rows().await,
        "latency" => latency::rows().await,
        "get" => get::rows().await,
        "middleware" => middleware::rows().await,
        "post" => post::rows().await,
        "label" => label::rows().await,
        "events" => events::rows().await,
        "idle" => idle::rows().await,
        "pooled" => pooled::rows().await,
        "soak" => soak::rows(soak_seconds).await,
        other => anyhow::bail!("there is no `{other}`: {} or soak [seconds]", NAMES.join(", ")),
    }
}
