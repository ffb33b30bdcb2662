//! The sessions of one's own account.

pub(crate) mod end;
pub(crate) mod end_others;
pub(crate) mod list;
