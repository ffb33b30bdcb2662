//! What is judged by more than the text of the answer.

use serde_json::{Value, json};

use super::{ERROR, FAIL, PASS, answer};
use crate::assertion::{Answer, Judge};
use crate::completion::Completion;
use crate::test_case::CaseContent;
use crate::verdict::{Outcome, Verdict};

fn outcome(assertion: &Value, answer: &Answer<'_>) -> Outcome {
    let case: CaseContent = serde_json::from_value(json!({"assertions": [assertion]})).unwrap();
    Judge::default().compile(&case, &case.variables).judge(answer).outcomes.remove(0)
}

/// The verdict, and the one behind `not-`.
fn both(name: &str, threshold: Option<f64>, answer: &Answer<'_>) -> [Verdict; 2] {
    [name.to_owned(), format!("not-{name}")]
        .map(|name| outcome(&json!({"type": name, "threshold": threshold}), answer).verdict)
}

#[test]
fn latency_is_judged_unless_the_answer_was_cached() {
    let completion = answer("x");
    let plain = Answer::of(&completion);
    let at = |latency_ms| Answer { latency_ms: Some(latency_ms), ..plain };
    assert_eq!(both("latency", Some(50.0), &at(50)), [PASS, FAIL]);
    assert_eq!(both("latency", Some(50.0), &at(51)), [FAIL, PASS]);
    assert_eq!(both("latency", Some(50.0), &plain), [ERROR, ERROR], "nothing is known");
    assert_eq!(both("latency", None, &at(50)), [ERROR, ERROR], "no threshold");
    let cached = Answer { cached: true, ..at(1) };
    assert_eq!(both("latency", Some(50.0), &cached), [ERROR, ERROR]);
    let sentence = outcome(&json!({"type": "latency", "threshold": 50}), &cached).reason;
    assert!(sentence.contains("came from the cache"), "{sentence}");
}

#[test]
fn cost_is_judged_where_it_is_known() {
    let completion = answer("x");
    let plain = Answer::of(&completion);
    let cost = |cost_usd| Answer { cost_usd: Some(cost_usd), cached: true, ..plain };
    assert_eq!(both("cost", Some(0.002), &cost(0.002)), [PASS, FAIL]);
    assert_eq!(both("cost", Some(0.002), &cost(0.0021)), [FAIL, PASS]);
    assert_eq!(both("cost", Some(0.0), &cost(0.0)), [PASS, FAIL]);
    assert_eq!(both("cost", Some(0.002), &plain), [ERROR, ERROR]);
    assert_eq!(both("cost", None, &cost(0.0)), [ERROR, ERROR], "no threshold");
    let found = outcome(&json!({"type": "cost", "threshold": 0.001}), &cost(0.002));
    assert_eq!(found.reason, "The answer cost $0.002. Expected at most $0.001.");
}

#[test]
fn the_finish_reason_is_compared_in_any_case() {
    let ended = |reason: &str| Completion { finish_reason: Some(reason.into()), ..answer("x") };
    let verdict = |asked: &str, reason: &str| {
        outcome(&json!({"type": "finish-reason", "value": asked}), &Answer::of(&ended(reason))).verdict
    };
    assert_eq!(verdict("stop", "STOP"), PASS);
    assert_eq!(verdict("LENGTH", "length"), PASS);
    assert_eq!(verdict("stop", "length"), FAIL);
    assert_eq!(verdict("", ""), FAIL, "no reason is none, whatever is asked");
}

#[test]
fn only_finish_reason_asks_how_the_answer_ended() {
    let asks = |assertion: Value| {
        let case: CaseContent = serde_json::from_value(json!({"assertions": [assertion]})).unwrap();
        Judge::default().compile(&case, &case.variables).ask_for_the_end()
    };
    assert!(asks(json!({"type": "finish-reason", "value": "length"})));
    assert!(asks(json!({"type": "not-finish-reason", "value": "stop"})));
    assert!(asks(json!({"type": "assert-set", "assert": [{"type": "finish-reason", "value": "length"}]})));
    assert!(!asks(json!({"type": "finish-reason", "value": 5})));
    assert!(!asks(json!({"type": "contains", "value": "length"})));
}

#[test]
fn only_latency_asks_for_the_time_and_only_cost_for_the_cost() {
    let asks = |assertion: Value| {
        let case: CaseContent = serde_json::from_value(json!({"assertions": [assertion]})).unwrap();
        let compiled = Judge::default().compile(&case, &case.variables);
        (compiled.ask_for_the_time(), compiled.ask_for_the_cost())
    };
    assert_eq!(asks(json!({"type": "latency", "threshold": 5, "weight": 0})), (true, false));
    assert_eq!(asks(json!({"type": "not-latency", "threshold": 5})), (true, false));
    assert_eq!(asks(json!({"type": "not-cost", "threshold": 5})), (false, true));
    let in_set = json!([{"type": "latency", "threshold": 5}, {"type": "cost", "threshold": 5}]);
    assert_eq!(asks(json!({"type": "assert-set", "assert": in_set})), (true, true));
    assert_eq!(asks(json!({"type": "latency"})), (false, false), "without a threshold it is an error");
    assert_eq!(asks(json!({"type": "contains", "value": "latency"})), (false, false));
}

#[test]
fn an_empty_refusal_passes_and_scores_nothing() {
    let completion = answer(" ");
    let found = outcome(&json!({"type": "is-refusal"}), &Answer::of(&completion));
    assert_eq!((found.verdict, found.score), (PASS, 0.0));
    let completion = answer("I cannot help with that.");
    let found = outcome(&json!({"type": "is-refusal"}), &Answer::of(&completion));
    assert_eq!((found.verdict, found.score, found.actual.as_deref()), (PASS, 1.0, Some("i cannot")));
}
