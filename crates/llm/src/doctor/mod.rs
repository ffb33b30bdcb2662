//! Why a model server cannot be reached, and which of the usual remedies helps.
//!
//! The doctor asks the configured address first. If nothing usable answers there, it looks where such an address
//! is usually wrong: other path, protocol, scheme, loopback address, port, and the machine around a container. It
//! follows nowhere else, calls what may be called alone, and a key goes to the configured server alone.

mod models;
mod place;
mod probe;
mod remedies;
mod surroundings;
mod words;

use std::future::ready;

use futures_util::{StreamExt, stream};
use reqwest::header::HeaderValue;

use crate::address::ServerAddress;
use crate::key::Key;
use crate::outbound::Outbound;
use crate::provider::Provider;
use crate::settings::{ProviderKind, ProviderSettings};
use place::Place;
use probe::{Found, Prober};
use remedies::{Change, Remedy};
pub use surroundings::Surroundings;

/// How many addresses are looked at at once.
const AT_ONCE: usize = 6;

/// What came of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It works.
    Works,
    /// It does not.
    Fails,
    /// Something to know.
    Note,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried: an address, or what was looked at.
    pub tried: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What was found, in a sentence.
    pub found: String,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Whether calls can be made with the configuration as it is.
    pub works: bool,
    /// What is wrong and what to do, in a sentence or two.
    pub conclusion: String,
    /// The lines to write into the provider's section of the configuration.
    pub configuration: Option<String>,
    /// What was tried, in its order.
    pub steps: Vec<Step>,
}

/// Looks at a provider: whether it can be reached and takes the key, and, where a model is named, whether it has it.
pub async fn diagnose(
    settings: &ProviderSettings,
    provider: &Provider,
    outbound: &Outbound,
    model: Option<&str>,
    surroundings: &Surroundings,
) -> Diagnosis {
    let address = match provider {
        Provider::Ollama(ollama) => ollama.address(),
        Provider::OpenAi(openai) => openai.address(),
        #[cfg(feature = "scripted")]
        Provider::Scripted(_) => return models::look(provider, String::new(), model).await,
        Provider::Simulated(_) => {
            return models::look(
                provider,
                "It is built in, there is nothing to connect to.".to_owned(),
                model,
            )
            .await;
        }
    };
    let patient = match Patient::new(settings, address, outbound, surroundings) {
        Ok(patient) => patient,
        Err(why) => {
            return Diagnosis { works: false, conclusion: why, configuration: None, steps: Vec::new() };
        }
    };
    let found = patient.look(settings.kind, &patient.place).await;
    let at = patient.place.to_string();
    let mut steps = vec![words::step(&at, settings.kind, &found)];
    if let Key::Unreadable(why) = &patient.key {
        steps.push(Step { tried: "The key".to_owned(), outcome: Outcome::Fails, found: why.clone() });
    }
    match (&found, &patient.key) {
        (Found::Server { .. } | Found::Key { .. }, Key::Unreadable(why)) => {
            Diagnosis { works: false, conclusion: words::unreadable_key(why), configuration: None, steps }
        }
        (Found::Server { version }, _) => {
            let answers = words::server(settings.kind, version.as_deref(), &at);
            let looked = models::look(provider, answers, model).await;
            steps.extend(looked.steps.iter().cloned());
            Diagnosis { steps, ..looked }
        }
        (Found::Key { status }, key) => {
            let (conclusion, configuration) = words::key(*status, matches!(key, Key::Read { .. }), settings);
            Diagnosis { works: false, conclusion, configuration, steps }
        }
        _ => patient.try_remedies(&found, steps).await,
    }
}

/// A provider whose address is looked at.
struct Patient<'a> {
    settings: &'a ProviderSettings,
    surroundings: &'a Surroundings,
    place: Place,
    key: Key,
    prober: Prober,
}

impl<'a> Patient<'a> {
    fn new(
        settings: &'a ProviderSettings,
        address: &ServerAddress,
        outbound: &Outbound,
        surroundings: &'a Surroundings,
    ) -> Result<Self, String> {
        let place = Place::of(address).ok_or_else(|| format!("{address} is no address."))?;
        let endpoint = address.endpoint().map_err(|error| error.to_string())?;
        outbound.permits(&endpoint).map_err(|refusal| refusal.sentence(&endpoint))?;
        let prober = Prober::new(outbound, surroundings);
        Ok(Self { settings, surroundings, place, key: Key::read(settings), prober })
    }

    /// Only the configured server ever sees the key.
    fn key_for(&self, place: &Place) -> Option<&HeaderValue> {
        match &self.key {
            Key::Read { header, .. } if place.is_same_server(&self.place) => Some(header),
            _ => None,
        }
    }

    async fn look(&self, kind: ProviderKind, place: &Place) -> Found {
        let shown = |text: &str| self.key.hidden_in(text).into_owned();
        match self.prober.look(kind, place, self.key_for(place)).await {
            Found::Redirect { to } => Found::Redirect { to: shown(&to) },
            Found::Server { version: Some(version) } => Found::Server { version: Some(shown(&version)) },
            found => found,
        }
    }

    async fn try_remedies(&self, wrong: &Found, mut steps: Vec<Step>) -> Diagnosis {
        let kind = self.settings.kind;
        let tried: Vec<(Remedy, Found)> =
            stream::iter(remedies::remedies(kind, &self.place, self.surroundings))
                .filter(|remedy| ready(self.prober.may_look(&remedy.place)))
                .map(|remedy| async {
                    let found = self.look(remedy.kind, &remedy.place).await;
                    (remedy, found)
                })
                .buffered(AT_ONCE)
                .collect()
                .await;
        steps.extend(
            tried.iter().map(|(remedy, found)| words::step(&remedy.place.to_string(), remedy.kind, found)),
        );
        steps.extend(self.notes());
        let helps = |found: &Found| matches!(found, Found::Server { .. } | Found::Key { .. });
        let best = tried
            .iter()
            .find(|(_, found)| matches!(found, Found::Server { .. }))
            .or_else(|| tried.iter().find(|(_, found)| helps(found)))
            .or_else(|| tried.iter().find(|(_, found)| matches!(found, Found::Untrusted { .. })));
        let what = words::wrong(wrong, &self.place, kind);
        let (advice, configuration) = match best {
            Some((remedy, found)) => (words::advice(remedy, found, &self.place), Some(lines(remedy))),
            None => (words::no_advice(wrong, kind, &self.place, self.surroundings), None),
        };
        Diagnosis { works: false, conclusion: format!("{what} {advice}"), configuration, steps }
    }

    fn notes(&self) -> Vec<Step> {
        let mut notes = Vec::new();
        if let Some(names) = &self.surroundings.around_container {
            let found = format!(
                "This program runs in a container: there, localhost and 127.0.0.1 are the container itself. The \
                 machine around it may be {}.",
                names.join(", ")
            );
            notes.push(note("The container", &found));
        }
        if !self.surroundings.proxy_variables.is_empty() {
            let found = format!(
                "A proxy is named by {}. Model servers are called past it: what curl reaches through the proxy \
                 alone cannot be reached.",
                self.surroundings.proxy_variables.join(" and ")
            );
            notes.push(note("The proxy", &found));
        }
        notes
    }
}

/// What has to stand in the provider's section.
fn lines(remedy: &Remedy) -> String {
    let base_url = format!("base_url = {}", serde_json::Value::from(remedy.place.to_string()));
    if remedy.change == Change::Kind {
        return format!("kind = \"{}\"\n{base_url}", remedy.kind.as_str());
    }
    base_url
}

fn note(tried: &str, found: &str) -> Step {
    Step { tried: tried.to_owned(), outcome: Outcome::Note, found: found.to_owned() }
}
