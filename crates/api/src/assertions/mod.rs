//! The types of assertions, and trying some.

pub(crate) mod try_assertions;
pub(crate) mod types;
