//! The draft of a card.

pub(crate) mod discard;
pub(crate) mod edit;
pub(crate) mod get;
