//! The power is lost: the disk as it is at one moment, without what is only in memory, has all that was acknowledged.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::checker::{check_file, compare};
use crate::client::Client;
use crate::plan::Kind;
use crate::workload::{Known, Workload};
use crate::world::{AT_LAST, GOES_ON, LOOK, PROVIDERS, World, begin, providers};

#[derive(Debug, Clone)]
pub(crate) struct Power {
    after: Duration,
    /// Whether all is compared, and not only what was written lately.
    all: bool,
}

impl Power {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self { after: Duration::from_millis(random.random_range(0..800)), all: random.random_ratio(1, 5) }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        sleep(self.after).await;
        world.server()?.signal("STOP");
        wait_until_it_stands(world.server()?.id()).await?;
        // All of this was acknowledged before: the server says nothing more until the copy is made.
        let known = workload.known();
        let copy = block_in_place(|| world.place.copy());
        world.server()?.signal("CONT");
        world.expect_progress(workload, &[0, PROVIDERS.len() - 1], Kind::Power, GOES_ON).await;
        self.look(world, &known, &copy?).await
    }

    /// Starts a server on the copy and compares.
    async fn look(&self, world: &World, known: &Known, copy: &Path) -> Result<()> {
        let mounted = block_in_place(|| world.place.mount(copy))?;
        let data = mounted.data();
        check_file(&data, &world.tally);
        world.verify_audit(&data);
        // Nobody is asked for the cells that are open there: nothing listens at these addresses.
        let nowhere = PROVIDERS.map(|_| ([127, 0, 0, 1], 9).into());
        std::fs::write(data.join("promptcards.toml"), providers(nowhere.into_iter()))?;
        let server = begin(world.command(&data)).await?;
        let client = Client::of(world.actor(&server), &world.tally);
        compare(known, &client, &world.tally, self.all).await;
        world.look_for_panics(&server);
        server.kill();
        world.tally.snapshots.add(1);
        Ok(())
    }
}

/// Waits until every thread of a process stands still.
async fn wait_until_it_stands(process: u32) -> Result<()> {
    let begun = Instant::now();
    loop {
        let mut stands = true;
        for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
            let stat = std::fs::read_to_string(thread?.path().join("stat")).unwrap_or_default();
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            stands &= state == Some('T');
        }
        if stands {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < AT_LAST, "the server does not stand still");
        sleep(LOOK / 5).await;
    }
}
