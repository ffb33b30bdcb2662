//! Judging: the assertions of a case, compiled once and held against any number of outputs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::aggregate::aggregate;
use super::answer::Answer;
use super::assert_set::ASSERT_SET;
use super::describe::ValueNeed;
use super::pattern::{Pattern, PatternError};
use super::rule::{Check, Fact, Finding, Input};
use super::schema::Schema;
use super::{find, unknown_type};
use crate::template::render_text;
use crate::test_case::{Assertion, CaseContent};
use crate::verdict::{Judgement, Outcome, Verdict};

/// How texts in values and names of metrics are rendered, or the sentence that says why one is not.
type Render<'a> = &'a dyn Fn(&Value) -> Result<Value, String>;

/// Most patterns, and most schemas, that are kept. A pattern may hold 3 MiB.
const KEPT: usize = 64;

/// Compiles cases. Patterns and schemas that cases share are compiled once. One for a process is
/// enough: it may be used by all threads at a time.
#[derive(Debug, Default)]
pub struct Judge {
    patterns: Kept<Result<Pattern, PatternError>>,
    schemas: Kept<Result<Schema, String>>,
}

/// The last things compiled, by source. A full store is emptied: what is in use comes back at once.
#[derive(Debug)]
struct Kept<T>(Mutex<HashMap<String, Arc<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<T> Kept<T> {
    fn get(&self, source: &str, compile: impl FnOnce() -> T) -> Arc<T> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(source) {
            return Arc::clone(found);
        }
        // Compiled outside the lock: another thread may do the same work, and none waits for it.
        let compiled = Arc::new(compile());
        let mut kept = kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(source.to_owned(), Arc::clone(&compiled));
        compiled
    }
}

impl Judge {
    /// Compiles the assertions of a case with the values of its variables. A case without
    /// assertions but with an expected output asks that the output equals it.
    ///
    /// The expected output is taken as it is; texts in `value` are templates.
    pub fn compile(&self, case: &CaseContent, variables: &Map<String, Value>) -> CompiledAssertions {
        self.compile_all(case, &|value| rendered(value, variables))
    }

    /// Compiles the assertions of a case whose values are rendered already, such as one of a promptfoo file.
    pub fn compile_rendered(&self, case: &CaseContent) -> CompiledAssertions {
        self.compile_all(case, &|value| Ok(value.clone()))
    }

    fn compile_all(&self, case: &CaseContent, render: Render<'_>) -> CompiledAssertions {
        let of_expected_output = case
            .expected_output
            .iter()
            .filter(|_| case.assertions.is_empty())
            .map(|_| Assertion::of("equals"));
        let assertions = case.assertions.iter().cloned().chain(of_expected_output);
        let expected = case.expected_output.as_deref();
        let assertions = assertions.map(|assertion| self.compile_one(assertion, expected, render)).collect();
        CompiledAssertions { assertions, threshold: case.threshold }
    }

    fn compile_one(&self, assertion: Assertion, expected: Option<&str>, render: Render<'_>) -> Compiled {
        let body = if assertion.assertion_type == ASSERT_SET {
            let in_set = |inner: Assertion| {
                let check = self.check(&inner, expected, render);
                Compiled::new(inner, render, Body::Check(check))
            };
            let assertions = assertion.assert.iter().cloned().map(in_set).collect();
            Body::Set(CompiledAssertions { assertions, threshold: assertion.threshold })
        } else {
            Body::Check(self.check(&assertion, expected, render))
        };
        Compiled::new(assertion, render, body)
    }

    /// Or the sentence that says why there is none.
    fn check(
        &self,
        assertion: &Assertion,
        expected: Option<&str>,
        render: Render<'_>,
    ) -> Result<Box<dyn Check>, String> {
        let (rule, _) =
            find(&assertion.assertion_type).ok_or_else(|| unknown_type(&assertion.assertion_type))?;
        let value = match &assertion.value {
            Some(value) => Some(render(value)?),
            None if rule.need() == ValueNeed::ExpectedOutput => expected.map(Value::from),
            None => None,
        };
        rule.compile(&Input { assertion, value, judge: self })
    }

    pub(super) fn pattern(&self, source: &str) -> Arc<Result<Pattern, PatternError>> {
        self.patterns.get(source, || Pattern::new(source))
    }

    /// The schema of a value, compiled unless that was done before. A text is not the object that it holds.
    pub(super) fn schema(
        &self,
        value: &Value,
        compile: impl FnOnce() -> Result<Schema, String>,
    ) -> Arc<Result<Schema, String>> {
        self.schemas.get(&value.to_string(), compile)
    }
}

/// A value with its texts rendered: a text, or the texts of a list. Objects stay as they are.
fn rendered(value: &Value, variables: &Map<String, Value>) -> Result<Value, String> {
    let text = |source: &str| {
        render_text(source, variables)
            .map(Value::from)
            .map_err(|error| format!("The value was not rendered. {error}"))
    };
    match value {
        Value::String(source) => text(source),
        Value::Array(values) => {
            let one = |value: &Value| value.as_str().map_or_else(|| Ok(value.clone()), text);
            Ok(Value::Array(values.iter().map(one).collect::<Result<_, _>>()?))
        }
        other => Ok(other.clone()),
    }
}

/// The assertions of a case, ready for its outputs.
pub struct CompiledAssertions {
    assertions: Vec<Compiled>,
    threshold: Option<f64>,
}

struct Compiled {
    assertion_type: String,
    inverted: bool,
    weight: f64,
    metric: Option<String>,
    body: Body,
}

enum Body {
    /// Or the sentence that says why there is none.
    Check(Result<Box<dyn Check>, String>),
    Set(CompiledAssertions),
}

impl CompiledAssertions {
    /// Holds the answer against every assertion, and adds up what they find.
    pub fn judge(&self, answer: &Answer<'_>) -> Judgement {
        let outcomes = self.assertions.iter().map(|assertion| assertion.outcome(answer));
        aggregate(outcomes.collect(), self.threshold)
    }

    /// Whether anything is asked of the output.
    pub fn is_empty(&self) -> bool {
        self.assertions.is_empty()
    }

    /// Whether an assertion is about the empty output, which then is an answer like any other.
    pub fn ask_for_emptiness(&self) -> bool {
        self.ask(&|check| check.asks_for_emptiness())
    }

    /// Whether an assertion is about how the generation ended, so that a cut answer is one like any other.
    pub fn ask_for_the_end(&self) -> bool {
        self.ask(&|check| check.asks_for_the_end())
    }

    /// Whether an assertion is about the time that the answer took. Then an answer of an earlier run does not do.
    pub fn ask_for_the_time(&self) -> bool {
        self.ask(&|check| check.asks_for_the_time())
    }

    /// Whether an assertion is about what the call cost.
    pub fn ask_for_the_cost(&self) -> bool {
        self.ask(&|check| check.asks_for_the_cost())
    }

    fn ask(&self, asks: &dyn Fn(&dyn Check) -> bool) -> bool {
        self.assertions.iter().any(|assertion| match &assertion.body {
            Body::Check(check) => check.as_deref().is_ok_and(asks),
            Body::Set(set) => set.ask(asks),
        })
    }
}

impl Compiled {
    fn new(assertion: Assertion, render: Render<'_>, body: Body) -> Self {
        let inverted = assertion.assertion_type.starts_with("not-");
        // A name that cannot be rendered stands as it is written; one that is empty names nothing.
        let metric = assertion.metric.map(|metric| {
            let rendered = render(&Value::from(metric.as_str())).ok();
            rendered.and_then(|rendered| rendered.as_str().map(str::to_owned)).unwrap_or(metric)
        });
        Self {
            assertion_type: assertion.assertion_type,
            inverted,
            weight: assertion.weight,
            metric: metric.filter(|metric| !metric.is_empty()),
            body,
        }
    }

    fn outcome(&self, answer: &Answer<'_>) -> Outcome {
        match &self.body {
            Body::Check(Ok(check)) => self.outcome_of(check.check(answer)),
            Body::Check(Err(reason)) => self.outcome_of(Finding::Unknown(reason.clone())),
            Body::Set(set) => self.outcome_of_set(set.judge(answer), set.threshold),
        }
    }

    fn outcome_of(&self, finding: Finding) -> Outcome {
        let (found, mut fact) = match finding {
            Finding::Holds(fact) => self.turned(true, fact),
            Finding::HoldsNot(fact) => self.turned(false, fact),
            Finding::Fails(reason) => (Verdict::Fail, Fact::new(reason)),
            Finding::Unknown(reason) => (Verdict::Error, Fact::new(reason)),
        };
        let score = if found == Verdict::Pass { fact.score.unwrap_or(1.0) } else { 0.0 };
        // Weight 0 shows what was found and never fails.
        let verdict = if self.weight == 0.0 && found == Verdict::Fail { Verdict::Pass } else { found };
        if verdict != found {
            fact.reason.push_str(" It has weight 0 and does not count.");
        }
        Outcome {
            assertion_type: self.assertion_type.clone(),
            verdict,
            score,
            weight: self.weight,
            metric: self.metric.clone(),
            reason: fact.reason,
            expected: fact.expected,
            actual: fact.actual,
            outcomes: Vec::new(),
        }
    }

    /// Unlike that of a single assertion, the failure of a set counts whatever its weight, as promptfoo has it.
    fn outcome_of_set(&self, judgement: Judgement, threshold: Option<f64>) -> Outcome {
        // For promptfoo no assertion of an empty set failed, and its score is 0.
        let reached = threshold.is_none_or(|threshold| threshold <= 0.0);
        let verdict = judgement.verdict.unwrap_or(if reached { Verdict::Pass } else { Verdict::Fail });
        let reason = if judgement.verdict.is_none() { "The set is empty.".into() } else { judgement.reason };
        Outcome {
            assertion_type: self.assertion_type.clone(),
            verdict,
            score: judgement.score.unwrap_or(0.0),
            weight: self.weight,
            metric: self.metric.clone(),
            reason,
            expected: None,
            actual: None,
            outcomes: judgement.outcomes,
        }
    }

    /// The verdict on a fact, turned round behind `not-`.
    fn turned(&self, holds: bool, mut fact: Fact) -> (Verdict, Fact) {
        let passes = holds != self.inverted;
        if self.inverted {
            let asked = if passes { "that" } else { "the opposite" };
            fact.reason = format!("{} {} asks for {asked}.", fact.reason, self.assertion_type);
        }
        (if passes { Verdict::Pass } else { Verdict::Fail }, fact)
    }
}
