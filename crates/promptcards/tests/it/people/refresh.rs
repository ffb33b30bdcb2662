//! Refresh tokens: exchanged once, and what comes twice ends the session.

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

#[tokio::test]
async fn a_refresh_token_is_exchanged_once() {
    let house = House::build().await;
    let first = house.set_up().await;
    house.pass(4 * MINUTE);
    let second = house.refresh(&first.refresh_token).await.unwrap();
    assert_eq!(second.session, first.session);
    assert!(house.lets_in(&first).await, "an access token lives on beside the next one");
    house.pass(11 * SECOND);
    denied(house.refresh(&first.refresh_token).await, Denial::Token);
    assert!(!house.lets_in(&second).await, "the whole family is out");
    denied(house.refresh(&second.refresh_token).await, Denial::Token);
    denied(house.refresh(&"x".repeat(43).into()).await, Denial::Token);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let house = House::build().await;
    let first = house.set_up().await;
    let lost = house.refresh(&first.refresh_token).await.unwrap();
    house.pass(10 * SECOND);
    let again = house.refresh(&first.refresh_token).await.unwrap();
    assert!(house.refresh(&again.refresh_token).await.is_ok());
    // Somebody has the answer that was lost.
    denied(house.refresh(&lost.refresh_token).await, Denial::Token);
    assert!(!house.lets_in(&again).await);
}

#[tokio::test]
async fn a_generation_before_the_last_is_reuse_however_soon_it_comes() {
    let house = House::build().await;
    let first = house.set_up().await;
    let second = house.refresh(&first.refresh_token).await.unwrap();
    let third = house.refresh(&second.refresh_token).await.unwrap();
    denied(house.refresh(&first.refresh_token).await, Denial::Token);
    denied(house.refresh(&third.refresh_token).await, Denial::Token);
    assert!(house.lets_in(&house.sign_in("ada").await).await, "another session is not meant");
}

#[tokio::test]
async fn a_clock_that_was_put_back_opens_no_grace() {
    let house = House::build().await;
    let first = house.set_up().await;
    house.pass(HOUR);
    house.refresh(&first.refresh_token).await.unwrap();
    house.pass(-HOUR);
    denied(house.refresh(&first.refresh_token).await, Denial::Token);
}

#[tokio::test]
async fn many_exchanges_of_one_token_leave_one_chain() {
    let house = House::build().await;
    let first = house.set_up().await;
    let all = (0..100).map(|_| house.refresh(&first.refresh_token));
    let tokens: Vec<SecretString> = join_all(all)
        .await
        .into_iter()
        .filter_map(Result::ok)
        .map(|signed_in| signed_in.refresh_token)
        .collect();
    assert!(!tokens.is_empty());
    let mut alive = 0;
    for token in &tokens {
        let hash = token.expose_secret().to_owned();
        alive += usize::from(is_unused(&house, hash).await);
    }
    assert_eq!(alive, 1, "of {} answers", tokens.len());
}

async fn is_unused(house: &House, token: String) -> bool {
    use sha2::{Digest, Sha256};
    let hash = hex::encode(Sha256::digest(token));
    let found = house.store.read(move |conn| store::refresh_tokens::get(conn, &hash)).await.unwrap();
    found.unwrap().used_at.is_none()
}

#[tokio::test]
async fn a_session_ends_when_nothing_is_heard_of_it_and_in_any_case_after_a_week() {
    let house = House::build().await;
    let quiet = house.set_up().await;
    house.pass(12 * HOUR + 1);
    denied(house.refresh(&quiet.refresh_token).await, Denial::Token);

    let mut busy = house.sign_in("ada").await;
    for _ in 0..16 {
        house.pass(10 * HOUR);
        busy = house.refresh(&busy.refresh_token).await.unwrap();
    }
    house.pass(8 * HOUR);
    denied(house.refresh(&busy.refresh_token).await, Denial::Token);
}

#[tokio::test]
async fn a_remembered_session_lasts_a_month_without_a_word() {
    let house = House::build().await;
    house.set_up().await;
    let sign_in = SignIn { name: "ada".to_owned(), password: PASSWORD.into(), code: None, remember: true };
    let Ok(SignInOutcome::SignedIn(signed_in)) = house.people.sign_in(sign_in, &client()).await else {
        panic!("not signed in")
    };
    house.pass(29 * DAY);
    let renewed = house.refresh(&signed_in.refresh_token).await.unwrap();
    assert!(renewed.remembered && renewed.session_expires_at.0 == START + 30 * DAY);
    house.pass(DAY);
    denied(house.refresh(&renewed.refresh_token).await, Denial::Token);
}

/// One step of a history: a token that was given is shown, counted from the newest, and time passes.
#[derive(Debug, Clone, Copy)]
struct Step {
    back: usize,
    pass: Millis,
}

/// What is known of a token that was given.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Unused,
    /// Exchanged then, for the token of this number.
    Exchanged(Millis, usize),
    Replaced,
}

/// Whatever is shown in whatever order: at most one token is good; one that is not, and is not the one whose answer may
/// have been lost, ends the session, and then none is good for ever.
#[test]
fn no_history_of_refreshes_leaves_two_who_can_go_on() {
    let step = (0_usize..4, prop_oneof![Just(0), Just(9 * SECOND), Just(11 * SECOND), Just(-20 * SECOND)])
        .prop_map(|(back, pass)| Step { back, pass });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let house = runtime.block_on(async {
        let house = House::in_place().await;
        house.set_up().await;
        house
    });
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    )
    .run(&proptest::collection::vec(step, 1..12), |steps| runtime.block_on(history(&house, &steps)))
    .unwrap();
}

async fn history(house: &House, steps: &[Step]) -> Result<(), TestCaseError> {
    let begun = house.begin_session().await;
    let mut given = vec![(begun, Known::Unused)];
    let mut ended = false;
    for step in steps {
        house.pass(step.pass);
        let now = house.clock.now();
        let shown = given.len() - 1 - step.back.min(given.len() - 1);
        let (token, known) = given[shown].clone();
        let next = given.len();
        let expected = !ended
            && match known {
                Known::Unused => true,
                Known::Exchanged(at, successor) => {
                    (0..=10 * SECOND).contains(&(now - at)) && given[successor].1 == Known::Unused
                }
                Known::Replaced => false,
            };
        match house.refresh(&token).await {
            Ok(signed_in) => {
                prop_assert!(expected, "{known:?} was taken");
                let at = match known {
                    Known::Exchanged(at, successor) => {
                        given[successor].1 = Known::Replaced;
                        at
                    }
                    _ => now,
                };
                given[shown].1 = Known::Exchanged(at, next);
                given.push((signed_in.refresh_token, Known::Unused));
            }
            Err(Error::Denied { kind: Denial::Token, .. }) => {
                prop_assert!(!expected, "{known:?} was refused");
                ended = true;
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
        let unused = given.iter().filter(|(_, known)| *known == Known::Unused).count();
        prop_assert!(unused <= 1);
    }
    Ok(())
}

impl House {
    /// A session without the hash of a password, which would take most of the time of a history.
    async fn begin_session(&self) -> SecretString {
        use sha2::{Digest, Sha256};
        let ada = self.people.find_user("ada").await.unwrap().id;
        let id = domain::ids::SessionId::new(&SystemIds);
        let (token, at) = (id.to_string(), self.clock.now());
        let hash = hex::encode(Sha256::digest(&token));
        let row = store::sessions::NewSession {
            id,
            user_id: ada,
            csrf_key: String::new(),
            at,
            expires_at: at + DAY,
            remembered: false,
            user_agent: String::new(),
            address: None,
        };
        self.store
            .write(move |conn| {
                store::sessions::insert(conn, &row)?;
                store::refresh_tokens::insert(conn, &hash, id, 0, at)
            })
            .await
            .unwrap();
        token.into()
    }
}
