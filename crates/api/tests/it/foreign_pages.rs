//! Pages of other origins: those that are named may use the API without cookies, and nobody else is let in.

use api::door::{ForeignPages, Origin, Reach};
use api::extract::Json;
use api::router::guarded;
use api::serve::Connections;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, post};

use crate::server::{Note, Server, expect_headers, site};

const FRIEND: &str = "https://docs.example.org";

/// A server whose API is open to the pages of one origin.
async fn server() -> Server {
    let reach = |port| {
        let mut reach = Reach::loopback(port);
        reach.pages = ForeignPages::new(&[FRIEND.parse::<Origin>().unwrap()]);
        reach
    };
    let echo = async |Json(note): Json<Note>| Json(note);
    let cookie = async |headers: HeaderMap| {
        headers.get("cookie").map(|cookie| cookie.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    let router = Router::new()
        .route("/api/echo", post(echo))
        .route("/api/cookie", get(cookie))
        .route("/echo", post(echo));
    Server::with(Connections::default(), reach, |door, _| guarded(router, site(), door)).await
}

#[tokio::test]
async fn a_page_that_is_named_may_ask_and_read_answers_and_errors() {
    let server = server().await;
    let from = [("origin", FRIEND), ("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
    for (line, body, status) in [
        ("GET /api/echo", "", 405),
        ("POST /api/echo", r#"{"title":"a"}"#, 200),
        ("POST /api/echo", "{", 400),
        ("GET /api/nothing", "", 404),
    ] {
        let answer = server.send(line, &from, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND), "{line}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("vary"), Some("origin"));
        assert!(answer.header("access-control-expose-headers").unwrap().contains("etag"));
        expect_headers(&answer, false);
    }
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_may_be_sent() {
    let server = server().await;
    let asks = [("origin", FRIEND), ("access-control-request-method", "PUT")];
    let answer = server.send("OPTIONS /api/echo", &asks, b"").await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    let methods = answer.header("access-control-allow-methods").unwrap();
    let headers = answer.header("access-control-allow-headers").unwrap();
    assert!(methods.contains("PUT") && headers.contains("authorization") && headers.contains("if-match"));
    assert!(!headers.contains("cookie") && !headers.contains("csrf") && !headers.contains('*'));
    expect_headers(&answer, false);
    // An OPTIONS that is no such question has no answer here.
    assert_eq!(server.send("OPTIONS /api/echo", &[("origin", FRIEND)], b"").await.status, 405);
}

#[tokio::test]
async fn its_cookies_are_not_looked_at() {
    let server = server().await;
    let cookie = ("cookie", "pc_at=stolen");
    assert_eq!(server.send("GET /api/cookie", &[cookie], b"").await.text(), "pc_at=stolen");
    let answer = server.send("GET /api/cookie", &[cookie, ("origin", FRIEND)], b"").await;
    assert_eq!((answer.status, answer.text()), (200, ""));
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let server = server().await;
    let (other_port, http) = ("https://docs.example.org:8443", "http://docs.example.org");
    for origin in [
        "null",
        "*",
        "https://good.evil.com",
        "https://goodXcom",
        "https://docs.example.org.evil.example",
        "https://evil-docs.example.org",
        "https://sub.docs.example.org",
        "https://docsXexample.org",
        "https://docs.example.org/",
        "HTTPS://DOCS.EXAMPLE.ORG",
        other_port,
        http,
        "",
    ] {
        for line in ["GET /api/cookie", "OPTIONS /api/echo", "POST /api/echo"] {
            let headers = [("origin", origin), ("access-control-request-method", "POST")];
            let answer = server.send(line, &headers, b"").await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{line} {origin}");
            for name in ["access-control-allow-origin", "access-control-allow-methods"] {
                assert_eq!(answer.header(name), None, "{line} {origin}");
            }
        }
    }
    let twice = [("origin", FRIEND), ("origin", "https://evil.example")];
    assert_eq!(server.send("GET /api/cookie", &twice, b"").await.status, 403);
    // The page itself is for nobody else to read.
    for path in ["GET /", "GET /icon.svg", "POST /echo"] {
        assert_eq!(server.send(path, &[("origin", FRIEND)], b"").await.status, 403, "{path}");
    }
}
