//! A server that people reach by a name of its own, over TLS.

use std::sync::Arc;

use api::door::{Origin, Reach};
use api::serve::Connections;
use tokio_util::sync::CancellationToken;

use crate::raw::{Answer, exchange};
use crate::server::{Server, expect_headers, test_router};

async fn server(origin: &str) -> Server {
    let origin: Origin = origin.parse().unwrap();
    let router = |door: &_, closing: &CancellationToken| test_router(door, closing.clone(), Arc::default());
    Server::with(Connections::default(), |port| Reach::at(port, false, Some(&origin)), router).await
}

async fn ask(server: &Server, line: &str, host: &str, headers: &str) -> Answer {
    let request = format!("{line} HTTP/1.1\r\nconnection: close\r\nhost: {host}\r\n{headers}\r\n");
    exchange(server.address, request.as_bytes()).await
}

#[tokio::test]
async fn it_answers_to_its_name_and_to_probes_on_the_machine() {
    let server = server("https://cards.example.org").await;
    let port = server.address.port();
    let local = format!("127.0.0.1:{port}");
    for host in ["cards.example.org", "Cards.Example.Org", "cards.example.org:443", &local] {
        assert_eq!(ask(&server, "GET /list", host, "").await.status, 200, "{host}");
    }
    let with_port = format!("cards.example.org:{port}");
    for host in ["cards.example.org:80", &with_port, "www.cards.example.org", "example.org", "192.0.2.1"] {
        let answer = ask(&server, "GET /list", host, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (421, "wrong_host"), "{host}");
    }
}

#[tokio::test]
async fn only_pages_of_that_origin_are_its_own() {
    let server = server("https://cards.example.org").await;
    let local = format!("http://127.0.0.1:{}", server.address.port());
    let json = "content-type: application/json\r\ncontent-length: 13\r\n";
    for (origin, status) in [
        ("https://cards.example.org", 200),
        ("http://cards.example.org", 403),
        ("https://cards.example.org:8443", 403),
        ("https://cards.example.org.evil.example", 403),
        (local.as_str(), 403),
    ] {
        let request = format!(
            "POST /echo HTTP/1.1\r\nconnection: close\r\nhost: cards.example.org\r\norigin: {origin}\r\n{json}\r\n{{\"title\":\"a\"}}"
        );
        assert_eq!(exchange(server.address, request.as_bytes()).await.status, status, "{origin}");
    }
    let referer = "referer: https://cards.example.org/cards\r\n";
    assert_eq!(ask(&server, "POST /echo", "cards.example.org", referer).await.status, 415);
    let referer = format!("referer: {local}/cards\r\n");
    assert_eq!(ask(&server, "POST /echo", "cards.example.org", &referer).await.status, 403);
}

#[tokio::test]
async fn browsers_are_told_to_use_tls_by_every_response_and_only_there() {
    let told = Some("max-age=63072000; includeSubDomains");
    let secure = server("https://cards.example.org").await;
    for (path, of_the_page) in
        [("/", true), ("/assets/index-1a2b.js", true), ("/list", false), ("/panic", false), ("/api/x", false)]
    {
        let answer = secure.get(path).await;
        assert_eq!(answer.header("strict-transport-security"), told, "{path}");
        expect_headers(&answer, of_the_page);
    }
    let refused = ask(&secure, "GET /", "evil.example", "").await;
    assert_eq!((refused.status, refused.header("strict-transport-security")), (421, told));
    // It would hold for every program of the machine.
    for origin in ["https://localhost:8443", "http://localhost:3000"] {
        let answer = server(origin).await.get("/list").await;
        assert_eq!((answer.status, answer.header("strict-transport-security")), (200, None), "{origin}");
    }
}
