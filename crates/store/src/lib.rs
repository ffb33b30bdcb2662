//! Every SQL statement of the product, and the one place that runs them.
//!
//! To add a table: a migration in `migrations/`, a file here with the table's name, and in it plain functions
//! that take `&mut Conn`. Callers wrap them: `store.write(move |conn| cards::insert(conn, &card))`.

pub mod cell_results;
pub mod cells;
mod conn;
mod error;
mod row;
pub mod run_columns;
pub mod runs;
mod sql;
mod value;

pub use conn::Conn;
pub use error::{Constraint, Error, Result};
pub use row::{ColumnIndex, FromRow, Row};
pub use sql::{InsertMany, Sql};
pub use value::{FromColumn, Json, ToValue, Value};
