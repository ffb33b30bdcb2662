//! The streamed answer of `/api/chat` and `/api/generate`, read token by token.

use std::borrow::Cow;
use std::ops::ControlFlow;

use domain::completion::{Completion, ToolCall, Usage};
use reqwest::Response;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::answer::{Answer, END_OF_BODY, Received, TOOLS_LIMIT, content_type, reason};
use crate::error::CallError;
use crate::failure;
use crate::json::{Few, Text, count, milliseconds, word};
use crate::lines::Lines;
use crate::watch::Watch;
use crate::wire::Wire;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    message: Option<Delta<'a>>,
    /// What `/api/generate` has instead of a message.
    #[serde(borrow)]
    response: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(default)]
    done: bool,
    #[serde(borrow, default)]
    done_reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    load_duration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_eval_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    prompt_eval_duration: Option<&'a RawValue>,
    #[serde(borrow, default)]
    eval_count: Option<&'a RawValue>,
    #[serde(borrow, default)]
    eval_duration: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Few<Tool<'a>, { TOOLS_LIMIT + 1 }>>,
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
            return match take(answer, lines.last(), wire, watch) {
                Ok(ControlFlow::Break(())) => Ok(()),
                Ok(ControlFlow::Continue(())) => Err(failure::cut()),
                Err(_) if failure::is_begun(lines.last()) => Err(failure::cut()),
                Err(error) => Err(error),
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
    // Checked as a whole, which is faster than text by text.
    let whole = std::str::from_utf8(line).map_err(|_| failure::no_json(line))?;
    let line: Line<'_> = serde_json::from_str(whole).map_err(|_| failure::no_json(line))?;
    if let Some(error) = line.error.filter(|error| failure::is_error(error)) {
        return Err(failure::mid_stream(&wire.shown(&failure::words(error.get()).unwrap_or_default())));
    }
    if let Some(delta) = line.message {
        answer.push(&text(delta.content), &text(delta.thinking), watch);
        for Tool { function: Function { name, arguments } } in delta.tool_calls.unwrap_or_default().0 {
            let arguments = arguments.map_or_else(String::new, |arguments| arguments.get().to_owned());
            answer.push_tool(answer.tools(), ToolCall { id: None, name, arguments }, watch);
        }
    } else if line.response.is_some() || line.thinking.is_some() {
        answer.push(&text(line.response), &text(line.thinking), watch);
    } else if !line.done {
        return Err(failure::garbage("a line without a message"));
    }
    if !line.done {
        return Ok(ControlFlow::Continue(()));
    }
    let completion = &mut answer.completion;
    completion.finish_reason = word(line.done_reason).as_deref().map(reason);
    completion.usage =
        Usage { prompt_tokens: count(line.prompt_eval_count), completion_tokens: count(line.eval_count) };
    completion.timings.load_ms = milliseconds(line.load_duration);
    completion.timings.prompt_evaluation_ms = milliseconds(line.prompt_eval_duration);
    completion.timings.generation_ms = milliseconds(line.eval_duration);
    answer.done(watch);
    Ok(ControlFlow::Break(()))
}

fn text(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |Text(text)| text)
}
