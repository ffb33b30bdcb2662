//! Listening, and the end of a server.

use api::serve::{self, ListenError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::server::Server;

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = serve::listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let refused = serve::listen(address).await.unwrap_err();
    assert!(matches!(refused, ListenError::PortTaken(taken) if taken == address));
    assert!(refused.to_string().starts_with(&format!("{address} is in use")));
}

#[tokio::test]
async fn idle_connections_end_at_once_and_new_ones_are_refused() {
    let server = Server::start().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /list HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 16];
    idle.read_exact(&mut bytes).await.unwrap();
    server.closing.cancel();
    let started = Instant::now();
    server.tasks.wait().await;
    assert!(started.elapsed().as_millis() < 1_000);
    idle.read_to_end(&mut bytes).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_ends_is_cut_after_25_seconds() {
    let server = Server::start().await;
    let mut stuck = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /never HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
    stuck.write_all(request.as_bytes()).await.unwrap();
    server.entered.notified().await;
    let started = Instant::now();
    server.closing.cancel();
    server.tasks.wait().await;
    let seconds = started.elapsed().as_secs();
    assert!((24..=27).contains(&seconds), "{seconds}");
}
