//! API keys, and the keys that sign access tokens.

use domain::permission::Scope;
use engine::Conflict;
use engine::people::{EditUser, NewApiKey};

use super::*;

pub(super) fn new_key(workspace: &str, scopes: &[Scope]) -> NewApiKey {
    NewApiKey {
        name: "pipeline".to_owned(),
        workspace: workspace.to_owned(),
        scopes: scopes.to_vec(),
        expires_in_days: 90,
        budget: None,
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_its_scopes_say() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let scopes = [Scope::RunsWrite, Scope::CardsRead, Scope::CardsRead];
    let made = house.people.create_api_key(&ada, new_key("default", &scopes)).await.unwrap();
    let text = made.text.expose_secret();
    assert!(text.starts_with(&made.key.begins_with) && text.len() == 62);
    let listed = house.people.api_keys(&ada).await.unwrap();
    assert_eq!((listed.len(), listed[0].last_used_at), (1, None));
    assert!(!serde_json::to_string(&listed).unwrap().contains(text));

    let address = Some([198, 51, 100, 9].into());
    let caller = house.people.authenticate_key(text, address).await.unwrap();
    assert_eq!((&*caller.name, caller.role), ("ada", ServerRole::Admin));
    let Credential::ApiKey { workspace, scopes, .. } = &caller.credential else { panic!("{caller:?}") };
    assert_eq!(*workspace, house.default_workspace().await);
    assert_eq!(**scopes, [Scope::CardsRead, Scope::RunsWrite]);
    while house.people.api_keys(&ada).await.unwrap()[0].last_used_at.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        house.people.api_keys(&ada).await.unwrap()[0].last_used_address.as_deref(),
        Some("198.51.100.9")
    );
}

#[tokio::test]
async fn a_key_ends_when_it_expires_or_is_revoked_or_its_owner_is_disabled() {
    let house = House::build().await;
    house.set_up().await;
    let grace = house.join("grace", ServerRole::User).await;
    let workspace = house.default_workspace().await;
    let machine = Caller::machine();
    let editor = domain::permission::WorkspaceRole::Editor;
    house.people.set_member(&machine, workspace, grace.user.id, editor).await.unwrap();
    let caller = house.caller(&grace).await;
    let made = [
        house.people.create_api_key(&caller, new_key("default", &[Scope::Export])).await.unwrap(),
        house.people.create_api_key(&caller, new_key("default", &[Scope::Export])).await.unwrap(),
    ];
    let works = async |place: usize| {
        lets_in(house.people.authenticate_key(made[place].text.expose_secret(), None).await)
    };
    assert!(works(0).await && works(1).await);
    house.people.revoke_api_key(&caller, made[0].key.id).await.unwrap();
    assert!(!works(0).await && works(1).await);
    let again = house.people.revoke_api_key(&caller, made[0].key.id).await;
    assert!(matches!(again, Err(Error::NotFound(_))));
    let disable = |disabled| EditUser { disabled: Some(disabled), ..EditUser::default() };
    house.people.edit_user(&machine, grace.user.id, disable(true)).await.unwrap();
    assert!(!works(1).await);
    house.people.edit_user(&machine, grace.user.id, disable(false)).await.unwrap();
    assert!(works(1).await);
    let beside = house.beside().await;
    beside.pass(90 * DAY);
    assert!(!lets_in(beside.people.authenticate_key(made[1].text.expose_secret(), None).await));
}

#[tokio::test]
async fn a_key_opens_a_workspace_of_its_owner_and_no_other() {
    let house = House::build().await;
    house.set_up().await;
    let grace = house.caller(&house.join("grace", ServerRole::User).await).await;
    for workspace in ["default", "nowhere"] {
        let refused = house.people.create_api_key(&grace, new_key(workspace, &[Scope::CardsRead])).await;
        assert_eq!(problems(refused), ["/workspace"]);
    }
}

#[tokio::test]
async fn somebody_elses_key_is_not_there() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let grace = house.join("grace", ServerRole::User).await;
    let made = house.people.create_api_key(&ada, new_key("default", &[Scope::CardsRead])).await.unwrap();
    let caller = house.caller(&grace).await;
    let revoked = house.people.revoke_api_key(&caller, made.key.id).await;
    assert!(matches!(revoked, Err(Error::NotFound(_))));
    assert!(lets_in(house.people.authenticate_key(made.text.expose_secret(), None).await));
    for wrong in ["", "pck_", "pck_abcdefgh_x", &made.text.expose_secret()[..61]] {
        assert!(!lets_in(house.people.authenticate_key(wrong, None).await), "{wrong}");
    }
}

#[tokio::test]
async fn an_account_has_a_hundred_keys_at_most() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    for _ in 0..100 {
        house.people.create_api_key(&ada, new_key("default", &[Scope::CardsRead])).await.unwrap();
    }
    let one_more = house.people.create_api_key(&ada, new_key("default", &[Scope::CardsRead])).await;
    conflict(one_more, Conflict::TooMany);
}

#[tokio::test]
async fn a_rotation_signs_nobody_out_and_the_old_key_is_forgotten_in_time() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let before = house.people.public_keys().await.unwrap();
    assert_eq!(before.keys.len(), 2, "the next one is published before it signs");
    house.people.rotate_signing_keys().await.unwrap();
    assert!(house.lets_in(&ada).await);
    let after = house.people.public_keys().await.unwrap();
    assert!(before.keys.iter().all(|key| after.keys.contains(key)) && after.keys.len() == 3);
    let renewed = house.refresh(&ada.refresh_token).await.unwrap();
    assert!(house.lets_in(&renewed).await);
    house.pass(8 * MINUTE);
    house.people.rotate_signing_keys().await.unwrap();
    assert_eq!(house.people.public_keys().await.unwrap().keys.len(), 3, "the first one is gone");
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_process_are_taken_by_another_after_rotations_there() {
    let house = House::in_place().await;
    house.set_up().await;
    let beside = house.beside().await;
    for _ in 0..2 {
        house.people.rotate_signing_keys().await.unwrap();
    }
    let signed_in = house.sign_in("ada").await;
    // A name that is not known is looked up once a second.
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert!(beside.lets_in(&signed_in).await);
}
