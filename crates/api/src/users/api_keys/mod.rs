//! The API keys of an account, as admins see and revoke them.

pub(crate) mod list;
pub(crate) mod revoke;
