//! The second factor.

use engine::Conflict;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::*;

/// What an app shows for this secret now.
fn code(secret: &SecretString, now: Millis) -> String {
    let secret = data_encoding::BASE32_NOPAD.decode(secret.expose_secret().as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&(now / 30_000).to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let place = usize::from(hash[19] & 15);
    let four = u32::from_be_bytes(hash[place..place + 4].try_into().unwrap());
    format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
}

/// Sets a second factor up; the answer is its secret and the recovery codes.
pub(super) async fn set_up(house: &House, signed_in: &SignedIn) -> (SecretString, Vec<SecretString>) {
    let caller = house.caller(signed_in).await;
    let begun = house.people.begin_two_factor(&caller).await.unwrap();
    let code = code(&begun.secret, house.clock.now());
    (begun.secret, house.people.confirm_two_factor(&caller, &code).await.unwrap())
}

#[tokio::test]
async fn a_code_is_asked_for_from_its_confirmation_on_and_taken_once() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let caller = house.caller(&ada).await;
    let begun = house.people.begin_two_factor(&caller).await.unwrap();
    assert!(begun.uri.expose_secret().starts_with("otpauth://totp/Promptcards:ada?secret="));
    house.sign_in("ada").await;
    assert_eq!(problems(house.people.confirm_two_factor(&caller, "000000").await), ["/code"]);
    let (secret, codes) = set_up(&house, &ada).await;
    assert_eq!(codes.len(), 10);
    conflict(house.people.begin_two_factor(&caller).await, Conflict::TwoFactor);

    let asked = house.try_sign_in("ada", PASSWORD, None).await.unwrap();
    assert!(matches!(asked, SignInOutcome::SecondFactorNeeded));
    denied(house.try_sign_in("ada", "wrong", None).await, Denial::SignIn);
    let used = code(&secret, house.clock.now());
    denied(house.try_sign_in("ada", PASSWORD, Some(&used)).await, Denial::SignIn);
    house.pass(30 * SECOND);
    let next = code(&secret, house.clock.now());
    let signed_in = house.try_sign_in("ada", PASSWORD, Some(&next)).await.unwrap();
    assert!(matches!(signed_in, SignInOutcome::SignedIn(_)));
    denied(house.try_sign_in("ada", PASSWORD, Some(&next)).await, Denial::SignIn);
    denied(house.try_sign_in("ada", PASSWORD, Some("")).await, Denial::SignIn);
}

#[tokio::test]
async fn a_recovery_code_is_taken_once_in_whatever_way_it_is_typed() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let (_, codes) = set_up(&house, &ada).await;
    let caller = house.caller(&ada).await;
    let typed = codes[3].expose_secret().to_uppercase().replace('-', " ");
    let signed_in = house.try_sign_in("ada", PASSWORD, Some(&typed)).await.unwrap();
    assert!(matches!(signed_in, SignInOutcome::SignedIn(_)));
    denied(house.try_sign_in("ada", PASSWORD, Some(codes[3].expose_secret())).await, Denial::SignIn);
    assert_eq!(house.people.recovery_codes_left(&caller).await.unwrap(), 9);
    let renew = async |typed: &str| house.people.renew_recovery_codes(&caller, PASSWORD.into(), typed).await;
    denied(renew("").await, Denial::Password);
    denied(renew(codes[3].expose_secret()).await, Denial::Password);
    let others = renew(codes[5].expose_secret()).await.unwrap();
    denied(house.try_sign_in("ada", PASSWORD, Some(codes[4].expose_secret())).await, Denial::SignIn);
    house.try_sign_in("ada", PASSWORD, Some(others[0].expose_secret())).await.unwrap();
}

#[tokio::test]
async fn of_many_who_show_one_code_one_is_let_in() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let (_, codes) = set_up(&house, &ada).await;
    let all = (0..6).map(|_| house.try_sign_in("ada", PASSWORD, Some(codes[0].expose_secret())));
    let done = futures_util::future::join_all(all).await;
    assert_eq!(done.iter().filter(|one| one.is_ok()).count(), 1);
}

#[tokio::test]
async fn who_knows_the_password_alone_does_not_take_the_second_factor_away() {
    let house = House::build().await;
    let ada = house.set_up().await;
    let (secret, codes) = set_up(&house, &ada).await;
    let caller = house.caller(&ada).await;
    denied(house.people.confirm_password(&caller, PASSWORD.into(), None).await, Denial::Password);
    let used = code(&secret, house.clock.now());
    house.pass(30 * SECOND);
    let typed = code(&secret, house.clock.now());
    let remove = async |password: &str, typed: &str| {
        house.people.remove_two_factor(&caller, password.into(), typed).await
    };
    for wrong in ["", "000000", "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa", used.as_str()] {
        denied(remove(PASSWORD, wrong).await, Denial::Password);
    }
    denied(remove("wrong", &typed).await, Denial::Password);
    let asked = house.try_sign_in("ada", PASSWORD, None).await.unwrap();
    assert!(matches!(asked, SignInOutcome::SecondFactorNeeded));

    remove(PASSWORD, &typed).await.unwrap();
    house.sign_in("ada").await;
    conflict(remove(PASSWORD, codes[0].expose_secret()).await, Conflict::TwoFactor);

    // Whose app is lost has the recovery codes.
    let (_, codes) = set_up(&house, &ada).await;
    remove(PASSWORD, codes[9].expose_secret()).await.unwrap();
    house.sign_in("ada").await;
}

#[tokio::test]
async fn no_recovery_code_is_in_a_file() {
    let database = TestDatabase::on_file();
    let store = Store::open(database.settings()).unwrap();
    let house = House::on(store, AuthSettings::default(), MasterKey::draw().unwrap(), START).await;
    let ada = house.set_up().await;
    let (_, codes) = set_up(&house, &ada).await;
    let mut content = Vec::new();
    for entry in std::fs::read_dir(database.folder()).unwrap() {
        content.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let is_there = |bytes: &[u8]| content.windows(bytes.len()).any(|window| window == bytes);
    for code in &codes {
        let shown = code.expose_secret();
        let bare = shown.replace('-', "");
        let bytes = data_encoding::BASE32_NOPAD.decode(bare.to_uppercase().as_bytes()).unwrap();
        for form in [shown.as_bytes(), bare.as_bytes(), bare.to_uppercase().as_bytes(), &bytes] {
            assert!(!is_there(form), "{shown}");
        }
        assert!(is_there(hex::encode(Sha256::digest(&bare)).as_bytes()), "the codes are in other files");
    }
}

#[tokio::test]
async fn nothing_of_it_is_left_of_who_was_erased() {
    let house = House::build().await;
    house.set_up().await;
    let grace = house.join("grace", ServerRole::User).await;
    set_up(&house, &grace).await;
    let user = grace.user.id;
    let left = async || {
        let codes = house.store.read(move |conn| store::recovery_codes::left(conn, user)).await.unwrap();
        let row = house.store.read(move |conn| store::users::get(conn, user)).await.unwrap().unwrap();
        (codes, row.totp_secret.is_some(), row.totp_confirmed_at.is_some(), row.password_hash.is_some())
    };
    assert_eq!(left().await, (10, true, true, true));
    let erased = house.people.erase_user(&Caller::machine(), user).await.unwrap();
    assert!(erased.erased && !house.lets_in(&grace).await);
    assert_eq!(left().await, (0, false, false, false));
}
