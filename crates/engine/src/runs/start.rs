//! Starting a run: visible with all its cells, or not at all.

use std::sync::Arc;

use domain::ids::{RunId, WorkspaceId};
use domain::run::RunRequest;
use store::runs::{NewRun, RunCase};

use super::plan::{Plan, PlannedVersion};
use super::view::{self, Run};
use crate::error::{Error, Result};
use crate::idempotency::{self, IdempotencyKey};
use crate::{Engine, LOCAL_USER};

/// How many cases one closure inserts: it must not hold the writer for long.
const CASES: usize = 2_000;
/// How many cells, which are shorter.
const CELLS: i64 = 4_000;

/// What a start came to.
#[derive(Debug, Clone)]
pub enum Started {
    /// A new run.
    New(Run),
    /// The answer that the same request got before.
    Replayed(Run),
    /// The same is running already, started by somebody else or in another window.
    Running(Run),
}

impl Engine {
    /// Starts a run. It is on the disk with all its cells when this returns.
    pub async fn start_run(
        self: &Arc<Self>,
        workspace: WorkspaceId,
        request: RunRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        let engine = Arc::clone(self);
        self.to_the_end(async move { engine.begin_run(workspace, request, key).await }).await
    }

    async fn begin_run(
        &self,
        workspace: WorkspaceId,
        request: RunRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        if let Some(replayed) = self.replayed(key.as_ref()).await? {
            return Ok(Started::Replayed(replayed));
        }
        let plan = self.plan(workspace, &request).await?;
        if let Some(refusal) = plan.refusal() {
            return Err(refusal);
        }
        if let Some(running) = self.active_run(workspace, plan.fingerprint.clone()).await? {
            return Ok(Started::Running(running));
        }
        let id = RunId::new(&*self.ids);
        let started = match self.prepare(workspace, id, request, plan, key).await {
            Ok(started) => started,
            Err(error) => {
                self.store.write(move |conn| store::runs::discard(conn, id)).await?;
                return Err(error);
            }
        };
        self.worker.runs_changed();
        Ok(started)
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

    async fn replayed(&self, key: Option<&IdempotencyKey>) -> Result<Option<Run>> {
        let Some(key) = key.cloned() else { return Ok(None) };
        self.store.try_read(move |conn| idempotency::kept(conn, &key)).await
    }

    async fn prepare(
        &self,
        workspace: WorkspaceId,
        id: RunId,
        request: RunRequest,
        plan: Plan,
        key: Option<IdempotencyKey>,
    ) -> Result<Started> {
        let (matrix, fingerprint) = (plan.matrix, plan.fingerprint);
        let new = NewRun {
            id,
            workspace_id: workspace,
            suite_id: plan.suite_id,
            matrix,
            fingerprint: fingerprint.clone(),
            simulated: plan.models.iter().all(|model| model.simulated),
            note: request.note,
            created_by: LOCAL_USER.to_owned(),
            created_at: self.clock.now(),
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
            self.store.write(move |conn| store::runs::insert_cases(conn, id, &chunk)).await?;
        }
        let mut from = 0;
        while from < range.count {
            let positions = from..(from + CELLS).min(range.count);
            from = positions.end;
            self.store.write(move |conn| store::cells::insert(conn, range, &positions)).await?;
        }
        self.publish_run(workspace, id, fingerprint, key).await
    }

    /// Makes the prepared run visible, unless the same became visible while it was being prepared.
    async fn publish_run(
        &self,
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
                if let Some(key) = &key
                    && let Some(run) = idempotency::kept(conn, key)?
                {
                    store::runs::discard(conn, id)?;
                    return Ok(Started::Replayed(run));
                }
                if let Some(found) = found {
                    store::runs::discard(conn, id)?;
                    return Ok(Started::Running(read(conn, found)?));
                }
                let created = idempotency::once(conn, key.as_ref(), at, |conn| {
                    store::runs::publish(conn, id, at)?;
                    read(conn, id)
                })?;
                Ok(Started::New(created.value))
            })
            .await
    }
}
