//! What was shared, as who may read it sees it.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod look;
