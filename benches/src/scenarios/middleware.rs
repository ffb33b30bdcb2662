//! What every request pays before a handler sees it: ids, headers, limits, origin, log.

use anyhow::Result;

use crate::bare_server;
use crate::beside::{Subject, measure};
use crate::figures::{Row, median, spread};
use crate::http::{Request, same};

const CONNECTIONS: usize = 16;
const SIZE: usize = 500;
const AT_MOST_US: f64 = 25.0;

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let (with, without) = (bare_server::start(true, &[SIZE])?, bare_server::start(false, &[SIZE])?);
    let path = format!("/bare/{SIZE}");
    let [naked, behind] = measure(
        &[
            Subject {
                name: "axum route alone",
                server: &without,
                script: same(Request::get(without.address, &path)),
            },
            Subject {
                name: "behind the door",
                server: &with,
                script: same(Request::get(with.address, &path)),
            },
        ],
        CONNECTIONS,
    )
    .await?;
    let over: Vec<f64> =
        behind.cpu_us.iter().zip(&naked.cpu_us).map(|(behind, naked)| behind - naked).collect();
    Ok(vec![Row::new(
        "whole middleware, CPU over an axum route without any",
        format!("{} µs", spread(&over, 1)),
        format!("{AT_MOST_US} µs"),
        median(&over) <= AT_MOST_US,
    )])
}
