//! What promptfoo takes for an object, and what it reads there.

use serde_json::{Value, json};

use super::*;

fn found(text: &str) -> Vec<Value> {
    objects(text).map(Result::unwrap).collect()
}

#[test]
fn objects_are_found_where_promptfoo_finds_them() {
    // Each line was run in promptfoo 0.121.20.
    let table = [
        ("none", json!([])),
        (r#"{"a":1} and {"b":[{"c":2}]}"#, json!([{"a": 1}, {"b": [{"c": 2}]}])),
        ("[1, 2] 3 null", json!([])),
        ("{}", json!([{}])),
        ("{", json!([])),
        ("{ ", json!([{}])),
        ("}{", json!([])),
        ("{a: 1}", json!([{"a": 1}])),
        ("{a:1}", json!([{"a:1": null}])),
        ("{ not json }", json!([{"not json": null}])),
        ("{a, b: ,}", json!([{"a": null, "b": null}])),
        ("{a,,b}", json!([])),
        ("{{ city }}", json!([{"city": null}])),
        (r#"{"a": 1"#, json!([{"a": 1}])),
        (r#"{"a": {"b": 1"#, json!([{"a": {"b": 1}}])),
        (r#"{"a": "}"} x"#, json!([])),
        (r#"{"a": "{"} x"#, json!([])),
        (r#"{"a": "{}"} x"#, json!([{"a": "{}"}])),
        ("{'it''s': \"a\\tb\\u00e9\\x41\"}", json!([{"it's": "a\tbéA"}])),
        ("{a: \"\\q\"}", json!([])),
        ("{a: [1, b, {c: d}], 'e': ~}", json!([{"a": [1, "b", {"c": "d"}], "e": null}])),
        ("{a: [b: 1, ? c, : 2]}", json!([{"a": [{"b": 1}, {"c": null}, {"null": 2}]}])),
        ("{a: 1, a: 2}", json!([{"a": 2}])),
        ("{1.0: a, 0x10: b, ~: c, true: d}", json!([{"1": "a", "16": "b", "null": "c", "true": "d"}])),
        ("{[a]: 1}", json!([])),
        (
            "{a: 0o17, b: 010, c: +1.5, d: 1e3, e: .5, f: 1_0, g: 0b1}",
            json!([{"a": 15, "b": 10, "c": 1.5, "d": 1000, "e": 0.5, "f": "1_0", "g": "0b1"}]),
        ),
        ("{a: True, b: yes, c: NULL, d: nUll}", json!([{"a": true, "b": "yes", "c": null, "d": "nUll"}])),
        (
            "{a: 2024-02-29, b: 2023-02-29, c: 2001-1-1 1:02:03}",
            json!([{"a": {}, "b": "2023-02-29", "c": {}}]),
        ),
        ("{a: 1 # one\n, b: 2}", json!([{"a": 1, "b": 2}])),
        ("{a: 1 // one\n, b: 2}", json!([{"a": 1, "b": 2}])),
        ("{a: https://x.y/z, b: c#d}", json!([{"a": "https://x.y/z", "b": "c#d"}])),
        ("{\"a\": \"b // c\"}", json!([{"a": "b // c"}])),
        ("{a: don't // x\n}", json!([{"a": "don't"}])),
        ("{a: one\n  two\n\n three}", json!([{"a": "one two\nthree"}])),
        ("{\"a\": \"one \n  two\\\n  three\"}", json!([{"a": "one twothree"}])),
        ("{a: 1,\n---\nb: 2}", json!([])),
        ("{<<: {a: 1, b: 2}, a: 3}", json!([{"a": 3, "b": 2}])),
        ("{<<: [{a: 1}, {a: 2, b: 2}]}", json!([{"a": 1, "b": 2}])),
        ("{<<}", json!([])),
        ("{a: &x [1], b: *x}", json!([{"a": [1], "b": [1]}])),
        ("{a: *x}", json!([])),
        ("{a: ! 1, b: !}", json!([{"a": "1", "b": ""}])),
        ("{!important}", json!([])),
        ("{&x \na}", json!([])),
        ("{&x \n a}", json!([{"a": null}])),
        ("{? a : b}", json!([{"a": "b"}])),
        ("{: b}", json!([{"null": "b"}])),
        ("{-}", json!([])),
        ("{- a}", json!([])),
        ("{-a}", json!([{"-a": null}])),
        ("{@a}", json!([])),
        ("{a: b: c}", json!([])),
        ("{\u{1}}", json!([])),
        ("{\u{7f}}", json!([])),
        ("{😀: 'ż'}", json!([{"😀": "ż"}])),
        ("\\frac{1}{2}", json!([{"1": null}, {"2": null}])),
        ("if (x) { return y; }", json!([{"return y;": null}])),
        ("{\"a\":1}# x {\"b\":2}", json!([{"a": 1}, {"b": 2}])),
        ("{a: \"\\ud83d\\ude00\"}", json!([{"a": "😀"}])),
    ];
    for (text, expected) in table {
        assert_eq!(Value::from(found(text)), expected, "{text:?}");
    }
}

#[test]
fn nesting_ends_where_that_of_promptfoo_ends() {
    let nested = |depth: usize| format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
    assert_eq!(found(&nested(98)).len(), 1);
    assert_eq!(found(&nested(98))[0].to_string().matches("{\"a\"").count(), 98);
    let within = found(&nested(99));
    assert_eq!(within[0].to_string().matches("{\"a\"").count(), 98, "the outermost is left out");
}

#[test]
fn an_object_is_no_longer_than_the_limit() {
    let long = |letters: usize| format!("{{a: {}}} {{b: 1}}", "x".repeat(letters));
    assert_eq!(found(&long(OBJECT_LIMIT - 5)).len(), 2);
    // One unit more: it is cut at the limit, closed, and what follows is looked at from there.
    assert_eq!(found(&long(OBJECT_LIMIT + 5)).len(), 2);
    let lists = format!("{{a: [{}", "[".repeat(OBJECT_LIMIT));
    assert_eq!(found(&lists), [] as [Value; 0]);
}

#[test]
fn braces_that_hold_a_thread_are_given_up() {
    let braces = "{@".repeat(200_000);
    let outcome: Vec<_> = objects(&braces).collect();
    assert_eq!(outcome, [Err(TooMuchWork)]);
    let bomb = format!(
        "{{a: &a [x,x,x,x,x,x,x,x,x], {}}}",
        ('b'..='i')
            .map(|name| {
                let before = char::from_u32(u32::from(name) - 1).unwrap();
                format!("{name}: &{name} [{}]", vec![format!("*{before}"); 9].join(","))
            })
            .collect::<Vec<_>>()
            .join(", ")
    );
    assert_eq!(found(&bomb), [] as [Value; 0], "aliases must not multiply");
}
