//! `assert-set`: assertions that count as one, with a threshold of their own.

use serde_json::json;

use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Input, Rule};
use crate::test_case::Assertion;

/// The name of the type.
pub(super) const ASSERT_SET: &str = "assert-set";

/// Its assertions are compiled where those of the case are; see `judge`.
pub(super) struct AssertSet;

impl Rule for AssertSet {
    fn name(&self) -> &'static str {
        ASSERT_SET
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::None
    }

    fn describe(&self) -> AssertionType {
        AssertionType {
            name: self.name(),
            summary: "The assertions in `assert` hold, or reach the threshold of the set together.",
            value: ValueDescription {
                kind: ValueKind::None,
                need: self.need(),
                summary: "None; the assertions stand in `assert`. A set has no sets, and no `not-` before it.",
                fields: Vec::new(),
            },
            threshold: Some("The score from which the set holds, whatever single assertions say."),
            takes_assertions: true,
            config: Vec::new(),
            example: json!({"type": self.name(), "threshold": 0.5, "assert": [
                {"type": "contains", "value": "red"},
                {"type": "contains", "value": "blue"},
            ]}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        let mut problems = Vec::new();
        if assertion.assertion_type != ASSERT_SET {
            problems.push(Problem::at("/type", "A set cannot be inverted. Invert its assertions."));
        }
        if assertion.assert.is_empty() {
            problems.push(Problem::at("/assert", "A set needs assertions, in `assert`."));
        }
        for (index, inner) in assertion.assert.iter().enumerate() {
            if inner.assertion_type.ends_with(ASSERT_SET) {
                let place = format!("/assert/{index}/type");
                problems.push(Problem::at(place, "A set cannot stand in a set."));
            }
        }
        problems
    }

    fn holds_always(&self, assertion: &Assertion) -> Option<String> {
        if let Some(threshold) = assertion.threshold.filter(|threshold| *threshold <= 0.0) {
            return Some(format!("The set holds from the score {threshold} on, which is every score."));
        }
        let always = assertion.threshold.is_none()
            && assertion.assert.iter().all(|inner| super::can_never_fail(inner).is_some());
        always.then(|| "None of its assertions can fail.".into())
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        Err(if input.assertion.assertion_type == ASSERT_SET {
            "A set cannot stand in a set.".into()
        } else {
            "A set cannot be inverted.".into()
        })
    }
}
