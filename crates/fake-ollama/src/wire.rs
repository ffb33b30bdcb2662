//! Writes the messages of an answer, byte by byte: the hot path of the server. Here are Ollama's lines.

mod openai;

use std::io::Write as _;
use std::time::Duration;

pub(crate) use openai::Events;

use crate::request::Api;

/// What the last line tells beside the text.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) reason: &'static str,
    /// Until the model was in memory.
    pub(crate) load: Duration,
    pub(crate) prompt_tokens: usize,
    /// From then to the first token.
    pub(crate) prompt: Duration,
    pub(crate) tokens: usize,
    pub(crate) generation: Duration,
}

/// Writes the messages of one call.
pub(crate) enum Wire {
    Ollama(Lines),
    OpenAi(Events),
}

impl Wire {
    /// One token of a stream: of the thinking or of the content, the other is empty.
    pub(crate) fn token(&self, out: &mut Vec<u8>, at: &str, thinking: &str, content: &str) {
        match self {
            Self::Ollama(lines) => lines.token(out, at, thinking, content),
            Self::OpenAi(events) => events.token(out, thinking, content),
        }
    }

    /// The end of a stream.
    pub(crate) fn last(&self, out: &mut Vec<u8>, at: &str, metrics: &Metrics) {
        match self {
            Self::Ollama(lines) => {
                lines.done(out, at, "", "", metrics);
                out.push(b'\n');
            }
            Self::OpenAi(events) => events.last(out, metrics),
        }
    }

    /// What comes after the end, to say that it was the end.
    pub(crate) fn closing(&self) -> Option<&'static [u8]> {
        match self {
            Self::Ollama(_) => None,
            Self::OpenAi(_) => Some(b"data: [DONE]\n\n"),
        }
    }

    /// An answer in one piece.
    pub(crate) fn whole(
        &self,
        out: &mut Vec<u8>,
        at: &str,
        thinking: &str,
        content: &str,
        metrics: &Metrics,
    ) {
        match self {
            Self::Ollama(lines) => lines.done(out, at, thinking, content, metrics),
            Self::OpenAi(events) => events.whole(out, thinking, content, metrics),
        }
    }
}

/// Writes Ollama's lines for one call.
pub(crate) struct Lines {
    api: Api,
    /// `{"model":"…","created_at":"`
    head: Vec<u8>,
}

impl Lines {
    /// `model` as the client wrote it: Ollama says it back.
    pub(crate) fn new(api: Api, model: &str) -> Self {
        let mut head = b"{\"model\":".to_vec();
        quote(&mut head, model);
        head.extend_from_slice(b",\"created_at\":\"");
        Self { api, head }
    }

    fn begin(&self, out: &mut Vec<u8>, at: &str) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(at.as_bytes());
        out.extend_from_slice(if self.api == Api::Chat {
            b"\",\"message\":{\"role\":\"assistant\",\"content\":".as_slice()
        } else {
            b"\",\"response\":"
        });
    }

    fn text(&self, out: &mut Vec<u8>, thinking: &str, content: &str) {
        quote(out, content);
        if !thinking.is_empty() {
            out.extend_from_slice(b",\"thinking\":");
            quote(out, thinking);
        }
        if self.api == Api::Chat {
            out.push(b'}');
        }
    }

    fn token(&self, out: &mut Vec<u8>, at: &str, thinking: &str, content: &str) {
        self.begin(out, at);
        self.text(out, thinking, content);
        out.extend_from_slice(b",\"done\":false}\n");
    }

    /// The last line. Texts are empty after a stream.
    fn done(&self, out: &mut Vec<u8>, at: &str, thinking: &str, content: &str, metrics: &Metrics) {
        self.begin(out, at);
        self.text(out, thinking, content);
        // Ollama leaves out what is 0, and its own times never are.
        let nanos = |duration: Duration| duration.as_nanos().max(1);
        let tail = if self.api == Api::Generate { ",\"context\":[128006,882,128007]" } else { "" };
        let total = metrics.load + metrics.prompt + metrics.generation;
        let written = write!(
            out,
            ",\"done\":true,\"done_reason\":\"{}\"{tail},\"total_duration\":{},\"load_duration\":{},\
             \"prompt_eval_count\":{},\"prompt_eval_duration\":{},\"eval_count\":{},\"eval_duration\":{}}}",
            metrics.reason,
            nanos(total),
            nanos(metrics.load),
            metrics.prompt_tokens,
            nanos(metrics.prompt),
            metrics.tokens,
            nanos(metrics.generation),
        );
        debug_assert!(written.is_ok(), "memory takes every write");
    }

    /// The answer to a call without a prompt, which loads or unloads the model.
    pub(crate) fn loaded(&self, at: &str, reason: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.begin(&mut out, at);
        self.text(&mut out, "", "");
        out.extend_from_slice(b",\"done\":true,\"done_reason\":");
        quote(&mut out, reason);
        out.push(b'}');
        out
    }
}

/// A JSON string.
fn quote(out: &mut Vec<u8>, text: &str) {
    let written = serde_json::to_writer(out, text);
    debug_assert!(written.is_ok(), "memory takes every write");
}
