//! The streamed answer of `/chat/completions`, read event by event.

use std::ops::ControlFlow;
use std::time::Duration;

use domain::completion::{Completion, ToolCall};
use reqwest::Response;
use tokio::time::{Instant, timeout, timeout_at};

use super::chunk::{self, Choice, Chunk, Delta, FirstChoice};
use super::events::{self, Line};
use crate::answer::{self, Answer, END_OF_BODY, Received, TOOLS_LIMIT, content_type};
use crate::error::{CallError, CallErrorKind};
use crate::failure;
use crate::lines::{Lines, within_limit};
use crate::watch::Watch;
use crate::wire::{BODY_LIMIT, Wire, whole_body};

/// How long the rest is waited for once the model has ended its answer: the tokens counted come after it, and
/// not every server closes its stream.
const REST: Duration = Duration::from_secs(1);
/// What the protocol ends its streams with.
const DONE: &[u8] = b"[DONE]";

type Flow = Result<ControlFlow<()>, CallError>;

/// Reads the answer to its end.
pub(super) async fn read(
    response: Response,
    wire: &Wire,
    watch: &mut Watch<'_>,
) -> Result<Completion, CallError> {
    let mut reading = Reading::new(wire);
    let end = match content_type(&response).as_str() {
        "" | "text/event-stream" => reading.follow(response, watch).await,
        "application/json" => reading.whole(response, watch).await,
        other => Err(failure::garbage(&format!("the content type {}", wire.shown(other)))),
    };
    reading.answer.ended(end, watch)
}

struct Reading<'a> {
    wire: &'a Wire,
    answer: Answer,
    /// The tools asked for: the number that the server gave each, and its place in the answer.
    tools: Vec<(i64, usize)>,
    /// The lines so far of an event whose JSON has several.
    split: Vec<u8>,
    /// The server has said that the data of this event is an error.
    fails: bool,
    /// Some choice has come, be it empty.
    begun: bool,
    /// When the model ended its answer, or when something of it came after that. All else that comes is about it.
    ended: Option<Instant>,
}

impl<'a> Reading<'a> {
    fn new(wire: &'a Wire) -> Self {
        let (tools, split) = (Vec::new(), Vec::new());
        Self { wire, answer: Answer::default(), tools, split, fails: false, begun: false, ended: None }
    }

    /// The answer of a server that does not stream.
    async fn whole(&mut self, response: Response, watch: &mut Watch<'_>) -> Result<(), CallError> {
        let body = watch.wait(whole_body(response, BODY_LIMIT)).await??;
        let _ = self.take(&body, watch)?;
        self.take_split(watch).map_err(|_| failure::cut())?;
        self.answer.done(watch);
        self.complete(true)
    }

    async fn follow(&mut self, response: Response, watch: &mut Watch<'_>) -> Result<(), CallError> {
        match self.read_events(response, watch).await {
            Ok(done) => self.complete(done),
            // What goes wrong after the end of the answer takes nothing from it.
            Err(error) if self.ended.is_some() && error.kind != CallErrorKind::Cancelled => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads to the end of the stream, or as long as something may still come. True: the server has said that it
    /// is at its end.
    async fn read_events(
        &mut self,
        mut response: Response,
        watch: &mut Watch<'_>,
    ) -> Result<bool, CallError> {
        let (mut lines, mut received) = (Lines::default(), Received::default());
        loop {
            let chunk = match self.ended {
                None => watch.wait(response.chunk()).await?,
                Some(ended) => match watch.wait(timeout_at(ended + REST, response.chunk())).await? {
                    Ok(chunk) => chunk,
                    Err(_) => return Ok(false),
                },
            };
            let Some(chunk) = chunk.map_err(|error| failure::of_body(&error))? else {
                return self.take_last(lines.last(), watch).map(|flow| flow.is_break());
            };
            received.add(&chunk)?;
            if lines.feed(&chunk, |line| self.take_line(line, watch))?.is_break() {
                let _ = timeout(END_OF_BODY, response.chunk()).await;
                return Ok(true);
            }
        }
    }

    /// Whether there is an answer. `done`: the server has said that it is at its end.
    fn complete(&self, done: bool) -> Result<(), CallError> {
        match (self.begun, self.ended.is_some() || done) {
            (true, true) => Ok(()),
            (false, true) => Err(failure::garbage("an answer without a choice")),
            (_, false) => Err(failure::cut()),
        }
    }

    fn take_line(&mut self, line: &[u8], watch: &mut Watch<'_>) -> Flow {
        match events::line(line) {
            Line::Data(data) if self.fails => return Err(self.failed(&String::from_utf8_lossy(data))),
            Line::Data(data) if self.split.is_empty() => return self.take(data, watch),
            Line::Data(data) => {
                within_limit(self.split.len() + data.len())?;
                self.split.push(b'\n');
                self.split.extend_from_slice(data);
            }
            Line::Failure => self.fails = true,
            Line::End => {
                self.fails = false;
                self.take_split(watch)?;
            }
            Line::Nothing => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes in what stands after the last line break of a stream that has ended. What is no whole event was cut.
    fn take_last(&mut self, line: &[u8], watch: &mut Watch<'_>) -> Flow {
        if matches!(events::line(line), Line::Data(data) if data != DONE && DONE.starts_with(data)) {
            return Err(failure::cut());
        }
        let flow = if line.is_empty() { ControlFlow::Continue(()) } else { self.take_line(line, watch)? };
        self.take_split(watch).map_err(|_| failure::cut())?;
        Ok(flow)
    }

    /// Takes the data of an event in. Breaks when it says that the answer is done.
    fn take(&mut self, data: &[u8], watch: &mut Watch<'_>) -> Flow {
        if data == DONE {
            self.answer.done(watch);
            return Ok(ControlFlow::Break(()));
        }
        // Checked as a whole, which is faster than text by text.
        match std::str::from_utf8(data).map(serde_json::from_str) {
            Ok(Ok(chunk)) => self.take_chunk(&chunk, data, watch)?,
            // Its JSON goes on in the next line.
            Ok(Err(error)) if error.is_eof() => self.split.extend_from_slice(data),
            Err(error) if error.error_len().is_none() => self.split.extend_from_slice(data),
            Ok(Err(_)) | Err(_) => return Err(failure::no_json(data)),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes in the event whose JSON has several lines, if there is one.
    fn take_split(&mut self, watch: &mut Watch<'_>) -> Result<(), CallError> {
        if self.split.is_empty() {
            return Ok(());
        }
        let data = std::mem::take(&mut self.split);
        let chunk = serde_json::from_slice(&data).map_err(|_| failure::no_json(&data))?;
        self.take_chunk(&chunk, &data, watch)
    }

    fn take_chunk(&mut self, chunk: &Chunk<'_>, data: &[u8], watch: &mut Watch<'_>) -> Result<(), CallError> {
        if let Some(error) = chunk.error.filter(|error| failure::is_error(error)) {
            return Err(self.failed(error.get()));
        }
        match &chunk.choices {
            Some(FirstChoice(Some(choice))) => self.take_choice(choice, watch),
            // An error of an odd shape, or something that we know nothing of.
            None if chunk.usage.is_none() => {
                let event = String::from_utf8_lossy(data);
                if failure::words(&event).is_some() {
                    return Err(self.failed(&event));
                }
            }
            Some(FirstChoice(None)) | None => {}
        }
        let completion = &mut self.answer.completion;
        if let Some(usage) = chunk.usage.and_then(chunk::usage) {
            completion.usage = usage;
        }
        if let Some(timings) = chunk.timings {
            [completion.timings.prompt_evaluation_ms, completion.timings.generation_ms] =
                chunk::timings(timings);
        }
        Ok(())
    }

    /// The error that an event is, be it JSON or not.
    fn failed(&self, event: &str) -> CallError {
        failure::mid_stream(&self.wire.shown(&failure::words_or_all(event)))
    }

    fn take_choice(&mut self, choice: &Choice<'_>, watch: &mut Watch<'_>) {
        self.begun = true;
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_ref()) {
            self.take_delta(delta, watch);
        }
        if let Some(reason) = choice.finish_reason() {
            self.answer.completion.finish_reason = Some(finish_reason(&reason));
            self.answer.done(watch);
            self.ended = Some(Instant::now());
        } else if let Some(ended) = &mut self.ended {
            *ended = watch.last_token().max(*ended);
        }
    }

    fn take_delta(&mut self, delta: &Delta<'_>, watch: &mut Watch<'_>) {
        if let Some(content) = &delta.content {
            self.answer.push(&content.text, &content.thinking, watch);
        }
        // Two names for the same; a server that writes both writes the same text.
        let mut reasoning = [&delta.reasoning_content, &delta.reasoning].into_iter().flatten();
        if let Some(reasoning) = reasoning.find(|reasoning| !reasoning.text.is_empty()) {
            self.answer.push("", &reasoning.text, watch);
        }
        if let Some(refusal) = &delta.refusal {
            self.answer.push(&refusal.text, "", watch);
        }
        for tool in delta.tool_calls.iter().flat_map(|tools| &tools.0) {
            self.take_tool(tool.index(), tool.part(), watch);
        }
        if let Some(function) = &delta.function_call {
            self.take_tool(Some(0), function.part(), watch);
        }
    }

    fn take_tool(&mut self, index: Option<i64>, part: ToolCall, watch: &mut Watch<'_>) {
        let place = self.place(index, &part);
        if let Some(index) = index
            && place < TOOLS_LIMIT
        {
            self.tools.retain(|(known, _)| *known != index);
            self.tools.push((index, place));
        }
        self.answer.push_tool(place, part, watch);
    }

    /// Where in the answer the tool call stands that `part` belongs to. By the protocol `index` says it; some
    /// servers give every call the number 0, some give none, some give each part of a call an id of its own.
    fn place(&self, index: Option<i64>, part: &ToolCall) -> usize {
        let calls = &self.answer.completion.tool_calls;
        let begins = !part.name.is_empty();
        let is_known = |call: &ToolCall| part.id.is_some() && call.id == part.id;
        match index {
            Some(index) => {
                self.tools.iter().find_map(|(known, place)| (*known == index).then_some(*place)).filter(
                    |place| {
                        let is_another = part.id.is_some()
                            && calls.get(*place).is_some_and(|call| call.id.is_some() && call.id != part.id);
                        !(begins && is_another)
                    },
                )
            }
            None => {
                calls.iter().rposition(is_known).or_else(|| (!begins).then(|| calls.len().saturating_sub(1)))
            }
        }
        .unwrap_or(calls.len())
    }
}

/// The word of this protocol for why an answer ended. What has no word in it stays as it is.
fn finish_reason(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "eos" | "eos_token" | "end_turn" | "stop_sequence" => "stop".to_owned(),
        "max_tokens" | "max_output_tokens" | "model_length" => "length".to_owned(),
        "function_call" | "tool_use" => "tool_calls".to_owned(),
        "stop" | "length" | "tool_calls" | "content_filter" => lower,
        _ => answer::reason(word),
    }
}
