//! Providers that were saved, endpoints, and whom the server called.

use store::contacted_hosts::{self, ContactRow};
use store::endpoints::{self, EndpointRow};
use store::saved_providers::{self, SavedProviderRow};
use store::{Conn, Result};

use super::operation::{Operation, Text};
use super::perform::{at, told};
use super::world::{World, id, pick, workspace};

/// None: it is another operation, or there is nothing to work on.
pub(super) fn perform(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<Option<String>> {
    let at = at(step);
    Ok(Some(match operation {
        Operation::SaveProvider { name, url, key } => {
            let known = saved_providers::id_of(conn, workspace(), &name.0)?;
            let row = SavedProviderRow {
                id: known.unwrap_or_else(|| id(step, 0)),
                workspace_id: workspace(),
                name: name.0.clone(),
                kind: "openai".to_owned(),
                base_url: url.0.clone(),
                concurrency: at,
                prices: "[]".to_owned(),
                sealed_key: key.as_ref().map(|Text(key)| key.clone()),
                revision: 1,
                updated_at: at,
            };
            let inserted = saved_providers::insert(conn, &row)?;
            world.providers.push(row.id);
            told((inserted, saved_providers::get(conn, workspace(), row.id)?))
        }
        Operation::EditProvider { provider, revision, url } => {
            let Some(provider) = pick(&world.providers, *provider) else { return Ok(None) };
            let Some(mut row) = saved_providers::get(conn, workspace(), provider)? else { return Ok(None) };
            (row.revision, row.base_url, row.sealed_key) = (*revision, url.0.clone(), None);
            let updated = saved_providers::update(conn, &row, at)?;
            told((updated, saved_providers::all(conn)?))
        }
        Operation::RemoveProvider { provider } => {
            let Some(provider) = pick(&world.providers, *provider) else { return Ok(None) };
            told((saved_providers::remove(conn, provider)?, saved_providers::all(conn)?))
        }
        Operation::Endpoint { endpoint } => {
            let row = EndpointRow {
                id: id(step, 0),
                endpoint: endpoint.0.clone(),
                added_by: "local".to_owned(),
                added_at: at,
            };
            let inserted = endpoints::insert(conn, &row)?;
            told((inserted, endpoints::find(conn, &endpoint.0)?, endpoints::list(conn)?))
        }
        Operation::RemoveEndpoint { endpoint } => {
            let Some(found) = endpoints::find(conn, &endpoint.0)? else { return Ok(None) };
            told((endpoints::remove(conn, found.id)?, endpoints::list(conn)?))
        }
        Operation::Contact { endpoint, calls } => {
            let row =
                ContactRow { endpoint: endpoint.0.clone(), calls: *calls, first_at: at, last_at: at + calls };
            told((contacted_hosts::add(conn, &[row])?, contacted_hosts::list(conn)?))
        }
        _ => return Ok(None),
    }))
}
