//! Files that somebody made to do harm, and files that are only large.

use std::fmt::Write;

use formats::promptfoo::{Flags, Input, read};
use formats::{Entry, FileError, Files, Scope};

use super::{evaluation_of, refused, sends, sent, with};

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
fn a_pattern_longer_than_any_path_matches_nothing() {
    // The one takes a matcher that is too large, the other a walk that is too deep.
    for pattern in ["?".repeat(1_000_000), "a/".repeat(500_000) + "*", "**/".repeat(300_000)] {
        assert_eq!(sends(&format!("prompts: ['{pattern}']\nproviders: [echo]\n"), &[]), [pattern.as_str()]);
        let said = refused(&format!("prompts: [x]\nproviders: [echo]\ntests: ['file://{pattern}']\n"), &[]);
        assert!(said[0].starts_with("tests[0]: no file matches"), "{:.100}", said[0]);
    }
}

#[test]
fn what_is_multiplied_is_bounded() {
    let list = |count: usize| vec!["x"; count].join(", ");
    let said = refused(&format!("prompts: [{}]\nproviders: [echo]\n", list(10_001)), &[]);
    assert_eq!(said[0], "prompts[10000]: there are more than 10000 prompts");
    let echoes = ["echo"; 101].join(", ");
    let said = refused(&format!("prompts: [{}]\nproviders: [{echoes}]\n", list(100)), &[]);
    assert_eq!(said, ["providers: make 10100 columns with the prompts, and there may be 10000"]);
    for table in [",".repeat(2_000_001), "a,b\n".to_owned() + &"1,2\n".repeat(1_000_000)] {
        let said = refused("prompts: [x]\nproviders: [echo]\ntests: t.csv\n", &[("t.csv", &table)]);
        assert!(said[0].contains("there are more than 2000000 cells until here"), "{}", said[0]);
    }
}

#[test]
fn values_of_the_default_test_are_in_memory_once() {
    let document = "d".repeat(100_000);
    let config = format!(
        "prompts: ['{{{{doc}}}}{{{{n}}}}']\nproviders: [echo]\ndefaultTest: {{vars: {{doc: {document}, n: 0}}}}\ntests: \
         [{{vars: {{n: 1}}}}, {{vars: {{n: 2, m: 3}}}}, {{vars: {{doc: own}}}}]\n"
    );
    let evaluation = evaluation_of(&config, &[]).unwrap();
    assert_eq!(sent(&evaluation), [format!("{document}1"), format!("{document}2"), "own0".into()]);
    let doc = |index: usize| evaluation.tests[index].variables[0].values.as_ptr();
    assert_eq!(doc(0), doc(1));
    // What is wrong in it is told once.
    let config =
        "prompts: [x]\nproviders: [echo]\ndefaultTest: {vars: {doc: file://none.txt}}\ntests: [{}, {}]\n";
    assert_eq!(refused(config, &[]), ["defaultTest.vars.doc: there is no file `none.txt`"]);
}

#[test]
fn long_names_and_many_tags_are_gone_through_once() {
    let (name, values) = ("n".repeat(1_000_000), "1, ".repeat(100_000));
    // In YAML a name that is not in quotes has at most 1,024 characters.
    let config = format!(
        "{{\"prompts\": [\"x\"], \"providers\": [\"echo\"], \"{name}\": [{values}{{\"$ref\": \"#/none\"}}]}}"
    );
    let said = refused(&config, &[]);
    assert!(said[0].ends_with("`#/none` points to nothing") && said[0].len() < 300, "{:.400}", said[0]);

    let tags = "{% for x ".repeat(100_000);
    let config = format!("prompts: ['{{{{a}}}}']\nproviders: [echo]\ntests: [{{vars: {{a: '{tags}'}}}}]\n");
    assert!(sent(&evaluation_of(&config, &[]).unwrap())[0].starts_with("{% for x {% for x "));

    let mut config = "prompts: [x]\nproviders: [echo]\nenv:\n".to_owned();
    (0..1_000).for_each(|number| writeln!(config, "  V{number}: x").unwrap());
    config.push_str("tests:\n");
    (0..1_000).for_each(|number| writeln!(config, "  - vars: {{a: '{{{{env.V{number}}}}}'}}").unwrap());
    assert_eq!(evaluation_of(&config, &[]).unwrap().tests[999].variables[0].values[0], "x");
}

#[test]
fn documents_that_are_no_config_are_refused() {
    for (config, expected) in [
        ("- a\n", "does not hold a map"),
        ("a: [\n", "cannot be read"),
        ("a: &a [*a]\n", "cannot be read"),
        ("", "providers: must name at least one provider"),
        ("prompts: [x]\nproviders: []\n", "providers: must name at least one provider"),
        ("prompts: 7\nproviders: {}\ntests: 7\nenv: 7\ndefaultTest: 7\nevaluateOptions: 7\n", "must be"),
    ] {
        let said = refused(config, &[]);
        assert!(said[0].contains(expected), "{config:?}: {said:?}");
    }
    let latin1 = with("prompts: [l.txt]\nproviders: [echo]\n", &[], &[], Flags::default()).unwrap_err();
    assert_eq!(latin1, ["prompts[0]: there is no file `l.txt`"]);
}
