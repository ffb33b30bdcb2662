//! One model server dies under a run: what everybody else notices of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use crate::cards;
use crate::figures::{Row, float, median, spread};
use crate::http::{Pace, Request, Script, load};
use crate::process::{Process, Product};
use crate::run_of_cells;

const CARDS: usize = 1_000;
const CELLS: usize = 2_000;
/// Of the server that works, and of the one that dies.
const LATENCY_MS: u32 = 20;
const AT_ONCE: usize = 8;
const A_SECOND: usize = 500;
const SECONDS: usize = 5;
const CONNECTIONS: usize = 32;
const ROUNDS: usize = 3;
const AT_MOST: f64 = 2.0;

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let models = Process::model_server(LATENCY_MS)?;
    let dying = Process::model_server(LATENCY_MS)?;
    let at = dying.address;
    let product = Product::with_model_servers(&[("ollama", &models), ("dying", &dying)], AT_ONCE)?;
    drop(dying);
    cards::fill(product.process.address, CARDS).await?;
    run_of_cells::prepare(&product.actor, CELLS).await;
    let (mut requests, mut runs, mut p99) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let calm = others(&product).await?;
        let dying = Process::model_server_at(at, LATENCY_MS)?;
        product.actor.post("/api/v1/health/provider-dying/breaker/close", &json!({})).await;
        let run = product.actor.start("bench", &[&format!("dying/{}", run_of_cells::MODEL)], 1).await;
        drop(dying);
        let outage = others(&product).await?;
        let waits = product.actor.get(&format!("W/runs/{}/waits", id(&run)?)).await.expect(200);
        anyhow::ensure!(waits["items"][0]["provider"] == "dying", "the run does not wait: {waits}");
        product.actor.post(&format!("W/runs/{}/cancel", id(&run)?), &json!({})).await.expect(200);
        println!(
            "  round {round}  p99 {:.2} ms calm, {:.2} ms with a server away; the other's run {:.2} s, {:.2} s",
            calm.p99_ms, outage.p99_ms, calm.run_seconds, outage.run_seconds
        );
        requests.push(outage.p99_ms / calm.p99_ms);
        runs.push(outage.run_seconds / calm.run_seconds);
        p99.push(outage.p99_ms);
    }
    Ok(vec![
        Row::new(
            "a model server dies under a run: p99 of all requests beside before",
            format!("{} ×; {:.1} ms", spread(&requests, 2), median(&p99)),
            format!("{AT_MOST} ×"),
            median(&requests) <= AT_MOST,
        ),
        Row::new(
            "the same: a run of another model server beside before",
            format!("{} ×", spread(&runs, 2)),
            format!("{AT_MOST} ×"),
            median(&runs) <= AT_MOST,
        ),
    ])
}

struct Others {
    p99_ms: f64,
    run_seconds: f64,
}

/// A run of the server that works, and people at the page meanwhile.
async fn others(product: &Product) -> Result<Others> {
    let address = product.process.address;
    let script: Script = Arc::new(move |number| match number % 4 {
        0 => Request::get(address, "/api/v1/workspaces/default/cards?limit=20"),
        1 => Request::get(address, "/api/v1/workspaces/default/runs?limit=20"),
        _ => Request::get(address, &cards::path(number % CARDS)),
    });
    let pace = Pace::Every(Duration::from_secs(1) / u32::try_from(A_SECOND)?, A_SECOND * SECONDS);
    let (load, run) =
        tokio::join!(load(address, CONNECTIONS, pace, &script), run_of_cells::finish(&product.actor, CELLS));
    let (load, (_, run_seconds)) = (load?, run?);
    anyhow::ensure!(load.took.len() == A_SECOND * SECONDS, "{} requests", float(load.took.len()));
    Ok(Others { p99_ms: load.p99_ms(), run_seconds })
}

fn id(run: &serde_json::Value) -> Result<&str> {
    run["id"].as_str().context("a run without an id")
}
