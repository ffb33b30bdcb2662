//! Everything that is not supported is named at once, and what does not matter is noted.

use super::{evaluation_of, refused};

#[test]
fn everything_is_told_at_once() {
    let config = "
description: many
prompts: [x]
providers: [echo]
scenarios: [{config: [{}]}]
derivedMetrics: [{name: a, value: b}]
extensions: [file://hook.js]
nunjucksFilters: {f: f.js}
redteam: {plugins: [a]}
tests:
  - assert: [{type: equals, value: x}]
  - provider: echo
  - options: {transform: output, storeOutputAs: x, unheard: 1}
    assertScoringFunction: file://s.js
  - assert: [{type: javascript, value: 'true'}, {type: llm-rubric, value: x}]
    nonsense: 1
  - https://example.com/tests.csv
  - gen.py:tests
  - t.xlsx
  - t.txt
";
    assert_eq!(
        refused(config, &[]),
        [
            "tests[1].provider: is not supported",
            "tests[2].options.transform: is not supported",
            "tests[2].options.storeOutputAs: is not supported",
            "tests[2].options.unheard: is not supported",
            "tests[2].assertScoringFunction: is not supported",
            "tests[3].assert[0].type: javascript is not supported",
            "tests[3].assert[1].type: llm-rubric is not supported",
            "tests[3].nonsense: is not supported",
            "tests[4]: `https://example.com/tests.csv` is not supported: only files are read",
            "tests[5]: `gen.py:tests` is a program, which is not supported",
            "tests[6]: `t.xlsx` is a spreadsheet, which is not supported. Save it as .csv",
            "tests[7]: `t.txt` is no kind of file that tests are read from: .csv, .json, .jsonl, .yaml",
            "scenarios: is not supported",
            "derivedMetrics: is not supported",
            "nunjucksFilters: is not supported",
            "extensions: is not supported",
            "redteam: is not supported",
        ]
    );
}

#[test]
fn what_changes_no_verdict_is_noted() {
    let config = "
prompts: [x]
providers: [echo]
tags: {a: b}
sharing: true
unheard: 1
x-mine: 2
evaluateOptions: {maxConcurrency: 3, generateSuggestions: true, showProgressBar: false}
commandLineOptions: {maxConcurrency: 5, share: true, table: false, output: [a.json], filterRange: '1:3'}
tests: [{options: {runSerially: true}}]
";
    let evaluation = evaluation_of(config, &[]).unwrap();
    let notes: Vec<_> = evaluation.notes.iter().map(|note| note.path.as_str()).collect();
    assert_eq!(
        notes,
        [
            "evaluateOptions.generateSuggestions",
            "commandLineOptions.share",
            "tests[0].options.runSerially",
            "tags",
            "sharing",
            "unheard"
        ]
    );
    let options = evaluation.options;
    assert_eq!(
        (options.max_concurrency, options.progress_bar, options.table),
        (Some(5), Some(false), Some(false))
    );
    assert_eq!((options.output, options.filter_range), (vec!["a.json".to_owned()], Some((1, 3))));
}

#[test]
fn a_range_of_tests_may_be_open_at_one_end() {
    let range = |text: &str| {
        let config = format!("prompts: [x]\nproviders: [echo]\nevaluateOptions: {{filterRange: '{text}'}}\n");
        evaluation_of(&config, &[]).map(|evaluation| evaluation.options.filter_range)
    };
    assert_eq!(range("2:"), Ok(Some((2, usize::MAX))));
    assert_eq!(range(" : 7"), Ok(Some((0, 7))));
    for text in ["3", "a:b", "-1:2", "+1:2", "1:2:3", ":", "4:3"] {
        let said = range(text).unwrap_err();
        assert_eq!(
            said,
            [
                "evaluateOptions.filterRange: must be two numbers, the smaller one first, as in 0:10, 10: or :10"
            ],
            "{text}"
        );
    }
}

#[test]
fn references_are_followed() {
    let config = "
prompts: [x]
providers: [echo]
assertionTemplates:
  hi: {type: contains, value: hi}
  both: {$ref: '#/assertionTemplates/hi', weight: 2}
tests:
  - assert: [{$ref: '#/assertionTemplates/both'}, {$ref: '#/assertionTemplates/hi', value: ho}]
";
    let evaluation = evaluation_of(config, &[]).unwrap();
    let found: Vec<_> = evaluation.tests[0]
        .assertions
        .iter()
        .map(|it| (it.assertion.value.clone().unwrap(), it.assertion.weight))
        .collect();
    assert_eq!(found, [("hi".into(), 2.0), ("ho".into(), 1.0)]);
    let broken =
        "prompts: [x]\nproviders: [echo]\na: {$ref: '#/a'}\nb: {$ref: '#/none'}\nc: {$ref: 'x.yaml#/a'}\n";
    assert_eq!(
        refused(broken, &[]),
        [
            "a.$ref: `#/a` leads back to itself",
            "b.$ref: `#/none` points to nothing",
            "c.$ref: `x.yaml#/a` points into another file, which is not supported",
        ]
    );
}
