//! What callers of this crate see: answers, errors, attempts, and what the model server sees of them.
#![expect(clippy::expect_used, reason = "a test may panic")]

mod breaker;
mod chat;
mod cut_anywhere;
mod doctor;
mod embeddings;
mod fault_table;
mod faults;
mod guarded;
mod leaks;
mod memory;
mod models;
mod openai;
mod openai_faults;
mod outbound;
mod pulls;
mod raw;
mod simulated;
mod streams;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use domain::clock::{Clock, Millis};
use domain::completion::Completion;
use llm::watch::Watch;
use llm::{CallError, ChatRequest, Guarded, Outbound, Provider, ProviderKind, ProviderSettings};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// A clock that stands still.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Millis {
        1_767_268_800_000
    }
}

fn parameters(json: Value) -> ModelParameters {
    serde_json::from_value(json).expect("parameters")
}

/// Settings of an Ollama provider at `url` that tries once.
fn ollama_at(url: &str) -> ProviderSettings {
    let mut settings = ProviderSettings::new("ollama", ProviderKind::Ollama);
    settings.base_url = Some(url.to_owned());
    settings.attempts = 1;
    settings
}

/// Settings of an OpenAI-compatible provider at `url` that tries once.
fn openai_at(url: &str) -> ProviderSettings {
    let mut settings = ProviderSettings::new("openai", ProviderKind::OpenAi);
    settings.base_url = Some(url.to_owned());
    settings.attempts = 1;
    settings
}

fn guarded(settings: ProviderSettings) -> Guarded {
    Guarded::new(settings, Outbound::open(), Arc::new(Noon), 1).expect("settings")
}

/// One call of a provider without retries, with limits that only a broken test exceeds.
async fn ask(provider: &Provider, model: &str, text: &str) -> Result<Completion, CallError> {
    ask_within(provider, model, text, Duration::from_secs(30), Duration::from_secs(30)).await
}

async fn ask_within(
    provider: &Provider,
    model: &str,
    text: &str,
    first_token: Duration,
    idle: Duration,
) -> Result<Completion, CallError> {
    let messages = [Message::text(Role::User, text)];
    let request =
        ChatRequest { model, messages: &messages, parameters: &ModelParameters::default(), seed: None };
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(first_token, idle, &cancel);
    provider.chat(&request, &mut watch).await
}
