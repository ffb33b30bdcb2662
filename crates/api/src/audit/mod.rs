//! The audit log: read, taken away, verified.

pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod verify;
