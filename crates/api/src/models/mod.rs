//! Model servers and their models.

pub(crate) mod delete;
pub(crate) mod diagnose;
pub(crate) mod list;
pub(crate) mod pulls;
