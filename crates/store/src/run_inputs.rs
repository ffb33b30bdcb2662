//! What a run was started with: copies of versions, models and cases, so that later edits change nothing.

use std::ops::Range;

use domain::ids::{CardId, CaseId, RunId};

use crate::{Conn, FromRow, InsertMany, Result, Row, Sql};

/// One version of a card, as a run keeps it.
#[derive(Debug, Clone)]
pub struct RunVersion {
    /// The card.
    pub card_id: CardId,
    /// Its slug when the run was started.
    pub slug: String,
    /// Its title when the run was started.
    pub title: String,
    /// The version's number.
    pub number: i64,
    /// The version's content, as JSON.
    pub content: String,
    /// Texts of the included cards by reference, as JSON.
    pub includes: String,
}

impl FromRow for RunVersion {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            card_id: row.get(0)?,
            slug: row.get(1)?,
            title: row.get(2)?,
            number: row.get(3)?,
            content: row.get(4)?,
            includes: row.get(5)?,
        })
    }
}

/// One model, as a run keeps it.
#[derive(Debug, Clone)]
pub struct RunModel {
    /// The provider's name.
    pub provider: String,
    /// The provider's kind.
    pub kind: String,
    /// The model's name.
    pub name: String,
    /// Digest of the model when the run was started.
    pub digest: Option<String>,
    /// Tokens that the model's context can hold, where known.
    pub context_length: Option<i64>,
    /// Whether its answers are simulated.
    pub simulated: bool,
    /// Parameters of the run and of this model, as JSON.
    pub parameters: String,
}

impl FromRow for RunModel {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            provider: row.get(0)?,
            kind: row.get(1)?,
            name: row.get(2)?,
            digest: row.get(3)?,
            context_length: row.get(4)?,
            simulated: row.get(5)?,
            parameters: row.get(6)?,
        })
    }
}

/// One case, as a run keeps it.
#[derive(Debug, Clone)]
pub struct RunCase {
    /// Index of the case in the run.
    pub position: i64,
    /// The case that it was copied from.
    pub case_id: CaseId,
    /// The case's content, as JSON.
    pub content: String,
}

impl FromRow for RunCase {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { position: row.get(0)?, case_id: row.get(1)?, content: row.get(2)? })
    }
}

/// Inserts copies of cases into a run that is being prepared.
pub fn insert_cases(conn: &mut Conn, run: RunId, cases: &[RunCase]) -> Result<()> {
    const CASES: InsertMany<4> =
        InsertMany::new("INSERT INTO run_cases (run_id, position, case_id, content)", "");
    const SIZE: Sql = Sql::new("UPDATE runs SET stored_bytes = stored_bytes + $2 WHERE id = $1");
    conn.insert_many(&CASES, cases, |case| [&run, &case.position, &case.case_id, &case.content])?;
    let bytes: usize = cases.iter().map(|case| case.content.len()).sum();
    conn.execute(SIZE, &[&run, &bytes]).map(drop)
}

/// The contents of these cases of a run, in their order, as JSON.
pub fn case_contents(conn: &mut Conn, run: RunId, positions: Range<i64>) -> Result<Vec<String>> {
    const CONTENTS: Sql = Sql::new(
        "SELECT content FROM run_cases WHERE run_id = $1 AND position >= $2 AND position < $3 ORDER BY position",
    );
    conn.query_all(CONTENTS, &[&run, &positions.start, &positions.end])
}

/// The versions of a run, in their order.
pub fn versions(conn: &mut Conn, run: RunId) -> Result<Vec<RunVersion>> {
    const VERSIONS: Sql = Sql::new(
        "SELECT card_id, slug, title, number, content, includes FROM run_versions WHERE run_id = $1 \
         ORDER BY position",
    );
    conn.query_all(VERSIONS, &[&run])
}

/// The models of a run, in their order.
pub fn models(conn: &mut Conn, run: RunId) -> Result<Vec<RunModel>> {
    const MODELS: Sql = Sql::new(
        "SELECT provider, kind, name, digest, context_length, simulated, parameters FROM run_models \
         WHERE run_id = $1 ORDER BY position",
    );
    conn.query_all(MODELS, &[&run])
}

/// The cases of a run from one index up to, not including, another.
pub fn cases(conn: &mut Conn, run: RunId, from: i64, to: i64) -> Result<Vec<RunCase>> {
    const CASES: Sql = Sql::new(
        "SELECT position, case_id, content FROM run_cases WHERE run_id = $1 AND position >= $2 \
         AND position < $3 ORDER BY position",
    );
    conn.query_all(CASES, &[&run, &from, &to])
}
