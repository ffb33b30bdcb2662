//! Assertions: values rendered and judged.

use domain::assertion::{Answer, Judge};
use domain::completion::Completion;
use domain::verdict::Verdict;
use serde_json::json;

use super::{evaluation_of, refused};

/// The verdict of each assertion on an answer, and the whole.
fn judged(
    assertions: &str,
    vars: &str,
    answer: &str,
    others: &[(&str, &str)],
) -> (Vec<Verdict>, Option<Verdict>) {
    let config =
        format!("prompts: [x]\nproviders: [echo]\ntests: [{{vars: {vars}, assert: {assertions}}}]\n");
    let evaluation = evaluation_of(&config, others).unwrap();
    let (renderer, cell) = (evaluation.renderer(), evaluation.cells().unwrap()[0]);
    let case = renderer.case(&cell, &renderer.render(&cell).unwrap()).unwrap();
    let answer = Completion { content: answer.into(), ..Completion::default() };
    let judgement = Judge::default().compile_rendered(&case).judge(&Answer::of(&answer));
    (judgement.outcomes.iter().map(|outcome| outcome.verdict).collect(), judgement.verdict)
}

fn passes(assertion: &str, vars: &str, answer: &str) -> bool {
    judged(&format!("[{assertion}]"), vars, answer, &[]).1 == Some(Verdict::Pass)
}

#[test]
fn values_are_rendered_with_the_variables() {
    assert!(passes("{type: equals, value: '{{a}}'}", "{a: x}", "x"));
    assert!(passes("{type: equals, value: 'a{{missing}}b'}", "{}", "ab"));
    assert!(passes("{type: contains, value: '{{a}}'}", "{a: '{{b}}', b: c}", "a c"));
    // What a variable brings in is not rendered again.
    assert!(passes("{type: equals, value: '{{ a }}'}", "{a: '{{ 1 + 1 }}'}", "{{ 1 + 1 }}"));
    // Objects are not rendered.
    assert!(passes("{type: equals, value: {k: '{{a}}'}}", "{a: x}", "{\"k\": \"{{a}}\"}"));
    assert!(!passes("{type: not-contains, value: '{{a}}'}", "{a: x}", "x"));
}

#[test]
fn values_come_from_files_as_they_are() {
    let files = [
        ("v.txt", " {{ a }} \n"),
        ("s.json", r#"{"type": "object", "required": ["k"]}"#),
        ("v.yaml", "k: 1\n"),
    ];
    let verdict =
        |assertion: &str, answer: &str| judged(&format!("[{assertion}]"), "{a: x}", answer, &files).1;
    assert_eq!(verdict("{type: equals, value: file://v.txt}", "{{ a }}"), Some(Verdict::Pass));
    assert_eq!(verdict("{type: is-json, value: file://s.json}", "{\"k\": 1}"), Some(Verdict::Pass));
    assert_eq!(verdict("{type: is-json, value: file://s.json}", "{}"), Some(Verdict::Fail));
    assert_eq!(verdict("{type: equals, value: file://v.yaml}", "{\"k\": 1}"), Some(Verdict::Pass));
}

#[test]
fn a_schema_may_be_a_text_in_yaml() {
    let schema = "{type: is-json, value: \"required: ['{{a}}']\\ntype: object\\n\"}";
    assert!(passes(schema, "{a: k}", "{\"k\": 1}"));
    assert!(!passes(schema, "{a: l}", "{\"k\": 1}"));
}

#[test]
fn weights_thresholds_and_metrics_are_kept() {
    let config = "prompts: [x]\nproviders: [echo]\ntests:\n  - vars: {a: m}\n    threshold: 0.5\n    assert: [{type: equals, value: y, weight: 0, metric: '{{a}}1'}]\n";
    let evaluation = evaluation_of(config, &[]).unwrap();
    let (renderer, cell) = (evaluation.renderer(), evaluation.cells().unwrap()[0]);
    let case = renderer.case(&cell, &renderer.render(&cell).unwrap()).unwrap();
    let expected = json!({"type": "equals", "value": "y", "weight": 0.0, "metric": "m1"});
    assert_eq!((json!(case.assertions[0]), case.threshold), (expected, Some(0.5)));
}

#[test]
fn what_is_wrong_with_an_assertion_is_named() {
    let config = "
prompts: [x]
providers: [echo]
defaultTest: {assert: {type: equals}}
tests:
  - assert: [{value: x}, {type: equals, weight: -1}, {type: contains, value: file://a.py}, {type: contains, value: file://no.txt}]
  - assert: [{type: equals, value: x, transform: output}, {type: equals, threshold: high}, equals]
";
    assert_eq!(
        refused(config, &[]),
        [
            "defaultTest.assert: must be a list of assertions",
            "tests[0].assert[0]: must have a `type`",
            "tests[0].assert[1].weight: must not be negative",
            "tests[0].assert[2].value: `file://a.py` is a program, which is not supported",
            "tests[0].assert[3].value: there is no file `no.txt`",
            "tests[1].assert[0].transform: is not supported",
            "tests[1].assert[1].threshold: must be a number",
            "tests[1].assert[2]: must be a map",
        ]
    );
}

#[test]
fn a_set_counts_as_one() {
    let set = "{type: assert-set, threshold: 0.5, metric: 'm{{a}}', assert: [{type: contains, value: '{{a}}'}, {type: equals, value: no}]}";
    let (verdicts, whole) =
        judged(&format!("[{set}, {{type: contains-any, value: 'q, \"x, y\"'}}]"), "{a: x}", "x, y", &[]);
    assert_eq!((verdicts, whole), (vec![Verdict::Pass, Verdict::Pass], Some(Verdict::Pass)));
    assert!(!passes(&set.replace("0.5", "0.6"), "{a: x}", "x, y"));
    let nested = "prompts: [x]\nproviders: [echo]\ntests: [{assert: [{type: assert-set, assert: [{type: assert-set, assert: []}, {type: python}]}, {type: assert-set}]}]\n";
    assert_eq!(
        refused(nested, &[]),
        [
            "tests[0].assert[0].assert[0]: is a set in a set, which promptfoo has not",
            "tests[0].assert[0].assert[1].type: python is not supported",
            "tests[0].assert[1].assert: must be a list of assertions",
        ]
    );
}
