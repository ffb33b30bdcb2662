//! The model servers in the memory of this process, as the configuration and the database have them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use domain::ids::{ProviderId, WorkspaceId};
use llm::{GivenKey, Guarded, Outbound, ProviderSettings, Registry};
use secrecy::ExposeSecret;
use store::Store;
use store::endpoints::EndpointRow;
use store::saved_providers::SavedProviderRow;

use super::view::{Price, kind_of};
use crate::error::{Error, Result};
use crate::secrets::{Place, Sealer};

/// All model servers, found by workspace and name.
pub(crate) struct Directory {
    registry: Registry,
    sealer: Sealer,
    saved: RwLock<HashMap<(WorkspaceId, String), Saved>>,
    /// Grows when a saved provider was added, changed or removed.
    generation: AtomicU64,
    /// Two that read at once could put the older reading over the newer one.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Saved {
    id: ProviderId,
    revision: i64,
    server: Arc<Guarded>,
}

/// A server as a run uses it.
pub(crate) struct Used {
    pub server: Arc<Guarded>,
    /// Whose calls are counted together: another text for another number of calls at once.
    pub slots: String,
}

impl Directory {
    /// Those of the configuration; the others come with the first [`refresh`](Self::refresh).
    pub(crate) fn new(registry: Registry, sealer: Sealer) -> Self {
        Self {
            registry,
            sealer,
            saved: RwLock::default(),
            generation: AtomicU64::new(0),
            reading: tokio::sync::Mutex::default(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<(WorkspaceId, String), Saved>> {
        self.saved.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be called.
    pub(crate) fn outbound(&self) -> &Outbound {
        self.registry.outbound()
    }

    /// Another number says that saved providers are not what they were.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The provider that a workspace knows by this name. One that was saved goes before a configured one.
    pub(crate) fn get(&self, workspace: WorkspaceId, name: &str) -> Option<Arc<Guarded>> {
        self.find(workspace, name).map(|used| used.server)
    }

    /// The same, as a run uses it.
    pub(crate) fn find(&self, workspace: WorkspaceId, name: &str) -> Option<Used> {
        if let Some(saved) = self.read().get(&(workspace, name.to_owned())) {
            let slots = format!("{} {}", saved.id, saved.server.concurrency());
            return Some(Used { server: Arc::clone(&saved.server), slots });
        }
        let server = Arc::clone(self.registry.get(name)?);
        Some(Used { server, slots: name.to_owned() })
    }

    /// The names that a workspace knows.
    pub(crate) fn names(&self, workspace: WorkspaceId) -> Vec<String> {
        let saved = self.read();
        let own = saved.keys().filter(|(of, _)| *of == workspace).map(|(_, name)| name.clone());
        let mut names: Vec<String> =
            self.registry.iter().map(|server| server.name().to_owned()).chain(own).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether the configuration names it.
    pub(crate) fn is_configured(&self, name: &str) -> bool {
        self.registry.get(name).is_some()
    }

    /// Those of the configuration.
    pub(crate) fn configured(&self) -> impl Iterator<Item = &Arc<Guarded>> {
        self.registry.iter()
    }

    /// The id and the revision of those that were saved for a workspace.
    pub(crate) fn saved_of(&self, workspace: WorkspaceId) -> HashMap<ProviderId, i64> {
        let saved = self.read();
        let own = saved.iter().filter(|((of, _), _)| *of == workspace);
        own.map(|(_, saved)| (saved.id, saved.revision)).collect()
    }

    /// All servers that there are, each once, with the id under which the health report has it.
    pub(crate) fn all_with_ids(&self) -> Vec<(String, Arc<Guarded>)> {
        let mut saved: Vec<Saved> = self.read().values().cloned().collect();
        saved.sort_by_key(|saved| saved.id);
        let configured =
            self.registry.iter().map(|server| (format!("provider-{}", server.name()), server.clone()));
        let saved = saved.into_iter().map(|saved| (format!("provider-{}", saved.id), saved.server));
        configured.chain(saved).collect()
    }

    /// Brings what is in memory up to the database: what may be called, and the saved providers. True: those changed.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<bool> {
        let _turn = self.reading.lock().await;
        let (endpoints, rows) = store
            .read(|conn| Ok((store::endpoints::list(conn)?, store::saved_providers::all(conn)?)))
            .await?;
        self.outbound().set_added(endpoints.iter().filter_map(listed).collect());
        let before = self.read().clone();
        let mut saved = HashMap::with_capacity(rows.len());
        let mut changed = rows.len() != before.len();
        for row in rows {
            let place = (row.workspace_id, row.name.clone());
            let known =
                before.get(&place).filter(|known| (known.id, known.revision) == (row.id, row.revision));
            let one = if let Some(known) = known {
                known.clone()
            } else {
                changed = true;
                let (id, revision) = (row.id, row.revision);
                match self.build(row).await {
                    Ok(server) => Saved { id, revision, server },
                    Err(error) if error.is_trouble() => return Err(error),
                    // One that contradicts our rules must not take the others away.
                    Err(error) => {
                        tracing::error!(provider = %id, %error, "a saved provider cannot be used");
                        continue;
                    }
                }
            };
            saved.insert(place, one);
        }
        *self.saved.write().unwrap_or_else(PoisonError::into_inner) = saved;
        if changed {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        Ok(changed)
    }

    async fn build(&self, row: SavedProviderRow) -> Result<Arc<Guarded>> {
        let mut settings = settings_of(&row)?;
        if let Some(sealed) = &row.sealed_key {
            settings.key = Some(self.open_key(&row, &settings, sealed).await?);
        }
        self.registry.make(settings).map_err(|error| wrong(&error))
    }

    async fn open_key(
        &self,
        row: &SavedProviderRow,
        settings: &ProviderSettings,
        sealed: &str,
    ) -> Result<GivenKey> {
        let bound = bound_to(row.id, settings)?;
        let opened = self.sealer.open(place(&bound, row.workspace_id), sealed).await?;
        Ok(String::from_utf8_lossy(opened.expose_secret()).as_ref().into())
    }

    /// Seals the key of a provider for the endpoint that it has.
    pub(crate) async fn seal_key(&self, row: &SavedProviderRow, key: &str) -> Result<String> {
        let bound = bound_to(row.id, &settings_of(row)?)?;
        self.sealer.seal(place(&bound, row.workspace_id), key.as_bytes()).await
    }

    /// The address of a provider as calls are made to it, or why these settings cannot be used.
    pub(crate) fn check(&self, row: &SavedProviderRow) -> Result<String> {
        let settings = settings_of(row)?;
        let endpoint = settings.endpoint().map_err(|error| Error::invalid("/base_url", error.to_string()))?;
        if let Some(endpoint) = endpoint {
            let permitted = self.outbound().permits(&endpoint);
            permitted.map_err(|refusal| Error::invalid("/base_url", refusal.sentence(&endpoint)))?;
        }
        let server = self.registry.make(settings).map_err(|error| wrong(&error))?;
        Ok(server.base_url().unwrap_or_default().to_owned())
    }
}

/// The settings of a saved provider, without its key.
pub(super) fn settings_of(row: &SavedProviderRow) -> Result<ProviderSettings> {
    let prices: Vec<Price> = serde_json::from_str(&row.prices)?;
    let mut settings = ProviderSettings::new(row.name.clone(), kind_of(&row.kind)?);
    settings.base_url = Some(row.base_url.clone());
    settings.concurrency = u32::try_from(row.concurrency).ok();
    settings.prices = prices.into_iter().map(Price::into).collect();
    Ok(settings)
}

/// What a key is sealed for: it opens for this provider at this endpoint, and nowhere else.
fn bound_to(id: ProviderId, settings: &ProviderSettings) -> Result<String> {
    let endpoint = settings.endpoint().map_err(|error| wrong(&error))?;
    Ok(format!("{id}|{}", endpoint.map(|endpoint| endpoint.to_string()).unwrap_or_default()))
}

fn place(bound: &str, workspace: WorkspaceId) -> Place<'_> {
    Place { table: "saved_providers", row: bound, column: "sealed_key", workspace: Some(workspace) }
}

fn wrong(error: &llm::SettingsError) -> Error {
    Error::invalid("", error.to_string())
}

/// An entry that does not read as one lets nothing pass.
fn listed(row: &EndpointRow) -> Option<llm::Endpoint> {
    let read = row.endpoint.parse();
    if read.is_err() {
        tracing::error!(endpoint = %row.id, "an endpoint of the list cannot be read; it lets nothing pass");
    }
    read.ok()
}
