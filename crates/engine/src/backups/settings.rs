//! The settings of the section `backup`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::age::Recipient;

/// When the database is backed up, where to, and who can open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackupSettings {
    /// The folder that backups are written into: on another disk, best on another machine. Without one, nothing is backed
    /// up by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Who can open them: public keys of age, `age1…`.
    pub recipients: Vec<Recipient>,
    /// Whether backups are made that are not encrypted, because there are no recipients. Whoever has one of them reads
    /// each prompt and each answer.
    pub unencrypted: bool,
    /// How often, in seconds, up to 31,536,000. 0: only when `promptcards backup` is typed.
    pub interval_s: u32,
    /// How many of the newest are kept whatever their age, 1 to 100,000.
    pub keep: u32,
    /// How many days the others are kept, up to 36,500. The last good one is never removed.
    pub keep_days: u32,
    /// The file with the private key, for drills. A server that has it can open its own backups, and so can whoever
    /// breaks into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_file: Option<PathBuf>,
    /// How often the newest backup is restored into a temporary folder, to see whether that works, in seconds, up to
    /// 31,536,000. 0: never.
    pub drill_interval_s: u32,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self {
            folder: None,
            recipients: Vec::new(),
            unencrypted: false,
            interval_s: 86_400,
            keep: 7,
            keep_days: 30,
            identity_file: None,
            drill_interval_s: 0,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongBackup {
    /// A number is out of its range.
    #[error("backup.{setting} is {value}; it must be from {least} to {most}")]
    Range {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: u32,
        /// The least it may be.
        least: u32,
        /// The most it may be.
        most: u32,
    },
    /// Backups would hold each prompt in the clear, and nobody said that they may.
    #[error(
        "backup.recipients is empty, so backups would not be encrypted; name a recipient (`promptcards keys backup-pair` \
         makes one), or set backup.unencrypted = true if whoever has a backup may read each prompt and each answer"
    )]
    NoRecipients,
    /// Both were said.
    #[error("backup.unencrypted is true and backup.recipients names somebody; leave one of them out")]
    Both,
    /// A drill has nothing to open backups with.
    #[error(
        "backup.drill_interval_s is set, and backup.identity_file is not: a drill opens the newest backup, for which it \
         needs the private key"
    )]
    NoIdentity,
}

impl BackupSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongBackup> {
        const YEAR_S: u32 = 31_536_000;
        let checks = [
            ("interval_s", self.interval_s, 0, YEAR_S),
            ("keep", self.keep, 1, 100_000),
            ("keep_days", self.keep_days, 0, 36_500),
            ("drill_interval_s", self.drill_interval_s, 0, YEAR_S),
        ];
        for (setting, value, least, most) in checks {
            if !(least..=most).contains(&value) {
                return Err(WrongBackup::Range { setting, value, least, most });
            }
        }
        if self.unencrypted && !self.recipients.is_empty() {
            return Err(WrongBackup::Both);
        }
        if self.folder.is_none() {
            return Ok(());
        }
        if self.recipients.is_empty() && !self.unencrypted {
            return Err(WrongBackup::NoRecipients);
        }
        if self.drill_interval_s > 0 && !self.unencrypted && self.identity_file.is_none() {
            return Err(WrongBackup::NoIdentity);
        }
        Ok(())
    }

    pub(super) fn interval(&self) -> Option<Duration> {
        (self.folder.is_some() && self.interval_s > 0).then(|| Duration::from_secs(self.interval_s.into()))
    }

    pub(super) fn drill_interval(&self) -> Option<Duration> {
        (self.folder.is_some() && self.drill_interval_s > 0)
            .then(|| Duration::from_secs(self.drill_interval_s.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::age::Identity;
    use super::*;

    #[test]
    fn a_folder_needs_recipients_or_plain_words() {
        let none = BackupSettings::default();
        assert_eq!(none.validate(), Ok(()));
        let folder = BackupSettings { folder: Some("backups".into()), ..none };
        assert_eq!(folder.validate(), Err(WrongBackup::NoRecipients));
        let plain = BackupSettings { unencrypted: true, ..folder.clone() };
        assert_eq!(plain.validate(), Ok(()));
        let sealed = BackupSettings { recipients: vec![Identity::draw().unwrap().recipient()], ..folder };
        assert_eq!(sealed.validate(), Ok(()));
        assert_eq!(BackupSettings { unencrypted: true, ..sealed.clone() }.validate(), Err(WrongBackup::Both));
        let drill = BackupSettings { drill_interval_s: 60, ..sealed };
        assert_eq!(drill.validate(), Err(WrongBackup::NoIdentity));
        let wrong = BackupSettings { keep: 0, ..BackupSettings::default() };
        let said = wrong.validate().unwrap_err().to_string();
        assert_eq!(said, "backup.keep is 0; it must be from 1 to 100000");
    }
}
