//! 1,000 cells on a model that takes 200 ms, 50 at once: 4 s would be ideal.

use anyhow::Result;
use tokio::time::Instant;

use crate::figures::{Row, float, median, spread};
use crate::process::{Process, Product};
use crate::run_of_cells;

const CELLS: usize = 1_000;
const AT_ONCE: usize = 50;
const LATENCY_MS: u32 = 200;
const ROUNDS: usize = 3;
const AT_MOST: f64 = 1.08;

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let ideal = float(CELLS / AT_ONCE) * f64::from(LATENCY_MS) / 1000.0;
    let mut taken = Vec::new();
    for round in 1..=ROUNDS {
        let models = Process::model_server(LATENCY_MS)?;
        let product = Product::with_models(&models, AT_ONCE)?;
        run_of_cells::prepare(&product.actor, CELLS).await;
        let begun = Instant::now();
        let (run, _) = run_of_cells::finish(&product.actor, CELLS).await?;
        let cells = product.actor.cells(&run).await.len();
        anyhow::ensure!(cells == CELLS, "{cells} of {CELLS} cells were read");
        let seconds = begun.elapsed().as_secs_f64();
        println!("  round {round}  {seconds:.2} s from the start of the run to the last cell read");
        taken.push(seconds / ideal);
    }
    Ok(vec![Row::new(
        "1,000 cells of 200 ms, 50 at once, beside the ideal 4 s, start and output included",
        format!("{} ×", spread(&taken, 3)),
        format!("{AT_MOST} ×"),
        median(&taken) <= AT_MOST,
    )])
}
