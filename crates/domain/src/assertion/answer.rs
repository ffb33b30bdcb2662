//! What is judged: an answer, and what is known of the call that brought it.

use crate::completion::Completion;

/// An answer with what judging it takes beyond its text.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The answer.
    pub completion: &'a Completion,
    /// Milliseconds from the request sent to the end of the answer. None: that is not known.
    pub latency_ms: Option<i64>,
    /// Whether it was taken from a cache: then its time says nothing of the model.
    pub cached: bool,
    /// What the call cost, in US dollars. None: that is not known.
    pub cost_usd: Option<f64>,
}

impl<'a> Answer<'a> {
    /// An answer of which nothing is known but what it says itself: neither time nor cost.
    pub fn of(completion: &'a Completion) -> Self {
        Self { completion, latency_ms: None, cached: false, cost_usd: None }
    }

    /// The text that is judged.
    pub(super) fn output(&self) -> &'a str {
        &self.completion.content
    }
}
