//! Every SQL statement of the product, and the one place that runs them.
//!
//! To add a table: a migration in `migrations/`, a file here with the table's name, and in it plain functions
//! that take `&mut Conn`. Callers wrap them: `store.write(move |conn| cards::insert(conn, &card))`.

pub mod answer_cache;
mod answer_file;
pub mod api_keys;
pub mod audit;
pub mod audit_keys;
mod batch;
pub mod budgets;
mod call;
mod card_changes;
pub mod card_lists;
pub mod card_search;
pub mod cards;
pub mod cell_results;
pub mod cells;
mod conn;
pub mod contacted_hosts;
pub mod copy;
pub mod data_keys;
pub mod denied_tokens;
pub mod drafts;
pub mod endpoints;
pub mod erasure;
mod error;
mod health;
pub mod idempotency;
pub mod imports;
pub mod instances;
pub mod labels;
pub mod members;
mod migration;
pub mod models;
pub mod one_time_links;
#[cfg(test)]
mod plans;
mod postgres;
mod readers;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod removals;
mod row;
pub mod run_columns;
pub mod run_events;
pub mod run_inputs;
pub mod run_lists;
pub mod runs;
pub mod saved_providers;
pub mod sessions;
mod settings;
mod shrink;
pub mod sign_in_failures;
pub mod signing_keys;
mod sql;
mod sqlite;
mod store;
pub mod suites;
pub mod test_cases;
mod threads;
mod trouble;
pub mod users;
mod value;
pub mod versions;
pub mod workspaces;

pub use answer_file::{AnswerFile, KeptAnswer};
pub use conn::Conn;
pub use error::{Constraint, Error, Result};
pub use health::{Disk, Facts};
pub use postgres::DatabaseUrl;
pub use row::{ColumnIndex, FromRow, Row};
pub use settings::StoreSettings;
pub use shrink::shrink;
pub use sql::{InsertMany, Sql};
pub use store::Store;
pub use value::{FromColumn, Json, ToValue, Value};
