//! Adding model servers to a workspace, changing and removing them, and their keys, which nobody can read.

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::ids::{ProviderId, WorkspaceId};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::saved_providers::SavedProviderRow;
use utoipa::ToSchema;

use super::directory::settings_of;
use super::view::{Price, Provider, kind_of};
use crate::cards::stale;
use crate::error::{Conflict, Error, Result};
use crate::{Engine, Revised};

/// Most providers that one workspace may have beside the configured ones.
const MOST: usize = 100;

/// A model server to be added.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    /// The name it is chosen by, which never changes: letters, digits, `-`, `_` and `.`.
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it speaks: `ollama` or `openai`.
    #[garde(length(chars, max = 20))]
    #[schema(max_length = 20)]
    pub kind: String,
    /// Its address, at an endpoint that the server may call.
    #[garde(length(chars, min = 1, max = 2000))]
    #[schema(min_length = 1, max_length = 2000)]
    pub base_url: String,
    /// The key that its calls carry. It is kept sealed, and shown to nobody.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<String>, write_only, max_length = 4000)]
    pub key: Option<SecretString>,
    /// How many calls it is given at once; 4 for `ollama`, 16 for `openai` where nothing is said.
    #[serde(default)]
    #[garde(inner(range(min = 1, max = 50)))]
    #[schema(minimum = 1, maximum = 50)]
    pub concurrency: Option<u32>,
    /// What the tokens of its models cost.
    #[serde(default)]
    #[garde(length(max = 200))]
    #[schema(max_items = 200)]
    pub prices: Vec<Price>,
}

/// What of a model server is to be changed; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct EditProvider {
    /// Its address. Another scheme, host or port takes the key away: it was given for the one before.
    #[garde(inner(length(chars, min = 1, max = 2000)))]
    #[schema(min_length = 1, max_length = 2000)]
    pub base_url: Option<String>,
    /// How many calls it is given at once.
    #[garde(inner(range(min = 1, max = 50)))]
    #[schema(minimum = 1, maximum = 50)]
    pub concurrency: Option<u32>,
    /// What the tokens of its models cost, all of them.
    #[garde(inner(length(max = 200)))]
    #[schema(max_items = 200)]
    pub prices: Option<Vec<Price>>,
}

impl Engine {
    /// One provider of a workspace, with the revision that an edit must name.
    pub async fn provider(&self, workspace: WorkspaceId, provider: ProviderId) -> Result<Revised<Provider>> {
        let all = self.providers(workspace).await?;
        let found = all.into_iter().find(|one| one.id == provider).ok_or_else(|| no_such(provider))?;
        Ok(Revised { revision: found.revision, value: found })
    }

    /// Adds a model server to a workspace.
    pub async fn add_provider(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        new: NewProvider,
    ) -> Result<Revised<Provider>> {
        self.directory.refresh(&self.store).await?;
        let kind = kind_of(&new.kind)?;
        let (name, at) = (new.name.clone(), self.clock.now());
        if self.directory.is_configured(&name) {
            return Err(name_taken(&name));
        }
        let known =
            self.store.read(move |conn| store::saved_providers::id_of(conn, workspace, &name)).await?;
        let mut row = SavedProviderRow {
            id: known.unwrap_or_else(|| ProviderId::new(&*self.ids)),
            workspace_id: workspace,
            name: new.name,
            kind: kind.as_str().to_owned(),
            base_url: new.base_url,
            concurrency: new.concurrency.unwrap_or_else(|| kind.default_concurrency()).into(),
            prices: serde_json::to_string(&new.prices)?,
            sealed_key: None,
            revision: 1,
            updated_at: at,
        };
        row.base_url = self.directory.check(&row)?;
        if let Some(key) = &new.key {
            let key = usable_key(key)?;
            row.sealed_key = Some(self.directory.seal_key(&row, key).await?);
        }
        let (id, has_key) = (row.id, row.sealed_key.is_some());
        let entry = self.provider_entry(caller, Action::ProviderCreate, workspace, id).with("key", has_key);
        let entry = entry.with("endpoint", endpoint_of(&row)?);
        self.store
            .try_write(move |conn| {
                let all = store::saved_providers::all(conn)?;
                if all.iter().filter(|other| other.workspace_id == workspace).count() >= MOST {
                    let detail =
                        format!("A workspace has at most {MOST} providers of its own. Remove one first.");
                    return Err(Error::conflict(Conflict::TooMany, detail));
                }
                if !store::saved_providers::insert(conn, &row)? {
                    return Err(name_taken(&row.name));
                }
                store::audit::append(conn, &entry)?;
                Ok::<_, Error>(())
            })
            .await?;
        self.providers_changed().await?;
        self.provider(workspace, id).await
    }

    /// Changes a model server, if nobody else has since `revision`.
    pub async fn edit_provider(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
        revision: i64,
        edit: EditProvider,
    ) -> Result<Revised<Provider>> {
        self.directory.refresh(&self.store).await?;
        let before = self.saved(workspace, provider).await?;
        let mut row = SavedProviderRow { revision, ..before.clone() };
        row.base_url = edit.base_url.unwrap_or(row.base_url);
        row.concurrency = edit.concurrency.map_or(row.concurrency, i64::from);
        if let Some(prices) = &edit.prices {
            row.prices = serde_json::to_string(prices)?;
        }
        if row.base_url != before.base_url {
            row.base_url = self.directory.check(&row)?;
        }
        let moves = row.base_url != before.base_url;
        let (from, to) = (endpoint_of(&before)?, endpoint_of(&row)?);
        // A key is for whom it was given: nobody else is ever shown it.
        let loses_key = from != to && row.sealed_key.is_some();
        if loses_key {
            row.sealed_key = None;
        }
        let entry = self.provider_entry(caller, Action::ProviderEdit, workspace, provider);
        let mut entries = vec![entry.with("from", from).with("to", to)];
        if loses_key {
            let entry = self.provider_entry(caller, Action::ProviderKey, workspace, provider);
            entries.push(entry.with("set", false));
        }
        let at = self.clock.now();
        self.store
            .try_write(move |conn| {
                if moves {
                    refuse_in_use(conn, &row)?;
                }
                put(conn, &row, at)?;
                entries.iter().try_for_each(|entry| store::audit::append(conn, entry).map(drop))?;
                Ok::<_, Error>(())
            })
            .await?;
        self.providers_changed().await?;
        self.provider(workspace, provider).await
    }

    /// Gives a model server a key for the endpoint that it has, or takes its key away. Runs that are under way go on
    /// with it.
    pub async fn set_provider_key(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
        key: Option<SecretString>,
    ) -> Result<Revised<Provider>> {
        let mut row = self.saved(workspace, provider).await?;
        row.sealed_key = match &key {
            Some(key) => Some(self.directory.seal_key(&row, usable_key(key)?).await?),
            None => None,
        };
        let entry = self.provider_entry(caller, Action::ProviderKey, workspace, provider);
        let entry = entry.with("set", key.is_some()).with("endpoint", endpoint_of(&row)?);
        let at = self.clock.now();
        self.store
            .try_write(move |conn| {
                // At the revision for which it was sealed: nobody moves the provider in between.
                put(conn, &row, at)?;
                store::audit::append(conn, &entry)?;
                Ok::<_, Error>(())
            })
            .await?;
        self.providers_changed().await?;
        self.provider(workspace, provider).await
    }

    /// Removes a model server from its workspace. Runs that used it keep what they have.
    pub async fn remove_provider(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
    ) -> Result<()> {
        let row = self.saved(workspace, provider).await?;
        let entry = self.provider_entry(caller, Action::ProviderDelete, workspace, provider);
        self.store
            .try_write(move |conn| {
                if store::saved_providers::get(conn, workspace, provider)?.is_none() {
                    return Err(no_such(provider));
                }
                refuse_in_use(conn, &row)?;
                store::saved_providers::remove(conn, provider)?;
                store::audit::append(conn, &entry)?;
                Ok::<_, Error>(())
            })
            .await?;
        self.providers_changed().await
    }

    /// A provider that was added, and may be changed here.
    async fn saved(&self, workspace: WorkspaceId, provider: ProviderId) -> Result<SavedProviderRow> {
        let found =
            self.store.read(move |conn| store::saved_providers::get(conn, workspace, provider)).await?;
        if let Some(row) = found {
            return Ok(row);
        }
        let configured = self.provider(workspace, provider).await?.value;
        Err(Error::conflict(
            Conflict::WrongState,
            format!(
                "The provider `{}` comes from the configuration of the server. Change it there and start the server \
                 again.",
                configured.name
            ),
        ))
    }

    async fn providers_changed(&self) -> Result<()> {
        self.directory.refresh(&self.store).await?;
        self.worker.runs_changed();
        Ok(())
    }

    fn provider_entry(
        &self,
        caller: &Caller,
        action: Action,
        workspace: WorkspaceId,
        provider: ProviderId,
    ) -> Entry {
        self.entry(caller, action).in_workspace(workspace).on("provider", provider)
    }
}

fn put(conn: &mut Conn, row: &SavedProviderRow, at: i64) -> Result<()> {
    if store::saved_providers::update(conn, row, at)? {
        return Ok(());
    }
    match store::saved_providers::get(conn, row.workspace_id, row.id)? {
        Some(now) => Err(stale("provider", now.updated_at, now.revision)),
        None => Err(no_such(row.id)),
    }
}

/// The results of one run come from one server.
fn refuse_in_use(conn: &mut Conn, row: &SavedProviderRow) -> Result<()> {
    let active = store::runs::active(conn)?;
    for run in active.into_iter().filter(|run| run.workspace_id == row.workspace_id) {
        let models = store::run_inputs::models(conn, run.id)?;
        if models.iter().any(|used| used.provider == row.name) {
            let detail = format!(
                "Run {} uses `{}` and has not ended. Cancel the run or wait for its end; nothing was changed.",
                run.number, row.name
            );
            return Err(Error::conflict(Conflict::ProviderInUse, detail));
        }
    }
    Ok(())
}

fn endpoint_of(row: &SavedProviderRow) -> Result<String> {
    let endpoint =
        settings_of(row)?.endpoint().map_err(|error| Error::invalid("/base_url", error.to_string()))?;
    Ok(endpoint.map(|endpoint| endpoint.to_string()).unwrap_or_default())
}

/// A key as a header can carry it.
fn usable_key(key: &SecretString) -> Result<&str> {
    let text = key.expose_secret().trim();
    let sound = (1..=4_000).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if sound {
        return Ok(text);
    }
    // What was sent is not said: it may be a key with a slip.
    Err(Error::invalid(
        "/key",
        "A key has 1 to 4000 letters, digits and signs, without spaces or line breaks.",
    ))
}

fn name_taken(name: &str) -> Error {
    Error::conflict(
        Conflict::NameTaken,
        format!("There is already a provider `{name}`. Choose another name; nothing was changed."),
    )
}

fn no_such(provider: ProviderId) -> Error {
    Error::not_found(format!("provider {provider}"))
}
