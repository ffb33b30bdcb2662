//! API keys of accounts: seeing, making and revoking them, and what each may use on a day.

use std::collections::HashMap;

use domain::audit::Action;
use domain::budget::{Budget, DailyUsage, Day};
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{ApiKeyId, UserId};
use domain::permission::{Scope, ServerRole};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Conn;
use store::api_keys::ApiKeyRow;
use store::budgets::BudgetRow;
use utoipa::ToSchema;

use super::account::{no_account, own};
use super::{People, api_key_text, secret};
use crate::error::{Conflict, Error, Result};
use crate::limits::BudgetView;

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How many keys of an account may live at once.
const MOST: i64 = 100;

/// An API key, without what is secret in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// The key.
    pub id: ApiKeyId,
    /// How it begins, to recognise it by: `pck_` and eight characters.
    pub begins_with: String,
    /// What its owner calls it.
    pub name: String,
    /// Slug of the only workspace that it opens.
    pub workspace: String,
    /// What it may be used for, never more than its owner may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Where it was last used from.
    pub last_used_address: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// What the runs that it starts may use on each day of UTC.
    pub budget: Budget,
    /// What they have used today.
    pub used_today: DailyUsage,
}

impl ApiKey {
    fn of(row: ApiKeyRow, budget: &BudgetRow) -> Self {
        Self {
            id: row.id,
            begins_with: format!("{}{}", api_key_text::PREFIX, row.key_id),
            name: row.name,
            workspace: row.workspace,
            scopes: row.scopes,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            last_used_at: row.last_used_at.map(Timestamp),
            last_used_address: row.last_used_address,
            revoked_at: row.revoked_at.map(Timestamp),
            budget: budget.budget,
            used_today: budget.used,
        }
    }
}

/// The keys of an account, the newest first, with their budgets.
fn keys_of(conn: &mut Conn, user: UserId, day: Day) -> store::Result<Vec<ApiKey>> {
    let budgets = store::budgets::of_api_keys(conn, user, day)?;
    let budgets: HashMap<String, BudgetRow> =
        budgets.into_iter().map(|row| (row.subject.clone(), row)).collect();
    let rows = store::api_keys::of_user(conn, user)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| budgets.get(&row.id.to_string()).map(|budget| ApiKey::of(row, budget)))
        .collect())
}

/// An API key to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What to call it: where it will be used.
    #[garde(length(chars, min = 1, max = 100))]
    pub name: String,
    /// Slug of the only workspace that it opens.
    #[garde(skip)]
    pub workspace: String,
    /// What it may be used for.
    #[garde(length(min = 1, max = 6))]
    pub scopes: Vec<Scope>,
    /// After how many days it ends.
    #[serde(default = "ninety")]
    #[garde(range(min = 1, max = 366))]
    pub expires_in_days: u32,
    /// What the runs that it starts may use on each day of UTC. Left out: what the workspace may.
    #[serde(default)]
    #[garde(dive)]
    pub budget: Option<Budget>,
}

/// How long a key lasts where nothing else is asked for.
fn ninety() -> u32 {
    90
}

/// An API key that was just made, with its text, which is shown this once.
#[derive(Debug)]
pub struct MadeApiKey {
    /// The key.
    pub key: ApiKey,
    /// All of it.
    pub text: SecretString,
}

impl People {
    /// The API keys of who asks, the newest first.
    pub async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>> {
        self.api_keys_of(own(caller)?).await
    }

    /// Makes an API key for who asks, in a workspace of which they are a member.
    pub async fn create_api_key(&self, caller: &Caller, new: NewApiKey) -> Result<MadeApiKey> {
        let user = own(caller)?;
        self.make_api_key(caller, user, new).await
    }

    /// Revokes an API key of who asks, at once.
    pub async fn revoke_api_key(&self, caller: &Caller, key: ApiKeyId) -> Result<()> {
        let user = own(caller)?;
        self.revoke_key_of(caller, user, key).await
    }

    /// Sets what the runs that an API key of who asks starts may use on each day, from now on.
    pub async fn set_api_key_budget(
        &self,
        caller: &Caller,
        key: ApiKeyId,
        budget: Budget,
    ) -> Result<BudgetView> {
        let (user, at) = (own(caller)?, self.clock.now());
        let (by, subject, day) = (caller.name.to_string(), key.to_string(), Day::of(at));
        let entry = self.audit.entry(caller, Action::BudgetSet).on("api_key", key);
        let row = self
            .store
            .try_write(move |conn| {
                let keys = store::api_keys::of_user(conn, user)?;
                if !keys.iter().any(|known| known.id == key && known.revoked_at.is_none()) {
                    return Err(no_key());
                }
                store::budgets::set(conn, &subject, &budget, &by, at)?;
                store::audit::append(conn, &entry)?;
                Result::Ok(store::budgets::get(conn, &subject, day)?)
            })
            .await?;
        Ok(BudgetView::of(row, day))
    }

    pub(super) async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>> {
        let day = Day::of(self.clock.now());
        Ok(self.store.read(move |conn| keys_of(conn, user, day)).await?)
    }

    pub(super) async fn make_api_key(
        &self,
        caller: &Caller,
        user: UserId,
        new: NewApiKey,
    ) -> Result<MadeApiKey> {
        let (key_id, text) = api_key_text::new()?;
        let (id, at) = (ApiKeyId::new(&*self.ids), self.clock.now());
        let secret_hash = secret::hash(text.expose_secret());
        let mut scopes = new.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let entry = self.audit.entry(caller, Action::ApiKeyCreate).on("api_key", id);
        let entry = entry.with("user", user.to_string()).with("scopes", words);
        let budget_set = self.audit.entry(caller, Action::BudgetSet).on("api_key", id);
        let (name, slug, budget, by) = (new.name, new.workspace, new.budget, caller.name.to_string());
        let expires_at = at + i64::from(new.expires_in_days) * DAY_MS;
        let key = self
            .store
            .try_write(move |conn| {
                let owner = store::users::get(conn, user)?.ok_or_else(no_account)?;
                let nowhere = || {
                    Error::invalid(
                        "/workspace",
                        format!("There is no workspace `{slug}` of which the account is a member."),
                    )
                };
                let workspace_id = store::workspaces::find(conn, &slug)?.ok_or_else(nowhere)?;
                if owner.role == ServerRole::Guest
                    || store::members::role(conn, workspace_id, user, at)?.is_none()
                {
                    return Err(nowhere());
                }
                if store::api_keys::count_live(conn, user, at)? >= MOST {
                    return Err(Error::conflict(
                        Conflict::TooMany,
                        format!("There are {MOST} keys that have not ended. Revoke one first."),
                    ));
                }
                let row = store::api_keys::NewApiKey {
                    id,
                    key_id: key_id.clone(),
                    secret_hash: secret_hash.clone(),
                    user_id: user,
                    workspace_id,
                    name: name.clone(),
                    scopes: scopes.clone(),
                    expires_at,
                    at,
                };
                if !store::api_keys::insert(conn, &row)? {
                    return Err(Error::conflict(Conflict::TooMany, "The key could not be drawn. Try again."));
                }
                store::audit::append(conn, &entry.clone().in_workspace(workspace_id))?;
                if let Some(budget) = &budget {
                    store::budgets::set(conn, &id.to_string(), budget, &by, at)?;
                    store::audit::append(conn, &budget_set.clone().in_workspace(workspace_id))?;
                }
                let made = keys_of(conn, user, Day::of(at))?.into_iter().find(|key| key.id == id);
                made.ok_or_else(|| Error::not_found("such key"))
            })
            .await?;
        Ok(MadeApiKey { key, text })
    }

    pub(super) async fn revoke_key_of(&self, caller: &Caller, user: UserId, key: ApiKeyId) -> Result<()> {
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::ApiKeyRevoke).on("api_key", key);
        let entry = entry.with("user", user.to_string());
        let revoked = self
            .store
            .write(move |conn| {
                let revoked = store::api_keys::revoke(conn, key, user, at)?;
                if revoked {
                    store::audit::append(conn, &entry)?;
                }
                Ok(revoked)
            })
            .await?;
        self.forget();
        if revoked { Ok(()) } else { Err(no_key()) }
    }
}

fn no_key() -> Error {
    Error::not_found("such key that was not revoked before")
}
