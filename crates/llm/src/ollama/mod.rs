//! Ollama's native protocol.

pub mod address;
mod answer;
mod body;
mod failure;
mod lines;
mod models;
mod wire;

use domain::card::ModelParameters;
use domain::completion::Completion;

use crate::error::{CallError, SettingsError};
use crate::facts::{LoadedModel, ModelFacts};
use crate::request::ChatRequest;
use crate::watch::Watch;
use address::OllamaAddress;
pub use answer::{OUTPUT_LIMIT, REPLACED, TRUNCATED};
use body::{ChatBody, LoadBody};
use models::ShownModels;
use wire::Wire;

/// An Ollama server.
#[derive(Debug)]
pub struct Ollama {
    wire: Wire,
    shown: ShownModels,
}

impl Ollama {
    /// A client for the server at `address`. Connects to nothing.
    pub fn new(address: OllamaAddress, connect_ms: u64, concurrency: u32) -> Result<Self, SettingsError> {
        Ok(Self { wire: Wire::new(address, connect_ms, concurrency)?, shown: ShownModels::default() })
    }

    /// Where the server is.
    pub fn address(&self) -> &OllamaAddress {
        self.wire.address()
    }

    /// `POST /api/chat`, streamed. Dropping the future drops the connection, which ends the generation.
    pub async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        let body = body::to_bytes(&ChatBody::new(request))?;
        let response = watch.wait(self.wire.post("/api/chat", body)).await??;
        let response = watch.wait(failure::refused(response, request.model)).await??;
        answer::read(response, watch).await
    }

    /// `POST /api/generate` with no prompt: the server loads the model and answers nothing.
    pub async fn load(
        &self,
        model: &str,
        parameters: &ModelParameters,
        watch: &mut Watch<'_>,
    ) -> Result<(), CallError> {
        let body = body::to_bytes(&LoadBody::new(model, parameters))?;
        watch
            .wait(async {
                let response = self.wire.post("/api/generate", body).await?;
                let response = failure::refused(response, model).await?;
                wire::whole_body(response).await.map(|_| ())
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
}
