//! Whom this server ever called. Calls are counted in memory, and what was counted is stored every few seconds: a cell
//! waits for no write of this.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::clock::Timestamp;
use llm::Outbound;
use llm::outbound::Contact;
use serde::{Deserialize, Serialize};
use store::Store;
use store::contacted_hosts::ContactRow;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::Engine;
use crate::error::Result;

/// How often counts are stored. What was counted since is lost if the process is killed.
const STORED_EVERY: Duration = Duration::from_secs(5);

/// Somebody whom a server of this database called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactedHost {
    /// Scheme, host and port.
    #[schema(example = "http://gpu-box:11434")]
    pub endpoint: String,
    /// How many calls were made, whether they were answered or not; of a database, how many servers started with it.
    pub calls: i64,
    /// When the first one was.
    pub first_at: Timestamp,
    /// When the last one was.
    pub last_at: Timestamp,
}

impl Engine {
    /// Everybody whom a server of this database ever called, who was called last first.
    pub async fn contacted_hosts(&self) -> Result<Vec<ContactedHost>> {
        store_contacts(&self.store, self.directory.outbound()).await?;
        let rows = self.store.read(store::contacted_hosts::list).await?;
        let host = |row: ContactRow| ContactedHost {
            endpoint: row.endpoint,
            calls: row.calls,
            first_at: Timestamp(row.first_at),
            last_at: Timestamp(row.last_at),
        };
        Ok(rows.into_iter().map(host).collect())
    }

    /// Counts that something was called past the model servers, such as the database.
    pub fn note_contact(&self, endpoint: &str) {
        self.directory.outbound().contacted(endpoint);
    }
}

/// Stores what is counted, every few seconds and when the server ends.
pub(crate) async fn keep_contacts(store: Store, outbound: Outbound, stop: CancellationToken) {
    loop {
        let ends = tokio::select! {
            () = stop.cancelled() => true,
            () = tokio::time::sleep(STORED_EVERY) => false,
        };
        if let Err(error) = store_contacts(&store, &outbound).await
            && !error.is_trouble()
        {
            tracing::warn!(%error, "whom this server called could not be stored; trying again");
        }
        if ends {
            return;
        }
    }
}

async fn store_contacts(store: &Store, outbound: &Outbound) -> Result<()> {
    // Counts that are not stored in the end are put back, also where this future is dropped in between.
    let mut taken = Taken { outbound, counts: outbound.take_contacts() };
    if taken.counts.is_empty() {
        return Ok(());
    }
    let rows: Vec<ContactRow> = taken
        .counts
        .iter()
        .map(|(endpoint, contact)| {
            let Contact { calls, first_at, last_at } = *contact;
            ContactRow { endpoint: endpoint.clone(), calls, first_at, last_at }
        })
        .collect();
    store.write(move |conn| store::contacted_hosts::add(conn, &rows)).await?;
    taken.counts.clear();
    Ok(())
}

struct Taken<'a> {
    outbound: &'a Outbound,
    counts: BTreeMap<String, Contact>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.outbound.put_back_contacts(std::mem::take(&mut self.counts));
    }
}
