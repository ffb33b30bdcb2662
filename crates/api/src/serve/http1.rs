//! A connection that speaks HTTP/1.1.

use std::convert::Infallible;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::debug;

use super::socket::{Phase, Socket};
use super::{IDLE, Peer, Shared};

/// hyper's buffer for one connection: more than the door allows for headers, so that the door refuses them.
const BUFFER: usize = 64 * 1024;

/// Answers the requests of a connection until it ends.
pub(super) async fn answer<S>(stream: S, peer: Peer, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared { router, closing, ending, .. } = shared;
    let phase = Phase::default();
    let socket = TokioIo::new(Socket::new(stream, phase.clone()));
    let service =
        service_fn(move |request| call(router.clone(), request, peer, phase.clone(), closing.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(BUFFER)
        .serve_connection(socket, service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended in an error");
    }
}

async fn call(
    mut router: Router,
    mut request: Request<Incoming>,
    peer: Peer,
    phase: Phase,
    closing: CancellationToken,
) -> Result<Response<Body>, Infallible> {
    phase.header_complete(!request.body().is_end_stream());
    request.extensions_mut().insert(peer);
    let mut response = router.call(request).await?;
    phase.awaiting_header();
    if closing.is_cancelled() {
        // The next request goes to whoever takes the place of this server.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
