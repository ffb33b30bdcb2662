//! The settings of the section `limits`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::policy::Policy;
use super::subject::{Standing, Subject};

/// How much is allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The same small numbers for everybody.
    Strict,
    /// Small numbers for those who are not signed in and for guests, larger ones for accounts.
    #[default]
    Standard,
}

/// How much each may do in any 15 minutes. A number that is given goes over that of the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsSettings {
    /// From where the numbers come that are not given.
    pub profile: Profile,
    /// Requests of an account or of one of its API keys.
    pub general: Option<u32>,
    /// Requests of a guest, and of an address without an account.
    pub general_anonymous: Option<u32>,
    /// Starts of work that calls models, of an account or of one of its API keys.
    pub ai: Option<u32>,
    /// The same of a guest.
    pub ai_anonymous: Option<u32>,
    /// Failed sign-ins of one address for one account.
    pub auth: Option<u32>,
    /// Failed sign-ins of one address for all accounts together.
    pub auth_address: Option<u32>,
    /// Renewals of a session, and questions about it, of an account.
    pub refresh: Option<u32>,
    /// The same of an address, where it is not known whose they are.
    pub refresh_address: Option<u32>,
    /// Exports.
    pub export: Option<u32>,
    /// Reports of browsers about blocked content, of an address.
    pub reports: Option<u32>,
    /// Event streams that an account has open at once.
    pub event_streams: Option<u32>,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limits.{setting} is 0: nobody could do anything. Give a larger number, or leave it out")]
pub struct WrongLimit {
    setting: &'static str,
}

impl LimitsSettings {
    /// Refuses what cannot be meant, with the name of the setting.
    pub fn validate(&self) -> Result<(), WrongLimit> {
        let numbers = [
            ("general", self.general),
            ("general_anonymous", self.general_anonymous),
            ("ai", self.ai),
            ("ai_anonymous", self.ai_anonymous),
            ("auth", self.auth),
            ("auth_address", self.auth_address),
            ("refresh", self.refresh),
            ("refresh_address", self.refresh_address),
            ("export", self.export),
            ("reports", self.reports),
            ("event_streams", self.event_streams),
        ];
        match numbers.into_iter().find(|(_, number)| *number == Some(0)) {
            Some((setting, _)) => Err(WrongLimit { setting }),
            None => Ok(()),
        }
    }

    /// How much a subject may do under a policy.
    pub(super) fn limit(&self, policy: Policy, subject: Subject) -> u32 {
        let known = subject.standing() == Standing::Account;
        // An office shares an address: what is counted for it must do for many people.
        let (given, strict, standard) = match policy {
            Policy::General if known => (self.general, 100, 3_000),
            Policy::General => (self.general_anonymous, 100, 100),
            Policy::Ai if known => (self.ai, 20, 300),
            Policy::Ai => (self.ai_anonymous, 20, 20),
            Policy::Refresh if known => (self.refresh, 60, 60),
            Policy::Refresh => (self.refresh_address, 60, 600),
            Policy::Export => (self.export, 30, 30),
            Policy::Reports => (self.reports, 60, 60),
        };
        self.choose(given, strict, standard)
    }

    /// How many sign-ins may fail from one address for one account, and for all accounts.
    pub(super) fn failed_sign_ins(&self) -> (u32, u32) {
        (self.choose(self.auth, 5, 5), self.choose(self.auth_address, 5, 50))
    }

    /// How many event streams one may have open at once.
    pub(super) fn event_streams(&self) -> u32 {
        self.choose(self.event_streams, 8, 8)
    }

    fn choose(&self, given: Option<u32>, strict: u32, standard: u32) -> u32 {
        given.unwrap_or(match self.profile {
            Profile::Strict => strict,
            Profile::Standard => standard,
        })
    }
}
