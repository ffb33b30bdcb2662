//! A run whose answers are all in the response cache, beside the same run with none.

use anyhow::Result;

use crate::figures::{Row, median, spread};
use crate::process::{Process, Product};
use crate::run_of_cells;

const CELLS: usize = 2_000;
/// How many calls are under way at once.
const AT_ONCE: usize = 50;
const ROUNDS: usize = 5;
/// How long a model takes for an answer, in milliseconds: no time at all, and little for a real one.
const LATENCIES: [(u32, &str); 2] = [
    (0, "2,000 cells without the response cache beside all from it"),
    (50, "the same with a model that takes 50 ms"),
];

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (latency_ms, what) in LATENCIES {
        let (mut cold, mut warm) = (Vec::new(), Vec::new());
        for round in 1..=ROUNDS {
            let models = Process::model_server(latency_ms)?;
            let product = Product::with_models(&models, AT_ONCE)?;
            run_of_cells::prepare(&product.actor, CELLS).await;
            let (_, of_cold) = run_of_cells::finish_with_cache(&product.actor, CELLS).await?;
            let (run, of_warm) = run_of_cells::finish_with_cache(&product.actor, CELLS).await?;
            let tokens = &product.actor.run(&run).await["columns"][0]["completion_tokens"];
            anyhow::ensure!(*tokens == 0, "the model was asked for {tokens} tokens");
            println!("  round {round}  {latency_ms} ms an answer: cold {of_cold:.2} s, warm {of_warm:.2} s");
            cold.push(of_cold);
            warm.push(of_warm);
        }
        rows.push(Row::plain(
            what,
            format!(
                "{} ×; {:.2} s beside {:.2} s",
                spread(&crate::beside::ratios(&cold, &warm), 1),
                median(&cold),
                median(&warm)
            ),
        ));
    }
    Ok(rows)
}
