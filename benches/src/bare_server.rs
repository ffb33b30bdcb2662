//! The least that an answer over HTTP takes: constant JSON, behind the product's own accept loop and door.
//!
//! It is a process of its own, so that the product has no address that exists for measuring.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};
use api::door::{Door, Reach};
use api::extract::Create;
use api::serve::Connections;
use api::spa::Site;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use engine::cards::NewCard;
use promptcards::{LogSettings, SystemIds};
use tokio_util::sync::CancellationToken;

use crate::process::Process;

/// The word that makes this program the server.
pub(crate) const COMMAND: &str = "bare-server";
const WITHOUT_DOOR: &str = "without-door";

/// Starts it. `GET /bare/N` answers N bytes for each N of `sizes`, `POST /parse/N` parses a new card first.
pub(crate) fn start(with_door: bool, sizes: &[usize]) -> Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([COMMAND, if with_door { "with-door" } else { WITHOUT_DOOR }]);
    command.args(sizes.iter().map(ToString::to_string));
    Process::start(&mut command).context("the bare server does not start")
}

/// Serves until the process ends.
#[expect(clippy::print_stdout, reason = "the parent waits for the address")]
pub(crate) async fn serve(arguments: &[&str]) -> Result<()> {
    let (door, sizes) = arguments.split_first().context("with or without the door?")?;
    promptcards::begin_log(&LogSettings::default())?;
    let listener = api::serve::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    let mut router = Router::new();
    for size in sizes {
        let body = constant(size.parse()?);
        let parsed = body.clone();
        router = router
            .route(&format!("/bare/{size}"), get(async move || answer(body.clone())))
            .route(&format!("/parse/{size}"), post(async move |_: Create<NewCard>| answer(parsed.clone())));
    }
    if *door != WITHOUT_DOOR {
        let door = Door::new(Arc::new(SystemIds), Reach::loopback(address.port()));
        router = api::router::guarded(router, Site::embedded(), &door);
    }
    println!("the bare server listens on http://{address}");
    // Whoever measures comes from one address.
    let connections = Connections { per_address: 0, ..Connections::default() };
    api::serve::serve(listener, router, connections, CancellationToken::new()).await;
    Ok(())
}

/// A JSON object of so many bytes.
fn constant(size: usize) -> Bytes {
    let frame = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, "x".repeat(size.saturating_sub(frame))).into()
}

fn answer(body: Bytes) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}
