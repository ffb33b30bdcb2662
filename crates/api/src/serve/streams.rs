//! What the streams of an HTTP/2 connection are doing, and when that is a reason to end it.
//!
//! A peer that answers pings and takes nothing would hold its answers in memory for ever; one that begins requests and
//! gives them up, each time after the handler has begun, would make the server work for nothing.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::IDLE;

/// How long the peer may take nothing of an answer.
const STALL: Duration = Duration::from_secs(30);
/// How often is looked.
const LOOK: Duration = Duration::from_secs(5);
/// By how many the requests that were given up may exceed those that were answered.
const GIVEN_UP: u32 = 100;
/// An answer goes to h2 in pieces of this size: what h2 has taken it keeps, whether the peer wants it or not.
const PIECE: usize = 16 * 1024;

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// There was no request for a minute.
    Idle,
    /// The peer takes nothing of an answer.
    Stalled,
    /// The peer gives up what it asks for.
    GivenUp,
}

/// The streams of one connection.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Shared>);

#[derive(Default)]
struct Shared {
    standing: Mutex<Standing>,
    given_up: Notify,
}

struct Standing {
    /// For each stream, since when a piece of its answer waits for the peer.
    open: HashMap<u64, Option<Instant>>,
    next: u64,
    /// Since when none is open.
    idle_since: Instant,
    given_up: u32,
}

impl Default for Standing {
    fn default() -> Self {
        Self { open: HashMap::new(), next: 0, idle_since: Instant::now(), given_up: 0 }
    }
}

impl Streams {
    /// A request has come.
    pub(super) fn begin(&self) -> Stream {
        let mut standing = self.standing();
        let number = standing.next;
        standing.next += 1;
        standing.open.insert(number, None);
        drop(standing);
        Stream { streams: self.clone(), number, answered: false }
    }

    /// Waits until there is a reason to end the connection.
    pub(super) async fn reason_to_end(&self) -> Reason {
        loop {
            tokio::select! {
                () = self.0.given_up.notified() => return Reason::GivenUp,
                () = sleep(LOOK) => {}
            }
            let now = Instant::now();
            let standing = self.standing();
            if standing.open.is_empty() && now.duration_since(standing.idle_since) >= IDLE {
                return Reason::Idle;
            }
            let mut waiting = standing.open.values().flatten();
            if waiting.any(|since| now.duration_since(*since) >= STALL) {
                return Reason::Stalled;
            }
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, and then its answer, until this is dropped.
pub(super) struct Stream {
    streams: Streams,
    number: u64,
    answered: bool,
}

impl Stream {
    /// The handler has answered; the stream is open until the body has been sent.
    pub(super) fn answered(mut self, response: Response<Body>) -> Response<Body> {
        self.answered = true;
        response.map(|body| Body::new(Sent { body, rest: Bytes::new(), stream: self }))
    }

    fn waits(&self, since: Option<Instant>) {
        self.streams.standing().open.insert(self.number, since);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut standing = self.streams.standing();
        standing.open.remove(&self.number);
        if standing.open.is_empty() {
            standing.idle_since = Instant::now();
        }
        if self.answered {
            standing.given_up = standing.given_up.saturating_sub(1);
            return;
        }
        standing.given_up += 1;
        if standing.given_up > GIVEN_UP {
            self.streams.0.given_up.notify_one();
        }
    }
}

/// A body that is handed out in pieces. Nobody asks for one before the peer has room for it.
struct Sent {
    body: Body,
    rest: Bytes,
    stream: Stream,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.stream.waits(None);
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.stream.waits(Some(Instant::now()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // It is asked for before the first piece, when there is no rest.
        self.body.size_hint()
    }
}
