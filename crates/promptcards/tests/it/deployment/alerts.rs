//! `deploy/prometheus` and `deploy/alertmanager`, read by Prometheus's and Alertmanager's own tools.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::metrics::panels;
use super::{project, read};

const RULES: &str = "deploy/prometheus/rules/promptcards.yaml";
const TESTS: [&str; 2] = ["deploy/prometheus/tests/promptcards.yaml", "deploy/prometheus/tests/days.yaml"];

/// What a tool says of files, which it must find good; none where it is not installed, which is said for `test`.
fn checked(test: &str, program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).arg(file).current_dir(project()).output() else {
        testkit::not_run(test, &format!("{program} is not installed"));
        return None;
    };
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(output.status.success(), "{said}");
    Some(said)
}

fn alerts() -> Vec<Value> {
    let rules: Value = serde_saphyr::from_str(&read(RULES)).unwrap();
    let groups = rules["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

#[test]
fn the_configurations_are_sound() {
    let file = |path: &str| project().join(path);
    let test = "the configuration of Prometheus";
    checked(test, "promtool", &["check", "config"], &file("deploy/prometheus/prometheus.yml"));
    let test = "the configuration of Alertmanager";
    checked(test, "amtool", &["check-config"], &file("deploy/alertmanager/alertmanager.yml"));
}

#[test]
fn every_alert_fires_for_what_it_is_made_for_and_is_quiet_otherwise() {
    let mut tests = Vec::new();
    for file in TESTS {
        checked("the tests of the alerts", "promtool", &["test", "rules"], &project().join(file));
        let read: Value = serde_saphyr::from_str(&read(file)).unwrap();
        tests.extend(read["tests"].as_array().unwrap().clone());
    }
    for alert in alerts() {
        let name = alert["alert"].as_str().unwrap();
        let test = tests.iter().find(|test| test["name"] == name);
        let questions =
            test.unwrap_or(&Value::Null)["promql_expr_test"].as_array().cloned().unwrap_or_default();
        let answers: BTreeSet<bool> =
            questions.iter().map(|one| one["exp_samples"].as_array().unwrap().is_empty()).collect();
        assert_eq!(answers.len(), 2, "{name} has no test in which it is quiet and fires");
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_has_its_page() {
    let runbooks = read("docs/operations/runbooks.md");
    let headings: Vec<&str> = runbooks.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let alerts = alerts();
    assert_eq!(headings, alerts.iter().map(|alert| alert["alert"].as_str().unwrap()).collect::<Vec<_>>());
    for alert in &alerts {
        let name = alert["alert"].as_str().unwrap();
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity) && alert["for"].is_string(), "{name}");
        for text in ["summary", "description"] {
            assert!(
                alert["annotations"][text].as_str().is_some_and(|text| text.ends_with('.')),
                "{name}: {text}"
            );
        }
        let page = format!("docs/operations/runbooks.md#{}", name.to_lowercase());
        assert_eq!(alert["annotations"]["runbook_url"], page, "{name}");
        assert!(runbooks.contains(&format!("### {name}\n*{severity}.* ")), "{name}");
        let (_, rest) = runbooks.split_once(&format!("### {name}\n")).unwrap();
        let section = rest.split("\n### ").next().unwrap();
        for part in ["**Who notices.**", "**Look at.**", "**Do.**"] {
            assert!(section.contains(part), "{name} lacks {part}");
        }
    }
    // Who is told is decided by alerts that there are.
    for word in read("deploy/alertmanager/alertmanager.yml").split(|sign: char| !sign.is_ascii_alphanumeric())
    {
        if word.len() > "Promptcards".len() && word.starts_with("Promptcards") {
            assert!(headings.contains(&word), "{word}");
        }
    }
}

#[test]
fn commands_of_the_runbooks_are_commands_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_promptcards")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let runbooks = read("docs/operations/runbooks.md");
    let named: BTreeSet<&str> = runbooks
        .split("`promptcards ")
        .skip(1)
        .map(|rest| rest.split(['`', ' ', '\n']).next().unwrap())
        .filter(|word| word.starts_with(|sign: char| sign.is_ascii_lowercase()))
        .collect();
    assert!(named.contains("doctor"), "{named:?}");
    for command in named {
        assert!(help.contains(&format!("\n  {command} ")), "promptcards {command}");
    }
}

#[test]
fn every_question_of_a_dashboard_can_be_asked() {
    let rules =
        panels().into_iter().flat_map(|panel| panel.questions).enumerate().map(|(number, question)| {
            let question = question.replace("$__rate_interval", "1m");
            format!("      - record: panel_{number}\n        expr: {}\n", Value::from(question))
        });
    let rules = format!("groups:\n  - name: panels\n    rules:\n{}", rules.collect::<Vec<_>>().concat());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yaml");
    std::fs::write(&file, rules).unwrap();
    let test = "the questions of the dashboards";
    if let Some(said) = checked(test, "promtool", &["check", "rules"], &file) {
        assert!(said.contains("SUCCESS"), "{said}");
    }
}
