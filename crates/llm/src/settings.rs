//! The `providers` section of the configuration: which model servers there are.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use domain::cost::{NanoDollars, TokenPrices, from_text_or_number};
use resilience::BreakerSettings;
use serde::{Deserialize, Serialize};

use crate::address::ServerAddress;
use crate::error::SettingsError;
use crate::key::GivenKey;
use crate::outbound::Endpoint;

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Ollama's native protocol.
    Ollama,
    /// OpenAI's protocol, which vLLM, llama.cpp, LM Studio, LiteLLM and many others speak.
    #[serde(rename = "openai")]
    OpenAi,
    /// No server at all: answers made up by this program.
    Simulated,
}

impl ProviderKind {
    /// The word that stands in the configuration, the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::OpenAi => "openai",
            Self::Simulated => "simulated",
        }
    }

    /// How many calls at once, where the settings do not say. A model server queues what it cannot serve.
    pub fn default_concurrency(self) -> u32 {
        match self {
            Self::Ollama => 4,
            Self::OpenAi => 16,
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

/// What the tokens of a model cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// The model's name, as the provider lists it.
    pub model: String,
    /// A million tokens of prompt, in US dollars.
    #[serde(deserialize_with = "from_text_or_number")]
    pub prompt_usd: NanoDollars,
    /// A million tokens of answer, in US dollars.
    #[serde(deserialize_with = "from_text_or_number")]
    pub completion_usd: NanoDollars,
}

/// One model server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// The name it is chosen by.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
    /// Its address, such as `http://127.0.0.1:11434`. Absent: the kind's own default; `openai` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The variable of the environment that holds the server's key. Read at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// The file that holds the server's key. Read at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The proxy that its calls go through, such as `http://proxy.example.org:3128`. Those of the environment are not
    /// used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Endpoint>,
    /// The key itself, from a program that has it already. No file holds it.
    #[serde(skip)]
    pub key: Option<GivenKey>,
    /// Whether Ollama is asked by `/api/generate`, with the texts of the messages as one prompt.
    #[serde(skip)]
    pub completes: bool,
    /// Calls at once. Absent: 4 for `ollama`, 16 for `openai`, 50 for `simulated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// How long to wait for what.
    #[serde(default)]
    pub limits: TimeLimits,
    /// How often a call is tried in all, the first time included.
    #[serde(default = "three")]
    pub attempts: u32,
    /// After how many failures in a row it is left alone, and for how long.
    #[serde(default)]
    pub breaker: BreakerSettings,
    /// How long a simulated answer takes. Only `simulated` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// What the tokens of its models cost. A model that is not among them costs nothing that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<ModelPrice>,
}

fn three() -> u32 {
    3
}

/// Without what names the key: it may be the key itself, written in the wrong place.
impl fmt::Debug for ProviderSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ProviderSettings")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("has_key", &(self.key_env.is_some() || self.key_file.is_some()))
            .finish_non_exhaustive()
    }
}

impl ProviderSettings {
    /// A provider with the defaults of its kind.
    pub fn new(name: impl Into<String>, kind: ProviderKind) -> Self {
        Self {
            name: name.into(),
            kind,
            base_url: None,
            key_env: None,
            key_file: None,
            proxy: None,
            key: None,
            completes: false,
            concurrency: None,
            limits: TimeLimits::default(),
            attempts: three(),
            breaker: BreakerSettings::default(),
            latency: None,
            prices: Vec::new(),
        }
    }

    /// What the tokens of a model cost, where the settings say it.
    pub fn prices_of(&self, model: &str) -> Option<TokenPrices> {
        let price = self.prices.iter().find(|price| price.model == model)?;
        Some(TokenPrices { prompt: price.prompt_usd, completion: price.completion_usd })
    }

    /// How many calls it may have at once.
    pub fn effective_concurrency(&self) -> u32 {
        self.concurrency.unwrap_or_else(|| self.kind.default_concurrency())
    }

    /// Where its server is. None: it has none.
    pub(crate) fn address(&self) -> Result<Option<ServerAddress>, SettingsError> {
        match (self.kind, &self.base_url) {
            (ProviderKind::Simulated, _) => Ok(None),
            (ProviderKind::Ollama, None) => Ok(Some(ServerAddress::default_ollama())),
            (ProviderKind::Ollama, Some(base_url)) => ServerAddress::ollama(base_url).map(Some),
            (ProviderKind::OpenAi, base_url) => {
                ServerAddress::openai(base_url.as_deref().unwrap_or_default()).map(Some)
            }
        }
    }

    /// What it calls. None: nothing.
    pub fn endpoint(&self) -> Result<Option<Endpoint>, SettingsError> {
        self.address()?.map(|address| address.endpoint()).transpose()
    }

    pub(crate) fn validate(&self) -> Result<(), SettingsError> {
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
        self.breaker
            .validate()
            .map_err(|error| SettingsError(format!("Provider `{}`: {error}.", self.name)))?;
        match (self.kind, &self.base_url) {
            (ProviderKind::OpenAi, None) => {
                return wrong("an `openai` provider needs a `base_url`, such as http://127.0.0.1:8000/v1");
            }
            (ProviderKind::Simulated, Some(_)) => return wrong("a simulated provider has no `base_url`"),
            _ => {}
        }
        self.endpoint()
            .map_err(|error| SettingsError(format!("Provider `{}`: `base_url`: {error}", self.name)))?;
        let (key_env, key_file) = (self.key_env.is_some(), self.key_file.is_some());
        if key_env && key_file {
            return wrong("give the key by `key_env` or by `key_file`, not by both");
        }
        if self.kind == ProviderKind::Simulated && (key_env || key_file) {
            return wrong("a simulated provider has no key");
        }
        if self.kind == ProviderKind::Simulated && self.proxy.is_some() {
            return wrong("a simulated provider has no `proxy`");
        }
        let mut priced = HashSet::new();
        if let Some(twice) = self.prices.iter().find(|price| !priced.insert(&price.model)) {
            return wrong(&format!("`prices` names the model `{}` twice", twice.model));
        }
        match (self.kind, self.latency) {
            (ProviderKind::Ollama | ProviderKind::OpenAi, Some(_)) => {
                wrong("only a simulated provider has a `latency`")
            }
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
    pub fn set_ollama_address(&mut self, address: &ServerAddress) {
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

    fn openai(settings: &mut ProvidersSettings, base_url: Option<&str>) {
        settings.0[0] = ProviderSettings::new("openai", ProviderKind::OpenAi);
        settings.0[0].base_url = base_url.map(str::to_owned);
    }

    #[test]
    fn an_openai_provider_has_an_address_and_one_key_at_most() {
        let mut settings = ProvidersSettings::default();
        openai(&mut settings, Some("http://127.0.0.1:8000"));
        settings.0[0].key_env = Some("OPENAI_API_KEY".into());
        assert_eq!(settings.validate(), Ok(()));
        assert_eq!(settings.0[0].effective_concurrency(), 16);
        assert!(broken(|settings| openai(settings, None)).contains("needs a `base_url`"));
        assert!(broken(|settings| openai(settings, Some("gpu-box"))).contains("http://"));
        let both = |settings: &mut ProvidersSettings| {
            settings.0[0].key_env = Some("A".into());
            settings.0[0].key_file = Some("a".into());
        };
        assert!(broken(both).contains("not by both"));
        assert!(broken(|settings| settings.0[1].key_env = Some("A".into())).contains("has no key"));
    }

    #[test]
    fn prices_are_by_model_and_each_named_once() {
        let price = ModelPrice {
            model: "m".into(),
            prompt_usd: NanoDollars(150_000_000),
            completion_usd: NanoDollars(600_000_000),
        };
        let mut provider = ProviderSettings::new("a", ProviderKind::Ollama);
        provider.prices = vec![price.clone()];
        assert_eq!(provider.prices_of("m").map(|prices| prices.prompt), Some(NanoDollars(150_000_000)));
        assert_eq!(provider.prices_of("other"), None);
        let twice = |settings: &mut ProvidersSettings| settings.0[0].prices = vec![price.clone(), price];
        assert!(broken(twice).contains("`m` twice"));
    }

    #[test]
    fn an_address_from_outside_fills_only_what_is_open() {
        let address = ServerAddress::ollama("gpu-box").expect("an address");
        let mut settings = ProvidersSettings::default();
        let mut named = ProviderSettings::new("other", ProviderKind::Ollama);
        named.base_url = Some("http://10.0.0.1:11434".into());
        settings.0.push(named);
        settings.set_ollama_address(&address);
        let found: Vec<_> = settings.0.iter().map(|provider| provider.base_url.as_deref()).collect();
        assert_eq!(found, [Some("http://gpu-box:11434"), None, Some("http://10.0.0.1:11434")]);
    }
}
