//! What a run would be, before it is started.

use std::collections::BTreeMap;

use domain::ids::{RunId, WorkspaceId};
use domain::run::RunRequest;
use domain::template::estimate_tokens;
use domain::test_case::CaseContent;
use domain::variables::check_variables;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plan::Plan;
use super::worker::CALLS_AT_ONCE;
use crate::Engine;
use crate::error::{Result, StartProblem};

/// How many cases are rendered to estimate the tokens of all.
const SAMPLE: usize = 100;

/// What a run would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// How many cells.
    pub cells: i64,
    /// How many cases.
    pub cases: i64,
    /// Tokens of all prompts, estimated from their length. None: no prompt could be rendered.
    pub prompt_tokens: Option<i64>,
    /// How long it would take, in seconds. None: some model was never asked here.
    pub seconds: Option<f64>,
    /// What the time is estimated from, in a sentence.
    pub basis: String,
    /// What stands in the way of a start.
    pub problems: Vec<EstimateProblem>,
    /// The same is running already: this run.
    pub running: Option<RunningRun>,
}

/// One thing that stands in the way of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EstimateProblem {
    /// Where it is in the request.
    pub pointer: String,
    /// `model_missing`, `provider_unavailable`, `no_cases` or `too_many_cells`.
    pub code: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// A run of the same that is active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningRun {
    /// The run.
    pub id: RunId,
    /// Its number.
    pub number: i64,
}

impl StartProblem {
    /// The word that stands in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelMissing => "model_missing",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::NoCases => "no_cases",
            Self::TooManyCells => "too_many_cells",
        }
    }
}

impl Engine {
    /// Says what a run would be. Nothing is written, no model is asked.
    pub async fn estimate_run(&self, workspace: WorkspaceId, request: RunRequest) -> Result<Estimate> {
        let plan = self.plan(workspace, &request).await?;
        let running = self.active_run(workspace, plan.fingerprint.clone()).await?;
        let (seconds, basis) = self.estimate_seconds(workspace, &plan).await?;
        Ok(Estimate {
            cells: i64::try_from(plan.matrix.cells()).unwrap_or(i64::MAX),
            cases: plan.matrix.cases.into(),
            prompt_tokens: prompt_tokens(&plan)?,
            seconds,
            basis,
            problems: plan
                .obstacles
                .iter()
                .map(|obstacle| EstimateProblem {
                    pointer: obstacle.pointer.clone(),
                    code: obstacle.kind.as_str().to_owned(),
                    detail: obstacle.detail.clone(),
                })
                .collect(),
            running: running.map(|run| RunningRun { id: run.id, number: run.number }),
        })
    }

    /// The mean latency of each model times its cells, over the calls that its provider takes at once.
    #[expect(clippy::cast_precision_loss, reason = "counts and sums of a run stay far below 2^52")]
    async fn estimate_seconds(&self, workspace: WorkspaceId, plan: &Plan) -> Result<(Option<f64>, String)> {
        let names: Vec<(String, String)> =
            plan.models.iter().map(|model| (model.provider.clone(), model.name.clone())).collect();
        let histories = self
            .store
            .read(move |conn| {
                names
                    .iter()
                    .map(|(provider, model)| store::run_lists::model_history(conn, provider, model))
                    .collect::<store::Result<Vec<_>>>()
            })
            .await?;
        let cells_of_model = plan.matrix.cells() as f64 / f64::from(plan.matrix.models.max(1));
        let mut seconds_of_provider: BTreeMap<&str, f64> = BTreeMap::new();
        let mut answers = 0;
        for (model, history) in plan.models.iter().zip(histories) {
            let Some((latency_ms, answered)) = history else {
                return Ok((None, format!("No data: {} was never asked here.", model.name)));
            };
            answers += answered;
            let at_once = self
                .directory
                .get(workspace, &model.provider)
                .map_or(1, |provider| (provider.concurrency() as usize).min(CALLS_AT_ONCE));
            *seconds_of_provider.entry(&model.provider).or_default() +=
                cells_of_model * latency_ms as f64 / 1000.0 / at_once as f64;
        }
        let seconds = seconds_of_provider.into_values().fold(0.0, f64::max);
        Ok((Some(seconds), format!("From the mean time of {answers} earlier answers of these models.")))
    }
}

/// Renders the first cases and takes them for all.
fn prompt_tokens(plan: &Plan) -> Result<Option<i64>> {
    let mut tokens = 0_i64;
    for version in &plan.versions {
        let (mut sum, mut rendered) = (0_i64, 0_i64);
        for (_, case) in plan.cases.iter().take(SAMPLE) {
            let case: CaseContent = serde_json::from_str(case)?;
            let Ok(variables) = check_variables(&version.content.variables, &case.variables) else {
                continue;
            };
            let Ok(messages) = version.template.render(&variables) else { continue };
            sum += estimate_tokens(&messages);
            rendered += 1;
        }
        if rendered == 0 {
            return Ok(None);
        }
        let asked =
            i64::from(plan.matrix.cases) * i64::from(plan.matrix.repeats) * i64::from(plan.matrix.models);
        tokens += sum * asked / rendered;
    }
    Ok(Some(tokens))
}
