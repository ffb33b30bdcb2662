//! `PostgreSQL`: several connections, each made, used and dropped on a thread of its own.

mod address;
mod connect;
mod error;
mod link;
mod listener;
pub(crate) mod migrate;
mod session;
mod value;

pub(crate) use address::Address;
pub use address::DatabaseUrl;
pub(crate) use listener::listen;
pub(crate) use session::{Claim, Session};
pub(crate) use value::value;
