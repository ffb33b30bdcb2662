//! How a fault takes the place of an answer, or bends it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Version};

use super::{Claimed, Fault, Refusal};
use crate::body::Step;
use crate::protocol::Protocol;
use crate::response::{Closed, Reply};

/// Waits until the fault is changed.
pub(crate) type Hang = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A long line is sent in pieces of this size; a megabyte has sixteen.
const PIECE: usize = 65_536;
const PIECES_A_MEGABYTE: u64 = 16;

impl Claimed {
    /// What comes instead of an answer, if the fault replaces it.
    pub(crate) async fn replace(&self, protocol: Protocol) -> Option<Result<Reply, Closed>> {
        match self.fault {
            Fault::Status { code, retry_after_s } => Some(Ok(error(protocol, code, retry_after_s))),
            Fault::CloseBefore => Some(Err(Closed::InGoodOrder)),
            Fault::Reset => Some(Err(Closed::Reset)),
            Fault::Refuse { for_ms } => {
                let time = Duration::from_millis(for_ms);
                Some(Err(Closed::Refuse(Refusal { time, released: self.released.clone() })))
            }
            Fault::HangBefore => {
                Self::hang(Arc::clone(&self.shared), self.released.clone()).await;
                None
            }
            _ => None,
        }
    }

    /// Bends an answer.
    pub(crate) fn bend(self, reply: &mut Reply) {
        let protocol = reply.protocol;
        let steps = &mut reply.steps;
        match self.fault {
            Fault::HangInStream { after_tokens } => {
                let hang = Step::Hang(Box::pin(Self::hang(self.shared, self.released)));
                steps.insert(place(steps, after_tokens), hang);
            }
            Fault::CutInStream { after_tokens } => {
                steps.truncate(place(steps, after_tokens));
                steps.push(Step::Cut);
            }
            Fault::EndInStream { after_tokens } => steps.truncate(place(steps, after_tokens)),
            Fault::ErrorInStream { after_tokens } => {
                let message = "an error was encountered while running the model: unexpected EOF";
                let error = protocol.error(StatusCode::INTERNAL_SERVER_ERROR, message).to_string();
                steps.truncate(place(steps, after_tokens));
                steps.push(Step::Send(protocol.framed(error.as_bytes())));
            }
            Fault::GarbageLine { after_tokens } => {
                let garbage = protocol.framed(b"<<< this line is not JSON >>>");
                steps.insert(place(steps, after_tokens), Step::Send(garbage));
            }
            Fault::LongLine { after_tokens, megabytes } => {
                let place = place(steps, after_tokens);
                steps.splice(place..place, long_line(protocol, megabytes));
            }
            Fault::InvalidUtf8 { after_tokens } => {
                let [before, after] = protocol.around_a_piece();
                let line = [before, b"\xff\xfe\xc3", after].concat();
                steps.insert(place(steps, after_tokens), Step::Send(protocol.framed(&line)));
            }
            Fault::Endless => {
                let first = steps.iter().find_map(|step| match step {
                    Step::Send(bytes) => Some(bytes.clone()),
                    _ => None,
                });
                *steps = vec![Step::Repeat(first.unwrap_or_else(|| protocol.framed(b"{}")), u64::MAX)];
            }
            Fault::Drip { ms_per_byte } => {
                let pause = Duration::from_millis(ms_per_byte);
                for step in steps {
                    if let Step::Send(bytes) = step {
                        *step = Step::Drip(std::mem::take(bytes), pause);
                    }
                }
            }
            Fault::MissingDone => {
                steps.pop();
            }
            Fault::WrongContentType => reply.content_type = "text/html; charset=utf-8",
            Fault::Http10 => reply.version = Version::HTTP_10,
            Fault::Refuse { .. }
            | Fault::Reset
            | Fault::CloseBefore
            | Fault::Status { .. }
            | Fault::HangBefore
            | Fault::LieAboutJson => {}
        }
    }
}

impl Fault {
    /// True when the lines of an answer must stay apart, so that something can stand between them.
    pub(crate) fn needs_lines(self) -> bool {
        !matches!(self, Self::HangBefore | Self::WrongContentType | Self::LieAboutJson | Self::Http10)
    }
}

/// One line of so many megabytes and a little.
fn long_line(protocol: Protocol, megabytes: u64) -> [Step; 3] {
    let [begin, end] = protocol.frame();
    let [before, after] = protocol.around_a_piece();
    [
        Step::Send([begin, before].concat().into()),
        Step::Repeat(Bytes::from(vec![b'x'; PIECE]), megabytes.saturating_mul(PIECES_A_MEGABYTE)),
        Step::Send([after, end].concat().into()),
    ]
}

/// Index of the step that sends line number `after` (from 0), or the end.
fn place(steps: &[Step], after: usize) -> usize {
    let sends = steps.iter().enumerate().filter(|(_, step)| matches!(step, Step::Send(_)));
    sends.map(|(index, _)| index).nth(after).unwrap_or(steps.len())
}

/// The answer when the process that holds the model has died.
pub(crate) fn runner_died(protocol: Protocol) -> Reply {
    error(protocol, 500, None)
}

fn error(protocol: Protocol, code: u16, retry_after_s: Option<u64>) -> Reply {
    let message = match code {
        429 => "too many requests",
        503 => "server busy, please try again.  maximum pending requests exceeded",
        _ => "llama runner process has terminated: exit status 2",
    };
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::error(protocol, status, message).retry_after(retry_after_s)
}
