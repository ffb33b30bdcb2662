//! Providers and what they say of their models.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Timestamp;
use domain::ids::{ProviderId, WorkspaceId};
use llm::{CallErrorKind, Guarded, ModelFacts, ProviderKind};
use serde::{Deserialize, Serialize};
use store::models::ProviderRow;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Error, Result};
use crate::providers::{Directory, Provider, view};

/// How long a model server may take to list its models.
const LISTING: Duration = Duration::from_secs(5);

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Model {
    /// Its name, with its tag.
    pub name: String,
    /// What the name points to at present.
    pub digest: Option<String>,
    /// Its architecture.
    pub family: Option<String>,
    /// How many parameters it has, as the server writes it.
    pub parameter_size: Option<String>,
    /// How its weights are stored.
    pub quantization: Option<String>,
    /// The most tokens of context it was made for.
    pub context_length: Option<i64>,
    /// Size on the server's disk.
    pub size_bytes: Option<i64>,
    /// Whether it is in the server's memory.
    pub loaded: bool,
    /// What it can do, in the server's words.
    pub capabilities: Vec<String>,
    /// Whether its answers are simulated.
    pub simulated: bool,
}

/// What a provider says of its models now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelList {
    /// The models. Where the server does not answer: those it had when it last did.
    pub items: Vec<Model>,
    /// Whether the server answered.
    pub reachable: bool,
    /// What is wrong, in a sentence.
    pub problem: Option<String>,
    /// What to do about it, in a sentence.
    pub remedy: Option<String>,
    /// When the server last answered. None: it never did.
    pub checked_at: Option<Timestamp>,
}

impl Engine {
    /// The providers of a workspace, by name: the configured ones, and those that were added to it.
    pub async fn providers(&self, workspace: WorkspaceId) -> Result<Vec<Provider>> {
        self.directory.refresh(&self.store).await?;
        let mut rows = self.store.read(move |conn| store::models::providers(conn, workspace)).await?;
        let lacks = |name: &str| !rows.iter().any(|row| row.name == name);
        if self.directory.configured().any(|server| lacks(server.name())) {
            // The workspace was made after this server had started.
            put_providers(&self.store, &self.directory, workspace, &*self.ids, self.clock.now()).await?;
            rows = self.store.read(move |conn| store::models::providers(conn, workspace)).await?;
        }
        let saved = self.directory.saved_of(workspace);
        // A provider that is no longer configured stays in the store, because runs name it.
        let known = rows.into_iter().filter_map(|row| {
            let server = self.directory.get(workspace, &row.name)?;
            let revision = saved.get(&row.id).copied();
            Some(view(row, &server, revision))
        });
        Ok(known.collect())
    }

    /// Asks a provider for its models, and keeps what it says.
    pub async fn models(&self, workspace: WorkspaceId, provider: ProviderId) -> Result<ModelList> {
        let server = self.server_of(workspace, provider).await?;
        let problem = match timeout(LISTING, server.models()).await {
            Ok(Ok(models)) => return self.keep(provider, models).await,
            Ok(Err(error)) => (error.detail, remedy(&server, error.kind)),
            Err(_) => {
                (format!("It did not list its models within {} s.", LISTING.as_secs()), remedy_slow(&server))
            }
        };
        let kept = self.store.read(move |conn| store::models::models(conn, provider)).await?;
        let checked_at = kept.iter().map(|(_, _, seen_at)| *seen_at).max().map(Timestamp);
        let items =
            kept.iter().map(|(_, facts, _)| Ok(serde_json::from_str(facts)?)).collect::<Result<_>>()?;
        Ok(ModelList {
            items,
            reachable: false,
            problem: Some(problem.0),
            remedy: Some(problem.1),
            checked_at,
        })
    }

    /// The server of a configured provider.
    pub(super) async fn server_of(
        &self,
        workspace: WorkspaceId,
        provider: ProviderId,
    ) -> Result<Arc<Guarded>> {
        let missing = || Error::not_found(format!("provider {provider}"));
        let known = self.providers(workspace).await?;
        let row = known.into_iter().find(|known| known.id == provider).ok_or_else(missing)?;
        self.directory.get(workspace, &row.name).ok_or_else(missing)
    }

    async fn keep(&self, provider: ProviderId, models: Vec<ModelFacts>) -> Result<ModelList> {
        let now = self.clock.now();
        let mut items: Vec<Model> = models.into_iter().map(model_view).collect();
        items.sort_by(|one, other| one.name.cmp(&other.name));
        let rows = items
            .iter()
            .map(|model| Ok((model.name.clone(), model.digest.clone(), serde_json::to_string(model)?)))
            .collect::<Result<Vec<_>>>()?;
        self.store.write(move |conn| store::models::replace_models(conn, provider, &rows, now)).await?;
        Ok(ModelList {
            items,
            reachable: true,
            problem: None,
            remedy: None,
            checked_at: Some(Timestamp(now)),
        })
    }
}

fn model_view(facts: ModelFacts) -> Model {
    Model {
        name: facts.name,
        digest: facts.digest,
        family: facts.family,
        parameter_size: facts.parameter_size,
        quantization: facts.quantization,
        context_length: facts.context_length,
        size_bytes: facts.size_bytes,
        loaded: facts.loaded,
        capabilities: facts.capabilities,
        simulated: facts.simulated,
    }
}

/// What a person does about a server that does not answer as it should.
pub fn remedy(server: &Guarded, kind: CallErrorKind) -> String {
    let address = server.base_url().unwrap_or_default();
    let is_ollama = server.kind() == ProviderKind::Ollama;
    match kind {
        CallErrorKind::Connect if is_ollama => format!(
            "Start Ollama (`ollama serve`) on this machine, or set OLLAMA_HOST to where it runs and start the \
             server again. Looked at {address}."
        ),
        CallErrorKind::Connect => format!(
            "Start the model server, or set the provider's `base_url` to where it runs and start this server \
             again. Looked at {address}."
        ),
        CallErrorKind::TimeoutConnect | CallErrorKind::TimeoutFirstToken | CallErrorKind::TimeoutIdle => {
            remedy_slow(server)
        }
        CallErrorKind::NotAllowed => {
            "Choose an endpoint that this server may call, or ask an admin to add this one.".to_owned()
        }
        CallErrorKind::RefusedRequest { status: 401 | 403 } => {
            "Put the server's key where the provider's `key_env` or `key_file` looks for it, and start this \
             server again."
                .to_owned()
        }
        CallErrorKind::Garbage | CallErrorKind::RefusedRequest { .. } if is_ollama => format!(
            "What answers at {address} is not Ollama. Set OLLAMA_HOST to the address of Ollama and start the \
             server again."
        ),
        CallErrorKind::Garbage | CallErrorKind::RefusedRequest { .. } => format!(
            "What answers at {address} does not speak OpenAI's protocol. Set the provider's `base_url` and \
             `kind` to what runs there and start this server again."
        ),
        _ => format!("Look at the log of the model server at {address}."),
    }
}

fn remedy_slow(server: &Guarded) -> String {
    format!(
        "The machine at {} is slow or cannot be reached through a firewall. Open this address there, then look \
         again.",
        server.base_url().unwrap_or_default()
    )
}

/// Brings the stored providers of a workspace up to the configured ones.
pub(crate) async fn put_providers(
    store: &store::Store,
    directory: &Directory,
    workspace: WorkspaceId,
    ids: &dyn domain::ids::IdSource,
    now: domain::clock::Millis,
) -> Result<()> {
    let rows: Vec<ProviderRow> = directory
        .configured()
        .map(|provider| ProviderRow {
            id: ProviderId::new(ids),
            name: provider.name().to_owned(),
            kind: provider.kind().as_str().to_owned(),
            base_url: provider.base_url().map(str::to_owned),
            concurrency: provider.concurrency().into(),
        })
        .collect();
    let put = move |conn: &mut store::Conn| {
        rows.iter().try_for_each(|row| store::models::put_provider(conn, workspace, row, now))
    };
    Ok(store.write(put).await?)
}
