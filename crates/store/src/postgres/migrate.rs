//! Brings a database of the server to the schema of this program.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Address, Claim, Session};
use crate::conn::Isolation;
use crate::migration::{self, Applied, Migration};
use crate::{Conn, Error, Result, Sql, copy};

/// Every step, in order of its number.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "initial", sql: include_str!("../../migrations/postgres/0001_initial.sql") },
    Migration { number: 2, name: "secrets", sql: include_str!("../../migrations/postgres/0002_secrets.sql") },
    Migration { number: 3, name: "imports", sql: include_str!("../../migrations/postgres/0003_imports.sql") },
    Migration { number: 4, name: "people", sql: include_str!("../../migrations/postgres/0004_people.sql") },
    Migration { number: 5, name: "limits", sql: include_str!("../../migrations/postgres/0005_limits.sql") },
    Migration { number: 6, name: "audit", sql: include_str!("../../migrations/postgres/0006_audit.sql") },
    Migration {
        number: 7,
        name: "outbound",
        sql: include_str!("../../migrations/postgres/0007_outbound.sql"),
    },
    Migration { number: 8, name: "shares", sql: include_str!("../../migrations/postgres/0008_shares.sql") },
];

/// Servers before lack what the statements need.
const OLDEST_SERVER: i64 = 130_000;
/// A step may build a table anew.
const LIMIT: Duration = Duration::from_mins(30);

const VERSION: Sql = Sql::new("SELECT CAST(current_setting('server_version_num') AS BIGINT)");
/// Servers that start at once apply the steps one after the other.
const LOCK: Sql = Sql::new("SELECT 1 FROM (SELECT pg_advisory_xact_lock(5783123466)) AS taken");
const OURS: Sql = Sql::new("SELECT to_regclass('migrations') IS NOT NULL");
const TABLES: Sql =
    Sql::new("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema()");
const APPLIED: Sql = Sql::new("SELECT number, name, checksum FROM migrations ORDER BY number");
const APPLY: Sql = Sql::new("INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)");
/// When a step was applied is bookkeeping that no rule of the product reads: the database's own time will do.
const TABLE: &str = "CREATE TABLE migrations (
    number     BIGINT PRIMARY KEY,
    name       TEXT COLLATE \"C\" NOT NULL,
    checksum   TEXT COLLATE \"C\" NOT NULL,
    applied_at BIGINT NOT NULL DEFAULT (CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))
)";

/// Applies what the database lacks, all of it or nothing.
pub(crate) fn migrate(address: &Arc<Address>) -> Result<()> {
    let mut conn = Conn::postgres(Session::new(Arc::clone(address), LIMIT, Claim::Shared)?);
    begin(&mut conn, &address.shown)?;
    if !conn.query_one::<bool>(OURS, &[])? {
        make(&mut conn, &address.shown)?;
    }
    apply(&mut conn)?;
    copy::refuse_unfinished(&mut conn)?;
    conn.commit()
}

/// Makes the schema in an empty database, where `create` says so. Refuses one of an older schema.
pub(crate) fn require_current(conn: &mut Conn, shown: &str, create: bool) -> Result<()> {
    begin(conn, shown)?;
    if !conn.query_one::<bool>(OURS, &[])? {
        if !create {
            return Err(refusal(shown, "it holds no tables of Promptcards"));
        }
        make(conn, shown)?;
        apply(conn)?;
    }
    let applied: Vec<Applied> = conn.query_all(APPLIED, &[])?;
    migration::none_pending(MIGRATIONS, migration::pending(&applied, MIGRATIONS)?)?;
    conn.commit()
}

/// Begins a transaction that no other start is in.
fn begin(conn: &mut Conn, shown: &str) -> Result<()> {
    conn.begin(Isolation::Guarded)?;
    let version: i64 = conn.query_one(VERSION, &[])?;
    if version < OLDEST_SERVER {
        return Err(refusal(shown, "the server is older than PostgreSQL 13"));
    }
    conn.query_one::<i64>(LOCK, &[]).map(drop)
}

fn make(conn: &mut Conn, shown: &str) -> Result<()> {
    if conn.query_one::<i64>(TABLES, &[])? > 0 {
        return Err(refusal(shown, "it holds tables of another program"));
    }
    conn.script("migrations", TABLE)
}

fn apply(conn: &mut Conn) -> Result<()> {
    let applied: Vec<Applied> = conn.query_all(APPLIED, &[])?;
    for step in migration::pending(&applied, MIGRATIONS)? {
        conn.script(step.name, step.sql)?;
        conn.execute(APPLY, &[&step.number, &step.name, &step.checksum()])?;
        tracing::info!(number = step.number, name = step.name, "applied a migration");
    }
    Ok(())
}

fn refusal(shown: &str, reason: &str) -> Error {
    Error::NotOurs { path: PathBuf::from(shown), reason: reason.to_owned() }
}
