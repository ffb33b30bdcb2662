//! `kill -9` of the server, at times twice: the second one while it starts.

use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::sleep;

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::{GOES_ON, PROVIDERS, World};

#[derive(Debug, Clone)]
pub(crate) struct Kill {
    after: Duration,
    again_after: Option<Duration>,
    /// Whether the audit log is verified as the killed server left it.
    verifies: bool,
}

impl Kill {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        let after = Duration::from_millis(random.random_range(0..1_200));
        let again = Duration::from_millis(random.random_range(5..120));
        Self {
            after,
            again_after: random.random_ratio(1, 4).then_some(again),
            verifies: random.random_ratio(1, 5),
        }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        sleep(self.after).await;
        world.kill();
        if let Some(after) = self.again_after {
            world.start_and_kill(after).await?;
        }
        if self.verifies {
            world.verify_audit(&world.place.data());
        }
        world.start().await?;
        let all = [0, PROVIDERS.len() - 1];
        world.expect_progress(workload, &all, Kind::Kill, GOES_ON).await;
        Ok(())
    }
}
