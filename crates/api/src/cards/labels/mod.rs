//! The labels of a card.

pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod remove;
