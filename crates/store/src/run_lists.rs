//! Runs as a list shows them, and what all of them say of a model.

use domain::ids::{CardId, RunId, WorkspaceId};
use domain::run::RunState;

use crate::runs::{RunRow, run_columns};
use crate::{Conn, Result, Sql};

/// Which runs a list shows.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only runs of this card.
    pub card: Option<CardId>,
    /// Only runs in this state.
    pub state: Option<RunState>,
    /// Only runs that are older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: i64,
}

/// Runs, newest first.
pub fn list(conn: &mut Conn, workspace: WorkspaceId, filter: &RunFilter) -> Result<Vec<RunRow>> {
    const ALL: Sql = Sql::new(concat!(
        run_columns!(),
        "WHERE workspace_id = $1 AND id < $2 AND state NOT IN ('preparing', 'removing') \
         ORDER BY id DESC LIMIT $3"
    ));
    const IN_STATE: Sql = Sql::new(concat!(
        run_columns!(),
        "WHERE workspace_id = $1 AND id < $2 AND state = $4 AND state NOT IN ('preparing', 'removing') \
         ORDER BY id DESC LIMIT $3"
    ));
    // A run may have several versions of a card; it is listed with the first of them.
    const OF_CARD: Sql = Sql::new(concat!(
        run_columns!(),
        "JOIN run_versions v ON v.run_id = runs.id \
         WHERE v.card_id = $4 AND v.run_id < $2 AND v.position = (SELECT MIN(w.position) FROM run_versions w \
         WHERE w.card_id = v.card_id AND w.run_id = v.run_id) AND runs.workspace_id = $1 \
         AND runs.state NOT IN ('preparing', 'removing') \
         AND (CAST($5 AS TEXT) IS NULL OR runs.state = $5) ORDER BY v.run_id DESC LIMIT $3"
    ));
    // No id is larger: an id that is compared in any case is one that an index begins at.
    let before = filter.before.map_or_else(|| "~".to_owned(), |run| run.to_string());
    let state = filter.state.map(RunState::as_str);
    match (filter.card, state) {
        (None, None) => conn.query_all(ALL, &[&workspace, &before, &filter.limit]),
        (None, Some(state)) => conn.query_all(IN_STATE, &[&workspace, &before, &filter.limit, &state]),
        (Some(card), state) => conn.query_all(OF_CARD, &[&workspace, &before, &filter.limit, &card, &state]),
    }
}

/// Mean latency in milliseconds and number of answered cells of a model, over the latest 50 runs that have it.
/// None where it was never asked.
pub fn model_history(conn: &mut Conn, provider: &str, model: &str) -> Result<Option<(i64, i64)>> {
    const HISTORY: Sql = Sql::new(
        "SELECT CAST(SUM(c.latency_ms) AS BIGINT), CAST(SUM(c.answered) AS BIGINT) \
         FROM (SELECT run_id, position FROM run_models WHERE provider = $1 AND name = $2 \
         ORDER BY run_id DESC LIMIT 50) m JOIN runs r ON r.id = m.run_id \
         JOIN run_columns c ON c.run_id = m.run_id AND c.position >= m.position * r.versions \
         AND c.position < (m.position + 1) * r.versions",
    );
    let (latency, answered): (Option<i64>, Option<i64>) = conn.query_one(HISTORY, &[&provider, &model])?;
    Ok(match (latency, answered) {
        (Some(latency), Some(answered)) if answered > 0 => Some((latency / answered, answered)),
        _ => None,
    })
}
