//! One-time links: an invitation, a new password.

pub(crate) mod accept;
pub(crate) mod look;
