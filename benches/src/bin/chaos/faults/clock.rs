//! The clock of the server is set forward or back, and later right again. What measures time must not mind.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::{GOES_ON, PROVIDERS, World};

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
        set(&clock.file(), 0)?;
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
}

fn set(file: &Path, seconds: i64) -> Result<()> {
    Ok(std::fs::write(file, format!("{seconds:+}\n"))?)
}

impl Clock {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self {
            seconds: STEPS[random.random_range(0..STEPS.len())],
            time: Duration::from_millis(random.random_range(1_500..3_500)),
        }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        let all = [0, PROVIDERS.len() - 1];
        for seconds in [self.seconds, 0] {
            if let Some(clock) = &world.clock {
                set(&clock.file(), seconds)?;
            }
            sleep(self.time).await;
            world.expect_progress(workload, &all, Kind::Clock, GOES_ON).await;
        }
        Ok(())
    }
}
