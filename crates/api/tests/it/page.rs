//! The page: its nonce, its files, what is not one of them.

use std::io::Read;
use std::sync::Arc;

use api::router::guarded;
use api::spa::Site;
use axum::Router;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};

use crate::server::Server;

#[tokio::test]
async fn each_index_has_a_nonce_of_its_own() {
    let server = Server::start().await;
    let mut seen = Vec::new();
    for path in ["/", "/cards/triage", "/index.html", "/compare/1?show=fail"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("etag"), None);
        let policy = answer.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert_eq!(nonce.len(), 22);
        assert_eq!(answer.text().matches(&format!("nonce=\"{nonce}\"")).count(), 2);
        assert!(!answer.text().contains("__CSP_NONCE__"));
        assert!(!seen.contains(&nonce));
        let rest = policy.replace(&format!(" 'nonce-{nonce}'"), "");
        assert_eq!(
            rest,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
             connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; \
             trusted-types promptcards; report-to csp"
        );
        seen.push(nonce);
    }
}

#[tokio::test]
async fn hashed_files_keep_for_ever_and_others_are_asked_about() {
    let server = Server::start().await;
    let script = server.get("/assets/index-1a2b.js").await;
    assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(server.get("/icon.svg").await.header("cache-control"), Some("no-cache"));

    let etag = script.header("etag").unwrap();
    let again = server.send("GET /assets/index-1a2b.js", &[("if-none-match", etag)], b"").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let head = server.send("HEAD /assets/index-1a2b.js", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length").unwrap(), script.body.len().to_string());

    let small = server.send("GET /assets/index-1a2b.js", &[("accept-encoding", "br, gzip")], b"").await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_ne!(small.header("etag"), Some(etag));
    let mut unpacked = Vec::new();
    GzDecoder::new(&small.body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, script.body);
    let refused = server.send("GET /assets/index-1a2b.js", &[("accept-encoding", "gzip;q=0")], b"").await;
    assert_eq!(refused.header("content-encoding"), None);
}

#[tokio::test]
async fn what_is_no_page_is_not_answered_with_one() {
    let server = Server::start().await;
    for path in
        ["/assets/index-0000.js", "/favicon.ico", "/api", "/api/", "/api/v2/cards", "/assets/../Cargo.toml"]
    {
        assert_eq!(server.get(path).await.code(), "not_found", "{path}");
    }
    let answer = server.post("/cards", "{}").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
}

#[tokio::test]
async fn a_server_without_a_page_says_how_to_build_it() {
    let server = Server::of(|door, _| guarded(Router::new(), Arc::new(Site::from_files([])), door)).await;
    let answer = server.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("make run"));
}

#[tokio::test]
async fn the_documentation_is_sent_as_it_was_packed_and_under_the_policy_of_the_page() {
    let text = "<!doctype html><h1>Concepts</h1>";
    let files = ["index.html", "guides/cards.html", "book.css"].map(|path| {
        let mut packed = Vec::new();
        GzEncoder::new(text.as_bytes(), Compression::best()).read_to_end(&mut packed).unwrap();
        (path.to_owned(), packed.into())
    });
    let site = Arc::new(Site::from_files([]).with_docs(files));
    let server = Server::of(|door, _| guarded(Router::new(), site, door)).await;

    for path in ["/docs/", "/docs/index.html", "/docs/guides/cards.html"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.text()), (200, text), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("trusted-types"), "{policy}");
        assert!(!policy.contains("nonce") && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(server.get("/docs/book.css").await.header("content-type"), Some("text/css; charset=utf-8"));

    let packed = server.send("GET /docs/", &[("accept-encoding", "gzip")], b"").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = String::new();
    GzDecoder::new(&packed.body[..]).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, text);
    let etag = packed.header("etag").unwrap();
    let asked = [("accept-encoding", "gzip"), ("if-none-match", etag)];
    assert_eq!(server.send("GET /docs/", &asked, b"").await.status, 304);

    let moved = server.get("/docs").await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("/docs/")));
    for path in ["/docs/guides/", "/docs/guides/none.html", "/docs/../index.html", "/docs/%2e%2e/Cargo.toml"]
    {
        assert_eq!(server.get(path).await.code(), "not_found", "{path}");
    }
    assert_eq!(server.post("/docs/", "{}").await.status, 405);
}

#[tokio::test]
async fn a_server_without_documentation_says_how_to_build_it() {
    let server = Server::of(|door, _| guarded(Router::new(), Arc::new(Site::from_files([])), door)).await;
    for path in ["/docs/", "/docs/guides/cards.html"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("make docs"));
    }
}

#[tokio::test]
async fn no_file_of_the_disk_is_served() {
    let server = Server::start().await;
    // Relative to the folder that this server runs in, all of them are there.
    assert!(std::path::Path::new("Cargo.toml").exists() && std::path::Path::new("../../.git").exists());
    for path in [
        "/.git/HEAD",
        "/.git/",
        "/../../.git/HEAD",
        "/%2e%2e/%2e%2e/.git/HEAD",
        "/..%2f..%2f.git/config",
        "/.env",
        "/Cargo.toml",
        "/src/lib.rs",
        "/src",
        "/assets/",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/..%5c..%5cCargo.toml",
    ] {
        let answer = server.get(path).await;
        match answer.status {
            // An address of the page: what is there, its script says.
            200 => assert!(answer.text().starts_with(r#"<meta property="csp-nonce""#), "{path}"),
            _ => assert_eq!(answer.code(), "not_found", "{path}"),
        }
    }
}
