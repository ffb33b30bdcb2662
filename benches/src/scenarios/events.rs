//! 200 readers of one run's live events.

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::figures::{Row, median, spread};
use crate::process::{Process, Product};
use crate::run_of_cells;

const READERS: usize = 200;
const AT_ONCE: usize = 50;
const ROUNDS: usize = 3;
const AT_MOST: f64 = 1.10;
/// A model of 200 ms, as in `latency`: what a fast GPU with 50 slots does.
const PACED: (u32, usize) = (200, 1_000);
/// A model that takes no time: the cores are full without any reader.
const AT_ONCE_ANSWERED: (u32, usize) = (0, 5_000);

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (paced, _) = beside(PACED).await?;
    let (instant, lost) = beside(AT_ONCE_ANSWERED).await?;
    Ok(vec![
        Row::new(
            "a run of 200 ms a call with 200 readers beside one with one",
            format!("{} ×, no event lost", spread(&paced, 2)),
            format!("{AT_MOST} ×, none lost"),
            median(&paced) <= AT_MOST,
        ),
        Row::plain(
            "the same with a model that takes no time, readers on the same two cores",
            format!(
                "{} ×, {lost} of {} readers were told to read again",
                spread(&instant, 2),
                READERS * ROUNDS
            ),
        ),
    ])
}

/// The ratio of each round, and how many readers were sent `resync` in all.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
async fn beside((latency_ms, cells): (u32, usize)) -> Result<(Vec<f64>, usize)> {
    let (mut ratios, mut lost) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let (alone, _) = run(latency_ms, cells, 1).await?;
        let (crowded, behind) = run(latency_ms, cells, READERS).await?;
        println!(
            "  round {round}  {latency_ms} ms a call: one reader {alone:.2} s, {READERS} readers {crowded:.2} s, {behind} sent to read again"
        );
        anyhow::ensure!(latency_ms == 0 || behind == 0, "{behind} readers lost events");
        ratios.push(crowded / alone);
        lost += behind;
    }
    Ok((ratios, lost))
}

/// Seconds to the end of the run as the server has it, and how many readers did not get every event.
async fn run(latency_ms: u32, cells: usize, readers: usize) -> Result<(f64, usize)> {
    let models = Process::model_server(latency_ms)?;
    let product = Product::with_models(&models, AT_ONCE)?;
    run_of_cells::prepare(&product.actor, cells).await;
    let begun = Instant::now();
    let run = run_of_cells::start(&product.actor).await;
    let mut following = JoinSet::new();
    for _ in 0..readers {
        let (actor, run) = (product.actor.clone(), run.clone());
        following.spawn(async move {
            let seen = actor.follow(&run, 0).await.count_until("cell_finished", "run_finished").await;
            (seen, begun.elapsed().as_secs_f64())
        });
    }
    let (mut behind, mut first) = (0, f64::INFINITY);
    while let Some(reader) = following.join_next().await {
        let (seen, seconds) = reader?;
        behind += usize::from(seen != Some(cells));
        first = first.min(seconds);
    }
    Ok((first, behind))
}
