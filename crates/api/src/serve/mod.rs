//! The accept loop: our own, because `axum::serve` has no time limit on headers and leaves Nagle on.

mod http1;
mod http2;
mod socket;
mod streams;
mod tls;

use std::io;
use std::iter;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::door::TrustedProxies;
use crate::places::{Full, Places};
pub use tls::{Tls, TlsError, TlsFiles};

/// How long a connection may be idle between requests.
const IDLE: Duration = Duration::from_mins(1);
/// How long requests may go on after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// How long a connection that was taken last may take to send its request.
const LAST_REQUEST: Duration = Duration::from_millis(500);
/// How long a handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Pause after a failed accept, which is mostly a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection that a request came over: a client, or a proxy before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// The server could not begin to listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
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
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken(address),
        _ => ListenError::Refused { address, cause },
    })
}

/// Which connections are taken, and how.
#[derive(Debug, Clone)]
pub struct Connections {
    /// How many may be open at once; more wait in the kernel's queue.
    pub at_once: usize,
    /// How many of them one address may have; 0: as many as it wants. More are closed.
    pub per_address: usize,
    /// The proxies whose addresses have no such limit: their connections are those of many.
    pub proxies: TrustedProxies,
    /// How long connections are still taken after the server was told to stop: whoever sends them here needs a
    /// while to hear of it.
    pub accept_after_stop: Duration,
    /// TLS, if this is where it ends.
    pub tls: Option<Arc<Tls>>,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            at_once: 4_096,
            per_address: 64,
            proxies: TrustedProxies::default(),
            accept_after_stop: Duration::ZERO,
            tls: None,
        }
    }
}

/// What every connection has of the server.
#[derive(Clone)]
struct Shared {
    router: Router,
    tls: Option<Arc<Tls>>,
    /// Cancelled when the server is told to stop: each answer is the last one of its connection.
    closing: CancellationToken,
    /// Cancelled when no connection is taken any more: those that are idle end.
    ending: CancellationToken,
    /// Cancelled after the drain: what still goes on is cut.
    cut: CancellationToken,
    tasks: TaskTracker,
}

/// Answers connections until `closing` is cancelled and for a while after, then until the open requests are answered,
/// 25 s after it at most.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: Connections,
    closing: CancellationToken,
) {
    let Connections { at_once, per_address, proxies, accept_after_stop, tls } = connections;
    let (ending, cut) = (CancellationToken::new(), CancellationToken::new());
    let shared = Shared { router, tls, closing: closing.clone(), ending, cut, tasks: TaskTracker::new() };
    let places = Arc::new(Semaphore::new(at_once));
    let entrance = Entrance { shared, proxies, of_addresses: Places::new(per_address), per_address };
    // A want that lasts is logged when it begins, not ten times a second.
    let mut failing = false;
    let mut end = pin!(end_of_accepting(&closing, accept_after_stop));
    let stopped = loop {
        let accepted = tokio::select! {
            biased;
            stopped = &mut end => break stopped,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok(taken) => {
                failing = false;
                entrance.take(taken);
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
    };
    if accept_after_stop.is_zero() {
        drop(listener);
    } else {
        entrance.take_what_waits(listener, &places);
    }
    let Shared { tasks, cut, ending, .. } = entrance.shared;
    tasks.close();
    // Whoever was taken last has not sent anything yet.
    drop(timeout(accept_after_stop.min(LAST_REQUEST), tasks.wait()).await);
    ending.cancel();
    if timeout_at(stopped + DRAIN, tasks.wait()).await.is_err() {
        info!(open = tasks.len(), "requests were still open after the time to finish; they are cut");
        cut.cancel();
        tasks.wait().await;
    }
}

/// A connection that was accepted, with its place among all.
type Taken = (TcpStream, Peer, OwnedSemaphorePermit);

/// What becomes of connections that were accepted.
struct Entrance {
    shared: Shared,
    proxies: TrustedProxies,
    of_addresses: Arc<Places>,
    per_address: usize,
}

impl Entrance {
    /// Answers the connection on a task of its own, or closes it because its address has enough of them.
    fn take(&self, (stream, peer, place): Taken) {
        let address = peer.0.ip();
        let of_address =
            if self.proxies.trusts(address) { Ok(None) } else { self.of_addresses.take(address) };
        let of_address = match of_address {
            Ok(held) => held,
            Err(Full { first }) => {
                if first {
                    let limit = self.per_address;
                    warn!(%address, limit, "an address wants more connections than it may have; they are closed");
                }
                return;
            }
        };
        let connection = connection(stream, peer, self.shared.clone());
        let cut = self.shared.cut.clone();
        self.shared.tasks.spawn(async move {
            let _held = (place, of_address);
            cut.run_until_cancelled(connection).await;
        });
    }

    /// Takes what the system has accepted already, which would be reset when the listener goes, and stops listening.
    ///
    /// The system is asked itself: tokio knows of a connection only after its driver has run. Who is accepted by the
    /// system between its last answer and the close is reset all the same; no call of Linux does both at once.
    fn take_what_waits(&self, listener: TcpListener, places: &Arc<Semaphore>) {
        let taken = listener.into_std().map(|listener| {
            iter::from_fn(|| {
                let place = Arc::clone(places).try_acquire_owned().ok()?;
                let (stream, address) = listener.accept().ok()?;
                stream.set_nonblocking(true).ok()?;
                Some((TcpStream::from_std(stream).ok()?, Peer(address), place))
            })
            .collect::<Vec<Taken>>()
        });
        match taken {
            Ok(taken) => taken.into_iter().for_each(|taken| self.take(taken)),
            Err(error) => warn!(%error, "connections that waited to be accepted are lost"),
        }
    }
}

/// When the server was told to stop, as soon as no connection is to be taken any more.
async fn end_of_accepting(closing: &CancellationToken, accept_after_stop: Duration) -> Instant {
    closing.cancelled().await;
    let stopped = Instant::now();
    sleep(accept_after_stop).await;
    stopped
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<Taken> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, Peer(address), place))
}

fn belongs_to_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn connection(stream: TcpStream, peer: Peer, shared: Shared) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection ended before its first request");
        return;
    }
    let Some(tls) = &shared.tls else { return http1::answer(stream, peer, shared).await };
    let handshake = shared.ending.run_until_cancelled(timeout(HANDSHAKE, tls.accept(stream))).await;
    match handshake {
        Some(Ok(Ok(stream))) if tls::agreed_on_http2(&stream) => http2::answer(stream, peer, shared).await,
        Some(Ok(Ok(stream))) => http1::answer(stream, peer, shared).await,
        Some(Ok(Err(error))) => debug!(%error, "a handshake of TLS failed"),
        Some(Err(_)) | None => debug!("a handshake of TLS came to no end"),
    }
}
