//! The first account: who knows the secret of the start makes it, and nobody else.

use domain::audit::Action;
use domain::clock::Millis;
use domain::ids::{UserId, WorkspaceId};
use domain::permission::ServerRole;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::one_time_links::{Link, LinkKind};
use store::users::NewUser;

use super::passwords::NewPassword;
use super::sign_in::{ClientInfo, SignedIn};
use super::{People, names, secret};
use crate::error::{Conflict, Denial, Error, Result};

/// How long the secret is good for, in milliseconds: a day.
const LASTING: Millis = 24 * 60 * 60 * 1000;

/// An account to be made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its name, which never changes.
    pub name: String,
    /// Its e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Its password.
    pub password: SecretString,
}

impl People {
    /// Whether there is no account yet.
    pub async fn setup_needed(&self) -> Result<bool> {
        Ok(!self.store.read(store::users::any).await?)
    }

    /// The secret by which the first account can be made: the one that a start before this gave, if it still is good, or
    /// a new one, which makes earlier ones void. None: there is an account.
    pub async fn setup_secret(&self, earlier: Option<SecretString>) -> Result<Option<SecretString>> {
        if !self.setup_needed().await? {
            return Ok(None);
        }
        let at = self.clock.now();
        if let Some(earlier) = earlier {
            let hash = secret::hash(earlier.expose_secret());
            let found = self.store.read(move |conn| store::one_time_links::find(conn, &hash, at)).await?;
            if found.is_some_and(|link| link.kind == LinkKind::Setup) {
                return Ok(Some(earlier));
            }
        }
        let (secret, hash) = secret::token()?;
        let link = Link {
            kind: LinkKind::Setup,
            user_id: None,
            name: None,
            email: None,
            role: Some(ServerRole::Admin),
            workspace: None,
            created_by: domain::caller::Caller::machine().name.to_string(),
            created_at: at,
            expires_at: at + LASTING,
        };
        self.store
            .write(move |conn| {
                store::one_time_links::void_setups(conn, at)?;
                store::one_time_links::insert(conn, &hash, &link)
            })
            .await?;
        Ok(Some(secret))
    }

    /// Makes the first account, an admin who owns the workspace `default`, and signs it in.
    pub async fn finish_setup(
        &self,
        secret: &str,
        account: NewAccount,
        client: &ClientInfo,
    ) -> Result<SignedIn> {
        let link = secret::hash(secret);
        let (wanted, now) = (link.clone(), self.clock.now());
        let found = self.store.read(move |conn| store::one_time_links::find(conn, &wanted, now)).await?;
        if found.is_none_or(|link| link.kind != LinkKind::Setup) {
            return Err(Error::denied(Denial::Link));
        }
        let user = self.new_user(account, ServerRole::Admin).await?;
        let (begun, refresh_token) = self.new_session(user.id, false, client)?;
        let (session, at, workspace) = (begun.clone(), user.at, WorkspaceId::new(&*self.ids));
        let entry = self.entry_of(client, Action::Setup).in_session(user.id, begun.id()).on("user", user.id);
        let row = self
            .store
            .try_write(move |conn| {
                if store::users::any(conn)? || !store::one_time_links::take(conn, &link, at)? {
                    return Err(Error::denied(Denial::Link));
                }
                insert_user(conn, &user)?;
                super::members::own_default(conn, workspace, user.id, at)?;
                session.insert(conn)?;
                store::audit::append(conn, &entry)?;
                store::users::get(conn, user.id)?.ok_or_else(super::account::no_account)
            })
            .await?;
        self.signed_in(row, begun, refresh_token).await
    }

    /// What a new account is made of, its password looked at and hashed.
    pub(super) async fn new_user(&self, account: NewAccount, role: ServerRole) -> Result<NewUser> {
        let NewAccount { name, email, password } = account;
        let mut problems = Vec::new();
        problems.extend(names::check_name(&name).err());
        let email = match email.as_deref().map(names::check_email).transpose() {
            Ok(email) => email,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        if !problems.is_empty() {
            return Err(Error::problems(problems));
        }
        let mut around = vec![name.clone()];
        around.extend(email.iter().map(|(email, _)| email.clone()));
        let password_hash = self.hasher.hash(NewPassword { password, pointer: "/password", around }).await?;
        Ok(NewUser {
            id: UserId::new(&*self.ids),
            name_key: names::key(&name),
            name,
            email,
            role,
            password_hash,
            at: self.clock.now(),
        })
    }
}

/// Inserts an account whose name and address are nobody's.
pub(super) fn insert_user(conn: &mut store::Conn, user: &NewUser) -> Result<()> {
    if store::users::insert(conn, user)? {
        return Ok(());
    }
    Err(Error::conflict(
        Conflict::NameTaken,
        "There is an account of this name or e-mail address. Nothing was changed; choose another one.",
    ))
}
