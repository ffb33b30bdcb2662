//! Workspaces and their members.

use domain::permission::WorkspaceRole;
use engine::Conflict;
use engine::people::{EditUser, EditWorkspace, EnterWorkspace, NewMember, NewWorkspace};

use super::*;

#[tokio::test]
async fn a_member_is_what_it_was_made_at_once() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let grace = house.join("grace", ServerRole::User).await.user.id;
    let (workspace, machine) = (house.default_workspace().await, Caller::machine());
    let role = async || house.people.workspace_role(grace, workspace).await.unwrap();
    assert_eq!(role().await, None);
    for wanted in [WorkspaceRole::Viewer, WorkspaceRole::Owner, WorkspaceRole::Editor] {
        house.people.set_member(&machine, workspace, grace, wanted).await.unwrap();
        assert_eq!(role().await, Some(wanted));
    }
    let members = house.people.members(workspace).await.unwrap();
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["ada", "grace"]);
    house
        .people
        .edit_user(&machine, grace, EditUser { role: Some(ServerRole::Guest), disabled: None })
        .await
        .unwrap();
    assert_eq!(role().await, None, "a guest is a member of nothing");
    house.people.remove_member(&machine, workspace, grace).await.unwrap();
    let again = house.people.remove_member(&machine, workspace, grace).await;
    assert!(matches!(again, Err(Error::NotFound(_))));
    let guest = house.people.set_member(&machine, workspace, grace, WorkspaceRole::Viewer).await;
    assert_eq!(problems(guest), ["/user"]);
    assert_eq!(
        house.people.workspace_role(ada.user.id, workspace).await.unwrap(),
        Some(WorkspaceRole::Owner)
    );
}

#[tokio::test]
async fn a_workspace_keeps_an_owner() {
    let house = House::build().await;
    let ada = house.set_up().await.user.id;
    let grace = house.join("grace", ServerRole::User).await.user.id;
    let (workspace, machine) = (house.default_workspace().await, Caller::machine());
    conflict(house.people.remove_member(&machine, workspace, ada).await, Conflict::LastOwner);
    conflict(
        house.people.set_member(&machine, workspace, ada, WorkspaceRole::Viewer).await,
        Conflict::LastOwner,
    );
    house.people.set_member(&machine, workspace, grace, WorkspaceRole::Owner).await.unwrap();
    let (one, other) = tokio::join!(
        house.people.remove_member(&machine, workspace, ada),
        house.people.remove_member(&machine, workspace, grace),
    );
    assert!(one.is_ok() != other.is_ok());
}

#[tokio::test]
async fn a_workspace_is_made_by_its_owner_and_seen_by_its_members_and_admins() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let grace = house.caller(&house.join("grace", ServerRole::User).await).await;
    let new = NewWorkspace { slug: "lab".to_owned(), name: "Laboratory".to_owned() };
    let lab = house.people.create_workspace(&ada, new.clone()).await.unwrap();
    conflict(house.people.create_workspace(&ada, new).await, Conflict::SlugTaken);
    let seen = async |caller: &Caller| -> Vec<String> {
        house.people.workspaces(caller).await.unwrap().into_iter().map(|workspace| workspace.slug).collect()
    };
    assert_eq!(seen(&ada).await, ["default", "lab"]);
    assert!(seen(&grace).await.is_empty());
    house.people.set_member(&ada, lab.id, grace.user.unwrap(), WorkspaceRole::Viewer).await.unwrap();
    assert_eq!(seen(&grace).await, ["lab"]);
    let edit = EditWorkspace { name: "The lab".to_owned() };
    house.people.rename_workspace(&ada, lab.id, edit).await.unwrap();
    assert_eq!(house.people.workspaces(&grace).await.unwrap()[0].name, "The lab");
}

#[tokio::test]
async fn an_admin_who_enters_is_a_viewer_for_an_hour_and_its_owners_see_why() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let grace = house.join("grace", ServerRole::Admin).await;
    let workspace = house.default_workspace().await;
    let caller = house.caller(&grace).await;
    let enter = EnterWorkspace { reason: "a run that hangs".to_owned() };
    let role = async |house: &House, user| house.people.workspace_role(user, workspace).await.unwrap();
    assert_eq!(role(&house, grace.user.id).await, None, "an admin is no member");
    // An admin chooses members, and lets nobody in without a word: not by the door for members either.
    let owner = WorkspaceRole::Owner;
    denied(house.people.set_member(&caller, workspace, grace.user.id, owner).await, Denial::NotAllowed);
    let oneself = NewMember { name: "grace".to_owned(), role: owner };
    denied(house.people.add_member(&caller, workspace, oneself).await, Denial::NotAllowed);
    let member = house.people.enter_workspace(&caller, workspace, enter.clone()).await.unwrap();
    assert_eq!((member.role, member.until.unwrap().0), (WorkspaceRole::Viewer, START + HOUR));
    denied(house.people.set_member(&caller, workspace, grace.user.id, owner).await, Denial::NotAllowed);
    assert_eq!(role(&house, grace.user.id).await, Some(WorkspaceRole::Viewer));
    let seen = house.people.members(workspace).await.unwrap();
    assert_eq!(seen[1].reason.as_deref(), Some("a run that hangs"));

    let own = house.caller(&ada).await;
    let stays = house.people.enter_workspace(&own, workspace, enter.clone()).await.unwrap();
    assert_eq!((stays.role, stays.until), (WorkspaceRole::Owner, None));

    let demote = EditUser { role: Some(ServerRole::User), disabled: None };
    house.people.edit_user(&own, grace.user.id, demote).await.unwrap();
    assert_eq!(role(&house, grace.user.id).await, None, "who is no admin any more is out");
    let caller = house.caller(&grace).await;
    denied(house.people.enter_workspace(&caller, workspace, enter).await, Denial::NotAllowed);
    let promote = EditUser { role: Some(ServerRole::Admin), disabled: None };
    house.people.edit_user(&own, grace.user.id, promote).await.unwrap();
    let later = house.beside().await;
    assert_eq!(role(&later, grace.user.id).await, Some(WorkspaceRole::Viewer));
    later.pass(HOUR);
    let later = later.beside().await;
    assert_eq!(role(&later, grace.user.id).await, None);
}
