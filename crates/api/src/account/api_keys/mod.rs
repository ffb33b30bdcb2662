//! The API keys of one's own account.

pub(crate) mod budget;
pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
