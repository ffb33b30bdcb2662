//! The versions of a card.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod save;
