//! Trying assertions on a sample output, before they are saved.

use domain::assertion::Answer;
use domain::completion::Completion;
use domain::test_case::{ASSERTIONS_LIMIT, Assertion, CaseContent};
use domain::verdict::Judgement;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Engine;
use crate::error::{Error, Problem, Result};

/// Assertions, and an output to hold against them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct TryAssertions {
    /// The assertions.
    #[garde(length(max = ASSERTIONS_LIMIT), dive)]
    pub assertions: Vec<Assertion>,
    /// The score from which it passes, if that is asked for.
    #[serde(default)]
    #[garde(skip)]
    pub threshold: Option<f64>,
    /// Values of the variables, for texts that are templates.
    #[serde(default)]
    #[garde(skip)]
    pub variables: Map<String, Value>,
    /// The output that is wanted.
    #[serde(default)]
    #[garde(inner(length(bytes, max = 65536)))]
    pub expected_output: Option<String>,
    /// The output to judge.
    #[garde(length(bytes, max = 1_048_576))]
    pub output: String,
    /// Why the generation ended, for `finish-reason`.
    #[serde(default)]
    #[garde(inner(length(chars, max = 100)))]
    pub finish_reason: Option<String>,
    /// How long the answer took, in milliseconds, for `latency`.
    #[serde(default)]
    #[garde(inner(range(min = 0)))]
    pub latency_ms: Option<i64>,
    /// What the call cost, in US dollars, for `cost`.
    #[serde(default)]
    #[garde(inner(range(min = 0.0)))]
    pub cost_usd: Option<f64>,
}

impl Engine {
    /// Judges a sample output. Nothing is stored, no model is asked.
    pub fn try_assertions(&self, request: TryAssertions) -> Result<Judgement> {
        let case = CaseContent {
            variables: request.variables,
            assertions: request.assertions,
            threshold: request.threshold,
            expected_output: request.expected_output,
            ..CaseContent::default()
        };
        let problems = domain::assertion::validate_case(&case);
        if !problems.is_empty() {
            let problems = problems.into_iter().map(|problem| Problem::at(problem.pointer, problem.message));
            return Err(Error::problems(problems.collect()));
        }
        let judge = domain::assertion::Judge::default();
        let completion = Completion {
            content: request.output,
            finish_reason: request.finish_reason,
            ..Completion::default()
        };
        let answer =
            Answer { latency_ms: request.latency_ms, cost_usd: request.cost_usd, ..Answer::of(&completion) };
        Ok(judge.compile(&case, &case.variables).judge(&answer))
    }
}
