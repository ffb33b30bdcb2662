//! A model server fails, dies or stands still. The runs on the other one go on meanwhile.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::plan::Kind;
use crate::workload::Workload;
use crate::world::{LOOK, PROVIDERS, World};

/// How long the runs on the other server may take to go on.
const OTHER_GOES_ON: Duration = Duration::from_secs(5);
/// The same for the runs on this one, afterwards: calls that hang, and the waits before three attempts.
const GOES_ON: Duration = Duration::from_secs(15);
/// How long it is waited until a fault has met as many calls as it should.
const MET: Duration = Duration::from_secs(6);

#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// Which of the servers.
    server: usize,
    what: What,
}

#[derive(Clone)]
enum What {
    /// So many calls meet a fault of the fake server: each, or each second one.
    Calls { fault: Value, calls: u64, every: u64 },
    /// It is killed, and comes back after so long.
    Dies(Duration),
    /// It stands still for so long.
    Stands(Duration),
}

impl fmt::Debug for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls { fault, calls, every: 1 } => write!(formatter, "{calls} calls meet {fault}"),
            Self::Calls { fault, calls, every } => {
                write!(formatter, "{calls} calls, one in {every}, meet {fault}")
            }
            Self::Dies(time) => write!(formatter, "it is killed and away for {time:?}"),
            Self::Stands(time) => write!(formatter, "it stands still for {time:?}"),
        }
    }
}

/// The faults of the fake server, and how many calls meet each at most: some take long.
fn faults() -> Vec<(Value, u64)> {
    let after = |name: &str, tokens: u64| json!({ name: { "after_tokens": tokens } });
    vec![
        (json!({ "refuse": { "for_ms": 400 } }), 2),
        (json!("reset"), 30),
        (json!("close_before"), 30),
        (json!({ "status": { "code": 500 } }), 30),
        (json!({ "status": { "code": 503, "retry_after_s": 1 } }), 20),
        (json!({ "status": { "code": 429, "retry_after_s": 1 } }), 20),
        (json!({ "status": { "code": 404 } }), 20),
        (json!("hang_before"), 8),
        (after("hang_in_stream", 1), 8),
        (after("cut_in_stream", 2), 30),
        (after("end_in_stream", 1), 30),
        (after("error_in_stream", 2), 30),
        (after("garbage_line", 1), 30),
        (json!({ "long_line": { "after_tokens": 1, "megabytes": 20 } }), 2),
        (after("invalid_utf8", 1), 30),
        (json!("endless"), 1),
        (json!({ "drip": { "ms_per_byte": 1_000 } }), 8),
        (json!("missing_done"), 30),
        (json!("wrong_content_type"), 30),
        (json!("http10"), 30),
    ]
}

impl Model {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        let server = random.random_range(0..PROVIDERS.len());
        let faults = faults();
        let place = random.random_range(0..faults.len() + 3);
        let time = Duration::from_millis(random.random_range(100..1_500));
        let every = random.random_range(1..3);
        let share = random.random_range(0.5..1.0);
        let what = match faults.get(place) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "some tens"
            )]
            Some((fault, most)) => {
                What::Calls { fault: fault.clone(), calls: (*most as f64 * share).ceil() as u64, every }
            }
            None if place == faults.len() => What::Stands(time),
            None => What::Dies(time),
        };
        Self { server, what }
    }

    pub(crate) async fn strike(&self, world: &mut World, workload: &Workload) -> Result<()> {
        let others: Vec<usize> = (0..PROVIDERS.len()).filter(|other| *other != self.server).collect();
        let met = match &self.what {
            What::Calls { fault, calls, every } => {
                let change = json!({ "fault": fault, "fail_next": calls, "fail_every": every });
                world.models[self.server].change(&change).await?;
                world.expect_progress(workload, &others, Kind::Model, OTHER_GOES_ON).await;
                let left = self.wait_until_met(world).await?;
                world.models[self.server].change(&json!({ "recover": true })).await?;
                calls - left
            }
            What::Dies(time) => {
                world.models[self.server].kill().await?;
                world.expect_progress(workload, &others, Kind::Model, OTHER_GOES_ON).await;
                sleep(*time).await;
                world.models[self.server].start_again()?;
                1
            }
            What::Stands(time) => {
                world.models[self.server].signal("STOP");
                world.expect_progress(workload, &others, Kind::Model, OTHER_GOES_ON).await;
                sleep(*time).await;
                world.models[self.server].signal("CONT");
                1
            }
        };
        world.tally.model_faults.add(met);
        world.expect_progress(workload, &[self.server], Kind::Model, GOES_ON).await;
        Ok(())
    }

    /// How many calls are left that the fault was to meet.
    async fn wait_until_met(&self, world: &World) -> Result<u64> {
        let begun = Instant::now();
        loop {
            let state = world.models[self.server].change(&json!({})).await;
            // One that refuses connections cannot be asked, either.
            let left = match &state {
                Ok(state) if state["settings"]["fault"].is_null() => return Ok(0),
                Ok(state) => state["settings"]["fail_next"].as_u64().unwrap_or_default(),
                Err(_) => 0,
            };
            if state.is_ok() && begun.elapsed() > MET {
                return Ok(left);
            }
            anyhow::ensure!(begun.elapsed() < 5 * MET, "the model server does not come back");
            sleep(LOOK * 4).await;
        }
    }
}
