//! One cell: its prompt rendered, its model asked, its answer judged.

use std::time::Duration;

use domain::assertion::{Answer, Judge};
use domain::card::{Message, Role};
use domain::completion::Completion;
use domain::ids::IdSource;
use domain::template::estimate_tokens;
use domain::test_case::CaseContent;
use domain::validity::{Circumstances, detect};
use domain::verdict::Judgement;
use formats::promptfoo::{Cell, Evaluation, Rendered, Renderer};
use formats::results::CellResult;
use llm::{CallErrorKind, Guarded, ProviderKind};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::cache::{Cache, Question};
use super::config::Settings;
use super::servers::{Asked, Model};
use crate::SystemIds;

/// What all cells of an evaluation share.
pub(super) struct Context<'a> {
    pub(super) evaluation: &'a Evaluation,
    pub(super) renderer: Renderer<'a>,
    pub(super) judge: Judge,
    pub(super) asked: &'a [Asked],
    pub(super) settings: &'a Settings,
    pub(super) cache: Option<Cache>,
    /// Cancelled when calls are to end: by the person, or as the time is over.
    pub(super) end: CancellationToken,
    /// Cancelled when the time for all of it is over: what was not done by then is an error.
    pub(super) expired: CancellationToken,
}

/// An answer, with what is known of it.
#[derive(Default)]
struct Got<'a> {
    completion: Completion,
    latency_ms: Option<i64>,
    cached: bool,
    cost_usd: Option<f64>,
    /// What it takes to see that it cannot be judged. None: whatever it is, it is judged.
    circumstances: Option<Circumstances<'a>>,
    /// The cache, the question and the digest of the model under which it may be kept.
    keep: Option<(super::cache::Key, Option<String>)>,
}

/// Why there is no answer.
enum Missing {
    /// The sentence of the cell.
    Error(String),
    /// The person wants an end: the cell has no result.
    Interrupted,
}

impl Context<'_> {
    /// Works on a cell to its end. None: the person wants an end.
    pub(super) async fn work(&self, cell: &Cell) -> Option<CellResult> {
        let rendered = match self.renderer.render(cell) {
            Ok(rendered) => rendered,
            Err(error) => {
                let reason = format!("The prompt could not be rendered. {error}");
                return Some(self.without_answer(cell, None, CaseContent::default(), reason));
            }
        };
        let case = match self.renderer.case(cell, &rendered) {
            Ok(case) => case,
            Err(error) => {
                let reason = format!("An assertion could not be rendered. {error}");
                return Some(self.without_answer(cell, Some(rendered), CaseContent::default(), reason));
            }
        };
        let messages;
        let got = match self.given(cell, &rendered) {
            Some(got) => Ok(got),
            None => match self.messages(cell, &rendered) {
                Err(reason) => Err(Missing::Error(reason)),
                Ok(listed) => {
                    messages = listed;
                    self.ask(cell, &messages).await
                }
            },
        };
        match got {
            Ok(got) => Some(self.judged(cell, rendered, case, got)),
            Err(Missing::Error(reason)) => Some(self.without_answer(cell, Some(rendered), case, reason)),
            Err(Missing::Interrupted) => None,
        }
    }

    /// The answer that needs no call.
    fn given(&self, cell: &Cell, rendered: &Rendered) -> Option<Got<'static>> {
        let content = match (self.output_of(cell), &self.asked[cell.provider]) {
            (None, Asked::Echo) => rendered.prompt.clone(),
            (None, Asked::Model(_)) => return None,
            (Some(Value::String(text)), _) => text.clone(),
            (Some(other), _) => other.to_string(),
        };
        let completion = Completion { content, ..Completion::default() };
        Some(Got { completion, latency_ms: Some(0), cost_usd: Some(0.0), ..Got::default() })
    }

    /// What its test gives as the answer.
    fn output_of(&self, cell: &Cell) -> Option<&Value> {
        let output = self.evaluation.tests[cell.test].provider_output.as_ref();
        output.filter(|output| !matches!(output, Value::Null | Value::Bool(false)))
    }

    /// The models that cells ask, each once, with their servers.
    pub(super) fn models(&self, cells: &[Cell]) -> Vec<(&Guarded, &str)> {
        let mut providers: Vec<usize> =
            cells.iter().filter(|cell| self.output_of(cell).is_none()).map(|cell| cell.provider).collect();
        providers.sort_unstable();
        providers.dedup();
        let model = |provider: &usize| match &self.asked[*provider] {
            Asked::Echo => None,
            Asked::Model(model) => Some(model.at()),
        };
        providers.iter().filter_map(model).collect()
    }

    fn messages(&self, cell: &Cell, rendered: &Rendered) -> Result<Vec<Message>, String> {
        match &self.asked[cell.provider] {
            Asked::Model(model) if !model.completes => rendered.messages(),
            _ => Ok(vec![Message::text(Role::User, rendered.prompt.clone())]),
        }
    }

    /// The answer of an earlier evaluation, or of the model.
    async fn ask(&self, cell: &Cell, messages: &[Message]) -> Result<Got<'_>, Missing> {
        let Asked::Model(model) = &self.asked[cell.provider] else { return Ok(Got::default()) };
        if self.expired.is_cancelled() {
            return Err(self.expiry());
        }
        let facts = model.facts().await;
        let circumstances = (!self.settings.promptfoo_verdicts).then(|| Circumstances {
            parameters: Some(&model.endpoint.parameters),
            model_context: facts.context_length,
            estimated_prompt_tokens: Some(estimate_tokens(messages)),
            ..Circumstances::default()
        });
        let question = Question {
            protocol: model.protocol,
            base_url: &model.endpoint.base_url,
            model: &model.endpoint.model,
            parameters: &model.endpoint.parameters,
            messages,
            repeat: cell.repeat,
        };
        let key = self.cache.as_ref().and_then(|cache| Some((cache, question.key()?)));
        if let Some(completion) = key.and_then(|(cache, key)| cache.find(&key, facts.digest.as_deref())) {
            return Ok(Got { completion, cached: true, circumstances, ..Got::default() });
        }
        let called = self.call(model, messages).await?;
        let pause = self.evaluation.providers[cell.provider].delay_ms.map(Duration::from_millis);
        if let Some(pause) = pause.or(self.settings.delay) {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.end.cancelled() => {}
            }
        }
        let completion = called.result.map_err(|error| {
            let (server, _) = model.at();
            let helps = error.kind == CallErrorKind::ModelMissing && server.kind() == ProviderKind::Ollama;
            let remedy = if helps { " `eval --pull` pulls it first." } else { "" };
            Missing::Error(format!("{}{remedy}", error.detail))
        })?;
        let digest = called.facts.digest.or_else(|| facts.digest.clone());
        Ok(Got {
            latency_ms: Some(completion.timings.total_ms),
            completion,
            circumstances: circumstances
                .map(|known| Circumstances { loaded_context: called.facts.loaded_context, ..known }),
            keep: key.map(|(_, key)| (key, digest)),
            ..Got::default()
        })
    }

    async fn call(&self, model: &Model, messages: &[Message]) -> Result<llm::Call, Missing> {
        let asking = model.ask(messages, &self.end);
        let asked = match self.settings.call_limit {
            None => asking.await,
            Some(limit) => timeout(limit, asking).await.map_err(|_| {
                Missing::Error(format!("Evaluation timed out after {} ms", limit.as_millis()))
            })?,
        };
        let call = asked.map_err(|error| Missing::Error(error.detail))?;
        match &call.result {
            Err(error) if error.kind == CallErrorKind::Cancelled => {
                Err(if self.expired.is_cancelled() { self.expiry() } else { Missing::Interrupted })
            }
            _ => Ok(call),
        }
    }

    fn expiry(&self) -> Missing {
        let limit = self.settings.whole_limit.unwrap_or_default();
        Missing::Error(format!("Evaluation exceeded max duration of {} ms", limit.as_millis()))
    }

    fn judged(&self, cell: &Cell, rendered: Rendered, case: CaseContent, got: Got<'_>) -> CellResult {
        let Got { completion, latency_ms, cached, cost_usd, circumstances, keep } = got;
        let compiled = self.judge.compile_rendered(&case);
        let judgement = compiled.judge(&Answer { completion: &completion, latency_ms, cached, cost_usd });
        let invalid = circumstances.and_then(|known| {
            let known = Circumstances {
                asks_for_emptiness: compiled.ask_for_emptiness(),
                asks_for_the_end: compiled.ask_for_the_end(),
                ..known
            };
            detect(&completion, &known)
        });
        let judgement = match &invalid {
            Some(invalid) if judgement.verdict != Some(domain::verdict::Verdict::Error) => {
                judgement.overruled_by(invalid)
            }
            _ => judgement,
        };
        if let (Some(cache), Some((key, digest)), None) = (&self.cache, keep, &invalid) {
            cache.keep(&key, digest.as_deref(), &completion);
        }
        CellResult {
            completion: Some(completion),
            judgement,
            latency_ms,
            cached,
            cost_usd,
            ..self.result(cell, Some(rendered), case)
        }
    }

    fn without_answer(
        &self,
        cell: &Cell,
        rendered: Option<Rendered>,
        case: CaseContent,
        reason: String,
    ) -> CellResult {
        CellResult { error: Some(reason), ..self.result(cell, rendered, case) }
    }

    /// Everything but the answer and what was found of it.
    fn result(&self, cell: &Cell, rendered: Option<Rendered>, case: CaseContent) -> CellResult {
        let test = &self.evaluation.tests[cell.test];
        let (variables, prompt) = match rendered {
            Some(Rendered { variables, prompt }) => (variables, prompt),
            None => (serde_json::Map::new(), self.evaluation.prompts[cell.prompt].raw.clone()),
        };
        CellResult {
            id: SystemIds.next().to_string(),
            row: cell.row,
            column: cell.column,
            repeat: cell.repeat,
            description: test.description.clone(),
            variables,
            assertions: case.assertions,
            threshold: test.threshold,
            metadata: test.metadata.clone(),
            prompt,
            completion: None,
            error: None,
            judgement: Judgement::default(),
            latency_ms: None,
            cached: false,
            cost_usd: None,
        }
    }
}
