//! 10,000 cells on a model server that answers at once, beside the least that the same work could take.

use anyhow::Result;

use super::bare_loop;
use crate::figures::{Row, float, median, spread};
use crate::process::{Process, Product};
use crate::run_of_cells;

const CELLS: usize = 10_000;
/// How many calls are under way at once, in all three.
const AT_ONCE: usize = 50;
const ROUNDS: usize = 5;
/// How often the bare loop a run may take.
const AT_MOST: f64 = 2.0;
/// How much of the calls a second without a database the bare loop must reach.
const AT_LEAST: f64 = 0.8;

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (mut calls, mut loops, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let models = Process::model_server(0)?;
        let of_calls = bare_loop::call_only(&models.url(), CELLS, AT_ONCE).await?;
        let of_loop = bare_loop::call_and_store(&models.url(), CELLS, AT_ONCE).await?;
        let product = Product::with_models(&models, AT_ONCE)?;
        run_of_cells::prepare(&product.actor, CELLS).await;
        let before = product.process.cpu()?;
        let (_, of_run) = run_of_cells::finish(&product.actor, CELLS).await?;
        let cpu = product.process.cpu()?.saturating_sub(before).as_secs_f64();
        println!(
            "  round {round}  calls {of_calls:.2} s, bare loop {of_loop:.2} s, run {of_run:.2} s, {:.0} µs of CPU a cell",
            cpu * 1_000_000.0 / float(CELLS)
        );
        calls.push(of_calls);
        loops.push(of_loop);
        runs.push(of_run);
    }
    let ratio = crate::beside::ratios(&runs, &loops);
    let share = crate::beside::ratios(&calls, &loops);
    Ok(vec![
        Row::new(
            "10,000 cells beside the bare loop",
            format!("{} ×; {:.2} s beside {:.2} s", spread(&ratio, 2), median(&runs), median(&loops)),
            format!("{AT_MOST} ×"),
            median(&ratio) <= AT_MOST,
        ),
        Row::new(
            "the bare loop's calls a second beside calls without a database",
            format!("{}; {:.0}/s", spread(&share, 2), float(CELLS) / median(&loops)),
            format!("at least {AT_LEAST}"),
            median(&share) >= AT_LEAST,
        ),
    ])
}
