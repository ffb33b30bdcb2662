//! Host, origin, headers, sizes, methods, panics, the number of requests at once.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use api::door::{Door, Reach};
use axum::body::Body;
use axum::http::Request;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::raw::{Answer, exchange};
use crate::server::{CountedIds, Server, expect_headers, test_router};

/// What headers a request carries, whether a change passes with them, whether a read passes.
type Carried<'a> = (&'a [(&'a str, &'a str)], bool, bool);

async fn with_host(server: &Server, line: &str, headers: &str) -> Answer {
    let request = format!("{line} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n");
    exchange(server.address, request.as_bytes()).await
}

#[tokio::test]
async fn only_the_own_loopback_names_are_answered() {
    let server = Server::start().await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        let answer = with_host(&server, "GET /list", &format!("host: {host}:{port}\r\n")).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let others = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port ^ 1),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.:{port}"),
        format!("user@localhost:{port}"),
        format!("0.0.0.0:{port}"),
        String::new(),
    ];
    for host in others {
        for line in ["GET /list", "POST /echo", "GET /", "GET /nothing"] {
            let answer = with_host(&server, line, &format!("host: {host}\r\n")).await;
            assert_eq!((answer.status, answer.code().as_str()), (421, "wrong_host"), "{line} {host}");
        }
    }
    assert_eq!(with_host(&server, "GET /list", "").await.status, 400);
    let twice = format!("host: localhost:{port}\r\nhost: evil.example\r\n");
    assert_eq!(with_host(&server, "GET /list", &twice).await.status, 400);
    let own = format!("host: localhost:{port}\r\n");
    assert_eq!(with_host(&server, "GET http://evil.example/list", &own).await.status, 421);
}

#[tokio::test]
async fn a_page_elsewhere_cannot_drive_the_server() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    let other_port = format!("http://127.0.0.1:{}", server.address.port() ^ 1);
    let lookalike = format!("{own}.evil.example");
    let page = format!("{own}/cards");
    let lookalike_page = format!("{lookalike}/cards");
    let matrix: [Carried<'_>; 16] = [
        (&[], true, true),
        (&[("origin", &own)], true, true),
        (&[("origin", &own), ("sec-fetch-site", "same-origin")], true, true),
        (&[("sec-fetch-site", "none")], true, true),
        (&[("referer", &page)], true, true),
        (&[("sec-fetch-site", "same-site")], false, true),
        (&[("sec-fetch-site", "cross-site")], false, true),
        (&[("sec-fetch-site", "nonsense")], false, true),
        (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], false, true),
        (&[("referer", "http://evil.example/")], false, true),
        (&[("referer", &lookalike_page)], false, true),
        (&[("origin", "null")], false, false),
        (&[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")], false, false),
        (&[("origin", &other_port)], false, false),
        (&[("origin", &lookalike)], false, false),
        (&[("origin", &own), ("origin", "http://evil.example")], false, false),
    ];
    for (headers, change, read) in matrix {
        let mut with_type = headers.to_vec();
        with_type.push(("content-type", "application/json"));
        let answers = [
            (server.send("POST /echo", &with_type, br#"{"title":"a"}"#).await, change),
            (server.send("GET /list", headers, b"").await, read),
        ];
        for (answer, passes) in answers {
            assert_eq!(answer.header("access-control-allow-origin"), None);
            if passes {
                assert_eq!(answer.status, 200, "{headers:?}");
            } else {
                assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{headers:?}");
            }
        }
    }
    let preflight = [("origin", "http://evil.example"), ("access-control-request-method", "POST")];
    assert_eq!(server.send("OPTIONS /echo", &preflight, b"").await.status, 403);
}

#[tokio::test]
async fn every_response_has_the_headers() {
    let server = Server::start().await;
    let answers = [
        server.get("/list").await,
        server.get("/list?limit=0").await,
        server.get("/panic").await,
        server.get("/api/nothing").await,
        server.send("DELETE /list", &[], b"").await,
        server.send("TRACE /list", &[], b"").await,
        with_host(&server, "GET /", "host: evil.example\r\n").await,
        server.post("/echo", "{").await,
        server.get("/").await,
        server.get("/icon.svg").await,
        server.get("/assets/index-1a2b.js").await,
    ];
    for (number, answer) in answers.iter().enumerate() {
        expect_headers(answer, number >= 8);
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let server = Server::start().await;
    let answer = server.get("/api/v1/nothing").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
    let answer = server.send("DELETE /list", &[], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    for path in ["/list", "/api/v1/nothing", "/"] {
        assert_eq!(server.send(&format!("TRACE {path}"), &[], b"").await.status, 405);
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_and_no_secret() {
    let server = Server::start().await;
    let answer = server.get("/panic").await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal"));
    assert!(!answer.text().contains("4711"));
    assert_eq!(server.door.panics(), 1);
    assert_eq!(server.get("/list").await.status, 200);
}

#[tokio::test]
async fn addresses_and_headers_have_a_length() {
    let server = Server::start().await;
    assert_eq!(server.get(&format!("/{}", "a".repeat(8 * 1024 - 1))).await.status, 200);
    let answer = server.get(&format!("/{}", "a".repeat(8 * 1024))).await;
    assert_eq!((answer.status, answer.code().as_str()), (414, "url_too_long"));
    assert_eq!(server.get(&format!("/list?search={}", "a".repeat(8 * 1024))).await.status, 414);

    let long = "a".repeat(8 * 1024);
    let answer = server.send("GET /list", &[("x-long", &long)], b"").await;
    assert_eq!((answer.status, answer.code().as_str()), (431, "headers_too_large"));
    let part = "a".repeat(7 * 1024);
    let block = [("x-a", part.as_str()), ("x-b", &part), ("x-c", &part), ("x-d", &part), ("x-e", &part)];
    assert_eq!(server.send("GET /list", &block[..4], b"").await.status, 200);
    assert_eq!(server.send("GET /list", &block, b"").await.code(), "headers_too_large");
}

#[tokio::test]
async fn the_request_id_is_the_servers_own() {
    let server = Server::start().await;
    let answer =
        server.send("GET /list", &[("x-request-id", "00000000-0000-0000-0000-0000000000ff")], b"").await;
    assert_eq!(answer.header("x-request-id"), Some("00000000-0000-0000-0000-000000000001"));
}

#[tokio::test]
async fn one_read_more_at_once_than_may_be_is_told_to_come_again() {
    let door = Door::new(Arc::new(CountedIds::default()), Reach::loopback(3000));
    let router = test_router(&door, CancellationToken::new(), Arc::default());
    let ask = |path: &str| {
        let request = Request::get(path).header("host", "localhost:3000").body(Body::empty()).unwrap();
        router.clone().oneshot(request)
    };
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..448).map(|_| Box::pin(ask("/never"))).collect();
    for request in &mut waiting {
        assert!(request.as_mut().poll(&mut context).is_pending());
    }
    let answer = ask("/list").await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    waiting.pop();
    let Poll::Ready(answer) = pin!(ask("/list")).poll(&mut context) else { panic!("no answer") };
    assert_eq!(answer.unwrap().status(), 200);
}
