//! Sets of assertions, metrics, and how many assertions there may be.

use serde_json::{Value, json};

use super::{ERROR, FAIL, PASS, judged};
use crate::assertion::validate_case;
use crate::test_case::ASSERTIONS_LIMIT;
use crate::verdict::Judgement;

fn contains(letter: &str) -> Value {
    json!({"type": "contains", "value": letter})
}

/// On the output `ab`.
fn on_ab(assertions: &Value) -> Judgement {
    judged(&json!({"assertions": assertions}), "ab")
}

#[test]
fn a_set_counts_as_one_assertion_with_a_threshold_of_its_own() {
    let half = [contains("a"), contains("z")];
    let strict = on_ab(&json!([contains("a"), {"type": "assert-set", "assert": half}]));
    assert_eq!((strict.verdict, strict.score), (Some(FAIL), Some(0.75)));
    assert_eq!(strict.reason, "The output does not contain “z”.");
    let lenient = on_ab(&json!([contains("a"), {"type": "assert-set", "threshold": 0.5, "assert": half}]));
    assert_eq!((lenient.verdict, lenient.score), (Some(PASS), Some(0.75)));
    let set = &lenient.outcomes[1];
    assert_eq!((set.assertion_type.as_str(), set.verdict, set.score), ("assert-set", PASS, 0.5));
    let inner: Vec<_> = set.outcomes.iter().map(|outcome| outcome.verdict).collect();
    assert_eq!(inner, [PASS, FAIL]);
    let weighted = on_ab(&json!([contains("a"), {"type": "assert-set", "weight": 3, "assert": half}]));
    assert_eq!(weighted.score, Some(0.625));
}

#[test]
fn a_set_that_fails_counts_whatever_its_weight() {
    let weightless =
        on_ab(&json!([contains("a"), {"type": "assert-set", "weight": 0, "assert": [contains("z")]}]));
    assert_eq!((weightless.verdict, weightless.score), (Some(FAIL), Some(1.0)));
}

#[test]
fn a_set_without_assertions_passes_with_the_score_0() {
    let empty = on_ab(&json!([{"type": "assert-set"}]));
    assert_eq!((empty.verdict, empty.score), (Some(PASS), Some(0.0)));
    let asked = on_ab(&json!([{"type": "assert-set", "threshold": 0.5}]));
    assert_eq!((asked.verdict, asked.score), (Some(FAIL), Some(0.0)));
}

#[test]
fn an_error_in_a_set_is_one_of_the_case() {
    let broken =
        on_ab(&json!([{"type": "assert-set", "threshold": 0, "assert": [contains("a"), contains("")]}]));
    assert_eq!((broken.verdict, broken.score), (Some(ERROR), None));
    let within = json!({"type": "assert-set", "assert": [{"type": "assert-set", "assert": [contains("a")]}]});
    let nested = on_ab(&json!([within]));
    assert_eq!((nested.verdict, nested.reason.as_str()), (Some(ERROR), "A set cannot stand in a set."));
}

#[test]
fn metrics_are_named_by_templates() {
    let case = json!({
        "variables": {"part": "tone"},
        "assertions": [
            {"type": "contains", "value": "a", "metric": "{{ part }}"},
            {"type": "contains", "value": "z", "metric": "tone", "weight": 3},
            {"type": "contains", "value": "a", "metric": "{{ missing }}"},
            {"type": "contains", "value": "a", "metric": "{{ part.slice }}"},
        ],
    });
    let metrics: Vec<_> = judged(&case, "ab")
        .metric_scores
        .into_iter()
        .map(|found| (found.metric, found.score, found.weight))
        .collect();
    assert_eq!(metrics[0], ("tone".to_owned(), 0.25, 4.0));
    assert_eq!(metrics[1].0, "{{ missing }}", "what cannot be rendered stands as it is written");
}

#[test]
fn a_case_has_no_more_assertions_than_the_limit_with_those_of_its_sets() {
    let problems = |case: Value| validate_case(&serde_json::from_value(case).unwrap());
    let many = |count: usize| vec![contains("a"); count];
    assert_eq!(problems(json!({"assertions": many(ASSERTIONS_LIMIT)})), []);
    assert_eq!(
        problems(json!({"assertions": many(10_000)}))[0].message,
        "The case has 10,000 assertions, with those of its sets. It may have 100."
    );
    let set = json!({"type": "assert-set", "assert": many(60)});
    assert_eq!(problems(json!({"assertions": [set, set]}))[0].pointer, "/assertions");
}
