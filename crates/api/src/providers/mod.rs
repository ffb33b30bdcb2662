//! Model servers of a workspace.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod endpoints;
pub(crate) mod get;
pub(crate) mod key;
pub(crate) mod list;
