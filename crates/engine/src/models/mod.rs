//! Model servers and their models.

mod delete;
mod diagnose;
mod providers;
mod pulls;

pub use delete::DeletedModel;
pub use diagnose::{Diagnosis, DiagnosisStep, StepOutcome};
pub(crate) use providers::put_providers;
pub use providers::{Model, ModelList, remedy};
pub(crate) use pulls::Pulls;
pub use pulls::{Pull, PullFollower, PullStarted, PullState};
