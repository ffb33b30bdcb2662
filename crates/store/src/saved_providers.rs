//! Providers that somebody added, beside those that the configuration names.

use domain::clock::Millis;
use domain::ids::{ProviderId, WorkspaceId};

use crate::{Conn, FromRow, Result, Row, Sql};

/// A provider that somebody added.
#[derive(Debug, Clone)]
pub struct SavedProviderRow {
    /// The provider.
    pub id: ProviderId,
    /// The only workspace that has it.
    pub workspace_id: WorkspaceId,
    /// Its name in the workspace.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its address.
    pub base_url: String,
    /// How many calls it is given at once.
    pub concurrency: i64,
    /// What its models cost, as JSON.
    pub prices: String,
    /// The key of its server, sealed. None: it has none.
    pub sealed_key: Option<String>,
    /// Grows with every change.
    pub revision: i64,
    /// When it was last changed.
    pub updated_at: Millis,
}

impl FromRow for SavedProviderRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            workspace_id: row.get(1)?,
            name: row.get(2)?,
            kind: row.get(3)?,
            base_url: row.get(4)?,
            concurrency: row.get(5)?,
            prices: row.get(6)?,
            sealed_key: row.get(7)?,
            revision: row.get(8)?,
            updated_at: row.get(9)?,
        })
    }
}

macro_rules! select_saved {
    ($rest:literal) => {
        Sql::new(concat!(
            "SELECT providers.id, providers.workspace_id, providers.name, providers.kind, providers.base_url, \
             providers.concurrency, saved_providers.prices, saved_providers.sealed_key, saved_providers.revision, \
             providers.updated_at FROM saved_providers JOIN providers ON providers.id = saved_providers.provider_id ",
            $rest,
        ))
    };
}

/// All of them, of all workspaces.
pub fn all(conn: &mut Conn) -> Result<Vec<SavedProviderRow>> {
    const ALL: Sql = select_saved!("ORDER BY providers.id");
    conn.query_all(ALL, &[])
}

/// One of a workspace.
pub fn get(
    conn: &mut Conn,
    workspace: WorkspaceId,
    provider: ProviderId,
) -> Result<Option<SavedProviderRow>> {
    const GET: Sql = select_saved!("WHERE providers.id = $1 AND providers.workspace_id = $2");
    conn.query_opt(GET, &[&provider, &workspace])
}

/// The id that a provider of this name has in the workspace, or had when it was configured.
pub fn id_of(conn: &mut Conn, workspace: WorkspaceId, name: &str) -> Result<Option<ProviderId>> {
    const ID: Sql = Sql::new("SELECT id FROM providers WHERE workspace_id = $1 AND name = $2");
    conn.query_opt(ID, &[&workspace, &name])
}

/// Adds a provider, in the place of one that was configured under the name. False: another one was saved under it, or
/// the id is not the one that the name has.
pub fn insert(conn: &mut Conn, row: &SavedProviderRow) -> Result<bool> {
    const PUT: Sql = Sql::new(
        "INSERT INTO providers (id, workspace_id, name, kind, base_url, concurrency, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (workspace_id, name) DO UPDATE SET \
         kind = excluded.kind, base_url = excluded.base_url, concurrency = excluded.concurrency, \
         updated_at = excluded.updated_at WHERE providers.id = excluded.id \
         AND NOT EXISTS (SELECT 1 FROM saved_providers WHERE saved_providers.provider_id = providers.id)",
    );
    const SAVE: Sql = Sql::new(
        "INSERT INTO saved_providers (provider_id, prices, sealed_key, revision) VALUES ($1, $2, $3, $4)",
    );
    const FORGET_MODELS: Sql = Sql::new("DELETE FROM models WHERE provider_id = $1");
    let put = conn.execute(
        PUT,
        &[&row.id, &row.workspace_id, &row.name, &row.kind, &row.base_url, &row.concurrency, &row.updated_at],
    )?;
    if put == 0 {
        return Ok(false);
    }
    conn.execute(FORGET_MODELS, &[&row.id])?;
    conn.execute(SAVE, &[&row.id, &row.prices, &row.sealed_key, &row.revision])?;
    Ok(true)
}

/// Puts a provider in the place of what it was at `row.revision`, which grows. False: somebody else has changed it.
pub fn update(conn: &mut Conn, row: &SavedProviderRow, at: Millis) -> Result<bool> {
    const SAVE: Sql = Sql::new(
        "UPDATE saved_providers SET prices = $3, sealed_key = $4, revision = revision + 1 \
         WHERE provider_id = $1 AND revision = $2",
    );
    const PUT: Sql =
        Sql::new("UPDATE providers SET base_url = $2, concurrency = $3, updated_at = $4 WHERE id = $1");
    if conn.execute(SAVE, &[&row.id, &row.revision, &row.prices, &row.sealed_key])? == 0 {
        return Ok(false);
    }
    conn.execute(PUT, &[&row.id, &row.base_url, &row.concurrency, &at])?;
    Ok(true)
}

/// Takes a provider and what it said of its models away. Runs that used it go on naming it.
pub fn remove(conn: &mut Conn, provider: ProviderId) -> Result<()> {
    const STEPS: [Sql; 3] = [
        Sql::new("DELETE FROM saved_providers WHERE provider_id = $1"),
        Sql::new("DELETE FROM models WHERE provider_id = $1"),
        Sql::new("DELETE FROM providers WHERE id = $1"),
    ];
    STEPS.into_iter().try_for_each(|step| conn.execute(step, &[&provider]).map(drop))
}
