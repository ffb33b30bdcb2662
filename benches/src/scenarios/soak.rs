//! 1,000 requests a second for ten minutes, while 50 model calls are under way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::cards;
use crate::figures::{Row, float};
use crate::http::{Pace, Request, Script, load};
use crate::process::{Process, Product};
use crate::run_of_cells;

const A_SECOND: usize = 1_000;
const AT_ONCE: usize = 50;
const LATENCY_MS: u32 = 1_000;
const CARDS: usize = 10_000;
const CONNECTIONS: usize = 64;
/// Into how many equal parts the time is cut, each with a line.
const PARTS: usize = 10;
const P99_MS: f64 = 50.0;
/// How much memory may grow from the first part to the last.
const GROWTH: f64 = 1.10;

/// For so many seconds.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows(seconds: usize) -> Result<Vec<Row>> {
    let models = Process::model_server(LATENCY_MS)?;
    let product = Product::with_models(&models, AT_ONCE)?;
    let address = product.process.address;
    cards::fill(address, CARDS).await?;
    // A tenth more cells than the time can take, so that calls are under way to the end.
    run_of_cells::prepare(&product.actor, seconds * AT_ONCE * 11 / 10 + AT_ONCE).await;
    let run = run_of_cells::start(&product.actor).await;
    let mut watching = JoinSet::new();
    let (actor, watched) = (product.actor.clone(), run.clone());
    watching.spawn(async move {
        actor.follow(&watched, 0).await.count_until("cell_finished", "run_finished").await
    });
    sleep(Duration::from_secs(2)).await;

    let (mut worst, mut memory) = (0.0_f64, Vec::new());
    let before = product.process.cpu()?;
    for part in 0..PARTS {
        let count = A_SECOND * seconds / PARTS;
        let script: Script = Arc::new(move |number| mixed(address, part * count + number));
        let pace = Pace::Every(Duration::from_secs(1) / u32::try_from(A_SECOND)?, count);
        let load = load(address, CONNECTIONS, pace, &script).await?;
        memory.push(product.process.memory_mb()?);
        worst = worst.max(load.p99_ms());
        println!(
            "  part {:>2} of {PARTS}  {:.0}/s  p99 {:.2} ms  {:.0} MB",
            part + 1,
            load.a_second(),
            load.p99_ms(),
            memory.last().copied().unwrap_or_default()
        );
    }
    let cpu = product.process.cpu()?.saturating_sub(before).as_secs_f64();
    let counts = product.actor.run(&run).await["counts"].clone();
    println!("  the run at the end: {counts}");
    let (first, last) = (memory[0], memory[PARTS - 1]);
    let share = cpu / float(seconds) * 100.0;
    Ok(vec![
        Row::new(
            "soak: p99 of the worst tenth at 1,000/s, 50 model calls under way",
            format!("{worst:.1} ms"),
            format!("{P99_MS} ms"),
            worst <= P99_MS,
        ),
        Row::new(
            "soak: memory, first tenth and last",
            format!("{first:.0} MB, {last:.0} MB"),
            format!("{GROWTH} ×"),
            last / first <= GROWTH,
        ),
        Row::plain("soak: CPU of the server", format!("{share:.0} % of one core over {seconds} s")),
    ])
}

/// What applications and people ask for: mostly prompts by label, some cards and lists, a new card now and then.
fn mixed(address: std::net::SocketAddr, number: usize) -> Request {
    let card = number.wrapping_mul(7_919) % CARDS;
    match number % 20 {
        0 => cards::create(address, CARDS + number),
        1..=3 => Request::get(address, "/api/v1/workspaces/default/cards?limit=20"),
        4..=8 => Request::get(address, &cards::path(card)),
        _ => Request::get(address, &format!("{}/labels/production", cards::path(card))),
    }
}
