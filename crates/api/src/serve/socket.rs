//! A connection with the time limits that hyper does not have.
//!
//! hyper's limit on headers is also its limit on idle connections, so the stricter one is counted here. And hyper
//! closes a connection with unread bytes at once, which makes the system throw away the answer that explains why.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a header that has begun may take.
const HEADER: Duration = Duration::from_secs(10);
/// How long the peer may take nothing of what is written.
const STALL: Duration = Duration::from_secs(30);
/// How long a peer that still sends is listened to after the last answer.
const LINGER: Duration = Duration::from_secs(2);

/// Where a connection stands, shared by its socket and its service.
#[derive(Debug, Clone, Default)]
pub(super) struct Phase(Arc<Standing>);

#[derive(Debug, Default)]
struct Standing {
    /// Goes up when a header is complete and when its answer is ready: odd while a request is being answered.
    turn: AtomicU64,
    /// Whether the last request came with a body, which may not have been read to its end.
    body: AtomicBool,
}

impl Phase {
    /// A request is here and being answered.
    pub(super) fn header_complete(&self, has_body: bool) {
        self.0.body.store(has_body, Ordering::Relaxed);
        self.0.turn.fetch_add(1, Ordering::Relaxed);
    }

    /// The next bytes are a new header.
    pub(super) fn awaiting_header(&self) {
        self.0.turn.fetch_add(1, Ordering::Relaxed);
    }

    fn turn(&self) -> u64 {
        self.0.turn.load(Ordering::Relaxed)
    }
}

/// A limit that is armed now and then. The timer is made only when there is really something to wait for.
#[derive(Default)]
struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn arm(&mut self, after: Duration) {
        if self.at.is_none() {
            self.at = Some(Instant::now() + after);
        }
    }

    fn disarm(&mut self) {
        *self = Self::default();
    }

    /// Whether the time is over; registers for the moment when it is.
    fn has_passed(&mut self, context: &mut Context<'_>) -> bool {
        let Some(at) = self.at else { return false };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        timer.as_mut().poll(context).is_ready()
    }
}

pub(super) struct Socket<S> {
    stream: S,
    phase: Phase,
    header: Deadline,
    /// The turn in which `header` was armed.
    header_turn: u64,
    stall: Deadline,
    linger: Deadline,
    ended: bool,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, phase: Phase) -> Self {
        let (header, stall, linger) = (Deadline::default(), Deadline::default(), Deadline::default());
        Self { stream, phase, header, header_turn: 0, stall, linger, ended: false }
    }

    /// What a write came to, with the limit on a peer that takes nothing.
    fn stalled<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.stall.at.is_some() {
                self.stall.disarm();
            }
            return written;
        }
        self.stall.arm(STALL);
        if self.stall.has_passed(context) {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the peer took nothing for 30 s",
            )));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let turn = self.phase.turn();
        if turn != self.header_turn && self.header.at.is_some() {
            self.header.disarm();
        }
        if !turn.is_multiple_of(2) {
            return read;
        }
        match read {
            Poll::Ready(Ok(())) if buffer.filled().len() > before => {
                self.header_turn = turn;
                self.header.arm(HEADER);
            }
            Poll::Ready(Ok(())) => self.ended = true,
            Poll::Pending if self.header.has_passed(context) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "a header took longer than 10 s");
                return Poll::Ready(Err(error));
            }
            Poll::Ready(Err(_)) | Poll::Pending => {}
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.stalled(context, flushed)
    }

    /// Says goodbye and takes in the rest of a body, so that the peer reads our answer before it sees a reset.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.at.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.linger.arm(LINGER);
            self.ended |= !self.phase.0.body.load(Ordering::Relaxed);
        }
        let mut scrap = [0; 16 * 1024];
        while !self.ended && !self.linger.has_passed(context) {
            let mut buffer = ReadBuf::new(&mut scrap);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            self.ended = buffer.filled().is_empty();
        }
        Poll::Ready(Ok(()))
    }
}
