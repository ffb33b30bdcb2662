//! The settings of the section `runs`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How runs are worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunsSettings {
    /// How long the cells of a run wait for a model server whose breaker is open, in milliseconds, up to a week. Then
    /// they end as `error`.
    pub provider_wait_ms: u32,
}

impl Default for RunsSettings {
    fn default() -> Self {
        Self { provider_wait_ms: 15 * 60 * 1000 }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("runs.provider_wait_ms is {0}; it must be at most {WEEK_MS}")]
pub struct WrongRuns(u32);

const WEEK_MS: u32 = 7 * 24 * 60 * 60 * 1000;

impl RunsSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongRuns> {
        if self.provider_wait_ms > WEEK_MS { Err(WrongRuns(self.provider_wait_ms)) } else { Ok(()) }
    }

    pub(super) fn provider_wait(&self) -> Duration {
        Duration::from_millis(self.provider_wait_ms.into())
    }
}
