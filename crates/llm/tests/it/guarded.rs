//! Attempts, limits and cancel, and what is remembered of loaded models.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use domain::clock::Clock;
use fake_ollama::{FakeOllama, Fault, Options};
use llm::CallErrorKind::{Cancelled, TimeoutFirstToken};
use llm::{
    Call, CallErrorKind, ChatRequest, Guarded, Latency, ProviderKind, ProviderSettings, ProvidersSettings,
    Registry,
};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::raw::{DONE, RawServer, response};
use super::{Noon, guarded, ollama_at, parameters};

async fn call(
    provider: &Guarded,
    model: &str,
    parameters: &ModelParameters,
    cancel: &CancellationToken,
) -> Call {
    let messages = [Message::text(Role::User, "Say hello")];
    provider.chat(&ChatRequest { model, messages: &messages, parameters, seed: None }, cancel).await
}

async fn plain_call(provider: &Guarded, model: &str) -> Call {
    call(provider, model, &ModelParameters::default(), &CancellationToken::new()).await
}

fn kinds(call: &Call) -> Vec<Option<CallErrorKind>> {
    call.attempts.iter().map(|attempt| attempt.error.as_ref().map(|error| error.kind)).collect()
}

/// A simulated provider that is slower than its limit allows.
fn too_slow() -> Guarded {
    let mut settings = ProviderSettings::new("simulated", ProviderKind::Simulated);
    settings.latency = Some(Latency { min_ms: 3_000, max_ms: 3_000 });
    settings.limits.loading_ms = 400;
    guarded(settings)
}

#[tokio::test(start_paused = true)]
async fn a_call_is_tried_three_times_with_a_pause_between() {
    let begun = Instant::now();
    let call = plain_call(&too_slow(), "simulated-small").await;
    assert_eq!(call.result.as_ref().expect_err("too slow").kind, TimeoutFirstToken);
    assert_eq!(kinds(&call), [Some(TimeoutFirstToken); 3]);
    let numbers: Vec<_> = call.attempts.iter().map(|attempt| (attempt.number, attempt.latency_ms)).collect();
    assert_eq!(numbers, [(1, 400), (2, 400), (3, 400)]);
    assert!(call.attempts.iter().all(|attempt| attempt.started_at == Noon.now()));
    // Three attempts, a pause of 0.25 to 1 s and one of 0.25 to 2 s.
    let taken = begun.elapsed();
    assert!((Duration::from_millis(1_700)..=Duration::from_millis(4_200)).contains(&taken), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_a_pause_and_no_attempt_follows() {
    let cancel = CancellationToken::new();
    let provider = too_slow();
    let begun = Instant::now();
    let parameters = ModelParameters::default();
    let (call, ()) = tokio::join!(call(&provider, "simulated-small", &parameters, &cancel), async {
        sleep(Duration::from_millis(500)).await;
        cancel.cancel();
    });
    assert_eq!(call.result.expect_err("cancelled").kind, Cancelled);
    assert_eq!(call.attempts.len(), 1);
    assert_eq!(begun.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_not_begun() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let call = call(&too_slow(), "simulated-small", &ModelParameters::default(), &cancel).await;
    assert_eq!(call.result.expect_err("cancelled").kind, Cancelled);
    assert_eq!(call.attempts, []);
}

#[tokio::test]
async fn what_may_help_is_tried_again_and_what_cannot_is_not() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let mut settings = ollama_at(&server.url());
    settings.attempts = 3;
    let provider = guarded(settings);
    server.fail_next(1, Fault::Status { code: 503, retry_after_s: None });
    let call = plain_call(&provider, "llama3.2").await;
    assert!(call.result.is_ok());
    assert_eq!(kinds(&call), [Some(CallErrorKind::ServerError { status: Some(503) }), None]);

    let missing = plain_call(&provider, "no-such-model").await;
    assert_eq!(kinds(&missing), [Some(CallErrorKind::ModelMissing)]);
    server.fail_next(1, Fault::Status { code: 400, retry_after_s: None });
    let refused = plain_call(&provider, "llama3.2").await;
    assert_eq!(kinds(&refused), [Some(CallErrorKind::RefusedRequest { status: 400 })]);
}

#[tokio::test]
async fn a_cancel_reaches_the_server() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    for fault in [Fault::HangBefore, Fault::HangInStream { after_tokens: 2 }] {
        let aborted = server.counters().aborted;
        server.fail(fault);
        let provider = guarded(ollama_at(&server.url()));
        let cancel = CancellationToken::new();
        let parameters = ModelParameters::default();
        let (call, ()) = tokio::join!(call(&provider, "llama3.2", &parameters, &cancel), async {
            server.wait_until(|counters| counters.hanging == 1).await;
            cancel.cancel();
        });
        assert_eq!(call.result.expect_err("cancelled").kind, Cancelled, "{fault:?}");
        let counters = server.wait_until(|counters| counters.in_flight == 0).await;
        assert_eq!(counters.aborted, aborted + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_model_that_may_have_to_be_loaded_gets_more_time() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let mut settings = ollama_at(&server.url());
    settings.limits.first_token_ms = 60;
    settings.limits.loading_ms = 240;
    let provider = guarded(settings);
    let limit_met = async |model: &str| {
        server.fail(Fault::HangBefore);
        let detail = plain_call(&provider, model).await.result.expect_err("it hangs").detail;
        server.recover();
        if detail.contains("within 60 ms") {
            60
        } else if detail.contains("within 240 ms") {
            240
        } else {
            0
        }
    };
    let answers = async |model: &str| {
        plain_call(&provider, model).await.result.expect("an answer");
    };
    assert_eq!(limit_met("llama3.2").await, 240, "never seen");
    answers("llama3.2").await;
    assert_eq!(limit_met("llama3.2").await, 60, "it has just answered");
    assert_eq!(limit_met("llama3.2").await, 240, "it has just failed");
    answers("llama3.2").await;
    answers("qwen3:8b").await;
    assert_eq!(limit_met("llama3.2").await, 240, "another model may have taken its place");
    provider.load("llama3.2", &ModelParameters::default(), &CancellationToken::new()).await.expect("loaded");
    assert_eq!(limit_met("llama3.2").await, 60, "it has just been loaded");
}

#[tokio::test]
async fn a_call_tells_the_digest_and_the_context_that_the_model_is_loaded_with() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = guarded(ollama_at(&server.url()));
    let cancel = CancellationToken::new();
    let listed = provider.models().await.expect("models");
    let digest = listed.iter().find(|model| model.is_named("llama3.2")).expect("listed").digest.clone();
    let plain = plain_call(&provider, "llama3.2").await;
    assert!(digest.is_some());
    assert_eq!(plain.facts.digest, digest);
    assert_eq!(plain.facts.loaded_context, i64::try_from(server.settings().context_length).ok());
    assert!(!plain.facts.simulated);
    let small = call(&provider, "llama3.2", &parameters(json!({"num_ctx": 512})), &cancel).await;
    assert_eq!(small.facts.loaded_context, Some(512));
}

#[tokio::test]
async fn loading_first_spares_the_calls_a_second_load() {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let provider = guarded(ollama_at(&server.url()));
    let cancel = CancellationToken::new();
    let parameters = parameters(json!({"num_ctx": 2048, "keep_alive": "10m"}));
    provider.load("llama3.2", &parameters, &cancel).await.expect("loaded");
    assert_eq!((server.counters().loads, server.counters().calls), (1, 0));
    call(&provider, "llama3.2", &parameters, &cancel).await.result.expect("an answer");
    assert_eq!((server.counters().loads, server.counters().calls), (1, 1));
    let missing = provider.load("no-such-model", &parameters, &cancel).await;
    assert_eq!(missing.expect_err("missing").kind, CallErrorKind::ModelMissing);
}

#[tokio::test]
async fn the_server_is_not_asked_after_each_call_what_it_has_loaded() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let server = RawServer::start(move |_, connection| {
        while let Some(request) = connection.request() {
            if request.starts_with("GET /api/ps ") {
                counter.fetch_add(1, Ordering::SeqCst);
                let body = "{\"models\":[{\"name\":\"m:latest\",\"digest\":\"d1\",\"context_length\":4096}]}";
                connection.send(response("200 OK", "application/json", body));
            } else {
                connection.send(response("200 OK", "application/x-ndjson", DONE));
            }
        }
    });
    let provider = guarded(ollama_at(&server.url));
    let calls = (0..20).map(|_| plain_call(&provider, "m"));
    for call in futures_util::future::join_all(calls).await {
        assert_eq!((call.facts.digest.as_deref(), call.facts.loaded_context), (Some("d1"), Some(4096)));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_does_not_say_what_is_loaded_still_answers() {
    let server = RawServer::start(|_, connection| {
        while let Some(request) = connection.request() {
            if request.starts_with("GET ") {
                connection.send(response("404 Not Found", "text/plain", "404 page not found"));
            } else {
                connection.send(response("200 OK", "application/x-ndjson", DONE));
            }
        }
    });
    let provider = guarded(ollama_at(&server.url));
    let call = call(&provider, "m", &parameters(json!({"num_ctx": 512})), &CancellationToken::new()).await;
    assert!(call.result.is_ok());
    assert_eq!((call.facts.digest, call.facts.loaded_context), (None, Some(512)));
}

#[tokio::test]
async fn a_call_that_waits_takes_little_memory() {
    let mut openai = ProviderSettings::new("openai", ProviderKind::OpenAi);
    openai.base_url = Some("http://127.0.0.1:1".into());
    for settings in [ProviderSettings::new("ollama", ProviderKind::Ollama), openai] {
        let provider = guarded(settings);
        let (parameters, cancel) = (ModelParameters::default(), CancellationToken::new());
        let request = ChatRequest { model: "m", messages: &[], parameters: &parameters, seed: None };
        // Thousands may be under way, and each is kept as large as its rarest part needs it.
        let size = std::mem::size_of_val(&provider.chat(&request, &cancel));
        assert!(size <= 4_096, "{size} bytes");
    }
}

#[test]
fn the_registry_finds_providers_by_name() {
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let registry = Registry::new(&ProvidersSettings::default(), &clock, 1).expect("settings");
    let names: Vec<_> = registry.iter().map(|provider| provider.name()).collect();
    assert_eq!(names, ["ollama", "simulated"]);
    let ollama = registry.get("ollama").expect("there");
    assert_eq!((ollama.base_url(), ollama.concurrency()), (Some("http://127.0.0.1:11434"), 4));
    assert!(!ollama.is_simulated());
    let simulated = registry.get("simulated").expect("there");
    assert_eq!((simulated.base_url(), simulated.concurrency()), (None, 50));
    assert!(simulated.is_simulated());
    assert!(registry.get("Ollama").is_none());
    let twice = ProvidersSettings(vec![ProviderSettings::new("a", ProviderKind::Simulated); 2]);
    assert!(Registry::new(&twice, &clock, 1).is_err());
}
