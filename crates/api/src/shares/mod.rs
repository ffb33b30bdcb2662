//! Shares, as who makes them sees them.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
