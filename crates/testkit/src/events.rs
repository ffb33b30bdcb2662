//! The events of a run, as a browser reads them.

use reqwest::Response;
use serde_json::Value;

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number, which the next connection sends as `Last-Event-ID`.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// What it says.
    pub data: Value,
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    response: Response,
    text: Vec<u8>,
    /// Where the next event begins in `text`.
    begin: usize,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, text: Vec::new(), begin: 0 }
    }

    /// Counts events of one name until one of another comes, without looking into them. None: the stream has
    /// ended, or broke.
    pub async fn count_until(&mut self, counted: &str, last: &str) -> Option<usize> {
        let (counted, last) = (format!("event: {counted}\n"), format!("event: {last}\n"));
        let mut count = 0;
        loop {
            let Ok(Some(chunk)) = self.response.chunk().await else { return None };
            self.text.extend_from_slice(&chunk);
            let whole = self.text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            for line in self.text[..whole].split_inclusive(|byte| *byte == b'\n') {
                count += usize::from(line == counted.as_bytes());
                if line == last.as_bytes() {
                    return Some(count);
                }
            }
            self.text.drain(..whole);
        }
    }

    /// The next event. None: the stream has ended, or broke.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let rest = &self.text[self.begin..];
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
                let event = parse(std::str::from_utf8(&rest[..end]).unwrap());
                self.begin += end + 2;
                if event.is_some() {
                    return event;
                }
                continue;
            }
            self.text.drain(..self.begin);
            self.begin = 0;
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.text.extend_from_slice(&chunk),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    Some(Event {
        id: field("id").map(|id| id.parse().unwrap()),
        name: field("event")?.to_owned(),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}
