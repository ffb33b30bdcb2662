//! Model servers and their models.

pub(crate) mod list;
pub(crate) mod providers;
