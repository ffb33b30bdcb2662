//! The load generator: connections that are kept alive, each with one request under way.
//!
//! It parses no more of an answer than its status and its length, so that what it costs beside the server on the
//! same cores is small.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::figures::float;

/// The API keys of the servers that ask for one.
static KEYS: LazyLock<Mutex<HashMap<SocketAddr, String>>> = LazyLock::new(Mutex::default);

/// From now on every request to this server shows this key.
pub(crate) fn show_key(address: SocketAddr, key: &str) {
    KEYS.lock().unwrap_or_else(PoisonError::into_inner).insert(address, key.to_owned());
}

/// A request as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Request(Arc<[u8]>);

impl Request {
    pub(crate) fn get(address: SocketAddr, path: &str) -> Self {
        Self::new(address, "GET", path, &[], "")
    }

    pub(crate) fn new(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Self {
        let named: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        let key =
            keys.get(&address).map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        let named = named.concat() + &key;
        let sized = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
        };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n{named}{sized}\r\n{body}"
        );
        Self(text.into_bytes().into())
    }
}

/// One connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends the request and reads its answer, which must be a good one. Returns the size of the body.
    pub(crate) async fn exchange(&mut self, request: &Request) -> Result<usize> {
        let Answer { status, body } = self.ask(request).await?;
        let good = matches!(status, 200..=299 | 304);
        anyhow::ensure!(good, "{}", String::from_utf8_lossy(&self.buffer));
        Ok(body)
    }

    /// Sends the request and reads the answer to its end.
    pub(crate) async fn ask(&mut self, request: &Request) -> Result<Answer> {
        self.stream.write_all(&request.0).await?;
        self.buffer.clear();
        let head = loop {
            anyhow::ensure!(
                self.stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status: u16 = text.get(9..12).context("no status")?.parse()?;
        let body = match text.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")) {
            Some(length) => length.parse()?,
            None if status == 204 || status == 304 => 0,
            None => anyhow::bail!("an answer without a length: {text}"),
        };
        while self.buffer.len() < head + body {
            anyhow::ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the body broke off");
        }
        Ok(Answer { status, body })
    }
}

/// What is known of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The size of the body, in bytes.
    pub(crate) body: usize,
}

/// What a load came to.
pub(crate) struct Load {
    pub(crate) seconds: f64,
    /// How long each request took, sorted.
    pub(crate) took: Vec<Duration>,
}

impl Load {
    pub(crate) fn of(began: Instant, mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self { seconds: began.elapsed().as_secs_f64(), took }
    }

    pub(crate) fn a_second(&self) -> f64 {
        float(self.took.len()) / self.seconds
    }

    pub(crate) fn p99_ms(&self) -> f64 {
        self.percentile_ms(99)
    }

    pub(crate) fn median_ms(&self) -> f64 {
        self.percentile_ms(50)
    }

    fn percentile_ms(&self, percent: usize) -> f64 {
        let place = (self.took.len() * percent / 100).min(self.took.len().saturating_sub(1));
        self.took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
    }
}

/// Which request the load sends as its nth.
pub(crate) type Script = Arc<dyn Fn(usize) -> Request + Send + Sync>;

/// Always the same request.
pub(crate) fn same(request: Request) -> Script {
    Arc::new(move |_| request.clone())
}

/// How many requests are sent, and when.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// As fast as answers come, for this long.
    For(Duration),
    /// As fast as answers come, so many.
    Count(usize),
    /// So many, at this interval, whether or not answers come: a slow answer makes the next ones late too, and
    /// their time counts from when they were due.
    Every(Duration, usize),
}

/// Sends requests over so many connections.
pub(crate) async fn load(
    address: SocketAddr,
    connections: usize,
    pace: Pace,
    script: &Script,
) -> Result<Load> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let mut workers = JoinSet::new();
    for mut connection in open {
        let (next, script) = (Arc::clone(&next), Arc::clone(script));
        workers.spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let due = match pace {
                    Pace::For(time) if began.elapsed() >= time => break,
                    Pace::Count(count) | Pace::Every(_, count) if number >= count => break,
                    Pace::For(_) | Pace::Count(_) => Instant::now(),
                    Pace::Every(interval, _) => {
                        let due = began + interval.mul_f64(float(number));
                        sleep_until(due).await;
                        due
                    }
                };
                connection.exchange(&script(number)).await?;
                took.push(due.elapsed());
            }
            anyhow::Ok(took)
        });
    }
    let mut all = Vec::new();
    while let Some(worker) = workers.join_next().await {
        all.append(&mut worker??);
    }
    Ok(Load::of(began, all))
}
