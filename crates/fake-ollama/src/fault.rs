//! What can go wrong with a model server, on command.

use std::pin::Pin;

use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::body::Step;
use crate::response::{Closed, Reply};

/// One way to fail. In JSON a name, or an object with the name: `"missing_done"`,
/// `{"status": {"code": 503, "retry_after_s": 2}}`, `{"cut_in_stream": {"after_tokens": 3}}`.
///
/// An answer that is not streamed counts as one line: a fault after tokens then stands before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error instead of an answer, in Ollama's words where it has some (429, 500, 503).
    #[expect(missing_docs, reason = "the two fields say what they are")]
    Status {
        code: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    /// The connection closes without a byte of an answer.
    CloseBefore,
    /// Nothing comes, until the fault is changed; then the answer.
    HangBefore,
    /// The answer stops after so many tokens, until the fault is changed; then the rest.
    #[expect(missing_docs, reason = "the field says what it is")]
    HangInStream { after_tokens: usize },
    /// The connection breaks after so many tokens.
    #[expect(missing_docs, reason = "the field says what it is")]
    CutInStream { after_tokens: usize },
    /// A line that is not JSON after so many tokens.
    #[expect(missing_docs, reason = "the field says what it is")]
    GarbageLine { after_tokens: usize },
    /// A line `{"error": …}` after so many tokens, and the end: what Ollama does when its runner dies.
    #[expect(missing_docs, reason = "the field says what it is")]
    ErrorInStream { after_tokens: usize },
    /// The answer ends in good order, but its last line, the one with `done: true`, never comes.
    MissingDone,
    /// The right answer under the media type of a web page.
    WrongContentType,
    /// Prose where `format` asks for JSON.
    LieAboutJson,
}

/// Which requests a fault meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultOn {
    /// `/api/chat` and `/api/generate` with a prompt.
    Calls,
    /// Every request under `/api`.
    Everything,
}

/// Waits until the fault is changed.
pub(crate) type Hang = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A fault on its way to one request.
pub(crate) struct Claimed {
    pub(crate) fault: Fault,
    pub(crate) hang: Hang,
}

impl Fault {
    /// What comes instead of an answer, if this fault replaces it.
    pub(crate) async fn replace(self, hang: &mut Hang) -> Option<Result<Reply, Closed>> {
        match self {
            Self::Status { code, retry_after_s } => Some(Ok(error(code, retry_after_s))),
            Self::CloseBefore => Some(Err(Closed)),
            Self::HangBefore => {
                hang.await;
                None
            }
            _ => None,
        }
    }

    /// True when the lines of an answer must stay apart, so that something can stand between them.
    pub(crate) fn needs_lines(self) -> bool {
        !matches!(self, Self::HangBefore | Self::WrongContentType | Self::LieAboutJson)
    }

    /// Bends an answer.
    pub(crate) fn bend(self, reply: &mut Reply, hang: Hang) {
        let steps = &mut reply.steps;
        match self {
            Self::HangInStream { after_tokens } => steps.insert(place(steps, after_tokens), Step::Hang(hang)),
            Self::CutInStream { after_tokens } => {
                steps.truncate(place(steps, after_tokens));
                steps.push(Step::Cut);
            }
            Self::GarbageLine { after_tokens } => {
                let garbage = Bytes::from_static(b"<<< this line is not JSON >>>\n");
                steps.insert(place(steps, after_tokens), Step::Send(garbage));
            }
            Self::ErrorInStream { after_tokens } => {
                let line =
                    b"{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n";
                steps.truncate(place(steps, after_tokens));
                steps.push(Step::Send(Bytes::from_static(line)));
            }
            Self::MissingDone => {
                steps.pop();
            }
            Self::WrongContentType => reply.content_type = "text/html; charset=utf-8",
            Self::Status { .. } | Self::CloseBefore | Self::HangBefore | Self::LieAboutJson => {}
        }
    }
}

/// Index of the step that sends line number `after` (from 0), or the end.
fn place(steps: &[Step], after: usize) -> usize {
    let sends = steps.iter().enumerate().filter(|(_, step)| matches!(step, Step::Send(_)));
    sends.map(|(index, _)| index).nth(after).unwrap_or(steps.len())
}

/// Ollama's answer when the process that holds the model has died.
pub(crate) fn runner_died() -> Reply {
    error(500, None)
}

fn error(code: u16, retry_after_s: Option<u64>) -> Reply {
    let message = match code {
        429 => "too many requests",
        503 => "server busy, please try again.  maximum pending requests exceeded",
        _ => "llama runner process has terminated: exit status 2",
    };
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Reply::error(status, message).retry_after(retry_after_s)
}
