//! Answers without a model server, made up by rule and seed, and labelled as such wherever they go.
//!
//! Beyond the sample cards they know nothing: they look for what kind of text is asked for and fill a form.
//! Enough to see cards, cases and runs at work on a machine without any model.

mod arithmetic;
mod choice;
mod draw;
mod known;
mod prompt;
mod prose;
mod structured;

use std::time::Duration;

use domain::card::ModelParameters;
use domain::completion::{Completion, Timings, Usage};
use tokio::time::sleep;

use crate::error::{CallError, CallErrorKind};
use crate::facts::{LoadedModel, ModelFacts};
use crate::request::ChatRequest;
use crate::settings::Latency;
use crate::watch::Watch;
use draw::Draw;
use prompt::Prompt;

/// Characters of a token, roughly, as real tokenizers have it for English.
const CHARACTERS_PER_TOKEN: usize = 4;

/// How often a model errs where there is a right answer.
#[derive(Debug, Clone, Copy)]
struct Skill {
    errs_per_hundred: u64,
}

/// A model that is no model.
#[derive(Debug)]
struct SimulatedModel {
    name: &'static str,
    parameter_size: &'static str,
    skill: Skill,
}

const MODELS: [SimulatedModel; 2] = [
    SimulatedModel { name: "simulated-small", parameter_size: "1B", skill: Skill { errs_per_hundred: 30 } },
    SimulatedModel { name: "simulated-large", parameter_size: "70B", skill: Skill { errs_per_hundred: 0 } },
];
/// The context that these models claim to have.
const CONTEXT_LENGTH: i64 = 32_768;

/// The provider `simulated`.
#[derive(Debug)]
pub struct Simulated {
    latency: Latency,
}

impl Simulated {
    /// A provider whose answers take as long as `latency` says.
    pub fn new(latency: Latency) -> Self {
        Self { latency }
    }

    /// Makes up an answer: the same one for the same model, prompt, parameters and seed.
    pub async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        let model = find(request.model)?;
        let mut draw = Draw::new(model.name, request.messages, request.effective_seed().unwrap_or(0));
        let whole = draw.between(self.latency.min_ms, self.latency.max_ms);
        let first = whole / 3;
        watch.wait(sleep(Duration::from_millis(first))).await?;
        watch.token();
        watch.wait(sleep(Duration::from_millis(whole - first))).await?;
        let prompt = Prompt::new(request.messages);
        let mut completion = limited(answer(&prompt, request.parameters, &mut draw, model.skill), request);
        completion.thinking = thinks(request.parameters).then(|| prose::thinking(&prompt));
        let completion_tokens =
            tokens(&completion.content) + completion.thinking.as_deref().map_or(0, tokens);
        completion.usage =
            Usage { prompt_tokens: Some(tokens(&prompt.text)), completion_tokens: Some(completion_tokens) };
        completion.timings = Timings {
            load_ms: Some(0),
            prompt_evaluation_ms: i64::try_from(first).ok(),
            generation_ms: i64::try_from(whole - first).ok(),
            first_token_ms: watch.first_token_ms(),
            total_ms: watch.elapsed_ms(),
        };
        Ok(completion)
    }

    /// The models there are.
    pub fn models(&self) -> Vec<ModelFacts> {
        MODELS.iter().map(facts).collect()
    }

    /// One of them.
    pub fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        find(model).map(facts)
    }

    /// All of them: nothing has to be loaded. Their context is as large as it is asked to be.
    pub fn loaded(&self) -> Vec<LoadedModel> {
        let loaded = |model: &SimulatedModel| LoadedModel {
            name: model.name.to_owned(),
            digest: Some(digest(model)),
            context_length: None,
        };
        MODELS.iter().map(loaded).collect()
    }
}

fn find(name: &str) -> Result<&'static SimulatedModel, CallError> {
    MODELS.iter().find(|model| model.name == name).ok_or_else(|| {
        let names = MODELS.map(|model| model.name).join(" and ");
        let name: String = name.chars().take(200).collect();
        CallError::new(
            CallErrorKind::ModelMissing,
            format!("There is no simulated model `{name}`. There are {names}."),
        )
    })
}

fn facts(model: &SimulatedModel) -> ModelFacts {
    ModelFacts {
        name: model.name.to_owned(),
        digest: Some(digest(model)),
        family: Some("simulated".to_owned()),
        parameter_size: Some(model.parameter_size.to_owned()),
        context_length: Some(CONTEXT_LENGTH),
        loaded: true,
        capabilities: ["completion", "thinking"].map(str::to_owned).into(),
        simulated: true,
        ..ModelFacts::default()
    }
}

/// What these models answer changes with the program.
fn digest(model: &SimulatedModel) -> String {
    format!("{}-{}", model.name, env!("CARGO_PKG_VERSION"))
}

fn answer(prompt: &Prompt, parameters: &ModelParameters, draw: &mut Draw, skill: Skill) -> String {
    if let Some(known) = known::answer(prompt, draw, skill) {
        return known;
    }
    if let Some(format) = &parameters.format {
        return structured::by_format(format, prompt, draw, skill);
    }
    if prompt.asks_for_json() {
        return structured::by_keys(prompt, draw, skill);
    }
    choice::answer(prompt, draw, skill)
        .or_else(|| arithmetic::answer(prompt, draw, skill))
        .unwrap_or_else(|| prompt.fit(prose::answer(prompt, draw)))
}

/// The answer as `stop` and `num_predict` end it.
fn limited(mut content: String, request: &ChatRequest<'_>) -> Completion {
    let stops = request.parameters.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(end) = stops.filter_map(|stop| content.find(stop.as_str())).min() {
        content.truncate(end);
    }
    let limit = request
        .parameters
        .num_predict
        .and_then(|tokens| usize::try_from(tokens).ok())
        .map(|tokens| tokens.saturating_mul(CHARACTERS_PER_TOKEN));
    let mut finish_reason = "stop";
    if let Some((end, _)) = limit.and_then(|limit| content.char_indices().nth(limit)) {
        content.truncate(end);
        finish_reason = "length";
    }
    Completion { content, finish_reason: Some(finish_reason.to_owned()), ..Completion::default() }
}

fn thinks(parameters: &ModelParameters) -> bool {
    parameters.think.as_ref().is_some_and(|think| think.is_string() || think.as_bool() == Some(true))
}

fn tokens(text: &str) -> i64 {
    i64::try_from(text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)).unwrap_or(i64::MAX)
}
