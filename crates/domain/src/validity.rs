//! The invalid detector: which answers cannot be judged, because the model had no fair chance.
//!
//! Such an answer must not pass, as an empty one passes `not-contains`, and must not count as a
//! failure of the prompt. Three things make an answer invalid:
//!
//! **Empty.** Nothing but white space and no tool to be called, while the model thought or generated something else: the
//! budget went into thinking, or the answer was cut before it began. An empty answer that the model
//! ended itself, without thinking, is an answer ("say nothing if all is well") and is judged. So
//! is every empty answer of a case that asserts on emptiness.
//!
//! **Cut off.** The server ended the generation (`length`) where no limit was asked for, or
//! earlier than at the limit that was asked for: then the context was full. An answer cut at the
//! limit that was asked for is judged: who asks for one token wants one token. So is every answer of a case that
//! asserts on the finish reason.
//!
//! **Prompt too long.** Ollama cuts a prompt that does not fit, in silence. Two comparisons are sound:
//! - The server evaluated as many tokens of the prompt as the context holds, or more. A prompt that
//!   is cut within a message is cut to just that. The opposite says nothing: older servers do not
//!   count tokens that they find in their prompt cache, so that the count of a long prompt may be small.
//! - Our estimate is at least [`ESTIMATE_MARGIN`] times the context. Ollama drops whole messages from
//!   the front of a chat, after which the count lies anywhere below the context; then only the
//!   estimate tells. It is rough, so that it must be far off before it convicts.
//!
//! A prompt between these two, of several messages and cut by less than the margin, is not found.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::card::ModelParameters;
use crate::completion::Completion;
use crate::verdict::{Judgement, Verdict};

/// How many times the context our estimate must be, so that the prompt surely does not fit.
/// Texts have between 2 and 6 bytes a token, the estimate takes 4.
pub const ESTIMATE_MARGIN: i64 = 2;

/// Why an answer cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvalidCode {
    /// There is no answer, because the budget went elsewhere.
    Empty,
    /// The answer was ended before the model ended it.
    CutOff,
    /// The model did not see the whole prompt.
    PromptTooLong,
}

/// That an answer cannot be judged, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invalid {
    /// The kind of reason.
    pub code: InvalidCode,
    /// The reason in a few words.
    pub reason: String,
}

/// What is known of a call, beside the answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// The parameters of the call, card and run taken together.
    pub parameters: Option<&'a ModelParameters>,
    /// Tokens of context with which the server has loaded the model, where it says so.
    pub loaded_context: Option<i64>,
    /// Tokens of context that the model has at most, where that is known.
    pub model_context: Option<i64>,
    /// Our estimate of the prompt's tokens, see [`estimated_tokens`].
    pub estimated_prompt_tokens: Option<i64>,
    /// Whether the case asserts on the empty output.
    pub asks_for_emptiness: bool,
    /// Whether the case asserts on the reason for which the generation ended.
    pub asks_for_the_end: bool,
}

/// An estimate of the tokens of a text of so many bytes: 4 bytes a token.
pub fn estimated_tokens(bytes: usize) -> i64 {
    i64::try_from(bytes.div_ceil(4)).unwrap_or(i64::MAX)
}

impl Circumstances<'_> {
    /// The context that the prompt had to fit into: what is loaded, else what was asked for, else
    /// the most that the model can have.
    fn context(&self) -> Option<i64> {
        let asked = self.parameters.and_then(|parameters| parameters.num_ctx);
        self.loaded_context.or(asked).or(self.model_context).filter(|context| *context > 0)
    }

    /// The most tokens of answer that were asked for. Ollama takes negative numbers for no limit.
    fn limit(&self) -> Option<i64> {
        let parameters = self.parameters?;
        let option = |name: &str| parameters.options.get(name).and_then(serde_json::Value::as_i64);
        let by_option =
            || ["num_predict", "max_tokens", "max_completion_tokens"].into_iter().find_map(option);
        parameters.num_predict.or_else(by_option).filter(|limit| *limit > 0)
    }

    fn prompt_too_long(&self, completion: &Completion) -> Option<Invalid> {
        let context = self.context()?;
        let evaluated = completion.usage.prompt_tokens.filter(|tokens| *tokens >= context);
        let estimated =
            self.estimated_prompt_tokens.filter(|tokens| *tokens >= context.saturating_mul(ESTIMATE_MARGIN));
        let reason = match (evaluated, estimated) {
            (_, Some(estimated)) => {
                format!(
                    "Prompt too long: about {} tokens, the context holds {}",
                    grouped(estimated),
                    grouped(context)
                )
            }
            (Some(_), None) => {
                format!("Prompt too long: it fills the context of {} tokens", grouped(context))
            }
            (None, None) => return None,
        };
        Some(Invalid { code: InvalidCode::PromptTooLong, reason })
    }

    fn empty(&self, completion: &Completion) -> Option<Invalid> {
        let says_something = !completion.content.trim().is_empty() || !completion.tool_calls.is_empty();
        if self.asks_for_emptiness || says_something {
            return None;
        }
        let thought = completion.thinking.as_ref().is_some_and(|thinking| !thinking.trim().is_empty());
        let generated = completion.usage.completion_tokens.filter(|tokens| *tokens > 0);
        let reason = match (thought, was_cut(completion), generated) {
            (true, true, _) => "Empty: budget went into thinking".into(),
            (true, false, _) => "Empty: the model thought and gave no answer".into(),
            (false, true, Some(tokens)) => {
                format!("Empty: cut off after {} tokens, before any answer", grouped(tokens))
            }
            (false, true, None) => "Empty: cut off before any answer".into(),
            (false, false, _) => return None,
        };
        Some(Invalid { code: InvalidCode::Empty, reason })
    }

    fn cut_off(&self, completion: &Completion) -> Option<Invalid> {
        if self.asks_for_the_end || !was_cut(completion) {
            return None;
        }
        let generated = completion.usage.completion_tokens;
        let at_the_limit =
            self.limit().is_some_and(|limit| generated.is_none_or(|generated| generated >= limit));
        if at_the_limit {
            return None;
        }
        let reason = match generated {
            Some(tokens) => format!("Cut off at {} tokens", grouped(tokens)),
            None => "Cut off".into(),
        };
        Some(Invalid { code: InvalidCode::CutOff, reason })
    }
}

/// Whether the server ended the generation: `length` the word of Ollama and most others.
fn was_cut(completion: &Completion) -> bool {
    completion.finish_reason.as_deref() == Some("length")
}

/// A count with commas between thousands.
fn grouped(tokens: i64) -> String {
    crate::assertion::thousands(usize::try_from(tokens).unwrap_or(0))
}

/// Says whether and why the answer cannot be judged.
pub fn detect(completion: &Completion, circumstances: &Circumstances<'_>) -> Option<Invalid> {
    circumstances
        .prompt_too_long(completion)
        .or_else(|| circumstances.empty(completion))
        .or_else(|| circumstances.cut_off(completion))
}

impl Judgement {
    /// The judgement of an answer that cannot be judged. The outcomes stay, to be looked at. Where
    /// nothing was asked of the output there is still no verdict.
    ///
    /// A call that failed has no answer and does not come here: its cell is an error.
    #[must_use]
    pub fn overruled_by(self, invalid: &Invalid) -> Self {
        if self.verdict.is_none() {
            return self;
        }
        Self {
            verdict: Some(Verdict::Invalid),
            score: None,
            reason: invalid.reason.clone(),
            metric_scores: Vec::new(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::completion::{ToolCall, Usage};

    fn answer(content: &str, thinking: Option<&str>, finish: &str, tokens: [i64; 2]) -> Completion {
        Completion {
            content: content.into(),
            thinking: thinking.map(Into::into),
            finish_reason: Some(finish.into()),
            usage: Usage { prompt_tokens: Some(tokens[0]), completion_tokens: Some(tokens[1]) },
            ..Completion::default()
        }
    }

    fn with(parameters: serde_json::Value) -> ModelParameters {
        serde_json::from_value(parameters).unwrap()
    }

    fn reason(completion: &Completion, circumstances: &Circumstances<'_>) -> Option<String> {
        detect(completion, circumstances).map(|invalid| invalid.reason)
    }

    #[test]
    fn an_empty_answer_is_invalid_where_the_budget_went_elsewhere() {
        let none = Circumstances::default();
        let limited = with(json!({"num_predict": 2048}));
        let limited = Circumstances { parameters: Some(&limited), ..none };
        let table = [
            (answer("", Some("hm"), "length", [9, 2048]), none, Some("Empty: budget went into thinking")),
            (
                answer(" \n", Some("hm"), "length", [9, 2048]),
                limited,
                Some("Empty: budget went into thinking"),
            ),
            (
                answer("", Some("hm"), "stop", [9, 40]),
                none,
                Some("Empty: the model thought and gave no answer"),
            ),
            (
                answer("", None, "length", [9, 2048]),
                limited,
                Some("Empty: cut off after 2,048 tokens, before any answer"),
            ),
            (answer("", None, "stop", [9, 1]), none, None),
            (answer("", Some(""), "stop", [9, 1]), none, None),
            (answer("yes", Some("hm"), "stop", [9, 90]), none, None),
        ];
        for (completion, circumstances, expected) in table {
            assert_eq!(reason(&completion, &circumstances).as_deref(), expected, "{completion:?}");
        }
    }

    #[test]
    fn an_answer_that_only_asks_for_tools_is_an_answer() {
        let mut calls = answer("", Some("hm"), "stop", [9, 40]);
        assert!(reason(&calls, &Circumstances::default()).is_some());
        calls.tool_calls = vec![ToolCall { name: "weather".into(), ..ToolCall::default() }];
        assert_eq!(reason(&calls, &Circumstances::default()), None);
    }

    #[test]
    fn an_empty_answer_is_judged_where_the_case_asks_for_it() {
        let asked = Circumstances { asks_for_emptiness: true, ..Circumstances::default() };
        assert_eq!(reason(&answer("", Some("hm"), "stop", [9, 40]), &asked), None);
    }

    #[test]
    fn a_cut_answer_is_invalid_unless_the_limit_was_asked_for() {
        let cut = answer("He runs 3", None, "length", [9, 400]);
        let table = [
            (json!({}), Some("Cut off at 400 tokens")),
            (json!({"num_predict": 400}), None),
            (json!({"options": {"max_tokens": 400}}), None),
            (json!({"num_predict": 4000}), Some("Cut off at 400 tokens")),
            (json!({"num_predict": -1}), Some("Cut off at 400 tokens")),
        ];
        for (parameters, expected) in table {
            let parsed = with(parameters.clone());
            let circumstances = Circumstances { parameters: Some(&parsed), ..Circumstances::default() };
            assert_eq!(reason(&cut, &circumstances).as_deref(), expected, "{parameters}");
        }
        assert_eq!(reason(&answer("He runs 3.", None, "stop", [9, 400]), &Circumstances::default()), None);
    }

    #[test]
    fn a_cut_answer_is_judged_where_the_case_asks_how_it_ended() {
        let asked = Circumstances { asks_for_the_end: true, ..Circumstances::default() };
        assert_eq!(reason(&answer("He runs 3", None, "length", [9, 400]), &asked), None);
        let empty = answer("", Some("hm"), "length", [9, 400]);
        assert_eq!(reason(&empty, &asked).as_deref(), Some("Empty: budget went into thinking"));
    }

    #[test]
    fn a_prompt_that_does_not_fit_is_found_by_count_or_by_estimate() {
        let small = with(json!({"num_ctx": 4096}));
        let small = Circumstances {
            parameters: Some(&small),
            model_context: Some(131_072),
            ..Circumstances::default()
        };
        let table = [
            ("the count fills the context", small, 4096, None, true),
            ("the count does not", small, 4095, None, false),
            ("a cached prompt has a small count", small, 3, Some(4000), false),
            ("the estimate is rough", small, 3900, Some(5000), false),
            ("the estimate is far beyond", small, 3, Some(8192), true),
            (
                "what is loaded counts",
                Circumstances { loaded_context: Some(8192), ..small },
                4096,
                None,
                false,
            ),
            ("nothing is known", Circumstances::default(), 1_000_000, Some(1_000_000), false),
        ];
        for (what, circumstances, counted, estimated_prompt_tokens, found) in table {
            let completion = answer("fine", None, "stop", [counted, 5]);
            let circumstances = Circumstances { estimated_prompt_tokens, ..circumstances };
            let code = detect(&completion, &circumstances).map(|invalid| invalid.code);
            assert_eq!(code, found.then_some(InvalidCode::PromptTooLong), "{what}");
        }
    }

    #[test]
    fn invalid_overrules_verdicts_and_makes_none_where_there_is_none() {
        let judgement =
            |verdict| Judgement { verdict, score: Some(1.0), reason: "fine".into(), ..Judgement::default() };
        let invalid = Invalid { code: InvalidCode::CutOff, reason: "Cut off at 400 tokens".into() };
        for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Error] {
            let overruled = judgement(Some(verdict)).overruled_by(&invalid);
            assert_eq!((overruled.verdict, overruled.score), (Some(Verdict::Invalid), None));
            assert_eq!(overruled.reason, "Cut off at 400 tokens");
        }
        assert_eq!(judgement(None).overruled_by(&invalid), judgement(None));
    }

    #[test]
    fn four_bytes_are_a_token() {
        assert_eq!(estimated_tokens(0), 0);
        assert_eq!(estimated_tokens(4097), 1025);
    }
}
