//! A connection that speaks HTTP/2, as browsers do over TLS.
//!
//! h2 bounds by itself how many streams are open and how large headers are, and ends a connection whose peer resets
//! streams faster than they are taken up. What it does not bound is watched by [`Streams`].

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::debug;

use super::socket::{Phase, Socket};
use super::streams::{Reason, Streams};
use super::{Peer, Shared};

/// Streams that may be open at once.
const STREAMS: u32 = 100;
/// Longest header list: more than the door allows, so that the door refuses it.
const HEADERS: u32 = 64 * 1024;
/// What a peer may send of one body, and of all bodies, before somebody reads it.
const BODY_WINDOW: u32 = 256 * 1024;
const WINDOW: u32 = 1024 * 1024;
/// What waits to be written for one stream.
const SEND_BUFFER: usize = 64 * 1024;
/// After how much silence the peer is asked whether it lives, and how long it may take to answer.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);
/// How long an idle connection has to take note of its end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs the streams of a connection as tasks of the server.
#[derive(Clone)]
struct Tasks {
    tracker: TaskTracker,
    cut: CancellationToken,
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, stream: F) {
        let cut = self.cut.clone();
        self.tracker.spawn(async move {
            cut.run_until_cancelled(stream).await;
        });
    }
}

/// Answers the requests of a connection until it ends.
pub(super) async fn answer<S>(stream: S, peer: Peer, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared { router, closing, cut, tasks, .. } = shared;
    let phase = Phase::default();
    // Its headers are frames among others, so that only the limits on writing and on the end are the socket's.
    phase.header_complete(true);
    let socket = TokioIo::new(Socket::new(stream, phase));
    let streams = Streams::default();
    let begun = streams.clone();
    let service = service_fn(move |request| call(router.clone(), request, peer, begun.clone()));
    let connection = http2::Builder::new(Tasks { tracker: tasks, cut })
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .initial_stream_window_size(BODY_WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG)
        .serve_connection(socket, service);
    let mut connection = pin!(connection);
    let reason = tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                debug!(%error, "a connection ended in an error");
            }
            return;
        }
        reason = streams.reason_to_end() => reason,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                _ = connection.as_mut() => return,
                reason = streams.reason_to_end() => reason,
            }
        }
    };
    debug!(peer = %peer.0, ?reason, "a connection is ended");
    if reason == Reason::Idle {
        connection.as_mut().graceful_shutdown();
        // It is idle: nobody misses it.
        drop(timeout(GOODBYE, connection).await);
    }
}

async fn call(
    mut router: Router,
    mut request: Request<Incoming>,
    peer: Peer,
    streams: Streams,
) -> Result<Response<Body>, Infallible> {
    let stream = streams.begin();
    request.extensions_mut().insert(peer);
    let response = router.call(request).await?;
    Ok(stream.answered(response))
}
