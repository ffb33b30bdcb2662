//! Members of workspaces, and admins who enter one.

use domain::audit::{Action, Entry};
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{UserId, WorkspaceId};
use domain::permission::{ServerRole, WorkspaceRole};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::members::MemberRow;
use utoipa::ToSchema;

use super::account::{no_account, own};
use super::{People, names};
use crate::error::{Conflict, Denial, Error, Result};
use crate::{DEFAULT_WORKSPACE, DEFAULT_WORKSPACE_NAME};

/// How long an admin who entered is in, in milliseconds: an hour.
const ENTRY: Millis = 60 * 60 * 1000;

/// A member of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub name: String,
    /// What it is in the workspace.
    pub role: WorkspaceRole,
    /// Since when.
    pub since: Timestamp,
    /// Until when, where it is an admin who entered.
    pub until: Option<Timestamp>,
    /// Why an admin entered.
    pub reason: Option<String>,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            user: row.user_id,
            name: row.name,
            role: row.role,
            since: Timestamp(row.created_at),
            until: row.expires_at.map(Timestamp),
            reason: row.reason,
        }
    }
}

/// Who is to be a member.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The account, by its name or its e-mail address.
    #[garde(length(chars, min = 1, max = 254))]
    pub name: String,
    /// What it is to be in the workspace.
    #[garde(skip)]
    pub role: WorkspaceRole,
}

/// Why an admin enters a workspace.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EnterWorkspace {
    /// The reason, which its owners see.
    #[garde(length(chars, min = 3, max = 500))]
    pub reason: String,
}

impl People {
    /// The members of a workspace, by name; admins who entered among them.
    pub async fn members(&self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        let now = self.clock.now();
        let rows = self.store.read(move |conn| store::members::of_workspace(conn, workspace, now)).await?;
        Ok(rows.into_iter().map(Member::from).collect())
    }

    /// Makes the account of a name or of an e-mail address a member. Who is one already stays what they are.
    pub async fn add_member(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        new: NewMember,
    ) -> Result<Member> {
        let (at, key) = (self.clock.now(), names::key(&new.name));
        let entry = self.audit.entry(caller, Action::MemberSet).in_workspace(workspace);
        let (NewMember { name, role }, by) = (new, caller.user);
        let member = self
            .store
            .try_write(move |conn| {
                let found = store::users::find(conn, &key)?.filter(|account| account.disabled_at.is_none());
                let account = found.ok_or_else(|| {
                    Error::NotFound(format!(
                        "There is no account with the name or e-mail address `{name}` that can be used. Somebody without \
                         one is invited by an admin."
                    ))
                })?;
                if account.role == ServerRole::Guest {
                    return Err(Error::invalid("/name", "A guest cannot be a member. An admin makes it a user first."));
                }
                let user = account.id;
                let before = store::members::of_workspace(conn, workspace, at)?;
                let before = before.into_iter().find(|member| member.user_id == user);
                not_by_oneself(by, user, before.as_ref().map(|member| member.role))?;
                if let Some(member) = before.as_ref().filter(|member| member.expires_at.is_none()) {
                    return Err(Error::invalid(
                        "/name",
                        format!("{} is a member already, with the role {}.", account.name, member.role),
                    ));
                }
                let entry = entry.clone().on("user", user);
                set(conn, &entry, (workspace, user), before.map(|member| member.role), role)
            })
            .await?;
        self.forget();
        Ok(Member::from(member))
    }

    /// Makes an account a member, or gives a member another role. A workspace that has an owner keeps one.
    pub async fn set_member(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        user: UserId,
        role: WorkspaceRole,
    ) -> Result<Member> {
        let (at, by) = (self.clock.now(), caller.user);
        let entry = self.audit.entry(caller, Action::MemberSet).in_workspace(workspace).on("user", user);
        let member = self
            .store
            .try_write(move |conn| {
                let account = store::users::get(conn, user)?.ok_or_else(no_account)?;
                if account.role == ServerRole::Guest {
                    return Err(Error::invalid("/user", "A guest cannot be a member. Make it a user first."));
                }
                let before = store::members::role(conn, workspace, user, at)?;
                not_by_oneself(by, user, before)?;
                set(conn, &entry, (workspace, user), before, role)
            })
            .await?;
        self.forget();
        Ok(Member::from(member))
    }

    /// Ends a membership. A workspace that has an owner keeps one.
    pub async fn remove_member(&self, caller: &Caller, workspace: WorkspaceId, user: UserId) -> Result<()> {
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::MemberRemove).in_workspace(workspace).on("user", user);
        self.store
            .try_write(move |conn| {
                if store::members::remove(conn, workspace, user)? {
                    store::audit::append(conn, &entry)?;
                    return Ok(());
                }
                Err(match store::members::role(conn, workspace, user, at)? {
                    Some(_) => last_owner(),
                    None => no_member(),
                })
            })
            .await?;
        self.forget();
        Ok(())
    }

    /// Lets an admin who is no member in as a viewer, for an hour. Who owns the workspace sees that, and why. Who is a
    /// member stays what they are.
    pub async fn enter_workspace(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        enter: EnterWorkspace,
    ) -> Result<Member> {
        let (user, at) = (own(caller)?, self.clock.now());
        if caller.role != ServerRole::Admin {
            return Err(Error::denied(Denial::NotAllowed));
        }
        let entry = self.audit.entry(caller, Action::WorkspaceEnter).in_workspace(workspace);
        let member = self
            .store
            .try_write(move |conn| {
                store::members::enter(conn, workspace, user, &enter.reason, at + ENTRY, at)?;
                store::audit::append(conn, &entry)?;
                let members = store::members::of_workspace(conn, workspace, at)?;
                members.into_iter().find(|member| member.user_id == user).ok_or_else(no_member)
            })
            .await?;
        self.forget();
        Ok(Member::from(member))
    }
}

/// Makes the account an owner of the workspace that a fresh server has; of this id, if there is none yet.
pub(super) fn own_default(conn: &mut Conn, id: WorkspaceId, user: UserId, at: Millis) -> store::Result<()> {
    let workspace = store::workspaces::ensure(conn, id, DEFAULT_WORKSPACE, DEFAULT_WORKSPACE_NAME, at)?;
    store::members::set(conn, workspace, user, WorkspaceRole::Owner, at).map(drop)
}

/// Gives the role, and writes down what was before.
fn set(
    conn: &mut Conn,
    entry: &Entry,
    (workspace, user): (WorkspaceId, UserId),
    before: Option<WorkspaceRole>,
    role: WorkspaceRole,
) -> Result<MemberRow> {
    if !store::members::set(conn, workspace, user, role, entry.at)? {
        return Err(last_owner());
    }
    let entry = entry.clone().with("from", before.map(WorkspaceRole::as_str)).with("to", role.as_str());
    store::audit::append(conn, &entry)?;
    let members = store::members::of_workspace(conn, workspace, entry.at)?;
    members.into_iter().find(|member| member.user_id == user).ok_or_else(no_member)
}

fn no_member() -> Error {
    Error::not_found("such member")
}

fn last_owner() -> Error {
    Error::conflict(
        Conflict::LastOwner,
        "The workspace would have no owner left. Nothing was changed; make another member an owner first.",
    )
}

/// Refuses who would give themselves a workspace: an admin may choose its members without being one, and sees what is in
/// it only after entering it, which its owners see.
fn not_by_oneself(by: Option<UserId>, user: UserId, before: Option<WorkspaceRole>) -> Result<()> {
    if by == Some(user) && before != Some(WorkspaceRole::Owner) {
        return Err(Error::denied(Denial::NotAllowed));
    }
    Ok(())
}
