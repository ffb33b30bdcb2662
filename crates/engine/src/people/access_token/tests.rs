//! The tokens that are refused, and the vectors of the standards.

use domain::ids::IdSource;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const ISSUER: &str = "https://cards.example";
/// A whole second.
const NOW: Millis = 1_790_000_000_000;

struct One;

impl IdSource for One {
    fn next(&self) -> Uuid {
        Uuid::from_u128(1)
    }
}

/// The key of RFC 8037, appendix A.
fn key() -> SigningKey {
    let private = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    SigningKey::from_bytes(&private.try_into().unwrap())
}

fn keys() -> HashMap<String, VerifyingKey> {
    let key = key().verifying_key();
    HashMap::from([(thumbprint(&key), key)])
}

fn token() -> AccessToken {
    AccessToken {
        user: UserId::new(&One),
        session: SessionId::new(&One),
        id: TokenId::new(&One),
        expires_at: NOW + LASTING,
    }
}

fn signed() -> String {
    sign(&token(), ISSUER, &thumbprint(&key().verifying_key()), &key(), NOW).unwrap()
}

fn read(token: &str, now: Millis) -> Option<AccessToken> {
    verify(token, ISSUER, &keys(), now)
}

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// A token of these texts, signed with the key.
fn of(header: &str, claims: &str) -> String {
    let signed = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(header.as_bytes()),
        BASE64URL_NOPAD.encode(claims.as_bytes())
    );
    let signature = key().sign(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}

/// The good token with another member of its header or claims; null takes it away.
fn with(place: usize, member: &str, value: Value) -> String {
    let good = signed();
    let mut parts = [part(&good, 0), part(&good, 1)];
    let members = parts[place].as_object_mut().unwrap();
    if value.is_null() {
        members.remove(member)
    } else {
        members.insert(member.to_owned(), value)
    };
    of(&parts[0].to_string(), &parts[1].to_string())
}

#[test]
fn a_token_is_read_until_it_expires_and_not_longer() {
    assert_eq!(read(&signed(), NOW), Some(token()));
    assert_eq!(read(&signed(), NOW + LASTING + LEEWAY), Some(token()));
    assert_eq!(read(&signed(), NOW + LASTING + LEEWAY + 1), None);
    assert_eq!(read(&signed(), NOW - LEEWAY), Some(token()));
    assert_eq!(read(&signed(), NOW - LEEWAY - 1), None);
}

#[test]
fn the_thumbprint_is_that_of_the_standard() {
    assert_eq!(thumbprint(&key().verifying_key()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_signature_is_that_of_the_standard() {
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(
        BASE64URL_NOPAD.encode(&key().sign(signed.as_bytes()).to_bytes()),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn what_is_not_exactly_such_a_token_is_refused() {
    let good = signed();
    let (signed_part, signature) = good.rsplit_once('.').unwrap();
    let (header, claims) = signed_part.split_once('.').unwrap();
    let kid = thumbprint(&key().verifying_key());
    let header_text = part(&good, 0).to_string();
    let claims_text = part(&good, 1).to_string();
    let seconds = NOW / 1000;
    let mut turned = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    turned[0] ^= 1;
    let bad = [
        ("nothing", String::new()),
        ("two parts", signed_part.to_owned()),
        ("four parts", format!("{good}.x")),
        ("no signature", format!("{signed_part}.")),
        ("a turned bit", format!("{signed_part}.{}", BASE64URL_NOPAD.encode(&turned))),
        ("padding", format!("{good}==")),
        ("a space", format!("{good} ")),
        (
            "trailing bits",
            format!("{}{}", &good[..good.len() - 1], char::from(good.as_bytes()[good.len() - 1] + 1)),
        ),
        (
            "other claims",
            format!("{header}.{}.{signature}", BASE64URL_NOPAD.encode(claims_text.to_uppercase().as_bytes())),
        ),
        ("standard base64", good.replace('_', "/").replace('-', "+") + "/"),
        (
            "alg none",
            format!("{}.{claims}.", BASE64URL_NOPAD.encode(header_text.replace("EdDSA", "none").as_bytes())),
        ),
        ("alg None", with(0, "alg", json!("None"))),
        ("alg HS256", with(0, "alg", json!("HS256"))),
        ("alg ES256", with(0, "alg", json!("ES256"))),
        ("alg eddsa", with(0, "alg", json!("eddsa"))),
        ("no alg", with(0, "alg", Value::Null)),
        ("typ JWT", with(0, "typ", json!("JWT"))),
        ("no typ", with(0, "typ", Value::Null)),
        ("another kid", with(0, "kid", json!("x"))),
        ("a path as kid", with(0, "kid", json!("../../etc/passwd"))),
        ("SQL as kid", with(0, "kid", json!("' OR 1=1 --"))),
        ("no kid", with(0, "kid", Value::Null)),
        ("a kid that is no text", with(0, "kid", json!([kid]))),
        ("crit", with(0, "crit", json!(["exp"]))),
        ("jku", with(0, "jku", json!("https://evil.example/keys"))),
        ("x5u", with(0, "x5u", json!("https://evil.example/keys"))),
        ("jwk", with(0, "jwk", json!({"kty": "OKP"}))),
        ("zip", with(0, "zip", json!("DEF"))),
        ("b64", with(0, "b64", json!(false))),
        ("another issuer", with(1, "iss", json!("https://evil.example"))),
        ("no issuer", with(1, "iss", Value::Null)),
        ("another audience", with(1, "aud", json!("https://evil.example"))),
        ("audiences", with(1, "aud", json!([ISSUER, "x"]))),
        ("no audience", with(1, "aud", Value::Null)),
        ("no subject", with(1, "sub", Value::Null)),
        ("a subject that is no id", with(1, "sub", json!("admin"))),
        ("no session", with(1, "sid", Value::Null)),
        ("no id", with(1, "jti", Value::Null)),
        ("no iat", with(1, "iat", Value::Null)),
        ("iat ahead", with(1, "iat", json!(seconds + 31))),
        ("no nbf", with(1, "nbf", Value::Null)),
        ("nbf ahead", with(1, "nbf", json!(seconds + 31))),
        ("no exp", with(1, "exp", Value::Null)),
        ("expired", with(1, "exp", json!(seconds - 31))),
        ("exp as text", with(1, "exp", json!("9999999999"))),
        ("exp as a fraction", with(1, "exp", json!(9_999_999_999.5))),
        ("exp beyond time", with(1, "exp", json!(i64::MAX))),
        ("a role", with(1, "role", json!("admin"))),
        ("a claim twice", of(&header_text, &claims_text.replacen('{', "{\"exp\":9999999999,", 1))),
        ("alg twice", of(&header_text.replacen('{', "{\"alg\":\"EdDSA\",", 1), &claims_text)),
        ("more than 4 KiB", with(1, "iss", json!("x".repeat(4_000)))),
    ];
    assert!(bad.len() >= 40);
    for (what, token) in &bad {
        assert_eq!(read(token, NOW), None, "{what}: {token}");
    }
    assert_eq!(read(&of(&header_text, &claims_text), NOW), Some(token()), "what they are made of is good");
}

#[test]
fn a_token_of_another_key_under_this_name_is_refused() {
    let other = SigningKey::from_bytes(&[7; 32]);
    let forged = sign(&token(), ISSUER, &thumbprint(&key().verifying_key()), &other, NOW).unwrap();
    assert_eq!(read(&forged, NOW), None);
}
