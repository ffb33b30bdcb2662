//! HTTP/2 over TLS: what a client may open, and how long it may hold it.

use std::sync::atomic::Ordering;

use api::router::guarded;
use axum::http::{Request, Response};
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::raw::Answer;
use crate::server::{expect_headers, site};
use crate::slow::endless;
use crate::tls::Secure;

/// A connection that speaks HTTP/2.
struct Client {
    requests: SendRequest<Bytes>,
    authority: String,
    connection: TaskTracker,
}

impl Client {
    async fn connect(secure: &Secure) -> Self {
        let stream = secure.connect(&["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        let tasks = TaskTracker::new();
        tasks.spawn(async move { drop(connection.await) });
        tasks.close();
        Self { requests, authority: secure.server.address.to_string(), connection: tasks }
    }

    async fn begin(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let mut request = Request::get(format!("https://{}{path}", self.authority));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        requests.send_request(request.body(()).unwrap(), true)
    }

    async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let (response, _) = self.begin(path, headers).await.unwrap();
        read(response.await.unwrap()).await
    }
}

async fn read(response: Response<RecvStream>) -> Answer {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let headers = parts.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    Answer { status: parts.status.as_u16(), headers: headers.collect(), body }
}

#[tokio::test]
async fn requests_are_answered_as_over_http1() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    for (path, of_the_page) in
        [("/list", false), ("/panic", false), ("/", true), ("/assets/index-1a2b.js", true)]
    {
        expect_headers(&client.get(path, &[]).await, of_the_page);
    }
    let script = client.get("/assets/index-1a2b.js", &[]).await;
    assert_eq!(script.header("content-length").unwrap(), script.body.len().to_string());
    assert!(script.text().starts_with("console.log"));
    let long = "a".repeat(7 * 1024);
    let block = [("x-a", &*long), ("x-b", &long), ("x-c", &long), ("x-d", &long), ("x-e", &long)];
    assert_eq!(client.get("/list", &block).await.code(), "headers_too_large");
    assert_eq!(client.get(&format!("/{}", "a".repeat(8 * 1024)), &[]).await.code(), "url_too_long");
}

#[tokio::test]
async fn the_name_in_the_request_is_checked() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    let own = client.authority.clone();
    assert_eq!(client.get("/list", &[("host", &own)]).await.status, 200);
    assert_eq!(client.get("/list", &[("host", "evil.example")]).await.code(), "wrong_host");
    client.authority = "evil.example".to_owned();
    assert_eq!(client.get("/list", &[]).await.code(), "wrong_host");
    assert_eq!(client.get("/list", &[("host", &own)]).await.code(), "wrong_host");
}

#[tokio::test]
async fn a_connection_has_100_streams() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    client.get("/list", &[]).await;
    assert_eq!(client.requests.current_max_send_streams(), 100);
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection_and_no_other() {
    let secure = Secure::start().await;
    let mut other = Client::connect(&secure).await;
    let mut flood = Client::connect(&secure).await;
    let mut begun = 0;
    let ended = loop {
        // All that the client sends between two of its turns reaches the server at once.
        match flood.begin("/never", &[]).await {
            Ok((response, mut stream)) => {
                stream.send_reset(Reason::CANCEL);
                drop(response);
                begun += 1;
            }
            Err(error) => break error,
        }
        assert!(begun < 10_000, "the flood was not stopped");
        if begun % 50 == 0 {
            assert_eq!(other.get("/list", &[]).await.status, 200);
        }
    };
    assert!(ended.is_remote() || ended.is_io() || ended.is_go_away(), "{ended}");
    assert_eq!(other.get("/list", &[]).await.status, 200);
}

#[tokio::test]
async fn requests_that_are_given_up_one_by_one_end_the_connection_too() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    let mut begun = 0;
    while let Ok((response, mut stream)) = client.begin("/never", &[]).await {
        // Each has come to its handler before it is given up: h2 itself sees nothing wrong with it.
        tokio::select! {
            () = secure.server.entered.notified() => {}
            () = client.connection.wait() => break,
        }
        stream.send_reset(Reason::CANCEL);
        drop(response);
        begun += 1;
        assert!(begun < 1_000, "nobody minds");
    }
    assert!(begun > 100, "a page may give up requests now and then: {begun}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_given_up_after_30_seconds() {
    let (router, taken, given_up) = endless();
    let secure = Secure::of(|door, _| guarded(router(), site(), door)).await;
    let mut client = Client::connect(&secure).await;
    let (response, _stream) = client.begin("/endless", &[]).await.unwrap();
    // It answers pings and reads frames, but never says that it has room for more of the body.
    let _body = response.await.unwrap().into_body();
    let started = Instant::now();
    given_up.notified().await;
    client.connection.wait().await;
    let seconds = started.elapsed().as_secs();
    assert!((29..=37).contains(&seconds), "{seconds}");
    assert!(taken.load(Ordering::Relaxed) < 1024 * 1024, "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_60_seconds() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    client.get("/list", &[]).await;
    let started = Instant::now();
    client.connection.wait().await;
    let seconds = started.elapsed().as_secs();
    assert!((59..=71).contains(&seconds), "{seconds}");

    // One that never says that it speaks HTTP/2.
    let mut silent = secure.connect(&["h2"]).await;
    let started = Instant::now();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut Vec::new()).await;
    let seconds = started.elapsed().as_secs();
    assert!((59..=71).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_server_that_stops_ends_its_connections() {
    let secure = Secure::start().await;
    let mut client = Client::connect(&secure).await;
    client.get("/list", &[]).await;
    secure.server.closing.cancel();
    let started = Instant::now();
    secure.server.tasks.wait().await;
    client.connection.wait().await;
    assert!(started.elapsed().as_millis() < 3_000);
}
