//! What the program takes when it does little: memory, start, disk.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::figures::{Row, float, median, spread};
use crate::http::{Connection, Request};
use crate::process::{Process, Product, binary};
use crate::run_of_cells;

const ROUNDS: usize = 5;
const CELLS: usize = 15_000;
const AT_ONCE: usize = 50;
/// How long a server that does nothing is left alone before it is weighed. Somebody has just signed in: the 19 MiB that
/// a password takes go back to the system when the thread that hashed it ends, ten seconds later.
const SETTLE: Duration = Duration::from_secs(15);
const IDLE_MB: f64 = 50.0;
const RUN_MB: f64 = 100.0;
const START_MS: f64 = 150.0;
const BINARY_MB: f64 = 40.0;

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (mut fresh, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (product, took) = start(tempfile::tempdir()?).await?;
        fresh.push(took);
        sleep(SETTLE).await;
        idle.push(product.process.memory_mb()?);
    }
    let models = Process::model_server(0)?;
    let product = Product::with_models(&models, AT_ONCE)?;
    sleep(SETTLE).await;
    product.process.forget_peak_memory()?;
    run_of_cells::prepare(&product.actor, CELLS).await;
    let imported = product.process.peak_memory_mb()?;
    run_of_cells::finish(&product.actor, CELLS).await?;
    let peak = product.process.peak_memory_mb()?;
    println!(
        "  {imported:.0} MB at most while {CELLS} cases came in, {peak:.0} MB when their run had finished"
    );

    let Product { process, folder, actor: _ } = product;
    drop(process);
    let (killed, after_kill) = start(folder).await?;
    let mut folder = close(killed)?;
    let mut again = Vec::new();
    for _ in 0..ROUNDS {
        let (product, took) = start(folder).await?;
        again.push(took);
        folder = close(product)?;
    }
    println!("  {after_kill:.0} ms from a kill -9 after the run to the first answer");
    let megabytes = float(usize::try_from(std::fs::metadata(binary()?)?.len())?) / 1_000_000.0;
    Ok(vec![
        Row::new(
            "idle memory",
            format!("{} MB", spread(&idle, 0)),
            format!("{IDLE_MB} MB"),
            median(&idle) <= IDLE_MB,
        ),
        Row::new(
            "memory of a 15,000-cell run, at most",
            format!("{peak:.0} MB"),
            format!("{RUN_MB} MB"),
            peak <= RUN_MB,
        ),
        Row::new(
            "start to first answer: empty folder, and the database of that run",
            format!("{} ms, {} ms", spread(&fresh, 0), spread(&again, 0)),
            format!("{START_MS} ms"),
            median(&fresh).max(median(&again)) <= START_MS,
        ),
        Row::new("binary", format!("{megabytes:.1} MB"), format!("{BINARY_MB} MB"), megabytes <= BINARY_MB),
    ])
}

/// A server on this folder, and the milliseconds from its start to its first answer.
async fn start(folder: tempfile::TempDir) -> Result<(Product, f64)> {
    let begun = Instant::now();
    let product = Product::in_folder(folder)?;
    let address = product.process.address;
    Connection::open(address)
        .await?
        .exchange(&Request::get(address, "/api/v1/workspaces/default/cards"))
        .await?;
    Ok((product, begun.elapsed().as_secs_f64() * 1000.0))
}

/// Ends a server in good order and returns its folder.
fn close(product: Product) -> Result<tempfile::TempDir> {
    let Product { process, folder, actor: _ } = product;
    process.stop()?;
    Ok(folder)
}
