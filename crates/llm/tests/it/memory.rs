//! What a hostile server can make us keep: little more than it sends, and nothing of what nobody asked for.

use llm::CallErrorKind;

use super::ask;
use super::raw::{RawServer, response};

/// The most that one hostile line, or answer of four of them, may add.
const MOST_KIB: u64 = 24 * 1024;
const YES: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// The most memory that the process had at once. Zero where the system does not say.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// `before`, then `piece` again and again, then `after`: `size` bytes in all.
fn filled(size: usize, before: &str, piece: &str, after: &str) -> String {
    let times = (size - before.len() - after.len()) / (piece.len() + 1);
    format!("{before}{}{after}", vec![piece; times].join(","))
}

#[tokio::test]
async fn a_line_of_a_million_small_things_takes_little_memory() {
    let line = |before: &str, piece: &str, after: &str| filled((1 << 20) - 10, before, piece, after);
    let openai = [
        line(r#"{"choices":["#, "{}", "]}"),
        line(r#"{"choices":["#, r#"{"index":1}"#, "]}"),
        line(r#"{"choices":[],"usage":["#, "{}", "]}"),
        line(r#"{"choices":[],"error":{},"timings":["#, "0", "]}"),
        line(r#"{"choices":[],"logprobs":["#, "[]", "]}"),
        line(r#"{"choices":[{"delta":{"content":["#, "{}", "]}}]}"),
        line(r#"{"choices":[{"delta":{"tool_calls":["#, r#"{"function":{"name":"f"}}"#, "]}}]}"),
        line(r#"{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":["#, "0", "]}}]}}]}"),
    ];
    let openai = RawServer::streaming(openai.map(|line| format!("data: {line}\n\n")).concat() + YES, 1 << 20);
    let ollama = [
        line(r#"{"message":{"tool_calls":["#, r#"{"function":{"name":"f"}}"#, "]}}"),
        line(r#"{"message":{},"context":["#, "0", "]}"),
        line(r#"{"message":{},"done":true,"eval_count":["#, "{}", "]}"),
    ];
    let ollama = RawServer::answering(response(
        "200 OK",
        "application/x-ndjson",
        &ollama.map(|line| line + "\n").concat(),
    ));
    let (openai, ollama) = (openai.openai(), ollama.provider());
    let before = peak_kib();
    let answer = ask(&openai, "m", "x").await.expect("an answer");
    assert_eq!((&*answer.content, answer.tool_calls.len()), ("yes", 128));
    assert_eq!(ask(&ollama, "m", "x").await.expect("an answer").tool_calls.len(), 128);
    let more = peak_kib() - before;
    assert!(more < MOST_KIB, "{more} KiB");
}

#[tokio::test]
async fn whole_answers_of_a_million_small_things_take_little_memory() {
    let body = |before: &str, piece: &str, after: &str| filled((4 << 20) - 10, before, piece, after);
    let show = body(
        r#"{"model_info":{"general.architecture":"llama","llama.context_length":4096,"x":["#,
        "[]",
        "]}}",
    );
    let tags = body(r#"{"models":[{"name":"m","digest":"d"}],"x":["#, "{}", "]}");
    let models = body(r#"{"data":["#, "{}", r#",{"id":"m","x":[]}]}"#);
    let server = RawServer::start(move |_, connection| {
        while let Some(request) = connection.request() {
            let body = match request.split(' ').nth(1) {
                Some("/api/tags") => &tags,
                Some("/api/show") => &show,
                Some("/v1/models") => &models,
                _ => "{}",
            };
            connection.send(response("200 OK", "application/json", body));
        }
    });
    let errors = body("{\"x\":[", "{}", "],\"error\":\"busy\"}");
    let refusing = RawServer::answering(response("500 Internal Server Error", "application/json", &errors));
    let before = peak_kib();
    let listed = server.provider().models().await.expect("models");
    assert_eq!((&*listed[0].name, listed[0].context_length), ("m", Some(4096)));
    assert_eq!(server.openai().models().await.expect("models"), []);
    let error = ask(&refusing.openai(), "m", "x").await.expect_err("an error");
    assert_eq!(error.kind, CallErrorKind::ServerError { status: Some(500) });
    let more = peak_kib() - before;
    // The server's own copies of what it sends are among it.
    assert!(more < 2 * MOST_KIB, "{more} KiB");
}
