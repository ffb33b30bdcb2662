//! Members of a workspace.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod remove;
