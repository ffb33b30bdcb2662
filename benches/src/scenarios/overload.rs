//! Ten times as many requests as the server can answer: what it still does, and what it says to the others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::cards;
use crate::figures::{Row, float};
use crate::http::{Connection, Load, Pace, Request, Script, load};
use crate::process::Product;

const CARDS: usize = 10_000;
/// Connections of those who can be answered.
const CALM: usize = 64;
/// Connections of those who cannot: more than there are places for requests in flight.
const CROWD: usize = 1_000;
const TIMES: f64 = 10.0;
const SECONDS: usize = 60;
const CALM_SECONDS: u64 = 5;
/// The share of its peak that the server still answers.
const GOODPUT: f64 = 0.8;
const ACCEPTED_P99_MS: f64 = 1_000.0;
const MEMORY_MB: f64 = 512.0;
/// How much longer than before the crowd the answers may take after it.
const BACK: f64 = 2.0;

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let product = Product::start()?;
    let address = product.process.address;
    cards::fill(address, CARDS).await?;
    let number = Arc::new(AtomicUsize::new(0));
    // More of them than answers are kept.
    let search: Script = Arc::new(move |_| {
        let number = number.fetch_add(1, Ordering::Relaxed) * 7_919 % CARDS;
        let path = format!("/api/v1/workspaces/default/cards?limit=100&search=reply%20customer%20{number}");
        Request::get(address, &path)
    });
    let calm = Pace::For(Duration::from_secs(CALM_SECONDS));
    load(address, CALM, calm, &search).await?;
    let peak = load(address, CALM, calm, &search).await?;
    let interval = Duration::from_secs_f64(1.0 / (peak.a_second() * TIMES));
    let crowd = crowd(address, interval, &search).await?;
    let memory = product.process.peak_memory_mb()?;
    let after = load(address, CALM, calm, &search).await?;

    let share = crowd.answered.a_second() / peak.a_second();
    let (answered, refused) = (crowd.answered.took.len(), crowd.refused.took.len());
    let back = after.p99_ms() / peak.p99_ms();
    Ok(vec![
        Row::new(
            "ten times the peak for a minute: what is answered beside the peak",
            format!("{share:.2}; {:.0}/s beside {:.0}/s", crowd.answered.a_second(), peak.a_second()),
            format!("at least {GOODPUT}"),
            share >= GOODPUT,
        ),
        Row::plain(
            "the same: sent, answered, refused with 503",
            format!("{}, {answered}, {refused}; nothing else", answered + refused),
        ),
        Row::new(
            "the same: p99 of what is answered",
            format!("{:.0} ms", crowd.answered.p99_ms()),
            format!("{ACCEPTED_P99_MS} ms"),
            crowd.answered.p99_ms() <= ACCEPTED_P99_MS,
        ),
        Row::plain(
            "the same: until a refusal, median and p99",
            format!("{:.1} ms, {:.1} ms", crowd.refused.median_ms(), crowd.refused.p99_ms()),
        ),
        Row::new(
            "the same: most memory",
            format!("{memory:.0} MB"),
            format!("{MEMORY_MB} MB"),
            memory <= MEMORY_MB,
        ),
        Row::new(
            "p99 of the five seconds after it, beside before",
            format!("{back:.2} ×; {:.0} ms", after.p99_ms()),
            format!("{BACK} ×"),
            back <= BACK,
        ),
    ])
}

/// What became of the requests of many.
struct Crowd {
    answered: Load,
    refused: Load,
}

/// Sends a request each `interval`, as far as a connection is free for it. An answer's time counts from when its
/// request was sent: those that could not be sent are the crowd's loss, not the server's.
async fn crowd(address: SocketAddr, interval: Duration, script: &Script) -> Result<Crowd> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        open.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(u64::try_from(SECONDS)?);
    let mut workers = JoinSet::new();
    for mut connection in open {
        let (next, script) = (Arc::clone(&next), Arc::clone(script));
        workers.spawn(async move {
            let (mut answered, mut refused) = (Vec::new(), Vec::new());
            loop {
                let due = began + interval.mul_f64(float(next.fetch_add(1, Ordering::Relaxed)));
                if due >= until || Instant::now() >= until {
                    break;
                }
                sleep_until(due).await;
                let sent = Instant::now();
                match connection.ask(&script(0)).await.context("an answer was expected")?.status {
                    200 => answered.push(sent.elapsed()),
                    503 => refused.push(sent.elapsed()),
                    other => anyhow::bail!("an answer of {other}"),
                }
            }
            anyhow::Ok((answered, refused))
        });
    }
    let (mut answered, mut refused) = (Vec::new(), Vec::new());
    while let Some(worker) = workers.join_next().await {
        let (mut some, mut others) = worker??;
        answered.append(&mut some);
        refused.append(&mut others);
    }
    Ok(Crowd { answered: Load::of(began, answered), refused: Load::of(began, refused) })
}
