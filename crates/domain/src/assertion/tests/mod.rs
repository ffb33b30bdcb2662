//! What promptfoo says of an assertion and an output, and what we say to people.

mod answers;
mod sets;
mod verdicts;

use serde_json::{Map, Value, json};

use super::*;
use crate::completion::Completion;
use crate::verdict::{Judgement, Outcome, Verdict};

fn answer(content: &str) -> Completion {
    Completion { content: content.into(), ..Completion::default() }
}

fn judged(case: &Value, output: &str) -> Judgement {
    let case: CaseContent = serde_json::from_value(case.clone()).unwrap();
    Judge::default().compile(&case, &case.variables).judge(&Answer::of(&answer(output)))
}

fn outcome(assertion: &Value, output: &str) -> Outcome {
    judged(&json!({"assertions": [assertion]}), output).outcomes.remove(0)
}

fn problems(assertion: &Value) -> Vec<String> {
    let assertion: Assertion = serde_json::from_value(assertion.clone()).unwrap();
    validate(&assertion, false)
        .into_iter()
        .map(|problem| format!("{} {}", problem.pointer, problem.message))
        .collect()
}

const PASS: Verdict = Verdict::Pass;
const FAIL: Verdict = Verdict::Fail;
const ERROR: Verdict = Verdict::Error;

/// Type, value, output, the verdict, and the verdict behind `not-`.
type Row = (&'static str, Value, &'static str, Verdict, Verdict);

fn assert_verdicts(table: &[Row]) {
    for (name, value, output, expected, inverted) in table {
        let plain = outcome(&json!({"type": name, "value": value}), output);
        assert_eq!(plain.verdict, *expected, "{name} {value} on {output:?}: {}", plain.reason);
        let not = outcome(&json!({"type": format!("not-{name}"), "value": value}), output);
        assert_eq!(not.verdict, *inverted, "not-{name} {value} on {output:?}: {}", not.reason);
    }
}

#[test]
fn verdicts_are_those_of_promptfoo() {
    let table = [
        ("equals", json!("Paris"), "Paris", PASS, FAIL),
        ("equals", json!("Paris"), "Paris ", FAIL, PASS),
        ("equals", json!(1.0), "1", PASS, FAIL),
        ("equals", json!(1e21), "1e+21", PASS, FAIL),
        ("equals", json!(true), "true", PASS, FAIL),
        ("equals", json!({"a": 1, "b": [2]}), " {\"b\":[2.0],\"a\":1}\n", PASS, FAIL),
        ("equals", json!({"a": 1}), "{'a':1}", FAIL, PASS),
        ("equals", json!([1, 2]), "[2,1]", FAIL, PASS),
        ("equals", json!([]), "", FAIL, PASS),
        ("equals", json!("{\"a\":1}"), "{\"a\": 1}", FAIL, PASS),
        ("equals", json!(""), "", PASS, FAIL),
        ("contains", json!("ab"), "xaby", PASS, FAIL),
        ("contains", json!("ab"), "AB", FAIL, PASS),
        ("contains", json!(42), "is 42.", PASS, FAIL),
        ("contains", json!(""), "x", ERROR, ERROR),
        ("contains", json!(["a"]), "a", ERROR, ERROR),
        ("icontains", json!("PARIS"), "in paris", PASS, FAIL),
        ("icontains", json!("ß"), "SS", FAIL, PASS),
        ("icontains", json!("ΟΔΟΣ"), "οδος", PASS, FAIL),
        ("icontains", json!("İ"), "i\u{307}", PASS, FAIL),
        ("icontains", json!("İ"), "i", FAIL, PASS),
        ("regex", json!("^\\d+$"), "42", PASS, FAIL),
        ("regex", json!("^\\d+$"), "42\n", FAIL, PASS),
        ("regex", json!("(?i)a"), "a", FAIL, FAIL),
        ("regex", json!("^.$"), "😀", FAIL, PASS),
        ("regex", json!("(?<=\\$)4"), "$4", PASS, FAIL),
        ("regex", json!("x".repeat(1025)), "x", ERROR, ERROR),
        ("regex", json!(""), "x", ERROR, ERROR),
        ("is-json", Value::Null, "{\"a\": [1]}", PASS, FAIL),
        ("is-json", Value::Null, "42", PASS, FAIL),
        ("is-json", Value::Null, "1e400", PASS, FAIL),
        ("is-json", Value::Null, "\"\\ud800\"", PASS, FAIL),
        ("is-json", Value::Null, "```json\n{}\n```", FAIL, PASS),
        ("is-json", Value::Null, "{a: 1}", FAIL, PASS),
        ("is-json", Value::Null, "[1,]", FAIL, PASS),
        ("is-json", Value::Null, "NaN", FAIL, PASS),
        ("is-json", Value::Null, "\u{feff}{}", FAIL, PASS),
        ("is-json", Value::Null, "\"a\nb\"", FAIL, PASS),
        ("is-json", Value::Null, "{} {}", FAIL, PASS),
        ("is-json", Value::Null, "", FAIL, PASS),
        ("is-json", json!({"type": "object", "required": ["a"]}), "{\"a\":1}", PASS, FAIL),
        ("is-json", json!({"type": "object", "required": ["a"]}), "{}", FAIL, PASS),
        ("is-json", json!("{\"type\": \"array\"}"), "[]", PASS, FAIL),
        ("is-json", json!("type: object\nrequired: [a]"), "{\"a\":1}", PASS, FAIL),
        ("is-json", json!("type: object\nrequired: [a]"), "{}", FAIL, PASS),
        ("is-json", json!("true"), "5", PASS, FAIL),
        ("is-json", json!("false # none"), "5", FAIL, PASS),
        ("is-json", json!("object"), "{}", ERROR, ERROR),
        ("is-json", json!("type: object\ntype: array"), "{}", ERROR, ERROR),
        ("is-json", json!("# nothing"), "{}", ERROR, ERROR),
        ("is-json", json!(false), "5", PASS, FAIL),
        ("is-json", json!(0), "5", PASS, FAIL),
        ("is-json", json!(true), "5", ERROR, ERROR),
        ("contains-json", json!("required: [a]"), "as in {a: 1}", PASS, FAIL),
        ("contains-json", json!("required: [a]"), "as in {b: 1}", FAIL, PASS),
        ("is-json", json!({"requird": ["a"]}), "{}", ERROR, ERROR),
        ("is-json", json!({"requird": ["a"]}), "no", FAIL, PASS),
        ("number", json!(18), "A: 18", PASS, FAIL),
        ("number", json!("70,000"), "it is $70000.00.", PASS, FAIL),
        ("number", json!(3), "3 and 4", FAIL, PASS),
        ("number", json!(3), "three", FAIL, PASS),
        ("number", json!("three"), "3", ERROR, ERROR),
        ("length", json!({"max": 2}), "żó", PASS, FAIL),
        ("length", json!({"max": 2}), "😀😀😀", FAIL, PASS),
        ("length", json!({"min": 2, "unit": "words"}), " one\ntwo ", PASS, FAIL),
        ("length", json!({"max": 1, "unit": "lines"}), "one\ntwo", FAIL, PASS),
        ("length", json!({"max": 1, "unit": "lines"}), "one\n", PASS, FAIL),
        ("length", json!({}), "x", ERROR, ERROR),
        ("contain", json!("a"), "a", ERROR, ERROR),
    ];
    assert_verdicts(&table);
}

#[test]
fn number_takes_a_tolerance_and_a_pattern() {
    let verdict = |value: Value, config: Value, output: &str| {
        outcome(&json!({"type": "number", "value": value, "config": config}), output).verdict
    };
    assert_eq!(verdict(json!(100), json!({"tolerance": "5%"}), "95"), PASS);
    assert_eq!(verdict(json!(100), json!({"tolerance": 4}), "95"), FAIL);
    assert_eq!(verdict(json!(4), json!({"pattern": "#### (.*)"}), "#### 3\n#### 4 \nnot 5"), PASS);
    assert_eq!(verdict(json!(4), json!({"pattern": "#### (.*)"}), "4"), FAIL);
    assert_eq!(verdict(json!(4), json!({"pattern": "#### (.*)"}), "#### four"), FAIL);
    assert_eq!(verdict(json!(4), json!({"pattern": "("}), "4"), ERROR);
    assert_eq!(verdict(json!(4), json!({"tolerance": "wide"}), "4"), ERROR);
}

#[test]
fn reasons_say_what_was_found_and_what_was_expected() {
    let reason = |assertion: Value, output: &str| outcome(&assertion, output).reason;
    let table = [
        (
            json!({"type": "number", "value": 3}),
            "to 250 meters",
            "The last number of the output is 250. Expected 3, tolerance 0.",
        ),
        (
            json!({"type": "number", "value": 3}),
            "none",
            "There is no number in the output. Expected 3, tolerance 0.",
        ),
        (
            json!({"type": "equals", "value": "Paris"}),
            "paris",
            "The output is “paris”. Expected “Paris”. They differ in upper and lower case only.",
        ),
        (
            json!({"type": "equals", "value": "Paris"}),
            "Paris\n",
            "The output is “Paris\n”. Expected “Paris”. They differ in white space only.",
        ),
        (
            json!({"type": "not-contains", "value": "sorry"}),
            "so sorry",
            "The output contains “sorry”. not-contains asks for the opposite.",
        ),
        (
            json!({"type": "not-contains", "value": "sorry"}),
            "fine",
            "The output does not contain “sorry”. not-contains asks for that.",
        ),
        (
            json!({"type": "icontains", "value": "A"}),
            "b",
            "The output does not contain “A”, whatever the case.",
        ),
        (
            json!({"type": "regex", "value": "(?i)a"}),
            "a",
            "The pattern is invalid: `(?` is followed by no group that there is.",
        ),
        (json!({"type": "not-regex", "value": "["}), "a", "The pattern is invalid: a `[` has no `]`."),
        (
            json!({"type": "length", "value": {"max": 1000}}),
            &"x".repeat(1234),
            "The output has 1,234 characters. Expected at most 1,000.",
        ),
        (
            json!({"type": "length", "value": {"min": 2, "max": 3, "unit": "words"}}),
            "one",
            "The output has 1 word. Expected 2 to 3.",
        ),
        (
            json!({"type": "is-json", "value": {"items": {"type": "string"}}}),
            "[1]",
            "The output is JSON and breaks the schema: at /0, 1 is not of type \"string\".",
        ),
        (
            json!({"type": "contain", "value": "a"}),
            "a",
            "There is no assertion type `contain`. Did you mean `contains`?",
        ),
        (
            json!({"type": "not-contain", "value": "a"}),
            "a",
            "There is no assertion type `not-contain`. Did you mean `not-contains`?",
        ),
        (
            json!({"type": "contains", "value": "a", "weight": 0}),
            "b",
            "The output does not contain “a”. It has weight 0 and does not count.",
        ),
    ];
    for (assertion, output, expected) in table {
        assert_eq!(reason(assertion, output), expected);
    }
    let number = outcome(&json!({"type": "number", "value": 3}), "it is 1,250");
    assert_eq!((number.expected.as_deref(), number.actual.as_deref()), (Some("3"), Some("1,250")));
    let long = outcome(&json!({"type": "equals", "value": "x".repeat(5000)}), &"y".repeat(5000));
    assert_eq!(long.expected.unwrap().chars().count(), 201);
    assert!(long.reason.chars().count() < 450);
}

#[test]
fn texts_of_a_value_are_templates_and_objects_are_not() {
    let case = |assertion: Value| json!({"variables": {"city": "Paris", "n": 4}, "assertions": [assertion]});
    assert_eq!(
        judged(&case(json!({"type": "contains", "value": "{{ city }}"})), "in Paris").verdict,
        Some(PASS)
    );
    assert_eq!(judged(&case(json!({"type": "regex", "value": "^.{ {{n}} }$"})), "abcd").verdict, Some(FAIL));
    assert_eq!(judged(&case(json!({"type": "number", "value": "{{ n }}"})), "4").verdict, Some(PASS));
    assert_eq!(
        judged(&case(json!({"type": "equals", "value": {"a": "{{ city }}"}})), r#"{"a":"{{ city }}"}"#)
            .verdict,
        Some(PASS)
    );
    let missing = judged(&case(json!({"type": "contains", "value": "{{ town }}"})), "in Paris");
    assert_eq!(missing.verdict, Some(ERROR), "{}", missing.reason);
    assert!(missing.reason.contains("town"), "{}", missing.reason);
}

#[test]
fn the_expected_output_stands_in_for_a_missing_value() {
    let case = json!({"expected_output": "1,000", "assertions": [{"type": "number"}]});
    assert_eq!(judged(&case, "so 1000.").verdict, Some(PASS));
    let alone = judged(&json!({"expected_output": "{{ x }}"}), "{{ x }}");
    assert_eq!(alone.verdict, Some(PASS), "the expected output is no template");
    assert_eq!(alone.outcomes[0].assertion_type, "equals");
    assert_eq!(judged(&json!({"expected_output": ""}), "x").verdict, Some(FAIL));
    assert_eq!(judged(&json!({"assertions": [{"type": "contains"}]}), "x").verdict, Some(ERROR));
    let nothing = judged(&json!({}), "x");
    assert_eq!((nothing.verdict, nothing.score, nothing.reason.as_str()), (None, None, ""));
}

#[test]
fn emptiness_is_asked_for_by_few() {
    let asks = |assertion: Value| {
        let case: CaseContent = serde_json::from_value(json!({"assertions": [assertion]})).unwrap();
        Judge::default().compile(&case, &Map::new()).ask_for_emptiness()
    };
    assert!(asks(json!({"type": "equals", "value": ""})));
    assert!(asks(json!({"type": "length", "value": {"max": 0}})));
    assert!(asks(json!({"type": "regex", "value": "^$"})));
    assert!(asks(json!({"type": "word-count", "value": 0})));
    assert!(asks(json!({"type": "levenshtein", "value": ""})));
    assert!(asks(json!({"type": "assert-set", "assert": [{"type": "equals", "value": ""}]})));
    assert!(!asks(json!({"type": "assert-set", "assert": [{"type": "equals", "value": "a"}]})));
    assert!(asks(json!({"type": "not-equals", "value": ""})));
    assert!(!asks(json!({"type": "not-contains", "value": "sorry"})));
    assert!(!asks(json!({"type": "length", "value": {"max": 10}})));
}

#[test]
fn what_is_wrong_is_said_on_saving() {
    let table = [
        (
            json!({"type": "Contains", "value": "a"}),
            "/type There is no assertion type `Contains`. Did you mean `contains`?",
        ),
        (json!({"type": "zzz"}), "/type There is no assertion type `zzz`."),
        (json!({"type": "contains"}), "/value `contains` needs a value, or the case an expected output."),
        (
            json!({"type": "contains", "value": ""}),
            "/value The value is empty: every output contains the empty text.",
        ),
        (
            json!({"type": "contains", "value": ["a"]}),
            "/value This is no value for `contains`. The text to find. It must not be empty.",
        ),
        (json!({"type": "regex", "value": "("}), "/value The pattern is invalid: a `(` has no `)`."),
        (json!({"type": "number", "value": "x"}), "/value “x” is no number."),
        (
            json!({"type": "number", "value": 1, "config": {"tolerance": "-1"}}),
            "/config/tolerance The tolerance “-1” is no number of 0 or more, and no percentage such as 5%.",
        ),
        (
            json!({"type": "number", "value": 1, "config": {"pattern": "["}}),
            "/config/pattern The pattern is invalid: a `[` has no `]`.",
        ),
        (
            json!({"type": "number", "value": 1, "config": {"to/l": 1}}),
            "/config/to~1l `number` has no option `to/l`. It has: `tolerance`, `pattern`.",
        ),
        (json!({"type": "equals", "value": "a", "threshold": 0.5}), "/threshold `equals` has no threshold."),
        (json!({"type": "length", "value": {"min": 3, "max": 2}}), "/value `min` is 3, more than `max`, 2."),
        (
            json!({"type": "length", "value": {"maximum": 2}}),
            "/value/maximum `maximum` is not known here; `min`, `max` and `unit` are.",
        ),
        (
            json!({"type": "length", "value": {"max": -2}}),
            "/value/max `max` is -2, not a whole number of 0 or more.",
        ),
        (
            json!({"type": "is-json", "value": {"format": "uid"}}),
            "/value The schema has a format that is not known here at /format: `uid`.",
        ),
        (
            json!({"type": "is-json", "value": {"properties": {"a": {"typ": "string"}}}}),
            "/value The schema has an unknown keyword at /properties/a/typ. Draft 7 has no `typ`.",
        ),
        (json!({"type": "contains-any", "value": []}), "/value The list is empty."),
        (
            json!({"type": "contains-all", "value": "\"a"}),
            "/value The list has a quotation mark that is not closed.",
        ),
        (json!({"type": "latency"}), "/threshold `latency` needs a threshold: the most milliseconds."),
        (json!({"type": "cost", "value": 1, "threshold": 1}), "/value `cost` takes no value."),
        (
            json!({"type": "word-count", "value": {"min": "2"}}),
            "/value/min `min` is \"2\", not a whole number of 0 or more.",
        ),
        (json!({"type": "word-count", "value": "few"}), "/value \"few\" is no number of words."),
        (
            json!({"type": "contains", "value": "a", "assert": [{"type": "is-json"}]}),
            "/assert `contains` takes no assertions; `assert-set` does.",
        ),
        (json!({"type": "assert-set"}), "/assert A set needs assertions, in `assert`."),
        (
            json!({"type": "assert-set", "assert": [{"type": "is-json"}, {"type": "contains"}]}),
            "/assert/1/value `contains` needs a value, or the case an expected output.",
        ),
        (
            json!({"type": "assert-set", "assert": [{"type": "assert-set", "assert": [{"type": "is-json"}]}]}),
            "/assert/0/type A set cannot stand in a set.",
        ),
        (
            json!({"type": "not-assert-set", "assert": [{"type": "is-json"}]}),
            "/type A set cannot be inverted. Invert its assertions.",
        ),
        (
            json!({"type": "is-json", "value": 3}),
            "/value This is no value for `is-json`. A JSON schema of draft 7, or a text that is one in JSON or YAML. A keyword or format that draft 7 does not have is an error.",
        ),
    ];
    for (assertion, expected) in table {
        assert_eq!(problems(&assertion).first().map(String::as_str), Some(expected), "{assertion}");
    }
    let case = json!({"assertions": [{"type": "contains", "value": "a"}, {"type": "regex"}], "expected_output": "a"});
    let pointers: Vec<_> =
        validate_case(&serde_json::from_value(case).unwrap()).into_iter().map(|p| p.pointer).collect();
    assert_eq!(pointers, ["/assertions/1/value"]);
}

#[test]
fn templates_and_good_assertions_have_no_problem() {
    for assertion in [
        json!({"type": "regex", "value": "({{ x }}"}),
        json!({"type": "number", "value": "{{ x }}"}),
        json!({"type": "is-json", "value": "{{ schema }}"}),
        json!({"type": "is-json"}),
        json!({"type": "not-equals", "value": {"a": 1}}),
    ] {
        assert_eq!(problems(&assertion), Vec::<String>::new(), "{assertion}");
    }
    for described in types() {
        assert_eq!(problems(&described.example), Vec::<String>::new(), "the example of {}", described.name);
        assert_eq!(described.example["type"], described.name);
    }
}

#[test]
fn what_can_never_fail_is_flagged() {
    let flag = |assertion: Value| can_never_fail(&serde_json::from_value(assertion).unwrap()).is_some();
    assert!(flag(json!({"type": "regex", "value": ".*"})));
    assert!(flag(json!({"type": "length", "value": {"min": 0}})));
    assert!(flag(json!({"type": "contains", "value": "a", "weight": 0})));
    assert!(flag(json!({"type": "contains-all", "value": [""]})));
    assert!(flag(json!({"type": "contains-any", "value": ["a", ""]})));
    assert!(!flag(json!({"type": "contains-any", "value": ["a", "b"]})));
    assert!(flag(json!({"type": "word-count", "value": {"min": 0}})));
    assert!(flag(json!({"type": "assert-set", "assert": [{"type": "regex", "value": ".*"}]})));
    assert!(flag(
        json!({"type": "assert-set", "threshold": 0, "assert": [{"type": "contains", "value": "a"}]})
    ));
    assert!(!flag(json!({"type": "assert-set", "assert": [{"type": "contains", "value": "a"}]})));
    assert!(!flag(
        json!({"type": "assert-set", "weight": 0, "assert": [{"type": "contains", "value": "a"}]})
    ));
    assert!(!flag(json!({"type": "regex", "value": ".+"})));
    assert!(!flag(json!({"type": "not-regex", "value": ".*"})), "it always fails");
    assert!(!flag(json!({"type": "length", "value": {"min": 1}})));
    assert!(!flag(json!({"type": "contains", "value": "a"})));
    let case = json!({"threshold": 0, "assertions": [{"type": "contains", "value": "a"}]});
    assert_eq!(can_never_fail_in(&serde_json::from_value(case).unwrap()).len(), 1);
}
