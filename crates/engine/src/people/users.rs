//! Accounts as an admin sees and changes them.

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::{ApiKeyId, UserId, WorkspaceId};
use domain::permission::ServerRole;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::{Account, no_account, not_erased};
use super::api_keys::{ApiKey, MadeApiKey, NewApiKey};
use super::sessions::Session;
use super::setup::{NewAccount, insert_user};
use super::{People, names};
use crate::error::{Conflict, Error, Result};

/// What is to be changed of an account.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// What it is to be on the server.
    #[serde(default)]
    #[garde(skip)]
    pub role: Option<ServerRole>,
    /// Whether it is to be disabled: nobody can use it, and its sessions end.
    #[serde(default)]
    #[garde(skip)]
    pub disabled: Option<bool>,
}

impl People {
    /// Accounts after one, in the order in which they were made.
    pub async fn users(&self, after: Option<UserId>, limit: i64) -> Result<Vec<Account>> {
        let rows = self.store.read(move |conn| store::users::list(conn, after, limit)).await?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// One account.
    pub async fn user(&self, id: UserId) -> Result<Account> {
        let row = self.store.read(move |conn| store::users::get(conn, id)).await?;
        row.map(Account::from).ok_or_else(no_account)
    }

    /// The account of a name or of an e-mail address.
    pub async fn find_user(&self, name: &str) -> Result<Account> {
        let key = names::key(name);
        let row = self.store.read(move |conn| store::users::find(conn, &key)).await?;
        row.map(Account::from).ok_or_else(|| Error::not_found(format!("account `{name}`")))
    }

    /// Makes an account with a password, as the command line does.
    pub async fn create_user(
        &self,
        caller: &Caller,
        account: NewAccount,
        role: ServerRole,
    ) -> Result<Account> {
        let user = self.new_user(account, role).await?;
        let entry =
            self.audit.entry(caller, Action::UserCreate).on("user", user.id).with("role", role.as_str());
        let workspace = WorkspaceId::new(&*self.ids);
        let row = self
            .store
            .try_write(move |conn| {
                // Who is first owns the workspace that a fresh server has.
                let first = !store::users::any(conn)?;
                insert_user(conn, &user)?;
                if first && role == ServerRole::Admin {
                    super::members::own_default(conn, workspace, user.id, user.at)?;
                    store::one_time_links::void_setups(conn, user.at)?;
                }
                store::audit::append(conn, &entry)?;
                store::users::get(conn, user.id)?.ok_or_else(no_account)
            })
            .await?;
        Ok(Account::from(row))
    }

    /// Gives an account another role, disables or enables it. There is always an admin who is not disabled.
    pub async fn edit_user(&self, caller: &Caller, id: UserId, edit: EditUser) -> Result<Account> {
        let at = self.clock.now();
        let entry = |action| self.audit.entry(caller, action).on("user", id);
        let (role_set, disabled_set, enabled_set) =
            (entry(Action::UserRole), entry(Action::UserDisable), entry(Action::UserEnable));
        let row = self
            .store
            .try_write(move |conn| {
                let before = not_erased(store::users::get(conn, id)?.ok_or_else(no_account)?)?;
                if let Some(role) = edit.role.filter(|role| *role != before.role) {
                    if !store::users::set_role(conn, id, role, at)? {
                        return Err(last_admin());
                    }
                    let entry = role_set.clone().with("from", before.role.as_str()).with("to", role.as_str());
                    store::audit::append(conn, &entry)?;
                }
                if let Some(disabled) =
                    edit.disabled.filter(|disabled| *disabled != before.disabled_at.is_some())
                {
                    if !store::users::set_disabled(conn, id, disabled.then_some(at), at)? {
                        return Err(last_admin());
                    }
                    if disabled {
                        store::sessions::end_all(conn, id, None, "disabled", at)?;
                    }
                    store::audit::append(conn, if disabled { &disabled_set } else { &enabled_set })?;
                }
                store::users::get(conn, id)?.ok_or_else(no_account)
            })
            .await?;
        self.forget();
        Ok(Account::from(row))
    }

    /// The sessions of an account.
    pub async fn sessions_of_user(&self, id: UserId) -> Result<Vec<Session>> {
        self.user(id).await?;
        self.sessions_of(id, None).await
    }

    /// Ends every session of an account. Returns how many ended.
    pub async fn end_sessions_of_user(&self, caller: &Caller, id: UserId) -> Result<u64> {
        self.user(id).await?;
        self.end_sessions(caller, id, None).await
    }

    /// The API keys of an account.
    pub async fn api_keys_of_user(&self, id: UserId) -> Result<Vec<ApiKey>> {
        self.user(id).await?;
        self.api_keys_of(id).await
    }

    /// Makes an API key for an account, as the command line does.
    pub async fn create_api_key_of_user(
        &self,
        caller: &Caller,
        id: UserId,
        new: NewApiKey,
    ) -> Result<MadeApiKey> {
        self.make_api_key(caller, id, new).await
    }

    /// Revokes an API key of an account.
    pub async fn revoke_api_key_of_user(&self, caller: &Caller, id: UserId, key: ApiKeyId) -> Result<()> {
        self.revoke_key_of(caller, id, key).await
    }
}

pub(super) fn last_admin() -> Error {
    Error::conflict(
        Conflict::LastAdmin,
        "There would be no admin left. Nothing was changed; make somebody else an admin first.",
    )
}
