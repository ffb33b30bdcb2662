//! What is done once an hour: keys are rotated, and what nobody can use any more is forgotten.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Millis;
use tokio_util::sync::CancellationToken;

use super::{People, turns};
use crate::error::Result;

const EVERY: Duration = Duration::from_hours(1);
const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How long a session that ended can be looked up, in milliseconds: 30 days.
const ENDED: Millis = 30 * DAY_MS;
/// Sessions that are forgotten by one write; each may have a few thousand refresh tokens.
const AT_ONCE: i64 = 5;

impl People {
    /// Does it now, and then once an hour until `stop` is cancelled.
    pub(crate) async fn keep_up(self: &Arc<Self>, stop: &CancellationToken) {
        self.clear_up_if_possible().await;
        let (people, stop) = (Arc::clone(self), stop.clone());
        self.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(EVERY) => people.clear_up_if_possible().await,
                }
            }
        });
    }

    async fn clear_up_if_possible(&self) {
        if let Err(error) = self.clear_up().await
            && !error.is_trouble()
        {
            tracing::warn!(%error, "old sessions and keys were not cleared up; trying again in an hour");
        }
    }

    async fn clear_up(&self) -> Result<()> {
        let now = self.clock.now();
        self.keys.upkeep(self.rotation()).await?;
        self.store
            .write(move |conn| {
                store::denied_tokens::forget(conn, now)?;
                store::members::forget(conn, now)?;
                store::one_time_links::forget(conn, now - ENDED)?;
                store::shares::forget(conn, now)?;
                store::sign_in_failures::forget(conn, now - turns::REMEMBERED)
            })
            .await?;
        let forget = || self.store.write(move |conn| store::sessions::forget(conn, now - ENDED, AT_ONCE));
        while forget().await? > 0 {}
        Ok(())
    }
}
