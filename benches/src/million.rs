//! One million cells in a file, beside a thousand: what a person waits for must not grow with the past.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use store::{Store, StoreSettings};
use tempfile::TempDir;
use testkit::{History, PastRun, ServerProcess};
use tokio::time::Instant;

/// The file of the database.
const DATABASE: &str = "promptcards.db";

/// What a database has besides the run that is looked at, which has 600 cells in each.
struct Shape {
    name: &'static str,
    runs: u32,
    /// Each has two cells.
    cases: u32,
}

const THOUSAND: Shape = Shape { name: "1,000 cells", runs: 100, cases: 2 };
const LARGE_RUNS: Shape = Shape { name: "1,000,000 in 100 runs", runs: 100, cases: 5_000 };
const MANY_RUNS: Shape = Shape { name: "1,000,000 in 10,000 runs", runs: 10_000, cases: 50 };
const CASES_OF_SUBJECT: u32 = 300;
/// How often each request is made of each database, in turns.
const ROUNDS: usize = 41;
/// How many writes are made while a run is removed.
const WRITES: usize = 400;
/// How often the time over a thousand cells a request may take over a million.
const AT_MOST: f64 = 2.0;

/// A database with a server on it.
struct Side {
    server: ServerProcess,
    /// The run that is looked at.
    subject: String,
    /// The run before it.
    neighbour: String,
    _folder: TempDir,
}

/// Fills the databases, measures them in turns and prints medians and ratios.
pub(crate) async fn measure(binary: &Path) -> Result<()> {
    let mut sides = Vec::new();
    for shape in [THOUSAND, LARGE_RUNS, MANY_RUNS] {
        sides.push(Side::fill(binary, &shape).await?);
    }
    println!("\n                              1,000 cells    1,000,000 in 100 runs    in 10,000 runs");
    let mut worst: f64 = 0.0;
    for (name, request) in requests() {
        let medians = medians(&request, &sides).await?;
        let [few, large, many] = medians.as_slice() else { anyhow::bail!("a database is missing") };
        println!(
            "{name:<28} {few:>8.2} ms      {large:>8.2} ms {:>6.2}      {many:>8.2} ms {:>6.2}",
            large / few,
            many / few
        );
        worst = worst.max(large / few).max(many / few);
    }
    let verdict = if worst <= AT_MOST { "holds" } else { "DOES NOT HOLD" };
    println!("\nworst ratio {worst:.2}, at most {AT_MOST}: {verdict}");
    let large = sides.get(1).context("a database is missing")?;
    of_a_large_run(large).await?;
    while_a_run_is_removed(large).await
}

async fn of_a_large_run(side: &Side) -> Result<()> {
    println!("\na run of 10,000 cells among the million");
    for (name, path) in [
        ("open it", "W/runs/{}"),
        ("filter its rows by verdict", "W/runs/{}/rows?show=fail"),
        ("search its outputs", "W/runs/{}/rows?search=4999+is"),
        ("a window of its last cells", "W/runs/{}/cells?row_from=4900&row_to=5000"),
    ] {
        let request = Request::Get(path.replace("{}", &side.neighbour));
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(request.send(side).await?);
        }
        println!("{name:<28} {:>8.2} ms", median(&mut times)?);
    }
    Ok(())
}

/// Deletes a run of 10,000 cells and measures how long small writes take meanwhile.
async fn while_a_run_is_removed(side: &Side) -> Result<()> {
    println!("\na small write               median     longest of {WRITES}");
    for name in ["before", "while a run is deleted"] {
        let mut times = Vec::new();
        for _ in 0..WRITES {
            times.push(Request::Keep.send(side).await?);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let middle = median(&mut times)?;
        println!("{name:<28} {middle:>5.2} ms   {:>5.2} ms", times.last().context("nothing was measured")?);
        side.server.actor.delete(&format!("W/runs/{}", side.neighbour)).await.expect(204);
    }
    Ok(())
}

impl Side {
    async fn fill(binary: &Path, shape: &Shape) -> Result<Self> {
        let begun = Instant::now();
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(DATABASE);
        let store = Store::open(StoreSettings { path: path.clone(), ..StoreSettings::default() })?;
        let history = History::begin(&store).await;
        let mut neighbour = String::new();
        for number in 0..shape.runs {
            let past = PastRun { cases: shape.cases, at: i64::from(number) * 1_000, ..PastRun::default() };
            neighbour = history.run(&store, past).await.to_string();
        }
        let subject = PastRun { cases: CASES_OF_SUBJECT, at: 10_000_000, ..PastRun::default() };
        let subject = history.run(&store, subject).await.to_string();
        store.close(Duration::from_mins(1)).await?;
        let filled = begun.elapsed().as_secs_f64();
        let size = std::fs::metadata(path)?.len() >> 20;
        std::fs::write(folder.path().join("promptcards.toml"), "[log]\nlevel = \"warn\"\n")?;
        let begun = Instant::now();
        let server = ServerProcess::start(binary, folder.path(), &[]);
        let started = begun.elapsed().as_secs_f64();
        println!("{:<26} {size:>5} MiB, filled in {filled:.0} s, a start takes {started:.1} s", shape.name);
        for number in 0..50 {
            let card = server.actor.card(&format!("card-{number}"), &content()).await;
            let cases: Vec<Value> = (0..5).map(|word| json!({ "variables": { "word": word } })).collect();
            server.actor.cases(&card, &cases).await;
        }
        Ok(Self { server, subject, neighbour, _folder: folder })
    }
}

fn content() -> Value {
    json!({
        "kind": "text",
        "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Say {{ word }}." }] }],
        "variables": [{ "name": "word", "type": "text", "required": true }],
    })
}

enum Request {
    /// The address, with a place for the run that is looked at.
    Get(String),
    /// Starts a run of ten cells.
    Start,
    /// Says what that run would be.
    Estimate,
    /// A write of one row.
    Keep,
}

fn requests() -> Vec<(&'static str, Request)> {
    let get = |path: &str| Request::Get(path.to_owned());
    vec![
        ("list runs", get("W/runs?limit=50")),
        ("list runs of a card", get("W/runs?limit=50&card=past")),
        ("list runs of another card", get("W/runs?limit=50&card=card-0")),
        ("list paused runs", get("W/runs?limit=50&state=paused")),
        ("open a run", get("W/runs/{}")),
        ("filter its rows by verdict", get("W/runs/{}/rows?show=fail")),
        ("search its outputs", get("W/runs/{}/rows?search=299+is")),
        ("a window of its cells", get("W/runs/{}/cells?row_from=0&row_to=100")),
        ("one cell", get("W/runs/{}/cells/7")),
        ("list cards", get("W/cards?limit=50")),
        ("open a card", get("W/cards/past")),
        ("estimate a run", Request::Estimate),
        ("start a run", Request::Start),
    ]
}

impl Request {
    /// Makes the request and says how long it took, in milliseconds.
    async fn send(&self, side: &Side) -> Result<f64> {
        let actor = &side.server.actor;
        let run = json!({
            "card_versions": [{ "slug": "card-7" }],
            "models": [{ "provider": "simulated", "model": "simulated-large" }],
            "repeats": 2,
            "cache": false,
        });
        let begun = Instant::now();
        let answer = match self {
            Self::Get(path) => actor.get(&path.replace("{}", &side.subject)).await,
            Self::Start => actor.post("W/runs", &run).await,
            Self::Estimate => actor.post("W/runs/estimate", &run).await,
            Self::Keep => actor.delete(&format!("W/runs/{}/keep", side.subject)).await,
        };
        let milliseconds = begun.elapsed().as_secs_f64() * 1_000.0;
        anyhow::ensure!(answer.status.is_success(), "{:#}", answer.body);
        if matches!(self, Self::Start) {
            actor.finish(&answer.body).await;
        }
        Ok(milliseconds)
    }
}

async fn medians(request: &Request, sides: &[Side]) -> Result<Vec<f64>> {
    let mut times = vec![Vec::new(); sides.len()];
    for _ in 0..ROUNDS {
        for (times, side) in times.iter_mut().zip(sides) {
            times.push(request.send(side).await?);
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn median(times: &mut [f64]) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("nothing was measured")
}
