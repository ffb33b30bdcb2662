//! Suites and their test cases.

pub(crate) mod cases;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod rename;
