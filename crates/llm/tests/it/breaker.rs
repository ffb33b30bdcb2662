//! The breaker of a provider, as its server sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::card::{Message, ModelParameters, Role};
use futures_util::future::join_all;
use llm::CallErrorKind::{Cancelled, ProviderUnavailable, RefusedRequest, ServerError};
use llm::{Call, CallErrorKind, ChatRequest, Guarded, ProviderSettings};
use resilience::{BreakerSettings, BreakerState};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::raw::{DONE, RawServer, response};
use super::{guarded, ollama_at, openai_at};

const ANSWERS: &str = "200 OK";
const FAILS: &str = "500 Internal Server Error";

/// A server whose models answer with the status that is set, and which counts what it is asked.
struct Server {
    raw: RawServer,
    status: Arc<std::sync::Mutex<&'static str>>,
    calls: Arc<AtomicUsize>,
    probes: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let status = Arc::new(std::sync::Mutex::new(FAILS));
        let (calls, probes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let shared = (Arc::clone(&status), Arc::clone(&calls), Arc::clone(&probes));
        let raw = RawServer::start(move |_, connection| {
            let (status, calls, probes) = &shared;
            while let Some(request) = connection.request() {
                let is_probe = request.starts_with("GET ");
                // What is loaded is asked after the first answer.
                if !request.starts_with("GET /api/ps ") {
                    (if is_probe { probes } else { calls }).fetch_add(1, Ordering::SeqCst);
                }
                let said = *status.lock().expect("a status");
                let body = match (is_probe, said == ANSWERS) {
                    (true, _) => "{\"version\":\"0.9\",\"data\":[]}",
                    (false, true) => DONE,
                    (false, false) => "{\"error\":\"no\"}",
                };
                connection.send(response(said, "application/json", body));
            }
        });
        Self { raw, status, calls, probes }
    }

    fn says(&self, status: &'static str) {
        *self.status.lock().expect("a status") = status;
    }

    /// How often its models were asked, and how often it was probed.
    fn counts(&self) -> (usize, usize) {
        (self.calls.load(Ordering::SeqCst), self.probes.load(Ordering::SeqCst))
    }
}

/// A provider whose breaker opens for a time that a test can wait for.
fn quick(mut settings: ProviderSettings) -> Guarded {
    settings.breaker = BreakerSettings { failures: 3, open_ms: 150 };
    guarded(settings)
}

async fn ask(provider: &Guarded, cancel: &CancellationToken) -> Call {
    let messages = [Message::text(Role::User, "Say hello")];
    let parameters = ModelParameters::default();
    let request = ChatRequest { model: "m", messages: &messages, parameters: &parameters, seed: None };
    provider.chat(&request, cancel).await
}

async fn error_of(provider: &Guarded) -> CallErrorKind {
    ask(provider, &CancellationToken::new()).await.result.expect_err("no answer").kind
}

async fn until_probe(provider: &Guarded) {
    sleep_until(provider.breaker().probe_at().expect("it is open")).await;
}

#[tokio::test]
async fn after_three_failures_nothing_is_sent() {
    let server = Server::start();
    let provider = guarded(ollama_at(&server.raw.url));
    for _ in 0..3 {
        assert_eq!(error_of(&provider).await, ServerError { status: Some(500) });
    }
    let call = ask(&provider, &CancellationToken::new()).await;
    let error = call.result.expect_err("refused");
    assert_eq!((error.kind, call.attempts.len()), (ProviderUnavailable, 0));
    assert!(error.retry_after.is_some_and(|wait| wait.as_secs() >= 58), "{error:?}");
    assert!(error.detail.starts_with("`ollama` is left alone"), "{}", error.detail);
    assert_eq!(server.counts(), (3, 0));
}

#[tokio::test]
async fn fifty_who_wait_make_one_probe_and_it_asks_no_model() {
    for make in [ollama_at, openai_at] {
        let server = Server::start();
        let provider = quick(make(&server.raw.url));
        for _ in 0..3 {
            error_of(&provider).await;
        }
        until_probe(&provider).await;
        let kinds = join_all((0..50).map(|_| error_of(&provider))).await;
        assert_eq!(kinds, [ProviderUnavailable; 50]);
        assert_eq!(server.counts(), (3, 1), "the probe failed, and the breaker is open anew");

        server.says(ANSWERS);
        until_probe(&provider).await;
        provider.probe().await;
        provider.probe().await;
        assert_eq!((provider.breaker().state(), server.counts()), (BreakerState::Closed, (3, 2)));
        assert!(ask(&provider, &CancellationToken::new()).await.attempts.len() == 1);
    }
}

#[tokio::test]
async fn the_first_who_asks_after_the_time_waits_for_the_probe_and_is_answered() {
    let server = Server::start();
    let provider = quick(ollama_at(&server.raw.url));
    for _ in 0..3 {
        error_of(&provider).await;
    }
    server.says(ANSWERS);
    until_probe(&provider).await;
    let call = ask(&provider, &CancellationToken::new()).await;
    assert!(call.result.is_ok());
    assert_eq!(server.counts(), (4, 1));
}

#[tokio::test]
async fn what_speaks_against_one_request_says_nothing_of_the_server() {
    let server = Server::start();
    let provider = guarded(ollama_at(&server.raw.url));
    for status in ["400 Bad Request", "401 Unauthorized", "404 Not Found", "429 Too Many Requests"] {
        for _ in 0..2 {
            server.says(FAILS);
            error_of(&provider).await;
            // What is refused shows that the server answers: the failures before it do not count any more.
            server.says(status);
            error_of(&provider).await;
        }
    }
    server.says("400 Bad Request");
    assert_eq!(error_of(&provider).await, RefusedRequest { status: 400 });
    server.says(FAILS);
    for _ in 0..2 {
        error_of(&provider).await;
    }
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    assert_eq!(ask(&provider, &cancelled).await.result.expect_err("cancelled").kind, Cancelled);
    assert_eq!((provider.breaker().state(), provider.breaker().look().failures), (BreakerState::Closed, 2));
    error_of(&provider).await;
    assert_eq!(provider.breaker().state(), BreakerState::Open, "a cancel between them changes nothing");
}

#[tokio::test]
async fn a_call_is_not_tried_again_once_the_breaker_is_open() {
    let server = Server::start();
    let mut settings = ollama_at(&server.raw.url);
    settings.attempts = 10;
    settings.breaker.failures = 2;
    let call = ask(&guarded(settings), &CancellationToken::new()).await;
    assert_eq!(call.result.expect_err("no answer").kind, ProviderUnavailable);
    assert_eq!((call.attempts.len(), server.counts()), (2, (2, 0)));
}
