//! The server-sent events of `/v1`.

use std::io::Write as _;

use super::{Metrics, quote};
use crate::request::Api;

/// Writes the answer to one call.
pub(crate) struct Events {
    api: Api,
    /// Of an event: up to the delta of its choice.
    chunk: Vec<u8>,
    /// Of an event without a choice, and of an answer in one piece: up to the `object`.
    head: Vec<u8>,
    usage: bool,
}

impl Events {
    /// `created` in seconds since 1970; with `usage`, a stream ends with what was used.
    pub(crate) fn new(api: Api, model: &str, number: u64, created: i64, usage: bool) -> Self {
        let prefix = if api.is_chat() { "chatcmpl" } else { "cmpl" };
        let mut head =
            format!("{{\"id\":\"{prefix}-{number}\",\"created\":{created},\"model\":").into_bytes();
        quote(&mut head, model);
        head.extend_from_slice(b",\"system_fingerprint\":\"fp_ollama\",\"object\":");
        let mut chunk = b"data: ".to_vec();
        chunk.extend_from_slice(&head);
        chunk.extend_from_slice(if api.is_chat() {
            b"\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":".as_slice()
        } else {
            b"\"text_completion\",\"choices\":[{\"index\":0,"
        });
        Self { api, chunk, head, usage }
    }

    pub(super) fn token(&self, out: &mut Vec<u8>, thinking: &str, content: &str) {
        out.extend_from_slice(&self.chunk);
        self.message(out, thinking, content);
        out.extend_from_slice(b",\"finish_reason\":null}]}\n\n");
    }

    pub(super) fn last(&self, out: &mut Vec<u8>, metrics: &Metrics) {
        out.extend_from_slice(&self.chunk);
        self.message(out, "", "");
        finish_reason(out, metrics);
        out.extend_from_slice(b"}]}\n\n");
        if self.usage {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(&self.head);
            let object = if self.api.is_chat() { "chat.completion.chunk" } else { "text_completion" };
            quote(out, object);
            out.extend_from_slice(b",\"choices\":[]");
            used(out, metrics);
            out.extend_from_slice(b"}\n\n");
        }
    }

    pub(super) fn whole(&self, out: &mut Vec<u8>, thinking: &str, content: &str, metrics: &Metrics) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(if self.api.is_chat() {
            b"\"chat.completion\",\"choices\":[{\"index\":0,\"message\":".as_slice()
        } else {
            b"\"text_completion\",\"choices\":[{\"index\":0,"
        });
        self.message(out, thinking, content);
        finish_reason(out, metrics);
        out.extend_from_slice(b"}]");
        used(out, metrics);
        out.push(b'}');
    }

    fn message(&self, out: &mut Vec<u8>, thinking: &str, content: &str) {
        if !self.api.is_chat() {
            out.extend_from_slice(b"\"text\":");
            quote(out, content);
            return;
        }
        out.extend_from_slice(b"{\"role\":\"assistant\",\"content\":");
        quote(out, content);
        if !thinking.is_empty() {
            out.extend_from_slice(b",\"reasoning\":");
            quote(out, thinking);
        }
        out.push(b'}');
    }
}

fn finish_reason(out: &mut Vec<u8>, metrics: &Metrics) {
    out.extend_from_slice(b",\"finish_reason\":");
    quote(out, metrics.reason);
}

fn used(out: &mut Vec<u8>, metrics: &Metrics) {
    let (prompt, completion) = (metrics.prompt_tokens, metrics.tokens);
    let total = prompt + completion;
    let written = write!(
        out,
        ",\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":{completion},\"total_tokens\":{total}}}"
    );
    debug_assert!(written.is_ok(), "memory takes every write");
}
