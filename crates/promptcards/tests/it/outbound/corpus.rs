//! A canary beside the server, and every way to write its address: it hears nothing.

use serde_json::json;
use testkit::TestServer;

use super::{Listener, add, allow, models, path};

/// Ways to write this machine, a cloud's metadata, and URLs of which one part may be taken for another.
const URLS: [&str; 64] = [
    "http://127.0.0.1:PORT",
    "http://127.0.0.1:PORT/v1",
    "HTTP://127.0.0.1:PORT",
    "http://127.1:PORT",
    "http://127.0.1:PORT",
    "http://127.0.0.1.:PORT",
    "http://2130706433:PORT",
    "http://0x7f000001:PORT",
    "http://0x7f.0.0.1:PORT",
    "http://0x7f.1:PORT",
    "http://017700000001:PORT",
    "http://0177.0.0.1:PORT",
    "http://127.0.0.2:PORT",
    "http://127.255.255.254:PORT",
    "http://%31%32%37.0.0.1:PORT",
    "http://１２７.0.0.1:PORT",
    "http://127。0。0。1:PORT",
    "http://①②⑦.⓪.⓪.①:PORT",
    "http://localhost:PORT",
    "http://LOCALHOST:PORT",
    "http://localhost.:PORT",
    "http://loc%61lhost:PORT",
    "http://ⓛocalhost:PORT",
    "http://a.localhost:PORT",
    "http://ip6-localhost:PORT",
    "http://[::1]:PORT",
    "http://[0:0:0:0:0:0:0:1]:PORT",
    "http://[::ffff:127.0.0.1]:PORT",
    "http://[::ffff:7f00:1]:PORT",
    "http://[::127.0.0.1]:PORT",
    "http://[64:ff9b::127.0.0.1]:PORT",
    "http://[2002:7f00:1::]:PORT",
    "http://[::]:PORT",
    "http://0:PORT",
    "http://0.0.0.0:PORT",
    "http://169.254.169.254",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://[::ffff:169.254.169.254]",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[2002:a9fe:a9fe::]",
    "http://[fd00:ec2::254]",
    "http://[fe80::1]:PORT",
    "http://100.100.100.200",
    "http://224.0.0.1:PORT",
    "http://255.255.255.255:PORT",
    "http://metadata.google.internal",
    "http://gpu-box:PORT@127.0.0.1:PORT",
    "http://user:password@127.0.0.1:PORT",
    "http://gpu-box:PORT#@127.0.0.1:PORT",
    "http://127.0.0.1:PORT#@gpu-box:PORT",
    "http://gpu-box:PORT\\@127.0.0.1:PORT",
    "http://127.0.0.1:PORT\\@gpu-box:PORT",
    "http://127.0.0.1:PORT?x=gpu-box",
    "http:\\\\127.0.0.1:PORT",
    "http:///127.0.0.1:PORT",
    "http:////127.0.0.1:PORT",
    "127.0.0.1:PORT",
    "http://127.0.0.1\t:PORT",
    "http://gpu-box:PORT\r\nHost: 127.0.0.1",
    "https://127.0.0.1:PORT",
    "gopher://127.0.0.1:PORT/_",
    "file:///etc/passwd",
    "unix:///run/docker.sock",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_url_of_the_corpus_reaches_the_canary() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let canary = Listener::start();
    let port = canary.address.port();
    // A list that is not empty: what is on it stands beside the canary in many of the URLs.
    allow(actor, &format!("http://gpu-box:{port}")).await;
    for (number, url) in URLS.iter().enumerate() {
        let url = url.replace("PORT", &port.to_string());
        for kind in ["ollama", "openai"] {
            let name = format!("{kind}-{number}");
            let problem = add(actor, &name, kind, &url).await.expect_problem(422, "invalid");
            let detail = problem["detail"].as_str().unwrap();
            assert!(!detail.contains("password"), "{detail}");
        }
    }
    assert_eq!(canary.heard(), Vec::<String>::new());
    // It would have heard: listed, it is called.
    allow(actor, &canary.url()).await;
    let heard = add(actor, "canary", "ollama", &canary.url()).await.expect(201);
    models(actor, &heard).await;
    assert!(!canary.heard().is_empty());
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_to_the_canary_is_not_followed_and_a_key_does_not_go_there() {
    let server = TestServer::start().await;
    let actor = &server.actor;
    let canary = Listener::start();
    let location = format!("Location: {}/\r\n", canary.url());
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let leading = Listener::answering(status, &location);
        allow(actor, &leading.url()).await;
        // The canary may be called as well: it is the redirect that is not followed.
        let _ = actor.post("/api/v1/outbound/endpoints", &json!({ "endpoint": canary.url() })).await;
        let name = format!("to-{}", &status[..3]);
        let new = json!({ "name": name, "kind": "openai", "base_url": leading.url(), "key": "sk-canary" });
        let provider = actor.post("W/providers", &new).await.expect(201);
        let listed = models(actor, &provider).await;
        assert_eq!(listed["reachable"], false);
        let found = actor.post(&format!("{}/diagnose", path(&provider)), &json!({})).await.expect(200);
        assert_eq!(found["works"], false, "{found:#}");
        assert!(!leading.heard().is_empty());
    }
    assert_eq!(canary.heard(), Vec::<String>::new());
    server.stop().await;
}
