//! Results in every format, those of nasty answers included.

use domain::completion::{Completion, Usage};
use domain::test_case::Assertion;
use domain::verdict::{Judgement, MetricScore, Outcome, Verdict};
use formats::results::{CellResult, Column, Format, Run, Totals, Writer};
use proptest::prelude::*;
use serde_json::{Value, json};

fn column(provider: &str, label: &str) -> Column {
    Column {
        provider: provider.into(),
        provider_label: None,
        prompt_id: format!("id of {label}"),
        prompt_label: label.into(),
        prompt_raw: "Say {{a}}".into(),
    }
}

fn run() -> Run {
    Run {
        id: "eval-1".into(),
        description: Some("a <demo>".into()),
        started_at: "2026-11-27T10:19:59.994Z".into(),
        duration_ms: 1234,
        columns: vec![column("echo", "Say {{a}}"), column("ollama:chat:m", "second, one")],
        config: json!({"prompts": ["Say {{a}}"], "description": "</script><b>"}),
        generator: "promptcards 0.1.0".into(),
    }
}

fn outcome(assertion_type: &str, verdict: Verdict, reason: &str) -> Outcome {
    Outcome {
        assertion_type: assertion_type.into(),
        verdict,
        score: f64::from(u8::from(verdict == Verdict::Pass)),
        weight: 1.0,
        metric: None,
        reason: reason.into(),
        expected: None,
        actual: None,
        outcomes: Vec::new(),
    }
}

fn result(row: usize, column: usize, answer: &str) -> CellResult {
    CellResult {
        id: format!("{row}-{column}"),
        row,
        column,
        repeat: 0,
        description: None,
        variables: json!({"a": "hi"}).as_object().cloned().unwrap_or_default(),
        assertions: Vec::new(),
        threshold: None,
        metadata: serde_json::Map::new(),
        prompt: "Say hi".into(),
        completion: Some(Completion { content: answer.into(), ..Completion::default() }),
        error: None,
        judgement: Judgement::default(),
        latency_ms: Some(12),
        cached: false,
        cost_usd: None,
    }
}

/// Six results: two that pass, one that fails, one error, one invalid, and one that is missing.
fn results() -> Vec<CellResult> {
    let metric = MetricScore { metric: "m".into(), score: 0.5, weight: 1.0 };
    let first = CellResult {
        description: Some("first & best".into()),
        assertions: vec![Assertion::of("contains").with_value("hi")],
        judgement: Judgement {
            verdict: Some(Verdict::Pass),
            score: Some(1.0),
            reason: "The output contains \"hi\".".into(),
            outcomes: vec![outcome("contains", Verdict::Pass, "The output contains \"hi\".")],
            metric_scores: vec![metric],
        },
        completion: Some(Completion {
            content: "Say hi".into(),
            usage: Usage { prompt_tokens: Some(3), completion_tokens: Some(4) },
            finish_reason: Some("stop".into()),
            ..Completion::default()
        }),
        ..result(0, 0, "")
    };
    let failed = CellResult {
        description: Some("first & best".into()),
        assertions: vec![Assertion::of("assert-set")],
        judgement: Judgement {
            verdict: Some(Verdict::Fail),
            score: Some(0.25),
            reason: "The output is not\nequal to \"x\".".into(),
            outcomes: vec![Outcome {
                outcomes: vec![outcome("equals", Verdict::Fail, "The output is not\nequal to \"x\".")],
                ..outcome("assert-set", Verdict::Fail, "One of 1 fails.")
            }],
            metric_scores: Vec::new(),
        },
        cached: true,
        latency_ms: None,
        ..result(0, 1, "=HYPERLINK(\"http://x\"), <script>alert(1)</script> \u{1b}[31mred")
    };
    let error = CellResult {
        completion: None,
        error: Some("connection refused".into()),
        latency_ms: None,
        ..result(1, 0, "")
    };
    let invalid = CellResult {
        judgement: Judgement {
            verdict: Some(Verdict::Invalid),
            reason: "The answer is empty.".into(),
            ..Judgement::default()
        },
        ..result(1, 1, "")
    };
    let mut unasked = result(2, 1, "-5");
    unasked.variables.insert("b".into(), json!({"k": [1]}));
    vec![first, failed, error, invalid, unasked]
}

fn written(format: Format, results: &[CellResult]) -> String {
    let run = run();
    let mut totals = Totals::new(run.columns.len());
    for result in results {
        totals.add(result);
    }
    let mut writer = Writer::new(format, Vec::new(), &run, &totals).unwrap();
    for result in results {
        writer.write(result).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn json_has_the_shape_of_promptfoo() {
    let text = written(Format::Json, &results());
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&text).unwrap());
}

#[test]
fn json_lines_are_the_results_of_the_json() {
    let lines = written(Format::JsonLines, &results());
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let whole: Value = serde_json::from_str(&written(Format::Json, &results())).unwrap();
    assert_eq!(Value::from(lines), whole["results"]["results"]);
}

#[test]
fn a_table_has_a_row_for_each_test() {
    insta::assert_snapshot!(written(Format::Csv, &results()));
}

#[test]
fn junit_has_a_suite_for_each_column() {
    insta::assert_snapshot!(written(Format::Junit, &results()));
}

#[test]
fn a_suite_has_the_number_of_its_prompt_among_those_of_its_provider() {
    let columns = [("echo", "one"), ("echo", "two"), ("m", "two"), ("echo", "two"), ("m", "three")];
    let columns = columns.map(|(provider, label)| column(provider, label)).to_vec();
    let (run, totals) = (Run { columns, ..run() }, Totals::new(5));
    let writer = Writer::new(Format::Junit, Vec::new(), &run, &totals).unwrap();
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let names: Vec<_> =
        text.split("<testsuite name=\"").skip(1).filter_map(|suite| suite.split('"').next()).collect();
    assert_eq!(
        names,
        ["[echo] prompt 1", "[echo] prompt 2", "[m] prompt 1", "[echo] prompt 2", "[m] prompt 2"]
    );
}

#[test]
fn the_page_holds_everything_as_text() {
    let page = written(Format::Html, &results());
    assert!(!page.contains("<script") && !page.contains("<b>\"") && !page.contains('\u{1b}'), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; ␛[31mred"));
    assert!(!page.contains("src=") && !page.contains("href="), "nothing is taken from elsewhere");
    let body = &page[page.find("<body>").unwrap()..];
    insta::assert_snapshot!(body);
}

#[test]
fn a_run_without_results_is_written_too() {
    for format in [Format::Json, Format::JsonLines, Format::Csv, Format::Junit, Format::Html] {
        let text = written(format, &[]);
        assert_eq!(text.is_empty(), format == Format::JsonLines, "{format:?}");
    }
    let whole: Value = serde_json::from_str(&written(Format::Json, &[])).unwrap();
    assert_eq!(whole["results"]["results"], json!([]));
}

#[test]
fn totals_count_errors_against_the_rate() {
    let mut totals = Totals::new(2);
    for result in results() {
        totals.add(&result);
    }
    let all = totals.all();
    assert_eq!((all.passes, all.fails, all.errors, all.invalids, totals.rows), (2, 1, 1, 1, 3));
    assert!((totals.pass_rate() - 40.0).abs() < 1e-9);
}

#[test]
fn the_name_of_a_file_says_its_format() {
    let table = [
        ("a.json", Format::Json),
        ("x/B.JSONL", Format::JsonLines),
        ("a.csv", Format::Csv),
        ("a.junit.xml", Format::Junit),
        ("a.html", Format::Html),
    ];
    for (path, format) in table {
        assert_eq!(Format::of(path), Ok(format));
    }
    for path in ["a.xml", "json", "a.yaml", ""] {
        assert!(Format::of(path).unwrap_err().contains(".junit.xml"), "{path}");
    }
}

#[test]
fn what_cannot_be_written_to_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (run, totals) = (run(), Totals::new(2));
    for format in [Format::Json, Format::JsonLines, Format::Csv, Format::Junit, Format::Html] {
        let outcome = Writer::new(format, Full, &run, &totals).and_then(|mut writer| {
            writer.write(&result(0, 0, "x"))?;
            writer.finish()
        });
        assert_eq!(outcome.map(|_| ()).unwrap_err().kind(), std::io::ErrorKind::StorageFull, "{format:?}");
    }
}

/// The cells of a table, read by the rules of RFC 4180.
fn cells(table: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let (mut quoted, mut signs) = (false, table.chars().peekable());
    while let Some(sign) = signs.next() {
        let row = rows.last_mut().unwrap();
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                row.last_mut().unwrap().push(signs.next().unwrap());
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            sign => row.last_mut().unwrap().push(sign),
        }
    }
    rows.pop();
    rows
}

proptest! {
    #[test]
    fn no_answer_breaks_a_format(answer in any::<String>(), description in any::<String>()) {
        let mut one = result(0, 0, &answer);
        one.description = Some(description);
        let results = [one, result(0, 1, "plain")];
        let whole: Value = serde_json::from_str(&written(Format::Json, &results)).unwrap();
        prop_assert_eq!(&whole["results"]["results"][0]["response"]["output"], &answer);
        prop_assert_eq!(written(Format::JsonLines, &results).lines().count(), 2);

        let rows = cells(&written(Format::Csv, &results));
        prop_assert_eq!(rows.len(), 2);
        prop_assert_eq!(rows[0].len(), rows[1].len());
        let cell = &rows[1][2];
        prop_assert!(*cell == answer || cell.strip_prefix('\'') == Some(&answer));
        prop_assert!(!cell.starts_with(['=', '+', '-', '@']) || cell.parse::<f64>().is_ok());

        for format in [Format::Junit, Format::Html] {
            let text = written(format, &results);
            prop_assert!(!text.contains(|sign: char| sign.is_control() && sign != '\n' && sign != '\t'));
            prop_assert_eq!(text.matches('<').count(), written(format, &[result_of(&results[0]), result(0, 1, "plain")]).matches('<').count());
        }
    }
}

/// The same result with words instead of whatever it says.
fn result_of(other: &CellResult) -> CellResult {
    CellResult { description: Some("words".into()), ..result(other.row, other.column, "words") }
}
