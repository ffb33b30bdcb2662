//! The streamed answer of `/api/chat`, read token by token.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::time::Duration;

use domain::completion::{Completion, Timings, Usage};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use tokio::time::timeout;

use super::failure;
use super::lines::Lines;
use crate::error::CallError;
use crate::watch::Watch;

/// Most bytes kept of the content, and as many of the thinking.
pub const OUTPUT_LIMIT: usize = 1024 * 1024;
/// Most bytes read of an answer. Each token is framed by some 150 bytes, so that this is about 200,000
/// tokens: more than any model means to say, and an end to one that never stops.
const STREAM_LIMIT: usize = 32 * 1024 * 1024;
/// How long the end of the body is waited for once the answer is done. Only a body read to its end leaves
/// its connection for the next call.
const END_OF_BODY: Duration = Duration::from_millis(250);

/// The largest number that is taken over: as milliseconds 34 years, as tokens more than any context.
const MOST: i64 = 1 << 40;

/// The note on an answer that was longer than is kept.
pub const TRUNCATED: &str = "truncated: only the first MiB of the answer is kept";
/// The note on an answer with characters that cannot be stored.
pub const REPLACED: &str = "U+0000 in the answer is shown as U+FFFD";

/// Text within a line, borrowed from it unless it holds an escape. A field of type `Option<Cow<str>>`
/// would be copied by serde every time.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: Option<Delta<'a>>,
    #[serde(default)]
    done: bool,
    #[serde(borrow)]
    done_reason: Option<Text<'a>>,
    #[serde(borrow)]
    error: Option<Text<'a>>,
    load_duration: Option<i64>,
    prompt_eval_count: Option<i64>,
    prompt_eval_duration: Option<i64>,
    eval_count: Option<i64>,
    eval_duration: Option<i64>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
}

/// Reads the answer to its end.
pub(super) async fn read(response: Response, watch: &mut Watch<'_>) -> Result<Completion, CallError> {
    check_content_type(&response)?;
    let mut answer = Answer::default();
    match follow(response, &mut answer, watch).await {
        Ok(()) => Ok(answer.finish(watch)),
        Err(mut error) => {
            error.partial = answer.has_begun().then(|| Box::new(answer.finish(watch)));
            Err(error)
        }
    }
}

fn check_content_type(response: &Response) -> Result<(), CallError> {
    let Some(value) = response.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let value = value.to_str().unwrap_or("unreadable");
    if value.starts_with("application/x-ndjson") || value.starts_with("application/json") {
        Ok(())
    } else {
        Err(failure::garbage(&format!("the content type {}", failure::shown(value))))
    }
}

async fn follow(mut response: Response, answer: &mut Answer, watch: &mut Watch<'_>) -> Result<(), CallError> {
    let mut lines = Lines::default();
    let mut received = 0;
    loop {
        let chunk = watch.wait(response.chunk()).await?.map_err(|error| failure::of_body(&error))?;
        let Some(chunk) = chunk else {
            // The last line need not end in a line break.
            return match answer.take(lines.last(), watch)? {
                ControlFlow::Break(()) => Ok(()),
                ControlFlow::Continue(()) => Err(failure::cut()),
            };
        };
        received += chunk.len();
        if received > STREAM_LIMIT {
            return Err(failure::too_large("an answer", STREAM_LIMIT));
        }
        if lines.feed(&chunk, |line| answer.take(line, watch))?.is_break() {
            break;
        }
    }
    // What comes of it makes no difference to the answer, which is complete.
    let _ = timeout(END_OF_BODY, response.chunk()).await;
    Ok(())
}

/// What has come of an answer.
#[derive(Debug, Default)]
struct Answer {
    completion: Completion,
    thinking: String,
    truncated: bool,
    total_ms: Option<i64>,
}

impl Answer {
    /// Takes a line in. Breaks when it says that the answer is done.
    fn take(&mut self, line: &[u8], watch: &mut Watch<'_>) -> Result<ControlFlow<()>, CallError> {
        if line.trim_ascii().is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let line: Line<'_> = serde_json::from_slice(line).map_err(|_| {
            let what = if std::str::from_utf8(line).is_err() {
                "invalid UTF-8"
            } else {
                "a line that is not its JSON"
            };
            failure::garbage(what)
        })?;
        if let Some(Text(error)) = line.error {
            return Err(failure::mid_stream(&failure::shown(&error)));
        }
        if let Some(delta) = line.message {
            let content = delta.content.map_or(Cow::Borrowed(""), |Text(text)| text);
            let thinking = delta.thinking.map_or(Cow::Borrowed(""), |Text(text)| text);
            if !(content.is_empty() && thinking.is_empty()) {
                watch.token();
                self.truncated |= !append(&mut self.completion.content, &content);
                self.truncated |= !append(&mut self.thinking, &thinking);
            }
        } else if !line.done {
            return Err(failure::garbage("a line without a message"));
        }
        if !line.done {
            return Ok(ControlFlow::Continue(()));
        }
        let completion = &mut self.completion;
        completion.finish_reason = line.done_reason.map(|Text(reason)| reason.into_owned());
        completion.usage = Usage {
            prompt_tokens: line.prompt_eval_count.map(credible),
            completion_tokens: line.eval_count.map(credible),
        };
        completion.timings.load_ms = line.load_duration.map(ms);
        completion.timings.prompt_evaluation_ms = line.prompt_eval_duration.map(ms);
        completion.timings.generation_ms = line.eval_duration.map(ms);
        self.total_ms = Some(watch.elapsed_ms());
        Ok(ControlFlow::Break(()))
    }

    fn has_begun(&self) -> bool {
        !(self.completion.content.is_empty() && self.thinking.is_empty())
    }

    fn finish(self, watch: &Watch<'_>) -> Completion {
        let Self { mut completion, mut thinking, truncated, total_ms } = self;
        if truncated {
            completion.notes.push(TRUNCATED.to_owned());
        }
        let replaced = [&mut completion.content, &mut thinking].map(replace_nul);
        if replaced.contains(&true) {
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

fn ms(nanoseconds: i64) -> i64 {
    credible(nanoseconds.saturating_add(500_000) / 1_000_000)
}

/// A number of the server's, kept where sums over a hundred thousand answers can be stored.
fn credible(number: i64) -> i64 {
    number.clamp(0, MOST)
}
