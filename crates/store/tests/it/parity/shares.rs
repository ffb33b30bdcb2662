//! What was shared, with whom, and for how long.

use domain::ids::{ShareId, UserId};
use domain::permission::{ServerRole, WorkspaceRole};
use store::shares::{self, NewShare, SharedObject};
use store::users::{self, NewUser};
use store::{Conn, Result, members};

use super::operation::Operation;
use super::perform::{at, told};
use super::world::{World, id, pick, workspace};

/// The account that makes every share, and is every one's reader.
fn maker() -> UserId {
    id(0, 9)
}

fn editor(conn: &mut Conn, role: WorkspaceRole, at: i64) -> Result<()> {
    let user = NewUser {
        id: maker(),
        name: "Maker".to_owned(),
        name_key: "maker".to_owned(),
        email: None,
        role: ServerRole::User,
        password_hash: String::new(),
        at,
    };
    users::insert(conn, &user)?;
    members::set(conn, workspace(), maker(), role, at).map(drop)
}

/// None: it is another operation, or there is nothing to work on.
pub(super) fn perform(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<Option<String>> {
    let at = at(step);
    Ok(Some(match operation {
        Operation::Share { pick: chosen, run, secret, lasts } => {
            let object = if *run {
                pick(&world.runs, *chosen).map(|run| SharedObject::Run(run.id))
            } else {
                pick(&world.cards, *chosen).map(SharedObject::Card)
            };
            let Some(object) = object else { return Ok(None) };
            editor(conn, WorkspaceRole::Editor, at)?;
            let share = NewShare {
                id: id(step, 0),
                workspace_id: workspace(),
                object,
                secret_hash: secret.as_ref().map(|secret| secret.0.clone()),
                created_by: maker(),
                created_at: at,
                expires_at: at + lasts,
            };
            let accounts = if secret.is_some() { vec![] } else { vec![maker(), maker()] };
            shares::insert(conn, &share, &accounts)?;
            world.shares.push(share.id);
            told((shares::count(conn, object, at)?, looked(conn, world, share.id, at)?))
        }
        Operation::Demote => {
            editor(conn, WorkspaceRole::Editor, at)?;
            told(members::set(conn, workspace(), maker(), WorkspaceRole::Viewer, at)?)
        }
        Operation::Unshare { share } => {
            let Some(share) = pick(&world.shares, *share) else { return Ok(None) };
            told((shares::remove(conn, workspace(), share)?, looked(conn, world, share, at)?))
        }
        Operation::ForgetShares => told(shares::forget(conn, at)?),
        Operation::Shared { share, secret } => {
            let Some(share) = pick(&world.shares, *share) else { return Ok(None) };
            told((shares::by_secret(conn, &secret.0, at)?, looked(conn, world, share, at)?))
        }
        _ => return Ok(None),
    }))
}

/// Every way in which a share is found.
fn looked(conn: &mut Conn, world: &World, share: ShareId, at: i64) -> Result<String> {
    let mut found = vec![
        told(shares::for_account(conn, share, maker(), at)?),
        told(shares::all_for_account(conn, maker(), None, at, 3)?),
        told(shares::all_for_account(conn, maker(), Some(share), at, 3)?),
        told(shares::list(conn, workspace(), None, None, at, 4)?),
        told(shares::list(conn, workspace(), None, Some(share), at, 4)?),
        told(shares::accounts(conn, share)?),
    ];
    if let Some(card) = world.cards.first() {
        let object = SharedObject::Card(*card);
        found.push(told(shares::list(conn, workspace(), Some(object), None, at, 4)?));
    }
    Ok(found.join("\n"))
}
