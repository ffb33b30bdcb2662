//! One's own account.

pub(crate) mod api_keys;
pub(crate) mod edit;
pub(crate) mod get;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod two_factor;
