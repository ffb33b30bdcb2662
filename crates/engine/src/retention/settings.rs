//! The settings of the section `retention`.

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long runs are kept, and how much room they may take. Active runs, runs that somebody keeps and runs of a
/// version that has a label now are never removed by either.
///
/// By default nothing is removed: results were paid for in hours of a machine and are what later runs are
/// compared with, a million cells are about two gigabytes, and a removal cannot be undone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// How many days finished and cancelled runs are kept after their end, up to 36,500. 0: for ever.
    pub days: u32,
    /// How much the cases and results of a workspace's runs may take, in MiB, up to 1,073,741,824. More than that,
    /// and the oldest runs go. 0: as much as there is room.
    pub workspace_mib: u32,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retention.{setting} is {value}; it must be at most {most}")]
pub struct WrongRetention {
    setting: &'static str,
    value: u32,
    most: u32,
}

impl RetentionSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongRetention> {
        let checks = [("days", self.days, 36_500), ("workspace_mib", self.workspace_mib, 1 << 30)];
        for (setting, value, most) in checks {
            if value > most {
                return Err(WrongRetention { setting, value, most });
            }
        }
        Ok(())
    }

    /// How long runs are kept after their end, in milliseconds.
    pub(super) fn kept_ms(&self) -> Option<i64> {
        (self.days > 0).then(|| i64::from(self.days) * DAY_MS)
    }

    /// How many bytes the runs of a workspace may store.
    pub(super) fn most_bytes(&self) -> Option<i64> {
        (self.workspace_mib > 0).then(|| i64::from(self.workspace_mib) << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_nothing_is_removed() {
        let settings = RetentionSettings::default();
        assert_eq!(settings.validate(), Ok(()));
        assert_eq!((settings.kept_ms(), settings.most_bytes()), (None, None));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let wrong = RetentionSettings { days: 36_501, ..RetentionSettings::default() };
        let said = wrong.validate().map_err(|error| error.to_string());
        assert_eq!(said, Err("retention.days is 36501; it must be at most 36500".to_owned()));
    }
}
