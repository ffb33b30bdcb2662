//! An application that fetches its prompt by a label.

use anyhow::Result;

use crate::beside::{Subject, measure, ratios};
use crate::figures::{Row, median, spread};
use crate::http::{Connection, Request, same};
use crate::process::Product;
use crate::{bare_server, cards};

const CONNECTIONS: usize = 32;
const CARDS: usize = 1_000;
const A_SECOND: f64 = 10_000.0;
const OF_BARE: f64 = 0.6;

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let product = Product::start()?;
    let address = product.process.address;
    cards::fill(address, CARDS).await?;
    let fetch = Request::get(address, &format!("{}/labels/production", cards::path(CARDS / 2)));
    let size = Connection::open(address).await?.exchange(&fetch).await?;
    let bare = bare_server::start(true, &[size])?;
    let constant = Request::get(bare.address, &format!("/bare/{size}"));
    let [bare, label] = measure(
        &[
            Subject { name: "bare", server: &bare, script: same(constant) },
            Subject { name: "labels/production", server: &product.process, script: same(fetch) },
        ],
        CONNECTIONS,
    )
    .await?;
    let ratio = ratios(&label.a_second, &bare.a_second);
    let a_second = median(&label.a_second);
    Ok(vec![Row::new(
        "GET …/labels/production, a second, the load generator beside it",
        format!(
            "{a_second:.0}/s, {} of the bare handler's rate; {:.0} µs",
            spread(&ratio, 2),
            median(&label.cpu_us)
        ),
        format!("{A_SECOND:.0}/s, or {OF_BARE} of the bare rate"),
        a_second >= A_SECOND || median(&ratio) >= OF_BARE,
    )])
}
