//! The settings of the section `auth`.

use serde::{Deserialize, Serialize};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anybody who reaches the server.
    Open,
    /// Whom an admin has invited.
    #[default]
    Invite,
    /// Nobody: accounts are made at the command line.
    Closed,
}

/// Accounts and sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Who may make an account.
    pub registration: Registration,
    /// What access tokens say that they are from and for, 1 to 200 characters: for a server that others verify the
    /// tokens of, its address.
    pub issuer: String,
    /// After how many hours without a sign of life a session ends, 1 to 720.
    pub idle_hours: u32,
    /// After how many days a session ends in any case, 1 to 90.
    pub absolute_days: u32,
    /// After how many days a session ends that is to be remembered, 1 to 90. It has no other limit.
    pub remember_days: u32,
    /// How many sessions an account may have, 1 to 1,000. One more ends the oldest.
    pub max_sessions: u32,
    /// Whether an admin without a second factor is no more than a user until there is one.
    pub require_admin_mfa: bool,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            registration: Registration::default(),
            issuer: "promptcards".to_owned(),
            idle_hours: 12,
            absolute_days: 7,
            remember_days: 30,
            max_sessions: 10,
            require_admin_mfa: false,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("auth.{setting} is {value}; it must be {wanted}")]
pub struct WrongAuth {
    setting: &'static str,
    value: String,
    wanted: &'static str,
}

impl AuthSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongAuth> {
        let checks = [
            ("idle_hours", self.idle_hours, 720, "from 1 to 720"),
            ("absolute_days", self.absolute_days, 90, "from 1 to 90"),
            ("remember_days", self.remember_days, 90, "from 1 to 90"),
            ("max_sessions", self.max_sessions, 1_000, "from 1 to 1000"),
        ];
        for (setting, value, most, wanted) in checks {
            if !(1..=most).contains(&value) {
                return Err(WrongAuth { setting, value: value.to_string(), wanted });
            }
        }
        if !(1..=200).contains(&self.issuer.chars().count()) {
            let value = format!("`{}`", self.issuer);
            return Err(WrongAuth { setting: "issuer", value, wanted: "a text of 1 to 200 characters" });
        }
        Ok(())
    }

    /// For how many milliseconds nothing may be heard of a session.
    pub(super) fn idle_ms(&self) -> i64 {
        i64::from(self.idle_hours) * HOUR_MS
    }

    /// For how many milliseconds a session lasts at most.
    pub(super) fn lasting_ms(&self, remembered: bool) -> i64 {
        i64::from(if remembered { self.remember_days } else { self.absolute_days }) * DAY_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(AuthSettings::default().validate(), Ok(()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let wrong = AuthSettings { idle_hours: 0, ..AuthSettings::default() };
        assert_eq!(
            wrong.validate().unwrap_err().to_string(),
            "auth.idle_hours is 0; it must be from 1 to 720"
        );
        let empty = AuthSettings { issuer: String::new(), ..AuthSettings::default() };
        assert!(empty.validate().unwrap_err().to_string().starts_with("auth.issuer is ``"));
    }
}
