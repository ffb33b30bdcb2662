//! The kinds of model servers behind one set of calls.

use domain::card::ModelParameters;
use domain::completion::Completion;
use tokio_util::sync::CancellationToken;

use crate::embedding::Embeddings;
use crate::error::{CallError, CallErrorKind, SettingsError};
use crate::facts::{LoadedModel, ModelFacts, PullProgress};
use crate::ollama::Ollama;
use crate::openai::OpenAi;
use crate::outbound::Outbound;
use crate::request::ChatRequest;
#[cfg(feature = "scripted")]
use crate::scripted::Scripted;
use crate::settings::{ProviderKind, ProviderSettings};
use crate::simulated::Simulated;
use crate::watch::Watch;

/// A model server. Its calls are made once: limits come from the [`Watch`], retries from whoever calls.
#[derive(Debug)]
pub enum Provider {
    /// Ollama.
    Ollama(Ollama),
    /// A server that speaks OpenAI's protocol.
    OpenAi(OpenAi),
    /// Answers made up by this program.
    Simulated(Simulated),
    /// A server that a simulation plays.
    #[cfg(feature = "scripted")]
    Scripted(Scripted),
}

impl Provider {
    /// The provider that `settings` describe, which calls what `outbound` lets pass. Connects to nothing.
    pub fn new(settings: &ProviderSettings, outbound: &Outbound) -> Result<Self, SettingsError> {
        let Some(address) = settings.address()? else {
            return Ok(Self::Simulated(Simulated::new(settings.latency.unwrap_or_default())));
        };
        match settings.kind {
            ProviderKind::OpenAi => OpenAi::new(address, settings, outbound).map(Self::OpenAi),
            _ => Ollama::new(address, settings, outbound).map(Self::Ollama),
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
            Self::OpenAi(openai) => openai.chat(request, watch).await,
            Self::Simulated(simulated) => simulated.chat(request, watch).await,
            #[cfg(feature = "scripted")]
            Self::Scripted(scripted) => scripted.chat(request, watch).await,
        }
    }

    /// The models it offers, in its own order.
    pub async fn models(&self) -> Result<Vec<ModelFacts>, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.models().await,
            Self::OpenAi(openai) => openai.models().await,
            Self::Simulated(simulated) => Ok(simulated.models()),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Ok(vec![Scripted::show(crate::scripted::MODEL)]),
        }
    }

    /// What is known of one model. `ModelMissing`: it is not there.
    pub async fn show(&self, model: &str) -> Result<ModelFacts, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.show(model).await,
            Self::OpenAi(openai) => openai.show(model).await,
            Self::Simulated(simulated) => simulated.show(model),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Ok(Scripted::show(model)),
        }
    }

    /// The models in the server's memory. OpenAI's protocol has no word for it.
    pub async fn loaded(&self) -> Result<Vec<LoadedModel>, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.loaded().await,
            Self::OpenAi(_) => Ok(Vec::new()),
            Self::Simulated(simulated) => Ok(simulated.loaded()),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Ok(Vec::new()),
        }
    }

    /// Brings a model into the server's memory, as calls with `parameters` need it: another `num_ctx` would
    /// have the server load it a second time. `keep_alive` is taken from them too. Where the protocol cannot ask
    /// for it nothing is done.
    pub async fn load(
        &self,
        model: &str,
        parameters: &ModelParameters,
        watch: &mut Watch<'_>,
    ) -> Result<(), CallError> {
        match self {
            Self::Ollama(ollama) => ollama.load(model, parameters, watch).await,
            Self::OpenAi(_) => Ok(()),
            Self::Simulated(simulated) => simulated.show(model).map(|_| ()),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Ok(()),
        }
    }

    /// Texts as vectors, by an embedding model.
    pub async fn embed(
        &self,
        model: &str,
        texts: &[&str],
        watch: &mut Watch<'_>,
    ) -> Result<Embeddings, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.embed(model, texts, watch).await,
            Self::OpenAi(openai) => openai.embed(model, texts, watch).await,
            Self::Simulated(_) => Err(cannot("A simulated provider has no embeddings.")),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Err(cannot("A scripted provider has no embeddings.")),
        }
    }

    /// Brings a model onto the server and tells `progress` how far it is.
    pub async fn pull(
        &self,
        model: &str,
        progress: &mut (dyn FnMut(PullProgress) + Send),
        cancel: &CancellationToken,
    ) -> Result<(), CallError> {
        match self {
            Self::Ollama(ollama) => ollama.pull(model, progress, cancel).await,
            Self::OpenAi(_) | Self::Simulated(_) => Err(cannot("Only Ollama can be told to pull a model.")),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Err(cannot("Only Ollama can be told to pull a model.")),
        }
    }

    /// Takes a model from the server. `ModelMissing`: it is not there.
    pub async fn delete(&self, model: &str) -> Result<(), CallError> {
        match self {
            Self::Ollama(ollama) => ollama.delete(model).await,
            Self::OpenAi(_) | Self::Simulated(_) => Err(cannot("Only Ollama can be told to delete a model.")),
            #[cfg(feature = "scripted")]
            Self::Scripted(_) => Err(cannot("Only Ollama can be told to delete a model.")),
        }
    }

    /// The server's version. None: it answers, and its protocol has no word for it.
    pub async fn version(&self) -> Result<Option<String>, CallError> {
        match self {
            Self::Ollama(ollama) => ollama.version().await.map(Some),
            Self::OpenAi(openai) => openai.models().await.map(|_| None),
            Self::Simulated(_) => Ok(Some(env!("CARGO_PKG_VERSION").to_owned())),
            #[cfg(feature = "scripted")]
            Self::Scripted(scripted) => scripted.version().await,
        }
    }
}

fn cannot(why: &str) -> CallError {
    CallError::new(CallErrorKind::RefusedRequest { status: 501 }, why)
}
