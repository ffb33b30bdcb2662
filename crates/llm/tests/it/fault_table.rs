//! Every fault of a model server and what becomes of the call, as `docs/reference/faults.md` says it.

use std::path::Path;
use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use fake_ollama::{FakeOllama, Fault, Options};
use futures_util::future::join_all;
use llm::{ChatRequest, ProviderKind, ProviderSettings};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::guarded;

/// A fault as the documentation names it, and what a call comes to.
struct Case {
    label: &'static str,
    fault: Fault,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The call has its answer at once.
    Answer,
    /// The attempt fails with this word, and the next one has the answer.
    Again(&'static str),
    /// The call fails with this word.
    Final(&'static str),
}

use Outcome::{Again, Answer, Final};

const fn case(label: &'static str, fault: Fault, outcome: Outcome) -> Case {
    Case { label, fault, outcome }
}

/// In the midst of an answer of [`TOKENS`].
const AFTER: usize = 3;
const TOKENS: usize = 5;

fn status(code: u16, retry_after_s: Option<u64>) -> Fault {
    Fault::Status { code, retry_after_s }
}

fn cases(kind: ProviderKind) -> Vec<Case> {
    // An answer that has said why it ended is complete without `[DONE]`.
    let missing_done = if kind == ProviderKind::Ollama { Again("cut") } else { Answer };
    let before = [
        case("`refuse`", Fault::Refuse { for_ms: 50 }, Again("connect")),
        case("`reset`", Fault::Reset, Again("cut")),
        case("`close_before`", Fault::CloseBefore, Again("cut")),
        case("`status` 500", status(500, None), Again("server_error")),
        case("`status` 502", status(502, None), Again("server_error")),
        case("`status` 503", status(503, None), Again("server_error")),
        case("`status` 429", status(429, Some(1)), Again("rate_limited")),
        case("`status` 400", status(400, None), Final("refused_request")),
        case("`status` 401", status(401, None), Final("refused_request")),
        case("`status` 404", status(404, None), Final("refused_request")),
        case("`hang_before`", Fault::HangBefore, Again("timeout_first_token")),
    ];
    let others = [
        case("`endless`", Fault::Endless, Final("too_large")),
        case("`drip`", Fault::Drip { ms_per_byte: 20 }, Again("timeout_idle")),
        case("`missing_done`", Fault::MissingDone, missing_done),
        case("`wrong_content_type`", Fault::WrongContentType, Again("garbage")),
        case("`lie_about_json`", Fault::LieAboutJson, Answer),
        case("`http10`", Fault::Http10, Answer),
    ];
    before.into_iter().chain(in_stream(AFTER)).chain(others).collect()
}

/// Every fault, those within a stream at each place of one: before its first token, in its midst, after its last token
/// and after its end.
pub(super) fn everywhere() -> impl Iterator<Item = Fault> {
    let at = |place| in_stream(place).map(|case| case.fault);
    Fault::ALL.into_iter().chain([status(401, None)]).chain([0, TOKENS, TOKENS + 1].into_iter().flat_map(at))
}

/// The faults within a stream, `after_tokens`.
fn in_stream(after_tokens: usize) -> [Case; 7] {
    [
        case("`hang_in_stream`", Fault::HangInStream { after_tokens }, Again("timeout_idle")),
        case("`cut_in_stream`", Fault::CutInStream { after_tokens }, Again("cut")),
        case("`end_in_stream`", Fault::EndInStream { after_tokens }, Again("cut")),
        case("`error_in_stream`", Fault::ErrorInStream { after_tokens }, Again("server_error")),
        case("`garbage_line`", Fault::GarbageLine { after_tokens }, Again("garbage")),
        case("`long_line`", Fault::LongLine { after_tokens, megabytes: 100 }, Final("too_large")),
        case("`invalid_utf8`", Fault::InvalidUtf8 { after_tokens }, Again("garbage")),
    ]
}

/// What comes of a call that meets the fault in its first attempt, and whether that kept a part of the answer.
#[expect(clippy::panic, reason = "a test may panic")]
async fn outcome(kind: ProviderKind, case: &Case) -> (Outcome, bool) {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let mut settings = ProviderSettings::new("faulty", kind);
    settings.base_url = Some(server.url());
    settings.attempts = 2;
    // Long enough for a slow machine, but where the fault is that nothing comes.
    let patience = Duration::from_secs(50).as_millis().try_into().expect("a number");
    (settings.limits.first_token_ms, settings.limits.loading_ms, settings.limits.idle_ms) = match case.fault {
        Fault::HangBefore | Fault::HangInStream { after_tokens: 0 } => (1_000, 1_000, patience),
        Fault::HangInStream { .. } | Fault::Drip { .. } => (patience, patience, 1_000),
        _ => (patience, patience, patience),
    };
    let provider = guarded(settings);
    if matches!(case.fault, Fault::Refuse { .. }) {
        // The connection has served before: what is cut on it is sent again, and refused.
        provider.models().await.expect("models");
    }
    server.fail_next(1, case.fault);
    let messages = [Message::text(Role::User, "echo: one two three four five")];
    let format = (case.fault == Fault::LieAboutJson).then(|| "json".into());
    let parameters = ModelParameters { format, ..ModelParameters::default() };
    let request = ChatRequest { model: "llama3.2", messages: &messages, parameters: &parameters, seed: None };
    let call = provider.chat(&request, &CancellationToken::new()).await;

    let words: Vec<_> =
        call.attempts.iter().map(|attempt| attempt.error.as_ref().map(|error| error.kind.as_str())).collect();
    let outcome = match (words.as_slice(), &call.result) {
        ([None], Ok(_)) => Answer,
        ([Some(word), None], Ok(_)) => Again(word),
        ([Some(word)], Err(_)) => Final(word),
        other => panic!("{}: {other:?}", case.label),
    };
    let kept = call.attempts[0].error.as_ref().is_some_and(|error| error.partial.is_some());
    (outcome, kept)
}

/// The row of the documentation.
fn row(label: &str, (outcome, kept): (Outcome, bool)) -> String {
    let (word, again) = written(outcome);
    let verdict = if outcome == Answer { "by the assertions" } else { "`error`" };
    let kept = if kept { "yes" } else { "–" };
    format!("| {label} | {word} | {again} | {kept} | {verdict} |")
}

/// The word of an outcome and whether it is tried again, as the documentation writes them.
fn written(outcome: Outcome) -> (String, &'static str) {
    match outcome {
        Answer => ("–".to_owned(), "–"),
        Again(word) => (format!("`{word}`"), "yes"),
        Final(word) => (format!("`{word}`"), "no"),
    }
}

/// The lines of a table of the page, under its heading, that begin so.
fn documented(heading: &str, begin: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/faults.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, section) = page.split_once(heading).expect("the section");
    let section = section.split("\n## ").next().expect("a section");
    section.lines().filter(|line| line.starts_with(begin)).map(str::to_owned).collect()
}

#[test]
fn the_table_has_every_fault() {
    let cases = cases(ProviderKind::Ollama);
    for fault in Fault::ALL {
        assert!(cases.iter().any(|case| case.fault.name() == fault.name()), "{}", fault.name());
    }
}

async fn ends_as_documented(kind: ProviderKind, heading: &str) {
    let cases = cases(kind);
    let outcomes = join_all(cases.iter().map(|case| outcome(kind, case))).await;
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert_eq!(outcome.0, case.outcome, "{}", case.label);
    }
    let rows: Vec<_> = cases.iter().zip(outcomes).map(|(case, outcome)| row(case.label, outcome)).collect();
    let found = documented(heading, "| `");
    assert_eq!(found, rows, "the section {heading} of docs/reference/faults.md:\n{}", rows.join("\n"));
}

#[tokio::test]
async fn every_fault_of_ollama_ends_as_documented() {
    ends_as_documented(ProviderKind::Ollama, "\n## Ollama\n").await;
}

#[tokio::test]
async fn every_fault_of_openai_ends_as_documented() {
    ends_as_documented(ProviderKind::OpenAi, "\n## OpenAI\n").await;
}

#[tokio::test]
async fn while_a_server_refuses_connections_every_further_call_says_so() {
    for kind in [ProviderKind::Ollama, ProviderKind::OpenAi] {
        let server = FakeOllama::start(Options::default()).expect("a server");
        server.fail(Fault::Refuse { for_ms: 600_000 });
        let mut settings = ProviderSettings::new("faulty", kind);
        settings.base_url = Some(server.url());
        let messages = [Message::text(Role::User, "x")];
        let parameters = ModelParameters::default();
        let request =
            ChatRequest { model: "llama3.2", messages: &messages, parameters: &parameters, seed: None };
        let call = guarded(settings).chat(&request, &CancellationToken::new()).await;
        let words = call.attempts.iter().filter_map(|attempt| Some(attempt.error.as_ref()?.kind.as_str()));
        assert_eq!(words.collect::<Vec<_>>(), ["cut", "connect", "connect"]);
    }
}

/// Who cannot be reached, and what the documentation says of it.
async fn unreachable(kind: ProviderKind, what: &str) -> String {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let full = TcpSocket::new_v4().expect("a socket");
    full.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let full = full.listen(1).expect("listening");
    let silent = full.local_addr().expect("an address");
    // Connections that nobody accepts fill the queue; then the system drops what comes.
    let mut waiting = Vec::new();
    let (mut model, mut patience) = ("llama3.2", 50_000);
    let url = match what {
        "the name has no address" => "http://nowhere.invalid".to_owned(),
        "nobody listens" => {
            let url = server.url();
            server.stop().await;
            url
        }
        "`https` where there is no TLS" => server.url().replace("http:", "https:"),
        "no connection within `connect_ms`" => {
            patience = 200;
            let limit = Duration::from_millis(200);
            while let Ok(Ok(stream)) = timeout(limit, TcpStream::connect(silent)).await {
                waiting.push(stream);
            }
            format!("http://{silent}")
        }
        "no TLS within `connect_ms`" => {
            patience = 200;
            format!("https://{silent}")
        }
        _ => {
            model = "unheard-of";
            server.url()
        }
    };
    let mut settings = ProviderSettings::new("away", kind);
    settings.base_url = Some(url);
    settings.attempts = 1;
    settings.limits.connect_ms = patience;
    let messages = [Message::text(Role::User, "x")];
    let parameters = ModelParameters::default();
    let request = ChatRequest { model, messages: &messages, parameters: &parameters, seed: None };
    let call = guarded(settings).chat(&request, &CancellationToken::new()).await;
    let error = call.result.expect_err("nobody answers");
    assert!(error.partial.is_none(), "{what}");
    format!("| {what} | `{}` | {} |", error.kind.as_str(), if error.retryable() { "yes" } else { "no" })
}

#[tokio::test]
async fn who_cannot_be_reached_ends_as_documented_in_both_protocols() {
    // Where other tests share the process, one of them may have done so.
    rustls::crypto::ring::default_provider().install_default().ok();
    let rows = documented("\n## Other ends\n", "| ");
    let rows: Vec<_> = rows.iter().skip(1).take(6).collect();
    assert!(rows[5].starts_with("| the server does not have the model |"), "{}", rows[5]);
    for kind in [ProviderKind::Ollama, ProviderKind::OpenAi] {
        for row in &rows {
            let (what, _) = row[2..].split_once(" | ").expect("a row");
            assert_eq!(**row, unreachable(kind, what).await, "{kind:?}");
        }
    }
}

/// The row of the documentation for a fault at the beginning of a stream, in its midst, after its last token, and
/// after its end has been said.
async fn row_of_places(kind: ProviderKind, fault: usize) -> String {
    let places = [0, AFTER, TOKENS, TOKENS + 1];
    let cases = places.map(|after_tokens| in_stream(after_tokens).into_iter().nth(fault).expect("a fault"));
    let outcomes = join_all(cases.iter().map(|case| outcome(kind, case))).await;
    let kept: Vec<_> = outcomes.iter().map(|(_, kept)| *kept).collect();
    assert_eq!(kept, [false, true, true, false], "{}", cases[0].label);
    let words: Vec<_> = outcomes.iter().map(|(outcome, _)| written(*outcome).0).collect();
    format!("| {} | {} |", cases[0].label, words.join(" | "))
}

async fn each_place_ends_as_documented(kind: ProviderKind) {
    let rows = join_all((0..7).map(|fault| row_of_places(kind, fault))).await;
    let found = documented("\n## Where in a stream\n", "| `");
    assert_eq!(found, rows, "docs/reference/faults.md:\n{}", rows.join("\n"));
}

#[tokio::test]
async fn a_fault_ends_as_documented_wherever_in_a_stream_of_ollama_it_is() {
    each_place_ends_as_documented(ProviderKind::Ollama).await;
}

#[tokio::test]
async fn a_fault_ends_as_documented_wherever_in_a_stream_of_openai_it_is() {
    each_place_ends_as_documented(ProviderKind::OpenAi).await;
}
