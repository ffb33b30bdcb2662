//! The clock of the server is set forward or back, and later right again. What measures time must not mind.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::{AT_LAST, GOES_ON, LOOK, PROVIDERS, World};

/// Where Debian's `libfaketime` lies, below the folder of libraries of its machine.
pub(crate) const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
/// By how many seconds it is set.
const STEPS: [i64; 7] = [-10, 10, -60, 3_600, -3_600, 2 * 86_400, -2 * 86_400];

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    seconds: i64,
    time: Duration,
}

/// The clock that the server reads in the place of the machine's.
pub(crate) struct FakeClock {
    folder: TempDir,
    library: PathBuf,
}

impl FakeClock {
    /// None: the library is not installed.
    pub(crate) fn find() -> Result<Option<Self>> {
        let folders = std::fs::read_dir("/usr/lib")?.flatten();
        let library = folders.map(|folder| folder.path().join(LIBRARY)).find(|library| library.exists());
        let Some(library) = library else { return Ok(None) };
        let clock = Self { folder: tempfile::tempdir()?, library };
        clock.set(0)?;
        Ok(Some(clock))
    }

    /// What a program that is to read it finds in its environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let file = self.file();
        let variables = [
            ("LD_PRELOAD", self.library.to_string_lossy().into_owned()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_string_lossy().into_owned()),
            // It reads the file at most once a second. What waits for time is to wait for real time.
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Sets it so many seconds before or after the right time.
    fn set(&self, seconds: i64) -> Result<()> {
        Ok(std::fs::write(self.file(), format!("{seconds:+}\n"))?)
    }
}

impl Clock {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self {
            seconds: STEPS[random.random_range(0..STEPS.len())],
            time: Duration::from_millis(random.random_range(500..2_000)),
        }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        let all = [0, PROVIDERS.len() - 1];
        for (from, to) in [(0, self.seconds), (self.seconds, 0)] {
            let before = time_of(world, workload).await?;
            world.clock.as_ref().context("there is no clock to set")?.set(to)?;
            wait_until_set(world, workload, before, to - from).await?;
            sleep(self.time).await;
            world.expect_progress(workload, &all, Kind::Clock, GOES_ON).await;
        }
        Ok(())
    }
}

/// What time it is for the server: when it says that a card was made.
async fn time_of(world: &mut World, workload: &Workload) -> Result<Timestamp> {
    world.looks += 1;
    let body = json!({ "slug": format!("clock-{}", world.looks), "title": "What time is it?" });
    let answer = workload.shared.client.answer(&Method::POST, "W/cards", &[], Some(&body)).await;
    let time = answer.body["created_at"].as_str().with_context(|| format!("no card: {}", answer.body))?;
    Ok(time.parse()?)
}

/// A fault that does nothing would show nothing: waits until the server has noticed.
async fn wait_until_set(
    world: &mut World,
    workload: &Workload,
    before: Timestamp,
    seconds: i64,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        let gone = begun.elapsed();
        let by = time_of(world, workload).await?.as_second() - before.as_second() - seconds;
        if (by.unsigned_abs()).abs_diff(gone.as_secs()) <= 3 {
            return Ok(());
        }
        anyhow::ensure!(gone < AT_LAST, "the server does not notice that its clock was set");
        sleep(LOOK * 10).await;
    }
}
