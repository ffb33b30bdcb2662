//! The test cases of a suite.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod restore;
