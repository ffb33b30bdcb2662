//! What can go wrong with a model server, on command: the table.

mod bend;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

pub(crate) use bend::{Hang, runner_died};

use crate::state::{Hanging, Shared};

/// One way to fail, over either protocol. In JSON a name, or an object with the name: `"missing_done"`,
/// `{"status": {"code": 503, "retry_after_s": 2}}`, `{"cut_in_stream": {"after_tokens": 3}}`.
///
/// An answer that is not streamed counts as one token: a fault after tokens then stands before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields say what they are")]
pub enum Fault {
    /// The server is gone: the request that meets this gets no answer, every connection is closed, and new ones
    /// are refused for so long, or until the fault is changed.
    Refuse { for_ms: u64 },
    /// The connection is reset without a byte of an answer.
    Reset,
    /// The connection closes in good order without a byte of an answer.
    CloseBefore,
    /// An error instead of an answer, in Ollama's words where it has some (429, 500, 503).
    Status {
        code: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    /// Nothing comes, until the fault is changed; then the answer.
    HangBefore,
    /// The answer stops after so many tokens, until the fault is changed; then the rest.
    HangInStream { after_tokens: usize },
    /// The connection breaks after so many tokens.
    CutInStream { after_tokens: usize },
    /// The answer ends in good order after so many tokens, as if it were complete.
    EndInStream { after_tokens: usize },
    /// An error after so many tokens, and the end: what Ollama does when its runner dies.
    ErrorInStream { after_tokens: usize },
    /// A line that is not JSON after so many tokens.
    GarbageLine { after_tokens: usize },
    /// A token of so many megabytes after so many tokens, in one line.
    LongLine { after_tokens: usize, megabytes: u64 },
    /// A line with bytes that are no text after so many tokens.
    InvalidUtf8 { after_tokens: usize },
    /// The first token comes again and again, for ever.
    Endless,
    /// The answer comes byte by byte, each after so long.
    Drip { ms_per_byte: u64 },
    /// The answer is complete, but what says so never comes: the line with `done: true`, or `[DONE]`.
    MissingDone,
    /// The right answer under the media type of a web page.
    WrongContentType,
    /// Prose where JSON is asked for.
    LieAboutJson,
    /// The right answer over HTTP/1.0: it ends with its connection.
    Http10,
}

/// Which requests a fault meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum FaultOn {
    /// What is asked of a model: chat, generate, embed, over either protocol.
    Calls,
    /// Every request under `/api` and `/v1`.
    Everything,
}

impl Fault {
    /// Each fault once, as its name alone means it.
    pub const ALL: [Self; 18] = [
        Self::Refuse { for_ms: 1_000 },
        Self::Reset,
        Self::CloseBefore,
        Self::Status { code: 500, retry_after_s: None },
        Self::HangBefore,
        Self::HangInStream { after_tokens: 3 },
        Self::CutInStream { after_tokens: 3 },
        Self::EndInStream { after_tokens: 3 },
        Self::ErrorInStream { after_tokens: 3 },
        Self::GarbageLine { after_tokens: 3 },
        Self::LongLine { after_tokens: 3, megabytes: 100 },
        Self::InvalidUtf8 { after_tokens: 3 },
        Self::Endless,
        Self::Drip { ms_per_byte: 1_000 },
        Self::MissingDone,
        Self::WrongContentType,
        Self::LieAboutJson,
        Self::Http10,
    ];

    /// Its name in JSON and on the command line.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
            Ok(Value::String(name)) => name,
            _ => String::new(),
        }
    }
}

/// Reads a name, or the JSON that `PATCH /control` takes.
impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with('{') {
            return serde_json::from_str(text).map_err(|error| format!("{text} is not a fault: {error}"));
        }
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no fault {text}; there are {names}")
        })
    }
}

/// A fault on its way to one request.
pub(crate) struct Claimed {
    pub(crate) fault: Fault,
    pub(crate) shared: Arc<Shared>,
    /// Tells of a change of the fault.
    pub(crate) released: watch::Receiver<()>,
}

impl Claimed {
    /// Waits until the fault is changed.
    async fn hang(shared: Arc<Shared>, mut released: watch::Receiver<()>) {
        let _hanging = Hanging::new(shared);
        // An error says that the server is gone, and the connection goes with it.
        released.changed().await.ok();
    }
}

/// Connections are refused for so long, or until the fault is changed.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) time: Duration,
    pub(crate) released: watch::Receiver<()>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_by_its_name_or_as_json() {
        for fault in Fault::ALL {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert_eq!(serde_json::to_string(&fault).unwrap().trim_matches('"').parse(), Ok(fault));
        }
        let read = r#"{"status":{"code":429,"retry_after_s":2}}"#.parse();
        assert_eq!(read, Ok(Fault::Status { code: 429, retry_after_s: Some(2) }));
        assert!("explode".parse::<Fault>().unwrap_err().ends_with("lie_about_json, http10"));
    }
}
