//! The streamed answer of `/api/chat`, read token by token.

use std::borrow::Cow;
use std::ops::ControlFlow;

use domain::completion::{Completion, ToolCall, Usage};
use reqwest::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::answer::{Answer, END_OF_BODY, Received, content_type, credible};
use crate::error::CallError;
use crate::failure;
use crate::lines::Lines;
use crate::watch::Watch;
use crate::wire::Wire;

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
    #[serde(borrow, default)]
    tool_calls: Option<Vec<Tool<'a>>>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// Reads the answer to its end.
pub(super) async fn read(
    response: Response,
    wire: &Wire,
    watch: &mut Watch<'_>,
) -> Result<Completion, CallError> {
    check_content_type(&response)?;
    let mut answer = Answer::default();
    let end = follow(response, &mut answer, wire, watch).await;
    answer.ended(end, watch)
}

fn check_content_type(response: &Response) -> Result<(), CallError> {
    match content_type(response).as_str() {
        "" | "application/x-ndjson" | "application/json" => Ok(()),
        other => Err(failure::garbage(&format!("the content type {}", failure::shown(other)))),
    }
}

async fn follow(
    mut response: Response,
    answer: &mut Answer,
    wire: &Wire,
    watch: &mut Watch<'_>,
) -> Result<(), CallError> {
    let mut lines = Lines::default();
    let mut received = Received::default();
    loop {
        let chunk = watch.wait(response.chunk()).await?.map_err(|error| failure::of_body(&error))?;
        let Some(chunk) = chunk else {
            // The last line need not end in a line break.
            return match take(answer, lines.last(), wire, watch)? {
                ControlFlow::Break(()) => Ok(()),
                ControlFlow::Continue(()) => Err(failure::cut()),
            };
        };
        received.add(&chunk)?;
        if lines.feed(&chunk, |line| take(answer, line, wire, watch))?.is_break() {
            break;
        }
    }
    // What comes of it makes no difference to the answer, which is complete.
    let _ = timeout(END_OF_BODY, response.chunk()).await;
    Ok(())
}

/// Takes a line in. Breaks when it says that the answer is done.
fn take(
    answer: &mut Answer,
    line: &[u8],
    wire: &Wire,
    watch: &mut Watch<'_>,
) -> Result<ControlFlow<()>, CallError> {
    if line.trim_ascii().is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    let line: Line<'_> = serde_json::from_slice(line).map_err(|_| failure::no_json(line))?;
    if let Some(Text(error)) = line.error {
        return Err(failure::mid_stream(&wire.shown(&error)));
    }
    if let Some(delta) = line.message {
        answer.push(&text(delta.content), &text(delta.thinking), watch);
        for Tool { function: Function { name, arguments } } in delta.tool_calls.unwrap_or_default() {
            let arguments = arguments.map_or_else(String::new, |arguments| arguments.get().to_owned());
            answer.push_tool(answer.tools(), ToolCall { id: None, name, arguments }, watch);
        }
    } else if !line.done {
        return Err(failure::garbage("a line without a message"));
    }
    if !line.done {
        return Ok(ControlFlow::Continue(()));
    }
    let completion = &mut answer.completion;
    completion.finish_reason = line.done_reason.map(|Text(reason)| reason.into_owned());
    completion.usage = Usage {
        prompt_tokens: line.prompt_eval_count.map(credible),
        completion_tokens: line.eval_count.map(credible),
    };
    completion.timings.load_ms = line.load_duration.map(ms);
    completion.timings.prompt_evaluation_ms = line.prompt_eval_duration.map(ms);
    completion.timings.generation_ms = line.eval_duration.map(ms);
    answer.done(watch);
    Ok(ControlFlow::Break(()))
}

fn text(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |Text(text)| text)
}

fn ms(nanoseconds: i64) -> i64 {
    credible(nanoseconds.saturating_add(500_000) / 1_000_000)
}
