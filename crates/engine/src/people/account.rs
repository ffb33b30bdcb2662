//! One's own account.

use domain::audit::Action;
use domain::caller::{Caller, Credential};
use domain::clock::Timestamp;
use domain::ids::{SessionId, TokenId, UserId, WorkspaceId};
use domain::permission::{ServerRole, WorkspaceRole};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::users::UserRow;
use utoipa::ToSchema;

use super::passwords::NewPassword;
use super::sign_in::AccessGrant;
use super::{People, names};
use crate::error::{Conflict, Denial, Error, Result};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The account.
    pub id: UserId,
    /// Its name, which never changes.
    pub name: String,
    /// Its e-mail address.
    pub email: Option<String>,
    /// What it is on the server.
    pub role: ServerRole,
    /// Whether a sign-in asks for a second factor.
    pub two_factor: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it cannot be used.
    pub disabled_at: Option<Timestamp>,
    /// Whether its person was erased: then its name is made up, and it stays disabled.
    pub erased: bool,
}

impl From<UserRow> for Account {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            erased: is_erased(&row),
            name: row.name,
            email: row.email,
            role: row.role,
            two_factor: row.totp_confirmed_at.is_some(),
            created_at: Timestamp(row.created_at),
            disabled_at: row.disabled_at.map(Timestamp),
        }
    }
}

/// A workspace, and what somebody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Workspace {
    /// The workspace.
    pub id: WorkspaceId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What who asks is there. None: an admin who is no member.
    pub role: Option<WorkspaceRole>,
}

impl From<store::workspaces::WorkspaceRow> for Workspace {
    fn from(row: store::workspaces::WorkspaceRow) -> Self {
        Self { id: row.id, slug: row.slug, name: row.name, role: row.role }
    }
}

/// What a page wants to know first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CurrentSession {
    /// Who is signed in.
    pub user: Account,
    /// The workspaces that are open to them.
    pub workspaces: Vec<Workspace>,
    /// When the password was last given.
    pub confirmed_at: Timestamp,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

/// The session of who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnSession {
    pub(super) user: UserId,
    pub(super) id: SessionId,
    pub(super) token: TokenId,
}

impl OwnSession {
    pub(super) fn of(caller: &Caller) -> Result<Self> {
        match (caller.user, &caller.credential) {
            (Some(user), Credential::Session { id, token, .. }) => Ok(Self { user, id: *id, token: *token }),
            _ => Err(Error::denied(Denial::NoSession)),
        }
    }
}

/// The account of who asks, by whatever credential.
pub(super) fn own(caller: &Caller) -> Result<UserId> {
    caller.user.ok_or_else(|| Error::denied(Denial::NoSession))
}

/// Whether the person of an account was erased.
pub(super) fn is_erased(user: &UserRow) -> bool {
    user.name == names::erased(user.id)
}

/// Refuses to change an account whose person was erased.
pub(super) fn not_erased(user: UserRow) -> Result<UserRow> {
    if is_erased(&user) {
        return Err(Error::conflict(
            Conflict::WrongState,
            "The person of this account was erased: it stays disabled. Nothing was changed.",
        ));
    }
    Ok(user)
}

pub(super) fn no_account() -> Error {
    Error::not_found("such account")
}

impl People {
    /// The account of who asks.
    pub async fn account(&self, caller: &Caller) -> Result<Account> {
        let user = own(caller)?;
        let found = self.store.read(move |conn| store::users::get(conn, user)).await?;
        found.map(Account::from).ok_or_else(no_account)
    }

    /// The session of who asks, with the account and its workspaces.
    pub async fn current_session(&self, caller: &Caller) -> Result<CurrentSession> {
        let (own, now) = (OwnSession::of(caller)?, self.clock.now());
        self.store
            .try_read(move |conn| {
                let user = store::users::get(conn, own.user)?.ok_or_else(no_account)?;
                let session =
                    store::sessions::get(conn, own.id)?.ok_or_else(|| Error::denied(Denial::Token))?;
                let workspaces = store::workspaces::of_user(conn, own.user, false, now)?;
                Ok(CurrentSession {
                    user: Account::from(user),
                    workspaces: workspaces.into_iter().map(Workspace::from).collect(),
                    confirmed_at: Timestamp(session.confirmed_at),
                    expires_at: Timestamp(session.expires_at),
                })
            })
            .await
    }

    /// Sets the e-mail address of who asks, or takes it away.
    pub async fn set_email(&self, caller: &Caller, email: Option<&str>) -> Result<Account> {
        let (user, at) = (own(caller)?, self.clock.now());
        let email =
            email.map(names::check_email).transpose().map_err(|problem| Error::problems(vec![problem]))?;
        let entry = self.audit.entry(caller, Action::AccountEdit).on("user", user);
        self.store
            .try_write(move |conn| {
                if !store::users::set_email(conn, user, email.as_ref(), at)? {
                    return Err(Error::conflict(
                        Conflict::NameTaken,
                        "Another account has this e-mail address. Nothing was changed.",
                    ));
                }
                store::audit::append(conn, &entry)?;
                store::users::get(conn, user)?.map(Account::from).ok_or_else(no_account)
            })
            .await
    }

    /// Sets another password. Every other session of the account ends, and links that would set one are void; API keys
    /// stay. The access token that was shown is denied: the answer has another one.
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: SecretString,
        new: SecretString,
    ) -> Result<AccessGrant> {
        let own = OwnSession::of(caller)?;
        let user = self.verify_own(caller, current).await?;
        let around = [Some(user.name.clone()), user.email.clone()].into_iter().flatten().collect();
        let hash = self.hasher.hash(NewPassword { password: new, pointer: "/new", around }).await?;
        let (at, issuer) = (self.clock.now(), self.settings.issuer.clone());
        let entry = self.audit.entry(caller, Action::PasswordChange).on("user", own.user);
        self.store
            .try_write(move |conn| {
                if !store::users::set_password(conn, own.user, user.password_hash.as_deref(), &hash, at)? {
                    return Err(Error::denied(Denial::Password));
                }
                store::sessions::end_all(conn, own.user, Some(own.id), "password_changed", at)?;
                store::sessions::confirm(conn, own.id, at)?;
                store::one_time_links::void_resets(conn, own.user, at)?;
                store::audit::append(conn, &entry)?;
                Ok(super::sign_in::deny(conn, &issuer, own.token, at)?)
            })
            .await?;
        self.forget();
        self.grant(own.user, own.id).await
    }
}
