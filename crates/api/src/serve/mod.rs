//! The accept loop: our own, because `axum::serve` has no time limit on headers and leaves Nagle on.

mod socket;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::{debug, info, warn};

use socket::{Phase, Socket};

/// Connections that may be open at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 4_096;
/// How long a connection may be idle between requests.
const IDLE: Duration = Duration::from_mins(1);
/// How long requests may go on after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// Pause after a failed accept, which is mostly a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// hyper's buffer for one connection: more than the door allows for headers, so that the door refuses them.
const BUFFER: usize = 64 * 1024;

/// Who is at the other end of the connection that a request came over: a client, or a proxy before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The server could not begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Passwords would cross the network in the clear.
    #[error(
        "{0} can be reached from other machines. The server has no TLS yet, so it listens on loopback only: use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// Another program has the port.
    #[error("{0} is in use by another program. Stop it, or listen elsewhere with --listen 127.0.0.1:PORT")]
    PortTaken(SocketAddr),
    /// The system said no.
    #[error("cannot listen on {address}: {cause}")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
}

/// Begins to listen. Port 0 takes a free one; `local_addr` of the listener tells which.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken(address),
        _ => ListenError::Refused { address, cause },
    })
}

/// Answers connections until `closing` is cancelled, then until the open requests are answered, 25 s at most.
pub async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Cancelled after the drain: connections that still talk are cut.
    let cut = CancellationToken::new();
    // A want that lasts is logged when it begins, not ten times a second.
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = closing.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                failing = false;
                let (router, closing, cut) = (router.clone(), closing.clone(), cut.clone());
                connections.spawn(async move {
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = connection(stream, peer, router, closing) => {}
                    }
                    drop(place);
                });
            }
            Err(error) if belongs_to_the_peer(&error) => {
                debug!(%error, "a connection ended before it was accepted");
            }
            Err(error) => {
                if !failing {
                    warn!(%error, "cannot accept connections; trying again until it works");
                }
                failing = true;
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if timeout(DRAIN, connections.wait()).await.is_err() {
        info!(open = connections.len(), "requests were still open after the time to finish; they are cut");
        cut.cancel();
        connections.wait().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, Peer(address), place))
}

fn belongs_to_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn connection(stream: TcpStream, peer: Peer, router: Router, closing: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection ended before its first request");
        return;
    }
    let phase = Phase::default();
    let socket = TokioIo::new(Socket::new(stream, phase.clone()));
    let service = service_fn(move |request| answer(router.clone(), request, peer, phase.clone()));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(BUFFER)
        .serve_connection(socket, service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended in an error");
    }
}

async fn answer(
    mut router: Router,
    mut request: Request<Incoming>,
    peer: Peer,
    phase: Phase,
) -> Result<Response<Body>, Infallible> {
    phase.header_complete(!request.body().is_end_stream());
    request.extensions_mut().insert(peer);
    let response = router.call(request).await;
    phase.awaiting_header();
    response
}
