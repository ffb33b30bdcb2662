//! Clients that are slow, or silent. Time is paused: it jumps to the next timer when everybody waits.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::raw::Answer;
use crate::server::Server;

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
