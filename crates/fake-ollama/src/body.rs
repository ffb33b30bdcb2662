//! The body of an answer: a row of steps, each taken when the one before is done.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::vec::IntoIter;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::fault::Hang;
use crate::response::Closed;
use crate::state::InFlight;

/// One thing that a body does.
pub(crate) enum Step {
    /// Send these bytes.
    Send(Bytes),
    /// Wait for this moment.
    Until(Instant),
    /// Wait until the fault is changed.
    Hang(Hang),
    /// Send these bytes so many times.
    Repeat(Bytes, u64),
    /// Send these bytes one by one, and wait for so long after each.
    Drip(Bytes, Duration),
    /// Do this.
    Act(Box<dyn FnOnce() + Send>),
    /// Break the connection.
    Cut,
}

/// What the body waits for before it takes its next step.
enum Wait {
    Nothing,
    Timer(Pin<Box<Sleep>>),
    Hang(Hang),
    /// For hyper to send what it holds: it would drop it when the next poll breaks the connection.
    Flush,
}

/// What is left of a step.
enum Rest {
    Nothing,
    Repeat(Bytes, u64),
    Drip(Bytes, Duration),
}

/// A body that plays steps. Its call counts as in flight until the last byte has been handed over.
pub(crate) struct Body {
    steps: IntoIter<Step>,
    /// What is left of a step that sends more than once.
    rest: Rest,
    wait: Wait,
    /// Known length of an answer in one piece.
    length: Option<u64>,
    call: Option<InFlight>,
}

impl Body {
    pub(crate) fn new(steps: Vec<Step>, in_one_piece: bool, call: Option<InFlight>) -> Self {
        let length = match steps.as_slice() {
            [Step::Send(bytes)] if in_one_piece => Some(bytes.len() as u64),
            _ => None,
        };
        Self { steps: steps.into_iter(), rest: Rest::Nothing, wait: Wait::Nothing, length, call }
    }

    /// What a step that has begun sends next.
    fn next_of_rest(&mut self) -> Option<Bytes> {
        match &mut self.rest {
            Rest::Repeat(bytes, left @ 1..) => {
                *left -= 1;
                Some(bytes.clone())
            }
            Rest::Drip(bytes, pause) if !bytes.is_empty() => {
                self.wait = Wait::Timer(Box::pin(tokio::time::sleep(*pause)));
                Some(bytes.split_to(1))
            }
            _ => {
                self.rest = Rest::Nothing;
                None
            }
        }
    }

    fn finish(&mut self) {
        if let Some(call) = self.call.take() {
            call.finish();
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Closed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Closed>>> {
        loop {
            match &mut self.wait {
                Wait::Nothing => {}
                Wait::Timer(timer) => ready!(timer.as_mut().poll(cx)),
                Wait::Hang(hang) => ready!(hang.as_mut().poll(cx)),
                Wait::Flush => {
                    self.finish();
                    return Poll::Ready(Some(Err(Closed::InGoodOrder)));
                }
            }
            self.wait = Wait::Nothing;
            if let Some(bytes) = self.next_of_rest() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            match self.steps.next() {
                Some(Step::Send(bytes)) => {
                    if self.steps.as_slice().is_empty() {
                        self.finish();
                    }
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
                Some(Step::Until(moment)) => {
                    if moment > Instant::now() {
                        self.wait = Wait::Timer(Box::pin(tokio::time::sleep_until(moment)));
                    }
                }
                Some(Step::Repeat(bytes, times)) => self.rest = Rest::Repeat(bytes, times),
                Some(Step::Drip(bytes, pause)) => self.rest = Rest::Drip(bytes, pause),
                Some(Step::Act(act)) => act(),
                Some(Step::Hang(hang)) => self.wait = Wait::Hang(hang),
                Some(Step::Cut) => {
                    self.wait = Wait::Flush;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => {
                    self.finish();
                    return Poll::Ready(None);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let waits = !matches!((&self.wait, &self.rest), (Wait::Nothing, Rest::Nothing));
        self.steps.as_slice().is_empty() && !waits && self.call.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
