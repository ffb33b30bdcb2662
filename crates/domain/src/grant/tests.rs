//! The table of roles, cell by cell.

use std::sync::Arc;

use super::*;
use crate::ids::{ApiKeyId, SessionId, TokenId, UserId};

const NOW: Millis = 1_760_000_000_000;
const HERE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const ELSEWHERE: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn by_session(role: ServerRole, age: Millis) -> Caller {
    let (session, token) = (id::<SessionId>(HERE), id::<TokenId>(HERE));
    let credential = Credential::Session { id: session, token, confirmed_at: NOW - age };
    Caller { user: Some(id::<UserId>(HERE)), role, credential, ..Caller::machine() }
}

fn by_key(role: ServerRole, workspace: &str, scopes: &[Scope]) -> Caller {
    let (key, workspace, scopes) = (id::<ApiKeyId>(HERE), id(workspace), Arc::from(scopes));
    let credential = Credential::ApiKey { id: key, workspace, scopes };
    Caller { credential, ..by_session(role, 0) }
}

fn here(role: Option<WorkspaceRole>) -> Membership {
    Membership { workspace: id(HERE), role }
}

#[test]
fn a_workspace_is_hidden_from_those_who_are_no_members() {
    for permission in Permission::ALL {
        let Rule::Member { role: least, or_admin } = permission.rule() else { continue };
        let ask = |role, held| check(permission, &by_session(role, 0), Some(here(held)), NOW);
        for held in [WorkspaceRole::Viewer, WorkspaceRole::Editor, WorkspaceRole::Owner] {
            let expected = if held >= least { Ok(()) } else { Err(Denial::Role) };
            assert_eq!(ask(ServerRole::User, Some(held)), expected, "{permission:?} {held:?}");
            assert_eq!(ask(ServerRole::Guest, Some(held)), Err(Denial::Hidden), "{permission:?} {held:?}");
            let as_admin = if or_admin { Ok(()) } else { expected };
            assert_eq!(ask(ServerRole::Admin, Some(held)), as_admin, "{permission:?} {held:?}");
        }
        assert_eq!(ask(ServerRole::User, None), Err(Denial::Hidden), "{permission:?}");
        let admin = if or_admin { Ok(()) } else { Err(Denial::Entry) };
        assert_eq!(ask(ServerRole::Admin, None), admin, "{permission:?}");
        assert_eq!(check(permission, &by_session(ServerRole::User, 0), None, NOW), Err(Denial::Hidden));
    }
}

#[test]
fn what_is_dangerous_needs_an_admin_and_the_password_of_just_now() {
    for permission in Permission::ALL {
        let Rule::Admin { fresh } = permission.rule() else { continue };
        let ask = |role, age| check(permission, &by_session(role, age), None, NOW);
        for role in [ServerRole::Guest, ServerRole::User] {
            assert_eq!(ask(role, 0), Err(Denial::Role), "{permission:?}");
        }
        let late = if fresh { Err(Denial::Confirmation) } else { Ok(()) };
        for (age, expected) in [(0, Ok(())), (FRESH, Ok(())), (FRESH + 1, late), (-1, late), (NOW, late)] {
            assert_eq!(ask(ServerRole::Admin, age), expected, "{permission:?} {age}");
        }
    }
}

#[test]
fn a_key_opens_its_workspace_as_far_as_its_scopes_and_its_owner_go() {
    let owner = Some(here(Some(WorkspaceRole::Owner)));
    for permission in Permission::ALL {
        let every = by_key(ServerRole::Admin, HERE, &Scope::ALL);
        match (permission.rule(), permission.scope()) {
            (Rule::Anyone, _) => assert_eq!(check(permission, &every, None, NOW), Ok(())),
            (Rule::Admin { fresh: true }, _) => {
                assert_eq!(check(permission, &every, owner, NOW), Err(Denial::Confirmation));
            }
            (_, None) => assert_eq!(check(permission, &every, owner, NOW), Err(Denial::Scope(None))),
            (_, Some(wanted)) => {
                assert_eq!(check(permission, &every, owner, NOW), Ok(()), "{permission:?}");
                let without: Vec<Scope> =
                    Scope::ALL.into_iter().filter(|scope| !scope.includes(wanted)).collect();
                let bare = by_key(ServerRole::User, HERE, &without);
                assert_eq!(check(permission, &bare, owner, NOW), Err(Denial::Scope(Some(wanted))));
                let elsewhere = by_key(ServerRole::Admin, ELSEWHERE, &Scope::ALL);
                assert_eq!(check(permission, &elsewhere, owner, NOW), Err(Denial::Hidden));
                let demoted = by_key(ServerRole::User, HERE, &Scope::ALL);
                assert_eq!(check(permission, &demoted, Some(here(None)), NOW), Err(Denial::Hidden));
            }
        }
    }
}

#[test]
fn the_machine_itself_may_do_everything() {
    for permission in Permission::ALL {
        assert_eq!(check(permission, &Caller::machine(), None, NOW), Ok(()));
    }
}
