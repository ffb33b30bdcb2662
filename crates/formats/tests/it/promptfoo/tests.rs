//! Tests: where they come from, what is merged, and in which order they are asked.

use formats::promptfoo::Flags;
use serde_json::json;

use super::{evaluation_of, refused, sends, sent, with};

#[test]
fn rows_go_by_test_repeat_values_provider_and_prompt() {
    let config = "
prompts: ['1{{a}}{{b}}', '2{{a}}{{b}}']
providers: [echo, {id: echo, label: e2, prompts: ['2{{a}}{{b}}']}]
evaluateOptions: {repeat: 2}
tests:
  - vars: {a: [x, y], b: [u, v]}
    options: {repeat: 1}
  - vars: {a: z}
    providers: [e2]
";
    let evaluation = evaluation_of(config, &[]).unwrap();
    let expected =
        ["1xu", "2xu", "2xu", "1xv", "2xv", "2xv", "1yu", "2yu", "2yu", "1yv", "2yv", "2yv", "2z", "2z"];
    assert_eq!(sent(&evaluation), expected);
    let cells = evaluation.cells().unwrap();
    assert_eq!(
        cells.iter().map(|cell| cell.row).collect::<Vec<_>>(),
        [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5]
    );
    assert_eq!(cells.iter().map(|cell| cell.column).take(3).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((cells[12].repeat, cells[13].repeat, cells[13].column), (0, 1, 2));
    let titles: Vec<_> = evaluation.result_columns().iter().map(formats::results::Column::title).collect();
    assert_eq!(titles, ["[echo] 1{{a}}{{b}}", "[echo] 2{{a}}{{b}}", "[e2] 2{{a}}{{b}}"]);
}

#[test]
fn only_lists_that_begin_with_a_text_fan_out() {
    let config =
        |vars: &str| format!("prompts: ['{{{{a}}}}']\nproviders: [echo]\ntests: [{{vars: {{a: {vars}}}}}]\n");
    assert_eq!(sends(&config("[x, 1, true]"), &[]), ["x", "1", "true"]);
    assert_eq!(sends(&config("[1, x]"), &[]), ["1,x"]);
    assert_eq!(sends(&config("[]"), &[]), [""]);
    assert_eq!(sends(&config("[[x, y]]"), &[]), ["x,y"]);
    assert_eq!(sends(&config("{k: v}"), &[]), ["[object Object]"]);
    let kept = "prompts: ['{{a}}']\nproviders: [echo]\ntests: [{vars: {a: [x, y]}, options: {disableVarExpansion: true}}]\n";
    assert_eq!(sends(kept, &[]), ["x,y"]);
}

#[test]
fn the_default_test_is_merged_into_each() {
    let config = "
prompts: ['{{a}}{{b}}']
providers: [echo]
defaultTest:
  vars: {a: 1, b: 2}
  assert: [{type: contains, value: d}]
  threshold: 0.5
  metadata: {m: 1, n: 1}
  options: {prefix: '<', suffix: '>'}
tests:
  - vars: {b: 3}
    assert: [{type: equals, value: own}]
    metadata: {n: 2}
  - options: {suffix: '', prefix: '[', disableDefaultAsserts: true}
    threshold: 0
";
    let evaluation = evaluation_of(config, &[]).unwrap();
    assert_eq!(sent(&evaluation), ["<13>", "[12>"]);
    let types = |index: usize| -> Vec<&str> {
        let assertions = evaluation.tests[index].assertions.iter();
        assertions.map(|it| it.assertion.assertion_type.as_str()).collect()
    };
    assert_eq!((types(0), types(1)), (vec!["contains", "equals"], vec![]));
    assert_eq!((evaluation.tests[0].threshold, evaluation.tests[1].threshold), (Some(0.5), Some(0.0)));
    assert_eq!(json!(evaluation.tests[0].metadata), json!({"m": 1, "n": 2}));
}

#[test]
fn a_test_for_nobody_is_refused() {
    let config = "
prompts: [{label: first, raw: '1'}, {id: p2, label: second, raw: '2'}]
providers: [{id: echo, label: mine}, {id: 'ollama:chat:m', prompts: [second, typo]}]
defaultTest: {providers: [mine, 'ollama:*'], prompts: [p2]}
tests: [{providers: [ollama], prompts: [fir*]}, {providers: [min]}, {prompts: [Second, second]}]
";
    assert_eq!(
        refused(config, &[]),
        [
            "tests[1].providers: `min` is the name of no provider",
            "tests[2].prompts: `Second` is the name of no prompt"
        ]
    );
    let well = config.replace("[min]", "[mine]").replace("[Second, second]", "[second]");
    let notes = evaluation_of(&well, &[]).unwrap().notes;
    assert_eq!(
        notes[0].to_string(),
        "providers: `typo` in the `prompts` of ollama:chat:m is the name of no prompt"
    );
    // One that is not wanted now is one all the same.
    let flags = Flags { filter_providers: Some("^echo".into()), ..Flags::default() };
    assert_eq!(with(&well, &[], &[], flags).unwrap().providers.len(), 1);
}

#[test]
fn no_tests_are_one_empty_test() {
    assert_eq!(sends("prompts: ['[{{a}}]']\nproviders: [echo]\n", &[]), ["[]"]);
    let with_default = "prompts: ['[{{a}}]']\nproviders: [echo]\ndefaultTest: {vars: {a: x}}\ntests: []\n";
    assert_eq!(sends(with_default, &[]), ["[x]"]);
}

#[test]
fn tests_come_from_files_of_every_kind() {
    let files = [
        ("t/a.yaml", "- vars: {a: yaml}\n- vars: v.yaml\n"),
        ("t/v.yaml", "a: from a file\n"),
        ("t/b.json", r#"[{"vars": {"a": "json"}}]"#),
        ("t/c.jsonl", "{\"vars\": {\"a\": \"l1\"}}\n\n{\"vars\": {\"a\": \"l2\"}, \"description\": \"d\"}\n"),
        ("t/d.csv", "a,__description\ncsv,x\n"),
        ("one.json", r#"{"vars": {"a": "only"}}"#),
    ];
    let config = |tests: &str| format!("prompts: ['{{{{a}}}}']\nproviders: [echo]\ntests: {tests}\n");
    assert_eq!(sends(&config("t/a.yaml"), &files), ["yaml", "from a file"]);
    assert_eq!(sends(&config("file://t/b.json"), &files), ["json"]);
    assert_eq!(
        sends(&config("['t/[bc].json*', {vars: {a: inline}}]"), &files),
        ["json", "l1", "l2", "inline"]
    );
    assert_eq!(sends(&config("{path: file://t/d.csv}"), &files), ["csv"]);
    assert_eq!(sends(&config("[one.json]"), &files), ["only"]);
    let descriptions = |tests: &str| -> Vec<Option<String>> {
        let evaluation = evaluation_of(&config(tests), &files).unwrap();
        evaluation.tests.into_iter().map(|test| test.description).collect()
    };
    assert_eq!(descriptions("t/c.jsonl"), [Some("Row #1".into()), Some("d".into())]);
    assert_eq!(descriptions("[t/c.jsonl]"), [None, Some("d".into())]);
}

#[test]
fn variables_come_from_files() {
    let files = [("d/1.txt", " one \n"), ("d/2.txt", "two"), ("d/y.yaml", "k: [1, 2]\n")];
    let config = |value: &str| {
        format!("prompts: ['<{{{{a}}}}>']\nproviders: [echo]\ntests: [{{vars: {{a: {value}}}}}]\n")
    };
    assert_eq!(sends(&config("file://d/1.txt"), &files), ["<one>"]);
    assert_eq!(sends(&config("file://d/*.txt"), &files), ["<one>", "<two>"]);
    assert_eq!(sends(&config("[file://d/2.txt, x]"), &files), ["<two>", "<x>"]);
    assert_eq!(sends(&config("file://d/y.yaml"), &files), ["<{\"k\":[1,2]}>"]);
    assert_eq!(
        refused(&config("[file://d/none.txt, file://d/*.md, file://a.png, file://a.py]"), &files),
        [
            "tests[0].vars.a[0]: there is no file `d/none.txt`",
            "tests[0].vars.a[1]: no file matches `d/*.md`",
            "tests[0].vars.a[2]: `a.png` is no text, which is not supported",
            "tests[0].vars.a[3]: `a.py` is a program, which is not supported",
        ]
    );
}

#[test]
fn a_row_of_a_table_is_a_test() {
    let table = "\u{feff}q, lang ,__expected,__expected2,__prefix,__suffix,__metric,__threshold,__metadata:topic,\
                 __metadata:tags[],__providerOutput,__config:__expected2:threshold\n\
                 Hi,en,contains: a,\"equals:x, y\",p-,-s,m,0.5,t,\"a, b\\,c\",said,2\n";
    let config = "prompts: ['{{q}} {{lang}}']\nproviders: [echo]\ntests: file://t.csv\n";
    let evaluation = evaluation_of(config, &[("t.csv", table)]).unwrap();
    assert_eq!(sent(&evaluation), ["p-Hi en-s"]);
    let test = &evaluation.tests[0];
    let assertions: Vec<_> = test.assertions.iter().map(|it| json!(it.assertion)).collect();
    assert_eq!(
        assertions,
        [
            json!({"type": "contains", "value": "a", "metric": "m"}),
            json!({"type": "equals", "value": "x, y", "metric": "m", "threshold": 2.0}),
        ]
    );
    assert_eq!((test.threshold, test.provider_output.clone()), (Some(0.5), Some("said".into())));
    assert_eq!(json!(test.metadata), json!({"topic": "t", "tags": ["a", "b,c"], "threshold": 2.0}));
    assert_eq!(test.description.as_deref(), Some("Row #1"));
}

#[test]
fn the_last_of_several_columns_of_a_name_counts_and_that_is_said() {
    let table = "q,__expected,q,__expected,__expected2\nfirst,equals: a,last,equals: b,equals: c\n";
    let config = "prompts: ['{{q}}']\nproviders: [echo]\ntests: file://t.csv\n";
    let evaluation = evaluation_of(config, &[("t.csv", table)]).unwrap();
    assert_eq!(sent(&evaluation), ["last"]);
    let values: Vec<_> =
        evaluation.tests[0].assertions.iter().map(|it| json!(it.assertion)["value"].clone()).collect();
    assert_eq!(values, ["b", "c"]);
    let notes: Vec<_> = evaluation.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "t.csv, column `__expected`: is there more than once: the last one counts",
            "t.csv, column `q`: is there more than once: the last one counts",
        ]
    );
}

#[test]
fn tables_are_told_their_mistakes() {
    let said = |table: &str| refused("prompts: [x]\nproviders: [echo]\ntests: t.csv\n", &[("t.csv", table)]);
    assert_eq!(said("a\n\"x\n"), ["tests: `t.csv`, line 2: the quote that begins here is never closed"]);
    assert_eq!(said("a,b\n1,2,3\n"), ["tests: `t.csv`, line 2: there are 3 cells and 2 columns"]);
    assert_eq!(
        said("a,__config:__expected:threshold\n1,\n"),
        ["t.csv, line 2, __config:__expected:threshold: `` is no number. Each row needs one in this column"]
    );
    assert_eq!(
        said("a,__config:__expectedX:threshold\n1,2\n"),
        [
            "tests: `t.csv`, column `__config:__expectedX:threshold`: `__expectedX` is not `__expected` with a number from 1"
        ]
    );
    assert_eq!(said("__expected\n\"is-sql\"\n"), ["t.csv, line 2, __expected: is-sql is not supported"]);
    let evaluation =
        evaluation_of("prompts: [x]\nproviders: [echo]\ntests: t.csv\n", &[("t.csv", "_expected\nx\n")]);
    let notes = evaluation.unwrap().notes;
    assert_eq!(notes[0].to_string(), "t.csv, column `_expected`: is a variable. Is `__expected` meant?");
}

#[test]
fn a_table_may_have_another_delimiter() {
    let environment = [("PROMPTFOO_CSV_DELIMITER", ";")];
    let config = "prompts: ['{{a}}{{b}}']\nproviders: [echo]\ntests: t.csv\n";
    let evaluation = with(config, &[("t.csv", "a;b\n1,5;x\n")], &environment, Flags::default()).unwrap();
    assert_eq!(sent(&evaluation), ["1,5x"]);
}

#[test]
fn flags_take_the_place_of_the_config() {
    let config = "prompts: [own]\nproviders: [{id: 'ollama:chat:m', config: {temperature: 1}}, echo]\ntests: [{vars: {a: 1}}]\ndefaultTest: {options: {prefix: p}}\n";
    let flags = Flags {
        prompts: vec!["{{a}}{{b}}".into()],
        providers: vec!["m".into(), "echo".into()],
        tests: Some("x/t.csv".into()),
        variables: [("b".to_owned(), "v".to_owned())].into(),
        prefix: Some("q".into()),
        suffix: Some("s".into()),
        filter_providers: None,
    };
    let evaluation = with(config, &[("x/t.csv", "a\nrow\n")], &[], flags).unwrap();
    assert_eq!(sent(&evaluation), ["prowvs", "prowvs"]);
    assert_eq!(evaluation.providers[0].id, "ollama:chat:m");
    assert!(format!("{:?}", evaluation.providers[0]).contains("temperature: Some(1.0)"));
}
