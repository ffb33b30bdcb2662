//! The settings of the section `breaker`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// After how many failures in a row, 1 to 1,000.
    pub failures: u32,
    /// For how long, in milliseconds, 100 to 3,600,000. Then one probe decides.
    pub open_ms: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 3, open_ms: 60_000 }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("breaker.{setting} is {value}; it must be from {least} to {most}")]
pub struct WrongBreaker {
    setting: &'static str,
    value: u32,
    least: u32,
    most: u32,
}

impl BreakerSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongBreaker> {
        for (setting, value, least, most) in
            [("failures", self.failures, 1, 1_000), ("open_ms", self.open_ms, 100, 3_600_000)]
        {
            if !(least..=most).contains(&value) {
                return Err(WrongBreaker { setting, value, least, most });
            }
        }
        Ok(())
    }

    pub(crate) fn open_for(&self) -> Duration {
        Duration::from_millis(self.open_ms.into())
    }
}
