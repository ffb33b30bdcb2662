//! An answer as it comes, token by token, whatever the protocol.

use domain::completion::{Completion, Timings, ToolCall};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use std::time::Duration;

use crate::error::CallError;
use crate::failure;
use crate::watch::Watch;

/// Most bytes kept of the content, and as many of the thinking and of the arguments of tools.
pub const OUTPUT_LIMIT: usize = 1024 * 1024;
/// Most bytes read of an answer. Each token is framed by some 150 bytes, so that this is about 200,000
/// tokens: more than any model means to say, and an end to one that never stops.
pub(crate) const STREAM_LIMIT: usize = 32 * 1024 * 1024;
/// How long the end of the body is waited for once the answer is done. Only a body read to its end leaves
/// its connection for the next call.
pub(crate) const END_OF_BODY: Duration = Duration::from_millis(250);
/// Most characters kept of a server's word for why its answer ended.
const REASON: usize = 100;
/// Most tools that one answer may ask for.
pub(crate) const TOOLS_LIMIT: usize = 128;

/// The largest number that is taken over: as milliseconds 34 years, as tokens more than any context.
const MOST: i64 = 1 << 40;

/// The note on an answer that was longer than is kept.
pub const TRUNCATED: &str = "truncated: only the first MiB of the answer is kept";
/// The note on an answer with characters that cannot be stored.
pub const REPLACED: &str = "U+0000 in the answer is shown as U+FFFD";

/// What has come of an answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) completion: Completion,
    thinking: String,
    truncated: bool,
    total_ms: Option<i64>,
}

impl Answer {
    /// Takes in a token of content, of thinking, or of both.
    pub(crate) fn push(&mut self, content: &str, thinking: &str, watch: &mut Watch<'_>) {
        if content.is_empty() && thinking.is_empty() {
            return;
        }
        watch.token();
        self.truncated |= !append(&mut self.completion.content, content);
        self.truncated |= !append(&mut self.thinking, thinking);
    }

    /// Takes in a part of the tool call at `place`, the next one or one that has begun: then it is continued.
    pub(crate) fn push_tool(&mut self, place: usize, part: ToolCall, watch: &mut Watch<'_>) {
        watch.token();
        let calls = &mut self.completion.tool_calls;
        if place >= TOOLS_LIMIT {
            self.truncated = true;
            return;
        }
        if place >= calls.len() {
            calls.push(ToolCall::default());
        }
        let taken: usize = calls.iter().map(size).sum();
        let ToolCall { id, name, arguments } = part;
        let Some(call) = calls.get_mut(place) else { return };
        let mut room = OUTPUT_LIMIT.saturating_sub(taken);
        let mut append = |kept: &mut String, text: &str| {
            let fits = &text[..text.floor_char_boundary(room)];
            kept.push_str(fits);
            room -= fits.len();
            self.truncated |= fits.len() < text.len();
        };
        if let (None, Some(id)) = (&call.id, id) {
            append(call.id.insert(String::new()), &id);
        }
        // Some servers say the name again with each part.
        if call.name != name {
            append(&mut call.name, &name);
        }
        append(&mut call.arguments, &arguments);
    }

    /// How many tools the model has asked for.
    pub(crate) fn tools(&self) -> usize {
        self.completion.tool_calls.len()
    }

    /// The answer is complete: what comes after this is not counted.
    pub(crate) fn done(&mut self, watch: &Watch<'_>) {
        self.total_ms.get_or_insert_with(|| watch.elapsed_ms());
    }

    fn has_begun(&self) -> bool {
        let Completion { content, tool_calls, .. } = &self.completion;
        !(content.is_empty() && self.thinking.is_empty() && tool_calls.is_empty())
    }

    /// The whole answer, or `error` with what had come.
    pub(crate) fn ended(
        self,
        end: Result<(), CallError>,
        watch: &Watch<'_>,
    ) -> Result<Completion, CallError> {
        match end {
            Ok(()) => Ok(self.finish(watch)),
            Err(mut error) => {
                error.partial = self.has_begun().then(|| Box::new(self.finish(watch)));
                Err(error)
            }
        }
    }

    fn finish(self, watch: &Watch<'_>) -> Completion {
        let Self { mut completion, mut thinking, truncated, total_ms } = self;
        if truncated {
            completion.notes.push(TRUNCATED.to_owned());
        }
        let mut replaced = replace_nul(&mut completion.content) | replace_nul(&mut thinking);
        for call in &mut completion.tool_calls {
            replaced |= replace_nul(&mut call.name) | replace_nul(&mut call.arguments);
            replaced |= call.id.as_mut().is_some_and(replace_nul);
        }
        replaced |= completion.finish_reason.as_mut().is_some_and(replace_nul);
        if replaced {
            completion.notes.push(REPLACED.to_owned());
        }
        completion.thinking = Some(thinking).filter(|thinking| !thinking.is_empty());
        completion.timings = Timings {
            first_token_ms: watch.first_token_ms(),
            total_ms: total_ms.unwrap_or_else(|| watch.elapsed_ms()),
            ..completion.timings
        };
        completion
    }
}

/// Counts the bytes of a stream, up to its limit.
#[derive(Debug, Default)]
pub(crate) struct Received(usize);

impl Received {
    pub(crate) fn add(&mut self, chunk: &[u8]) -> Result<(), CallError> {
        self.0 += chunk.len();
        if self.0 > STREAM_LIMIT { Err(failure::too_large("an answer", STREAM_LIMIT)) } else { Ok(()) }
    }
}

/// The content type of a response, in lower case and without parameters. Empty: it names none.
pub(crate) fn content_type(response: &Response) -> String {
    let Some(value) = response.headers().get(CONTENT_TYPE) else { return String::new() };
    let value = value.to_str().unwrap_or("unreadable");
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A server's word for why its answer ended.
pub(crate) fn reason(word: &str) -> String {
    word.chars().take(REASON).collect()
}

/// The bytes of a tool call.
fn size(call: &ToolCall) -> usize {
    call.id.as_ref().map_or(0, String::len) + call.name.len() + call.arguments.len()
}

/// Appends what fits. False: something did not.
fn append(kept: &mut String, text: &str) -> bool {
    let room = OUTPUT_LIMIT.saturating_sub(kept.len());
    let fits = &text[..text.floor_char_boundary(room)];
    kept.push_str(fits);
    fits.len() == text.len()
}

fn replace_nul(text: &mut String) -> bool {
    let found = memchr::memchr(0, text.as_bytes()).is_some();
    if found {
        *text = text.replace('\0', "\u{fffd}");
    }
    found
}

/// A number of the server's, kept where sums over a hundred thousand answers can be stored.
pub(crate) fn credible(number: i64) -> i64 {
    number.clamp(0, MOST)
}
