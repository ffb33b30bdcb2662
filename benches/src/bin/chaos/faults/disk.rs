//! The disk is full, and after a while there is room again. What can be read is read meanwhile.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use reqwest::Method;
use rustix::fs::{FallocateFlags, fallocate};
use tokio::time::{Instant, sleep};

use crate::client::Away;
use crate::plan::Kind;
use crate::tally::Wrong;
use crate::workload::Workload;
use crate::world::{LOOK, PROVIDERS, World};

/// How long the runs may take to go on when there is room again.
const GOES_ON: Duration = Duration::from_secs(10);
/// The pieces in which the disk is filled, the last one smaller than what a file system gives at all.
const PIECES: [u64; 4] = [16 << 20, 1 << 20, 64 << 10, 4 << 10];

#[derive(Debug, Clone)]
pub(crate) struct Disk {
    after: Duration,
    time: Duration,
}

impl Disk {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self {
            after: Duration::from_millis(random.random_range(0..500)),
            time: Duration::from_millis(random.random_range(500..3_000)),
        }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        sleep(self.after).await;
        let filling = world.place.mounted()?.join("filling");
        world.weather.set(Away::Disk);
        let file = File::create(&filling)?;
        let (mut bytes, begun) = (0, Instant::now());
        while begun.elapsed() < self.time {
            // Whatever is given back meanwhile is taken, too.
            bytes = fill(&file, bytes);
            let read = workload.shared.client.ask(&Method::GET, "W/cards?limit=5", &[], None).await;
            if read.is_none_or(|answer| answer.status != 200) {
                world.tally.wrong(Wrong::Answer, "cards cannot be read while the disk is full");
            }
            sleep(LOOK * 4).await;
        }
        free(file, &filling)?;
        let all = [0, PROVIDERS.len() - 1];
        world.expect_progress(workload, &all, Kind::Disk, GOES_ON).await;
        world.weather.set(Away::Nothing);
        Ok(())
    }
}

/// Takes all room that there is. Returns how large the file is.
fn fill(file: &File, mut bytes: u64) -> u64 {
    for piece in PIECES {
        while fallocate(file, FallocateFlags::empty(), bytes, piece).is_ok() {
            bytes += piece;
        }
    }
    bytes
}

fn free(file: File, path: &Path) -> Result<()> {
    drop(file);
    Ok(std::fs::remove_file(path)?)
}
