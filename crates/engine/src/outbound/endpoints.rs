//! The list of what may be called: what the configuration names, and what admins have added.

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::Timestamp;
use domain::ids::EndpointId;
use garde::Validate;
use llm::Endpoint;
use serde::{Deserialize, Serialize};
use store::endpoints::EndpointRow;
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Conflict, Error, Result};
use crate::stamp::Stamp;

/// Most endpoints that admins may add.
const MOST: usize = 1_000;

/// Who says that something may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointSource {
    /// The configuration of the server, where alone it is changed.
    Configuration,
    /// An admin.
    Added,
}

/// Something that this server may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AllowedEndpoint {
    /// The entry. None: it comes from the configuration.
    pub id: Option<EndpointId>,
    /// Scheme, host or network, and port.
    #[schema(example = "http://gpu-box:11434")]
    pub endpoint: String,
    /// Who says so.
    pub source: EndpointSource,
    /// The name of who added it.
    pub added_by: Option<String>,
    /// When it was added.
    pub added_at: Option<Timestamp>,
}

impl From<EndpointRow> for AllowedEndpoint {
    fn from(row: EndpointRow) -> Self {
        Self {
            id: Some(row.id),
            endpoint: row.endpoint,
            source: EndpointSource::Added,
            added_by: Some(row.added_by),
            added_at: Some(Timestamp(row.added_at)),
        }
    }
}

/// Something that this server is to be allowed to call.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// Scheme, host or network, and port: `http://gpu-box:11434`, `https://models.example.org:443`,
    /// `http://10.0.0.0/8:11434`, `http://[fd00::/8]:11434`.
    #[garde(length(chars, min = 1, max = 300))]
    #[schema(min_length = 1, max_length = 300, example = "http://gpu-box:11434")]
    pub endpoint: String,
}

/// What came of adding an endpoint.
#[derive(Debug)]
pub enum ListedEndpoint {
    /// It was added.
    New(AllowedEndpoint),
    /// It was there.
    Known(AllowedEndpoint),
}

impl Engine {
    /// All that this server may call: what the configuration names first.
    pub async fn allowed_endpoints(&self) -> Result<Vec<AllowedEndpoint>> {
        let added = self.store.read(store::endpoints::list).await?;
        let configured = self.directory.outbound().configured();
        let configured = configured.iter().map(of_configuration);
        Ok(configured.chain(added.into_iter().map(AllowedEndpoint::from)).collect())
    }

    /// Lets this server call something from now on; other servers of the database do so within seconds.
    pub async fn allow_endpoint(&self, caller: &Caller, new: NewEndpoint) -> Result<ListedEndpoint> {
        let outbound = self.directory.outbound();
        let wrong = |detail: String| Error::invalid("/endpoint", detail);
        let endpoint: Endpoint =
            new.endpoint.parse().map_err(|error: llm::SettingsError| wrong(error.to_string()))?;
        outbound.may_be_listed(&endpoint).map_err(|refusal| wrong(refusal.sentence(&endpoint)))?;
        if outbound.configured().contains(&endpoint) {
            return Ok(ListedEndpoint::Known(of_configuration(&endpoint)));
        }
        let Stamp { by, at, .. } = self.stamp(caller);
        let row = EndpointRow {
            id: EndpointId::new(&*self.ids),
            endpoint: endpoint.to_string(),
            added_by: by.to_string(),
            added_at: at,
        };
        let entry = self.entry(caller, Action::HostsEdit).on("endpoint", row.id);
        let entry = entry.with("added", row.endpoint.clone());
        let listed = self
            .store
            .try_write(move |conn| {
                if let Some(known) = store::endpoints::find(conn, &row.endpoint)? {
                    return Ok(ListedEndpoint::Known(known.into()));
                }
                if store::endpoints::list(conn)?.len() >= MOST {
                    let detail =
                        format!("There are {MOST} endpoints, and no more may be added. Remove one first.");
                    return Err(Error::conflict(Conflict::TooMany, detail));
                }
                store::endpoints::insert(conn, &row)?;
                store::audit::append(conn, &entry)?;
                Ok(ListedEndpoint::New(row.clone().into()))
            })
            .await?;
        self.directory.refresh(&self.store).await?;
        Ok(listed)
    }

    /// Lets this server call something no more. Calls that are under way end; the next one is refused.
    pub async fn disallow_endpoint(&self, caller: &Caller, id: EndpointId) -> Result<()> {
        let entry = self.entry(caller, Action::HostsEdit).on("endpoint", id);
        self.store
            .try_write(move |conn| {
                let removed = store::endpoints::remove(conn, id)?;
                let removed = removed.ok_or_else(|| Error::not_found(format!("endpoint {id}")))?;
                store::audit::append(conn, &entry.clone().with("removed", removed))?;
                Ok::<_, Error>(())
            })
            .await?;
        self.directory.refresh(&self.store).await.map(drop)
    }
}

fn of_configuration(endpoint: &Endpoint) -> AllowedEndpoint {
    AllowedEndpoint {
        id: None,
        endpoint: endpoint.to_string(),
        source: EndpointSource::Configuration,
        added_by: None,
        added_at: None,
    }
}
