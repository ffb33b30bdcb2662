//! The first account, and signing in.

use std::time::Duration;

use engine::Conflict;
use tokio::time::Instant;

use super::*;

#[tokio::test]
async fn the_secret_of_the_start_makes_one_admin_who_owns_the_first_workspace() {
    let house = House::build().await;
    assert!(house.people.setup_needed().await.unwrap());
    let secret = house.people.setup_secret(None).await.unwrap().unwrap();
    let again = house.people.setup_secret(Some(secret.clone())).await.unwrap().unwrap();
    assert_eq!(again.expose_secret(), secret.expose_secret(), "a restart gives the same");
    denied(house.people.finish_setup("guessed", account("eve"), &client()).await, Denial::Link);

    let weak = NewAccount { name: "me".to_owned(), ..account("") };
    assert_eq!(problems(house.people.finish_setup(secret.expose_secret(), weak, &client()).await), ["/name"]);
    let signed_in =
        house.people.finish_setup(secret.expose_secret(), account("ada"), &client()).await.unwrap();
    assert_eq!((signed_in.user.name.as_str(), signed_in.user.role), ("ada", ServerRole::Admin));
    let current = house.people.current_session(&house.caller(&signed_in).await).await.unwrap();
    assert_eq!(current.workspaces[0].role.unwrap().as_str(), "owner");

    assert!(!house.people.setup_needed().await.unwrap());
    assert!(house.people.setup_secret(Some(secret.clone())).await.unwrap().is_none());
    denied(house.people.finish_setup(secret.expose_secret(), account("eve"), &client()).await, Denial::Link);
}

#[tokio::test]
async fn the_secret_of_the_start_is_good_for_a_day_and_a_newer_one_voids_it() {
    let house = House::build().await;
    let first = house.people.setup_secret(None).await.unwrap().unwrap();
    let second = house.people.setup_secret(None).await.unwrap().unwrap();
    denied(house.people.finish_setup(first.expose_secret(), account("ada"), &client()).await, Denial::Link);
    house.pass(DAY + 1);
    denied(house.people.finish_setup(second.expose_secret(), account("ada"), &client()).await, Denial::Link);
    let third = house.people.setup_secret(Some(second)).await.unwrap().unwrap();
    house.people.finish_setup(third.expose_secret(), account("ada"), &client()).await.unwrap();
}

#[tokio::test]
async fn of_many_who_set_up_at_once_one_does() {
    let house = House::build().await;
    let secret = house.people.setup_secret(None).await.unwrap().unwrap();
    let all = (0..8).map(|number| {
        let (people, secret) = (Arc::clone(&house.people), secret.clone());
        async move {
            people.finish_setup(secret.expose_secret(), account(&format!("ada{number}")), &client()).await
        }
    });
    let done = futures_util::future::join_all(all).await;
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1);
    for one in done.into_iter().filter(Result::is_err) {
        denied(one, Denial::Link);
    }
    assert_eq!(house.people.users(None, 100).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_or_an_address_and_the_password_sign_in() {
    let house = House::build().await;
    house.set_up().await;
    let with_address = NewAccount { email: Some("Grace@Example.org".to_owned()), ..account("Grace") };
    house.people.create_user(&Caller::machine(), with_address, ServerRole::User).await.unwrap();
    for name in ["Grace", "grace", "ＧＲＡＣＥ", "grace@example.org", " GRACE@EXAMPLE.ORG "] {
        let signed_in = house.sign_in(name).await;
        let caller = house.caller(&signed_in).await;
        assert_eq!((&*caller.name, caller.role), ("Grace", ServerRole::User), "{name}");
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let house = House::build().await;
    house.set_up().await;
    let off = house.join("off", ServerRole::User).await;
    let machine = Caller::machine();
    let disable = engine::people::EditUser { disabled: Some(true), ..Default::default() };
    house.people.edit_user(&machine, off.user.id, disable).await.unwrap();
    for (name, password) in [("ada", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("", ""), ("ada", "")]
    {
        denied(house.try_sign_in(name, password, None).await, Denial::SignIn);
    }
    denied(house.try_sign_in(&"x".repeat(10_000), PASSWORD, None).await, Denial::SignIn);
    denied(house.try_sign_in("ada", &format!("{PASSWORD} "), None).await, Denial::SignIn);
}

#[tokio::test]
async fn a_name_is_nobody_elses_whatever_its_letters_look_like() {
    let house = House::build().await;
    house.set_up().await;
    for name in ["ADA", "ＡＤＡ", "ada"] {
        let made = house.people.create_user(&Caller::machine(), account(name), ServerRole::User).await;
        conflict(made, Conflict::NameTaken);
    }
}

#[tokio::test]
async fn a_password_that_can_be_guessed_is_refused_in_its_place() {
    let house = House::build().await;
    for password in ["short", "password1234", "grace-grace-1906", &"x".repeat(129)] {
        let weak = NewAccount { password: password.into(), ..account("grace") };
        let made = house.people.create_user(&Caller::machine(), weak, ServerRole::User).await;
        assert_eq!(problems(made), ["/password"], "{password}");
    }
}

/// The first ten failures cost nothing; then a try waits, the right one too, and after it the count begins anew.
#[tokio::test(start_paused = true)]
async fn after_ten_failures_a_try_waits_and_is_not_refused() {
    let house = House::in_place().await;
    house.set_up().await;
    for name in ["ada", "nobody"] {
        let begun = Instant::now();
        for _ in 0..10 {
            denied(house.try_sign_in(name, "wrong", None).await, Denial::SignIn);
        }
        assert!(begun.elapsed() < Duration::from_millis(500), "{name} waited {:?}", begun.elapsed());
        let begun = Instant::now();
        denied(house.try_sign_in(name, "wrong", None).await, Denial::SignIn);
        denied(house.try_sign_in(name, "wrong", None).await, Denial::SignIn);
        let waited = begun.elapsed().as_secs_f64();
        assert!((3.0..3.5).contains(&waited), "{name} waited {waited} s");
    }
    let begun = Instant::now();
    house.sign_in("ada").await;
    let waited = begun.elapsed().as_secs_f64();
    assert!((4.0..4.5).contains(&waited), "the right password waited {waited} s");
    let begun = Instant::now();
    house.sign_in("ada").await;
    assert!(begun.elapsed() < Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_minute_and_an_hour_later_not_at_all() {
    let house = House::in_place().await;
    house.set_up().await;
    for _ in 0..30 {
        denied(house.try_sign_in("ada", "wrong", None).await, Denial::SignIn);
    }
    let begun = Instant::now();
    denied(house.try_sign_in("ada", "wrong", None).await, Denial::SignIn);
    assert!((60.0..61.0).contains(&begun.elapsed().as_secs_f64()));
    house.pass(HOUR + 1);
    let begun = Instant::now();
    house.sign_in("ada").await;
    assert!(begun.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn another_session_than_an_account_may_have_ends_its_oldest() {
    let settings = AuthSettings { max_sessions: 3, ..AuthSettings::default() };
    let house = House::build_with(settings).await;
    let mut sessions = vec![house.set_up().await];
    for _ in 0..3 {
        house.pass(SECOND);
        sessions.push(house.sign_in("ada").await);
    }
    let mut let_in = Vec::new();
    for session in &sessions {
        let_in.push(house.lets_in(session).await);
    }
    assert_eq!(let_in, [false, true, true, true]);
    denied(house.refresh(&sessions[0].refresh_token).await, Denial::Token);
}

#[tokio::test]
async fn a_password_is_good_for_years() {
    let house = House::build().await;
    house.set_up().await;
    house.pass(10 * 365 * DAY);
    let ada = house.sign_in("ada").await;
    assert!(house.lets_in(&ada).await);
}
