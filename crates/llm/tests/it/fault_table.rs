//! Every fault of a model server and what becomes of the call, as `docs/reference/faults.md` says it.

use std::path::Path;
use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use fake_ollama::{FakeOllama, Fault, Options};
use futures_util::future::join_all;
use llm::{ChatRequest, ProviderKind, ProviderSettings};
use tokio_util::sync::CancellationToken;

use super::guarded;

/// A fault as the documentation names it, and what a call comes to.
struct Case {
    label: &'static str,
    fault: Fault,
    /// How many requests meet it. A connection that closes without an answer is tried once more within the
    /// attempt, because the server may have closed it while nobody used it.
    meets: u64,
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
    Case { label, fault, meets: 1, outcome }
}

const AFTER: usize = 3;

fn status(code: u16, retry_after_s: Option<u64>) -> Fault {
    Fault::Status { code, retry_after_s }
}

fn cases() -> Vec<Case> {
    vec![
        case("`refuse`", Fault::Refuse { for_ms: 50 }, Again("connect")),
        Case { meets: 2, ..case("`reset`", Fault::Reset, Again("cut")) },
        Case { meets: 2, ..case("`close_before`", Fault::CloseBefore, Again("cut")) },
        case("`status` 500", status(500, None), Again("server_error")),
        case("`status` 502", status(502, None), Again("server_error")),
        case("`status` 503", status(503, None), Again("server_error")),
        case("`status` 429", status(429, Some(1)), Again("rate_limited")),
        case("`status` 400", status(400, None), Final("refused_request")),
        case("`status` 404", status(404, None), Final("refused_request")),
        case("`hang_before`", Fault::HangBefore, Again("timeout_first_token")),
        case("`hang_in_stream`", Fault::HangInStream { after_tokens: AFTER }, Again("timeout_idle")),
        case("`cut_in_stream`", Fault::CutInStream { after_tokens: AFTER }, Again("cut")),
        case("`end_in_stream`", Fault::EndInStream { after_tokens: AFTER }, Again("cut")),
        case("`error_in_stream`", Fault::ErrorInStream { after_tokens: AFTER }, Again("server_error")),
        case("`garbage_line`", Fault::GarbageLine { after_tokens: AFTER }, Again("garbage")),
        case("`long_line`", Fault::LongLine { after_tokens: AFTER, megabytes: 100 }, Final("too_large")),
        case("`invalid_utf8`", Fault::InvalidUtf8 { after_tokens: AFTER }, Again("garbage")),
        case("`endless`", Fault::Endless, Final("too_large")),
        case("`drip`", Fault::Drip { ms_per_byte: 20 }, Again("timeout_idle")),
        case("`missing_done`", Fault::MissingDone, Again("cut")),
        case("`wrong_content_type`", Fault::WrongContentType, Again("garbage")),
        case("`lie_about_json`", Fault::LieAboutJson, Answer),
    ]
}

/// What comes of a call that meets the fault in its first attempt.
#[expect(clippy::panic, reason = "a test may panic")]
async fn outcome(kind: ProviderKind, case: &Case) -> (Outcome, bool) {
    let server = FakeOllama::start(Options::default()).expect("a server");
    let mut settings = ProviderSettings::new("faulty", kind);
    settings.base_url = Some(server.url());
    settings.attempts = 2;
    // Long enough for a slow machine, but where the fault is that nothing comes.
    let patience = Duration::from_secs(50).as_millis().try_into().expect("a number");
    (settings.limits.first_token_ms, settings.limits.loading_ms, settings.limits.idle_ms) = match case.fault {
        Fault::HangBefore => (1_000, 1_000, patience),
        Fault::HangInStream { .. } | Fault::Drip { .. } => (patience, patience, 1_000),
        _ => (patience, patience, patience),
    };
    server.fail_next(case.meets, case.fault);
    let messages = [Message::text(Role::User, "echo: one two three four five")];
    let parameters = ModelParameters { format: Some("json".into()), ..ModelParameters::default() };
    let request = ChatRequest { model: "llama3.2", messages: &messages, parameters: &parameters, seed: None };
    let call = guarded(settings).chat(&request, &CancellationToken::new()).await;

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
    let (word, again) = match outcome {
        Answer => ("–".to_owned(), "–"),
        Again(word) => (format!("`{word}`"), "yes"),
        Final(word) => (format!("`{word}`"), "no"),
    };
    let verdict = if outcome == Answer { "by the assertions" } else { "`error`" };
    let kept = if kept { "yes" } else { "–" };
    format!("| {label} | {word} | {again} | {kept} | {verdict} |")
}

#[test]
fn the_table_has_every_fault() {
    let cases = cases();
    for fault in Fault::ALL {
        assert!(cases.iter().any(|case| case.fault.name() == fault.name()), "{}", fault.name());
    }
}

async fn ends_as_documented(kind: ProviderKind, heading: &str) {
    let cases = cases();
    let outcomes = join_all(cases.iter().map(|case| outcome(kind, case))).await;
    for (case, outcome) in cases.iter().zip(&outcomes) {
        assert_eq!(outcome.0, case.outcome, "{}", case.label);
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/faults.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, section) = page.split_once(heading).expect("the section");
    let section = section.split("\n## ").next().expect("a section");
    let documented: Vec<_> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<_> = cases.iter().zip(outcomes).map(|(case, outcome)| row(case.label, outcome)).collect();
    assert_eq!(documented, rows, "the section {heading} of docs/reference/faults.md:\n{}", rows.join("\n"));
}

#[tokio::test]
async fn every_fault_of_ollama_ends_as_documented() {
    ends_as_documented(ProviderKind::Ollama, "\n## Ollama\n").await;
}
