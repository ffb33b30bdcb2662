//! The server stands still for some seconds, as a machine that is suspended.

use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::sleep;

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::{GOES_ON, PROVIDERS, World};

#[derive(Debug, Clone)]
pub(crate) struct Pause {
    after: Duration,
    time: Duration,
}

impl Pause {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self {
            after: Duration::from_millis(random.random_range(0..500)),
            time: Duration::from_millis(random.random_range(300..3_000)),
        }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        sleep(self.after).await;
        world.server()?.signal("STOP");
        sleep(self.time).await;
        world.server()?.signal("CONT");
        let all = [0, PROVIDERS.len() - 1];
        world.expect_progress(workload, &all, Kind::Pause, GOES_ON).await;
        Ok(())
    }
}
