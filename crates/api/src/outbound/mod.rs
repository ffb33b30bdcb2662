//! What the server may call, and whom it has called.

pub(crate) mod add;
pub(crate) mod hosts;
pub(crate) mod list;
pub(crate) mod remove;
