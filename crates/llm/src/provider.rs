//! The kinds of model servers behind one set of calls.

use domain::card::ModelParameters;
use domain::completion::Completion;

use crate::error::{CallError, SettingsError};
use crate::facts::{LoadedModel, ModelFacts};
use crate::ollama::Ollama;
use crate::ollama::address::OllamaAddress;
use crate::request::ChatRequest;
use crate::settings::{ProviderKind, ProviderSettings};
use crate::simulated::Simulated;
use crate::watch::Watch;

/// A model server. Its calls are made once: limits come from the [`Watch`], retries from whoever calls.
#[derive(Debug)]
pub enum Provider {
    /// Ollama.
    Ollama(Ollama),
    /// Answers made up by this program.
    Simulated(Simulated),
}

impl Provider {
    /// The provider that `settings` describe. Connects to nothing.
    pub fn new(settings: &ProviderSettings) -> Result<Self, SettingsError> {
        match settings.kind {
            ProviderKind::Ollama => {
                let address = match &settings.base_url {
                    Some(base_url) => OllamaAddress::parse(base_url)?,
                    None => OllamaAddress::default(),
                };
                Ollama::new(address, settings.limits.connect_ms, settings.effective_concurrency())
                    .map(Self::Ollama)
            }
            ProviderKind::Simulated => {
                Ok(Self::Simulated(Simulated::new(settings.latency.unwrap_or_default())))
            }
        }
    }

    /// Asks a model. Dropping the future ends the call on the server too.
    pub async fn chat(
        &self,
        request: &ChatRequest<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<Completion, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.chat(request, watch).await,
            Self::Simulated(simulated) => simulated.chat(request, watch).await,
        }
    }

    /// The models it offers, in its own order.
    pub async fn models(&self) -> Result<Vec<ModelFacts>, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.models().await,
            Self::Simulated(simulated) => Ok(simulated.models()),
        }
    }

    /// What is known of one model. `ModelMissing`: it is not there.
    pub async fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.show(model).await,
            Self::Simulated(simulated) => simulated.show(model),
        }
    }

    /// The models in the server's memory.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.loaded().await,
            Self::Simulated(simulated) => Ok(simulated.loaded()),
        }
    }

    /// Brings a model into the server's memory, as calls with `parameters` need it: another `num_ctx` would
    /// have the server load it a second time. `keep_alive` is taken from them too.
    pub async fn load(
        &self,
        model: &str,
        parameters: &ModelParameters,
        watch: &mut Watch<'_>,
    ) -> Result<(), CallError> {
        match self {
            Self::Ollama(ollama) => ollama.load(model, parameters, watch).await,
            Self::Simulated(simulated) => simulated.show(model).map(|_| ()),
        }
    }

    /// The server's version.
    pub async fn version(&self) -> Result<String, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.version().await,
            Self::Simulated(_) => Ok(env!("CARGO_PKG_VERSION").to_owned()),
        }
    }
}
