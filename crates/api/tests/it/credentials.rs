//! Credentials that are none: all are refused alike, and say what would be taken.

use serde_json::{Value, json};

use crate::raw::{exchange, request};
use crate::running::{Running, W};
use crate::stream::Events;

/// Everything but the one good token that a program may show.
fn bad_tokens(good: &str) -> Vec<String> {
    let parts: Vec<&str> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else { unreachable!("a token has three parts") };
    let mut bad: Vec<String> = [
        "x",
        "x.y",
        "x.y.z",
        "a.b.c.d",
        "..",
        ".",
        "null",
        "undefined",
        "[object Object]",
        "true",
        "0",
        "' OR '1'='1",
        "../../etc/passwd",
        "%2e%2e",
        "pck_",
        "pck_x",
        "pck_aaaaaaaa_x",
        "admin",
        "Bearer",
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
    ]
    .map(str::to_owned)
    .into();
    bad.extend([
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{}", &signature[1..]),
        format!("{header}.{claims}.{signature}A"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!("{claims}.{header}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}.{header}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{good}.x"),
        format!("{good} x"),
        format!("x {good}"),
        format!("{good},{good}"),
        good.to_uppercase(),
        good.to_lowercase(),
        good[1..].to_owned(),
        good[..good.len() - 1].to_owned(),
        good.replace('.', "_"),
        good.repeat(2),
        "x".repeat(4_097),
        format!("pck_aaaaaaaa_{}", "x".repeat(49)),
        format!("pck_{good}"),
    ]);
    // One character after another is another one.
    for place in (0..good.len()).step_by(good.len() / 16) {
        let other = if good.as_bytes()[place] == b'B' { 'C' } else { 'B' };
        bad.push(format!("{}{other}{}", &good[..place], &good[place + 1..]));
    }
    bad
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused_and_told_what_would_be_taken() {
    let server = Running::start().await;
    let good = server.bearer.clone().unwrap().trim_start_matches("Bearer ").to_owned();
    let session = json!({ "name": testkit::ADMIN, "password": testkit::PASSWORD, "tokens": true });
    let refresh = server.done("POST /api/v1/session", &session).await["tokens"]["refresh_token"].clone();
    let mut bad = bad_tokens(&good);
    bad.push(refresh.as_str().unwrap().to_owned());
    assert!(bad.len() >= 60);
    let ask = async |headers: &[(&str, &str)]| {
        let address = server.address();
        exchange(address, &request(address, &format!("GET {W}/cards"), headers, b"")).await
    };
    for token in &bad {
        for (name, value) in
            [("authorization", format!("Bearer {token}")), ("cookie", format!("pc_at={token}"))]
        {
            let answer = ask(&[(name, &value)]).await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"), "{name}: {value}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{value}");
        }
    }
    let odd = [
        vec![("authorization", format!("Basic {good}"))],
        vec![("authorization", good.clone())],
        vec![("authorization", format!("Bearer {good}")), ("authorization", format!("Bearer {good}"))],
        vec![("cookie", format!("pc_at={good}; pc_at={good}"))],
        // A header that is refused is not made good by a cookie.
        vec![("authorization", "Bearer x".to_owned()), ("cookie", format!("pc_at={good}"))],
    ];
    for headers in odd {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(ask(&headers).await.code(), "invalid_token", "{headers:?}");
    }
    for headers in [&[][..], &[("cookie", "pc_rt=x; theme=dark")]] {
        let answer = ask(headers).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "sign_in_required"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"promptcards\""));
    }
    for headers in [("authorization", format!("bearer {good}")), ("cookie", format!("a=b; pc_at={good}"))] {
        assert_eq!(ask(&[(headers.0, &headers.1)]).await.status, 200, "what they are made of is good");
    }
}

#[tokio::test]
async fn nobody_writes_what_is_not_theirs_to_write() {
    let server = Running::start().await;
    let document: Value = serde_json::from_str(&api::router::openapi().unwrap()).unwrap();
    // Those that a body of this operation really has.
    let theirs =
        [("add_member", "role"), ("put_member", "role"), ("invite_user", "role"), ("edit_user", "role")];
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            if operation["requestBody"]["content"].get("application/json").is_none() {
                continue;
            }
            let address: Vec<&str> = path
                .split('/')
                .map(|segment| match segment {
                    "{ws}" => "default",
                    "{number}" | "{position}" => "1",
                    "{slug}" | "{label}" | "{model}" => "some",
                    id if id.starts_with('{') => crate::running::NOBODY,
                    segment => segment,
                })
                .collect();
            let what = format!("{} {}", method.to_uppercase(), address.join("/"));
            for field in ["role", "is_admin", "owner_id", "workspace_id", "created_at"] {
                if theirs.contains(&(name, field)) {
                    continue;
                }
                let answer = server.call(&what, &[("if-match", "\"1\"")], &json!({ field: "x" })).await;
                assert_eq!(answer.status, 422, "{name} {field}: {}", answer.text());
                let detail = answer.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.contains("There is no such field"), "{name} {field}: {detail}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

#[tokio::test]
async fn a_stream_ends_with_the_session_or_the_membership() {
    let place = crate::access::Place::with_endless_models().await;
    let server = &place.server;
    let run = server.done("POST /runs", &crate::running::run_of("card")).await;
    let path = format!("{W}/runs/{}/events?after=0", run["id"].as_str().unwrap());
    let follow = async |actor: &str| {
        let bearer = format!("Bearer {}", place.token(actor));
        let mut events = Events::at(server.address(), &path, &[("authorization", &bearer)], None).await;
        events.until("run_started").await;
        events
    };
    let (of_viewer, of_editor, by_key) =
        (follow("viewer").await, follow("editor").await, follow("key").await);
    let people = server.engine.people();
    let machine = domain::caller::Caller::machine();
    let viewer = people.find_user("viewer").await.unwrap().id;
    people.end_sessions_of_user(&machine, viewer).await.unwrap();
    of_viewer.end().await;
    let workspace = server.engine.workspace("default").await.unwrap();
    let editor = people.find_user("editor").await.unwrap().id;
    people.remove_member(&machine, workspace, editor).await.unwrap();
    of_editor.end().await;
    let owner = people.find_user("owner").await.unwrap().id;
    for key in people.api_keys_of_user(owner).await.unwrap() {
        people.revoke_api_key_of_user(&machine, owner, key.id).await.unwrap();
    }
    by_key.end().await;
}
