//! `SQLite`: one file, one process, one thread that writes.

pub(crate) mod database;
pub(crate) mod files;
mod lock;
pub(crate) mod migrate;
mod refusal;
mod session;

pub(crate) use lock::Lock;
pub(crate) use session::Session;
