//! promptfoo's verdicts and scores: those that are committed here, and those that `make parity` makes anew.

use std::collections::BTreeMap;

use domain::assertion::{Answer, Judge};
use domain::completion::Completion;
use domain::test_case::{Assertion, CaseContent};
use domain::verdict::{Judgement, Verdict};
use serde::Deserialize;

/// 300 cases with what promptfoo 0.121.20 said of them, made by `scripts/parity.mjs`.
const GOLDEN: &str = include_str!("golden/verdicts.jsonl");

/// The templates that the cases have variables for.
const KNOWN: [&str; 3] = ["{{ city }}", "{{ part }}", "{{ schema }}"];

/// What we judge otherwise on purpose.
struct Decision {
    what: &'static str,
    why: &'static str,
    /// Whether an assertion and an output have it.
    has: fn(&Assertion, &str) -> bool,
}

const DECISIONS: [Decision; 4] = [
    Decision {
        what: "`equals` with the value null",
        why: "null is what an empty field of YAML or of a form comes to; promptfoo compares with JSON's null",
        has: |assertion, _| assertion.assertion_type.ends_with("equals") && assertion.value.is_none(),
    },
    Decision {
        what: "a schema for JSON with half of a surrogate pair or a number beyond doubles",
        why: "an error says so; JavaScript has texts and numbers that JSON elsewhere has not",
        has: |assertion, output| {
            assertion.assertion_type.ends_with("is-json")
                && (output.contains("\\ud800") || output.to_lowercase().contains("1e400"))
        },
    },
    Decision {
        what: "tags of YAML in braces, such as `{a: !!str 1}`",
        why: "`contains-json` looks for JSON; nothing of JSON has them",
        has: |assertion, output| assertion.assertion_type.ends_with("contains-json") && output.contains("!!"),
    },
    Decision {
        what: "a template in a value that names no variable, or is none",
        why: "an error says so; promptfoo renders what it does not know as nothing",
        has: |assertion, _| {
            let text = assertion
                .value
                .iter()
                .chain(assertion.value.iter().filter_map(|value| value.as_array()).flatten());
            text.filter_map(|value| value.as_str()).any(|text| {
                let rest = KNOWN.iter().fold(text.to_owned(), |rest, known| rest.replace(known, ""));
                ["{{", "{%", "{#", "#}"].iter().any(|tag| rest.contains(tag))
            })
        },
    },
];

/// A line of `scripts/parity.mjs`.
#[derive(Deserialize)]
struct Pair {
    output: String,
    finish_reason: Option<String>,
    latency_ms: Option<i64>,
    cost_usd: Option<f64>,
    case: CaseContent,
    promptfoo: Expected,
}

#[derive(Debug, Deserialize)]
struct Expected {
    verdict: Verdict,
    score: Option<f64>,
    #[serde(default)]
    metrics: BTreeMap<String, f64>,
}

impl Pair {
    fn judged(&self, judge: &Judge) -> Judgement {
        let completion = Completion {
            content: self.output.clone(),
            finish_reason: self.finish_reason.clone(),
            ..Completion::default()
        };
        let answer =
            Answer { latency_ms: self.latency_ms, cost_usd: self.cost_usd, ..Answer::of(&completion) };
        judge.compile(&self.case, &self.case.variables).judge(&answer)
    }

    /// Whether verdict, score and metrics are the same, but for the last digits of a float.
    fn agrees(&self, ours: &Judgement) -> bool {
        let near = |left: f64, right: f64| (left - right).abs() < 1e-12;
        let metric = |name: &str| ours.metric_scores.iter().find(|found| found.metric == name);
        ours.verdict == Some(self.promptfoo.verdict)
            && match (ours.score, self.promptfoo.score) {
                (Some(ours), Some(theirs)) => near(ours, theirs),
                (ours, theirs) => ours.is_none() && theirs.is_none(),
            }
            && ours.metric_scores.len() == self.promptfoo.metrics.len()
            && self
                .promptfoo
                .metrics
                .iter()
                .all(|(name, score)| metric(name).is_some_and(|found| near(found.score, *score)))
    }
}

/// The decision by which a case is judged otherwise, if it has one.
fn decision(pair: &Pair) -> Option<usize> {
    let all = pair.case.assertions.iter();
    let mut all = all.flat_map(|assertion| [assertion].into_iter().chain(&assertion.assert));
    all.find_map(|assertion| DECISIONS.iter().position(|known| (known.has)(assertion, &pair.output)))
}

/// Judges the cases anew. Of each: whether the judgement is promptfoo's, the decision by which it is not, or how
/// the two differ.
fn compare(lines: &str) -> Vec<serde_json::Result<Result<Option<usize>, String>>> {
    let judge = Judge::default();
    let compared = lines.lines().map(|line| {
        let pair: Pair = serde_json::from_str(line)?;
        let ours = pair.judged(&judge);
        if pair.agrees(&ours) {
            return Ok(Ok(None));
        }
        let Judgement { verdict, score, reason, metric_scores, .. } = ours;
        let difference = format!("{line}\n  ours: {verdict:?} {score:?} {metric_scores:?} {reason}");
        Ok(decision(&pair).map(Some).ok_or(difference))
    });
    compared.collect()
}

/// A line for each decision that has cases, and one for the rest.
fn summary(compared: &[Option<usize>]) -> String {
    let count = |of: Option<usize>| compared.iter().filter(|found| **found == of).count();
    let decided = DECISIONS.iter().enumerate().map(|(index, Decision { what, why, .. })| (index, what, why));
    let decided = decided.filter(|(index, ..)| count(Some(*index)) > 0);
    let decided = decided.map(|(index, what, why)| {
        format!("otherwise on purpose: {} cases: {what}: {why}\n", count(Some(index)))
    });
    decided.chain([format!("the same: {} cases", count(None))]).collect()
}

#[test]
fn golden_verdicts_are_those_of_promptfoo() {
    let compared: Result<Vec<_>, String> = compare(GOLDEN).into_iter().map(Result::unwrap).collect();
    let compared = compared.unwrap_or_else(|difference| panic!("not promptfoo's judgement:\n{difference}"));
    assert_eq!(compared.len(), 300);
    assert!(compared.iter().flatten().count() < 10, "{}", summary(&compared));
}

#[test]
fn verdicts_made_anew_are_those_of_promptfoo() {
    let Some(file) = std::env::var_os("PARITY_CASES") else {
        eprintln!("not run: verdicts beside promptfoo: PARITY_CASES is not set, `make parity` sets it");
        return;
    };
    let compared = compare(&std::fs::read_to_string(file).unwrap());
    let (same, different): (Vec<_>, Vec<_>) =
        compared.into_iter().map(Result::unwrap).partition(Result::is_ok);
    let same: Vec<_> = same.into_iter().flatten().collect();
    eprintln!("{}", summary(&same));
    let different: Vec<_> = different.into_iter().filter_map(Result::err).collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert!(same.len() >= 1_000, "only {} cases", same.len());
}
