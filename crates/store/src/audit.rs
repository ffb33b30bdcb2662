//! The audit log: lines that are appended in the closure of what they tell of, and never changed.

use domain::audit::{Checkpoint, Entry, NO_HASH, Record};
use domain::clock::Millis;

use crate::{Conn, FromRow, Result, Row, Sql};

macro_rules! columns {
    () => {
        "seq, at, actor_kind, actor, credential, address, action, workspace_id, object, outcome, request, detail, \
         prev_hash, hash"
    };
}

impl FromRow for Record {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            actor_kind: row.get(2)?,
            actor: row.get(3)?,
            credential: row.get(4)?,
            address: row.get(5)?,
            action: row.get(6)?,
            workspace: row.get(7)?,
            object: row.get(8)?,
            outcome: row.get(9)?,
            request: row.get(10)?,
            detail: row.get(11)?,
            prev_hash: row.get(12)?,
            hash: row.get(13)?,
        })
    }
}

impl FromRow for Checkpoint {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { seq: row.get(0)?, hash: row.get(1)?, at: row.get(2)?, signature: row.get(3)? })
    }
}

/// Writes down what this closure does, and returns the number of the line. Where the closure fails, nothing is written
/// and the number is not used.
///
/// Nobody else appends until this transaction ends, so it belongs at the end of a closure.
pub fn append(conn: &mut Conn, entry: &Entry) -> Result<i64> {
    const NEXT: Sql = Sql::new(
        "INSERT INTO audit_head (id, seq) VALUES (1, 1) \
         ON CONFLICT (id) DO UPDATE SET seq = audit_head.seq + 1 RETURNING seq",
    );
    // A statement of its own: on a server, the one above may have waited for the line that this one must see.
    const HASH: Sql = Sql::new("SELECT hash FROM audit_log WHERE seq = $1");
    const APPEND: Sql = Sql::new(concat!(
        "INSERT INTO audit_log (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    ));
    let seq: i64 = conn.query_one(NEXT, &[])?;
    // A line that somebody took away is no reason to refuse what follows: verifying will name it.
    let prev_hash: Option<String> = conn.query_opt(HASH, &[&(seq - 1)])?;
    let record = Record::of(entry, seq, prev_hash.as_deref().unwrap_or(NO_HASH));
    conn.execute(
        APPEND,
        &[
            &record.seq,
            &record.at,
            &record.actor_kind,
            &record.actor,
            &record.credential,
            &record.address,
            &record.action,
            &record.workspace,
            &record.object,
            &record.outcome,
            &record.request,
            &record.detail,
            &record.prev_hash,
            &record.hash,
        ],
    )?;
    Ok(seq)
}

/// The number of the last line that was written; 0 before the first.
pub fn last(conn: &mut Conn) -> Result<i64> {
    const LAST: Sql = Sql::new("SELECT seq FROM audit_head");
    Ok(conn.query_opt(LAST, &[])?.unwrap_or(0))
}

/// The lines after a number, oldest first.
pub fn after(conn: &mut Conn, seq: i64, limit: i64) -> Result<Vec<Record>> {
    const AFTER: Sql =
        Sql::new(concat!("SELECT ", columns!(), " FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2"));
    conn.query_all(AFTER, &[&seq, &limit])
}

/// Which lines a list shows. What is absent is not asked for.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// The id of the account.
    pub actor: Option<String>,
    /// The name of the action.
    pub action: Option<String>,
    /// What it was done to, in full.
    pub object: Option<String>,
    /// What came of it.
    pub outcome: Option<String>,
    /// Not before this time.
    pub since: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
    /// Before the line of this number.
    pub below: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// Lines, newest first.
pub fn list(conn: &mut Conn, filter: &AuditFilter) -> Result<Vec<Record>> {
    /// The statement that begins with an index: what is asked for beside is looked at in each row.
    macro_rules! list {
        ($condition:literal) => {
            Sql::new(concat!(
                "SELECT ",
                columns!(),
                " FROM audit_log WHERE ",
                $condition,
                " seq < $1 AND at >= $2 AND at < $3 AND (CAST($4 AS TEXT) IS NULL OR outcome = $4) \
                 AND (CAST($5 AS TEXT) IS NULL OR actor = $5) AND (CAST($6 AS TEXT) IS NULL OR action = $6) \
                 AND (CAST($7 AS TEXT) IS NULL OR object = $7) ORDER BY seq DESC LIMIT $8"
            ))
        };
    }
    const ALL: Sql = list!("");
    const OF_OBJECT: Sql = list!("object = $7 AND");
    const OF_ACTOR: Sql = list!("actor = $5 AND");
    const OF_ACTION: Sql = list!("action = $6 AND");
    let sql = match (&filter.object, &filter.actor, &filter.action) {
        (Some(_), ..) => OF_OBJECT,
        (None, Some(_), _) => OF_ACTOR,
        (None, None, Some(_)) => OF_ACTION,
        (None, None, None) => ALL,
    };
    conn.query_all(
        sql,
        &[
            &filter.below.unwrap_or(i64::MAX),
            &filter.since.unwrap_or(i64::MIN),
            &filter.until.unwrap_or(i64::MAX),
            &filter.outcome,
            &filter.actor,
            &filter.action,
            &filter.object,
            &filter.limit,
        ],
    )
}

/// All checkpoints, oldest first.
pub fn checkpoints(conn: &mut Conn) -> Result<Vec<Checkpoint>> {
    const ALL: Sql = Sql::new("SELECT seq, hash, at, signature FROM audit_checkpoints ORDER BY seq");
    conn.query_all(ALL, &[])
}

/// The last line, where there is no checkpoint of it yet.
pub fn unsigned(conn: &mut Conn) -> Result<Option<(i64, String)>> {
    const UNSIGNED: Sql = Sql::new(
        "SELECT seq, hash FROM audit_log \
         WHERE seq = (SELECT MAX(seq) FROM audit_log) AND seq > (SELECT COALESCE(MAX(seq), 0) FROM audit_checkpoints)",
    );
    conn.query_opt(UNSIGNED, &[])
}

/// Keeps a checkpoint. False: another instance has kept one of the same line.
pub fn keep_checkpoint(conn: &mut Conn, checkpoint: &Checkpoint) -> Result<bool> {
    const KEEP: Sql = Sql::new(
        "INSERT INTO audit_checkpoints (seq, hash, at, signature) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    );
    let Checkpoint { seq, hash, at, signature } = checkpoint;
    Ok(conn.execute(KEEP, &[seq, hash, at, signature])? == 1)
}

/// Removes the oldest lines that are older than a time, up to a checkpoint, about `step` of them, and the checkpoints
/// before it; and writes down that it did, as `entry`. It is the only one that may: the database refuses to delete a
/// line while `removable` does not allow it. Returns how many lines; 0: nothing is due.
pub fn remove_before(conn: &mut Conn, at: Millis, step: i64, entry: &Entry) -> Result<i64> {
    /// The last checkpoint within a step, or else the first one.
    const UP_TO: Sql = Sql::new(
        "SELECT COALESCE((SELECT MAX(seq) FROM audit_checkpoints WHERE at < $1 AND seq > $2 AND seq <= $2 + $3), \
         (SELECT MIN(seq) FROM audit_checkpoints WHERE at < $1 AND seq > $2))",
    );
    const FIRST: Sql = Sql::new("SELECT MIN(seq) FROM audit_log");
    const ALLOW: Sql = Sql::new("UPDATE audit_head SET removable = $1");
    const LINES: Sql = Sql::new("DELETE FROM audit_log WHERE seq <= $1");
    const CHECKPOINTS: Sql = Sql::new("DELETE FROM audit_checkpoints WHERE seq < $1");
    let Some(first) = conn.query_one::<Option<i64>>(FIRST, &[])? else { return Ok(0) };
    let gone = first - 1;
    let Some(up_to) = conn.query_one::<Option<i64>>(UP_TO, &[&at, &gone, &step])? else { return Ok(0) };
    let lines = up_to - gone;
    // First, while the last line is there, which may be among those that go.
    append(conn, &entry.clone().with("up_to", up_to).with("lines", lines))?;
    conn.execute(ALLOW, &[&up_to])?;
    conn.execute(LINES, &[&up_to])?;
    conn.execute(CHECKPOINTS, &[&up_to])?;
    conn.execute(ALLOW, &[&0_i64])?;
    Ok(lines)
}
