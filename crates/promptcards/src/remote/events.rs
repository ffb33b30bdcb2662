//! A stream of events of a server.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

/// A stream that is alive says so every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// Events as they come.
pub(crate) struct Events {
    response: Response,
    /// What came and is not read yet.
    text: Vec<u8>,
}

/// One event.
pub(crate) struct Event {
    /// Its number, if it has one.
    pub(crate) number: Option<i64>,
    /// What it tells of. Empty: it only says that the stream is alive.
    pub(crate) name: String,
    /// JSON.
    pub(crate) data: String,
}

impl Events {
    pub(super) fn of(response: Response) -> Self {
        Self { response, text: Vec::new() }
    }

    /// The next event. None: the connection was cut, has ended or is silent, and the rest comes with the next one.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(length) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let event = Event::read(&String::from_utf8_lossy(&self.text[..length]));
                self.text.drain(..length + 2);
                return Some(event);
            }
            match timeout(SILENCE, self.response.chunk()).await {
                Ok(Ok(Some(chunk))) => self.text.extend_from_slice(&chunk),
                Ok(Ok(None) | Err(_)) | Err(_) => return None,
            }
        }
    }
}

impl Event {
    fn read(text: &str) -> Self {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let text = |name: &str| field(name).unwrap_or_default().to_owned();
        Self { number: field("id").and_then(|id| id.parse().ok()), name: text("event"), data: text("data") }
    }
}
