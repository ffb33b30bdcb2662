//! Deleting a model from its server.

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::{ProviderId, WorkspaceId};
use llm::{CallErrorKind, same_model};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Conflict, Error, Result};

/// A model that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeletedModel {
    /// Its name, with its tag.
    pub name: String,
    /// What it took on the disk of its server. Parts that other models share are not freed.
    pub size_bytes: Option<i64>,
}

impl Engine {
    /// Deletes a model from its server, unless a run that has not ended uses it, or it is on its way there.
    pub async fn delete_model(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
        model: &str,
    ) -> Result<DeletedModel> {
        let server = self.pulling_server(workspace, provider).await?;
        if self.pulls.has(provider, model) {
            let detail = format!("`{model}` is being pulled. Cancel the pull first; nothing was deleted.");
            return Err(Error::conflict(Conflict::ModelInUse, detail));
        }
        if let Some(number) = self.run_with(server.name(), model).await? {
            let detail = format!(
                "Run {number} uses `{model}` and has not ended. Cancel the run or wait for its end; nothing was \
                 deleted."
            );
            return Err(Error::conflict(Conflict::ModelInUse, detail));
        }
        let failed = |error: llm::CallError| match error.kind {
            CallErrorKind::ModelMissing => {
                Error::not_found(format!("model `{model}` on `{}` (any more)", server.name()))
            }
            _ => Error::ModelServer(error.detail),
        };
        let facts = server.show(model).await.map_err(failed)?;
        server.delete(&facts.name).await.map_err(failed)?;
        tracing::info!(provider = server.name(), model = facts.name, "a model was deleted");
        let entry = self.entry(caller, Action::ModelDelete).in_workspace(workspace).on("provider", provider);
        let entry = entry.with("model", facts.name.clone());
        self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        Ok(DeletedModel { name: facts.name, size_bytes: facts.size_bytes })
    }

    /// The number of a run that has not ended and has this model.
    async fn run_with(&self, provider: &str, model: &str) -> Result<Option<i64>> {
        let (provider, model) = (provider.to_owned(), model.to_owned());
        let found = self.store.read(move |conn| {
            for run in store::runs::active(conn)? {
                let models = store::run_inputs::models(conn, run.id)?;
                if models.iter().any(|used| used.provider == provider && same_model(&used.name, &model)) {
                    return Ok(Some(run.number));
                }
            }
            Ok(None)
        });
        Ok(found.await?)
    }
}
