//! The model servers that an evaluation asks.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use domain::card::Message;
use domain::clock::Clock;
use domain::ids::IdSource;
use formats::promptfoo::{ApiKey, Endpoint, Provider, ProviderKind};
use llm::{Call, CallError, CallErrorKind, ChatRequest, Guarded, ModelFacts, Outbound, ProviderSettings};
use resilience::BreakerSettings;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{SystemClock, SystemIds};

/// A server that never answered and was not reached by so many calls in a row is asked no more.
const IN_VAIN: u32 = 3;
/// The one server that answers nobody without a key.
const OPENAI: &str = "https://api.openai.com";

/// A model server, for all the models on it.
struct Server {
    guarded: Guarded,
    answered: Cell<bool>,
    in_vain: Cell<u32>,
}

/// A provider of the config.
pub(super) enum Asked {
    /// The answer is the prompt.
    Echo,
    /// A model on a server.
    Model(Box<Model>),
}

/// A model on a server, and how it is asked.
pub(super) struct Model {
    pub(super) endpoint: Endpoint,
    /// The word that tells protocols apart.
    pub(super) protocol: &'static str,
    /// Whether the prompt is one text, and no list of messages.
    pub(super) completes: bool,
    server: Rc<Server>,
    facts: OnceCell<ModelFacts>,
}

/// What makes two providers of a config the same server.
#[derive(PartialEq)]
struct Identity {
    protocol: &'static str,
    base_url: String,
    key: Option<ApiKey>,
}

/// The providers in their order. Connects to nothing.
pub(super) fn of(providers: &[Provider], at_once: usize) -> anyhow::Result<Vec<Asked>> {
    let mut servers: Vec<(Identity, Rc<Server>)> = Vec::new();
    let mut asked = Vec::with_capacity(providers.len());
    for provider in providers {
        let (endpoint, protocol) = match &provider.kind {
            ProviderKind::Echo => {
                asked.push(Asked::Echo);
                continue;
            }
            ProviderKind::OllamaChat(endpoint) => (endpoint, "ollama"),
            ProviderKind::OllamaCompletion(endpoint) => (endpoint, "ollama completion"),
            ProviderKind::OpenAiChat(endpoint) => (endpoint, "openai"),
        };
        if endpoint.key.is_none() && endpoint.base_url.starts_with(OPENAI) {
            anyhow::bail!("{} needs a key: set OPENAI_API_KEY, or `apiKey` in its `config`", provider.name());
        }
        let identity = Identity { protocol, base_url: endpoint.base_url.clone(), key: endpoint.key.clone() };
        let known = servers.iter().find(|(known, _)| *known == identity).map(|(_, server)| Rc::clone(server));
        let server = if let Some(server) = known {
            server
        } else {
            let server = Rc::new(Server::new(provider.name(), &identity, at_once)?);
            servers.push((identity, Rc::clone(&server)));
            server
        };
        let completes = protocol == "ollama completion";
        let endpoint = endpoint.clone();
        asked.push(Asked::Model(Box::new(Model {
            endpoint,
            protocol,
            completes,
            server,
            facts: OnceCell::new(),
        })));
    }
    Ok(asked)
}

impl Server {
    fn new(name: &str, identity: &Identity, at_once: usize) -> anyhow::Result<Self> {
        let kind = match identity.protocol {
            "openai" => llm::ProviderKind::OpenAi,
            _ => llm::ProviderKind::Ollama,
        };
        let settings = ProviderSettings {
            // Every cell is asked, however many have failed: nobody would wait for the others.
            breaker: BreakerSettings { failures: u32::MAX, ..BreakerSettings::default() },
            base_url: Some(identity.base_url.clone()),
            key: identity.key.as_ref().map(|key| key.expose().into()),
            completes: identity.protocol == "ollama completion",
            concurrency: u32::try_from(at_once).ok(),
            ..ProviderSettings::new(name, kind)
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let seed = SystemIds.next().as_u64_pair().1;
        let guarded = Guarded::new(settings, Outbound::open(), clock, seed)
            .map_err(|error| anyhow::anyhow!("{name} cannot be asked: {error}"))?;
        Ok(Self { guarded, answered: Cell::new(false), in_vain: Cell::new(0) })
    }

    async fn chat(&self, request: &ChatRequest<'_>, cancel: &CancellationToken) -> Result<Call, CallError> {
        if !self.answered.get() && self.in_vain.get() >= IN_VAIN {
            return Err(CallError::new(
                CallErrorKind::Connect,
                format!(
                    "Not asked, as {IN_VAIN} calls before found no model server at {}. Check that it runs there.",
                    self.guarded.base_url().unwrap_or_default()
                ),
            ));
        }
        let call = self.guarded.chat(request, cancel).await;
        match &call.result {
            Err(error) if matches!(error.kind, CallErrorKind::Connect | CallErrorKind::TimeoutConnect) => {
                self.in_vain.set(self.in_vain.get() + 1);
            }
            Err(error) if error.kind == CallErrorKind::Cancelled => {}
            _ => self.answered.set(true),
        }
        Ok(call)
    }
}

impl Model {
    /// The server that is asked, and for which model.
    pub(super) fn at(&self) -> (&Guarded, &str) {
        (&self.server.guarded, &self.endpoint.model)
    }

    /// Asks the model, again where that may help.
    pub(super) async fn ask(
        &self,
        messages: &[Message],
        cancel: &CancellationToken,
    ) -> Result<Call, CallError> {
        let Endpoint { model, parameters, .. } = &self.endpoint;
        let request = ChatRequest { model, messages, parameters, seed: None };
        self.server.chat(&request, cancel).await
    }

    /// What Ollama says of the model, asked once. Nothing is known where it says nothing, or speaks another protocol.
    pub(super) async fn facts(&self) -> &ModelFacts {
        self.facts
            .get_or_init(|| async {
                if self.server.guarded.kind() == llm::ProviderKind::OpenAi {
                    return ModelFacts::default();
                }
                let limit = Duration::from_secs(5);
                let shown = tokio::time::timeout(limit, self.server.guarded.show(&self.endpoint.model)).await;
                shown.ok().and_then(Result::ok).unwrap_or_default()
            })
            .await
    }
}
