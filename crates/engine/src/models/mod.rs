//! Model servers and their models, and the health of everything the server depends on.

mod delete;
mod diagnose;
mod health;
mod providers;
mod pulls;

pub use delete::DeletedModel;
pub use diagnose::{Diagnosis, DiagnosisStep, StepOutcome};
pub use health::{Check, CheckStatus, Health};
pub(crate) use providers::put_providers;
pub use providers::{Model, ModelList, remedy};
pub(crate) use pulls::Pulls;
pub use pulls::{Pull, PullFollower, PullStarted, PullState};
