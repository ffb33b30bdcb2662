//! Whether a caller may do what a permission is for.

use crate::caller::{Caller, Credential};
use crate::clock::Millis;
use crate::ids::WorkspaceId;
use crate::permission::{FRESH, Permission, Rule, Scope, ServerRole, WorkspaceRole};

/// The workspace that an address names, and what the caller is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The caller's role there; none if the caller is no member.
    pub role: Option<WorkspaceRole>,
}

/// Why a permission is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The caller may not know that the workspace exists.
    Hidden,
    /// The caller's role is too low.
    Role,
    /// The workspace is visible to an admin, who must enter it first.
    Entry,
    /// The API key lacks this scope; none: no API key may do it.
    Scope(Option<Scope>),
    /// The password was not given within the last [`FRESH`] milliseconds.
    Confirmation,
}

/// Whether `caller` has `permission` now. `membership` is that in the workspace which the address names, if it
/// names one.
pub fn check(
    permission: Permission,
    caller: &Caller,
    membership: Option<Membership>,
    now: Millis,
) -> Result<(), Denial> {
    let admin = caller.role == ServerRole::Admin;
    match permission.rule() {
        _ if caller.credential == Credential::Machine => return Ok(()),
        Rule::Anyone => return Ok(()),
        Rule::Account { fresh } if fresh && !is_fresh(caller, now) => {
            // What no key may do at all is said first.
            scope(permission, caller)?;
            return Err(Denial::Confirmation);
        }
        Rule::Account { .. } => {}
        Rule::Admin { .. } if !admin => return Err(Denial::Role),
        Rule::Admin { fresh } => {
            if fresh && !is_fresh(caller, now) {
                return Err(Denial::Confirmation);
            }
        }
        Rule::Member { role, or_admin } => member(caller, membership, role, admin && or_admin)?,
    }
    scope(permission, caller)
}

fn member(
    caller: &Caller,
    membership: Option<Membership>,
    least: WorkspaceRole,
    as_admin: bool,
) -> Result<(), Denial> {
    let membership = membership.ok_or(Denial::Hidden)?;
    // A key opens one workspace, whatever its owner may see beside it.
    if let Credential::ApiKey { workspace, .. } = caller.credential
        && workspace != membership.workspace
    {
        return Err(Denial::Hidden);
    }
    // A guest sees what was shared, member or not.
    match membership.role.filter(|_| caller.role != ServerRole::Guest) {
        Some(role) if role >= least => Ok(()),
        _ if as_admin => Ok(()),
        Some(_) => Err(Denial::Role),
        None if caller.role == ServerRole::Admin => Err(Denial::Entry),
        None => Err(Denial::Hidden),
    }
}

fn scope(permission: Permission, caller: &Caller) -> Result<(), Denial> {
    let Credential::ApiKey { scopes, .. } = &caller.credential else { return Ok(()) };
    let wanted = permission.scope();
    match wanted {
        Some(wanted) if scopes.iter().any(|scope| scope.includes(wanted)) => Ok(()),
        _ => Err(Denial::Scope(wanted)),
    }
}

fn is_fresh(caller: &Caller, now: Millis) -> bool {
    // A clock that was set back makes nothing fresh again.
    let age = |confirmed_at: Millis| now.checked_sub(confirmed_at).filter(|age| *age >= 0);
    match caller.credential {
        Credential::Session { confirmed_at, .. } => age(confirmed_at).is_some_and(|age| age <= FRESH),
        Credential::ApiKey { .. } | Credential::Machine => false,
    }
}

#[cfg(test)]
mod tests;
