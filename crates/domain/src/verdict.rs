//! Verdicts: what a cell's assertions add up to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::run::UnknownWord;

/// What is known of an output. Only `pass` and `fail` count in a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It satisfies what was asked.
    Pass,
    /// It does not.
    Fail,
    /// We could not find out.
    Error,
    /// The answer cannot be judged: empty, cut off, or its prompt was.
    Invalid,
}

impl Verdict {
    /// The word that stands in the database, the API and the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Invalid => "invalid",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "pass" => Ok(Self::Pass),
            "fail" => Ok(Self::Fail),
            "error" => Ok(Self::Error),
            "invalid" => Ok(Self::Invalid),
            _ => Err(UnknownWord::of(word)),
        }
    }
}

/// The result of one assertion on one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// The assertion's type, with `not-` where it has it.
    #[serde(rename = "type")]
    pub assertion_type: String,
    /// `pass`, `fail`, or `error` where the assertion itself could not be evaluated.
    pub verdict: Verdict,
    /// 0 to 1.
    pub score: f64,
    /// How much it counts.
    pub weight: f64,
    /// The name under which its score is collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metric: Option<String>,
    /// The sentence that says why.
    pub reason: String,
    /// What was compared with the output, after rendering, where there is such a thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expected: Option<String>,
    /// What was found in the output, where that is shorter than the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub actual: Option<String>,
    /// What the assertions of an `assert-set` found, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub outcomes: Vec<Outcome>,
}

/// What the assertions with one `metric` add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MetricScore {
    /// The name.
    pub metric: String,
    /// Weighted mean of the scores of its assertions, 0 to 1; 0 where all weights are 0.
    pub score: f64,
    /// Sum of the weights: how much the score counts in the mean of several cells.
    pub weight: f64,
}

/// Most metrics that cells are added up under.
pub const METRICS_LIMIT: usize = 100;
/// Most letters of a metric's name there; what follows is left out.
const METRIC_NAME_LIMIT: usize = 200;

/// What the scores of one metric add up to over cells.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricSum {
    /// The name.
    pub metric: String,
    /// Sum of the scores, each times its weight.
    pub sum: f64,
    /// Sum of the weights.
    pub weight: f64,
    /// How many cells have the metric.
    pub cells: i64,
}

impl MetricSum {
    /// Adds the scores of a cell to the sums of several. Beyond [`METRICS_LIMIT`] names, further ones are left out.
    pub fn add(sums: &mut Vec<Self>, scores: &[MetricScore]) {
        for score in scores {
            let name: String = score.metric.chars().take(METRIC_NAME_LIMIT).collect();
            let known = sums.iter().position(|sum| sum.metric == name);
            let place = match known {
                Some(place) => place,
                None if sums.len() == METRICS_LIMIT => continue,
                None => {
                    sums.push(Self { metric: name, ..Self::default() });
                    sums.len() - 1
                }
            };
            sums[place].sum += score.score * score.weight;
            sums[place].weight += score.weight;
            sums[place].cells += 1;
        }
    }

    /// The weighted mean of the scores, 0 where all weights are 0.
    pub fn mean(&self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}

/// What the assertions of a cell add up to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Judgement {
    /// None: nothing was asked of the output.
    pub verdict: Option<Verdict>,
    /// Weighted mean of the scores, 0 to 1. None unless the verdict is `pass` or `fail`.
    pub score: Option<f64>,
    /// Why: the sentence of the assertion that decided, or of the threshold. Empty where there is no verdict.
    pub reason: String,
    /// What each assertion found, in the order of the case.
    pub outcomes: Vec<Outcome>,
    /// The score of each metric, in the order in which they come up. None unless the verdict is `pass` or `fail`.
    pub metric_scores: Vec<MetricScore>,
}
