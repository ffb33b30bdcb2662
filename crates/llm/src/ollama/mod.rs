//! Ollama's native protocol.

mod answer;
mod body;
mod models;
mod pull;

use domain::card::ModelParameters;
use domain::completion::Completion;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::address::ServerAddress;
use crate::answer::credible;
use crate::body::to_bytes;
use crate::embedding::{self, Embeddings};
use crate::error::{CallError, SettingsError};
use crate::facts::{LoadedModel, ModelFacts, PullProgress};
use crate::outbound::Outbound;
use crate::request::ChatRequest;
use crate::settings::ProviderSettings;
use crate::watch::Watch;
use crate::wire::{BODY_LIMIT, Wire, whole_body};
use body::{ChatBody, GenerateBody, LoadBody};
use models::ShownModels;

/// An Ollama server.
#[derive(Debug)]
pub struct Ollama {
    wire: Wire,
    shown: ShownModels,
    completes: bool,
}

impl Ollama {
    /// A client for the server at `address`. Connects to nothing.
    pub fn new(
        address: ServerAddress,
        settings: &ProviderSettings,
        outbound: &Outbound,
    ) -> Result<Self, SettingsError> {
        let wire = Wire::new(address, settings, outbound)?;
        Ok(Self { wire, shown: ShownModels::default(), completes: settings.completes })
    }

    /// Where the server is.
    pub fn address(&self) -> &ServerAddress {
        self.wire.address()
    }

    /// `POST /api/chat`, or `/api/generate` where the settings say so, streamed. Dropping the future drops the
    /// connection, which ends the generation.
    pub async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        let (path, body) = if self.completes {
            ("/api/generate", to_bytes(&GenerateBody::new(request))?)
        } else {
            ("/api/chat", to_bytes(&ChatBody::new(request))?)
        };
        let response = watch.wait(self.wire.post(path, body)).await??;
        let response = watch.wait(self.wire.accepted(response, request.model)).await??;
        answer::read(response, &self.wire, watch).await
    }

    /// `POST /api/generate` with no prompt: the server loads the model and answers nothing.
    pub async fn load(
        &self,
        model: &str,
        parameters: &ModelParameters,
        watch: &mut Watch<'_>,
    ) -> Result<(), CallError> {
        let body = to_bytes(&LoadBody::new(model, parameters))?;
        watch
            .wait(async {
                let response = self.wire.post("/api/generate", body).await?;
                let response = self.wire.accepted(response, model).await?;
                whole_body(response, BODY_LIMIT).await.map(drop)
            })
            .await?
    }

    /// `GET /api/tags`, with what `/api/show` and `/api/ps` add to it.
    pub async fn models(&self) -> Result<Vec<ModelFacts>, CallError> {
        models::list(&self.wire, &self.shown).await
    }

    /// What is known of one model.
    pub async fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        models::one(&self.wire, model).await
    }

    /// `GET /api/ps`.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>, CallError> {
        models::loaded(&self.wire).await
    }

    /// `GET /api/version`.
    pub async fn version(&self) -> Result<String, CallError> {
        models::version(&self.wire).await
    }

    /// `POST /api/embed`. A text longer than the model's context is refused, not cut in silence.
    pub async fn embed(
        &self,
        model: &str,
        texts: &[&str],
        watch: &mut Watch<'_>,
    ) -> Result<Embeddings, CallError> {
        #[derive(Deserialize)]
        struct Answer {
            embeddings: Vec<Vec<f32>>,
            prompt_eval_count: Option<i64>,
        }
        let body = to_bytes(&json!({ "model": model, "input": texts, "truncate": false }))?;
        let Answer { embeddings, prompt_eval_count } =
            watch.wait(embedding::asked(&self.wire, "/api/embed", body, model)).await??;
        embedding::checked(embeddings, texts.len(), prompt_eval_count.map(credible))
    }

    /// `POST /api/pull`, which tells `progress` how far it is.
    pub async fn pull(
        &self,
        model: &str,
        progress: &mut (dyn FnMut(PullProgress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), CallError> {
        pull::pull(&self.wire, model, progress, cancel).await
    }

    /// `DELETE /api/delete`.
    pub async fn delete(&self, model: &str) -> Result<(), CallError> {
        let body = to_bytes(&json!({ "model": model }))?;
        self.wire.delete("/api/delete", body, model).await
    }
}
