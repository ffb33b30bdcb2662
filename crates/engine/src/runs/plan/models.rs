//! The models of a run: found on their servers, with the parameters that they are asked with.

use std::time::Duration;

use domain::ids::WorkspaceId;
use domain::run::{ModelChoice, RunRequest};
use llm::ModelFacts;
use store::run_inputs::RunModel;
use tokio::time::timeout;

use super::Obstacle;
use crate::Engine;
use crate::error::{Error, Result, StartProblem};

/// How long a model server may take to list its models before a run.
const LISTING: Duration = Duration::from_secs(5);

impl Engine {
    /// Finds each model, and puts into `obstacles` why one cannot be asked.
    pub(super) async fn plan_models(
        &self,
        workspace: WorkspaceId,
        request: &RunRequest,
        obstacles: &mut Vec<Obstacle>,
    ) -> Result<Vec<RunModel>> {
        self.directory.refresh(&self.store).await?;
        let mut planned: Vec<RunModel> = Vec::with_capacity(request.models.len());
        let mut listed: Vec<(&str, std::result::Result<Vec<ModelFacts>, String>)> = Vec::new();
        for (index, choice) in request.models.iter().enumerate() {
            let provider = self.directory.get(workspace, &choice.provider).ok_or_else(|| {
                let known = self.directory.names(workspace).join(", ");
                Error::invalid(
                    format!("/models/{index}/provider"),
                    format!("There is no provider `{}`. There are: {known}.", choice.provider),
                )
            })?;
            if !listed.iter().any(|(name, _)| *name == choice.provider) {
                let models = match timeout(LISTING, provider.models()).await {
                    Ok(Ok(models)) => Ok(models),
                    Ok(Err(error)) => Err(error.detail),
                    Err(_) => Err(format!(
                        "Provider `{}` did not list its models within {} s.",
                        choice.provider,
                        LISTING.as_secs()
                    )),
                };
                listed.push((&choice.provider, models));
            }
            let models = listed.iter().find(|(name, _)| *name == choice.provider).map(|(_, models)| models);
            let facts = match models {
                Some(Ok(models)) => {
                    let found = models.iter().find(|model| model.is_named(&choice.model)).cloned();
                    if found.is_none() {
                        obstacles.push(missing(index, choice, models));
                    }
                    found
                }
                Some(Err(detail)) => {
                    obstacles.push(Obstacle {
                        kind: StartProblem::ProviderUnavailable,
                        pointer: format!("/models/{index}/provider"),
                        detail: detail.clone(),
                    });
                    None
                }
                None => None,
            };
            let facts = facts.unwrap_or_default();
            planned.push(RunModel {
                provider: choice.provider.clone(),
                kind: provider.kind().as_str().to_owned(),
                name: choice.model.clone(),
                digest: facts.digest,
                context_length: facts.context_length,
                simulated: provider.is_simulated(),
                parameters: serde_json::to_string(&request.parameters.overlaid(&choice.parameters))?,
            });
        }
        reject_duplicates(&planned)?;
        Ok(planned)
    }
}

fn missing(index: usize, choice: &ModelChoice, models: &[ModelFacts]) -> Obstacle {
    let names: Vec<&str> = models.iter().take(8).map(|model| model.name.as_str()).collect();
    let has = match names.as_slice() {
        [] => "It has no models yet.".to_owned(),
        names => format!("It has: {}.", names.join(", ")),
    };
    Obstacle {
        kind: StartProblem::ModelMissing,
        pointer: format!("/models/{index}/model"),
        detail: format!("Provider `{}` does not have the model `{}`. {has}", choice.provider, choice.model),
    }
}

fn reject_duplicates(models: &[RunModel]) -> Result<()> {
    for (index, model) in models.iter().enumerate() {
        let same = |other: &RunModel| {
            (&other.provider, &other.name, &other.parameters)
                == (&model.provider, &model.name, &model.parameters)
        };
        if models[..index].iter().any(same) {
            return Err(Error::invalid(
                format!("/models/{index}"),
                format!("The model `{}` is chosen twice with the same parameters.", model.name),
            ));
        }
    }
    Ok(())
}
