//! How long a small write waits while the largest import that is allowed goes on.
//!
//! There is one writer. A write waits for the step of the import that is under way, so the longest wait is about the
//! longest step.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cards;
use crate::figures::{Row, median, spread};
use crate::http::{Connection, Request};
use crate::process::Product;

const ROUNDS: usize = 3;
const AT_MOST_MS: f64 = 50.0;
/// Cards of the file and cases of each. With a case of about a kilobyte it has nearly 32 MiB.
const CARDS: usize = 1_000;
const CASES_OF_A_CARD: usize = 27;
/// The most cases that come into a suite at once, nearly 10 MiB.
const CASES: usize = 10_000;
const IMPORT: &str = "/api/v1/workspaces/default/import";

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (file, cases) =
        (file(), json!({ "items": (0..CASES).map(|number| case(number, 900)).collect::<Vec<_>>() }));
    println!("  {} bytes of cards, {} bytes of cases", file.len(), cases.to_string().len());
    let mut waits = [Vec::new(), Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        let product = Product::start()?;
        let address = product.process.address;
        let post = |path: &str, body: &Value| Request::new(address, "POST", path, &[], &body.to_string());
        let import = post(IMPORT, &json!({ "files": [{ "name": "cards.yaml", "text": file }] }));
        let card = product.actor.post("W/cards", &cards::new_card(0)).await.expect(201);
        let path = format!(
            "/api/v1/workspaces/default/suites/{}/cases/import",
            card["suite_id"].as_str().unwrap_or("")
        );
        let into_suite = post(&path, &cases);
        let duplicate = json!({ "slug": "the-copy", "title": "The copy" });
        let duplicate = post(&format!("{}/duplicate", cards::path(0)), &duplicate);
        let mut number = round * 1_000_000;
        for (request, waits) in [import, into_suite, duplicate].iter().zip(&mut waits) {
            let (took, longest) = beside(address, request, &mut number).await?;
            println!("  round {round}  took {took:.2?}, the longest wait {longest:.1?}");
            waits.push(longest.as_secs_f64() * 1000.0);
        }
    }
    let names = [
        "longest wait of a write beside an import of 32 MiB, 1,000 cards and 27,000 cases",
        "the same beside 10,000 cases into one suite, 10 MiB",
        "the same beside a copy of that card and its cases",
    ];
    let row = |(what, waits): (&'static str, &Vec<f64>)| {
        let measured = format!("{} ms", spread(waits, 1));
        Row::new(what, measured, format!("{AT_MOST_MS} ms"), median(waits) <= AT_MOST_MS)
    };
    Ok(names.into_iter().zip(&waits).map(row).collect())
}

/// Sends a request, and makes cards until it is answered: how long it took, and how long the slowest card.
async fn beside(address: SocketAddr, request: &Request, number: &mut usize) -> Result<(Duration, Duration)> {
    let (mut large, mut small) = (Connection::open(address).await?, Connection::open(address).await?);
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    let mut answer = pin!(large.exchange(request));
    loop {
        let asked = Instant::now();
        *number += 1;
        let card = cards::create(address, *number);
        let mut write = pin!(small.exchange(&card));
        let answered = tokio::select! {
            answered = &mut answer => Some(answered),
            written = &mut write => {
                written?;
                None
            }
        };
        if let Some(answered) = answered {
            answered?;
            let took = began.elapsed();
            // It may have waited for all of it.
            write.await?;
            return Ok((took, longest.max(asked.elapsed())));
        }
        longest = longest.max(asked.elapsed());
    }
}

/// A file of cards as an export writes it; JSON is YAML.
fn file() -> String {
    let card = |card: usize| {
        let content = json!({ "kind": "text", "messages": [{ "user": "What is {{ word }}?" }] });
        json!({
            "slug": format!("imported-{card}"), "title": format!("Card {card}"), "suite": format!("suite-{card}"),
            "labels": { "live": 1 }, "versions": [{ "version": 1, "message": "Why.", "content": content }],
        })
    };
    let suite = |suite: usize| {
        let cases: Vec<Value> = (0..CASES_OF_A_CARD).map(|number| case(number, 1_150)).collect();
        json!({ "key": format!("suite-{suite}"), "name": "Suite", "cases": cases })
    };
    let (cards, suites): (Vec<_>, Vec<_>) = (0..CARDS).map(|index| (card(index), suite(index))).unzip();
    json!({ "promptcards": 1, "cards": cards, "suites": suites }).to_string()
}

fn case(number: usize, letters: usize) -> Value {
    json!({ "variables": { "word": format!("{number} {}", "x".repeat(letters)) } })
}
