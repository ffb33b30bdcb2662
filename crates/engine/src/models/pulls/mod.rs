//! Pulls: models on their way onto an Ollama server.
//!
//! A pull is kept in memory alone. When this server ends, the pull ends with it; the model server keeps what came,
//! and the next pull goes on from there.

mod follow;
mod pace;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Clock, Timestamp};
use domain::ids::{ProviderId, PullId, WorkspaceId};
use llm::{CallError, CallErrorKind, Guarded, ProviderKind, PullProgress, same_model};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use follow::PullFollower;
use pace::Pace;

use super::providers::remedy;
use crate::Engine;
use crate::error::{Conflict, Error, Result};

/// Most pulls at once. A model server and its disk are busy with one.
const MOST_AT_ONCE: usize = 4;
/// How many of those that have ended are remembered.
const ENDED_KEPT: usize = 20;

/// How a pull stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullState {
    /// Under way.
    Running,
    /// The model is there.
    Finished,
    /// It broke off. What came is kept on the model server.
    Failed,
    /// Somebody cancelled it. What came is kept on the model server.
    Cancelled,
}

/// A model on its way onto a model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pull {
    /// The pull.
    pub id: PullId,
    /// The provider onto whose server it is pulled.
    pub provider: ProviderId,
    /// The model, as it was asked for.
    pub model: String,
    /// How it stands.
    pub state: PullState,
    /// What the model server does now, in its words.
    pub status: String,
    /// Bytes of all parts that the model server has named. None: none yet.
    pub total_bytes: Option<i64>,
    /// Bytes of them that are there.
    pub completed_bytes: i64,
    /// How fast they come, over the last seconds. None: not known yet, or ended.
    pub bytes_per_second: Option<i64>,
    /// Why it broke off, in a sentence.
    pub problem: Option<String>,
    /// What to do about it, in a sentence.
    pub remedy: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Grows with every change.
    pub event_number: i64,
}

/// What came of asking for a pull.
#[derive(Debug)]
pub enum PullStarted {
    /// It was begun.
    New(Pull),
    /// The same was under way already.
    Joined(Pull),
}

/// The pulls of this process.
#[derive(Default)]
pub(crate) struct Pulls(Mutex<Vec<Entry>>);

struct Entry {
    told: Arc<watch::Sender<Pull>>,
    cancel: CancellationToken,
}

impl Entry {
    fn is_running(&self) -> bool {
        self.told.borrow().state == PullState::Running
    }

    fn is_of(&self, provider: ProviderId, model: &str) -> bool {
        let pull = self.told.borrow();
        pull.provider == provider && same_model(&pull.model, model)
    }
}

impl Pulls {
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the model is on its way.
    pub(super) fn has(&self, provider: ProviderId, model: &str) -> bool {
        self.lock().iter().any(|entry| entry.is_running() && entry.is_of(provider, model))
    }

    fn find(
        &self,
        provider: ProviderId,
        id: PullId,
    ) -> Result<(Arc<watch::Sender<Pull>>, CancellationToken)> {
        let entries = self.lock();
        let of = |entry: &&Entry| {
            let pull = entry.told.borrow();
            (pull.provider, pull.id) == (provider, id)
        };
        let found = entries.iter().find(of).map(|entry| (Arc::clone(&entry.told), entry.cancel.clone()));
        found.ok_or_else(|| {
            Error::NotFound(format!(
                "There is no pull {id}. A pull ends with the server that began it: if this one was started again, \
                 pull the model again, and what came is not loaded twice."
            ))
        })
    }

    /// Takes a pull in, unless the same is under way.
    fn begin(&self, pull: Pull, stop: &CancellationToken) -> Result<Begun> {
        let mut entries = self.lock();
        let running = || entries.iter().filter(|entry| entry.is_running());
        if let Some(same) = running().find(|entry| entry.is_of(pull.provider, &pull.model)) {
            return Ok(Begun::Joined(same.told.borrow().clone()));
        }
        if running().count() == MOST_AT_ONCE {
            let detail = format!(
                "{MOST_AT_ONCE} models are being pulled. Wait for one of them, or cancel it, then pull this one."
            );
            return Err(Error::conflict(Conflict::WrongState, detail));
        }
        let ended = entries.iter().filter(|entry| !entry.is_running()).count();
        let mut too_many = (ended + 1).saturating_sub(ENDED_KEPT);
        entries.retain(|entry| {
            let goes = too_many > 0 && !entry.is_running();
            too_many -= usize::from(goes);
            !goes
        });
        let (told, cancel) = (Arc::new(watch::Sender::new(pull)), stop.child_token());
        entries.push(Entry { told: Arc::clone(&told), cancel: cancel.clone() });
        Ok(Begun::New(told, cancel))
    }
}

enum Begun {
    New(Arc<watch::Sender<Pull>>, CancellationToken),
    Joined(Pull),
}

impl Engine {
    /// Begins to pull a model, or joins the pull of it that is under way. It goes on when nobody looks.
    pub async fn start_pull(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
        model: &str,
    ) -> Result<PullStarted> {
        let server = self.pulling_server(workspace, provider).await?;
        let pull = Pull {
            id: PullId::new(&*self.ids),
            provider,
            model: model.to_owned(),
            state: PullState::Running,
            status: "waiting for the model server".to_owned(),
            total_bytes: None,
            completed_bytes: 0,
            bytes_per_second: None,
            problem: None,
            remedy: None,
            started_at: Timestamp(self.clock.now()),
            ended_at: None,
            event_number: 1,
        };
        let (told, cancel) = match self.pulls.begin(pull, &self.stop)? {
            Begun::Joined(pull) => return Ok(PullStarted::Joined(pull)),
            Begun::New(told, cancel) => (told, cancel),
        };
        let begun = told.borrow().clone();
        let clock = Arc::clone(&self.clock);
        self.tasks.spawn(async move { carry_out(&server, &told, &cancel, &*clock).await });
        let entry = self.entry(caller, Action::ModelPull).in_workspace(workspace).on("provider", provider);
        let entry = entry.with("model", model);
        self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        Ok(PullStarted::New(begun))
    }

    /// The pulls of a provider that are under way or ended lately, the newest first.
    pub async fn pulls(&self, workspace: WorkspaceId, provider: ProviderId) -> Result<Vec<Pull>> {
        self.server_of(workspace, provider).await?;
        let entries = self.pulls.lock();
        let of = entries.iter().rev().map(|entry| entry.told.borrow().clone());
        Ok(of.filter(|pull| pull.provider == provider).collect())
    }

    /// A pull as it stands.
    pub async fn pull(&self, workspace: WorkspaceId, provider: ProviderId, pull: PullId) -> Result<Pull> {
        self.server_of(workspace, provider).await?;
        let (told, _) = self.pulls.find(provider, pull)?;
        let pull = told.borrow().clone();
        Ok(pull)
    }

    /// Ends a pull. The model server stops loading when this returns, and keeps what came.
    pub async fn cancel_pull(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        provider: ProviderId,
        pull: PullId,
    ) -> Result<Pull> {
        self.server_of(workspace, provider).await?;
        let (told, cancel) = self.pulls.find(provider, pull)?;
        cancel.cancel();
        let mut seen = told.subscribe();
        // It cannot close: `told` is held.
        let ended = seen.wait_for(|pull| pull.state != PullState::Running).await;
        let pull = ended.map_err(|_| Error::Store(crate::StoreError::Closed))?.clone();
        if pull.state == PullState::Cancelled {
            let entry = self.entry(caller, Action::ModelPullCancel).in_workspace(workspace);
            let entry = entry.on("provider", provider).with("model", pull.model.clone());
            self.store.write(move |conn| store::audit::append(conn, &entry)).await?;
        }
        match pull.state {
            PullState::Finished => Err(Error::conflict(
                Conflict::WrongState,
                format!(
                    "`{}` is there already: its pull was finished before it could be cancelled.",
                    pull.model
                ),
            )),
            _ => Ok(pull),
        }
    }

    /// Follows a pull from its present state to its end.
    pub async fn follow_pull(
        &self,
        workspace: WorkspaceId,
        provider: ProviderId,
        pull: PullId,
    ) -> Result<PullFollower> {
        self.server_of(workspace, provider).await?;
        let (told, _) = self.pulls.find(provider, pull)?;
        Ok(PullFollower::new(told.subscribe()))
    }

    /// The server of a provider whose models come and go on command.
    pub(super) async fn pulling_server(
        &self,
        workspace: WorkspaceId,
        provider: ProviderId,
    ) -> Result<Arc<Guarded>> {
        let server = self.server_of(workspace, provider).await?;
        if server.kind() == ProviderKind::Ollama {
            return Ok(server);
        }
        Err(Error::conflict(
            Conflict::WrongState,
            format!(
                "`{}` is a provider of the kind `{}`: only Ollama pulls and deletes models on command.",
                server.name(),
                server.kind().as_str()
            ),
        ))
    }
}

/// Pulls, and tells how far it is, to the end.
async fn carry_out(
    server: &Guarded,
    told: &watch::Sender<Pull>,
    cancel: &CancellationToken,
    clock: &dyn Clock,
) {
    let model = told.borrow().model.clone();
    let mut pace = Pace::default();
    let mut progress = |now: PullProgress| {
        let bytes_per_second = pace.at(now.total_bytes, now.completed_bytes);
        told.send_modify(|pull| {
            pull.status = now.status;
            pull.total_bytes = now.total_bytes;
            pull.completed_bytes = now.completed_bytes;
            pull.bytes_per_second = bytes_per_second;
            pull.event_number += 1;
        });
    };
    let result = server.pull(&model, &mut progress, cancel).await;
    if let Err(error) = &result {
        tracing::warn!(provider = server.name(), model, error = error.kind.as_str(), "a pull broke off");
    }
    told.send_modify(|pull| {
        pull.state = state_of(&result);
        pull.bytes_per_second = None;
        if let Err(error) = result
            && pull.state == PullState::Failed
        {
            pull.remedy = remedy_of(server, error.kind);
            pull.problem = Some(error.detail);
        }
        pull.ended_at = Some(Timestamp(clock.now()));
        pull.event_number += 1;
    });
}

fn state_of(result: &std::result::Result<(), CallError>) -> PullState {
    match result {
        Ok(()) => PullState::Finished,
        Err(error) if error.kind == CallErrorKind::Cancelled => PullState::Cancelled,
        Err(_) => PullState::Failed,
    }
}

/// The other kinds say in their problem what to do.
fn remedy_of(server: &Guarded, kind: CallErrorKind) -> Option<String> {
    let helps = matches!(
        kind,
        CallErrorKind::Connect | CallErrorKind::TimeoutConnect | CallErrorKind::TimeoutFirstToken
    );
    helps.then(|| remedy(server, kind))
}
