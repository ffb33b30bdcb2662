//! In: files of cards, in steps that are short.
//!
//! Everything is checked before anything is written. What is new is made in a workspace of its own, which nobody sees,
//! and moved over by one last step. Where cards are there already, those are changed one after the other; whoever cuts
//! that short repeats it.

use std::sync::Arc;

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::WorkspaceId;

use super::incoming::Incoming;
use super::place::{Halt, Placing};
use super::plan::Plan;
use super::{ImportCards, ImportedCards};
use crate::Engine;
use crate::error::{Conflict, Error, Result};
use crate::idempotency::{self, Created, IdempotencyKey};

/// How often an import begins anew because something that it was to change was changed meanwhile.
const ATTEMPTS: usize = 10;

impl Engine {
    /// Imports cards with all that belongs to them.
    ///
    /// If none of them is there, all are seen at once, or none ever. With `replace`, each version is added, each suite
    /// changed and each card brought to what the file says by a step of its own; labels move last. The same import
    /// once more does what is missing.
    pub async fn import_cards(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        import: ImportCards,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<ImportedCards>> {
        let (engine, caller) = (Arc::clone(self), caller.clone());
        self.to_the_end(async move { engine.import(&caller, workspace, import, key).await }).await
    }

    async fn import(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        import: ImportCards,
        key: Option<IdempotencyKey>,
    ) -> Result<Created<ImportedCards>> {
        let ImportCards { files, replace } = import;
        // A large file takes a second to read: that is no work for the threads that answer requests.
        let incoming = match self.tasks.spawn_blocking(move || Incoming::read(&files)).await {
            Ok(incoming) => Arc::new(incoming?),
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        };
        let entry = self.entry(caller, Action::CardsImport).in_workspace(workspace).with("replace", replace);
        // Two imports of the same cards would send each other back to the beginning.
        let _turn = self.import_turn.lock().await;
        let mut imported = ImportedCards::none(&incoming);
        for _ in 0..ATTEMPTS {
            if let Some(value) = self.imported_before(key.clone()).await? {
                return Ok(Created { value, replayed: true });
            }
            let drawn = Arc::new(incoming.draw(self.stamp(caller), &*self.ids));
            let plan = {
                let (incoming, drawn) = (Arc::clone(&incoming), Arc::clone(&drawn));
                let make =
                    move |conn: &mut store::Conn| Plan::make(conn, workspace, &incoming, &drawn, replace);
                Arc::new(self.store.try_read(make).await?)
            };
            let is_all_new = plan.is_all_new();
            if is_all_new {
                // Whatever was made before was removed.
                imported = ImportedCards::none(&incoming);
            }
            let placing = Placing {
                store: self.store.clone(),
                instance: self.instance,
                workspace,
                incoming: Arc::clone(&incoming),
                drawn: Arc::clone(&drawn),
                plan,
                entry: entry.clone(),
            };
            let placed = placing.place(&mut imported, key.clone()).await;
            // What was not moved over is removed now, or else at the next start.
            let removed = store::imports::discard(&self.store, drawn.import).await;
            match placed {
                Ok(created) => {
                    // It is done, whatever becomes of what is left over: the next start removes that.
                    if let Err(error) = removed {
                        tracing::warn!(%error, "what an import left over stays until the next start");
                    }
                    let moved = created.value.cards.iter().filter(|card| !card.labels.is_empty());
                    moved.for_each(|card| self.label_moves.tell(workspace, &card.slug));
                    return Ok(created);
                }
                Err(Halt::Failed(error)) => return Err(error),
                Err(Halt::Moved) => removed?,
            }
        }
        Err(Error::conflict(
            Conflict::WrongState,
            "What is to be imported was changed meanwhile, again and again. Import the same once more.",
        ))
    }

    async fn imported_before(&self, key: Option<IdempotencyKey>) -> Result<Option<ImportedCards>> {
        let Some(key) = key else { return Ok(None) };
        self.store.try_read(move |conn| idempotency::kept(conn, &key)).await
    }
}
