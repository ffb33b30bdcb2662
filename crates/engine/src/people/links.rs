//! Links that are good for one thing, once: an invitation, a new password. And registration without one.

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::UserId;
use domain::permission::{ServerRole, WorkspaceRole};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::one_time_links::{Link, LinkKind};
use utoipa::ToSchema;

use super::account::{no_account, not_erased};
use super::passwords::NewPassword;
use super::settings::Registration;
use super::setup::{NewAccount, insert_user};
use super::sign_in::{ClientInfo, SignedIn};
use super::{People, names, secret};
use crate::error::{Denial, Error, Result};

const HOUR_MS: Millis = 60 * 60 * 1000;
/// How long an invitation is good for, in milliseconds: 7 days.
const INVITATION: Millis = 7 * 24 * HOUR_MS;
/// How long a link to a new password is good for, in milliseconds: an hour.
const RESET: Millis = HOUR_MS;

/// Whom an invitation is for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// The name that it proposes; who accepts it may choose another.
    #[serde(default)]
    #[garde(skip)]
    pub name: Option<String>,
    /// The e-mail address that the account gets.
    #[serde(default)]
    #[garde(skip)]
    pub email: Option<String>,
    /// What the account is to be on the server.
    #[garde(skip)]
    pub role: ServerRole,
    /// Slug of the workspace that it is to be a member of.
    #[serde(default)]
    #[garde(skip)]
    pub workspace: Option<String>,
    /// What it is to be there.
    #[serde(default)]
    #[garde(skip)]
    pub workspace_role: Option<WorkspaceRole>,
}

/// A link that was just made. Its secret is shown this once.
#[derive(Debug)]
pub struct MadeLink {
    /// The secret, which stands in the link's fragment.
    pub secret: SecretString,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkView {
    /// `setup`, `invitation` or `reset`.
    pub kind: String,
    /// The name that is proposed, or of the account whose password is set.
    pub name: Option<String>,
    /// From when on it is void.
    pub expires_at: Timestamp,
}

impl People {
    /// Makes an invitation.
    pub async fn invite(&self, caller: &Caller, invite: Invite) -> Result<MadeLink> {
        if self.settings.registration == Registration::Closed {
            return Err(Error::denied(Denial::Registration));
        }
        let mut problems = Vec::new();
        problems.extend(invite.name.as_deref().and_then(|name| names::check_name(name).err()));
        problems.extend(invite.email.as_deref().and_then(|email| names::check_email(email).err()));
        if !problems.is_empty() {
            return Err(Error::problems(problems));
        }
        let (secret, hash) = secret::token()?;
        let (by, at) = (caller.name.to_string(), self.clock.now());
        let entry = self.audit.entry(caller, Action::UserInvite).with("role", invite.role.as_str());
        self.store
            .try_write(move |conn| {
                let workspace = match (&invite.workspace, invite.workspace_role) {
                    (None, None) => None,
                    (Some(_), _) if invite.role == ServerRole::Guest => {
                        return Err(Error::invalid(
                            "/workspace",
                            "A guest cannot be a member of a workspace.",
                        ));
                    }
                    (Some(slug), role) => {
                        let found = store::workspaces::find(conn, slug)?;
                        let missing =
                            || Error::invalid("/workspace", format!("There is no workspace `{slug}`."));
                        Some((found.ok_or_else(missing)?, role.unwrap_or(WorkspaceRole::Viewer)))
                    }
                    (None, Some(_)) => {
                        return Err(Error::invalid("/workspace", "Name the workspace of this role."));
                    }
                };
                let mut entry = entry.clone();
                entry.workspace = workspace.map(|(workspace, _)| workspace);
                store::audit::append(conn, &entry)?;
                let link = Link {
                    kind: LinkKind::Invitation,
                    user_id: None,
                    name: invite.name.clone(),
                    email: invite.email.clone(),
                    role: Some(invite.role),
                    workspace,
                    created_by: by.clone(),
                    created_at: at,
                    expires_at: at + INVITATION,
                };
                Result::Ok(store::one_time_links::insert(conn, &hash, &link)?)
            })
            .await?;
        Ok(MadeLink { secret, expires_at: Timestamp(at + INVITATION) })
    }

    /// Makes a link by which whose account it is sets a new password. Earlier ones are void. The password of now stays
    /// until then.
    pub async fn reset_link(&self, caller: &Caller, user: UserId) -> Result<MadeLink> {
        let (secret, hash) = secret::token()?;
        let (by, at) = (caller.name.to_string(), self.clock.now());
        let entry = self.audit.entry(caller, Action::ResetLink).on("user", user);
        self.store
            .try_write(move |conn| {
                not_erased(store::users::get(conn, user)?.ok_or_else(no_account)?)?;
                store::one_time_links::void_resets(conn, user, at)?;
                store::audit::append(conn, &entry)?;
                let link = Link {
                    kind: LinkKind::Reset,
                    user_id: Some(user),
                    name: None,
                    email: None,
                    role: None,
                    workspace: None,
                    created_by: by.clone(),
                    created_at: at,
                    expires_at: at + RESET,
                };
                Result::Ok(store::one_time_links::insert(conn, &hash, &link)?)
            })
            .await?;
        Ok(MadeLink { secret, expires_at: Timestamp(at + RESET) })
    }

    /// What a link leads to.
    pub async fn look_at_link(&self, secret: &str) -> Result<LinkView> {
        let (hash, now) = (secret::hash(secret), self.clock.now());
        self.store
            .try_read(move |conn| {
                let link = store::one_time_links::find(conn, &hash, now)?;
                let link = link.ok_or_else(|| Error::denied(Denial::Link))?;
                let name = match link.user_id {
                    Some(user) => store::users::get(conn, user)?.map(|user| user.name),
                    None => link.name,
                };
                Ok(LinkView {
                    kind: link.kind.as_str().to_owned(),
                    name,
                    expires_at: Timestamp(link.expires_at),
                })
            })
            .await
    }

    /// Makes the account of an invitation, and signs it in. The address is the invitation's, if it has one.
    pub async fn accept_invitation(
        &self,
        secret: &str,
        account: NewAccount,
        client: &ClientInfo,
    ) -> Result<SignedIn> {
        let (hash, link) = self.link(secret, LinkKind::Invitation).await?;
        let account = NewAccount { email: link.email.clone().or(account.email), ..account };
        let user = self.new_user(account, link.role.unwrap_or(ServerRole::Guest)).await?;
        let (begun, refresh_token) = self.new_session(user.id, false, client)?;
        let session = begun.clone();
        let entry = self.entry_of(client, Action::LinkAccept).in_session(user.id, begun.id());
        let entry = entry.on("user", user.id).with("kind", link.kind.as_str());
        let row = self
            .store
            .try_write(move |conn| {
                if !store::one_time_links::take(conn, &hash, user.at)? {
                    return Err(Error::denied(Denial::Link));
                }
                insert_user(conn, &user)?;
                if let Some((workspace, role)) = link.workspace {
                    store::members::set(conn, workspace, user.id, role, user.at)?;
                }
                session.insert(conn)?;
                store::audit::append(conn, &entry)?;
                store::users::get(conn, user.id)?.ok_or_else(no_account)
            })
            .await?;
        self.signed_in(row, begun, refresh_token).await
    }

    /// Sets the password of the account that a link leads to. Its sessions end; it is not signed in, because a second
    /// factor may be asked for.
    pub async fn accept_reset(
        &self,
        secret: &str,
        password: SecretString,
        client: &ClientInfo,
    ) -> Result<()> {
        let (hash, link) = self.link(secret, LinkKind::Reset).await?;
        let user = link.user_id.ok_or_else(|| Error::denied(Denial::Link))?;
        let user =
            self.store.read(move |conn| store::users::get(conn, user)).await?.ok_or_else(no_account)?;
        let around = [Some(user.name.clone()), user.email.clone()].into_iter().flatten().collect();
        let password_hash = self.hasher.hash(NewPassword { password, pointer: "/password", around }).await?;
        let (at, name_hash) = (self.clock.now(), secret::hash(&names::key(&user.name)));
        let entry = self.entry_of(client, Action::LinkAccept).on("user", user.id);
        let entry = entry.with("kind", link.kind.as_str());
        self.store
            .try_write(move |conn| {
                let before = store::users::get(conn, user.id)?.ok_or_else(no_account)?.password_hash;
                if !store::one_time_links::take(conn, &hash, at)?
                    || !store::users::set_password(conn, user.id, before.as_deref(), &password_hash, at)?
                {
                    return Err(Error::denied(Denial::Link));
                }
                store::sessions::end_all(conn, user.id, None, "password_reset", at)?;
                store::audit::append(conn, &entry)?;
                Ok(store::sign_in_failures::clear(conn, &name_hash)?)
            })
            .await?;
        self.forget();
        Ok(())
    }

    /// Makes an account for whoever asks, where the settings let anybody. Whether the name was taken, nobody is told.
    pub async fn register(&self, account: NewAccount, client: &ClientInfo) -> Result<()> {
        if self.settings.registration != Registration::Open {
            return Err(Error::denied(Denial::Registration));
        }
        let user = self.new_user(account, ServerRole::User).await?;
        let entry = self.entry_of(client, Action::UserCreate).on("user", user.id);
        let entry = entry.with("role", ServerRole::User.as_str());
        self.store
            .write(move |conn| {
                // The first account is made by who knows the secret of the start.
                if store::users::any(conn)? && store::users::insert(conn, &user)? {
                    store::audit::append(conn, &entry)?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    async fn link(&self, secret: &str, kind: LinkKind) -> Result<(String, Link)> {
        let (hash, now) = (secret::hash(secret), self.clock.now());
        let wanted = hash.clone();
        let found = self.store.read(move |conn| store::one_time_links::find(conn, &wanted, now)).await?;
        let link = found.filter(|link| link.kind == kind).ok_or_else(|| Error::denied(Denial::Link))?;
        Ok((hash, link))
    }
}
