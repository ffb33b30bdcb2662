//! Assertions: the registry of their types, what is wrong with one, and how outputs are judged.
//!
//! To add a type, write a file beside this one with a `rule::Rule`, and name it in `rules`.

mod aggregate;
mod answer;
mod assert_set;
mod contains;
mod contains_json;
mod contains_list;
mod decimal;
mod describe;
mod equals;
mod finish_reason;
mod is_json;
pub(crate) mod javascript;
mod json_in_text;
mod judge;
mod length;
mod levenshtein;
mod limits;
mod list;
mod number;
mod pattern;
mod refusal;
mod regex;
mod rule;
mod schema;
mod starts_with;
mod text;
mod word_count;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use aggregate::metric_scores;
pub use answer::Answer;
use assert_set::ASSERT_SET;
pub use describe::{AssertionType, Field, FieldKind, Problem, ValueDescription, ValueKind, ValueNeed};
pub use javascript::string_of as javascript_string;
pub use judge::{CompiledAssertions, Judge};
pub use list::separated as separated_list;
use rule::Rule;
pub(crate) use text::thousands;

use crate::test_case::{ASSERTIONS_LIMIT, Assertion, CaseContent};

/// Every type there is, in the order of the documentation.
fn rules() -> [&'static dyn Rule; 20] {
    [
        &equals::Equals,
        &contains::Contains { ignore_case: false },
        &contains::Contains { ignore_case: true },
        &contains_list::ContainsList { all: true, ignore_case: false },
        &contains_list::ContainsList { all: false, ignore_case: false },
        &contains_list::ContainsList { all: true, ignore_case: true },
        &contains_list::ContainsList { all: false, ignore_case: true },
        &starts_with::StartsWith,
        &regex::Regex,
        &is_json::IsJson,
        &contains_json::ContainsJson,
        &number::Number,
        &length::Length,
        &word_count::WordCount,
        &levenshtein::Levenshtein,
        &refusal::IsRefusal,
        &finish_reason::FinishReason,
        &limits::Limit::Latency,
        &limits::Limit::Cost,
        &assert_set::AssertSet,
    ]
}

/// The types of assertions, in the order of the documentation.
pub fn types() -> Vec<AssertionType> {
    rules().iter().map(|rule| rule.describe()).collect()
}

/// The rule of a type, and whether `not-` stands before it.
fn find(assertion_type: &str) -> Option<(&'static dyn Rule, bool)> {
    let (name, inverted) =
        assertion_type.strip_prefix("not-").map_or((assertion_type, false), |name| (name, true));
    let rule = rules().into_iter().find(|rule| rule.name() == name)?;
    Some((rule, inverted))
}

fn unknown_type(assertion_type: &str) -> String {
    let not = if assertion_type.starts_with("not-") { "not-" } else { "" };
    let known = rules().into_iter().map(|rule| format!("{not}{}", rule.name()));
    let close = known.map(|known| (strsim::jaro_winkler(&known, assertion_type), known));
    let nearest =
        close.filter(|(similarity, _)| *similarity > 0.8).max_by(|left, right| left.0.total_cmp(&right.0));
    let hint = nearest.map(|(_, known)| format!(" Did you mean `{known}`?")).unwrap_or_default();
    format!("There is no assertion type `{}`.{hint}", text::clipped(assertion_type))
}

/// JSON pointer of a path.
fn pointer(path: &[&str]) -> String {
    path.iter().flat_map(|part| ["/".to_owned(), part.replace('~', "~0").replace('/', "~1")]).collect()
}

/// What is wrong with an assertion. Pointers start at the assertion. Nothing is said of texts that
/// are templates, as they are known only when they are rendered. Nor of sets in a set, of which their set says
/// that they are.
pub fn validate(assertion: &Assertion, has_expected_output: bool) -> Vec<Problem> {
    let Some((rule, _)) = find(&assertion.assertion_type) else {
        return vec![Problem::at("/type", unknown_type(&assertion.assertion_type))];
    };
    let described = rule.describe();
    let name = described.name;
    let mut problems = Vec::new();
    match (&assertion.value, described.value.need) {
        (None, ValueNeed::Required) => {
            problems
                .push(Problem::at("/value", format!("`{name}` needs a value. {}", described.value.summary)));
        }
        (None, ValueNeed::ExpectedOutput) if !has_expected_output => {
            let message = format!("`{name}` needs a value, or the case an expected output.");
            problems.push(Problem::at("/value", message));
        }
        (Some(_), ValueNeed::None) => {
            problems.push(Problem::at("/value", format!("`{name}` takes no value.")));
        }
        (Some(value), _) if !fits(value, described.value.kind) => {
            let message = format!("This is no value for `{name}`. {}", described.value.summary);
            problems.push(Problem::at("/value", message));
        }
        _ => {}
    }
    if assertion.threshold.is_some() && described.threshold.is_none() {
        problems.push(Problem::at("/threshold", format!("`{name}` has no threshold.")));
    }
    for option in assertion.config.keys() {
        if !described.config.iter().any(|known| known.name == option) {
            let known: Vec<_> = described.config.iter().map(|known| format!("`{}`", known.name)).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            let message = format!("`{name}` has no option `{}`. It has: {known}.", text::clipped(option));
            problems.push(Problem::at(pointer(&["config", option]), message));
        }
    }
    if !described.takes_assertions && !assertion.assert.is_empty() {
        let message = format!("`{name}` takes no assertions; `{ASSERT_SET}` does.");
        problems.push(Problem::at("/assert", message));
    }
    problems.extend(rule.problems(assertion));
    if described.takes_assertions {
        problems.extend(problems_of_each("/assert", &assertion.assert, has_expected_output));
    }
    problems
}

fn fits(value: &Value, kind: ValueKind) -> bool {
    match kind {
        ValueKind::None => false,
        ValueKind::Text => value.is_string() || value.is_number(),
        ValueKind::Number => value.is_number() || value.is_string(),
        ValueKind::List => value.is_array() || value.is_string(),
        ValueKind::Schema => value.is_object() || value.is_string(),
        ValueKind::Object => value.is_object(),
        ValueKind::Any => true,
    }
}

/// What is wrong with the assertions of a case. Pointers start at the case.
pub fn validate_case(case: &CaseContent) -> Vec<Problem> {
    let has_expected_output = case.expected_output.is_some();
    let count: usize = case.assertions.iter().map(|assertion| 1 + assertion.assert.len()).sum();
    if count > ASSERTIONS_LIMIT {
        let message = format!(
            "The case has {} assertions, with those of its sets. It may have {ASSERTIONS_LIMIT}.",
            thousands(count)
        );
        return vec![Problem::at("/assertions", message)];
    }
    problems_of_each("/assertions", &case.assertions, has_expected_output).collect()
}

fn problems_of_each(
    place: &str,
    assertions: &[Assertion],
    has_expected_output: bool,
) -> impl Iterator<Item = Problem> {
    assertions.iter().enumerate().flat_map(move |(index, assertion)| {
        let problems = validate(assertion, has_expected_output).into_iter();
        problems
            .map(move |problem| Problem { pointer: format!("{place}/{index}{}", problem.pointer), ..problem })
    })
}

/// Why an assertion can never fail, if it cannot.
pub fn can_never_fail(assertion: &Assertion) -> Option<String> {
    // A set that fails makes its case fail whatever its weight, as promptfoo has it.
    if assertion.weight == 0.0 && assertion.assertion_type != ASSERT_SET {
        return Some("Its weight is 0: it is shown and never fails.".into());
    }
    let (rule, inverted) = find(&assertion.assertion_type)?;
    if inverted { None } else { rule.holds_always(assertion) }
}

/// The assertions of a case that can never make it fail, by their index, and why.
pub fn can_never_fail_in(case: &CaseContent) -> Vec<(usize, String)> {
    let always = case.threshold.filter(|threshold| *threshold <= 0.0);
    let always = always
        .map(|threshold| format!("The case passes from the score {threshold} on, which is every score."));
    let each = case.assertions.iter().enumerate();
    each.filter_map(|(index, assertion)| Some((index, always.clone().or_else(|| can_never_fail(assertion))?)))
        .collect()
}
