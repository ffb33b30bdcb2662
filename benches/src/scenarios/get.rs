//! Reading one card, and the first page of a list.

use anyhow::Result;

use crate::beside::{Subject, measure, ratios};
use crate::figures::{Row, median, spread};
use crate::http::{Connection, Request, same};
use crate::process::Product;
use crate::{bare_server, cards};

const MANY: usize = 10_000;
const FEW: usize = 100;
/// Connections of the comparison of CPU time.
const CONNECTIONS: usize = 16;
/// Connections of the comparison of the slowest requests: fewer, so that they wait for work and not for each other.
const CALM: usize = 4;
const CARD_AT_MOST: f64 = 2.0;
const LIST_AT_MOST: f64 = 3.0;
/// What "flat" means where a machine is noisy.
const P99_AT_MOST: f64 = 1.5;

const LIST: &str = "/api/v1/workspaces/default/cards?limit=20";

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (many, few) = (Product::start()?, Product::start()?);
    cards::fill(many.process.address, MANY).await?;
    cards::fill(few.process.address, FEW).await?;
    let at_many = many.process.address;
    let card = Request::get(at_many, &cards::path(MANY / 2));
    let mut connection = Connection::open(at_many).await?;
    let card_size = connection.exchange(&card).await?;
    let list_size = connection.exchange(&Request::get(at_many, LIST)).await?;
    let bare = bare_server::start(true, &[card_size, list_size])?;
    let constant = |size: usize| same(Request::get(bare.address, &format!("/bare/{size}")));
    let list = |server: &Product| same(Request::get(server.process.address, LIST));

    let [bare_card, one, bare_list, page] = measure(
        &[
            Subject { name: "bare, as a card", server: &bare, script: constant(card_size) },
            Subject { name: "one card", server: &many.process, script: same(card) },
            Subject { name: "bare, as a list", server: &bare, script: constant(list_size) },
            Subject { name: "list 20 of 10,000", server: &many.process, script: list(&many) },
        ],
        CONNECTIONS,
    )
    .await?;
    let [of_few, of_many] = measure(
        &[
            Subject { name: "list 20 of 100", server: &few.process, script: list(&few) },
            Subject { name: "list 20 of 10,000", server: &many.process, script: list(&many) },
        ],
        CALM,
    )
    .await?;

    let of_card = ratios(&one.cpu_us, &bare_card.cpu_us);
    let of_list = ratios(&page.cpu_us, &bare_list.cpu_us);
    let of_p99 = ratios(&of_many.p99_ms, &of_few.p99_ms);
    Ok(vec![
        Row::new(
            "GET one card, CPU beside the bare handler",
            format!("{} ×; {:.0} µs", spread(&of_card, 2), median(&one.cpu_us)),
            format!("{CARD_AT_MOST} ×"),
            median(&of_card) <= CARD_AT_MOST,
        ),
        Row::new(
            "list 20 of 10,000 cards, CPU beside the bare handler",
            format!("{} ×; {:.0} µs", spread(&of_list, 2), median(&page.cpu_us)),
            format!("{LIST_AT_MOST} ×"),
            median(&of_list) <= LIST_AT_MOST,
        ),
        Row::new(
            "p99 of that list, 10,000 cards beside 100",
            format!("{} ×; {:.1} ms", spread(&of_p99, 2), median(&of_many.p99_ms)),
            format!("{P99_AT_MOST} ×"),
            median(&of_p99) <= P99_AT_MOST,
        ),
    ])
}
