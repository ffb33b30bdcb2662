//! What all cells of a run share, read and compiled once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use domain::assertion::Judge;
use domain::card::{CardContent, ModelParameters};
use domain::clock::Millis;
use domain::ids::RunId;
use domain::matrix::{Coordinates, Matrix};
use domain::run::RunState;
use domain::template::{Includes, PromptTemplate};
use domain::variables::VariableDefinition;
use llm::Guarded;
use store::budgets::Payers;
use store::cells::{CellRange, ClaimedCell};
use store::runs::RunRow;
use tokio_util::sync::CancellationToken;

use super::cache::AnswerCache;
use super::worker::Surroundings;
use crate::error::Result;
use crate::metrics::ModelMetrics;

/// A run in the memory of its worker.
pub(crate) struct RunContext {
    pub id: RunId,
    /// Of the providers when this was read: with others it is read again.
    pub generation: u64,
    pub matrix: Matrix,
    pub cells: CellRange,
    /// When it was started.
    pub created_at: Millis,
    /// Whose budgets it must keep to.
    pub payers: Payers,
    pub versions: Vec<ContextVersion>,
    pub models: Vec<ContextModel>,
    pub judge: Judge,
    /// Of each column, the answers of earlier runs that its cells may take.
    pub answers: Vec<Arc<AnswerCache>>,
    /// Whether the run is known to be marked as running.
    pub begun: AtomicBool,
    /// Cancelled when the run is, or when the server ends.
    pub cancel: CancellationToken,
}

/// A version of a card, compiled. The template is a sentence where it could not be.
pub(crate) struct ContextVersion {
    pub template: std::result::Result<PromptTemplate, String>,
    pub variables: Vec<VariableDefinition>,
    pub parameters: ModelParameters,
}

/// A model with its provider, where that is still there.
pub(crate) struct ContextModel {
    pub provider_name: String,
    pub provider: Option<Arc<Guarded>>,
    /// Whose calls are counted together with its own.
    pub slots: String,
    pub name: String,
    pub digest: Option<String>,
    pub context_length: Option<i64>,
    pub parameters: ModelParameters,
    /// Where its calls are counted.
    pub metrics: ModelMetrics,
}

/// A claimed cell with the case that it is about, as JSON.
pub(crate) struct ClaimedCase {
    pub cell: ClaimedCell,
    pub at: Coordinates,
    pub case: String,
}

impl RunContext {
    /// Reads the snapshots of a run and compiles its templates.
    pub(crate) async fn read(around: &Surroundings, row: RunRow, cancel: CancellationToken) -> Result<Self> {
        let generation = around.directory.generation();
        let (id, uses_cache, rows, payers) = (row.id, row.cache, row.matrix.rows(), row.payers());
        let (versions, models, answers) = around
            .store
            .read(move |conn| {
                let (versions, models) =
                    (store::run_inputs::versions(conn, id)?, store::run_inputs::models(conn, id)?);
                let scopes =
                    if uses_cache { store::run_columns::cache_scopes(conn, id)? } else { Vec::new() };
                Ok((versions, models, AnswerCache::of_columns(conn, &scopes, id, rows)?))
            })
            .await?;
        let versions = versions
            .into_iter()
            .map(|version| {
                let content: CardContent = serde_json::from_str(&version.content)?;
                let includes: Includes = serde_json::from_str(&version.includes)?;
                let template = PromptTemplate::compile(&content, &includes).map_err(|problems| {
                    let problem = problems.first().map(ToString::to_string).unwrap_or_default();
                    format!("The template of {} v{} does not parse. {problem}", version.slug, version.number)
                });
                Ok(ContextVersion { template, variables: content.variables, parameters: content.parameters })
            })
            .collect::<Result<_>>()?;
        let models = models
            .into_iter()
            .map(|model| {
                let used = around.directory.find(row.workspace_id, &model.provider);
                let (provider, slots) = used.map(|used| (used.server, used.slots)).unzip();
                let metrics = around.metrics.model_calls.of(&model.provider, &model.name);
                Ok(ContextModel {
                    provider,
                    metrics,
                    slots: slots.unwrap_or_else(|| model.provider.clone()),
                    provider_name: model.provider,
                    name: model.name,
                    digest: model.digest,
                    context_length: model.context_length,
                    parameters: serde_json::from_str(&model.parameters)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            id,
            generation,
            matrix: row.matrix,
            cells: row.cells,
            created_at: row.created_at,
            payers,
            versions,
            models,
            judge: Judge::default(),
            answers,
            begun: AtomicBool::new(row.state == RunState::Running),
            cancel,
        })
    }

    /// Whether its cells may take the answers of earlier runs.
    pub(crate) fn uses_cache(&self) -> bool {
        !self.answers.is_empty()
    }

    /// The parameters under which a model is loaded for this run: those of the first version and the run.
    pub(crate) fn load_parameters(&self, model: usize) -> ModelParameters {
        match (self.versions.first(), self.models.get(model)) {
            (Some(version), Some(model)) => version.parameters.overlaid(&model.parameters),
            _ => ModelParameters::default(),
        }
    }
}
