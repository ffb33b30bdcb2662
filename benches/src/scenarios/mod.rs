//! What is measured, one file a question.

pub(crate) mod auth;
pub(crate) mod backups;
pub(crate) mod bare_loop;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod idle;
pub(crate) mod imports;
pub(crate) mod label;
pub(crate) mod latency;
pub(crate) mod middleware;
pub(crate) mod outage;
pub(crate) mod overload;
pub(crate) mod peers;
pub(crate) mod peers_eval;
pub(crate) mod pooled;
pub(crate) mod post;
pub(crate) mod run;
pub(crate) mod soak;
pub(crate) mod warm;
