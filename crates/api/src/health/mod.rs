//! Whether the server lives, and whether it can work.

pub(crate) mod close_breaker;
pub(crate) mod livez;
pub(crate) mod open_breaker;
pub(crate) mod readyz;
pub(crate) mod report;
