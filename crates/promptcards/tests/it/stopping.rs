//! SIGTERM while requests come and a run is under way: nobody is cut off, and the run goes on at the next start.

use std::io;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use fake_ollama::{Change, FakeOllama, Options};
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{Program, ServerProcess, TestDatabase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_promptcards");
const CASES: usize = 150;

/// How a request came to its end.
#[derive(Debug, PartialEq)]
enum End {
    Answered {
        status: u16,
        closes: bool,
    },
    /// Nobody listens any more.
    Refused,
    /// The system had taken the connection when the server stopped to listen.
    Reset,
    /// Anything else.
    Broken(String),
}

/// A client that sends one request after the other, each on the connection of the one before while that is open.
struct Client {
    address: SocketAddr,
    open: Option<TcpStream>,
}

impl Client {
    async fn send(&mut self, request: &str) -> End {
        let (mut stream, new) = match self.open.take() {
            Some(stream) => (stream, false),
            None => match TcpStream::connect(self.address).await {
                Ok(stream) => (stream, true),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return End::Refused,
                Err(error) => return End::Broken(format!("connecting: {error}")),
            },
        };
        match exchange(&mut stream, request).await {
            Ok((status, closes)) => {
                self.open = (!closes).then_some(stream);
                End::Answered { status, closes }
            }
            Err(error)
                if new && error.kind() == io::ErrorKind::ConnectionReset && self.nobody_listens().await =>
            {
                End::Reset
            }
            Err(error) => End::Broken(error.to_string()),
        }
    }

    async fn nobody_listens(&self) -> bool {
        let again = TcpStream::connect(self.address).await;
        again.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

async fn exchange(stream: &mut TcpStream, request: &str) -> io::Result<(u16, bool)> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::Error::other("the connection ended within an answer"));
        }
        let text = String::from_utf8_lossy(&answer).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        if body.len() < length.unwrap_or(0_usize) {
            continue;
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no answer: {head}")))?;
        return Ok((status, head.contains("connection: close")));
    }
}

fn request(address: SocketAddr, token: &str, line: &str, body: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends requests until nobody listens, and says how each of them ended.
async fn work(
    address: SocketAddr,
    token: String,
    number: usize,
    told: mpsc::UnboundedSender<()>,
) -> Vec<End> {
    let mut client = Client { address, open: None };
    let mut ends = Vec::new();
    for round in 0.. {
        let request = if round % 4 == 0 {
            let body = json!({ "slug": format!("of-{number}-{round}"), "title": "It is kept" }).to_string();
            request(address, &token, "POST /api/v1/workspaces/default/cards", &body)
        } else {
            request(address, &token, "GET /api/v1/workspaces/default/cards/echo", "")
        };
        if number.is_multiple_of(2) {
            // As a client without a pool.
            client.open = None;
        }
        let end = client.send(&request).await;
        let _ = told.send(());
        let ended = !matches!(end, End::Answered { .. });
        ends.push(end);
        if ended {
            break;
        }
    }
    ends
}

/// Asks whether the server is ready until nobody listens; each time on a new connection.
async fn probe(address: SocketAddr, stopped: &Instant) -> (Duration, Vec<End>) {
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let (mut first, mut ends) = (None, Vec::new());
    loop {
        let end = Client { address, open: None }.send(&request).await;
        let unready = matches!(end, End::Answered { status: 503, .. });
        let ended = !matches!(end, End::Answered { .. });
        if unready && first.is_none() {
            first = Some(stopped.elapsed());
        }
        ends.push(end);
        if ended {
            return (first.unwrap(), ends);
        }
    }
}

async fn begin_run(server: &ServerProcess) -> Value {
    let content = json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Repeat after me: {{ word }}" }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
        "parameters": { "think": false },
    });
    let card = server.actor.card("echo", &content).await;
    let cases: Vec<Value> = (0..CASES)
        .map(|number| json!({ "variables": { "word": format!("{number}") }, "expected_output": format!("{number}") }))
        .collect();
    server.actor.cases(&card, &cases).await;
    server.actor.start("echo", &["ollama/llama3.2:latest"], 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_while_the_server_stops_is_answered_and_the_run_goes_on() {
    let ollama = FakeOllama::start(Options::default()).unwrap();
    ollama.change(&Change { latency_ms: Some(100), ..Change::default() });
    let database = TestDatabase::on_file();
    let url = ollama.url();
    // As it is where nobody sets it.
    let environment = [("OLLAMA_HOST", url.as_str()), ("PROMPTCARDS_SERVER__ACCEPT_AFTER_STOP_MS", "2000")];
    let server = ServerProcess::start(BINARY.as_ref(), database.folder(), &environment);
    let (address, token) = (server.address(), server.actor.token().to_owned());
    let run = begin_run(&server).await;
    let path = format!("W/runs/{}/events", run["id"].as_str().unwrap());
    let events = server.actor.text(&path);

    let (told, mut answered) = mpsc::unbounded_channel();
    let clients = join_all((0..8).map(|number| work(address, token.clone(), number, told.clone())));
    let stop = async {
        for _ in 0..400 {
            answered.recv().await.unwrap();
        }
        ollama.wait_until(|now| now.in_flight > 0).await;
        server.signal("TERM");
        probe(address, &Instant::now()).await
    };
    let began = Instant::now();
    let (ends, (unready_after, probes), events) = tokio::join!(clients, stop, events);
    let (status, took) = (server.wait(), began.elapsed());

    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(unready_after < Duration::from_secs(1), "readyz said so after {unready_after:?}");
    assert!(events.ends_with("\n\nretry: 1000\n\n"), "{}", &events[events.len().saturating_sub(200)..]);
    let (mut answers, mut last, mut reset) = (0, 0, 0);
    for end in ends.into_iter().flatten().chain(probes) {
        match end {
            End::Answered { status: 200..300, closes } => {
                answers += 1;
                last += usize::from(closes);
            }
            End::Answered { status: 503, closes: true } | End::Refused => {}
            End::Reset => reset += 1,
            other => panic!("{other:?}"),
        }
    }
    eprintln!("{answers} answers, {last} of them while it stopped; unready after {unready_after:?}");
    assert!(last > 20, "{last} answers while it stopped");
    // Linux cannot take the last connection and stop listening in one call.
    assert!(reset <= 1, "{reset} of nine clients were reset");

    let server = ServerProcess::start(BINARY.as_ref(), database.folder(), &environment);
    let run = server.actor.finish(&run).await;
    assert_eq!(run["counts"]["pass"], CASES);
    let calls = ollama.counters().calls;
    assert!((CASES as u64..=CASES as u64 + 8).contains(&calls), "{calls} calls");
}

#[tokio::test]
async fn the_second_signal_ends_the_server_at_once() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let database = TestDatabase::on_file();
        let mut command = ServerProcess::command(BINARY.as_ref(), database.folder());
        let server = Program::start(&mut command).unwrap();
        // A request that is under way for as long as its body does not come.
        let mut stuck = TcpStream::connect(server.address()).await.unwrap();
        let begun = request(server.address(), "", "POST /api/v1/auth/sign-in", &" ".repeat(64));
        stuck.write_all(&begun.as_bytes()[..begun.len() - 8]).await.unwrap();
        let since = Instant::now();
        server.signal(signal);
        // It has heard the first one when it listens no more.
        while TcpStream::connect(server.address()).await.is_ok() {}
        server.signal(signal);
        let status = server.wait();
        assert_eq!((status.code(), status.signal()), (Some(code), None));
        assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    }
}
