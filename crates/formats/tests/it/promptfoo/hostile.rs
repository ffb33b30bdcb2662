//! Files that somebody made to do harm, and files that are only large.

use std::fmt::Write;

use formats::promptfoo::{Flags, Input, read};
use formats::{Entry, FileError, Files, Scope};

use super::{evaluation_of, refused, sent, with};

#[test]
fn no_file_outside_the_folder_is_read_where_that_is_refused() {
    let config = "prompts: [file:///etc/passwd, ../up.txt]\nproviders: [file://../p.yaml, echo]\ntests: ['../*.yaml', {vars: {a: file://../s.txt}, assert: [{type: equals, value: file://../s.txt}]}]\n";
    let said = refused(config, &[("s.txt", "secret")]);
    assert_eq!(said.len(), 6, "{said:#?}");
    for problem in said {
        assert!(problem.contains("lies outside the config's folder"), "{problem}");
    }
}

/// A disk with one file, outside the config's folder.
struct OwnMachine;

impl Files for OwnMachine {
    fn read(&self, path: &str, _: u64) -> Result<Vec<u8>, FileError> {
        match path {
            "in/c.yaml" => Ok(b"prompts: [../up.txt]\nproviders: [echo]\n".to_vec()),
            "up.txt" => Ok(b"from above".to_vec()),
            _ => Err(FileError::NotFound),
        }
    }

    fn list(&self, _: &str) -> Result<Vec<Entry>, FileError> {
        Err(FileError::NotFound)
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }
}

#[test]
fn on_the_own_machine_they_are() {
    let environment = std::collections::BTreeMap::new();
    let input = Input {
        files: &OwnMachine,
        config: Some("in/c.yaml"),
        environment: &environment,
        flags: Flags::default(),
    };
    assert_eq!(sent(&read(input).unwrap()), ["from above"]);
}

#[test]
fn references_and_fan_outs_do_not_explode() {
    let mut bomb = "prompts: [x]\nproviders: [echo]\na0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..9 {
        let below = format!("{{$ref: '#/a{}'}}", level - 1);
        writeln!(bomb, "a{level}: [{}]", [below.as_str(); 10].join(", ")).unwrap();
    }
    let said = refused(&bomb, &[]);
    assert!(said.iter().any(|problem| problem.contains("more than 500000 values")), "{said:#?}");

    let list = format!("[{}]", ["x"; 100].join(", "));
    let config = format!(
        "prompts: [x]\nproviders: [echo]\ntests: [{{vars: {{a: {list}, b: {list}, c: {list}, d: {list}}}}}]\n"
    );
    let problem = evaluation_of(&config, &[]).unwrap().cells().unwrap_err();
    assert_eq!(
        problem.to_string(),
        "tests[0]: makes more than 100000 cells of prompts, providers and values together"
    );
}

#[test]
fn variables_in_variables_do_not_explode() {
    let mut vars = format!("v0: {}\n", "x".repeat(100_000));
    for index in 1..60 {
        let below = format!("{{{{v{}}}}}", index - 1);
        writeln!(vars, "      v{index}: '{}'", below.repeat(5)).unwrap();
    }
    let config = format!("prompts: ['{{{{v59}}}}']\nproviders: [echo]\ntests:\n  - vars:\n      {vars}");
    let sent = sent(&evaluation_of(&config, &[]).unwrap());
    assert_eq!(sent[0], "error: Line 1: The rendered prompt is longer than 1 MiB. Shorten it.");
}

#[test]
fn ten_thousand_rows_share_what_they_share() {
    let table = format!("q,__expected\n{}", "what is {{n}}?,contains: x\n".repeat(10_000));
    let document = "d".repeat(1_000_000);
    let config = "prompts: ['{{q}} {{doc}}']\nproviders: [echo]\ndefaultTest: {vars: {n: 1, doc: file://doc.txt}}\ntests: t.csv\n";
    let evaluation = evaluation_of(config, &[("t.csv", &table), ("doc.txt", &document)]).unwrap();
    assert_eq!(evaluation.cells().unwrap().len(), 10_000);
    let values = |index: usize| {
        let variables = &evaluation.tests[index].variables;
        variables.iter().find(|variable| &*variable.name == "doc").unwrap().values.as_ptr()
    };
    assert_eq!(values(0), values(9_999), "the file is in memory once");
}

#[test]
fn the_same_mistake_ten_thousand_times_is_told_two_hundred_times() {
    let table = format!("__expected\n{}", "javascript: 1\n".repeat(10_000));
    let said = refused("prompts: [x]\nproviders: [echo]\ntests: t.csv\n", &[("t.csv", &table)]);
    assert_eq!((said.len(), said[200].as_str()), (201, "and 9800 more like these"));
}

#[test]
fn documents_that_are_no_config_are_refused() {
    for (config, expected) in [
        ("- a\n", "does not hold a map"),
        ("a: [\n", "cannot be read"),
        ("a: &a [*a]\n", "cannot be read"),
        ("", "providers: is missing"),
        ("prompts: 7\nproviders: {}\ntests: 7\nenv: 7\ndefaultTest: 7\nevaluateOptions: 7\n", "must be"),
    ] {
        let said = refused(config, &[]);
        assert!(said[0].contains(expected), "{config:?}: {said:?}");
    }
    let latin1 = with("prompts: [l.txt]\nproviders: [echo]\n", &[], &[], Flags::default()).unwrap_err();
    assert_eq!(latin1, ["prompts[0]: there is no file `l.txt`"]);
}
