//! The streamed answer of `/chat/completions`, as the servers that claim to be compatible write it.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use domain::completion::{Completion, ToolCall, Usage};
use reqwest::Response;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde_json::Value;
use tokio::time::timeout;

use super::events::{self, Line};
use crate::answer::{Answer, END_OF_BODY, Received, STREAM_LIMIT, content_type, credible};
use crate::error::CallError;
use crate::failure;
use crate::lines::Lines;
use crate::watch::Watch;
use crate::wire::{Wire, whole_body};

/// How long the rest is waited for once the model has ended its answer: the tokens counted come after it, and
/// not every server closes its stream.
const REST: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    timings: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(default)]
    index: Option<i64>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    /// Of a server that does not stream.
    #[serde(borrow, default)]
    message: Option<Delta<'a>>,
    #[serde(default)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    reasoning_content: Option<Content<'a>>,
    #[serde(borrow, default)]
    reasoning: Option<Content<'a>>,
    #[serde(borrow, default)]
    refusal: Option<Content<'a>>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolDelta>>,
    #[serde(default)]
    function_call: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct ToolDelta {
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    function: Option<FunctionDelta>,
}

#[derive(Default, Deserialize)]
struct FunctionDelta {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    arguments: Option<Value>,
}

/// Text: a string, or a list of parts of which some are thinking. What is neither says nothing.
#[derive(Default)]
struct Content<'a> {
    text: Cow<'a, str>,
    thinking: String,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Content<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("text or a list of parts")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Content<'de>, E> {
                Ok(Content { text: Cow::Borrowed(text), thinking: String::new() })
            }

            fn visit_str<E>(self, text: &str) -> Result<Content<'de>, E> {
                Ok(Content { text: Cow::Owned(text.to_owned()), thinking: String::new() })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Content<'de>, A::Error> {
                let (mut text, mut thinking) = (String::new(), String::new());
                while let Some(part) = parts.next_element::<Value>()? {
                    collect(&part, "text", &mut text);
                    if let Some(Value::Array(parts)) = part.get("thinking") {
                        for part in parts {
                            collect(part, "text", &mut thinking);
                        }
                    } else {
                        collect(&part, "thinking", &mut thinking);
                    }
                }
                Ok(Content { text: Cow::Owned(text), thinking })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Content::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Content<'de>, E> {
                Ok(Content::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn collect(part: &Value, name: &str, into: &mut String) {
    if let Some(text) = part.get(name).and_then(Value::as_str) {
        into.push_str(text);
    }
}

/// Reads the answer to its end.
pub(super) async fn read(
    response: Response,
    wire: &Wire,
    watch: &mut Watch<'_>,
) -> Result<Completion, CallError> {
    let mut reading = Reading { wire, answer: Answer::default(), begun: false, finished: false };
    let end = match content_type(&response).as_str() {
        "" | "text/event-stream" => reading.follow(response, watch).await,
        "application/json" => reading.whole(response, watch).await,
        other => Err(failure::garbage(&format!("the content type {}", failure::shown(other)))),
    };
    reading.answer.ended(end, watch)
}

struct Reading<'a> {
    wire: &'a Wire,
    answer: Answer,
    /// Some choice has come, be it empty.
    begun: bool,
    /// The model has ended its answer; what still comes is about it.
    finished: bool,
}

impl Reading<'_> {
    /// The answer of a server that does not stream.
    async fn whole(&mut self, response: Response, watch: &mut Watch<'_>) -> Result<(), CallError> {
        let body = watch.wait(whole_body(response, STREAM_LIMIT)).await??;
        let _ = self.take(&body, watch)?;
        self.answer.done(watch);
        self.complete(true)
    }

    async fn follow(&mut self, mut response: Response, watch: &mut Watch<'_>) -> Result<(), CallError> {
        let mut lines = Lines::default();
        let mut received = Received::default();
        loop {
            let chunk = if self.finished {
                match watch.wait(timeout(REST, response.chunk())).await? {
                    Ok(Ok(Some(chunk))) => Some(chunk),
                    // A stream that breaks off or stands still now takes nothing from the answer.
                    Ok(Ok(None) | Err(_)) | Err(_) => None,
                }
            } else {
                watch.wait(response.chunk()).await?.map_err(|error| failure::of_body(&error))?
            };
            let Some(chunk) = chunk else {
                let done = self.take_line(lines.last(), watch)?.is_break();
                return self.complete(done);
            };
            received.add(&chunk)?;
            if lines.feed(&chunk, |line| self.take_line(line, watch))?.is_break() {
                break;
            }
        }
        let _ = timeout(END_OF_BODY, response.chunk()).await;
        self.complete(true)
    }

    /// Whether there is an answer. `done`: the server has said that it is at its end.
    fn complete(&self, done: bool) -> Result<(), CallError> {
        match (self.begun, self.finished || done) {
            (true, true) => Ok(()),
            (false, true) => Err(failure::garbage("an answer without a choice")),
            (_, false) => Err(failure::cut()),
        }
    }

    fn take_line(&mut self, line: &[u8], watch: &mut Watch<'_>) -> Result<ControlFlow<()>, CallError> {
        match events::line(line) {
            Line::Data(data) => self.take(data, watch),
            Line::Nothing => Ok(ControlFlow::Continue(())),
        }
    }

    /// Takes the data of an event in. Breaks when it says that the answer is done.
    fn take(&mut self, data: &[u8], watch: &mut Watch<'_>) -> Result<ControlFlow<()>, CallError> {
        if data == b"[DONE]" {
            self.answer.done(watch);
            return Ok(ControlFlow::Break(()));
        }
        let chunk: Chunk<'_> = serde_json::from_slice(data).map_err(|_| failure::no_json(data))?;
        if let Some(error) = chunk.error {
            return Err(self.failed(&error));
        }
        let Some(choices) = chunk.choices else {
            return self.take_other(data, chunk.usage.as_ref());
        };
        for choice in choices {
            // Only one was asked for.
            if choice.index.unwrap_or(0) == 0 {
                self.take_choice(choice, watch);
            }
        }
        self.take_usage(chunk.usage.as_ref(), chunk.timings.as_ref());
        Ok(ControlFlow::Continue(()))
    }

    /// An event without choices: usage, an error of an odd shape, or something that we know nothing of.
    fn take_other(&mut self, data: &[u8], usage: Option<&Value>) -> Result<ControlFlow<()>, CallError> {
        if usage.is_none()
            && let Ok(event) = serde_json::from_slice::<Value>(data)
            && failure::words(&event).is_some()
        {
            return Err(self.failed(&event));
        }
        self.take_usage(usage, None);
        Ok(ControlFlow::Continue(()))
    }

    fn failed(&self, error: &Value) -> CallError {
        failure::mid_stream(&self.wire.shown(failure::words(error).unwrap_or_default()))
    }

    fn take_choice(&mut self, choice: Choice<'_>, watch: &mut Watch<'_>) {
        self.begun = true;
        if let Some(delta) = choice.delta.or(choice.message) {
            self.take_delta(delta, watch);
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.answer.completion.finish_reason = Some(finish_reason(&reason));
            self.answer.done(watch);
            self.finished = true;
        }
    }

    fn take_delta(&mut self, delta: Delta<'_>, watch: &mut Watch<'_>) {
        let content = delta.content.unwrap_or_default();
        // Two names for the same; a server that writes both writes the same text.
        let reasoning = [delta.reasoning_content, delta.reasoning]
            .into_iter()
            .flatten()
            .map(|reasoning| reasoning.text)
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        self.answer.push(&content.text, &reasoning, watch);
        self.answer.push("", &content.thinking, watch);
        self.answer.push(&delta.refusal.unwrap_or_default().text, "", watch);
        for tool in delta.tool_calls.unwrap_or_default() {
            // Without a number a call that has a name is the next one, else it continues the last.
            let FunctionDelta { name, arguments } = tool.function.unwrap_or_default();
            let next =
                if name.is_some() { self.answer.tools() } else { self.answer.tools().saturating_sub(1) };
            let part = tool_part(tool.id, name, arguments);
            self.answer.push_tool(tool.index.unwrap_or(next), part, watch);
        }
        if let Some(FunctionDelta { name, arguments }) = delta.function_call {
            self.answer.push_tool(0, tool_part(None, name, arguments), watch);
        }
    }

    fn take_usage(&mut self, usage: Option<&Value>, timings: Option<&Value>) {
        let completion = &mut self.answer.completion;
        if let Some(usage) = usage.filter(|usage| usage.is_object()) {
            let count = |name: &str| usage.get(name).and_then(whole).map(credible);
            completion.usage = Usage {
                prompt_tokens: count("prompt_tokens").or_else(|| count("input_tokens")),
                completion_tokens: count("completion_tokens").or_else(|| count("output_tokens")),
            };
        }
        // llama.cpp says where the time went.
        if let Some(timings) = timings {
            let ms = |name: &str| timings.get(name).and_then(whole).map(credible);
            completion.timings.prompt_evaluation_ms = ms("prompt_ms");
            completion.timings.generation_ms = ms("predicted_ms");
        }
    }
}

fn tool_part(id: Option<String>, name: Option<String>, arguments: Option<Value>) -> ToolCall {
    let arguments = match arguments {
        Some(Value::String(arguments)) => arguments,
        Some(Value::Null) | None => String::new(),
        // Some servers write an object where the protocol has a text of JSON.
        Some(other) => other.to_string(),
    };
    ToolCall { id, name: name.unwrap_or_default(), arguments }
}

/// A number that some servers write with decimals.
#[expect(clippy::cast_possible_truncation, reason = "what is no credible number is cut afterwards")]
fn whole(number: &Value) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().map(|number| number.round() as i64))
}

/// The word of this protocol for why an answer ended. What has no word in it stays as it is.
fn finish_reason(reason: &str) -> String {
    let lower = reason.to_ascii_lowercase();
    match lower.as_str() {
        "eos" | "eos_token" | "end_turn" | "stop_sequence" => "stop".to_owned(),
        "max_tokens" | "max_output_tokens" | "model_length" => "length".to_owned(),
        "function_call" | "tool_use" => "tool_calls".to_owned(),
        "stop" | "length" | "tool_calls" | "content_filter" => lower,
        _ => reason.to_owned(),
    }
}
