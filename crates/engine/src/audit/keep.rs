//! Looking after the log: checkpoints, the keys of addresses, and the end of what is kept.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Audit;
use super::keys::{self, AddressKey};
use crate::error::Result;

/// How often refusals are counted up.
const OFTEN: Duration = Duration::from_mins(1);
/// How often a checkpoint is signed.
const HOURLY: Duration = Duration::from_hours(1);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Most lines that are removed by one transaction, but for a segment that has more.
const STEP: i64 = 2_000;

/// Looks after the log until `stop` is cancelled.
pub(super) async fn keep(audit: Arc<Audit>, stop: CancellationToken) {
    let begun = Instant::now();
    let (mut next, mut hour) = (begun + OFTEN, begun + HOURLY);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = sleep_until(next) => {}
        }
        let now = Instant::now();
        next = now + OFTEN;
        told(audit.write(audit.refusals.ended(Some(audit.clock.now()))).await);
        if now >= hour {
            hour = now + HOURLY;
            audit.look_after_if_possible().await;
        }
    }
    told(audit.write(audit.refusals.ended(None)).await);
    told(audit.checkpoint().await);
}

fn told(done: Result<()>) {
    if let Err(error) = done
        && !error.is_trouble()
    {
        tracing::warn!(%error, "the audit log could not be looked after; trying again");
    }
}

impl Audit {
    /// As [`look_after`](Self::look_after); what goes wrong is said in the log.
    pub(super) async fn look_after_if_possible(&self) {
        told(self.look_after().await);
    }

    /// Does what is due once an hour.
    pub(super) async fn look_after(&self) -> Result<()> {
        self.checkpoint().await?;
        self.change_address_key().await?;
        self.remove_old().await
    }

    /// Signs how long the log is, if it has grown, and says so in the log of the server, which may be kept elsewhere:
    /// who shortens both the log and its checkpoints is found out by that.
    pub(super) async fn checkpoint(&self) -> Result<()> {
        let Some((seq, hash)) = self.store.read(store::audit::unsigned).await? else { return Ok(()) };
        let checkpoint = keys::sign(&self.signing_key, seq, hash, self.clock.now());
        let kept = checkpoint.clone();
        if self.store.write(move |conn| store::audit::keep_checkpoint(conn, &kept)).await? {
            let (hash, signature) = (&checkpoint.hash, &checkpoint.signature);
            tracing::info!(target: "audit", seq, hash, signature, "checkpoint");
        }
        Ok(())
    }

    async fn change_address_key(&self) -> Result<()> {
        let now = self.clock.now();
        let period = self.address_key.read().unwrap_or_else(PoisonError::into_inner).period;
        if keys::period_of(now) != period {
            let new = AddressKey::of(&self.store, &self.sealer, now).await?;
            *self.address_key.write().unwrap_or_else(PoisonError::into_inner) = new;
        }
        if let Some(kept_ms) = self.settings.addresses_kept_ms() {
            keys::drop_old_address_keys(&self.store, now, kept_ms).await?;
        }
        Ok(())
    }

    /// Removes what is older than it is kept, up to a checkpoint. Once there is a day of it, because each removal is a
    /// line itself.
    pub(super) async fn remove_old(&self) -> Result<()> {
        let Some(kept_ms) = self.settings.kept_ms() else { return Ok(()) };
        let before = self.clock.now() - kept_ms;
        let oldest = self.store.read(|conn| store::audit::after(conn, 0, 1)).await?.pop();
        if oldest.is_none_or(|oldest| oldest.at >= before - DAY_MS) {
            return Ok(());
        }
        loop {
            let entry = Entry::of(&Caller::machine(), None, Action::AuditRemove, self.clock.now());
            let lines =
                self.store.write(move |conn| store::audit::remove_before(conn, before, STEP, &entry)).await?;
            if lines == 0 {
                return Ok(());
            }
            tracing::info!(target: "audit", lines, "the oldest lines were removed");
        }
    }
}
