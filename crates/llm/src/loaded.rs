//! What is known of the models in a server's memory, without asking before each call.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::facts::same_model;
use crate::provider::Provider;

/// What the server said of a model is believed for so long.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// A model that has answered is taken for loaded for so long.
const WARM_FOR: Duration = Duration::from_mins(1);
/// Most models remembered; the one that was used longest ago makes room.
const MOST: usize = 64;

/// Digest and context of a loaded model. None: not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) digest: Option<String>,
    pub(crate) context_length: Option<i64>,
}

#[derive(Debug)]
struct Entry {
    model: String,
    /// A model asked for with another context is loaded anew.
    num_ctx: Option<i64>,
    /// None: it failed since, and may have to be loaded again.
    answered_at: Option<Instant>,
    asked_at: Option<Instant>,
    known: Known,
}

/// The models that were called, the last to answer at the end.
#[derive(Debug, Default)]
pub(crate) struct LoadedModels {
    entries: Mutex<Vec<Entry>>,
    asking: tokio::sync::Mutex<()>,
}

impl LoadedModels {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the model is surely loaded: it answered a moment ago, and no other has answered since, for
    /// which the server may have thrown it out. If in doubt no: then a call only waits longer for a server
    /// that hangs, where the other mistake would fail a call whose model is being loaded.
    pub(crate) fn is_warm(&self, model: &str, num_ctx: Option<i64>) -> bool {
        self.entries().last().is_some_and(|entry| {
            entry.model == model
                && entry.num_ctx == num_ctx
                && entry.answered_at.is_some_and(|answered_at| answered_at.elapsed() < WARM_FOR)
        })
    }

    pub(crate) fn answered(&self, model: &str, num_ctx: Option<i64>) {
        let mut entries = self.entries();
        let answered_at = Some(Instant::now());
        if let Some(position) =
            entries.iter().position(|entry| entry.model == model && entry.num_ctx == num_ctx)
        {
            entries[position].answered_at = answered_at;
            entries[position..].rotate_left(1);
            return;
        }
        if entries.len() == MOST {
            entries.remove(0);
        }
        let model = model.to_owned();
        entries.push(Entry { model, num_ctx, answered_at, asked_at: None, known: Known::default() });
    }

    /// After a failure the server may have lost the model.
    pub(crate) fn failed(&self, model: &str) {
        for entry in self.entries().iter_mut().filter(|entry| entry.model == model) {
            entry.answered_at = None;
        }
    }

    pub(crate) fn known(&self, model: &str, num_ctx: Option<i64>) -> Known {
        self.fresh(model, num_ctx, None).unwrap_or_default()
    }

    fn fresh(&self, model: &str, num_ctx: Option<i64>, not_older: Option<Duration>) -> Option<Known> {
        self.entries()
            .iter()
            .find(|entry| entry.model == model && entry.num_ctx == num_ctx)
            .filter(|entry| match (not_older, entry.asked_at) {
                (None, _) => true,
                (Some(limit), Some(asked_at)) => asked_at.elapsed() < limit,
                (Some(_), None) => false,
            })
            .map(|entry| entry.known.clone())
    }

    /// What the server says of a model that has just answered; it is asked every five seconds at most.
    pub(crate) async fn look_up(&self, model: &str, num_ctx: Option<i64>, provider: &Provider) -> Known {
        if let Some(known) = self.fresh(model, num_ctx, Some(ASK_AGAIN_AFTER)) {
            return known;
        }
        let _asking = self.asking.lock().await;
        if let Some(known) = self.fresh(model, num_ctx, Some(ASK_AGAIN_AFTER)) {
            return known;
        }
        // Rare, and large: within each call's own future it would be kept room for in every one of them.
        let answer = Box::pin(provider.loaded()).await;
        let mut entries = self.entries();
        let Some(entry) = entries.iter_mut().find(|entry| entry.model == model && entry.num_ctx == num_ctx)
        else {
            return Known::default();
        };
        entry.asked_at = Some(Instant::now());
        match answer {
            // Absent: it was unloaded after its answer. What was known of it then still describes it.
            Ok(loaded) => {
                if let Some(found) = loaded.into_iter().find(|loaded| same_model(&loaded.name, model)) {
                    entry.known = Known { digest: found.digest, context_length: found.context_length };
                }
            }
            Err(error) => tracing::debug!(model, error = error.kind.as_str(), "loaded models not known"),
        }
        entry.known.clone()
    }
}
