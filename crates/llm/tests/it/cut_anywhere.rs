//! Recorded streams of both protocols: in any pieces the same answer, broken off anywhere a cut, and bytes by chance
//! an error, never a panic.

use std::collections::VecDeque;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::completion::{Completion, Timings};
use llm::CallErrorKind::{Cut, Garbage, ServerError, TooLarge};
use llm::{CallError, Provider};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use super::ask_within;
use super::raw::{END, RawServer};

const OLLAMA: &str = concat!(
    r#"{"model":"qwen3:8b","created_at":"2026-11-27T12:00:00.1Z","message":{"role":"assistant","content":"","thinking":"Höm, \"so\""},"done":false}"#,
    "\n",
    r#"{"model":"qwen3:8b","created_at":"2026-11-27T12:00:00.2Z","message":{"role":"assistant","content":"\u00e4 🙂"},"done":false}"#,
    "\n",
    r#"{"model":"qwen3:8b","created_at":"2026-11-27T12:00:00.3Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"add","arguments":{"x": 1}}}]},"done":false}"#,
    "\n",
    r#"{"model":"qwen3:8b","created_at":"2026-11-27T12:00:00.4Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":9000000,"load_duration":1000000,"prompt_eval_count":26,"prompt_eval_duration":2000000,"eval_count":3,"eval_duration":6000000}"#,
    "\n",
);
const OPENAI: &str = concat!(
    ": ping\r\n\r\n",
    r#"data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null}"#,
    "\r\n\r\n",
    r#"data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning_content":"Höm, \"so\""},"finish_reason":null}]}"#,
    "\r\n\r\n",
    r#"data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"\u00e4 🙂"},"finish_reason":null}]}"#,
    "\n\n",
    "event: message\n",
    r#"data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"add","arguments":"{\"x\""}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":": 1}"}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[{"index":0,"delta":{},"#,
    "\n",
    r#"data: "finish_reason":"stop"}]}"#,
    "\n\n",
    r#"data: {"id":"c1","choices":[],"usage":{"prompt_tokens":26,"completion_tokens":3,"total_tokens":29}}"#,
    "\n\n",
    "data: [DONE]\n\n",
);

/// What the server sends to the next request: the pieces of its body.
type Bodies = Arc<Mutex<VecDeque<Vec<Vec<u8>>>>>;

/// A server that sends what it is given, and a provider of each protocol that asks it.
struct Recorded {
    bodies: Bodies,
    providers: [(Provider, &'static str); 2],
    runtime: Runtime,
}

impl Recorded {
    fn new() -> Self {
        let bodies = Bodies::default();
        let given = Arc::clone(&bodies);
        let server = RawServer::start(move |_, connection| {
            while let Some(request) = connection.request() {
                let kind = if request.starts_with("POST /v1/") {
                    "text/event-stream"
                } else {
                    "application/x-ndjson"
                };
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n");
                let pieces = given.lock().expect("a queue").pop_front().expect("a body");
                let chunk = |piece: Vec<u8>| {
                    [format!("{:x}\r\n", piece.len()).into_bytes(), piece, b"\r\n".to_vec()].concat()
                };
                let body: Vec<u8> =
                    pieces.into_iter().filter(|piece| !piece.is_empty()).flat_map(chunk).collect();
                connection.send([head.into_bytes(), body, END.into()].concat());
            }
        });
        let providers = [(server.provider(), OLLAMA), (server.openai(), OPENAI)];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { bodies, providers, runtime }
    }

    /// What comes of a call that is answered with these pieces. How long it took is no part of it.
    fn answer(&self, provider: &Provider, pieces: Vec<Vec<u8>>) -> Result<Completion, CallError> {
        self.bodies.lock().expect("a queue").push_back(pieces);
        let long = Duration::from_secs(30);
        let answer = self.runtime.block_on(ask_within(provider, "m", "x", long, long));
        answer.map(|completion| {
            let timings = Timings {
                first_token_ms: None,
                total_ms: 0,
                load_ms: None,
                prompt_evaluation_ms: None,
                generation_ms: None,
            };
            Completion { timings, ..completion }
        })
    }

    fn whole(&self, provider: &Provider, stream: &str) -> Completion {
        let whole = self.answer(provider, vec![stream.as_bytes().to_vec()]).expect("an answer");
        assert_eq!((&*whole.content, whole.thinking.as_deref()), ("ä 🙂", Some("Höm, \"so\"")));
        assert_eq!((&*whole.tool_calls[0].name, &*whole.tool_calls[0].arguments), ("add", "{\"x\": 1}"));
        assert_eq!((whole.usage.prompt_tokens, whole.usage.completion_tokens), (Some(26), Some(3)));
        whole
    }
}

#[test]
fn a_stream_in_two_pieces_is_the_same_wherever_it_is_cut() {
    let recorded = Recorded::new();
    for (provider, stream) in &recorded.providers {
        let whole = recorded.whole(provider, stream);
        for place in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(place);
            assert_eq!(
                recorded.answer(provider, vec![one.into(), other.into()]).as_ref(),
                Ok(&whole),
                "{place}"
            );
        }
    }
}

#[test]
fn a_stream_in_many_pieces_is_the_same_however_it_is_cut() {
    let recorded = Recorded::new();
    for (provider, stream) in &recorded.providers {
        let whole = recorded.whole(provider, stream);
        let places = prop::collection::vec(0..=stream.len(), 0..40);
        let run = TestRunner::new(Config::with_cases(200)).run(&places, |mut places| {
            places.sort_unstable();
            places.push(stream.len());
            let pieces = places.iter().scan(0, |begin, end| {
                let piece = stream.as_bytes()[*begin..*end].to_vec();
                *begin = *end;
                Some(piece)
            });
            let answer = recorded.answer(provider, pieces.collect());
            prop_assert_eq!(answer.as_ref(), Ok(&whole));
            Ok(())
        });
        run.expect("the same answer");
    }
}

#[test]
fn a_stream_that_ends_early_is_cut_wherever_it_ends_and_keeps_what_came() {
    let recorded = Recorded::new();
    for (provider, stream) in &recorded.providers {
        let whole = recorded.whole(provider, stream);
        let mut kept = 0;
        // The last line needs no line break.
        let outcomes = (0..stream.trim_end().len()).try_for_each(|end| {
            match recorded.answer(provider, vec![stream.as_bytes()[..end].to_vec()]) {
                Err(error) => {
                    assert_eq!(error.kind, Cut, "{end}: {error}");
                    let content = error.partial.map(|partial| partial.content).unwrap_or_default();
                    assert!(whole.content.starts_with(&content) && content.len() >= kept, "{end}");
                    kept = content.len();
                    Continue(())
                }
                Ok(completion) => {
                    // What comes after the end of the answer is about it, and may be missing.
                    assert_eq!(
                        (&completion.content, &completion.tool_calls),
                        (&whole.content, &whole.tool_calls)
                    );
                    assert!(completion.finish_reason.is_some() && stream.starts_with(':'), "{end}");
                    Break(end)
                }
            }
        });
        assert_eq!(kept, whole.content.len());
        assert_eq!(outcomes.is_break(), stream.starts_with(':'));
    }
}

#[test]
fn bytes_by_chance_are_an_answer_or_an_error_and_never_a_panic() {
    let recorded = Recorded::new();
    let expected = |kind| matches!(kind, Cut | Garbage | TooLarge | ServerError { status: None });
    for (provider, stream) in &recorded.providers {
        let run = TestRunner::new(Config::with_cases(300)).run(&any::<Vec<u8>>(), |bytes| {
            let outcome = recorded.answer(provider, vec![bytes]);
            prop_assert!(outcome.is_err_and(|error| expected(error.kind)));
            Ok(())
        });
        run.expect("an error");
        // The recorded stream with some bytes that are others.
        let changes = prop::collection::vec((0..stream.len(), any::<u8>()), 1..4);
        let run = TestRunner::new(Config::with_cases(300)).run(&changes, |changes| {
            let mut bytes = stream.as_bytes().to_vec();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            let outcome = recorded.answer(provider, vec![bytes]);
            prop_assert!(outcome.as_ref().err().is_none_or(|error| expected(error.kind)), "{:?}", outcome);
            Ok(())
        });
        run.expect("an answer or an error");
    }
}
