//! Any server that speaks OpenAI's protocol: `/v1/chat/completions`, `/v1/models`, `/v1/embeddings`.

mod answer;
mod body;
mod chunk;
mod events;
mod models;

use std::sync::atomic::{AtomicBool, Ordering};

use domain::completion::Completion;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::address::ServerAddress;
use crate::answer::credible;
use crate::body::to_bytes;
use crate::embedding::{self, Embeddings};
use crate::error::{CallError, SettingsError};
use crate::facts::ModelFacts;
use crate::outbound::Outbound;
use crate::request::ChatRequest;
use crate::settings::ProviderSettings;
use crate::watch::Watch;
use crate::wire::Wire;
use body::ChatBody;

/// The one server that has taken its own limit of tokens back, in favour of a longer name.
const OPENAI: &str = "https://api.openai.com:443/";

/// A server that speaks OpenAI's protocol.
#[derive(Debug)]
pub struct OpenAi {
    wire: Wire,
    /// False: it once refused to be asked for usage.
    asks_usage: AtomicBool,
}

impl OpenAi {
    /// A client for the server at `address`. Connects to nothing.
    pub fn new(
        address: ServerAddress,
        settings: &ProviderSettings,
        outbound: &Outbound,
    ) -> Result<Self, SettingsError> {
        Ok(Self { wire: Wire::new(address, settings, outbound)?, asks_usage: AtomicBool::new(true) })
    }

    /// Where the server is, its version included.
    pub fn address(&self) -> &ServerAddress {
        self.wire.address()
    }

    /// `POST /chat/completions`, streamed. Dropping the future drops the connection, which ends the generation.
    pub async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        let response = self.send(request, watch).await?;
        answer::read(response, &self.wire, watch).await
    }

    async fn send(&self, request: &ChatRequest<'_>, watch: &mut Watch<'_>) -> Result<Response, CallError> {
        let asks_usage = self.asks_usage.load(Ordering::Relaxed);
        let response = self.post(request, asks_usage, watch).await?;
        if response.status() == StatusCode::OK {
            return self.wire.readable(response);
        }
        // What follows is rare, and has no room in the future of each call.
        let refusal = watch.wait(Box::pin(self.wire.refusal(response))).await?;
        let knows_no_usage = asks_usage
            && matches!(refusal.status, 400 | 422)
            && refusal.words.as_ref().is_some_and(|words| words.contains("stream_options"));
        if !knows_no_usage {
            return Err(refusal.into_error(request.model, self.wire.has_key()));
        }
        // An answer without its tokens counted is better than none.
        self.asks_usage.store(false, Ordering::Relaxed);
        let response = Box::pin(self.post(request, false, watch)).await?;
        watch.wait(Box::pin(self.wire.accepted(response, request.model))).await?
    }

    async fn post(
        &self,
        request: &ChatRequest<'_>,
        asks_usage: bool,
        watch: &mut Watch<'_>,
    ) -> Result<Response, CallError> {
        let is_openai = self.address().as_str().starts_with(OPENAI);
        let body = to_bytes(&ChatBody::new(request, asks_usage, is_openai))?;
        watch.wait(self.wire.post("/chat/completions", body)).await?
    }

    /// `GET /models`.
    pub async fn models(&self) -> Result<Vec<ModelFacts>, CallError> {
        models::list(&self.wire).await
    }

    /// What `GET /models` says of one model.
    pub async fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        models::one(&self.wire, model).await
    }

    /// `POST /embeddings`.
    pub async fn embed(
        &self,
        model: &str,
        texts: &[&str],
        watch: &mut Watch<'_>,
    ) -> Result<Embeddings, CallError> {
        #[derive(Deserialize)]
        struct Answer {
            data: Vec<One>,
            #[serde(default)]
            usage: Option<Used>,
        }
        #[derive(Deserialize)]
        struct One {
            index: Option<usize>,
            embedding: Vec<f32>,
        }
        #[derive(Deserialize)]
        struct Used {
            prompt_tokens: Option<i64>,
        }
        let body = to_bytes(&json!({ "model": model, "input": texts }))?;
        let answer: Answer = watch.wait(embedding::asked(&self.wire, "/embeddings", body, model)).await??;
        let mut data = answer.data;
        // In the order of the texts, which the protocol gives by number. A server that counts none keeps it.
        data.sort_by_key(|one| one.index);
        let vectors = data.into_iter().map(|one| one.embedding).collect();
        let prompt_tokens = answer.usage.and_then(|used| used.prompt_tokens).map(credible);
        embedding::checked(vectors, texts.len(), prompt_tokens)
    }
}
