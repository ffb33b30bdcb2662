//! Model servers and their models, and the health of everything the server depends on.

mod health;
mod providers;

pub use health::{Check, CheckStatus, Health};
pub(crate) use providers::put_providers;
pub use providers::{Model, ModelList, Provider, remedy};
