//! Redis is killed and comes back empty, or stands still.

use std::time::Duration;

use anyhow::{Context, Result};
use rand::RngExt;
use rand::rngs::StdRng;
use reqwest::Method;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::client::Away;
use crate::plan::Kind;
use crate::tally::Wrong;
use crate::workload::Workload;
use crate::world::{AT_LAST, GOES_ON, LOOK, PROVIDERS, World};

/// How long afterwards requests may be refused.
const BACK: Duration = Duration::from_secs(10);
/// How many requests in a row must be answered until it counts as back.
const IN_A_ROW: u32 = 20;

#[derive(Debug, Clone)]
pub(crate) struct Redis {
    /// Whether it is killed; else it stands still.
    dies: bool,
    time: Duration,
}

impl Redis {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        Self { dies: random.random_bool(0.5), time: Duration::from_millis(random.random_range(200..2_000)) }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        world.weather.set(Away::Redis);
        let redis = world.redis.as_mut().context("there is no Redis")?;
        if self.dies {
            block_in_place(|| redis.kill());
        } else {
            redis.freeze();
        }
        sleep(self.time).await;
        if self.dies {
            block_in_place(|| redis.start_again());
        } else {
            redis.thaw();
        }
        let begun = Instant::now();
        let mut answered = 0;
        while answered < IN_A_ROW && begun.elapsed() < AT_LAST {
            let answer = workload.shared.client.ask(&Method::GET, "W/cards?limit=1", &[], None).await;
            answered = if answer.is_some() { answered + 1 } else { 0 };
            sleep(LOOK).await;
        }
        world.weather.set(Away::Nothing);
        let took = begun.elapsed();
        if took > BACK {
            world.tally.wrong(Wrong::Delay, &format!("requests were refused {took:?} after Redis was back"));
        }
        let all = [0, PROVIDERS.len() - 1];
        world.expect_progress(workload, &all, Kind::Redis, GOES_ON).await;
        Ok(())
    }
}
