//! The `providers` section of the configuration: which model servers there are.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::error::SettingsError;
use crate::ollama::address::OllamaAddress;

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Ollama's native protocol.
    Ollama,
    /// No server at all: answers made up by this program.
    Simulated,
}

impl ProviderKind {
    /// The word that stands in the configuration, the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::Simulated => "simulated",
        }
    }

    /// How many calls at once, where the settings do not say. A model server queues what it cannot serve.
    pub fn default_concurrency(self) -> u32 {
        match self {
            Self::Ollama => 4,
            Self::Simulated => 50,
        }
    }
}

/// How long to wait for what, in milliseconds. There is no limit on a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeLimits {
    /// For a connection.
    pub connect_ms: u64,
    /// For the first token, once the request is sent and where the model is known to be loaded.
    pub first_token_ms: u64,
    /// For the first token while the model may have to be loaded first.
    pub loading_ms: u64,
    /// For each further token.
    pub idle_ms: u64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { connect_ms: 3_000, first_token_ms: 120_000, loading_ms: 600_000, idle_ms: 60_000 }
    }
}

/// How long a simulated answer takes: drawn by seed between the two, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The shortest.
    pub min_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

impl Default for Latency {
    // Slow enough that a person sees a run going on.
    fn default() -> Self {
        Self { min_ms: 40, max_ms: 150 }
    }
}

/// One model server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The name it is chosen by.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Its address, such as `http://127.0.0.1:11434`. Absent: the kind's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Calls at once. Absent: 4 for `ollama`, 50 for `simulated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// How long to wait for what.
    #[serde(default)]
    pub limits: TimeLimits,
    /// How often a call is tried in all, the first time included.
    #[serde(default = "three")]
    pub attempts: u32,
    /// How long a simulated answer takes. Only `simulated` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

fn three() -> u32 {
    3
}

impl ProviderSettings {
    /// A provider with the defaults of its kind.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: None,
            concurrency: None,
            limits: TimeLimits::default(),
            attempts: three(),
            latency: None,
        }
    }

    /// How many calls it may have at once.
    pub fn effective_concurrency(&self) -> u32 {
        self.concurrency.unwrap_or_else(|| self.kind.default_concurrency())
    }

    fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |what: &str| Err(SettingsError(format!("Provider `{}`: {what}.", self.name)));
        let name_fits = (1..=100).contains(&self.name.len())
            && self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !name_fits {
            return wrong("a name is 1 to 100 letters, digits, `-`, `_` or `.`");
        }
        if !(1..=50).contains(&self.effective_concurrency()) {
            return wrong("`concurrency` is between 1 and 50");
        }
        if !(1..=10).contains(&self.attempts) {
            return wrong("`attempts` is between 1 and 10");
        }
        let TimeLimits { connect_ms, first_token_ms, loading_ms, idle_ms } = self.limits;
        if [connect_ms, first_token_ms, loading_ms, idle_ms].contains(&0) {
            return wrong("a time limit of 0 would refuse every answer; give milliseconds");
        }
        match (self.kind, &self.base_url, self.latency) {
            (ProviderKind::Ollama, Some(base_url), _) => {
                OllamaAddress::parse(base_url).map_err(|error| {
                    SettingsError(format!("Provider `{}`: `base_url`: {error}", self.name))
                })?;
            }
            (ProviderKind::Simulated, Some(_), _) => {
                return wrong("a simulated provider has no `base_url`");
            }
            (_, None, _) => {}
        }
        match (self.kind, self.latency) {
            (ProviderKind::Ollama, Some(_)) => wrong("only a simulated provider has a `latency`"),
            (_, Some(latency)) if latency.min_ms > latency.max_ms => {
                wrong("`latency.min_ms` is greater than `latency.max_ms`")
            }
            _ => Ok(()),
        }
    }
}

/// All model servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProvidersSettings(pub Vec<ProviderSettings>);

impl Default for ProvidersSettings {
    fn default() -> Self {
        Self(vec![
            ProviderSettings::new("ollama", ProviderKind::Ollama),
            ProviderSettings::new("simulated", ProviderKind::Simulated),
        ])
    }
}

impl ProvidersSettings {
    /// Gives `address` to each provider of the kind `ollama` that names none.
    pub fn set_ollama_address(&mut self, address: &OllamaAddress) {
        for provider in &mut self.0 {
            if provider.kind == ProviderKind::Ollama && provider.base_url.is_none() {
                provider.base_url = Some(address.as_str().to_owned());
            }
        }
    }

    /// Finds what cannot be used.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let mut names = HashSet::new();
        for provider in &self.0 {
            provider.validate()?;
            if !names.insert(provider.name.as_str()) {
                return Err(SettingsError(format!("Two providers have the name `{}`.", provider.name)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(change: impl FnOnce(&mut ProvidersSettings)) -> String {
        let mut settings = ProvidersSettings::default();
        change(&mut settings);
        settings.validate().expect_err("refused").to_string()
    }

    #[test]
    fn the_defaults_are_an_ollama_and_a_simulated_provider() {
        let settings = ProvidersSettings::default();
        assert_eq!(settings.validate(), Ok(()));
        let found: Vec<_> =
            settings.0.iter().map(|provider| (&*provider.name, provider.effective_concurrency())).collect();
        assert_eq!(found, [("ollama", 4), ("simulated", 50)]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert!(broken(|settings| settings.0[0].name = "a b".into()).contains("a name is"));
        assert!(broken(|settings| settings.0[1].name = "ollama".into()).contains("Two providers"));
        assert!(broken(|settings| settings.0[0].concurrency = Some(0)).contains("`concurrency`"));
        assert!(broken(|settings| settings.0[0].concurrency = Some(51)).contains("`concurrency`"));
        assert!(broken(|settings| settings.0[0].attempts = 0).contains("`attempts`"));
        assert!(broken(|settings| settings.0[0].limits.idle_ms = 0).contains("time limit"));
        assert!(broken(|settings| settings.0[0].base_url = Some("ftp://x".into())).contains("`base_url`"));
        assert!(
            broken(|settings| settings.0[1].base_url = Some("http://x".into())).contains("no `base_url`")
        );
        assert!(
            broken(|settings| settings.0[0].latency = Some(Latency::default())).contains("only a simulated")
        );
        assert!(
            broken(|settings| settings.0[1].latency = Some(Latency { min_ms: 2, max_ms: 1 }))
                .contains("greater than")
        );
    }

    #[test]
    fn an_address_from_outside_fills_only_what_is_open() {
        let address = OllamaAddress::parse("gpu-box").expect("an address");
        let mut settings = ProvidersSettings::default();
        let mut named = ProviderSettings::new("other", ProviderKind::Ollama);
        named.base_url = Some("http://10.0.0.1:11434".into());
        settings.0.push(named);
        settings.set_ollama_address(&address);
        let found: Vec<_> = settings.0.iter().map(|provider| provider.base_url.as_deref()).collect();
        assert_eq!(found, [Some("http://gpu-box:11434"), None, Some("http://10.0.0.1:11434")]);
    }
}
