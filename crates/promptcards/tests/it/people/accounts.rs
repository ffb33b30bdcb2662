//! Accounts: what an admin changes, and what is one's own.

use engine::Conflict;
use engine::people::EditUser;
use futures_util::future::join_all;

use super::*;

const DEMOTE: EditUser = EditUser { role: Some(ServerRole::User), disabled: None };
const DISABLE: EditUser = EditUser { role: None, disabled: Some(true) };

#[tokio::test]
async fn the_last_admin_stays_one() {
    let house = House::build().await;
    let ada = house.set_up().await.user.id;
    let machine = Caller::machine();
    conflict(house.people.edit_user(&machine, ada, DEMOTE).await, Conflict::LastAdmin);
    conflict(house.people.edit_user(&machine, ada, DISABLE).await, Conflict::LastAdmin);
    let grace = house.join("grace", ServerRole::Admin).await.user.id;
    house.people.edit_user(&machine, grace, DISABLE).await.unwrap();
    conflict(house.people.edit_user(&machine, ada, DEMOTE).await, Conflict::LastAdmin);
    house.people.edit_user(&machine, grace, EditUser { disabled: Some(false), role: None }).await.unwrap();
    let account = house.people.edit_user(&machine, ada, DEMOTE).await.unwrap();
    assert_eq!(account.role, ServerRole::User);
}

/// Each of many admins is demoted or disabled by another, all at once.
#[tokio::test]
async fn however_many_admins_go_at_once_one_stays() {
    let house = House::build().await;
    house.set_up().await;
    let hash = house.store.read(|conn| store::users::find(conn, "ada")).await.unwrap().unwrap().password_hash;
    for number in 1..50 {
        let user = store::users::NewUser {
            id: domain::ids::UserId::new(&SystemIds),
            name: format!("admin{number}"),
            name_key: format!("admin{number}"),
            email: None,
            role: ServerRole::Admin,
            password_hash: hash.clone().unwrap(),
            at: START,
        };
        house.store.write(move |conn| store::users::insert(conn, &user)).await.unwrap();
    }
    let admins = house.people.users(None, 100).await.unwrap();
    assert_eq!(admins.len(), 50);
    let all = admins.iter().enumerate().map(|(place, admin)| {
        let (people, id) = (Arc::clone(&house.people), admin.id);
        let edit = if place % 2 == 0 { DEMOTE } else { DISABLE };
        // Under so many at once, a database may give up: then it is asked again.
        async move {
            loop {
                match people.edit_user(&Caller::machine(), id, edit).await {
                    Ok(_) => return true,
                    Err(Error::Conflict { kind: Conflict::LastAdmin, .. }) => return false,
                    Err(Error::Store(store::Error::Conflicted)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    });
    let gone = join_all(all).await.into_iter().filter(|gone| *gone).count();
    let left = house.people.users(None, 100).await.unwrap();
    let left =
        left.iter().filter(|user| user.role == ServerRole::Admin && user.disabled_at.is_none()).count();
    assert_eq!((gone, left), (49, 1));
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_and_voids_links() {
    let house = House::build().await;
    let (ada, other) = (house.set_up().await, house.sign_in("ada").await);
    let caller = house.caller(&ada).await;
    let link = house.people.reset_link(&Caller::machine(), ada.user.id).await.unwrap();
    denied(
        house.people.change_password(&caller, "wrong".into(), "lantern rivet oboe moss".into()).await,
        Denial::Password,
    );
    let weak = house.people.change_password(&caller, PASSWORD.into(), "password1234".into()).await;
    assert_eq!(problems(weak), ["/new"]);
    let grant = house
        .people
        .change_password(&caller, PASSWORD.into(), "lantern rivet oboe moss".into())
        .await
        .unwrap();
    assert!(lets_in(house.people.authenticate_access(grant.token.expose_secret()).await));
    assert!(!house.lets_in(&ada).await && !house.lets_in(&other).await);
    assert!(house.refresh(&ada.refresh_token).await.is_ok(), "this session goes on");
    denied(house.people.look_at_link(link.secret.expose_secret()).await, Denial::Link);
    denied(house.try_sign_in("ada", PASSWORD, None).await, Denial::SignIn);
    house.try_sign_in("ada", "lantern rivet oboe moss", None).await.unwrap();
}

#[tokio::test]
async fn sessions_are_seen_and_ended_one_or_all() {
    let house = House::build().await;
    let first = house.set_up().await;
    let mut others = Vec::new();
    for _ in 0..3 {
        house.pass(SECOND);
        others.push(house.sign_in("ada").await);
    }
    let grace = house.join("grace", ServerRole::User).await;
    let caller = house.caller(&first).await;
    let seen = house.people.sessions(&caller).await.unwrap();
    assert_eq!(seen.len(), 4);
    assert_eq!((seen[0].id, seen[0].current, seen[3].current), (others[2].session, false, true));
    assert_eq!((seen[0].address.as_deref(), seen[0].user_agent.as_str()), (Some("192.0.2.7"), "test"));

    let foreign = house.people.end_session(&caller, grace.session).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))) && house.lets_in(&grace).await);
    house.people.end_session(&caller, others[0].session).await.unwrap();
    assert!(!house.lets_in(&others[0]).await && house.lets_in(&others[1]).await);
    assert_eq!(house.people.end_other_sessions(&caller).await.unwrap(), 2);
    assert!(house.lets_in(&first).await && !house.lets_in(&others[2]).await);
    assert_eq!(house.people.end_sessions_of_user(&Caller::machine(), grace.user.id).await.unwrap(), 1);
    assert!(!house.lets_in(&grace).await);
}

#[tokio::test]
async fn an_address_is_set_and_belongs_to_one_account() {
    let house = House::build().await;
    let ada = house.caller(&house.set_up().await).await;
    let grace = house.caller(&house.join("grace", ServerRole::User).await).await;
    let set = house.people.set_email(&ada, Some("Ada@Example.org")).await.unwrap();
    assert_eq!(set.email.as_deref(), Some("Ada@Example.org"));
    conflict(house.people.set_email(&grace, Some("ada@example.ORG")).await, Conflict::NameTaken);
    assert_eq!(problems(house.people.set_email(&grace, Some("nowhere")).await), ["/email"]);
    house.people.set_email(&ada, None).await.unwrap();
    house.people.set_email(&grace, Some("ada@example.ORG")).await.unwrap();
}
