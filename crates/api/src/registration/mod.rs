//! Making an account without an invitation, where the settings let anybody.

pub(crate) mod get;
pub(crate) mod register;
