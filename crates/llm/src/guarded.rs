//! A provider with its time limits, its retries and its breaker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::card::ModelParameters;
use domain::clock::Clock;
use domain::completion::Completion;
use domain::cost::TokenPrices;
use resilience::{Admission, Breaker, Pass, Refusal};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::doctor::{self, Diagnosis, Surroundings};
use crate::embedding::{self, Embeddings};
use crate::error::{CallError, CallErrorKind, SettingsError};
use crate::facts::{Attempt, Call, CallFacts, LoadedModel, ModelFacts, PullProgress};
use crate::loaded::LoadedModels;
use crate::outbound::Outbound;
use crate::provider::Provider;
use crate::request::ChatRequest;
use crate::settings::{ModelPrice, ProviderKind, ProviderSettings};
use crate::watch::{Watch, whole_ms};

/// How long the probe of an open breaker may take: it asks for no more than the server's version, or its models.
const PROBE: Duration = Duration::from_secs(10);
/// Retries at once, at least. More than a fifth of all calls would double the load of a server that is in trouble.
const RETRIES_AT_ONCE: usize = 3;

/// A provider with its time limits, its retries and its breaker, and what it remembers of the server's models.
pub struct Guarded {
    settings: ProviderSettings,
    provider: Provider,
    outbound: Outbound,
    loaded: LoadedModels,
    backoff: Backoff,
    breaker: Breaker,
    retries: Semaphore,
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
        Ok(Self::around(provider, settings, outbound, clock, seed))
    }

    pub(crate) fn around(
        provider: Provider,
        settings: ProviderSettings,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Self {
        let concurrency = usize::try_from(settings.effective_concurrency()).unwrap_or(usize::MAX);
        Self {
            loaded: LoadedModels::default(),
            backoff: Backoff::new(seed),
            breaker: Breaker::new(settings.breaker.clone()),
            retries: Semaphore::new(RETRIES_AT_ONCE.max(concurrency / 5).min(Semaphore::MAX_PERMITS)),
            settings,
            provider,
            outbound,
            clock,
        }
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
            #[cfg(feature = "scripted")]
            Provider::Scripted(_) => None,
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

    /// Its breaker.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// How often a call is tried in all.
    pub fn attempts(&self) -> u32 {
        self.settings.attempts
    }

    /// Asks a model, again where that may help. A cancel drops the connection, which ends the call on the
    /// server too. While the breaker is open nothing is sent.
    pub async fn chat(&self, request: &ChatRequest<'_>, cancel: &CancellationToken) -> Call {
        let mut attempts = Vec::with_capacity(1);
        let result = loop {
            if cancel.is_cancelled() {
                break Err(CallError::cancelled());
            }
            let number = attempts.len().try_into().unwrap_or(u32::MAX) + 1;
            let _turn = self.retry_turn(number, cancel).await;
            let pass = match self.admit().await {
                Ok(pass) => pass,
                Err(refused) => break Err(refused),
            };
            let started_at = self.clock.now();
            let started = Instant::now();
            let result = self.attempt(request, cancel).await;
            self.say(pass, result.as_ref().err());
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

    /// The right to make one call. The first who asks when the breaker has been open for its time makes the probe, and
    /// waits for it.
    async fn admit(&self) -> Result<Pass<'_>, CallError> {
        loop {
            match self.breaker.admit() {
                Admission::Passed(pass) => return Ok(pass),
                // Rare: a call need not be as large as its probe.
                Admission::Probe(pass) => Box::pin(self.make_probe(pass)).await,
                Admission::Refused(refusal) => return Err(self.unavailable(refusal)),
            }
        }
    }

    /// Makes the probe, if the breaker has been open for its time. It never asks a model.
    pub async fn probe(&self) {
        if self.breaker.probe_at().is_some_and(|at| at <= Instant::now())
            && let Admission::Probe(pass) = self.breaker.admit()
        {
            self.make_probe(pass).await;
        }
    }

    async fn make_probe(&self, pass: Pass<'_>) {
        let slow =
            || CallError::new(CallErrorKind::TimeoutFirstToken, "The probe had no answer within 10 s.");
        let result = timeout(PROBE, self.provider.version()).await.unwrap_or_else(|_| Err(slow()));
        self.say(pass, result.err().as_ref());
    }

    /// Tells the breaker how a call ended.
    fn say(&self, pass: Pass<'_>, error: Option<&CallError>) {
        match error {
            Some(error) if error.kind.is_outage() => {
                if pass.failed(&error.detail) {
                    tracing::warn!(provider = self.name(), reason = error.detail, "the breaker has opened");
                }
            }
            // It was given up: nothing is known of the server.
            Some(error) if error.kind == CallErrorKind::Cancelled => drop(pass),
            Some(_) | None => {
                if pass.succeeded() {
                    tracing::info!(provider = self.name(), "the breaker has closed");
                }
            }
        }
    }

    fn unavailable(&self, refusal: Refusal) -> CallError {
        let Refusal { retry_after, reason } = refusal;
        let name = self.name();
        let detail = match retry_after {
            Some(wait) => format!(
                "`{name}` is left alone, because it failed several times in a row: {reason} It is tried again in {} s.",
                wait.as_secs_f64().ceil()
            ),
            None => {
                format!("All calls to `{name}` are stopped: {reason} An admin can let them through again.")
            }
        };
        CallError { retry_after, ..CallError::new(CallErrorKind::ProviderUnavailable, detail) }
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
            let _turn = self.retry_turn(number, cancel).await;
            let pass = self.admit().await?;
            let mut watch = Watch::start(limit, limit, cancel);
            let result = self.provider.embed(model, texts, &mut watch).await;
            self.say(pass, result.as_ref().err());
            match result {
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

    /// Waits until the `number`-th attempt is one of not too many retries, or until the call is cancelled.
    async fn retry_turn(&self, number: u32, cancel: &CancellationToken) -> Option<SemaphorePermit<'_>> {
        if number == 1 {
            return None;
        }
        tokio::select! {
            turn = self.retries.acquire() => turn.ok(),
            () = cancel.cancelled() => None,
        }
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
