//! A reader of server-sent events.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::raw::request;
use crate::server::Server;

/// One event as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream of events that is open.
pub(crate) struct Events {
    stream: TcpStream,
    /// Bytes in their chunks.
    raw: Vec<u8>,
    /// Text out of its chunks.
    text: String,
}

impl Events {
    /// Opens a stream and reads its header. A small `buffer` makes a reader that is soon full.
    pub(crate) async fn open(
        server: &Server,
        path: &str,
        headers: &[(&str, &str)],
        buffer: Option<u32>,
    ) -> Self {
        let mut all = server.signed();
        all.extend_from_slice(headers);
        Self::at(server.address, path, &all, buffer).await
    }

    /// The same with these headers alone.
    pub(crate) async fn at(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
        buffer: Option<u32>,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(size) = buffer {
            socket.set_recv_buffer_size(size).unwrap();
        }
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(&request(address, &format!("GET {path}"), headers, b"")).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        assert!(
            head.starts_with("http/1.1 200") && head.contains("content-type: text/event-stream"),
            "{head}"
        );
        Self { stream, raw: Vec::new(), text: String::new() }
    }

    /// The next event; what keeps the stream alive is passed over.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return event;
                }
                continue;
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).await.unwrap();
            assert!(read > 0, "the stream ended");
            self.raw.extend_from_slice(&bytes[..read]);
            self.unchunk();
        }
    }

    /// Events up to and with the first of a name.
    pub(crate) async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            events.push(self.next().await);
            if events.last().is_some_and(|event| event.name == name) {
                return events;
            }
        }
    }

    /// Reads to the end, which must come.
    pub(crate) async fn end(mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await.unwrap();
    }

    fn unchunk(&mut self) {
        while let Some(end) = self.raw.windows(2).position(|window| window == b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&self.raw[..end]).unwrap(), 16).unwrap();
            let (from, to) = (end + 2, end + 2 + size);
            if self.raw.len() < to + 2 {
                return;
            }
            // A piece ends with an event, so no character is cut in two.
            self.text.push_str(std::str::from_utf8(&self.raw[from..to]).unwrap());
            self.raw.drain(..to + 2);
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Some(Event {
        id: field("id")?.parse().unwrap(),
        name: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}
