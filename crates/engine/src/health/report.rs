//! The report: everything looked at, put together, and kept for a few seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::clock::{Millis, Timestamp};
use futures_util::future::join_all;
use resilience::dependency::{self, DependencyKind, ServerPart, Status};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::breakers::{BreakerView, REDIS};
use super::checks::{Found, LEFT_ALONE};
use super::history::{Gap, History};
use super::kept::Kept;
use crate::Engine;

/// How long a report is kept: whoever asks meanwhile gets the same.
const KEPT: Duration = Duration::from_secs(5);
/// How long a database that is in trouble is taken to be so.
const KEPT_TROUBLE: Duration = Duration::from_secs(1);
/// How often the database and its disk are looked at while nobody asks. Model servers are not: they are others' machines.
const EVERY: Duration = Duration::from_secs(15);
/// How many events a report has.
const EVENTS: usize = 50;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// Its id, such as `database` or `provider-ollama`.
    #[serde(rename = "componentId")]
    pub id: String,
    /// `datastore`, `system` or `component`.
    #[serde(rename = "componentType")]
    pub component: String,
    /// How it is.
    pub status: Status,
    /// How long looking took, in milliseconds.
    #[serde(rename = "observedValue")]
    pub observed_ms: i64,
    /// `ms`.
    #[serde(rename = "observedUnit")]
    pub unit: String,
    /// When it was looked at.
    pub time: Timestamp,
    /// What was found, in a sentence.
    #[serde(rename = "output")]
    pub detail: String,
    /// Its name for people.
    pub name: String,
    /// What kind of thing it is.
    pub kind: DependencyKind,
    /// Whether the server is not ready without it.
    pub critical: bool,
    /// Since when it has not been well, as far as the server has noticed. None: it is well.
    pub since: Option<Timestamp>,
    /// What that costs the users, in a sentence. None: nothing.
    pub cost: Option<String>,
    /// What to do, in a sentence. None: nothing.
    pub remedy: Option<String>,
    /// Its breaker, where it has one.
    pub breaker: Option<BreakerView>,
    /// When it was not well in the last day, as far as the server has noticed.
    pub gaps: Vec<Gap>,
}

/// How a part of what the users have is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartHealth {
    /// The part.
    pub part: ServerPart,
    /// How it is.
    pub status: Status,
    /// The ids of what it depends on.
    pub depends_on: Vec<String>,
}

/// Something that happened to a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthEvent {
    /// When.
    pub at: Timestamp,
    /// The id of the dependency.
    pub dependency: String,
    /// How it was from then on.
    pub status: Status,
    /// What happened, in a sentence.
    pub detail: String,
}

/// The health of everything the server depends on. The form is that of `application/health+json`
/// (draft-inadarei-api-health-check), with some members more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `fail` where something critical fails; `warn` where anything else is not well.
    pub status: Status,
    /// What was looked at: `ID:responseTime`, one each.
    pub checks: BTreeMap<String, Vec<Check>>,
    /// What the users have, and how it is.
    pub parts: Vec<PartHealth>,
    /// What happened in the last day, the newest first, at most 50.
    pub events: Vec<HealthEvent>,
    /// The version of this program.
    pub version: String,
    /// When the server was started.
    pub started_at: Timestamp,
}

/// What was found a moment ago, and what was noticed before.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    report: Kept<Arc<Health>>,
    database: Kept<Found>,
    history: Mutex<History>,
}

impl Monitor {
    /// What was found is not so any more.
    pub(crate) fn forget(&self) {
        self.report.forget();
    }

    fn note(&self, found: &[Found], at: Millis) {
        let mut history = lock(&self.history);
        for one in found {
            history.note(&one.id, one.status, &one.detail, at);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// How everything is that the server depends on. It is looked at once in five seconds at most.
    pub async fn health(&self) -> Arc<Health> {
        self.monitor.report.get(async { Arc::new(self.look_at_everything().await) }, |_| KEPT).await
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.database_now().await.status != Status::Fail
    }

    async fn database_now(&self) -> Found {
        let good_for = |found: &Found| if found.status == Status::Pass { KEPT } else { KEPT_TROUBLE };
        self.monitor.database.get(self.check_database(), good_for).await
    }

    /// Looks at what is ours while nobody asks, so that a gap is noticed.
    pub(crate) async fn keep_watch(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let mut found = vec![self.database_now().await];
            found.extend(self.check_disk());
            found.extend(self.check_redis());
            found.extend(self.check_backups());
            self.monitor.note(&found, self.clock.now());
        }
    }

    async fn look_at_everything(&self) -> Health {
        let servers = self.directory.all_with_ids();
        let providers = join_all(servers.iter().map(|(id, server)| self.check_provider(id.clone(), server)));
        let (database, providers) = tokio::join!(self.database_now(), providers);
        let mut found = vec![database];
        found.extend(self.check_disk());
        found.extend(self.check_redis());
        found.extend(self.check_backups());
        found.extend(providers);
        let at = self.clock.now();
        self.monitor.note(&found, at);
        let mut breakers: BTreeMap<&str, BreakerView> = servers
            .iter()
            .map(|(id, server)| (&**id, BreakerView::of(server.breaker().look(), at)))
            .collect();
        if let Some(redis) = self.cache.health() {
            breakers.insert(REDIS, BreakerView::of(redis.breaker, at));
        }
        let mut history = lock(&self.monitor.history);
        history.keep(|id| found.iter().any(|one| one.id == id));
        Health {
            status: dependency::overall(&states(&found)),
            parts: parts(&found),
            events: events(&history, &breakers, at),
            checks: found
                .into_iter()
                .map(|one| {
                    let check = check(one, &history, &breakers, at);
                    (format!("{}:responseTime", check.id), vec![check])
                })
                .collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Timestamp(self.started_at),
        }
    }
}

fn states(found: &[Found]) -> Vec<(DependencyKind, Status)> {
    found.iter().map(|one| (one.kind, one.status)).collect()
}

fn parts(found: &[Found]) -> Vec<PartHealth> {
    let part = |(part, status)| PartHealth {
        part,
        status,
        depends_on: found
            .iter()
            .filter(|one| one.kind.carries().contains(&part))
            .map(|one| one.id.clone())
            .collect(),
    };
    dependency::cascade(&states(found)).into_iter().map(part).collect()
}

/// What was noticed, and what the breakers say of themselves.
fn events(history: &History, breakers: &BTreeMap<&str, BreakerView>, at: Millis) -> Vec<HealthEvent> {
    // Of itself a breaker says more, and to the second.
    let said_by_breaker = |detail: &str| detail.starts_with(LEFT_ALONE);
    let noticed = history.changes(at).filter(|(_, change)| !said_by_breaker(&change.detail));
    let noticed = noticed.map(|(id, change)| HealthEvent {
        at: Timestamp(change.at),
        dependency: id.to_owned(),
        status: change.status,
        detail: change.detail.clone(),
    });
    let of_breakers = breakers.iter().flat_map(|(id, breaker)| {
        breaker.changes.iter().map(|change| HealthEvent {
            at: change.at,
            dependency: (*id).to_owned(),
            status: if change.to == "closed" { Status::Pass } else { Status::Warn },
            detail: format!("The breaker is {}. {}", change.to.replace('_', "-"), change.reason),
        })
    });
    let mut events: Vec<HealthEvent> = noticed.chain(of_breakers).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at.0));
    events.truncate(EVENTS);
    events
}

fn check(found: Found, history: &History, breakers: &BTreeMap<&str, BreakerView>, at: Millis) -> Check {
    let component = match found.kind {
        DependencyKind::Database | DependencyKind::Redis => "datastore",
        DependencyKind::Disk => "system",
        DependencyKind::Provider | DependencyKind::Backups => "component",
    };
    Check {
        component: component.to_owned(),
        status: found.status,
        observed_ms: i64::try_from(found.took.as_millis()).unwrap_or(i64::MAX),
        unit: "ms".to_owned(),
        time: Timestamp(at),
        detail: found.detail,
        name: found.name,
        kind: found.kind,
        critical: found.kind.is_critical(),
        since: history.since(&found.id),
        cost: found.cost,
        remedy: found.remedy,
        breaker: breakers.get(&*found.id).cloned(),
        gaps: history.gaps(&found.id, at),
        id: found.id,
    }
}
