//! Backups by the schedule of a server beside its writes, each restored; and one of a large file: how long others wait
//! beside it, and how long it takes until a server runs on what was restored.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use engine::backups::{Found, Identity, list};
use engine::secrets::ExposeSecret as _;
use rusqlite::Connection as Database;
use store::{Store, StoreSettings};
use tempfile::TempDir;
use testkit::{History, PastRun};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::cards;
use crate::figures::{Row, float, median, spread};
use crate::http::{Connection, Load, Pace, Script, load};
use crate::process::{Product, binary};

const WRITES_A_SECOND: u32 = 500;
const CONNECTIONS: usize = 16;
const INTERVAL_S: u32 = 2;
/// Runs of the large file, each about 50 MB.
const RUNS: u32 = 20;
const CASES: u32 = 5_000;
const OUTPUT: usize = 4_000;
const RTO_S: f64 = 60.0;
/// How much longer the slowest write may take beside a backup, in milliseconds.
const WAIT_MS: f64 = 50.0;

pub(crate) async fn rows(seconds: usize) -> Result<Vec<Row>> {
    let mut rows = beside_writes(seconds).await?;
    rows.extend(of_a_large_file().await?);
    Ok(rows)
}

/// A folder for backups, and who can open them.
struct Vault {
    folder: TempDir,
    identity: Identity,
}

impl Vault {
    fn make() -> Result<Self> {
        let (folder, identity) = (tempfile::tempdir()?, Identity::draw()?);
        std::fs::write(folder.path().join("backup.key"), identity.text().expose_secret())?;
        Ok(Self { folder, identity })
    }

    fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    /// What a server is configured with.
    fn settings(&self, interval_s: u32) -> String {
        format!(
            "[backup]\nfolder = \"{}\"\nrecipients = [\"{}\"]\ninterval_s = {interval_s}\nkeep = 100000\n",
            self.backups().display(),
            self.identity.recipient()
        )
    }

    /// `promptcards restore` into a new folder, with what it took.
    fn restore(&self, file: &Path) -> Result<(TempDir, f64)> {
        let folder = tempfile::tempdir()?;
        let begun = Instant::now();
        let mut command = Command::new(binary()?);
        command.arg("restore").arg(file).arg("--identity").arg(self.folder.path().join("backup.key"));
        done(command.arg("--data-dir").arg(folder.path()))?;
        Ok((folder, begun.elapsed().as_secs_f64()))
    }
}

fn done(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Cards that were acknowledged: when, in milliseconds of wall time, and the number of each.
type Acknowledged = Arc<Mutex<Vec<(i64, usize)>>>;

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
async fn beside_writes(seconds: usize) -> Result<Vec<Row>> {
    let (folder, vault) = (tempfile::tempdir()?, Vault::make()?);
    std::fs::write(folder.path().join("promptcards.toml"), vault.settings(INTERVAL_S))?;
    let product = Product::in_folder(folder)?;
    let acknowledged = Acknowledged::default();
    let took = write(&product, seconds, &acknowledged).await?;
    product.process.stop()?;
    let acknowledged = acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let made = list(&vault.backups())?;
    println!(
        "  {} writes acknowledged, {:.0} a second; {} backups",
        took.took.len(),
        took.a_second(),
        made.len()
    );
    let (mut lost, mut restores) = (0, Vec::new());
    for Found { path, at } in &made {
        let (folder, seconds) = vault.restore(path)?;
        done(Command::new(binary()?).args(["audit", "verify", "--data-dir"]).arg(folder.path()))?;
        let there = slugs(&folder.path().join("promptcards.db"))?;
        let before = acknowledged.iter().filter(|(when, _)| *when < at.0);
        lost += before.filter(|(_, number)| !there.contains(&cards::slug(*number))).count();
        restores.push(seconds);
    }
    let wanted = seconds / usize::try_from(INTERVAL_S)?;
    let enough = made.len() * 10 >= wanted * 9;
    Ok(vec![
        Row::new(
            "backups every 2 s beside 500 writes a second, each restored, checked, its audit log verified",
            format!("{} of {wanted}; {} s each", made.len(), spread(&restores, 2)),
            "90 %",
            enough,
        ),
        Row::new(
            "rows acknowledged before a backup was begun that are not in it",
            lost.to_string(),
            "0",
            lost == 0,
        ),
        Row::plain(
            "the same: a write, median, p99 and longest",
            format!("{:.1}, {:.1}, {:.1} ms", took.median_ms(), took.p99_ms(), longest_ms(&took)),
        ),
    ])
}

fn longest_ms(load: &Load) -> f64 {
    load.took.last().map_or(0.0, |took| took.as_secs_f64() * 1000.0)
}

fn slugs(path: &Path) -> Result<BTreeSet<String>> {
    let database = Database::open(path)?;
    let check: String = database.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    anyhow::ensure!(check == "ok", "{}: {check}", path.display());
    let mut slugs = database.prepare("SELECT slug FROM cards")?;
    Ok(slugs.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

#[expect(clippy::disallowed_methods, reason = "a backup says of itself when it was begun, by the wall clock")]
fn wall_time_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Makes cards for so long, at a steady pace, and notes which were acknowledged.
async fn write(product: &Product, seconds: usize, acknowledged: &Acknowledged) -> Result<Load> {
    let address = product.process.address;
    let count = seconds * usize::try_from(WRITES_A_SECOND)?;
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut writers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (next, acknowledged) = (Arc::clone(&next), Arc::clone(acknowledged));
        writers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(took);
                }
                sleep_until(begun + Duration::from_secs(1) / WRITES_A_SECOND * u32::try_from(number)?).await;
                let asked = Instant::now();
                connection.exchange(&cards::create(address, number)).await?;
                took.push(asked.elapsed());
                let now = wall_time_ms();
                acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push((now, number));
            }
        });
    }
    let mut took = Vec::new();
    while let Some(ended) = writers.join_next().await {
        took.extend(ended??);
    }
    Ok(Load::of(begun, took))
}

#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
async fn of_a_large_file() -> Result<Vec<Row>> {
    let (folder, vault) = (tempfile::tempdir()?, Vault::make()?);
    let bytes = fill(folder.path()).await?;
    println!("  a database of {} MB", bytes / 1_000_000);
    let product = Product::in_folder(folder)?;
    let mut number = 0;
    let calm = small_writes(&product, &mut number, Duration::from_secs(10)).await?;
    let data = product.folder.path().to_owned();
    let mut command = Command::new(binary()?);
    command.arg("backup").arg("--data-dir").arg(data).arg("--to").arg(vault.backups());
    command.args(["--recipient", &vault.identity.recipient().to_string()]);
    let begun = Instant::now();
    let backup = tokio::task::spawn_blocking(move || done(&mut command).map(|()| begun.elapsed()));
    let beside = while_it_is_made(&product, &mut number, &backup).await?;
    let backup = backup.await??;
    product.process.stop()?;
    let made = list(&vault.backups())?.pop().context("there is no backup")?;
    let packed = std::fs::metadata(&made.path)?.len();
    println!(
        "  calm: median {:.1}, p99 {:.1}, longest {:.1} ms; beside a backup: {:.1}, {:.1}, {:.1} ms",
        calm.median_ms(),
        calm.p99_ms(),
        longest_ms(&calm),
        beside.median_ms(),
        beside.p99_ms(),
        longest_ms(&beside),
    );
    let mut times = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let (restored, _) = vault.restore(&made.path)?;
        std::fs::copy(product.folder.path().join("master.key"), restored.path().join("master.key"))?;
        let server = Product::in_folder(restored)?;
        times.push(begun.elapsed().as_secs_f64());
        server.process.stop()?;
    }
    let waited = longest_ms(&beside) - longest_ms(&calm);
    Ok(vec![
        Row::plain(
            "a backup of a large file, beside writes",
            format!("{:.1} s, {} MB of {} MB", backup.as_secs_f64(), packed / 1_000_000, bytes / 1_000_000),
        ),
        Row::new(
            "the slowest write beside it: so much longer than the slowest without",
            format!("{waited:.1} ms; p99 {:.1} ms, {:.1} ms without", beside.p99_ms(), calm.p99_ms()),
            format!("{WAIT_MS} ms"),
            waited <= WAIT_MS,
        ),
        Row::new(
            "RTO: from `promptcards restore` of it to a server that is ready",
            format!("{} s", spread(&times, 1)),
            format!("{RTO_S} s"),
            median(&times) <= RTO_S,
        ),
    ])
}

async fn fill(folder: &Path) -> Result<u64> {
    let path = folder.join("promptcards.db");
    let store = Store::open(StoreSettings { path: path.clone(), ..StoreSettings::default() })?;
    let history = History::begin(&store).await;
    for number in 0..RUNS {
        let at = i64::from(number) * 1_000;
        let past = PastRun { cases: CASES, output_bytes: OUTPUT, at, ..PastRun::default() };
        history.run(&store, past).await;
    }
    store.close(Duration::from_mins(1)).await?;
    Ok(std::fs::metadata(path)?.len())
}

/// A write after the other for so long, one at a time.
async fn small_writes(product: &Product, number: &mut usize, time: Duration) -> Result<Load> {
    let until = Instant::now() + time;
    write_until(product, number, || Instant::now() >= until).await
}

async fn while_it_is_made<T>(
    product: &Product,
    number: &mut usize,
    backup: &tokio::task::JoinHandle<T>,
) -> Result<Load> {
    write_until(product, number, || backup.is_finished()).await
}

async fn write_until(product: &Product, number: &mut usize, ended: impl Fn() -> bool) -> Result<Load> {
    let address = product.process.address;
    let (begun, mut took) = (Instant::now(), Vec::new());
    while !ended() {
        let first = *number;
        let script: Script = Arc::new(move |next| cards::create(address, first + next));
        let once = load(address, 1, Pace::Every(Duration::from_millis(5), 20), &script).await?;
        took.extend(once.took);
        *number += 20;
    }
    anyhow::ensure!(float(took.len()) > 0.0, "nothing was written");
    Ok(Load::of(begun, took))
}
