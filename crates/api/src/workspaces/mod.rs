//! Workspaces.

pub(crate) mod create;
pub(crate) mod enter;
pub(crate) mod list;
pub(crate) mod rename;
