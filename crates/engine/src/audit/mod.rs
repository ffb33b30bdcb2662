//! The audit log: who did what, written in the transaction of the change, and kept so that an alteration shows.
//!
//! A method that changes something draws an entry before its closure, with `Engine::entry`, and appends it inside,
//! after the change: `store::audit::append(conn, &entry.clone().on("card", row.id))?`.

mod keep;
mod keys;
mod lines;
mod refusals;
mod settings;
mod verify;

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::Clock;
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use store::Store;
use store::audit::AuditFilter;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::Engine;
use crate::error::Result;
use crate::secrets::Sealer;

pub use lines::{AuditExport, AuditLine, AuditQuery};
pub use settings::{AuditSettings, WrongAudit};
pub use verify::{Anchor, Verified};

use keys::AddressKey;
use refusals::Refusals;

/// What the log is kept with.
pub struct Audit {
    store: Store,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    settings: AuditSettings,
    signing_key: SigningKey,
    address_key: RwLock<AddressKey>,
    refusals: Refusals,
    tasks: TaskTracker,
}

impl Audit {
    /// Finds the keys of the log, or makes them. What it does beside others is on `tasks`.
    pub async fn open(
        store: &Store,
        sealer: &Sealer,
        clock: &Arc<dyn Clock>,
        settings: AuditSettings,
        tasks: &TaskTracker,
    ) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            signing_key: keys::signing_key(store, sealer, &**clock).await?,
            address_key: RwLock::new(AddressKey::of(store, sealer, clock.now()).await?),
            store: store.clone(),
            sealer: sealer.clone(),
            clock: Arc::clone(clock),
            settings,
            refusals: Refusals::default(),
            tasks: tasks.clone(),
        }))
    }

    /// Looks after the log until `stop` is cancelled, which ends with a last checkpoint.
    pub(crate) async fn keep(self: &Arc<Self>, stop: &CancellationToken) {
        self.look_after_if_possible().await;
        self.tasks.spawn(keep::keep(Arc::clone(self), stop.clone()));
    }

    /// Something that `caller` does now.
    pub(crate) fn entry(&self, caller: &Caller, action: Action) -> Entry {
        Entry::of(caller, caller.address.map(|address| self.hash(address)), action, self.clock.now())
    }

    /// Something that nobody known does now, from an address.
    pub(crate) fn anonymous(&self, address: Option<IpAddr>, request: Option<Uuid>, action: Action) -> Entry {
        let address = address.map(|address| self.hash(address));
        Entry::anonymous(address, request, action, self.clock.now())
    }

    fn hash(&self, address: IpAddr) -> String {
        self.address_key.read().unwrap_or_else(PoisonError::into_inner).hash(address)
    }

    /// Counts a refusal, and writes down what is due without waiting for it.
    pub(crate) fn note(self: &Arc<Self>, refused: Entry) {
        let due = self.refusals.count(refused);
        if due.is_empty() {
            return;
        }
        let audit = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = audit.write(due).await
                && !error.is_trouble()
            {
                tracing::warn!(%error, "a refusal could not be written into the audit log");
            }
        });
    }

    /// Writes entries down that no change belongs to.
    pub(crate) async fn write(&self, entries: Vec<Entry>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let append = move |conn: &mut store::Conn| {
            entries.iter().try_for_each(|entry| store::audit::append(conn, entry).map(drop))
        };
        Ok(self.store.write(append).await?)
    }
}

/// Whether the log of a database without a server is what was written. Without a sealer, the signatures of its
/// checkpoints are verified by what stands in the database itself.
pub async fn verify_log(store: &Store, sealer: Option<&Sealer>, anchor: Option<Anchor>) -> Result<Verified> {
    let key = keys::verifying_key(store, sealer).await?;
    verify::verify(store, key.as_ref(), anchor).await
}

/// Takes the log of a database without a server away, which is written down.
pub async fn export_log(store: &Store, clock: &dyn Clock) -> Result<AuditExport> {
    let entry = Entry::of(&Caller::machine(), None, Action::AuditExport, clock.now());
    AuditExport::begin(store, entry).await
}

impl Engine {
    /// What `caller` does now, for the closure that does it to complete and to append.
    pub(crate) fn entry(&self, caller: &Caller, action: Action) -> Entry {
        self.audit.entry(caller, action)
    }

    /// Signs a checkpoint of the audit log and removes what is due. It happens by itself once an hour.
    pub async fn keep_audit(&self) -> Result<()> {
        self.audit.look_after().await
    }

    /// Writes down that a server of this version begins, with these settings, secrets left out; and if they are others
    /// than those of the start before.
    pub async fn note_start(&self, version: &str, settings: &str) -> Result<()> {
        let settings = hex::encode(&Sha256::digest(settings)[..8]);
        let entry = |action| self.entry(&Caller::machine(), action).with("settings", settings.clone());
        let (changed, begun) =
            (entry(Action::ConfigChange), entry(Action::ServerStart).with("version", version));
        let last = AuditFilter {
            action: Some(Action::ServerStart.as_str().to_owned()),
            limit: 1,
            ..AuditFilter::default()
        };
        self.store
            .write(move |conn| {
                let last = store::audit::list(conn, &last)?.pop();
                let same = last.as_ref().is_none_or(|last| last.detail.contains(settings.as_str()));
                if !same {
                    store::audit::append(conn, &changed)?;
                }
                store::audit::append(conn, &begun)
            })
            .await?;
        Ok(())
    }

    /// Writes down that `caller` was refused something for the reason of `code`, once a minute with a count. It does not
    /// wait for that.
    pub fn note_refusal(&self, caller: &Caller, action: Action, code: &str) {
        self.audit.note(self.audit.entry(caller, action).refused(code));
    }

    /// The same of somebody who is not known.
    pub fn note_anonymous_refusal(
        &self,
        address: Option<IpAddr>,
        request: Option<Uuid>,
        action: Action,
        code: &str,
    ) {
        self.audit.note(self.audit.anonymous(address, request, action).refused(code));
    }
}
