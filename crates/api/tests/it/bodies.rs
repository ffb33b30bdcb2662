//! Bodies that are too large, malformed or not what the route takes.

use api::extract::IMPORT_LIMIT;
use serde_json::json;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{Answer, request};
use crate::server::Server;

#[tokio::test]
async fn a_sound_body_arrives() {
    let server = Server::start().await;
    let answer = server.post("/echo", r#"{"title":"a","lines":[{"text":"b"}]}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "title": "a", "lines": [{ "text": "b" }] }));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = server.post_chunked("/echo", br#"{"title":"a"}"#).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn each_value_that_is_wrong_is_named() {
    let server = Server::start().await;
    let cases = [
        (r#"{"title":"a","role":"admin"}"#, "/role"),
        (r"{}", "/title"),
        (r#"{"title":7}"#, "/title"),
        (r#"{"title":"a","lines":[{"text":"b"},{"text":null}]}"#, "/lines/1/text"),
        (r#"{"title":"a","lines":[{"text":"b","color":1}]}"#, "/lines/0/color"),
        (r#"{"title":"a","lines":{}}"#, "/lines"),
        (r#"{"title":""}"#, "/title"),
        (r#"{"title":"a","lines":[{"text":"b"},{"text":"toolong"}]}"#, "/lines/1/text"),
        (r#"{"title":"a\u0000b"}"#, "/title"),
        (r"[]", ""),
        (r#""text""#, ""),
    ];
    for (body, pointer) in cases {
        let answer = server.post("/echo", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{body}");
        assert_eq!(answer.pointer(), pointer, "{body}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_said_with_line_and_column() {
    let server = Server::start().await;
    for (body, part) in
        [("{\n\"title\": }", "line 2 column 10"), ("{", "line 1 column 1"), ("", "empty"), ("  ", "empty")]
    {
        let answer = server.post("/echo", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_json"), "{body}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
    }
}

#[tokio::test]
async fn a_duplicate_key_is_named() {
    let server = Server::start().await;
    let answer = server.post("/echo", r#"{"title":"a","lines":[{"text":"b","text":"c"}]}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "duplicate_key"));
    assert_eq!(answer.pointer(), "/lines/0/text");
}

#[tokio::test]
async fn depth_keys_and_items_have_limits() {
    let server = Server::start().await;
    let deep = format!(r#"{{"title":{}{}}}"#, "[".repeat(33), "]".repeat(33));
    let keys: Vec<String> = (0..1_001).map(|key| format!(r#""k{key}":1"#)).collect();
    let keys = format!("{{{}}}", keys.join(","));
    let items = format!(r#"{{"items":[{}]}}"#, vec![r#""a""#; 10_001].join(","));
    for (path, body, words) in
        [("/echo", deep, "levels"), ("/echo", keys, "keys"), ("/import", items, "items")]
    {
        let answer = server.post(path, &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"));
        assert!(answer.json()["detail"].as_str().unwrap().contains(words));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_also_without_a_length_ahead() {
    let server = Server::start().await;
    let json_of = |size: usize| {
        let frame = br#"{"items":[""]}"#.len();
        format!(r#"{{"items":["{}"]}}"#, "a".repeat(size - frame)).into_bytes()
    };
    let whole = json_of(IMPORT_LIMIT);
    assert_eq!(whole.len(), IMPORT_LIMIT);
    assert_eq!(server.post_chunked("/import", &whole).await.status, 200);
    let over = json_of(IMPORT_LIMIT + 1);
    for answer in [
        server.post_chunked("/import", &over).await,
        server.post("/import", std::str::from_utf8(&over).unwrap()).await,
        server.post_chunked("/echo", &json_of(1024 * 1024 + 1)).await,
        server.post("/echo", std::str::from_utf8(&json_of(1024 * 1024 + 1)).unwrap()).await,
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
        assert!(answer.json()["detail"].as_str().unwrap().contains("MiB"));
    }
}

#[tokio::test]
async fn a_sender_that_does_not_listen_while_it_sends_gets_its_answer() {
    let server = Server::start().await;
    let body = vec![b'a'; 8 * 1024 * 1024];
    let json = [("content-type", "application/json")];
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&request(server.address, "POST /echo", &json, &body)).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(Answer::parse(&bytes).code(), "body_too_large");
}

#[tokio::test]
async fn only_plain_json_is_taken() {
    let server = Server::start().await;
    let body = br#"{"title":"a"}"#;
    for media_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(
            server.send("POST /echo", &[("content-type", media_type)], body).await.status,
            200,
            "{media_type}"
        );
    }
    for media_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
    {
        let answer = server.send("POST /echo", &[("content-type", media_type)], body).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"), "{media_type}");
    }
    assert_eq!(server.send("POST /echo", &[], body).await.code(), "unsupported_media_type");
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    assert_eq!(server.send("POST /echo", &headers, body).await.code(), "unsupported_media_type");
}

#[tokio::test]
async fn an_array_is_no_object_whatever_is_in_it() {
    let server = Server::start().await;
    let nested = (r#"{"title":"a","lines":[["b"]]}"#, "/lines/0");
    for (body, pointer) in [(r#"["a", []]"#, ""), (" [null]", ""), ("[]", ""), nested] {
        let answer = server.post("/echo", body).await;
        assert_eq!(
            (answer.status, answer.code().as_str(), answer.pointer().as_str()),
            (422, "invalid", pointer),
            "{body}"
        );
        assert_eq!(answer.json()["errors"][0]["detail"], "Expected an object, found an array.", "{body}");
    }
}
