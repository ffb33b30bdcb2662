//! Reading the log.

use std::collections::BTreeMap;

use domain::audit::{Action, Entry, Record};
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use serde::Serialize;
use serde_json::Value;
use store::Store;
use store::audit::AuditFilter;
use utoipa::ToSchema;

use super::verify::{self, Anchor, Verified};
use crate::Engine;
use crate::error::Result;

/// How many lines of an export are read at once.
const CHUNK: i64 = 1_000;

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AuditLine {
    /// Its number: 1, 2, 3 and so on, without a gap.
    pub seq: i64,
    /// When it was.
    pub at: Timestamp,
    /// By what the actor showed who they are: `session`, `api_key`, `machine` (at the machine itself, or the server) or
    /// `anonymous`.
    pub actor_kind: String,
    /// The id of the account.
    pub actor: Option<String>,
    /// The id of the session or the API key.
    pub credential: Option<String>,
    /// A hash of the address. The same address has the same hash for up to 30 days.
    pub address: Option<String>,
    /// What was done, such as `label.move`.
    pub action: String,
    /// The id of the workspace.
    pub workspace: Option<String>,
    /// What it was done to: a kind, a colon and an id; empty: nothing in particular.
    pub object: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// The id of the request, which the server's log has too.
    pub request: Option<String>,
    /// What else is known of it.
    pub detail: BTreeMap<String, Value>,
    /// The SHA-256 of the hash of the line before and of this line.
    pub hash: String,
}

/// Which lines are asked for.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// The id of the account.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// What it was done to.
    pub object: Option<String>,
    /// `done` or `refused`.
    pub outcome: Option<String>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
    /// Before the line of this number.
    pub below: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

impl Engine {
    /// Lines of the audit log, newest first.
    pub async fn audit_lines(&self, query: AuditQuery) -> Result<Vec<AuditLine>> {
        let AuditQuery { actor, action, object, outcome, since, until, below, limit } = query;
        let filter = AuditFilter { actor, action, object, outcome, since, until, below, limit };
        let records = self.store.read(move |conn| store::audit::list(conn, &filter)).await?;
        Ok(records.into_iter().map(line).collect())
    }

    /// Writes down that `caller` takes the audit log away, and begins to.
    pub async fn export_audit(&self, caller: &Caller) -> Result<AuditExport> {
        AuditExport::begin(&self.store, self.entry(caller, Action::AuditExport)).await
    }

    /// Reads the whole audit log and says whether it is what was written; `anchor` is a line that somebody kept
    /// elsewhere. What is found to be wrong is written down too.
    pub async fn verify_audit(&self, caller: &Caller, anchor: Option<Anchor>) -> Result<Verified> {
        let key = self.audit.signing_key.verifying_key();
        let verified = verify::verify(&self.store, Some(&key), anchor).await?;
        if let Some(fault) = &verified.fault {
            tracing::error!(target: "audit", seq = fault.seq, flaw = %fault.flaw, "the audit log was altered");
            let entry = self
                .entry(caller, Action::AuditVerifyFailed)
                .with("seq", fault.seq)
                .with("flaw", fault.flaw.to_string());
            self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        }
        Ok(verified)
    }
}

/// The whole log on its way out.
pub struct AuditExport {
    store: Store,
    /// The last line that was given.
    after: i64,
    /// The line that says that it is taken away.
    up_to: i64,
}

impl AuditExport {
    pub(super) async fn begin(store: &Store, entry: Entry) -> Result<Self> {
        let up_to = store.write(move |conn| store::audit::append(conn, &entry)).await?;
        Ok(Self { store: store.clone(), after: 0, up_to })
    }

    /// The next lines, oldest first, each as one JSON object. None: there are no more.
    pub async fn next(&mut self) -> Result<Option<String>> {
        let (after, up_to) = (self.after, self.up_to);
        let records = self.store.read(move |conn| store::audit::after(conn, after, CHUNK)).await?;
        let records: Vec<Record> = records.into_iter().take_while(|record| record.seq <= up_to).collect();
        let Some(last) = records.last() else { return Ok(None) };
        self.after = last.seq;
        Ok(Some(records.iter().map(|record| record.exported() + "\n").collect()))
    }
}

fn line(record: Record) -> AuditLine {
    AuditLine {
        seq: record.seq,
        at: Timestamp(record.at),
        actor_kind: record.actor_kind,
        actor: record.actor,
        credential: record.credential,
        address: record.address,
        action: record.action,
        workspace: record.workspace,
        object: record.object,
        outcome: record.outcome,
        request: record.request,
        // What is no JSON was put there by somebody else: verifying says so, and here it is shown as it is.
        detail: serde_json::from_str(&record.detail)
            .unwrap_or_else(|_| BTreeMap::from([("unreadable".to_owned(), Value::String(record.detail))])),
        hash: record.hash,
    }
}
