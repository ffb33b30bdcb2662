//! A stream of events ends with the right to follow it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::StreamExt;
use http::header::CONTENT_TYPE;
use tokio::time::{Instant, sleep_until};

use super::{Admitted, Gate};

/// How often it is looked again whether the right still stands: what another instance changed is noticed then.
const LOOK: Duration = Duration::from_secs(15);
/// What this process changed is noticed at once, but not more often than this.
const PAUSE: Duration = Duration::from_secs(1);

/// The response; if it is a stream of events, it ends when its reader may not follow it any more.
pub(crate) fn end_with_the_right_to_it(response: Response, gate: Arc<Gate>, admitted: Admitted) -> Response {
    let kind = response.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let over = Box::pin(until_refused(gate, admitted));
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(over)))
}

async fn until_refused(gate: Arc<Gate>, admitted: Admitted) {
    let mut changes = gate.state.engine.people().changes();
    loop {
        let looked = Instant::now();
        tokio::select! {
            () = sleep_until(looked + LOOK) => {}
            // An engine that ends closes its streams itself.
            Ok(()) = changes.changed() => sleep_until(looked + PAUSE).await,
        }
        changes.mark_unchanged();
        // A database that does not answer now is no reason: the stream has nothing to say then.
        if gate.check_again(&admitted).await.is_err_and(|refusal| refusal.code().status().is_client_error()) {
            return;
        }
    }
}
