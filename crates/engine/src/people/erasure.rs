//! Erasing the person of an account: what they did stays, and nothing tells any more who they were.

use domain::audit::Action;
use domain::caller::Caller;
use domain::ids::UserId;
use domain::permission::ServerRole;
use store::Conn;
use store::users::UserRow;

use super::account::{Account, is_erased, no_account};
use super::users::last_admin;
use super::{People, names, secret};
use crate::error::{Conflict, Error, Result};

impl People {
    /// Takes name, address, password and everything else that tells of the person out of an account, which is disabled and
    /// a member of nothing from then on. There is always an admin who is not disabled, and a workspace that has an owner
    /// keeps one. Of an account that was erased before, nothing changes.
    pub async fn erase_user(&self, caller: &Caller, id: UserId) -> Result<Account> {
        let at = self.clock.now();
        let entry = self.audit.entry(caller, Action::UserErase).on("user", id);
        let erased = names::erased(id);
        let row = self
            .store
            .try_write(move |conn| {
                store::erasure::hold_runs(conn)?;
                let before = store::users::get(conn, id)?.ok_or_else(no_account)?;
                if is_erased(&before) {
                    return Ok(before);
                }
                if !store::users::set_role(conn, id, ServerRole::Guest, at)? {
                    return Err(last_admin());
                }
                let owned = store::members::owned_alone(conn, id)?;
                if !owned.is_empty() {
                    return Err(only_owner(&before.name, &owned));
                }
                forget_traces(conn, &before)?;
                store::erasure::erase(conn, id, &before.name, &erased, at)?;
                store::audit::append(conn, &entry)?;
                store::users::get(conn, id)?.ok_or_else(no_account)
            })
            .await?;
        self.forget();
        Ok(Account::from(row))
    }
}

/// Takes away what is found only by how names are compared: failed sign-ins, and invitations.
fn forget_traces(conn: &mut Conn, user: &UserRow) -> store::Result<()> {
    let keys: Vec<String> =
        [Some(&user.name), user.email.as_ref()].into_iter().flatten().map(|text| names::key(text)).collect();
    for key in &keys {
        store::sign_in_failures::clear(conn, &secret::hash(key))?;
    }
    let is_theirs =
        |text: &Option<String>| text.as_deref().is_some_and(|text| keys.contains(&names::key(text)));
    let links = store::one_time_links::naming(conn)?;
    let theirs: Vec<String> = links
        .into_iter()
        .filter(|(_, name, email)| is_theirs(name) || is_theirs(email))
        .map(|(hash, ..)| hash)
        .collect();
    store::one_time_links::remove(conn, &theirs)
}

fn only_owner(name: &str, workspaces: &[String]) -> Error {
    Error::conflict(
        Conflict::LastOwner,
        format!(
            "{name} is the only owner of {}. Nothing was changed; make another member an owner there first.",
            workspaces.join(", ")
        ),
    )
}
