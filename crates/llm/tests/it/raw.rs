//! A server that says whatever bytes a test wants.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use llm::{Outbound, Provider};

/// A connection to a [`RawServer`].
pub(crate) struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// The next request, head and body. None: the client is gone.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head
            .to_lowercase()
            .split_once("content-length: ")
            .map_or(0, |(_, after)| after.lines().next().expect("a value").parse().expect("a number"));
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).ok()?;
        Some(head + std::str::from_utf8(&body).expect("text"))
    }

    /// False: the client is gone.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Sends `bytes` as one chunk of a chunked body.
    pub(crate) fn chunk(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let bytes = bytes.as_ref();
        self.send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
    }

    /// Whether the client closes the connection within `time`, or says anything.
    pub(crate) fn is_closed_within(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).expect("a limit");
        !matches!(self.reader.fill_buf(), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Waits until the client closes the connection.
    pub(crate) fn wait_for_close(&mut self) {
        let mut rest = Vec::new();
        // A reset is a close too.
        let _ = self.reader.read_to_end(&mut rest);
    }
}

/// The head of a streamed answer, as Ollama sends it.
pub(crate) const STREAM: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
/// The head of a streamed answer, as an OpenAI-compatible server sends it.
pub(crate) const EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
/// The end of a chunked body.
pub(crate) const END: &str = "0\r\n\r\n";
/// The last line of an answer.
pub(crate) const DONE: &str = "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\
    \"prompt_eval_count\":3,\"eval_count\":2}\n";

/// A line with a token.
pub(crate) fn token(text: &str) -> String {
    format!("{{\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"done\":false}}\n")
}

/// A whole response with a length.
pub(crate) fn response(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Serves each connection by `serve`, which is told how many came before it.
pub(crate) struct RawServer {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl RawServer {
    pub(crate) fn start(serve: impl Fn(usize, &mut Connection) + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0", serve)
    }

    pub(crate) fn on(address: &str, serve: impl Fn(usize, &mut Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let before = counter.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                thread::spawn(move || {
                    let reader = BufReader::new(stream.try_clone().expect("a second handle"));
                    serve(before, &mut Connection { stream, reader });
                });
            }
        });
        Self { url, connections }
    }

    /// A server that answers the first request of each connection with `answer` and closes it.
    pub(crate) fn answering(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::start(move |_, connection| {
            if connection.request().is_some() {
                connection.send(&answer);
            }
        })
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn provider(&self) -> Provider {
        Provider::new(&super::ollama_at(&self.url), &Outbound::open()).expect("settings")
    }

    pub(crate) fn openai(&self) -> Provider {
        Provider::new(&super::openai_at(&self.url), &Outbound::open()).expect("settings")
    }

    /// A server that streams `text` as an OpenAI-compatible one, in chunks of `size` bytes, to every request.
    pub(crate) fn streaming(text: impl Into<String>, size: usize) -> Self {
        let text = text.into();
        Self::start(move |_, connection| {
            while connection.request().is_some() {
                connection.send(EVENTS);
                for chunk in text.as_bytes().chunks(size) {
                    connection.chunk(chunk);
                }
                connection.send(END);
            }
        })
    }
}
