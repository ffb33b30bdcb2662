//! The health of everything the server depends on, each problem with its remedy.

use std::time::Duration;

use domain::clock::Timestamp;
use futures_util::future::join_all;
use llm::{Guarded, ProviderKind};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::providers::remedy;
use crate::Engine;

/// How long one check may take.
const LIMIT: Duration = Duration::from_secs(1);
/// With less room than this on its disk the database is in danger, in bytes.
const LITTLE_ROOM: u64 = 256 * 1024 * 1024;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// As it should be.
    Pass,
    /// Something does not work, the rest does.
    Warn,
    /// The server cannot do its work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// What was looked at: `database`, `disk`, or the name of a provider.
    pub name: String,
    /// What kind of thing it is: `database`, `disk`, `provider`.
    pub component: String,
    /// How it is.
    pub status: CheckStatus,
    /// What was found, in a sentence.
    pub detail: String,
    /// What to do, in a sentence, where there is something to do.
    pub remedy: Option<String>,
    /// How long looking took, in milliseconds.
    pub observed_ms: i64,
}

/// The health of everything the server depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The worst of the checks that the server cannot do without; a model server that is down is `warn`.
    pub status: CheckStatus,
    /// What was looked at.
    pub checks: Vec<Check>,
    /// The version of this program.
    pub version: String,
    /// When the server was started.
    pub started_at: Timestamp,
}

impl Engine {
    /// Looks at the database, its disk and every model server, all at once, each for a second at most.
    pub async fn health(&self) -> Health {
        let all = self.directory.all();
        let providers = join_all(all.iter().map(|provider| check_provider(provider)));
        let (database, providers) = tokio::join!(self.check_database(), providers);
        let mut checks = vec![database];
        checks.extend(self.check_disk());
        checks.extend(providers);
        let status = checks.iter().map(|check| check.status).max().unwrap_or(CheckStatus::Pass);
        Health {
            status,
            checks,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Timestamp(self.started_at),
        }
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.check_database().await.status != CheckStatus::Fail
    }

    async fn check_database(&self) -> Check {
        let begun = Instant::now();
        let read = timeout(LIMIT, self.store.read(store::runs::active)).await;
        let (status, detail, remedy) = match read {
            Ok(Ok(_)) => match self.store.trouble() {
                None => (CheckStatus::Pass, "The database answers.".to_owned(), None),
                Some(error) => (
                    CheckStatus::Warn,
                    format!("The database answers, but not everything worked lately: {error}."),
                    Some("Look at the log of the database; work goes on by itself.".to_owned()),
                ),
            },
            Ok(Err(error)) => (
                CheckStatus::Fail,
                format!("The database does not answer: {error}."),
                Some("Look at the log of this server.".to_owned()),
            ),
            Err(_) => (
                CheckStatus::Fail,
                "The database did not answer within a second.".to_owned(),
                Some("Look whether the disk is slow or another program reads the file.".to_owned()),
            ),
        };
        check("database", "database", status, detail, remedy, begun)
    }

    fn check_disk(&self) -> Option<Check> {
        let begun = Instant::now();
        let disk = match self.store.disk() {
            Ok(disk) => disk?,
            Err(error) => {
                let detail = format!("The room on the disk is not known: {error}.");
                return Some(check("disk", "disk", CheckStatus::Warn, detail, None, begun));
            }
        };
        let free = disk.free_bytes / (1024 * 1024);
        let little = disk.free_bytes < LITTLE_ROOM;
        let remedy = little.then(|| "Free 256 MB; saving works again by itself, and runs go on.".to_owned());
        let status = if little { CheckStatus::Warn } else { CheckStatus::Pass };
        Some(check("disk", "disk", status, format!("{free} MiB are free."), remedy, begun))
    }
}

async fn check_provider(provider: &Guarded) -> Check {
    let begun = Instant::now();
    let simulated = provider.kind() == ProviderKind::Simulated;
    let (status, detail, remedy) = match timeout(LIMIT, provider.version()).await {
        Ok(Ok(_)) if simulated => {
            (CheckStatus::Pass, "Built in; its answers are simulated and count nowhere.".to_owned(), None)
        }
        Ok(Ok(version)) => {
            let address = provider.base_url().unwrap_or_default();
            let who = version.map_or_else(|| "It".to_owned(), |version| format!("Version {version}"));
            (CheckStatus::Pass, format!("{who} answers at {address}."), None)
        }
        Ok(Err(error)) => (CheckStatus::Warn, error.detail.clone(), Some(remedy(provider, error.kind))),
        Err(_) => (
            CheckStatus::Warn,
            format!("Nothing answers at {} within a second.", provider.base_url().unwrap_or_default()),
            Some(remedy(provider, llm::CallErrorKind::TimeoutConnect)),
        ),
    };
    check(provider.name(), "provider", status, detail, remedy, begun)
}

fn check(
    name: &str,
    component: &str,
    status: CheckStatus,
    detail: String,
    remedy: Option<String>,
    begun: Instant,
) -> Check {
    Check {
        name: name.to_owned(),
        component: component.to_owned(),
        status,
        detail,
        remedy,
        observed_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
    }
}
