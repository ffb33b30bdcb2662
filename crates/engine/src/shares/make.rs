//! Shares as who makes them sees them: made, listed, revoked.

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{CardId, RunId, ShareId, UserId, WorkspaceId};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::shares::{ShareRow, SharedObject};
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Conflict, Denial, Error, Problem, Result};
use crate::people::{name_key, secret};
use crate::{cards, runs};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// Most shares of one thing.
const MOST: i64 = 100;
/// Most accounts of one share.
const ACCOUNTS: usize = 50;

/// What is to be shared, with whom, and for how long.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewShare {
    /// Slug of the card. Give it or `run`.
    #[serde(default)]
    #[garde(inner(length(chars, max = 100)))]
    pub card: Option<String>,
    /// The run.
    #[serde(default)]
    #[garde(skip)]
    pub run: Option<RunId>,
    /// For how many days, 1 to 365.
    #[serde(default = "usual_days")]
    #[schema(default = 30)]
    #[garde(range(min = 1, max = 365))]
    pub expires_in_days: i64,
    /// Whether it has a link, by which anybody can read it who has the link.
    #[serde(default)]
    #[garde(skip)]
    pub link: bool,
    /// The names of the accounts that can read it, of whatever role.
    #[serde(default)]
    #[garde(length(max = ACCOUNTS), inner(length(chars, min = 1, max = 64)))]
    pub accounts: Vec<String>,
}

fn usual_days() -> i64 {
    30
}

/// What lets others read a card or a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Share {
    /// The share.
    pub id: ShareId,
    /// The card that it lets be read.
    pub card_id: Option<CardId>,
    /// The run that it lets be read.
    pub run_id: Option<RunId>,
    /// Whether it has a link.
    pub link: bool,
    /// The names of the accounts that it is for.
    pub accounts: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// From when on it is void.
    pub expires_at: Timestamp,
    /// Whether it lets be read now. It does not while the card is archived, or while who made it is no editor.
    pub works: bool,
}

/// A share that was just made.
#[derive(Debug)]
pub struct MadeShare {
    /// The share.
    pub share: Share,
    /// The secret of its link, which is shown this once.
    pub secret: Option<SecretString>,
}

/// Which shares a list shows.
#[derive(Debug, Clone, Default)]
pub struct ShareFilter {
    /// Only those of the card with this slug.
    pub card: Option<String>,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those made before this one.
    pub before: Option<ShareId>,
    /// At most so many.
    pub limit: i64,
}

impl Engine {
    /// Lets others read a card or a run, and nothing else.
    pub async fn create_share(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        new: NewShare,
    ) -> Result<MadeShare> {
        let maker = caller.user.ok_or_else(|| Error::denied(Denial::NoSession))?;
        check(&new)?;
        let (secret, secret_hash) = if new.link { secret::token().map(Some)? } else { None }.unzip();
        let (id, at) = (ShareId::new(&*self.ids), self.clock.now());
        let entry = self.entry(caller, Action::ShareCreate).in_workspace(workspace).on("share", id);
        let share = self
            .store
            .try_write(move |conn| {
                let object = find(conn, workspace, new.card.as_deref(), new.run)?
                    .ok_or_else(|| Error::invalid("/card", "Name a card or a run."))?;
                if store::shares::count(conn, object, at)? >= MOST {
                    let detail = format!("There are {MOST} shares of this. Revoke one first.");
                    return Err(Error::conflict(Conflict::TooMany, detail));
                }
                let accounts = accounts(conn, &new.accounts)?;
                let row = store::shares::NewShare {
                    id,
                    workspace_id: workspace,
                    object,
                    secret_hash: secret_hash.clone(),
                    created_by: maker,
                    created_at: at,
                    expires_at: at + new.expires_in_days * DAY_MS,
                };
                store::shares::insert(conn, &row, &accounts)?;
                let (kind, of) = match object {
                    SharedObject::Card(card) => ("card", card.to_string()),
                    SharedObject::Run(run) => ("run", run.to_string()),
                };
                let ids: Vec<String> = accounts.iter().map(UserId::to_string).collect();
                let entry = entry.clone().with(kind, of).with("link", new.link).with("accounts", ids);
                store::audit::append(conn, &entry)?;
                let made = store::shares::list(conn, workspace, Some(object), None, at, MOST)?;
                let made = made.into_iter().find(|share| share.id == id).ok_or_else(no_share)?;
                view(conn, made)
            })
            .await?;
        Ok(MadeShare { share, secret })
    }

    /// The shares of a workspace that have not expired, the latest first.
    pub async fn shares(&self, workspace: WorkspaceId, filter: ShareFilter) -> Result<Vec<Share>> {
        let now = self.clock.now();
        self.store
            .try_read(move |conn| {
                let object = find(conn, workspace, filter.card.as_deref(), filter.run)?;
                let rows = store::shares::list(conn, workspace, object, filter.before, now, filter.limit)?;
                rows.into_iter().map(|row| view(conn, row)).collect()
            })
            .await
    }

    /// Takes a share back: from now on nobody reads by it.
    pub async fn revoke_share(&self, caller: &Caller, workspace: WorkspaceId, share: ShareId) -> Result<()> {
        let entry = self.entry(caller, Action::ShareRevoke).in_workspace(workspace).on("share", share);
        self.store
            .try_write(move |conn| {
                if !store::shares::remove(conn, workspace, share)? {
                    return Err(no_share());
                }
                Ok(store::audit::append(conn, &entry).map(drop)?)
            })
            .await
    }
}

fn check(new: &NewShare) -> Result<()> {
    let mut problems = Vec::new();
    if new.card.is_some() && new.run.is_some() {
        problems.push(Problem::at("/run", "Name a card or a run, not both."));
    }
    if !new.link && new.accounts.is_empty() {
        problems.push(Problem::at("/link", "Ask for a link, or name accounts."));
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::problems(problems)) }
}

/// The card or the run that is named, if one is.
fn find(
    conn: &mut Conn,
    workspace: WorkspaceId,
    card: Option<&str>,
    run: Option<RunId>,
) -> Result<Option<SharedObject>> {
    Ok(match (card, run) {
        (Some(slug), _) => Some(SharedObject::Card(cards::find_card(conn, workspace, slug)?.id)),
        (None, Some(run)) => Some(SharedObject::Run(runs::find_run(conn, workspace, run)?.id)),
        (None, None) => None,
    })
}

/// The accounts of these names. An e-mail address names nobody here.
fn accounts(conn: &mut Conn, names: &[String]) -> Result<Vec<UserId>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let key = name_key(name);
        let account = store::users::find(conn, &key)?.filter(|account| name_key(&account.name) == key);
        match account {
            Some(account) => found.push(account.id),
            None => problems
                .push(Problem::at(format!("/accounts/{index}"), format!("There is no account `{name}`."))),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Error::problems(problems)) }
}

fn view(conn: &mut Conn, row: ShareRow) -> Result<Share> {
    let (card_id, run_id) = match row.object {
        SharedObject::Card(card) => (Some(card), None),
        SharedObject::Run(run) => (None, Some(run)),
    };
    Ok(Share {
        id: row.id,
        card_id,
        run_id,
        link: row.link,
        accounts: store::shares::accounts(conn, row.id)?,
        created_by: row.created_by,
        created_at: Timestamp(row.created_at),
        expires_at: Timestamp(row.expires_at),
        works: row.works,
    })
}

fn no_share() -> Error {
    Error::not_found("such share")
}
