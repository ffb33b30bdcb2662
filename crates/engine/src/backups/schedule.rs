//! When a backup and a drill are due, by the wall clock: a server that was off makes up for it at its start.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::{Clock, Millis, Timestamp};
use store::audit::AuditFilter;
use store::{Conn, Store, StoreSettings};
use tokio_util::sync::CancellationToken;

use super::error::{BackupError, Result};
use super::make::{self, Made, Order};
use super::settings::BackupSettings;
use super::state::{BackupFigures, Failure, Standing, State};
use super::{folder, restore};
use crate::Engine;
use crate::audit::Audit;

/// How long to wait at most before looking again: the wall clock may be set.
const LOOK: Duration = Duration::from_mins(1);
/// How long to wait after a failure, where the interval is not shorter.
const RETRY_MS: Millis = 5 * 60 * 1_000;
/// How long a backup may take before it is called late, and before another instance makes it.
const LATE_MS: Millis = 60 * 60 * 1_000;

/// What backups are made with.
#[derive(Debug, Clone)]
pub struct BackupParts {
    /// When and where to.
    pub settings: BackupSettings,
    /// The database.
    pub database: StoreSettings,
    /// A folder with room for a copy of it.
    pub work: PathBuf,
    /// The version of the program.
    pub program: &'static str,
}

/// Makes backups and drills when they are due.
pub(crate) struct Backups {
    parts: BackupParts,
    store: Store,
    clock: Arc<dyn Clock>,
    audit: Arc<Audit>,
    state: Mutex<State>,
    stop: CancellationToken,
}

/// Something that is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Backup,
    Drill,
}

impl Backups {
    /// Begins to look what is due, if anything ever is.
    pub(super) async fn start(engine: &Engine, parts: BackupParts) -> Arc<Self> {
        let backups = Arc::new(Self {
            parts,
            store: engine.store.clone(),
            clock: Arc::clone(&engine.clock),
            audit: Arc::clone(&engine.audit),
            state: Mutex::default(),
            stop: engine.stop.clone(),
        });
        backups.remember().await;
        engine.tasks.spawn(keep(Arc::clone(&backups)));
        backups
    }

    pub(crate) fn settings(&self) -> &BackupSettings {
        &self.parts.settings
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands. None: this server makes no backups.
    pub(crate) fn standing(&self, now: Millis) -> Option<Standing> {
        self.parts.settings.folder.as_ref()?;
        let late = self.due_in(Task::Backup, now).is_some_and(|due| due < -LATE_MS);
        let state = self.state();
        let reason = |failure: &Option<Failure>| failure.as_ref().map(|failure| failure.reason.clone());
        Some(Standing {
            last_success_at: state.figures.last_success_at,
            last_drill_at: state.figures.last_drill_at,
            failure: reason(&state.failure),
            drill_failure: reason(&state.drill_failure),
            is_late: late,
        })
    }

    /// Finds out what was done before the start.
    async fn remember(&self) {
        let found = self.parts.settings.folder.as_deref().and_then(|folder| folder::newest(folder).ok());
        let elsewhere = self.last(Action::BackupCreate).await;
        let drilled = self.last(Action::BackupDrill).await;
        let mut state = self.state();
        let figures = &mut state.figures;
        if let Some(found) = &found {
            figures.last_success_at = Some(found.at.0);
            figures.last_bytes = std::fs::metadata(&found.path).ok().map(|facts| facts.len());
        }
        // Of a database of several instances, another one may have made it, in a folder of its own.
        if self.parts.database.database_url.is_some() {
            figures.last_success_at = figures.last_success_at.max(elsewhere);
        }
        figures.last_drill_at = drilled;
    }

    /// When something was last written down.
    async fn last(&self, action: Action) -> Option<Millis> {
        self.store.read(move |conn| last_line(conn, action)).await.ok().flatten()
    }

    /// In how many milliseconds something is due; 0: now. None: never.
    fn due_in(&self, task: Task, now: Millis) -> Option<Millis> {
        let state = self.state();
        let (interval, last, failure) = match task {
            Task::Backup => (self.parts.settings.interval(), state.figures.last_success_at, &state.failure),
            Task::Drill => {
                // Before there is a backup, there is nothing to restore.
                state.figures.last_success_at?;
                (self.parts.settings.drill_interval(), state.figures.last_drill_at, &state.drill_failure)
            }
        };
        let interval = Millis::try_from(interval?.as_millis()).unwrap_or(Millis::MAX);
        let retry = failure.as_ref().map(|failure| failure.at + interval.min(RETRY_MS));
        // One from the future: the clock was set back since.
        let next = last.filter(|last| *last <= now).map_or(now, |last| last + interval);
        Some(retry.filter(|retry| *retry <= now + RETRY_MS).map_or(next, |retry| next.max(retry)) - now)
    }

    /// Whether this instance is the one that does it. On a file there is no other.
    async fn claim(&self, task: Task) -> bool {
        if self.parts.database.database_url.is_none() || task == Task::Drill {
            return true;
        }
        if let Some(last) = self.last(Action::BackupCreate).await {
            let mut state = self.state();
            state.figures.last_success_at = state.figures.last_success_at.max(Some(last));
        }
        let now = self.clock.now();
        if self.due_in(task, now).is_none_or(|due| due > 0) {
            return false;
        }
        let interval = self.parts.settings.interval().unwrap_or_default().as_millis();
        let since = now - (Millis::try_from(interval).unwrap_or(Millis::MAX) / 2).min(LATE_MS);
        let entry = Entry::of(&Caller::machine(), None, Action::BackupBegin, now);
        let first = self.store.write(move |conn| {
            let begun = last_line(conn, Action::BackupBegin)?.filter(|begun| *begun >= since);
            // One that has come to nothing is in nobody's way.
            let failed = last_line(conn, Action::BackupFailed)?;
            let is_first = begun.is_none_or(|begun| failed.is_some_and(|failed| failed >= begun));
            if is_first {
                store::audit::append(conn, &entry)?;
            }
            Ok(is_first)
        });
        first.await.unwrap_or(false)
    }

    /// Makes a backup, and removes those that are kept no longer.
    async fn back_up(&self) -> Result<Made> {
        let at = Timestamp(self.clock.now());
        let done = match self.order(at) {
            Ok(order) => self.blocking(move |go_on| make::make(&order, go_on)).await,
            Err(error) => Err(error),
        };
        let entry = match &done {
            Err(BackupError::Stopped) => return done,
            Ok(made) => {
                let name = made.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                tracing::info!(backup = %made.path.display(), bytes = made.bytes, "made a backup");
                let mut state = self.state();
                state.figures.ok += 1;
                state.figures.last_success_at = Some(at.0);
                state.figures.last_bytes = Some(made.bytes);
                state.failure = None;
                self.entry(Action::BackupCreate)
                    .on("backup", name)
                    .with("bytes", made.bytes)
                    .with("sha256", made.manifest.sha256.clone())
            }
            Err(error) => {
                tracing::error!(%error, "no backup could be made; trying again");
                let mut state = self.state();
                state.figures.failed += 1;
                state.failure = Some(Failure { at: self.clock.now(), reason: error.to_string() });
                self.entry(Action::BackupFailed).with("code", code(error))
            }
        };
        self.write_down(entry).await;
        if done.is_ok() {
            let parts = self.parts.clone();
            let now = self.clock.now();
            if let Err(error) = self.blocking(move |_| remove_old(&parts.settings, now).map(drop)).await {
                tracing::warn!(%error, "old backups could not be removed");
            }
        }
        done
    }

    /// Restores the newest backup into a temporary folder.
    async fn drill(&self) -> Result<()> {
        let parts = self.parts.clone();
        let done = self
            .blocking(move |go_on| {
                let folder = parts.settings.folder.as_deref().unwrap_or(&parts.work);
                let newest = folder::newest(folder)?;
                let keys = parts.settings.identity_file.as_deref().map(restore::identities).transpose()?;
                restore::drill(&newest.path, keys.as_deref(), &parts.work, go_on)?;
                Ok(newest)
            })
            .await;
        let now = self.clock.now();
        let entry = match &done {
            Err(BackupError::Stopped) => return Err(BackupError::Stopped),
            Ok(newest) => {
                tracing::info!(backup = %newest.path.display(), "a drill restored the newest backup");
                let mut state = self.state();
                state.figures.drills_ok += 1;
                state.figures.last_drill_at = Some(now);
                state.drill_failure = None;
                let name = newest.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.entry(Action::BackupDrill).on("backup", name)
            }
            Err(error) => {
                tracing::error!(%error, "a drill could not restore the newest backup");
                let mut state = self.state();
                state.figures.drills_failed += 1;
                state.drill_failure = Some(Failure { at: now, reason: error.to_string() });
                self.entry(Action::BackupDrillFailed).with("code", code(error))
            }
        };
        self.write_down(entry).await;
        done.map(drop)
    }

    fn order(&self, at: Timestamp) -> Result<Order> {
        let BackupParts { settings, database, work, program } = self.parts.clone();
        let folder = settings.folder.ok_or_else(|| BackupError::None { folder: work.clone() })?;
        Ok(Order { database, work, folder, recipients: settings.recipients, program, at })
    }

    fn entry(&self, action: Action) -> Entry {
        self.audit.entry(&Caller::machine(), action)
    }

    async fn write_down(&self, entry: Entry) {
        if let Err(error) = self.audit.write(vec![entry]).await {
            tracing::warn!(%error, "what came of a backup could not be written into the audit log");
        }
    }

    /// Does it on a thread that may be blocked, until the server ends.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let stop = self.stop.clone();
        let done = tokio::task::spawn_blocking(move || work(&|| !stop.is_cancelled())).await;
        done.unwrap_or_else(|ended| Err(BackupError::Failed(ended.to_string())))
    }
}

/// When something was last written down.
fn last_line(conn: &mut Conn, action: Action) -> store::Result<Option<Millis>> {
    let filter = AuditFilter { action: Some(action.as_str().to_owned()), limit: 1, ..AuditFilter::default() };
    Ok(store::audit::list(conn, &filter)?.first().map(|line| line.at))
}

/// Does what is due until the server ends.
async fn keep(backups: Arc<Backups>) {
    loop {
        let now = backups.clock.now();
        let due = |task| backups.due_in(task, now).map(|due| (due.max(0), task));
        let next = [due(Task::Backup), due(Task::Drill)].into_iter().flatten().min_by_key(|(due, _)| *due);
        let wait = next.map_or(LOOK, |(due, _)| Duration::from_millis(due.unsigned_abs()).min(LOOK));
        tokio::select! {
            () = backups.stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        let Some((_, task)) = next.filter(|(due, _)| Duration::from_millis(due.unsigned_abs()) <= LOOK)
        else {
            continue;
        };
        if !backups.claim(task).await {
            tokio::select! {
                () = backups.stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => continue,
            }
        }
        // What came of it is said where it is done.
        let _ = match task {
            Task::Backup => backups.back_up().await.map(drop),
            Task::Drill => backups.drill().await,
        };
    }
}

/// Removes the backups of the settings' folder that are kept no longer.
pub fn remove_old(settings: &BackupSettings, now: Millis) -> Result<usize> {
    settings.folder.as_deref().map_or(Ok(0), |folder| folder::remove_old(folder, settings, now))
}

/// One word for the audit log, which holds no names of folders.
fn code(error: &BackupError) -> &'static str {
    match error {
        BackupError::Store(_) => "database",
        BackupError::Unusable { .. } => "unusable",
        BackupError::Damaged { .. } => "damaged",
        BackupError::OtherKey { .. } => "other_key",
        BackupError::NoKey { .. } => "no_key",
        BackupError::WrongIdentity { .. } => "wrong_identity",
        BackupError::Taken { .. } => "taken",
        BackupError::Altered { .. } => "altered",
        BackupError::None { .. } => "none",
        BackupError::Stopped => "stopped",
        BackupError::Failed(_) => "failed",
    }
}

impl Engine {
    /// Begins to make backups and drills, as the settings say.
    pub async fn keep_backups(&self, parts: BackupParts) {
        let backups = Backups::start(self, parts).await;
        // There is one schedule a server.
        let _ = self.backups.set(backups);
    }

    /// What came of backups and drills; None: none are made.
    pub fn backup_figures(&self) -> Option<BackupFigures> {
        let backups = self.backups.get()?;
        backups.settings().folder.as_ref()?;
        Some(backups.state().figures)
    }
}
