//! The settings of the section `audit`.

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long the audit log is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSettings {
    /// How many days a line is kept, up to 36,500. 0: for ever.
    pub days: u32,
    /// How many days it can be found out from which address something was done, up to 36,500. 0: for ever. The log
    /// holds hashes of addresses; after this time, the key under which they were made is dropped.
    pub address_days: u32,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { days: 0, address_days: 90 }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("audit.{setting} is {value}; it must be at most 36500")]
pub struct WrongAudit {
    setting: &'static str,
    value: u32,
}

impl AuditSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongAudit> {
        for (setting, value) in [("days", self.days), ("address_days", self.address_days)] {
            if value > 36_500 {
                return Err(WrongAudit { setting, value });
            }
        }
        Ok(())
    }

    /// How long lines are kept, in milliseconds.
    pub(super) fn kept_ms(&self) -> Option<i64> {
        (self.days > 0).then(|| i64::from(self.days) * DAY_MS)
    }

    /// How long the keys of addresses are kept, in milliseconds.
    pub(super) fn addresses_kept_ms(&self) -> Option<i64> {
        (self.address_days > 0).then(|| i64::from(self.address_days) * DAY_MS)
    }
}
