//! Server-sent events over a socket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::Answer;
use crate::server::Server;

#[tokio::test]
async fn events_arrive_at_once_and_end_when_the_server_stops() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request =
        format!("GET /events HTTP/1.1\r\nhost: {}\r\naccept-encoding: gzip\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains("data: ") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    server.closing.cancel();
    stream.read_to_end(&mut bytes).await.unwrap();
    let answer = Answer::parse(&bytes);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-encoding"), None);
    assert_eq!(
        answer.text(),
        "retry: 1000\n\nid: 1\nevent: run_started\ndata: {\"number\":1}\n\nretry: 1000\n\n"
    );
    server.tasks.wait().await;
}
