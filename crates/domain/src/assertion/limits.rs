//! `latency` and `cost`: what the answer took, against a limit.

use serde_json::json;

use super::answer::Answer;
use super::describe::{AssertionType, Problem, ValueDescription, ValueKind, ValueNeed};
use super::rule::{Check, Fact, Finding, Input, Rule};
use crate::test_case::Assertion;

/// One rule, for time and for money.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Latency,
    Cost,
}

impl Rule for Limit {
    fn name(&self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Cost => "cost",
        }
    }

    fn need(&self) -> ValueNeed {
        ValueNeed::None
    }

    fn describe(&self) -> AssertionType {
        let (summary, threshold, example) = match self {
            Self::Latency => (
                "The answer came within the threshold. The model is asked anew, whatever the cache has.",
                "The most milliseconds, from the request sent to the end of the answer. It must be given.",
                json!(5000),
            ),
            Self::Cost => (
                "The call cost no more than the threshold. A provider that names no price is an error.",
                "The most US dollars. It must be given.",
                json!(0.002),
            ),
        };
        AssertionType {
            name: self.name(),
            summary,
            value: ValueDescription {
                kind: ValueKind::None,
                need: self.need(),
                summary: "None; the limit is the threshold.",
                fields: Vec::new(),
            },
            threshold: Some(threshold),
            takes_assertions: false,
            config: Vec::new(),
            example: json!({"type": self.name(), "threshold": example}),
        }
    }

    fn problems(&self, assertion: &Assertion) -> Vec<Problem> {
        match assertion.threshold {
            None => vec![Problem::at("/threshold", self.missing())],
            Some(_) => Vec::new(),
        }
    }

    fn compile(&self, input: &Input<'_>) -> Result<Box<dyn Check>, String> {
        let most = input.assertion.threshold.ok_or_else(|| self.missing())?;
        Ok(Box::new(AtMost { limit: *self, most }))
    }
}

impl Limit {
    fn missing(self) -> String {
        let unit = match self {
            Self::Latency => "milliseconds",
            Self::Cost => "US dollars",
        };
        format!("`{}` needs a threshold: the most {unit}.", self.name())
    }
}

struct AtMost {
    limit: Limit,
    most: f64,
}

impl Check for AtMost {
    #[expect(clippy::cast_precision_loss, reason = "no answer takes 2^52 milliseconds")]
    fn check(&self, answer: &Answer<'_>) -> Finding {
        let unknown = |reason: &str| Finding::Unknown(reason.into());
        let most = self.most;
        let (found, what, actual, expected) = match self.limit {
            Limit::Latency if answer.cached => {
                return unknown(
                    "The answer came from the cache, so that its time says nothing. Run without the cache to judge it.",
                );
            }
            Limit::Latency => match answer.latency_ms {
                None => return unknown("It is not known how long the answer took."),
                Some(ms) => (ms as f64, "took", format!("{ms} ms"), format!("{most} ms")),
            },
            Limit::Cost => match answer.cost_usd {
                None => return unknown("It is not known what the call cost: the provider names no price."),
                Some(usd) => (usd, "cost", format!("${usd}"), format!("${most}")),
            },
        };
        let reason = format!("The answer {what} {actual}. Expected at most {expected}.");
        Finding::of(found <= most, Fact::new(reason).expected(expected).actual(actual))
    }

    fn asks_for_the_time(&self) -> bool {
        self.limit == Limit::Latency
    }

    fn asks_for_the_cost(&self) -> bool {
        self.limit == Limit::Cost
    }
}
