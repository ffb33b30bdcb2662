//! Why a model server cannot be reached, and what helps.

use domain::ids::{ProviderId, WorkspaceId};
use llm::doctor::{self, Surroundings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Engine;
use crate::error::Result;

/// What came of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// It works.
    Works,
    /// It does not.
    Fails,
    /// Something to know.
    Note,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiagnosisStep {
    /// What was tried: an address, or what was looked at.
    pub tried: String,
    /// What came of it.
    pub outcome: StepOutcome,
    /// What was found, in a sentence.
    pub found: String,
}

/// What was found of a provider, and what helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnosis {
    /// Whether calls can be made with the configuration as it is.
    pub works: bool,
    /// What is wrong and what to do, in a sentence or two.
    pub conclusion: String,
    /// The lines to write into the provider's section of the configuration.
    pub configuration: Option<String>,
    /// What was tried, in its order.
    pub steps: Vec<DiagnosisStep>,
}

impl Engine {
    /// Looks whether a provider can be reached and, where one is named, has the model; tries the usual remedies.
    /// Nothing is changed.
    pub async fn diagnose(
        &self,
        workspace: WorkspaceId,
        provider: ProviderId,
        model: Option<&str>,
    ) -> Result<Diagnosis> {
        let server = self.server_of(workspace, provider).await?;
        let found = server.diagnose(model, &Surroundings::here()).await;
        let step = |step: doctor::Step| DiagnosisStep {
            tried: step.tried,
            outcome: match step.outcome {
                doctor::Outcome::Works => StepOutcome::Works,
                doctor::Outcome::Fails => StepOutcome::Fails,
                doctor::Outcome::Note => StepOutcome::Note,
            },
            found: step.found,
        };
        Ok(Diagnosis {
            works: found.works,
            conclusion: found.conclusion,
            configuration: found.configuration,
            steps: found.steps.into_iter().map(step).collect(),
        })
    }
}
