//! What comes of the results: files of each kind, the table and the lines below it.

use serde_json::{Value, json};

use super::{Place, all, listed};

const CONFIG: &str = "
description: Greetings
prompts: ['Say {{word}} to {{name}}', {raw: 'Greet {{name}}', label: greeting}]
providers: [echo]
defaultTest: {assert: [{type: contains, value: '{{name}}', metric: named}]}
tests:
  - {description: both, vars: {name: Ann, word: [hi, 'ho, \"you\"']}}
  - {vars: {name: Bob, word: hey}, threshold: 0.5, assert: [{type: contains, value: Say}], metadata: {source: x}}
";

/// What differs from one evaluation to the next is replaced by a word.
fn settled(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = settled(item.take())),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let changes = ["id", "evalId", "timestamp", "evaluationCreatedAt", "durationMs", "generator"];
                let is_random = name != "id" || field.as_str().is_some_and(|id| id.len() == 36);
                if changes.contains(&name.as_str()) && is_random {
                    *field = json!(format!("[{name}]"));
                } else {
                    *field = settled(field.take());
                }
            }
        }
        _ => {}
    }
    value
}

#[test]
fn every_kind_of_file_is_written() {
    let place = Place::with(CONFIG);
    let files =
        ["-o", "out.json", "-o", "out.jsonl", "out.csv", "-o", "deep/er/out.junit.xml", "-o", "out.html"];
    let ended = place.eval(&files);
    ended.expect(0);
    assert!(ended.out.ends_with("Written: out.json, out.jsonl, out.csv, deep/er/out.junit.xml, out.html\n"));
    insta::assert_json_snapshot!(settled(place.json("out.json")));
    let lines: Vec<Value> =
        place.read("out.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, place.json("out.json")["results"]["results"].as_array().unwrap().clone());
    insta::assert_snapshot!(place.read("out.csv"));
    let tests = place.read("deep/er/out.junit.xml");
    assert!(
        tests.contains("<testsuites name=\"Greetings\" tests=\"6\" failures=\"0\" errors=\"0\""),
        "{tests}"
    );
    assert!(place.read("out.html").contains("<title>Greetings</title>"));
    // Nothing else is left in the folder.
    let left = listed(place.folder.path());
    assert_eq!(
        left,
        ["cache", "deep", "out.csv", "out.html", "out.json", "out.jsonl", "promptfooconfig.yaml"]
    );
}

#[test]
fn the_table_fits_the_width_and_holds_no_colours_outside_a_terminal() {
    let place = Place::with(CONFIG);
    let table = |columns: &str| {
        let output = place.command(&[]).env("COLUMNS", columns).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_once(" passed (").unwrap().0.rsplit_once('\n').unwrap().0.to_owned()
    };
    let wide = table("100");
    insta::assert_snapshot!(wide);
    for columns in [100, 60, 40, 20] {
        let text = table(&columns.to_string());
        let longest =
            text.lines().filter(|line| line.starts_with(['│', '┌', '╞'])).map(|line| line.chars().count());
        assert!(longest.max().is_some_and(|longest| longest <= columns), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    assert!(
        table("40").ends_with("2 more columns do not fit here; -o results.html shows all"),
        "{}",
        table("40")
    );
}

#[test]
fn what_does_not_pass_is_listed_where_no_table_shows_it() {
    let place = Place::with(
        "
prompts: ['{{n}}']
providers: [echo]
defaultTest: {assert: [{type: starts-with, value: '1'}]}
tests: file://cases.csv
",
    );
    let rows: Vec<String> = (10..40).map(|number| number.to_string()).collect();
    place.write("cases.csv", format!("n\n{}\n", rows.join("\n")));
    let ended = place.eval(&["--no-table"]);
    ended.expect(100);
    assert!(
        ended.out.starts_with("FAIL    test 11 (Row #11) [echo] {{n}}\n        The output"),
        "{}",
        ended.out
    );
    assert_eq!(ended.out.matches("FAIL ").count(), 20);
    // With the table, those that it has no room for.
    let ended = place.eval(&[]);
    assert!(ended.out.contains("… and 5 more rows\n"), "{}", ended.out);
    assert_eq!((ended.out.matches("[FAIL]").count(), ended.out.matches("FAIL    test").count()), (15, 5));
    assert_eq!(ended.passed().split(" in ").next(), Some("10 of 30 passed (33.3 %), 20 failed"));
}

#[test]
fn results_stand_in_order_however_long_each_takes() {
    let place = Place::with(
        "
prompts: ['echo: {{n}}']
providers: [ollama:chat:llama3.2, ollama:chat:qwen3:8b]
tests: [{vars: {n: ['1', '2', '3', '4', '5', '6', '7', '8', '9']}, assert: [{type: equals, value: '{{n}}'}]}]
",
    );
    let results = place.results(&["-j", "18", "--repeat", "2"], 0);
    let places: Vec<_> =
        results.iter().map(|result| (result["testIdx"].as_u64(), result["promptIdx"].as_u64())).collect();
    let expected: Vec<_> = (0..18).flat_map(|row| [(Some(row), Some(0)), (Some(row), Some(1))]).collect();
    assert_eq!(places, expected);
    assert_eq!(all(&results[..4], "/response/output"), ["1", "1", "2", "2"]);
}

#[test]
fn a_file_that_is_there_is_replaced_whole() {
    let place = Place::with(CONFIG);
    place.write("real/out.json", "x".repeat(100_000));
    std::os::unix::fs::symlink("real/out.json", place.path("out.json")).unwrap();
    assert_eq!(place.results(&[], 0).len(), 6);
    // A link stays a link.
    assert!(place.path("out.json").symlink_metadata().unwrap().is_symlink());
    assert_eq!(place.json("real/out.json")["results"]["stats"]["successes"], 6);
}
