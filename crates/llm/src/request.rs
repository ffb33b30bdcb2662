//! What a model is asked.

use domain::card::{Message, ModelParameters};

/// One model call.
#[derive(Debug, Clone, Copy)]
pub struct ChatRequest<'a> {
    /// The model's name, as the provider lists it.
    pub model: &'a str,
    /// The rendered messages.
    pub messages: &'a [Message],
    /// Parameters, those of card, run and model already laid over each other.
    pub parameters: &'a ModelParameters,
    /// Seed of this call. It goes before the one in `parameters`.
    pub seed: Option<i64>,
}

impl ChatRequest<'_> {
    /// The seed that the call is made with.
    pub fn effective_seed(&self) -> Option<i64> {
        self.seed.or(self.parameters.seed)
    }
}
