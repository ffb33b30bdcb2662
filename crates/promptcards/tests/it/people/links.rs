//! Invitations, links to a new password, and registration.

use domain::permission::WorkspaceRole;
use engine::people::{Invite, Registration};

use super::*;

fn invite() -> Invite {
    Invite {
        name: Some("grace".to_owned()),
        email: Some("grace@example.org".to_owned()),
        role: ServerRole::User,
        workspace: Some("default".to_owned()),
        workspace_role: Some(WorkspaceRole::Editor),
    }
}

#[tokio::test]
async fn an_invitation_makes_one_account_with_what_it_says() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let link = house.people.invite(&ada, invite()).await.unwrap();
    let secret = link.secret.expose_secret();
    let seen = house.people.look_at_link(secret).await.unwrap();
    assert_eq!((seen.kind.as_str(), seen.name.as_deref()), ("invitation", Some("grace")));
    let other_address = NewAccount { email: Some("eve@example.org".to_owned()), ..account("Grace.H") };
    let signed_in = house.people.accept_invitation(secret, other_address, &client()).await.unwrap();
    assert_eq!(
        (signed_in.user.name.as_str(), signed_in.user.email.as_deref()),
        ("Grace.H", Some("grace@example.org"))
    );
    let role = house.people.workspace_role(signed_in.user.id, house.default_workspace().await).await;
    assert_eq!(role.unwrap(), Some(WorkspaceRole::Editor));
    denied(house.people.look_at_link(secret).await, Denial::Link);
    denied(house.people.accept_invitation(secret, account("eve"), &client()).await, Denial::Link);
}

#[tokio::test]
async fn an_invitation_is_good_for_a_week_and_not_for_a_password() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let link = house.people.invite(&ada, invite()).await.unwrap();
    denied(
        house.people.accept_reset(link.secret.expose_secret(), PASSWORD.into(), &client()).await,
        Denial::Link,
    );
    house.pass(7 * DAY);
    denied(house.people.look_at_link(link.secret.expose_secret()).await, Denial::Link);
}

#[tokio::test]
async fn an_invitation_that_contradicts_itself_is_refused_in_its_place() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    for (wrong, place) in [
        (Invite { name: Some("x".to_owned()), ..invite() }, "/name"),
        (Invite { email: Some("x".to_owned()), ..invite() }, "/email"),
        (Invite { workspace: Some("nowhere".to_owned()), ..invite() }, "/workspace"),
        (Invite { workspace: None, ..invite() }, "/workspace"),
        (Invite { role: ServerRole::Guest, ..invite() }, "/workspace"),
    ] {
        assert_eq!(problems(house.people.invite(&ada, wrong).await), [place]);
    }
}

#[tokio::test]
async fn a_reset_link_sets_a_password_once_and_ends_every_session() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let void = house.people.reset_link(&Caller::machine(), ada.user.id).await.unwrap();
    let link = house.people.reset_link(&Caller::machine(), ada.user.id).await.unwrap();
    denied(
        house.people.accept_reset(void.secret.expose_secret(), PASSWORD.into(), &client()).await,
        Denial::Link,
    );
    let secret = link.secret.expose_secret();
    assert_eq!(problems(house.people.accept_reset(secret, "short".into(), &client()).await), ["/password"]);
    house.people.accept_reset(secret, "lantern rivet oboe moss".into(), &client()).await.unwrap();
    assert!(!house.lets_in(&ada).await);
    denied(house.refresh(&ada.refresh_token).await, Denial::Token);
    denied(house.try_sign_in("ada", PASSWORD, None).await, Denial::SignIn);
    house.try_sign_in("ada", "lantern rivet oboe moss", None).await.unwrap();
    denied(house.people.accept_reset(secret, PASSWORD.into(), &client()).await, Denial::Link);
    let late = house.people.reset_link(&Caller::machine(), ada.user.id).await.unwrap();
    house.pass(HOUR);
    denied(
        house.people.accept_reset(late.secret.expose_secret(), PASSWORD.into(), &client()).await,
        Denial::Link,
    );
}

#[tokio::test]
async fn a_reset_link_leaves_the_second_factor() {
    const NEW: &str = "lantern rivet oboe moss";
    let house = House::build().await;
    let ada = house.set_up().await;
    let (_, codes) = two_factor::set_up(&house, &ada).await;
    let link = house.people.reset_link(&Caller::machine(), ada.user.id).await.unwrap();
    house.people.accept_reset(link.secret.expose_secret(), NEW.into(), &client()).await.unwrap();
    let asked = house.try_sign_in("ada", NEW, None).await.unwrap();
    assert!(matches!(asked, SignInOutcome::SecondFactorNeeded));
    denied(house.try_sign_in("ada", NEW, Some("000000")).await, Denial::SignIn);
    house.try_sign_in("ada", NEW, Some(codes[0].expose_secret())).await.unwrap();
}

#[tokio::test]
async fn who_may_make_an_account_is_a_setting() {
    for (registration, open, by_invitation) in [
        (Registration::Open, true, true),
        (Registration::Invite, false, true),
        (Registration::Closed, false, false),
    ] {
        let house = House::build_with(AuthSettings { registration, ..AuthSettings::default() }).await;
        // Never is the first account made by who comes first.
        let too_early = house.people.register(account("eve"), &client()).await;
        assert_eq!(too_early.is_ok(), open);
        assert!(house.people.setup_needed().await.unwrap());
        let ada = house.caller(&house.set_up().await).await;
        match house.people.register(account("grace"), &client()).await {
            Ok(()) => assert!(open),
            refused => denied(refused, Denial::Registration),
        }
        assert_eq!(house.people.find_user("grace").await.is_ok(), open);
        assert_eq!(house.people.invite(&ada, invite()).await.is_ok(), by_invitation);
        if open {
            house.people.register(account("ADA"), &client()).await.unwrap();
            assert_eq!(
                house.people.find_user("ADA").await.unwrap().role,
                ServerRole::Admin,
                "nobody is told"
            );
        }
    }
}
