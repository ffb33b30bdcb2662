//! Starting a run: visible with all its cells, or not at all.

use std::sync::Arc;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::ids::{RunId, WorkspaceId};
use domain::run::RunRequest;
use serde::{Deserialize, Serialize};
use store::run_inputs::RunCase;
use store::runs::NewRun;

use super::cache;
use super::plan::{Plan, PlannedVersion};
use super::view::{self, Run};
use crate::Engine;
use crate::error::{Error, Result};
use crate::idempotency::{self, IdempotencyKey};
use crate::stamp::Stamp;

/// How many cases one closure inserts: it must not hold the writer for long.
const CASES: usize = 2_000;
/// How many cells, which are shorter.
const CELLS: i64 = 4_000;

/// What a start came to.
#[derive(Debug, Clone)]
pub enum Started {
    /// A new run.
    New(Run),
    /// The answer that the same request got before: a new run, or one that was running already.
    Replayed {
        /// The run as it was then.
        run: Run,
        /// Whether it was running already.
        running: bool,
    },
    /// The same is running already, started by somebody else or in another window.
    Running(Run),
}

/// An answer as it is kept under the key of its request.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    run: Run,
    #[serde(default)]
    running: bool,
}

impl From<Kept> for Started {
    fn from(Kept { run, running }: Kept) -> Self {
        Self::Replayed { run, running }
    }
}

impl Engine {
    /// Starts a run. It is on the disk with all its cells when this returns.
    pub async fn start_run(
        self: &Arc<Self>,
        caller: &Caller,
        workspace: WorkspaceId,
        request: RunRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        let (engine, caller) = (Arc::clone(self), caller.clone());
        self.to_the_end(async move { engine.begin_run(&caller, workspace, request, key).await }).await
    }

    async fn begin_run(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        request: RunRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        if let Some(replayed) = self.replayed(key.as_ref()).await? {
            return Ok(replayed.into());
        }
        let plan = self.plan(workspace, &request).await?;
        if let Some(refusal) = plan.refusal() {
            return Err(refusal);
        }
        if let Some(running) = self.active_run(workspace, plan.fingerprint.clone()).await? {
            return self.keep_running(key, running).await;
        }
        let id = RunId::new(&*self.ids);
        let entry = self.entry(caller, Action::RunStart).in_workspace(workspace).on("run", id);
        let (stamp, fingerprint) = (self.stamp(caller), plan.fingerprint.clone());
        let started = async {
            self.prepare(stamp, workspace, id, request, plan).await?;
            self.publish_run(entry, workspace, id, fingerprint, key).await
        };
        let started = match started.await {
            Ok(started) => started,
            Err(error) => {
                self.store.write(move |conn| store::runs::discard(conn, id)).await?;
                return Err(error);
            }
        };
        self.worker.runs_changed();
        Ok(started)
    }

    /// Answers with a run that was running already, and keeps the answer.
    async fn keep_running(&self, key: Option<IdempotencyKey>, run: Run) -> Result<Started> {
        if key.is_none() {
            return Ok(Started::Running(run));
        }
        let at = self.clock.now();
        self.store
            .try_write(move |conn| {
                let answer = idempotency::once(conn, key.as_ref(), at, |_| {
                    Ok(Kept { run: run.clone(), running: true })
                })?;
                Ok(if answer.replayed { answer.value.into() } else { Started::Running(answer.value.run) })
            })
            .await
    }

    /// The active run of this fingerprint.
    pub(crate) async fn active_run(
        &self,
        workspace: WorkspaceId,
        fingerprint: String,
    ) -> Result<Option<Run>> {
        self.store
            .try_read(move |conn| {
                let Some(id) = store::runs::find_active(conn, workspace, &fingerprint)? else {
                    return Ok(None);
                };
                match store::runs::find(conn, id)? {
                    Some(row) => view::read(conn, &row).map(Some),
                    None => Ok(None),
                }
            })
            .await
    }

    async fn replayed(&self, key: Option<&IdempotencyKey>) -> Result<Option<Kept>> {
        let Some(key) = key.cloned() else { return Ok(None) };
        self.store.try_read(move |conn| idempotency::kept(conn, &key)).await
    }

    async fn prepare(
        &self,
        Stamp { by, api_key, at }: Stamp,
        workspace: WorkspaceId,
        id: RunId,
        request: RunRequest,
        plan: Plan,
    ) -> Result<()> {
        let (matrix, fingerprint) = (plan.matrix, plan.fingerprint);
        let base_url_of =
            |provider: &str| self.directory.get(workspace, provider)?.base_url().map(str::to_owned);
        let cache_scopes = cache::scopes(base_url_of, workspace, &plan.versions, &plan.models)?;
        let new = NewRun {
            id,
            workspace_id: workspace,
            suite_id: plan.suite_id,
            matrix,
            prepared_by: self.instance,
            fingerprint,
            simulated: plan.models.iter().all(|model| model.simulated),
            note: request.note,
            cache: request.cache,
            cache_scopes,
            created_by: by.to_string(),
            api_key,
            created_at: at,
            versions: plan.versions.into_iter().map(|PlannedVersion { row, .. }| row).collect(),
            models: plan.models,
        };
        let range = self.store.write(move |conn| store::runs::prepare(conn, &new)).await?;

        let cases: Vec<RunCase> = (0..)
            .zip(plan.cases)
            .map(|(position, (case_id, content))| RunCase { position, case_id, content })
            .collect();
        for chunk in cases.chunks(CASES) {
            let chunk = chunk.to_vec();
            self.store.write(move |conn| store::run_inputs::insert_cases(conn, id, &chunk)).await?;
        }
        let mut from = 0;
        while from < range.count {
            let positions = from..(from + CELLS).min(range.count);
            from = positions.end;
            self.store.write(move |conn| store::cells::insert(conn, range, &positions)).await?;
        }
        Ok(())
    }

    /// Makes the prepared run visible, unless the same became visible while it was being prepared.
    async fn publish_run(
        &self,
        entry: Entry,
        workspace: WorkspaceId,
        id: RunId,
        fingerprint: String,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        let at = self.clock.now();
        self.store
            .try_write(move |conn| {
                let found = store::runs::find_active(conn, workspace, &fingerprint)?;
                let read = |conn: &mut store::Conn, id: RunId| -> Result<Run> {
                    let row =
                        store::runs::find(conn, id)?.ok_or_else(|| Error::not_found(format!("run {id}")))?;
                    view::read(conn, &row)
                };
                let answer = idempotency::once(conn, key.as_ref(), at, |conn| {
                    let running = found.is_some();
                    if !running {
                        store::runs::publish(conn, id, at)?;
                    }
                    let run = read(conn, found.unwrap_or(id))?;
                    if !running {
                        store::audit::append(conn, &entry.clone().with("number", run.number))?;
                    }
                    Ok(Kept { run, running })
                })?;
                // It removes nothing of a run that was made visible here.
                store::runs::discard(conn, id)?;
                Ok(match answer.value {
                    kept if answer.replayed => kept.into(),
                    Kept { run, running: true } => Started::Running(run),
                    Kept { run, running: false } => Started::New(run),
                })
            })
            .await
    }
}
