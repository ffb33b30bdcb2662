//! Whatever a file says, reading it ends in an evaluation or in problems.

use proptest::prelude::*;
use serde_json::Value;

use super::evaluation_of;

fn any_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "",
        "x",
        "{{x}}",
        "{{ env.A | upper }}",
        "file://a.txt",
        "file://*.yaml",
        "echo",
        "ollama:chat:m",
        "equals",
        "{\"a\": \"{{x}}\"}",
        "#/tests",
        "a.csv",
        "{% if",
        "0:3",
        "é\u{0}😀",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..3).prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "prompts",
        "providers",
        "tests",
        "vars",
        "assert",
        "type",
        "value",
        "id",
        "label",
        "raw",
        "config",
        "options",
        "defaultTest",
        "$ref",
        "env",
        "evaluateOptions",
        "commandLineOptions",
        "repeat",
        "threshold",
        "path",
        "prefix",
        "metadata",
        "x",
        "providerOutput",
        "weight",
        "metric",
        "filterRange",
    ]);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_config_is_read_or_refused(mut config in any_value()) {
        if let Some(fields) = config.as_object_mut() {
            fields.entry("providers").or_insert_with(|| Value::from("echo"));
        }
        let files = [("a.txt", "a {{x}}\n---\nb"), ("a.csv", "x,__expected\n1,equals: 1\n"), ("a.yaml", "- vars: {x: 1}\n")];
        match evaluation_of(&config.to_string(), &files) {
            Err(problems) => prop_assert!(!problems.is_empty()),
            Ok(evaluation) => {
                let renderer = evaluation.renderer();
                let cells = evaluation.cells().unwrap();
                for (index, cell) in cells.iter().enumerate().take(20) {
                    prop_assert!(cell.test < evaluation.tests.len() && cell.row <= index);
                    if let Ok(rendered) = renderer.render(cell) {
                        let _ = renderer.case(cell, &rendered);
                        let _ = rendered.messages();
                    }
                }
            }
        }
    }

    #[test]
    fn a_plain_prompt_is_sent_as_it_is(text in "[^{}\u{feff}]{1,40}") {
        prop_assume!(serde_json::from_str::<Value>(&text).is_err());
        let config = serde_json::json!({"prompts": [{"raw": "{{text}}"}], "providers": ["echo"], "tests": [{"vars": {"text": text}}]});
        let sent = super::sends(&config.to_string(), &[]);
        prop_assume!(!text.starts_with("file://") && !text.starts_with("package:"));
        prop_assert_eq!(&sent[0], text.strip_suffix('\n').unwrap_or(&text));
    }
}
