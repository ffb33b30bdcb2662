//! Providers, and what they last said of their models.

use domain::clock::Millis;
use domain::ids::{ProviderId, WorkspaceId};

use crate::{Conn, FromRow, Result, Row, Sql};

/// A configured model server.
#[derive(Debug, Clone)]
pub struct ProviderRow {
    /// The provider.
    pub id: ProviderId,
    /// Its name in the workspace.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Its address, where it has one.
    pub base_url: Option<String>,
    /// How many calls it is given at once.
    pub concurrency: i64,
}

impl FromRow for ProviderRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            base_url: row.get(3)?,
            concurrency: row.get(4)?,
        })
    }
}

/// Makes a provider that is configured, or brings the one of this name up to date. One that was saved under the name
/// stays what it is.
pub fn put_provider(
    conn: &mut Conn,
    workspace: WorkspaceId,
    provider: &ProviderRow,
    at: Millis,
) -> Result<()> {
    const PUT: Sql = Sql::new(
        "INSERT INTO providers (id, workspace_id, name, kind, base_url, concurrency, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (workspace_id, name) DO UPDATE SET \
         kind = excluded.kind, base_url = excluded.base_url, concurrency = excluded.concurrency, \
         updated_at = excluded.updated_at \
         WHERE NOT EXISTS (SELECT 1 FROM saved_providers WHERE saved_providers.provider_id = providers.id)",
    );
    conn.execute(
        PUT,
        &[
            &provider.id,
            &workspace,
            &provider.name,
            &provider.kind,
            &provider.base_url,
            &provider.concurrency,
            &at,
        ],
    )
    .map(drop)
}

/// The providers of a workspace, by name, whether they were saved or are configured.
pub fn providers(conn: &mut Conn, workspace: WorkspaceId) -> Result<Vec<ProviderRow>> {
    const LIST: Sql = Sql::new(
        "SELECT id, name, kind, base_url, concurrency FROM providers WHERE workspace_id = $1 ORDER BY name",
    );
    conn.query_all(LIST, &[&workspace])
}

/// What a provider said of a model: name, digest, and all facts as JSON.
pub type ModelRow = (String, Option<String>, String);

/// Replaces what a provider last said of its models.
pub fn replace_models(conn: &mut Conn, provider: ProviderId, models: &[ModelRow], at: Millis) -> Result<()> {
    const CLEAR: Sql = Sql::new("DELETE FROM models WHERE provider_id = $1");
    const INSERT: Sql = Sql::new(
        "INSERT INTO models (provider_id, name, digest, facts, seen_at) VALUES ($1, $2, $3, $4, $5)",
    );
    conn.execute(CLEAR, &[&provider])?;
    for (name, digest, facts) in models {
        conn.execute(INSERT, &[&provider, name, digest, facts, &at])?;
    }
    Ok(())
}

/// What a provider last said of its models: name, facts as JSON and when.
pub fn models(conn: &mut Conn, provider: ProviderId) -> Result<Vec<(String, String, Millis)>> {
    const LIST: Sql =
        Sql::new("SELECT name, facts, seen_at FROM models WHERE provider_id = $1 ORDER BY name");
    conn.query_all(LIST, &[&provider])
}
