//! Whether the server lives, and whether it can work.

pub(crate) mod livez;
pub(crate) mod readyz;
pub(crate) mod report;
