//! Members of workspaces, and admins who enter one.

use domain::audit::Action;
use domain::caller::Caller;
use domain::clock::{Millis, Timestamp};
use domain::ids::{UserId, WorkspaceId};
use domain::permission::{ServerRole, WorkspaceRole};
use garde::Validate;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::members::MemberRow;
use utoipa::ToSchema;

use super::People;
use super::account::{no_account, own};
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

    /// Makes an account a member, or gives a member another role. A workspace that has an owner keeps one.
    pub async fn set_member(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        user: UserId,
        role: WorkspaceRole,
    ) -> Result<Member> {
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::MemberSet).in_workspace(workspace).on("user", user);
        let member = self
            .store
            .try_write(move |conn| {
                let account = store::users::get(conn, user)?.ok_or_else(no_account)?;
                if account.role == ServerRole::Guest {
                    return Err(Error::invalid("/user", "A guest cannot be a member. Make it a user first."));
                }
                let before = store::members::role(conn, workspace, user, at)?;
                if !store::members::set(conn, workspace, user, role, at)? {
                    return Err(last_owner());
                }
                let entry = entry.clone().with("from", before.map(WorkspaceRole::as_str));
                store::audit::append(conn, &entry.with("to", role.as_str()))?;
                let members = store::members::of_workspace(conn, workspace, at)?;
                members.into_iter().find(|member| member.user_id == user).ok_or_else(no_member)
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

fn no_member() -> Error {
    Error::not_found("such member")
}

fn last_owner() -> Error {
    Error::conflict(
        Conflict::LastOwner,
        "The workspace would have no owner left. Nothing was changed; make another member an owner first.",
    )
}
