//! Patterns and schemas that are written to hold a thread.

use std::time::Duration;

use domain::assertion::{Answer, Judge, validate};
use domain::completion::Completion;
use domain::test_case::{Assertion, CaseContent};
use domain::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

/// What one thread may be held for. An unoptimised build beside others is only asked to end.
const BOUND: Duration = Duration::from_millis(if cfg!(debug_assertions) { 60_000 } else { 250 });

/// The outcome of one assertion. Fails if finding it takes longer than [`BOUND`].
fn outcome(assertion: Assertion, output: String) -> Outcome {
    let what =
        format!("{:.60} on {} bytes", assertion.value.clone().unwrap_or_default().to_string(), output.len());
    let case = CaseContent { assertions: vec![assertion], ..CaseContent::default() };
    #[expect(clippy::disallowed_methods, reason = "the bound is on real time")]
    let began = std::time::Instant::now();
    let assertions = Judge::default().compile(&case, &case.variables);
    let completion = Completion { content: output, ..Completion::default() };
    let mut judgement = assertions.judge(&Answer::of(&completion));
    let took = began.elapsed();
    assert!(took < BOUND, "{what} took {took:?}");
    judgement.outcomes.remove(0)
}

fn regex(pattern: &str, output: String) -> Verdict {
    outcome(Assertion::of("regex").with_value(pattern), output).verdict
}

/// 500,000 times `letter` or `b`, without a period: an automaton meets ever new states.
fn irregular(letter: &str) -> String {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state >> 31 == 0 { letter } else { "b" }
    };
    (0..500_000).map(|_| next()).collect()
}

#[test]
fn no_pattern_holds_a_thread() {
    let letters = || "a".repeat(1024 * 1024);
    assert_eq!(regex("(a+)+$", letters()), Verdict::Pass);
    assert_eq!(regex("^(a+)+$", letters() + "b"), Verdict::Error, "longer than 1 MiB");
    assert_eq!(regex("(a+)+b", letters()), Verdict::Fail);
    assert_eq!(regex("(.*){1,32000}", letters()), Verdict::Pass);
    assert_eq!(regex(r"\pL{1000}", letters()), Verdict::Fail);
    assert_eq!(regex(r"(?=(a+))\1b", letters()), Verdict::Error);
    assert_eq!(regex(r"(a*)*\1b", letters()), Verdict::Error);
    assert_eq!(regex(r"(?:a|a)*(?!.)b", letters()), Verdict::Error);
    assert_eq!(regex(r"(?<=(a+)+)b", letters()), Verdict::Error);
    assert_eq!(regex("((((a{0,90}){0,90}){0,90}){0,90}){0,90}b", letters()), Verdict::Error);
    assert_eq!(regex("a[ab]{500}c", irregular("a")), Verdict::Error);
    assert_eq!(regex("[ab]*a[ab]{500}c", irregular("a")), Verdict::Error);
    assert_eq!(regex(".{0,300}é.{0,200}z", irregular("é")), Verdict::Error);
    assert_eq!(regex("(?:a?){1000}a{1000}b", "a".repeat(1000)), Verdict::Fail);
}

#[test]
fn a_subject_that_is_too_long_is_an_error() {
    assert_eq!(regex("a", "a".repeat(1024 * 1024)), Verdict::Pass);
    assert_eq!(regex("a", "a".repeat(1024 * 1024 + 1)), Verdict::Error);
}

#[test]
fn a_pattern_of_a_number_is_bounded_too() {
    let mut assertion = Assertion::of("number").with_value(1);
    assertion.config.insert("pattern".into(), ".*[^a]|(a)".into());
    assert_eq!(outcome(assertion, "a".repeat(1024 * 1024)).verdict, Verdict::Error);
}

#[test]
fn schemas_reach_nothing_outside_and_end() {
    let json =
        |schema: Value, output: &str| outcome(Assertion::of("is-json").with_value(schema), output.into());
    for reference in ["http://127.0.0.1:1/x.json", "file:///etc/passwd", "other.json", "#/definitions/none"] {
        let found = json(json!({"$ref": reference}), "{}");
        assert_eq!(found.verdict, Verdict::Error, "{reference}: {}", found.reason);
    }
    assert_eq!(
        json(json!({"pattern": "^(a+)+$"}), &format!("\"{}b\"", "a".repeat(50_000))).verdict,
        Verdict::Fail
    );
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(json(json!({"type": "array"}), &deep).verdict, Verdict::Error, "our parser has a depth limit");
    let huge = json!({"enum": ["x".repeat(65 * 1024)]});
    assert_eq!(validate(&Assertion::of("is-json").with_value(huge), false).len(), 1);
    assert_eq!(json(json!({"$ref": "#"}), "{}").verdict, Verdict::Pass, "it says nothing, and ends");
}

#[test]
fn no_schema_that_asks_for_itself_again_and_again_holds_a_thread() {
    let reference = |number: usize| json!({"$ref": format!("#/definitions/d{number}")});
    // Each definition asks twice for the next: 2^60 in all, were each looked at anew.
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let mut definitions: serde_json::Map<String, Value> = (0..60)
            .map(|number| {
                (format!("d{number}"), json!({keyword: [reference(number + 1), reference(number + 1)]}))
            })
            .collect();
        definitions.insert("d60".into(), json!({"maximum": 3}));
        for output in ["1", "7", "\"x\"", "{}", "[[[]]]"] {
            let schema = json!({"definitions": definitions, "allOf": [reference(0)]});
            let found = outcome(Assertion::of("is-json").with_value(schema), output.into());
            assert_eq!(found.verdict, Verdict::Error, "{}", found.reason);
        }
    }
    // The same at every depth of the output.
    let list = json!({"items": {"$ref": "#"}});
    let schema = json!({"anyOf": [list, list], "not": {"anyOf": [{"type": "null"}, list]}});
    let deep = "[".repeat(120) + &"]".repeat(120);
    let found = outcome(Assertion::of("is-json").with_value(schema), deep);
    assert_eq!(found.verdict, Verdict::Error, "{}", found.reason);
    // What leads back to itself as any tree does is found out.
    let tree =
        json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "name": {"type": "string"}}});
    let grown =
        |name: &str| (0..12).fold(json!({ "name": name }), |tree, _| json!({"left": tree, "right": tree}));
    let found = outcome(Assertion::of("is-json").with_value(tree.clone()), grown("leaf").to_string());
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.reason);
    let found = outcome(Assertion::of("is-json").with_value(tree), json!({"left": {"name": 1}}).to_string());
    assert_eq!(found.verdict, Verdict::Fail, "{}", found.reason);
}

#[test]
fn no_distance_and_no_brace_holds_a_thread() {
    let far =
        Assertion { threshold: Some(1e9), ..Assertion::of("levenshtein").with_value("b".repeat(60_000)) };
    assert_eq!(outcome(far, "a".repeat(1024 * 1024)).verdict, Verdict::Error);
    let near =
        Assertion { threshold: Some(4.0), ..Assertion::of("levenshtein").with_value("b".repeat(60_000)) };
    assert_eq!(outcome(near, "a".repeat(60_000)).verdict, Verdict::Fail);
    for output in ["{", "{@", "{a: ", "{\"a\": [", "{a: &a [*a, "] {
        let found = outcome(Assertion::of("contains-json"), output.repeat(1024 * 1024 / output.len()));
        assert_ne!(found.verdict, Verdict::Pass, "{output}: {}", found.reason);
    }
    assert_eq!(outcome(Assertion::of("is-refusal"), "i can".repeat(200_000)).verdict, Verdict::Fail);
    let list = Assertion::of("contains-all").with_value(",\"".repeat(30_000));
    assert_eq!(outcome(list, "a".repeat(1000)).verdict, Verdict::Fail);
}
