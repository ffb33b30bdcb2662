//! What it takes to find out who asks and whether they may: by a token that was seen before, and by one that was not.

use std::sync::Arc;

use anyhow::{Context, Result};
use domain::clock::Clock;
use domain::grant::{self, Membership};
use domain::ids::{IdSource, WorkspaceId};
use domain::permission::Permission;
use engine::DEFAULT_WORKSPACE;
use engine::audit::{Audit, AuditSettings};
use engine::people::{AuthSettings, ClientInfo, NewAccount, People};
use engine::secrets::{ExposeSecret, MasterKey, Sealer};
use promptcards::{SystemClock, SystemIds};
use store::{Store, StoreSettings};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::figures::{Row, float, median, spread};

const ROUNDS: usize = 7;
const SEEN: usize = 20_000;
const NEW: usize = 100;
const SEEN_AT_MOST_US: f64 = 15.0;
const NEW_AT_MOST_US: f64 = 100.0;

pub(crate) async fn rows() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("promptcards.db");
    let store = Store::open(StoreSettings { path, ..StoreSettings::default() })?;
    let people = people(&store).await?;
    let client = ClientInfo::default();
    let secret = people.setup_secret(None).await?.context("there is an account already")?;
    let account =
        NewAccount { name: testkit::ADMIN.to_owned(), email: None, password: testkit::PASSWORD.into() };
    let mut session = people.finish_setup(secret.expose_secret(), account, &client).await?;
    let workspace = store.read(|conn| store::workspaces::find(conn, DEFAULT_WORKSPACE)).await?;
    let workspace = workspace.context("there is no workspace")?;

    let (mut seen, mut new) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let token = session.access.token.expose_secret().to_owned();
        seen.push(admit(&people, workspace, std::iter::repeat_n(token.as_str(), SEEN)).await?);
        let mut tokens = Vec::new();
        for _ in 0..NEW {
            session = people.refresh(session.refresh_token.expose_secret(), &client).await?;
            tokens.push(session.access.token.expose_secret().to_owned());
        }
        new.push(admit(&people, workspace, tokens.iter().map(String::as_str)).await?);
    }
    let row = |what, figures: &[f64], limit: f64| {
        let measured = format!("{} µs", spread(figures, 1));
        Row::new(what, measured, format!("{limit} µs"), median(figures) <= limit)
    };
    Ok(vec![
        row("who asks, and whether they may: token seen before", &seen, SEEN_AT_MOST_US),
        row("the same, token new: signature and two reads of a file", &new, NEW_AT_MOST_US),
    ])
}

async fn people(store: &Store) -> Result<People> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);
    let sealer = Sealer::new(store, &clock, MasterKey::draw()?);
    let tasks = TaskTracker::new();
    let audit = Audit::open(store, &sealer, &clock, AuditSettings::default(), &tasks).await?;
    Ok(People::open(store, &clock, &ids, sealer, AuthSettings::default(), &audit, &tasks).await?)
}

/// Microseconds for each of the tokens.
async fn admit<'a>(
    people: &People,
    workspace: WorkspaceId,
    tokens: impl Iterator<Item = &'a str>,
) -> Result<f64> {
    let (mut count, begun) = (0, Instant::now());
    for token in tokens {
        let caller = people.authenticate_access(token).await?;
        let user = caller.user.context("nobody")?;
        let role = people.workspace_role(user, workspace).await?;
        let membership = Some(Membership { workspace, role });
        let granted = grant::check(Permission::CardsRead, &caller, membership, people.now());
        anyhow::ensure!(granted.is_ok(), "refused");
        count += 1;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / float(count))
}
