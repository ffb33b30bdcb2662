//! Answers what is asked of a model in words.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use tokio::time::Instant;

use crate::answer::{self, Answer};
use crate::body::{Body, Step};
use crate::dice::Dice;
use crate::fault::{Fault, runner_died};
use crate::model::Model;
use crate::protocol::Protocol;
use crate::request::{Api, Request, Think};
use crate::response::{Closed, Reply};
use crate::state::{Place, Shared, Ticket};
use crate::tokens::{cut, tokens};
use crate::wire::{Events, Lines, Metrics, Wire};

/// Tokens that a chat template adds around each message.
const TOKENS_AROUND_A_MESSAGE: usize = 5;

pub(crate) async fn answer(shared: &Arc<Shared>, api: Api, body: Bytes) -> Result<Response<Body>, Closed> {
    let arrived = Instant::now();
    let protocol = api.protocol();
    let refused = |status, sentence: &str| Ok(Reply::error(protocol, status, sentence).into_response(None));
    let request = match Request::parse(api, &body) {
        Ok(request) => request,
        Err(sentence) => return refused(StatusCode::BAD_REQUEST, &sentence),
    };
    let Some((index, model)) = shared.find(&request.model) else {
        return Ok(model_not_found(protocol, &request.model).into_response(None));
    };
    let think = match think(&model, &request) {
        Ok(think) => think,
        Err(sentence) => return refused(StatusCode::BAD_REQUEST, &sentence),
    };
    if request.texts.is_empty() {
        return Ok(load(shared, index, &request).await.into_response(None));
    }

    let ticket = shared.begin(index, request.options.context(), request.keep_alive);
    let ticket = match admit(shared, protocol, ticket).await {
        Ok(ticket) => ticket,
        Err(instead) => return instead,
    };
    let (prompt, prompt_tokens) = seen_by_model(&request, ticket.context);
    let answer = match text(shared, &model, &request, prompt, think, &ticket) {
        Ok(answer) => answer,
        Err(sentence) => {
            ticket.call.fail();
            let reply = Reply::error(protocol, StatusCode::NOT_FOUND, &sentence);
            return Ok(reply.into_response(Some(ticket.call)));
        }
    };
    let spoken = Spoken::new(&answer, &request, prompt_tokens, wire(shared, &request, &ticket));
    let pace = Pace::new(arrived, &ticket);
    let reply = if request.streamed {
        wait_until(pace.begun).await;
        let apart = ticket.fault.as_ref().is_some_and(|claimed| claimed.fault.needs_lines());
        Reply::stream(protocol, spoken.stream(shared, &pace, apart))
    } else {
        wait_until(pace.token(spoken.tokens)).await;
        Reply::answer(spoken.whole(shared, &pace)).speaking(protocol)
    };
    Ok(reply.bent_by(ticket.fault).into_response(Some(ticket.call)))
}

/// Lets a call through, unless its fault or the error rate takes the place of its answer: Err.
pub(crate) async fn admit(
    shared: &Shared,
    protocol: Protocol,
    ticket: Ticket,
) -> Result<Ticket, Result<Response<Body>, Closed>> {
    if let Some(claimed) = &ticket.fault
        && let Some(instead) = claimed.replace(protocol).await
    {
        ticket.call.fail();
        return Err(match instead {
            Ok(reply) => Ok(reply.into_response(Some(ticket.call))),
            Err(closed) => {
                ticket.call.finish();
                Err(closed)
            }
        });
    }
    if Dice::new(shared.seed.wrapping_add(ticket.number), []).chance(ticket.settings.error_rate) {
        ticket.call.fail();
        return Err(Ok(runner_died(protocol).into_response(Some(ticket.call))));
    }
    Ok(ticket)
}

fn wire(shared: &Shared, request: &Request<'_>, ticket: &Ticket) -> Wire {
    let (api, model) = (request.api, &*request.model);
    match api.protocol() {
        Protocol::Ollama => Wire::Ollama(Lines::new(api, model)),
        Protocol::OpenAi => {
            let created = shared.clock.seconds();
            Wire::OpenAi(Events::new(api, model, ticket.number, created, request.usage))
        }
    }
}

/// Costs no timer when the moment has come.
pub(crate) async fn wait_until(moment: Instant) {
    if moment > Instant::now() {
        tokio::time::sleep_until(moment).await;
    }
}

pub(crate) fn model_not_found(protocol: Protocol, name: &str) -> Reply {
    Reply::error(protocol, StatusCode::NOT_FOUND, &format!("model '{name}' not found"))
}

/// How much the model thinks. Err is the sentence of a 400.
fn think(model: &Model, request: &Request<'_>) -> Result<Think, String> {
    let verb = if request.api.is_chat() { "chat" } else { "generate" };
    match (model.embeds, model.thinks, request.think) {
        (true, ..) => Err(format!("\"{}\" does not support {verb}", request.model)),
        (_, true, think) => Ok(think.unwrap_or(Think::Medium)),
        (_, false, None | Some(Think::No)) => Ok(Think::No),
        (_, false, Some(_)) => Err(format!("\"{}\" does not support thinking", request.model)),
    }
}

/// A call without a prompt. Never streamed, as in Ollama.
async fn load(shared: &Shared, index: Place, request: &Request<'_>) -> Reply {
    let reason = if request.keep_alive.0 == Some(Duration::ZERO) {
        shared.unload(index);
        "unload"
    } else {
        let wait = shared.load(index, request.options.context(), request.keep_alive);
        wait_until(Instant::now() + wait).await;
        "load"
    };
    Reply::answer(Lines::new(request.api, &request.model).loaded(&shared.clock.now(), reason))
}

/// The last user message as the model sees it, and the tokens of the whole prompt. A prompt longer than the
/// context loses its beginning in silence.
fn seen_by_model<'a>(request: &'a Request<'_>, context: u64) -> (&'a str, usize) {
    let context = usize::try_from(context).unwrap_or(usize::MAX);
    let around = request.texts.len() * TOKENS_AROUND_A_MESSAGE;
    let all = request.texts.iter().map(|text| tokens(text).count()).sum::<usize>() + around;
    let prompt = request.prompt();
    let lost = all.saturating_sub(context);
    if lost == 0 { (prompt, all) } else { (&prompt[cut(prompt, lost).0.len()..], context) }
}

fn text(
    shared: &Shared,
    model: &Model,
    request: &Request<'_>,
    prompt: &str,
    think: Think,
    ticket: &Ticket,
) -> Result<Answer, String> {
    if let Some(recorded) = &shared.recorded {
        return recorded.answer(&model.name, request.prompt());
    }
    let seed = shared.seed ^ request.options.seed.unwrap_or(0).cast_unsigned();
    let dice = Dice::new(seed, std::iter::once(&*model.name).chain(request.texts.iter().map(AsRef::as_ref)));
    let lies = ticket.fault.as_ref().is_some_and(|claimed| claimed.fault == Fault::LieAboutJson);
    let format = request.format.as_ref().filter(|_| !lies);
    Ok(answer::by_script(prompt, format, think, dice))
}

/// When tokens come.
struct Pace {
    load: Duration,
    latency: Duration,
    /// The first token.
    begun: Instant,
    tokens_per_second: u32,
}

impl Pace {
    fn new(arrived: Instant, ticket: &Ticket) -> Self {
        let latency = Duration::from_millis(ticket.settings.latency_ms);
        let tokens_per_second = ticket.settings.tokens_per_second;
        Self { load: ticket.load, latency, begun: arrived + ticket.load + latency, tokens_per_second }
    }

    fn is_set(&self) -> bool {
        self.tokens_per_second > 0
    }

    /// When the token of this index comes.
    fn token(&self, index: Place) -> Instant {
        let micros = (index as u64).saturating_mul(1_000_000).checked_div(self.tokens_per_second.into());
        self.begun + Duration::from_micros(micros.unwrap_or(0))
    }
}

/// An answer after the stop sequences and the budget.
struct Spoken<'a> {
    wire: Wire,
    thinking: &'a str,
    content: &'a str,
    tokens: usize,
    prompt_tokens: usize,
    reason: &'static str,
}

impl<'a> Spoken<'a> {
    fn new(answer: &'a Answer, request: &Request<'_>, prompt_tokens: usize, wire: Wire) -> Self {
        let stops = request.options.stop.iter().flatten().filter(|stop| !stop.is_empty());
        let end = stops.filter_map(|stop| answer.content.find(stop.as_str())).min();
        let meant = &answer.content[..end.unwrap_or(answer.content.len())];
        // Thinking is paid from the same budget: a small one leaves no content at all.
        let budget = request.options.budget();
        let (thinking, thoughts) = cut(&answer.thinking, budget);
        let (content, words) = cut(meant, budget - thoughts);
        let complete = thinking.len() == answer.thinking.len() && content.len() == meant.len();
        let reason = if complete { "stop" } else { "length" };
        Self { wire, thinking, content, tokens: thoughts + words, prompt_tokens, reason }
    }

    /// Times are the ones set: without a pace nothing is generated, so there is nothing to measure.
    fn metrics(&self, pace: &Pace) -> Metrics {
        Metrics {
            reason: self.reason,
            load: pace.load,
            prompt_tokens: self.prompt_tokens,
            prompt: pace.latency,
            tokens: self.tokens,
            generation: pace.token(self.tokens) - pace.begun,
        }
    }

    fn whole(&self, shared: &Shared, pace: &Pace) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.thinking.len() + self.content.len());
        let at = shared.clock.now();
        self.wire.whole(&mut out, &at, self.thinking, self.content, &self.metrics(pace));
        out
    }

    /// One message a token. Without pacing and with nothing to stand between them, all lines are one step and so
    /// one write: twenty writes of a line each would measure the kernel, not the client.
    fn stream(&self, shared: &Shared, pace: &Pace, apart: bool) -> Vec<Step> {
        let thoughts = tokens(self.thinking).map(|token| (token, ""));
        let parts = thoughts.chain(tokens(self.content).map(|token| ("", token)));
        let mut out = Vec::with_capacity(512 + 160 * self.tokens);
        let mut at = shared.clock.now();
        let mut steps = Vec::new();
        for (number, (thought, word)) in parts.enumerate() {
            if pace.is_set() {
                let moment = pace.token(number);
                steps.push(Step::Until(moment));
                at = shared.clock.at(moment);
            }
            self.wire.token(&mut out, &at, thought, word);
            if pace.is_set() || apart {
                steps.push(Step::Send(Bytes::copy_from_slice(&out)));
                out.clear();
            }
        }
        if pace.is_set() {
            let moment = pace.token(self.tokens);
            steps.push(Step::Until(moment));
            at = shared.clock.at(moment);
        }
        self.wire.last(&mut out, &at, &self.metrics(pace));
        if let Some(closing) = self.wire.closing() {
            if apart {
                steps.push(Step::Send(std::mem::take(&mut out).into()));
            }
            out.extend_from_slice(closing);
        }
        steps.push(Step::Send(out.into()));
        steps
    }
}
