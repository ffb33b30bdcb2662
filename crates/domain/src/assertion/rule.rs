//! What a type of assertion must say: how it is described, checked on saving, compiled and run.

use serde_json::Value;

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueNeed};
use super::judge::Judge;
use crate::test_case::Assertion;

/// A type of assertion. `not-` is none of its business.
pub(super) trait Rule: Sync {
    /// The type's name, without `not-`.
    fn name(&self) -> &'static str;

    /// Whether a value must be given.
    fn need(&self) -> ValueNeed;

    /// The description.
    fn describe(&self) -> AssertionType;

    /// What is wrong with the assertion, beyond what the description says already.
    fn problems(&self, assertion: &Assertion) -> Vec<Problem>;

    /// Why the assertion holds for every output there is, if it does.
    fn holds_always(&self, _assertion: &Assertion) -> Option<String> {
        None
    }

    /// Prepares the assertion of one case, or says in a sentence why it cannot be evaluated.
    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String>;
}

/// An assertion of a case, ready to be compiled.
pub(super) struct Input<'a> {
    /// The assertion as it is written.
    pub(super) assertion: &'a Assertion,
    /// Its value, rendered; the expected output where the type takes that instead.
    pub(super) value: Option<Value>,
    /// Where compiled patterns and schemas are kept.
    pub(super) judge: &'a Judge,
}

/// An assertion that can be held against outputs.
pub(super) trait Check: Send + Sync {
    /// Looks at one answer.
    fn check(&self, answer: &Answer<'_>) -> Finding;

    /// Whether it tells the empty output from all others, so that an empty output is an answer.
    fn asks_for_emptiness(&self) -> bool {
        false
    }

    /// Whether it is about the end of the generation, so that an answer that was cut off is an answer.
    fn asks_for_the_end(&self) -> bool {
        false
    }

    /// Whether it is about the time that the answer took, which only a call of now can tell.
    fn asks_for_the_time(&self) -> bool {
        false
    }

    /// Whether it is about what the call cost.
    fn asks_for_the_cost(&self) -> bool {
        false
    }
}

/// What a check found, before `not-` turns it round.
pub(super) enum Finding {
    /// It is as asked.
    Holds(Fact),
    /// It is not.
    HoldsNot(Fact),
    /// It fails with and without `not-`.
    Fails(String),
    /// It could not be found out.
    Unknown(String),
}

/// A fact about an output.
#[derive(Default)]
pub(super) struct Fact {
    /// The fact in a sentence.
    pub(super) reason: String,
    pub(super) expected: Option<String>,
    pub(super) actual: Option<String>,
    /// The score, where that of a pass is not 1.
    pub(super) score: Option<f64>,
}

impl Fact {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn actual(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    pub(super) fn score(mut self, score: f64) -> Self {
        self.score = Some(score);
        self
    }
}

impl Finding {
    /// The fact, as one that holds or one that does not.
    pub(super) fn of(holds: bool, fact: Fact) -> Self {
        if holds { Self::Holds(fact) } else { Self::HoldsNot(fact) }
    }
}
