//! What a page elsewhere can make a browser send, and what programs send: a change passes by cookie only with a token
//! of the session and from our own page.

use axum::http::Method;
use serde_json::{Value, json};

use crate::raw::Answer;
use crate::running::Running;

/// The cookies of a browser that has signed in, as it sends them.
pub(crate) struct Browser<'a> {
    server: &'a Running,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl<'a> Browser<'a> {
    pub(crate) async fn sign_in(server: &'a Running) -> Self {
        let mut browser = Self { server, access: String::new(), refresh: String::new() };
        browser.sign_in_again().await;
        browser
    }

    /// Signs in with whatever cookies it has.
    async fn sign_in_again(&mut self) {
        let body = json!({ "name": testkit::ADMIN, "password": testkit::PASSWORD });
        let answer = self.send("POST /api/v1/session", &[], &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert!(answer.json().get("tokens").is_none(), "no script can read them");
    }

    fn copy(&self) -> Self {
        Self { server: self.server, access: self.access.clone(), refresh: self.refresh.clone() }
    }

    /// Whether the session of its cookies goes on, as one and as the other of them tells.
    async fn is_signed_in(&mut self) -> (bool, bool) {
        let by_access = self.send("GET /api/v1/session", &[], &Value::Null).await.status == 200;
        let access = std::mem::take(&mut self.access);
        let by_refresh = self.send("GET /api/v1/session/csrf", &[], &Value::Null).await.status == 200;
        self.access = access;
        (by_access, by_refresh)
    }

    /// Sends a request of the server's own page, with both cookies wherever their paths say.
    pub(crate) async fn send(&mut self, what: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let (_, path) = what.split_once(' ').unwrap();
        let cookies = if path.starts_with("/api/v1/session") {
            format!("pc_at={}; pc_rt={}", self.access, self.refresh)
        } else {
            format!("pc_at={}", self.access)
        };
        let mut all = vec![("cookie", cookies.as_str()), ("sec-fetch-site", "same-origin")];
        all.extend_from_slice(headers);
        let answer = send(self.server, what, &all, body).await;
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (cookie, attributes) = line.split_once("; ").unwrap();
            let (name, value) = cookie.split_once('=').unwrap();
            let (place, path) = match name {
                "pc_at" => (&mut self.access, "Path=/"),
                "pc_rt" => (&mut self.refresh, "Path=/api/v1/session"),
                other => unreachable!("no other cookie exists: {other}"),
            };
            value.clone_into(place);
            let attributes: Vec<_> = attributes.split("; ").collect();
            assert_eq!(attributes[..3], [path, "HttpOnly", "SameSite=Strict"], "{line}");
        }
        answer
    }

    pub(crate) async fn csrf_token(&mut self) -> String {
        let answer = self.send("GET /api/v1/session/csrf", &[], &Value::Null).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        answer.json()["csrf_token"].as_str().unwrap().to_owned()
    }
}

/// Sends without the token that the server's actor shows.
async fn send(server: &Running, what: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut all = headers.to_vec();
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
        all.push(("content-type", "application/json"));
    }
    let address = server.address();
    crate::raw::exchange(address, &crate::raw::request(address, what, &all, body.as_bytes())).await
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Nothing,
    Cookie,
    Bearer,
}

/// What must be answered, said once more in other words than the server's.
fn expected(origin: &str, site: &str, csrf: &str, json: bool, shown: Shown) -> (u16, &'static str) {
    let ours = |value: &str, fine: &[&str]| value.is_empty() || fine.contains(&value);
    if !ours(origin, &["own"]) || !ours(site, &["same-origin", "none"]) {
        return (403, "foreign_origin");
    }
    match shown {
        Shown::Nothing => (401, "sign_in_required"),
        Shown::Cookie if csrf != "own" || origin.is_empty() && site.is_empty() => (403, "csrf_failed"),
        _ if !json => (415, "unsupported_media_type"),
        _ => (422, "invalid"),
    }
}

#[tokio::test]
async fn a_change_by_cookie_passes_from_the_own_page_with_its_token_alone() {
    let server = Running::start().await;
    let (mut browser, mut other) = (Browser::sign_in(&server).await, Browser::sign_in(&server).await);
    let (own, of_another) = (browser.csrf_token().await, other.csrf_token().await);
    let cookie = format!("pc_at={}", browser.access);
    let bearer = server.bearer.clone().unwrap();
    let here = format!("http://{}", server.address());
    let mut asked = 0;
    for origin in ["", "own", "http://evil.example", "null"] {
        for site in ["", "same-origin", "none", "same-site", "cross-site"] {
            for csrf in ["", "own", "of another session", "nonsense"] {
                for media_type in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
                    for shown in [Shown::Nothing, Shown::Cookie, Shown::Bearer] {
                        let mut headers = vec![("content-type", media_type)];
                        match origin {
                            "" => {}
                            "own" => headers.push(("origin", &here)),
                            foreign => headers.push(("origin", foreign)),
                        }
                        if !site.is_empty() {
                            headers.push(("sec-fetch-site", site));
                        }
                        match csrf {
                            "" => {}
                            "own" => headers.push(("x-csrf-token", &own)),
                            "of another session" => headers.push(("x-csrf-token", &of_another)),
                            nonsense => headers.push(("x-csrf-token", nonsense)),
                        }
                        match shown {
                            Shown::Nothing => {}
                            Shown::Cookie => headers.push(("cookie", &cookie)),
                            Shown::Bearer => headers.push(("authorization", &bearer)),
                        }
                        let answer =
                            send(&server, "POST /api/v1/workspaces/default/cards", &headers, &json!({}))
                                .await;
                        let is_json = media_type == "application/json";
                        assert_eq!(
                            (answer.status, answer.code().as_str()),
                            expected(origin, site, csrf, is_json, shown),
                            "{headers:?}"
                        );
                        asked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(asked, 720);
}

#[tokio::test]
async fn every_change_by_cookie_asks_for_the_token() {
    let server = Running::start().await;
    let mut browser = Browser::sign_in(&server).await;
    let declared = api::router::declarations().unwrap();
    let anyone = domain::permission::Permission::Anyone;
    for one in declared.iter().filter(|one| one.method != Method::GET.as_str() && one.permission != anyone) {
        let mut path = String::new();
        for segment in one.path.split('/').skip(1) {
            path += if segment.starts_with('{') { "/default" } else { "/" };
            path += if segment.starts_with('{') { "" } else { segment };
        }
        let answer = browser.send(&format!("{} {path}", one.method), &[], &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "csrf_failed"), "{}", one.operation);
    }
}

#[tokio::test]
async fn a_session_begins_goes_on_and_ends_in_a_browser() {
    let server = Running::start().await;
    let mut browser = Browser::sign_in(&server).await;
    let session = browser.send("GET /api/v1/session", &[], &Value::Null).await.json();
    assert_eq!(
        (&session["user"]["name"], &session["user"]["role"]),
        (&json!(testkit::ADMIN), &json!("admin"))
    );
    assert_eq!(session["workspaces"][0]["role"], "owner");

    // The access token has expired: the page has a token by the other cookie, and renews.
    server.pass(6 * 60_000);
    let expired = browser.send("GET /api/v1/session", &[], &Value::Null).await;
    assert_eq!((expired.status, expired.code().as_str()), (401, "invalid_token"));
    let csrf = browser.csrf_token().await;
    let without = browser.send("POST /api/v1/session/refresh", &[], &json!({})).await;
    assert_eq!((without.status, without.code().as_str()), (403, "csrf_failed"));
    let with = [("x-csrf-token", csrf.as_str())];
    let before = (browser.access.clone(), browser.refresh.clone());
    assert_eq!(browser.send("POST /api/v1/session/refresh", &with, &json!({})).await.status, 201);
    assert!(browser.access != before.0 && browser.refresh != before.1);

    // What is dangerous asks for the password once more.
    let invite = json!({ "role": "user" });
    let late = browser.send("POST /api/v1/users/invitations", &with, &invite).await;
    assert_eq!((late.status, late.code().as_str()), (403, "confirmation_required"));
    let wrong = json!({ "password": "not the password" });
    let refused = browser.send("POST /api/v1/session/confirm", &with, &wrong).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "wrong_password"));
    let right = json!({ "password": testkit::PASSWORD });
    assert_eq!(browser.send("POST /api/v1/session/confirm", &with, &right).await.status, 204);
    assert_eq!(browser.send("POST /api/v1/users/invitations", &with, &invite).await.status, 201);

    let (access, refresh) = (browser.access.clone(), browser.refresh.clone());
    let out = browser.send("DELETE /api/v1/session", &with, &Value::Null).await;
    assert_eq!((out.status, out.header("clear-site-data")), (204, Some("\"cache\", \"storage\"")));
    assert!(browser.access.is_empty() && browser.refresh.is_empty(), "the cookies are gone");
    (browser.access, browser.refresh) = (access, refresh);
    for what in ["GET /api/v1/session", "GET /api/v1/session/csrf"] {
        let answer = browser.send(what, &[], &Value::Null).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_token"), "{what}");
    }
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_the_browser_had_before() {
    let server = Running::start().await;
    let mut elsewhere = Browser::sign_in(&server).await;
    // The page is signed in long enough for the access token to have expired, or it is there still.
    for passes in [0, 6 * 60_000] {
        let mut browser = Browser::sign_in(&server).await;
        let mut before = browser.copy();

        // Who is refused ends nothing, and neither does a program, whose tokens take the place of no cookies.
        let body = json!({ "name": testkit::ADMIN, "password": "not the password" });
        assert_eq!(browser.send("POST /api/v1/session", &[], &body).await.status, 401);
        let body = json!({ "name": testkit::ADMIN, "password": testkit::PASSWORD, "tokens": true });
        assert_eq!(browser.send("POST /api/v1/session", &[], &body).await.status, 201);
        assert_eq!(before.is_signed_in().await, (true, true));

        server.pass(passes);
        browser.sign_in_again().await;
        assert_eq!(before.is_signed_in().await, (false, false));
        assert_eq!(browser.is_signed_in().await, (true, true));
    }
    assert_eq!(
        elsewhere.is_signed_in().await,
        (false, true),
        "six minutes, and no sign-in, have passed there"
    );

    // A cookie that somebody planted keeps nobody out, and the other one says which session it was.
    elsewhere.sign_in_again().await;
    let mut before = elsewhere.copy();
    elsewhere.refresh = "planted; pc_rt=twice".to_owned();
    elsewhere.sign_in_again().await;
    assert_eq!(before.is_signed_in().await, (false, false));

    // Who accepts an invitation is signed in as somebody else from then on.
    let mut before = elsewhere.copy();
    let csrf = elsewhere.csrf_token().await;
    let with = [("x-csrf-token", csrf.as_str())];
    let link =
        elsewhere.send("POST /api/v1/users/invitations", &with, &json!({ "role": "user" })).await.json();
    let (_, secret) = link["link"].as_str().unwrap().split_once('#').unwrap();
    let accept = json!({ "secret": secret, "name": "grace", "password": testkit::PASSWORD });
    assert_eq!(elsewhere.send("POST /api/v1/links/accept", &[], &accept).await.status, 201);
    assert_eq!(before.is_signed_in().await, (false, false));
    assert_eq!(elsewhere.is_signed_in().await, (true, true));
}
