//! API keys of accounts: seeing, making and revoking them.

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{ApiKeyId, UserId};
use domain::permission::{Scope, ServerRole};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::api_keys::ApiKeyRow;
use utoipa::ToSchema;

use super::account::{no_account, own};
use super::{People, api_key_text, secret};
use crate::error::{Conflict, Error, Result};

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
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
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
        }
    }
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

    pub(super) async fn api_keys_of(&self, user: UserId) -> Result<Vec<ApiKey>> {
        let rows = self.store.read(move |conn| store::api_keys::of_user(conn, user)).await?;
        Ok(rows.into_iter().map(ApiKey::from).collect())
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
        let (name, slug) = (new.name, new.workspace);
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
                let made = store::api_keys::of_user(conn, user)?.into_iter().find(|key| key.id == id);
                made.map(ApiKey::from).ok_or_else(|| Error::not_found("such key"))
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
        if revoked { Ok(()) } else { Err(Error::not_found("such key that was not revoked before")) }
    }
}
