//! The first account of a server.

pub(crate) mod finish;
pub(crate) mod get;
