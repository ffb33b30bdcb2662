//! Looking at one dependency. None of it asks a model, and all of it ends within a second.

use std::time::Duration;

use llm::{Guarded, ProviderKind};
use resilience::dependency::{DependencyKind, Status};
use tokio::time::{Instant, timeout};

use super::breakers::{REDIS, is_closed};
use crate::Engine;
use crate::models::remedy;

/// How long one check may take.
const LIMIT: Duration = Duration::from_secs(1);
/// With less room than this on its disk the database is in danger, in bytes.
const LITTLE_ROOM: u64 = 256 * 1024 * 1024;

/// What is found of a model server whose breaker is open begins so.
pub(super) const LEFT_ALONE: &str = "It is left alone:";

/// What was found of a dependency.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub id: String,
    pub name: String,
    pub kind: DependencyKind,
    pub status: Status,
    /// What was found, in a sentence.
    pub detail: String,
    /// What that costs the users, in a sentence. None: nothing.
    pub cost: Option<String>,
    /// What to do, in a sentence. None: nothing.
    pub remedy: Option<String>,
    pub took: Duration,
}

/// What a check says: how it is, what was found, what to do.
type Said = (Status, String, Option<String>);

impl Engine {
    pub(super) async fn check_database(&self) -> Found {
        let begun = Instant::now();
        let read = timeout(LIMIT, self.store.read(store::runs::active)).await;
        let (status, detail, remedy): Said = match read {
            Ok(Ok(_)) => match self.store.trouble() {
                None => (Status::Pass, "The database answers.".to_owned(), None),
                Some(error) => (
                    Status::Warn,
                    format!("The database answers, but not everything worked lately: {error}."),
                    Some("Look at the log of the database; work goes on by itself.".to_owned()),
                ),
            },
            Ok(Err(error)) => (
                Status::Fail,
                format!("The database does not answer: {error}."),
                Some("Look at the log of this server.".to_owned()),
            ),
            Err(_) => (
                Status::Fail,
                "The database did not answer within a second.".to_owned(),
                Some("Look whether the disk is slow or another program reads the file.".to_owned()),
            ),
        };
        let cost = match status {
            Status::Pass => None,
            Status::Warn => Some("Some requests are answered with 503; what was acknowledged is kept."),
            Status::Fail => Some("Nobody can sign in, no card can be read, and runs wait. Nothing is lost."),
        };
        Found {
            id: "database".to_owned(),
            name: "Database".to_owned(),
            kind: DependencyKind::Database,
            status,
            detail,
            cost: cost.map(str::to_owned),
            remedy,
            took: begun.elapsed(),
        }
    }

    pub(super) fn check_disk(&self) -> Option<Found> {
        let begun = Instant::now();
        let (status, detail, remedy): Said = match self.store.disk() {
            Ok(disk) => {
                let free = disk?.free_bytes;
                let little = free < LITTLE_ROOM;
                let remedy =
                    little.then(|| "Free 256 MB; saving works again by itself, and runs go on.".to_owned());
                let status = if little { Status::Warn } else { Status::Pass };
                (status, format!("{} are free.", size(free)), remedy)
            }
            Err(error) => (Status::Warn, format!("The room on the disk is not known: {error}."), None),
        };
        let cost = (status != Status::Pass).then(|| "Soon nothing can be saved, and runs wait.".to_owned());
        Some(Found {
            id: "disk".to_owned(),
            name: "Disk".to_owned(),
            kind: DependencyKind::Disk,
            status,
            detail,
            cost,
            remedy,
            took: begun.elapsed(),
        })
    }

    /// How it stands with Redis: whoever counts asks it all the time, so nothing is asked for this.
    pub(super) fn check_redis(&self) -> Option<Found> {
        let begun = Instant::now();
        let redis = self.cache.health()?;
        let works = redis.mode == cache::Mode::Redis;
        let why = redis.last_error.unwrap_or_else(|| "It does not answer.".to_owned());
        let remedy = if redis.breaker.by_hand {
            "Close its breaker when it may be used again.".to_owned()
        } else {
            format!("Start Redis at {}, or look at its log. It is tried again by itself.", redis.url)
        };
        Some(Found {
            id: REDIS.to_owned(),
            name: "Redis".to_owned(),
            kind: DependencyKind::Redis,
            status: if works { Status::Pass } else { Status::Warn },
            detail: if works { format!("It answers at {}.", redis.url) } else { why },
            cost: (!works).then(|| "Each instance counts limits and keeps answers for itself.".to_owned()),
            remedy: (!works).then_some(remedy),
            took: begun.elapsed(),
        })
    }

    pub(super) async fn check_provider(&self, id: String, provider: &Guarded) -> Found {
        let begun = Instant::now();
        let (status, detail, remedy) = look_at(provider).await;
        let waiting = self.waits.runs_of(provider.name());
        let by_hand = provider.breaker().look().by_hand;
        let cost = match (status, waiting) {
            (Status::Pass, 0) => None,
            (_, 0) => Some("Runs of its models cannot be started, or end with errors.".to_owned()),
            (_, 1) if by_hand => Some("One run waits until calls may pass again.".to_owned()),
            (_, runs) if by_hand => Some(format!("{runs} runs wait until calls may pass again.")),
            (_, 1) => Some("One run waits for it, and goes on by itself.".to_owned()),
            (_, runs) => Some(format!("{runs} runs wait for it, and go on by themselves.")),
        };
        Found {
            id,
            name: provider.name().to_owned(),
            kind: DependencyKind::Provider,
            status,
            detail,
            cost,
            remedy,
            took: begun.elapsed(),
        }
    }
}

/// A size in MiB, or in GiB where it has ten of them.
fn size(bytes: u64) -> String {
    let mib = bytes >> 20;
    if mib < 10 << 10 { format!("{mib} MiB") } else { format!("{} GiB", mib >> 10) }
}

/// Looks at a model server. One whose breaker is open is left alone, also by this.
async fn look_at(provider: &Guarded) -> Said {
    if !is_closed(provider.breaker()) {
        let breaker = provider.breaker().look();
        let remedy = if breaker.by_hand {
            "Close its breaker to let calls pass again.".to_owned()
        } else {
            "Look at the log of the model server. It is tried again by itself; close the breaker to try now."
                .to_owned()
        };
        return (Status::Warn, format!("{LEFT_ALONE} {}", breaker.reason), Some(remedy));
    }
    match timeout(LIMIT, provider.version()).await {
        Ok(Ok(_)) if provider.kind() == ProviderKind::Simulated => {
            (Status::Pass, "Built in; its answers are simulated and count nowhere.".to_owned(), None)
        }
        Ok(Ok(version)) => {
            let address = provider.base_url().unwrap_or_default();
            let who = version.map_or_else(|| "It".to_owned(), |version| format!("Version {version}"));
            (Status::Pass, format!("{who} answers at {address}."), None)
        }
        Ok(Err(error)) => (Status::Warn, error.detail.clone(), Some(remedy(provider, error.kind))),
        Err(_) => (
            Status::Warn,
            format!("Nothing answers at {} within a second.", provider.base_url().unwrap_or_default()),
            Some(remedy(provider, llm::CallErrorKind::TimeoutConnect)),
        ),
    }
}
