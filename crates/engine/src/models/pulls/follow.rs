//! Following a pull: the latest of its states, never one for each word of the model server.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{Pull, PullState};
use crate::error::Result;
use crate::events::Frame;

/// How far apart the events of a pull are, but for its last.
const APART: Duration = Duration::from_millis(200);

/// One reader of one pull. A slow one misses states, and nothing is kept for it.
pub struct PullFollower {
    states: watch::Receiver<Pull>,
    /// When the next event may come.
    next_at: Instant,
    /// Number of the last event.
    seen: i64,
    ended: bool,
}

impl PullFollower {
    pub(super) fn new(states: watch::Receiver<Pull>) -> Self {
        Self { states, next_at: Instant::now(), seen: 0, ended: false }
    }

    /// The next event: `pull_progress`, and `pull_ended` as the last. The first says how the pull stands.
    pub async fn next(&mut self) -> Result<Option<Frame>> {
        if self.ended {
            return Ok(None);
        }
        let mut states = self.states.clone();
        let ended = async { states.wait_for(|pull| pull.state != PullState::Running).await.is_ok() };
        tokio::select! {
            _ = ended => {}
            () = sleep_until(self.next_at) => {}
        }
        let seen = self.seen;
        let Ok(pull) = self.states.wait_for(|pull| pull.event_number > seen).await else { return Ok(None) };
        self.seen = pull.event_number;
        self.ended = pull.state != PullState::Running;
        self.next_at = Instant::now() + APART;
        let event = if self.ended { "pull_ended" } else { "pull_progress" };
        Ok(Some(Frame { number: pull.event_number, event, data: serde_json::to_string(&*pull)?.into() }))
    }
}
