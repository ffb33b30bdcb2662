//! Tools that a model asks for, over OpenAI's protocol.

use domain::completion::ToolCall;
use llm::answer::OUTPUT_LIMIT;
use serde_json::{Value, json};

use super::openai::{answer_of, event, finish};

#[tokio::test]
async fn tools_are_kept_and_nothing_calls_them() {
    let tools = |tools: Value| event(&json!({ "choices": [{ "delta": { "tool_calls": tools } }] }));
    let call = |id: Option<&str>, name: &str, arguments: &str| ToolCall {
        id: id.map(str::to_owned),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    };
    let stream = [
        tools(json!([{ "index": 0, "id": "a", "type": "function", "function": { "name": "add", "arguments": "" } }])),
        tools(json!([{ "index": 0, "function": { "arguments": "{\"x\"" } }])),
        tools(json!([{ "index": 0, "function": { "arguments": ":1}" } }])),
        tools(json!([{ "index": 1, "id": "b", "function": { "name": "now" } }])),
        finish("tool_calls"),
    ]
    .concat();
    let completion = answer_of(stream).await;
    assert_eq!(completion.tool_calls, [call(Some("a"), "add", "{\"x\":1}"), call(Some("b"), "now", "")]);
    assert_eq!((completion.content.as_str(), completion.finish_reason.as_deref()), ("", Some("tool_calls")));
    // Without numbers, and with an object for the arguments.
    let stream = [
        tools(json!([{ "function": { "name": "add", "arguments": { "x": 1 } } }])),
        tools(json!([{ "function": { "name": "now", "arguments": null } }])),
        finish("tool_calls"),
    ]
    .concat();
    let calls = answer_of(stream).await.tool_calls;
    assert_eq!(calls, [call(None, "add", "{\"x\":1}"), call(None, "now", "")]);
    // A number is a name for its call, and says nothing of how many there are.
    let far = tools(json!([{ "index": 1_000_000_000, "function": { "name": "add" } }]));
    let calls = answer_of([far, finish("stop")].concat()).await.tool_calls;
    assert_eq!(calls, [call(None, "add", "")]);
}

#[tokio::test]
async fn the_parts_of_tools_go_together_however_they_are_numbered() {
    let part = |index: Value, id: Value, name: Value, arguments: &str| {
        let function = json!({ "name": name, "arguments": arguments });
        event(
            &json!({ "choices": [{ "delta": { "tool_calls": [{ "index": index, "id": id, "function": function }] } }] }),
        )
    };
    let null = || Value::Null;
    let both = |first: Option<&str>, second: Option<&str>| {
        [(first, "add", "{\"x\":1}"), (second, "now", "{}")].map(|(id, name, arguments)| ToolCall {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        })
    };
    for (name, stream, calls) in [
        (
            "as the protocol has it, the two in turn",
            vec![
                part(json!(0), json!("a"), json!("add"), ""),
                part(json!(1), json!("b"), json!("now"), "{"),
                part(json!(0), null(), null(), "{\"x\":1}"),
                part(json!(1), null(), null(), "}"),
            ],
            both(Some("a"), Some("b")),
        ),
        (
            "id and name with each part",
            vec![
                part(json!(0), json!("a"), json!("add"), "{\"x\""),
                part(json!(0), json!("a"), json!("add"), ":1}"),
                part(json!(1), json!("b"), json!("now"), "{}"),
            ],
            both(Some("a"), Some("b")),
        ),
        (
            "a new id with each part",
            vec![
                part(json!(0), json!("a"), json!("add"), "{\"x\""),
                part(json!(0), json!("c"), null(), ":1}"),
                part(json!(1), json!("b"), json!("now"), "{}"),
            ],
            both(Some("a"), Some("b")),
        ),
        (
            "an empty id and name with each part",
            vec![
                part(json!(0), json!("a"), json!("add"), "{\"x\""),
                part(json!(0), json!(""), json!(""), ":1}"),
                part(json!(1), json!(""), json!("now"), "{}"),
            ],
            both(Some("a"), None),
        ),
        (
            "the number 0 for every call",
            vec![
                part(json!(0), json!("a"), json!("add"), "{\"x\":1}"),
                part(json!(0), json!("b"), json!("now"), "{"),
                part(json!(0), null(), null(), "}"),
            ],
            both(Some("a"), Some("b")),
        ),
        (
            "no numbers, the parts by their ids",
            vec![
                part(null(), json!("a"), json!("add"), "{\"x\""),
                part(null(), json!("b"), json!("now"), "{}"),
                part(null(), json!("a"), null(), ":1}"),
            ],
            both(Some("a"), Some("b")),
        ),
        (
            "no numbers and no ids, and what is no text",
            vec![
                part(null(), json!(7), json!("add"), "{\"x\""),
                part(json!("0"), json!([]), json!(null), ":1}"),
                part(json!(-1), json!(null), json!("now"), "{}"),
            ],
            both(None, None),
        ),
    ] {
        let completion = answer_of([stream.concat(), finish("tool_calls")].concat()).await;
        assert_eq!(completion.tool_calls, calls, "{name}");
    }
    let many: String =
        (0..200).map(|index| part(json!(index), json!("i".repeat(100_000)), json!("n"), "")).collect();
    let completion = answer_of([many, finish("tool_calls")].concat()).await;
    let kept: usize = completion.tool_calls.iter().map(|call| call.id.as_ref().map_or(0, String::len)).sum();
    assert_eq!((completion.tool_calls.len(), completion.notes.len()), (128, 1));
    assert!(kept <= OUTPUT_LIMIT, "{kept}");
}
