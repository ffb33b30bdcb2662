//! What lets a request in, and what ends that.

use domain::permission::Scope;
use engine::people::EditUser;
use store::Sql;

use super::*;

#[tokio::test]
async fn an_access_token_lets_in_for_five_minutes() {
    let house = House::build().await;
    let ada = house.set_up().await;
    assert!(house.lets_in(&ada).await);
    house.pass(5 * MINUTE + 30 * SECOND - SECOND);
    assert!(house.lets_in(&ada).await);
    house.pass(2 * SECOND);
    assert!(!house.lets_in(&ada).await);
    for nonsense in ["", "x.y.z", ada.refresh_token.expose_secret()] {
        assert!(!lets_in(house.people.authenticate_access(nonsense).await), "{nonsense}");
    }
}

#[tokio::test]
async fn who_signed_out_is_let_in_by_nothing_of_that_session() {
    let house = House::build().await;
    let (ada, other) = (house.set_up().await, house.sign_in("ada").await);
    let beside = house.beside().await;
    assert!(house.lets_in(&ada).await);
    house.people.sign_out(&house.caller(&ada).await).await.unwrap();
    assert!(!house.lets_in(&ada).await && !beside.lets_in(&ada).await);
    denied(house.refresh(&ada.refresh_token).await, Denial::Token);
    assert!(house.lets_in(&other).await, "the other session goes on");
    // Not by time: whatever the clock does, it stays out.
    for step in [-2 * DAY, 4 * DAY, -2 * DAY] {
        house.pass(step);
        assert!(!house.lets_in(&ada).await, "{step}");
    }
}

/// The session lives, and this token of it is denied: the deny list alone keeps it out.
#[tokio::test]
async fn a_token_in_whose_place_another_was_given_is_denied() {
    let house = House::build().await;
    let ada = house.set_up().await;
    house.pass(MINUTE);
    let grant =
        house.people.confirm_password(&house.caller(&ada).await, PASSWORD.into(), None).await.unwrap();
    assert!(!house.lets_in(&ada).await);
    let caller = house.people.authenticate_access(grant.token.expose_secret()).await.unwrap();
    assert_eq!(confirmed_at(&caller), START + MINUTE);
    let beside = house.beside().await;
    assert!(!beside.lets_in(&ada).await, "another process knows it from the database");
    denied(house.people.confirm_password(&caller, "wrong".into(), None).await, Denial::Password);
    assert!(lets_in(house.people.authenticate_access(grant.token.expose_secret()).await));
}

#[tokio::test(start_paused = true)]
async fn a_change_in_another_process_counts_within_a_second() {
    let house = House::in_place().await;
    house.set_up().await;
    let grace = house.join("grace", ServerRole::Admin).await;
    let beside = house.beside().await;
    assert!(house.lets_in(&grace).await);
    let demote = EditUser { role: Some(ServerRole::User), ..EditUser::default() };
    beside.people.edit_user(&Caller::machine(), grace.user.id, demote).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(house.caller(&grace).await.role, ServerRole::User);
    let disable = EditUser { disabled: Some(true), ..EditUser::default() };
    beside.people.edit_user(&Caller::machine(), grace.user.id, disable).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert!(!house.lets_in(&grace).await);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_its_sessions_stay_ended() {
    let house = House::build().await;
    house.set_up().await;
    let grace = house.join("grace", ServerRole::User).await;
    assert!(house.lets_in(&grace).await);
    let set = |disabled| EditUser { disabled: Some(disabled), ..EditUser::default() };
    house.people.edit_user(&Caller::machine(), grace.user.id, set(true)).await.unwrap();
    assert!(!house.lets_in(&grace).await);
    denied(house.refresh(&grace.refresh_token).await, Denial::Token);
    house.people.edit_user(&Caller::machine(), grace.user.id, set(false)).await.unwrap();
    assert!(!house.lets_in(&grace).await);
    assert!(house.lets_in(&house.sign_in("grace").await).await);
}

#[tokio::test]
async fn an_admin_without_a_second_factor_is_a_user_where_one_is_required() {
    let settings = AuthSettings { require_admin_mfa: true, ..AuthSettings::default() };
    let house = House::build_with(settings).await;
    let ada = house.set_up().await;
    assert_eq!(house.caller(&ada).await.role, ServerRole::User);
    let own = house.caller(&ada).await;
    let made = house.people.create_api_key(&own, super::keys::new_key("default", &[Scope::CardsRead])).await;
    let key = house.people.authenticate_key(made.unwrap().text.expose_secret(), None).await.unwrap();
    assert_eq!(key.role, ServerRole::User, "nor is their key an admin's");
    super::two_factor::set_up(&house, &ada).await;
    assert_eq!(house.caller(&ada).await.role, ServerRole::Admin);
}

#[tokio::test]
async fn a_token_against_other_sites_belongs_to_its_session() {
    let house = House::build().await;
    let (ada, other) = (house.set_up().await, house.sign_in("ada").await);
    let (ada, other) = (house.caller(&ada).await, house.caller(&other).await);
    let token = house.people.csrf_token(&ada).await.unwrap();
    let token = token.expose_secret();
    assert!(house.people.check_csrf(&ada, token).await.unwrap());
    assert!(!house.people.check_csrf(&other, token).await.unwrap());
    let (mac, random) = token.split_once('.').unwrap();
    for wrong in
        ["", ".", mac, &format!("{mac}."), &format!("{mac}.{}", "0".repeat(32)), &format!(".{random}")]
    {
        assert!(!house.people.check_csrf(&ada, wrong).await.unwrap(), "{wrong}");
    }
    house.people.sign_out(&ada).await.unwrap();
    denied(house.people.check_csrf(&ada, token).await, Denial::Token);
}

#[tokio::test]
async fn nothing_that_lets_in_is_in_the_database() {
    const TEXTS: [Sql; 5] = [
        Sql::new("SELECT token_hash || COALESCE(successor_hash, '') FROM refresh_tokens"),
        Sql::new("SELECT secret_hash FROM one_time_links"),
        Sql::new("SELECT secret_hash FROM api_keys"),
        Sql::new("SELECT password_hash FROM users"),
        Sql::new("SELECT csrf_key || user_agent FROM sessions"),
    ];
    let house = House::build().await;
    let ada = house.set_up().await;
    let new = engine::people::NewApiKey {
        name: "x".to_owned(),
        workspace: DEFAULT_WORKSPACE.to_owned(),
        scopes: vec![domain::permission::Scope::CardsRead],
        expires_in_days: 1,
        budget: None,
    };
    let key = house.people.create_api_key(&house.caller(&ada).await, new).await.unwrap();
    let secrets = [&ada.refresh_token, &ada.access.token, &key.text];
    let mut found = String::new();
    for sql in TEXTS {
        let texts: Vec<String> = house.store.read(move |conn| conn.query_all(sql, &[])).await.unwrap();
        assert!(!texts.is_empty(), "{sql:?}");
        found += &texts.join("\n");
    }
    assert!(!found.contains(PASSWORD));
    for secret in secrets {
        assert!(!found.contains(secret.expose_secret()));
    }
}
