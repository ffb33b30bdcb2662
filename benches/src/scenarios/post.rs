//! Making cards, each on the disk before its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::beside::{Subject, measure, ratios};
use crate::figures::{Row, median, spread};
use crate::http::{Connection, Request, Script};
use crate::process::Product;
use crate::{bare_server, cards};

const CLIENTS: usize = 64;
const AT_MOST: f64 = 4.0;

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let product = Product::start()?;
    let address = product.process.address;
    let size = Connection::open(address).await?.exchange(&cards::create(address, 0)).await?;
    let bare = bare_server::start(true, &[size])?;
    let at_bare = bare.address;
    let path = format!("/parse/{size}");
    let parse: Script = Arc::new(move |number| {
        Request::new(at_bare, "POST", &path, &[], &cards::new_card(number).to_string())
    });
    // A slug is taken once, whatever the round.
    let made = AtomicUsize::new(1);
    let create: Script = Arc::new(move |_| cards::create(address, made.fetch_add(1, Ordering::Relaxed)));
    let [parsed, stored] = measure(
        &[
            Subject { name: "parse only", server: &bare, script: parse },
            Subject { name: "POST one card", server: &product.process, script: create },
        ],
        CLIENTS,
    )
    .await?;
    let ratio = ratios(&stored.cpu_us, &parsed.cpu_us);
    Ok(vec![Row::new(
        "POST one card, durable, 64 clients, CPU beside a handler that parses",
        format!(
            "{} ×; {:.0} µs, {:.0}/s",
            spread(&ratio, 2),
            median(&stored.cpu_us),
            median(&stored.a_second)
        ),
        format!("{AT_MOST} ×"),
        median(&ratio) <= AT_MOST,
    )])
}
