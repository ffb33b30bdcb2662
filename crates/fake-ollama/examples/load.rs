//! Load client: `cargo run --release -p fake-ollama --example load -- http://127.0.0.1:11434 [calls] [at once]`.
//!
//! Prints calls a second for whole and for streamed answers of twenty tokens, each line of them parsed. Without
//! an address it starts a server in its own process, which then shares the cores with the client.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring tool for developers")]

use std::time::Duration;

use fake_ollama::{FakeOllama, Options};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let server = FakeOllama::start(Options::default()).unwrap();
    let url = args.first().cloned().unwrap_or_else(|| server.url());
    let calls: usize = args.get(1).map_or(20_000, |text| text.parse().unwrap());
    let at_once: usize = args.get(2).map_or(50, |text| text.parse().unwrap());
    let client = Client::builder().no_proxy().pool_max_idle_per_host(at_once).build().unwrap();
    for streamed in [false, true] {
        for round in 1..=3 {
            let begun = Instant::now();
            let mut times = run(&client, &format!("{url}/api/chat"), streamed, calls, at_once).await;
            let seconds = begun.elapsed().as_secs_f64();
            times.sort_unstable();
            let rate = f64::from(u32::try_from(times.len()).unwrap()) / seconds;
            let [p50, p99] = [times[times.len() / 2], times[times.len() * 99 / 100]];
            println!("streamed {streamed}, round {round}: {rate:.0} calls/s, p50 {p50:?}, p99 {p99:?}");
        }
    }
}

async fn run(client: &Client, url: &str, streamed: bool, calls: usize, at_once: usize) -> Vec<Duration> {
    let words =
        "one two three four five six seven eight nine ten one two three four five six seven nine nine ten";
    let body = json!({
        "model": "llama3.2",
        "messages": [{ "role": "user", "content": format!("echo: {words}") }],
        "stream": streamed,
    });
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        let (client, url, body) = (client.clone(), url.to_owned(), body.clone());
        clients.spawn(async move {
            let mut times = Vec::new();
            for _ in 0..calls / at_once {
                let begun = Instant::now();
                call(&client, &url, &body).await;
                times.push(begun.elapsed());
            }
            times
        });
    }
    clients.join_all().await.concat()
}

async fn call(client: &Client, url: &str, body: &Value) {
    let mut response = client.post(url).json(body).send().await.unwrap();
    let mut rest = Vec::new();
    let mut done = Value::Null;
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            done = serde_json::from_slice(&rest[..end]).unwrap();
            rest.drain(..=end);
        }
    }
    if !rest.is_empty() {
        done = serde_json::from_slice(&rest).unwrap();
    }
    assert_eq!(done["eval_count"], 20);
}
