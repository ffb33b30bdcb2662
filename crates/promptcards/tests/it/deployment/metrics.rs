//! The names of metrics: those that rules, dashboards and documentation ask for, and those that a server tells.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::{project, read};

/// What one metric is called when it is asked for in its parts.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The names in a text of ours, without the ends of histograms.
fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    let ours = words.filter(|word| word.starts_with("promptcards_") || word.starts_with("process_"));
    // The service of a stack has such a name too.
    let ours = ours.filter(|word| !word.ends_with('_') && *word != "promptcards_promptcards");
    ours.map(|word| PARTS.iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word).to_owned())
        .collect()
}

/// The names in an answer of `/metrics`.
fn names_told(exposition: &str) -> BTreeSet<String> {
    let lines = exposition.lines();
    lines
        .filter_map(|line| match line.strip_prefix("# ") {
            Some(comment) => comment.strip_prefix("TYPE ")?.split(' ').next(),
            None => line.split(['{', ' ']).next().filter(|name| !name.is_empty()),
        })
        .map(|name| PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name).to_owned())
        .collect()
}

/// The names that are asked for and that an answer of `/metrics` does not have.
pub(super) fn missing(asked: &BTreeSet<String>, exposition: &str) -> Vec<String> {
    asked.difference(&names_told(exposition)).cloned().collect()
}

/// A panel of a dashboard.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) dashboard: String,
    pub(super) title: String,
    /// What it asks Prometheus.
    pub(super) questions: Vec<String>,
}

fn dashboards() -> Vec<PathBuf> {
    let folder = project().join("deploy/grafana/dashboards");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(super) fn panels() -> Vec<Panel> {
    let mut panels = Vec::new();
    for file in dashboards() {
        let board: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for panel in board["panels"].as_array().unwrap() {
            let questions = panel["targets"].as_array().unwrap().iter();
            panels.push(Panel {
                dashboard: file.file_stem().unwrap().to_str().unwrap().to_owned(),
                title: panel["title"].as_str().unwrap().to_owned(),
                questions: questions.map(|target| target["expr"].as_str().unwrap().to_owned()).collect(),
            });
        }
    }
    panels
}

/// Every name that something of ours asks for.
pub(super) fn names_asked() -> BTreeSet<String> {
    let files = [
        "deploy/prometheus/rules/promptcards.yaml",
        "docs/operations/monitor.md",
        "docs/operations/runbooks.md",
    ];
    let texts = files.map(read).into_iter();
    let questions = panels().into_iter().flat_map(|panel| panel.questions);
    texts.chain(questions).flat_map(|text| names_in(&text)).collect()
}

#[test]
fn names_are_found_wherever_they_are_asked_for_and_missing_ones_are_told() {
    let asked = names_in(
        "histogram_quantile(0.9, rate(promptcards_x_seconds_bucket{a=\"b\"}[5m])) / process_open_fds",
    );
    assert_eq!(asked.iter().collect::<Vec<_>>(), ["process_open_fds", "promptcards_x_seconds"]);
    let told = "# HELP promptcards_x_seconds X\n# TYPE promptcards_x_seconds histogram\n\
                promptcards_x_seconds_bucket{le=\"+Inf\"} 0\npromptcards_x_seconds_sum 0\npromptcards_x_seconds_count 0\n";
    assert_eq!(missing(&asked, told), ["process_open_fds"]);
    assert!(missing(&asked, &format!("{told}process_open_fds 9\n")).is_empty());
    assert!(names_asked().len() > 40, "{:?}", names_asked());
}

#[test]
fn the_reference_lists_the_names_that_are_asked_for() {
    let listed = names_in(&read("docs/reference/metrics.md"));
    let asked = names_asked();
    let unlisted: Vec<&String> = asked.difference(&listed).collect();
    assert!(unlisted.is_empty(), "docs/reference/metrics.md does not explain {unlisted:?}");
}

#[test]
fn dashboards_name_the_sources_that_are_provisioned_and_say_where_there_is_no_data() {
    let sources: Value =
        serde_saphyr::from_str(&read("deploy/grafana/provisioning/datasources/promptcards.yaml")).unwrap();
    let sources: Vec<&str> = sources["datasources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["uid"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for file in dashboards() {
        let board: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(ids.insert(board["uid"].clone().to_string()), "{}", file.display());
        assert_eq!(board["editable"], false);
        for panel in board["panels"].as_array().unwrap() {
            let of_panel = std::iter::once(panel).chain(panel["targets"].as_array().unwrap());
            for part in of_panel {
                assert!(sources.contains(&part["datasource"]["uid"].as_str().unwrap()), "{panel:#}");
            }
            assert_eq!(panel["fieldConfig"]["defaults"]["noValue"], "no data", "{panel:#}");
        }
    }
    assert_eq!(ids.len(), 4);
}
