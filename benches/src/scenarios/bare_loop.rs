//! The least that the work could take: the same calls, streamed and parsed, and rows inserted by the hundreds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use reqwest::Client;
use rusqlite::{Connection, params};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::run_of_cells::{MODEL, prompt};

/// Rows of one commit.
const ROWS: usize = 200;

#[derive(Deserialize)]
struct Line {
    message: Message,
    done: bool,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

/// Streams the calls and stores the answers: seconds from the first call to the last commit.
pub(crate) async fn call_and_store(url: &str, cells: usize, at_once: usize) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let connection = Connection::open(folder.path().join("bare.db"))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         CREATE TABLE answers (number INTEGER PRIMARY KEY, output TEXT NOT NULL) STRICT;",
    )?;
    measure(url, cells, at_once, move |answers| write(connection, answers)).await
}

/// Streams the calls and drops the answers: what the load generator reaches without a database.
pub(crate) async fn call_only(url: &str, cells: usize, at_once: usize) -> Result<f64> {
    measure(url, cells, at_once, |mut answers| {
        let mut count = 0;
        while answers.blocking_recv().is_some() {
            count += 1;
        }
        Ok(count)
    })
    .await
}

type Answers = mpsc::Receiver<(usize, String)>;

async fn measure(
    url: &str,
    cells: usize,
    at_once: usize,
    take: impl FnOnce(Answers) -> Result<usize> + Send + 'static,
) -> Result<f64> {
    let client = Client::builder().no_proxy().tcp_nodelay(true).pool_max_idle_per_host(at_once).build()?;
    let (sender, receiver) = mpsc::channel(2 * ROWS);
    let begun = Instant::now();
    let taker = tokio::task::spawn_blocking(move || take(receiver));
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..at_once {
        let (client, next, sender, url) =
            (client.clone(), Arc::clone(&next), sender.clone(), format!("{url}/api/chat"));
        callers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= cells {
                    return anyhow::Ok(());
                }
                sender.send((number, call(&client, &url, number).await?)).await?;
            }
        });
    }
    drop(sender);
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let stored = taker.await??;
    anyhow::ensure!(stored == cells, "{stored} of {cells} answers came through");
    Ok(begun.elapsed().as_secs_f64())
}

async fn call(client: &Client, url: &str, number: usize) -> Result<String> {
    let body = json!({
        "model": MODEL,
        "messages": [{ "role": "user", "content": prompt(number) }],
        "stream": true,
    });
    let mut response = client.post(url).json(&body).send().await?.error_for_status()?;
    let (mut rest, mut output, mut done) = (Vec::new(), String::new(), false);
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk);
        let mut parsed = 0;
        while let Some(end) = rest[parsed..].iter().position(|byte| *byte == b'\n') {
            let line: Line = serde_json::from_slice(&rest[parsed..parsed + end])?;
            output.push_str(&line.message.content);
            done |= line.done;
            parsed += end + 1;
        }
        rest.drain(..parsed);
    }
    anyhow::ensure!(done, "a stream ended early");
    Ok(output)
}

fn write(mut connection: Connection, mut answers: Answers) -> Result<usize> {
    let mut stored = 0;
    let mut batch = Vec::with_capacity(ROWS);
    loop {
        while batch.len() < ROWS {
            match answers.blocking_recv() {
                Some(answer) => batch.push(answer),
                None => break,
            }
        }
        if batch.is_empty() {
            return Ok(stored);
        }
        let transaction = connection.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO answers (number, output) VALUES (?1, ?2)")?;
            for (number, output) in batch.drain(..) {
                let number = i64::try_from(number).context("a number that is no i64")?;
                stored += insert.execute(params![number, output])?;
            }
        }
        transaction.commit()?;
    }
}
