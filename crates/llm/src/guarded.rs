//! A provider with its time limits and retries.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::card::ModelParameters;
use domain::clock::Clock;
use domain::completion::Completion;
use domain::cost::TokenPrices;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::doctor::{self, Diagnosis, Surroundings};
use crate::embedding::{self, Embeddings};
use crate::error::{CallError, SettingsError};
use crate::facts::{Attempt, Call, CallFacts, LoadedModel, ModelFacts, PullProgress};
use crate::loaded::LoadedModels;
use crate::outbound::Outbound;
use crate::provider::Provider;
use crate::request::ChatRequest;
use crate::settings::{ModelPrice, ProviderKind, ProviderSettings};
use crate::watch::{Watch, whole_ms};

/// A provider with its time limits and retries, and what it remembers of the server's models.
pub struct Guarded {
    settings: ProviderSettings,
    provider: Provider,
    outbound: Outbound,
    loaded: LoadedModels,
    backoff: Backoff,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guarded").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Guarded {
    /// The provider of these settings, which calls what `outbound` lets pass. `seed` is that of the jitter between
    /// attempts.
    pub fn new(
        settings: ProviderSettings,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, SettingsError> {
        let provider = Provider::new(&settings, &outbound)?;
        let (loaded, backoff) = (LoadedModels::default(), Backoff::new(seed));
        Ok(Self { settings, provider, outbound, loaded, backoff, clock })
    }

    /// The name it is chosen by.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What it speaks.
    pub fn kind(&self) -> ProviderKind {
        self.settings.kind
    }

    /// Whether its answers are made up by this program.
    pub fn is_simulated(&self) -> bool {
        self.settings.kind == ProviderKind::Simulated
    }

    /// Its address, where it has one.
    pub fn base_url(&self) -> Option<&str> {
        match &self.provider {
            Provider::Ollama(ollama) => Some(ollama.address().as_str()),
            Provider::OpenAi(openai) => Some(openai.address().as_str()),
            Provider::Simulated(_) => None,
        }
    }

    /// Why it may not be called now, in a sentence. None: it may.
    pub fn refused(&self) -> Option<String> {
        let endpoint = self.settings.endpoint().ok().flatten()?;
        self.outbound.permits(&endpoint).err().map(|refusal| refusal.sentence(&endpoint))
    }

    /// Whether a key is sent with its calls.
    pub fn has_key(&self) -> bool {
        let ProviderSettings { key, key_env, key_file, .. } = &self.settings;
        key.is_some() || key_env.is_some() || key_file.is_some()
    }

    /// What the tokens of its models cost.
    pub fn prices(&self) -> &[ModelPrice] {
        &self.settings.prices
    }

    /// How many calls it may have at once. Whoever calls keeps to it.
    pub fn concurrency(&self) -> u32 {
        self.settings.effective_concurrency()
    }

    /// Asks a model, again where that may help. A cancel drops the connection, which ends the call on the
    /// server too.
    pub async fn chat(&self, request: &ChatRequest<'_>, cancel: &CancellationToken) -> Call {
        let mut attempts = Vec::with_capacity(1);
        let result = loop {
            if cancel.is_cancelled() {
                break Err(CallError::cancelled());
            }
            let number = attempts.len().try_into().unwrap_or(u32::MAX) + 1;
            let started_at = self.clock.now();
            let started = Instant::now();
            let result = self.attempt(request, cancel).await;
            attempts.push(Attempt {
                number,
                started_at,
                latency_ms: whole_ms(started.elapsed()),
                error: result.as_ref().err().cloned(),
            });
            match result {
                Err(error) if error.retryable() && number < self.settings.attempts => {
                    self.pause(number, &error, cancel).await;
                }
                result => break result,
            }
        };
        let facts = self.facts(request, result.is_ok()).await;
        Call { result, attempts, facts }
    }

    /// What the tokens of a model cost, where the settings say it.
    pub fn prices_of(&self, model: &str) -> Option<TokenPrices> {
        self.settings.prices_of(model)
    }

    async fn attempt(
        &self,
        request: &ChatRequest<'_>,
        cancel: &CancellationToken,
    ) -> Result<Completion, CallError> {
        let num_ctx = request.parameters.num_ctx;
        let limits = self.settings.limits;
        let warm = self.loaded.is_warm(request.model, num_ctx);
        let first_token_ms = if warm { limits.first_token_ms } else { limits.loading_ms };
        let mut watch = Watch::start(
            Duration::from_millis(first_token_ms),
            Duration::from_millis(limits.idle_ms),
            cancel,
        );
        let mut result = self.provider.chat(request, &mut watch).await;
        if let (Ok(completion), Some(prices)) = (&mut result, self.prices_of(request.model)) {
            completion.cost = prices.cost(completion.usage);
        }
        match &result {
            Ok(_) => self.loaded.answered(request.model, num_ctx),
            Err(error) if error.retryable() => self.loaded.failed(request.model),
            Err(_) => {}
        }
        result
    }

    async fn facts(&self, request: &ChatRequest<'_>, answered: bool) -> CallFacts {
        let num_ctx = request.parameters.num_ctx;
        let known = if answered {
            self.loaded.look_up(request.model, num_ctx, &self.provider).await
        } else {
            self.loaded.known(request.model, num_ctx)
        };
        CallFacts {
            digest: known.digest,
            // Only Ollama is told the context to load a model with.
            loaded_context: known.context_length.or(num_ctx.filter(|_| self.kind() != ProviderKind::OpenAi)),
            simulated: self.is_simulated(),
        }
    }

    /// The models it offers, in its own order.
    pub async fn models(&self) -> Result<Vec<ModelFacts>, CallError> {
        self.provider.models().await
    }

    /// What is known of one model. `ModelMissing`: it is not there.
    pub async fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        self.provider.show(model).await
    }

    /// The models in the server's memory.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>, CallError> {
        self.provider.loaded().await
    }

    /// Brings a model into the server's memory, as calls with `parameters` need it. Tried once: the calls
    /// that follow load the model themselves if this failed.
    pub async fn load(
        &self,
        model: &str,
        parameters: &ModelParameters,
        cancel: &CancellationToken,
    ) -> Result<(), CallError> {
        if self.kind() == ProviderKind::OpenAi {
            // Nothing was loaded by this; the first call may still have to wait for it.
            return Ok(());
        }
        let limit = Duration::from_millis(self.settings.limits.loading_ms);
        let mut watch = Watch::start(limit, limit, cancel);
        self.provider.load(model, parameters, &mut watch).await?;
        self.loaded.answered(model, parameters.num_ctx);
        Ok(())
    }

    /// Texts as vectors, by an embedding model: batch by batch, each tried again where that may help. All
    /// vectors have one length, and every number of them is finite.
    pub async fn embed(
        &self,
        model: &str,
        texts: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Embeddings, CallError> {
        let mut all = Embeddings { vectors: Vec::with_capacity(texts.len()), prompt_tokens: Some(0) };
        for batch in embedding::batches(texts) {
            all.append(self.embed_batch(model, batch, cancel).await?)?;
        }
        Ok(all)
    }

    async fn embed_batch(
        &self,
        model: &str,
        texts: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Embeddings, CallError> {
        let limit = Duration::from_millis(self.settings.limits.loading_ms);
        let mut number = 1;
        loop {
            let mut watch = Watch::start(limit, limit, cancel);
            match self.provider.embed(model, texts, &mut watch).await {
                Err(error) if error.retryable() && number < self.settings.attempts => {
                    self.pause(number, &error, cancel).await;
                    number += 1;
                }
                result => return result,
            }
        }
    }

    /// Brings a model onto the server and tells `progress` how far it is. Made once: a pull that is begun again
    /// goes on with what the server has.
    pub async fn pull(
        &self,
        model: &str,
        progress: &mut (dyn FnMut(PullProgress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), CallError> {
        self.provider.pull(model, progress, cancel).await
    }

    /// Takes a model from the server. `ModelMissing`: it is not there.
    pub async fn delete(&self, model: &str) -> Result<(), CallError> {
        self.provider.delete(model).await
    }

    /// Why it cannot be reached, or does not have a model, and what helps.
    pub async fn diagnose(&self, model: Option<&str>, surroundings: &Surroundings) -> Diagnosis {
        doctor::diagnose(&self.settings, &self.provider, &self.outbound, model, surroundings).await
    }

    /// The server's version. None: it answers, and its protocol has no word for it.
    pub async fn version(&self) -> Result<Option<String>, CallError> {
        self.provider.version().await
    }

    /// Waits before the attempt after the `number`-th, or until the call is cancelled.
    async fn pause(&self, number: u32, error: &CallError, cancel: &CancellationToken) {
        let wait = self.backoff.wait(number, error);
        tracing::debug!(provider = self.name(), number, error = error.kind.as_str(), ?wait, "call failed");
        tokio::select! {
            () = sleep(wait) => {}
            () = cancel.cancelled() => {}
        }
    }
}
