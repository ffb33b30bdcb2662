//! One cell: its prompt rendered, its model asked, its answer judged.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use domain::assertion::{Answer, CompiledAssertions};
use domain::budget::DailyUsage;
use domain::card::{Message, ModelParameters};
use domain::completion::Completion;
use domain::cost::NanoDollars;
use domain::run::CellState;
use domain::template::estimate_tokens;
use domain::test_case::CaseContent;
use domain::validity::{Circumstances, detect};
use domain::variables::check_variables;
use domain::verdict::{Judgement, MetricScore, Outcome, Verdict};
use futures_util::FutureExt;
use llm::{Call, CallError, CallErrorKind, CallFacts, ChatRequest};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::cell_results::{CellResult, FinishedCell, ParkedCell};
use store::cells::CellRow;
use store::run_columns::Finished;

use super::cache::{self, PromptHash};
use super::context::{ClaimedCase, RunContext};
use super::parking::{attempt_rows, in_all, is_parked, parked};
use super::worker::Surroundings;

/// How much of the output the matrix shows, in characters.
const PREVIEW: usize = 200;
/// How long a headline is at most, in characters.
const HEADLINE: usize = 60;

/// What a cell came to, before it is put into the shape of the store.
struct Answered {
    prompt: Prompt,
    parameters: ModelParameters,
    call: Call,
    /// The cell of an earlier run whose answer this is.
    cached_from: Option<i64>,
    verdict: Option<Verdict>,
    score: Option<f64>,
    headline: String,
    reason: String,
    outcomes: Vec<Outcome>,
    metric_scores: Vec<MetricScore>,
}

/// What is sent, and as it is stored.
struct Prompt {
    messages: Vec<Message>,
    json: String,
    hash: PromptHash,
}

impl Prompt {
    fn new(messages: Vec<Message>) -> Self {
        let json = json(&messages);
        let hash = Sha256::digest(&json).into();
        Self { messages, json, hash }
    }
}

/// What came of the work on a cell.
pub(crate) enum Worked {
    /// Its result is to be stored.
    Finished(Box<FinishedCell>),
    /// Its model server is left alone for now: it waits in the queue, with the calls that were made for it.
    Parked(ParkedCell),
    /// Its run was cancelled or the server ends: nothing is to be stored.
    GivenUp,
}

/// Works on a cell to its end, as [`work`]. A panic is the cell's error: without a result it would be claimed again
/// and panic again, for ever.
pub(crate) async fn work_caught(around: &Surroundings, run: &RunContext, claimed: &ClaimedCase) -> Worked {
    let started_at = around.clock.now();
    match caught(work(around, run, claimed)).await {
        Ok(worked) => worked,
        Err(reason) => {
            let answered = Answered::not_asked(reason);
            let finished = answered.into_finished(run, claimed, started_at, around.clock.now());
            Worked::Finished(Box::new(finished))
        }
    }
}

/// The outcome of the work, or the sentence that its cell shows where it panicked.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| sentence_of(&*panic))
}

fn sentence_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    format!(
        "The program failed while it worked on this cell ({text}). Retry the errors; if it fails again, report it."
    )
}

async fn work(around: &Surroundings, run: &RunContext, claimed: &ClaimedCase) -> Worked {
    let started_at = around.clock.now();
    let answered = match prepare(run, claimed) {
        Err(reason) => Answered::not_asked(reason),
        Ok(question) => {
            let earlier =
                cache::take(&around.store, run, claimed, question.prompt.hash, &question.assertions);
            let metrics = &around.metrics;
            let (call, cached_from) = if let Some((call, earlier)) = earlier.await {
                metrics.answers_found.inc();
                (call, Some(earlier))
            } else {
                if run.uses_cache() {
                    metrics.answers_missed.inc();
                }
                (ask(run, claimed, &question).await, None)
            };
            if let Err(error) = &call.result {
                if error.kind == CallErrorKind::Cancelled {
                    return Worked::GivenUp;
                }
                if is_parked(around, run, claimed, error, call.attempts.len()) {
                    return Worked::Parked(parked(claimed, call));
                }
            }
            judge(run, claimed, question, call, cached_from)
        }
    };
    Worked::Finished(Box::new(answered.into_finished(run, claimed, started_at, around.clock.now())))
}

/// What is asked, and how the answer is judged.
struct Question {
    prompt: Prompt,
    parameters: ModelParameters,
    assertions: CompiledAssertions,
}

/// Renders the prompt. The error is the sentence that the cell shows.
fn prepare(run: &RunContext, claimed: &ClaimedCase) -> Result<Question, String> {
    let version =
        run.versions.get(claimed.at.version as usize).ok_or("The run has lost its card version.")?;
    let model = run.models.get(claimed.at.model as usize).ok_or("The run has lost its model.")?;
    let template = version.template.as_ref().map_err(Clone::clone)?;
    let case: CaseContent = serde_json::from_str(&claimed.case)
        .map_err(|error| format!("The stored case cannot be read: {error}."))?;
    let variables = check_variables(&version.variables, &case.variables).map_err(|problems| {
        problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join(" ")
    })?;
    let prompt =
        template.render(&variables).map_err(|error| format!("The prompt could not be rendered. {error}"))?;
    let mut parameters = version.parameters.overlaid(&model.parameters);
    // Repeats of one case would be one answer repeated, if they shared the seed.
    parameters.seed = parameters.seed.map(|seed| seed.wrapping_add(i64::from(claimed.at.repeat)));
    let assertions = run.judge.compile(&case, &variables);
    Ok(Question { prompt: Prompt::new(prompt), parameters, assertions })
}

async fn ask(run: &RunContext, claimed: &ClaimedCase, question: &Question) -> Call {
    let Question { prompt, parameters, .. } = question;
    let model = &run.models[claimed.at.model as usize];
    let Some(provider) = &model.provider else {
        let detail = format!(
            "The provider `{}` is not there any more. Add or configure it again, then retry the errors.",
            model.provider_name
        );
        return Call {
            result: Err(CallError::new(CallErrorKind::Connect, detail)),
            attempts: Vec::new(),
            facts: CallFacts::default(),
        };
    };
    // A simulated model draws its answer by seed: without one, all repeats would be the same answer.
    let seed = (provider.is_simulated() && parameters.seed.is_none()).then(|| i64::from(claimed.at.repeat));
    let request = ChatRequest { model: &model.name, messages: &prompt.messages, parameters, seed };
    let call = provider.chat(&request, &run.cancel).await;
    model.metrics.count(&call);
    call
}

fn judge(
    run: &RunContext,
    claimed: &ClaimedCase,
    question: Question,
    call: Call,
    cached_from: Option<i64>,
) -> Answered {
    let Question { prompt, parameters, assertions } = question;
    let completion = match &call.result {
        Ok(completion) => completion,
        Err(error) => {
            let reason = error.detail.clone();
            let headline = match error.kind {
                CallErrorKind::ProviderUnavailable => "Provider unavailable",
                _ => "No answer",
            };
            return Answered {
                headline: headline.to_owned(),
                reason,
                verdict: Some(Verdict::Error),
                score: None,
                outcomes: Vec::new(),
                metric_scores: Vec::new(),
                prompt,
                parameters,
                call,
                cached_from,
            };
        }
    };
    let circumstances = Circumstances {
        parameters: Some(&parameters),
        loaded_context: call.facts.loaded_context,
        model_context: run.models[claimed.at.model as usize].context_length,
        estimated_prompt_tokens: Some(estimate_tokens(&prompt.messages)),
        asks_for_emptiness: assertions.ask_for_emptiness(),
        asks_for_the_end: assertions.ask_for_the_end(),
    };
    let answer = Answer {
        completion,
        latency_ms: Some(completion.timings.total_ms),
        cached: cached_from.is_some(),
        cost_usd: completion.cost.map(NanoDollars::dollars),
    };
    let judgement = assertions.judge(&answer);
    let judgement = match detect(completion, &circumstances) {
        Some(invalid) if judgement.verdict != Some(Verdict::Error) => judgement.overruled_by(&invalid),
        _ => judgement,
    };
    let Judgement { verdict, score, reason, outcomes, metric_scores } = judgement;
    let headline = headline(verdict, &reason, &outcomes);
    Answered {
        prompt,
        parameters,
        call,
        cached_from,
        verdict,
        score,
        headline,
        reason,
        outcomes,
        metric_scores,
    }
}

/// The shortest form of the reason: what was found and what was expected, where an assertion says so.
fn headline(verdict: Option<Verdict>, reason: &str, outcomes: &[Outcome]) -> String {
    let telling = match verdict {
        Some(Verdict::Pass) => outcomes.first(),
        Some(Verdict::Fail) => outcomes.iter().rev().find(|outcome| outcome.verdict == Verdict::Fail),
        Some(Verdict::Error | Verdict::Invalid) | None => None,
    };
    let text = match telling.map(|outcome| (verdict, outcome.actual.as_deref(), outcome.expected.as_deref()))
    {
        Some((Some(Verdict::Pass), Some(actual), _)) => actual.to_owned(),
        Some((_, Some(actual), Some(expected))) => format!("{actual} expected {expected}"),
        _ => reason.to_owned(),
    };
    beginning(&text, HEADLINE)
}

/// The first `limit` characters, in one line, with an ellipsis where something was cut off.
fn beginning(text: &str, limit: usize) -> String {
    let mut short: String =
        text.chars().take(limit).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(limit).is_some() {
        short.pop();
        short.push('…');
    }
    short
}

impl Answered {
    /// A cell whose prompt could not be made.
    fn not_asked(reason: String) -> Self {
        Self {
            prompt: Prompt::new(Vec::new()),
            parameters: ModelParameters::default(),
            cached_from: None,
            call: Call {
                result: Err(CallError::new(CallErrorKind::Cancelled, reason.clone())),
                attempts: Vec::new(),
                facts: CallFacts::default(),
            },
            verdict: Some(Verdict::Error),
            score: None,
            headline: "Not asked".to_owned(),
            reason,
            outcomes: Vec::new(),
            metric_scores: Vec::new(),
        }
    }

    fn into_finished(
        self,
        run: &RunContext,
        claimed: &ClaimedCase,
        started_at: i64,
        finished_at: i64,
    ) -> FinishedCell {
        let model = run.models.get(claimed.at.model as usize);
        let was_asked = self.cached_from.is_some() || !self.call.attempts.is_empty();
        let provider = model.and_then(|model| model.provider.as_ref()).filter(|_| was_asked);
        let attempts = attempt_rows(claimed, self.call.attempts);
        // What an earlier run has measured and paid for is not counted again.
        let measured = self.call.result.as_ref().ok().filter(|_| self.cached_from.is_none());
        let answered = measured.map(|completion| Finished {
            latency_ms: completion.timings.total_ms,
            generation_ms: completion.timings.generation_ms,
            prompt_tokens: completion.usage.prompt_tokens,
            completion_tokens: completion.usage.completion_tokens,
        });
        let completion = match self.call.result {
            Ok(completion) => completion,
            Err(error) => error.partial.map_or_else(Completion::default, |partial| *partial),
        };
        let paid =
            if self.cached_from.is_some() { NanoDollars(0) } else { completion.cost.unwrap_or_default() };
        let is_simulated = provider.is_some_and(|provider| provider.is_simulated());
        let used = if is_simulated { DailyUsage::default() } else { used(&completion, attempts.len()) };
        let digest = self.call.facts.digest.or_else(|| model?.digest.clone());
        FinishedCell {
            facts: CellRow {
                id: claimed.cell.id,
                state: CellState::Finished,
                verdict: self.verdict,
                score: self.score,
                headline: self.headline,
                reason: self.reason,
                preview: beginning(&completion.content, PREVIEW),
                latency_ms: answered.map(|answered| answered.latency_ms),
                completion_tokens: answered.and_then(|answered| answered.completion_tokens),
                attempts: in_all(claimed, attempts.len()),
                cached_from: self.cached_from,
                paid: completion.cost.map(|_| paid),
            },
            claim: claimed.cell.claim,
            column: run.matrix.column(claimed.at).into(),
            answered,
            metric_scores: self.metric_scores,
            result: CellResult {
                prompt_hash: hex::encode(self.prompt.hash),
                prompt: self.prompt.json,
                parameters: json(&self.parameters),
                server: provider.and_then(|provider| provider.base_url()).map(str::to_owned),
                digest,
                output: completion.content,
                tool_calls: Some(json(&completion.tool_calls)).filter(|_| !completion.tool_calls.is_empty()),
                thinking: completion.thinking,
                finish_reason: completion.finish_reason,
                cost: completion.cost,
                usage: json(&completion.usage),
                timings: json(&completion.timings),
                notes: json(&completion.notes),
                started_at,
                finished_at,
                outcomes: self.outcomes,
            },
            attempts,
            used,
        }
    }
}

/// What so many calls used, the last of which brought this. None was made where an earlier run was asked.
pub(super) fn used(completion: &Completion, calls: usize) -> DailyUsage {
    if calls == 0 {
        return DailyUsage::default();
    }
    let tokens = [completion.usage.prompt_tokens, completion.usage.completion_tokens];
    DailyUsage {
        calls: i64::try_from(calls).unwrap_or(i64::MAX),
        tokens: tokens.into_iter().flatten().sum(),
        cost_usd: completion.cost.unwrap_or_default(),
    }
}

/// The JSON of a value of ours, which has no map with keys that are no texts and no failing serialiser.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

#[cfg(test)]
mod tests {
    use super::caught;

    #[tokio::test]
    async fn a_panic_is_a_sentence_of_its_cell() {
        let number = std::hint::black_box(7);
        let reason = caught(async { assert_eq!(number, 8, "a bug") }).await.unwrap_err();
        assert!(reason.starts_with("The program failed") && reason.contains("a bug"), "{reason}");
        assert_eq!(caught(async { 1 }).await, Ok(1));
    }
}
