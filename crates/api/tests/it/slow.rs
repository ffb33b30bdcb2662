//! Clients that are slow, or silent. Time is paused: it jumps to the next timer when everybody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::router::guarded;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::raw::Answer;
use crate::server::{Server, site};

async fn seconds_until_closed(stream: &mut TcpStream) -> (u64, Vec<u8>) {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    (started.elapsed().as_secs(), bytes)
}

#[tokio::test(start_paused = true)]
async fn a_header_that_has_begun_has_10_seconds() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /list HTTP/1.1\r\nhost: ").await.unwrap();
    let (seconds, bytes) = seconds_until_closed(&mut stream).await;
    assert!((9..=12).contains(&seconds), "{seconds}");
    assert!(bytes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_buys_a_header_no_time() {
    let server = Server::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let started = Instant::now();
    let trickle = async {
        while writer.write_all(b"x").await.is_ok() && started.elapsed() < Duration::from_secs(55) {
            sleep(Duration::from_secs(1)).await;
        }
    };
    let closed = async {
        let mut byte = [0];
        let _ = reader.read(&mut byte).await;
        started.elapsed().as_secs()
    };
    tokio::select! {
        () = trickle => panic!("the connection was still open after 55 s"),
        seconds = closed => assert!((9..=12).contains(&seconds), "{seconds}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_has_60_seconds_also_after_a_request() {
    let server = Server::start().await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let (seconds, _) = seconds_until_closed(&mut silent).await;
    assert!((59..=62).contains(&seconds), "{seconds}");

    let mut used = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /list HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    used.write_all(request.as_bytes()).await.unwrap();
    let (seconds, bytes) = seconds_until_closed(&mut used).await;
    assert!((59..=62).contains(&seconds), "{seconds}");
    assert_eq!(Answer::parse(&bytes).status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_is_not_waited_for() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        server.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (seconds, bytes) = seconds_until_closed(&mut stream).await;
    assert!((5..=10).contains(&seconds), "{seconds}");
    assert_eq!(Answer::parse(&bytes).code(), "request_timeout");
}

#[tokio::test(start_paused = true)]
async fn a_byte_now_and_then_buys_a_body_no_time() {
    let server = Server::start().await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n",
        server.address
    );
    writer.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    let trickle = async {
        while writer.write_all(b" ").await.is_ok() && started.elapsed() < Duration::from_secs(55) {
            sleep(Duration::from_secs(1)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = trickle => {}
        _ = reader.read_to_end(&mut bytes) => {}
    }
    let seconds = started.elapsed().as_secs();
    // The last two are those in which a peer that still sends is listened to.
    assert!((5..=8).contains(&seconds), "{seconds}");
    assert_eq!(Answer::parse(&bytes).code(), "request_timeout");
}

/// A server whose answer has no end, how many bytes of it were taken, and when it was given up.
pub(crate) fn endless() -> (impl Fn() -> Router, Arc<AtomicU64>, Arc<Given>) {
    let (taken, given) = (Arc::new(AtomicU64::new(0)), Arc::new(Given::default()));
    let (counted, told) = (Arc::clone(&taken), Arc::clone(&given));
    let router = move || {
        let (counted, told) = (Arc::clone(&counted), Arc::clone(&told));
        let piece = Bytes::from(vec![b'x'; 64 * 1024]);
        Router::new().route(
            "/endless",
            get(async move || {
                let (up, piece) = (GivenUp(told), piece.clone());
                Body::from_stream(stream::repeat_with(move || {
                    let _until_it_is_dropped = &up;
                    counted.fetch_add(64 * 1024, Ordering::Relaxed);
                    Ok::<_, std::io::Error>(piece.clone())
                }))
            }),
        )
    };
    (router, taken, given)
}

/// Told when an endless answer is given up.
pub(crate) type Given = tokio::sync::Notify;

struct GivenUp(Arc<Given>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_given_up_after_30_seconds() {
    let (router, taken, given_up) = endless();
    let server = Server::of(|door, _| guarded(router(), site(), door)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /endless HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let started = Instant::now();
    given_up.notified().await;
    let seconds = started.elapsed().as_secs();
    assert!((29..=32).contains(&seconds), "{seconds}");
    // What the kernel keeps for both ends of the connection, and little more.
    assert!(taken.load(Ordering::Relaxed) < 32 * 1024 * 1024, "{taken:?}");
}
