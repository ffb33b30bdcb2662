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
    match (filter.card, filter.state) {
        (None, None) => conn.query_all(ALL, &[&workspace, &before, &filter.limit]),
        (None, Some(state)) => in_state(state)
            .map_or(Ok(Vec::new()), |list| conn.query_all(list, &[&workspace, &before, &filter.limit])),
        (Some(card), _) => conn.query_all(OF_CARD, &[&workspace, &before, &filter.limit, &card, &state]),
    }
}

/// The runs in a state. The word stands in the statement: a plan that is made for all states walks all runs to find
/// one that few are in. None: nobody sees runs in it.
fn in_state(state: RunState) -> Option<Sql> {
    macro_rules! list {
        ($state:literal) => {
            Sql::new(concat!(
                run_columns!(),
                "WHERE state = '",
                $state,
                "' AND workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
            ))
        };
    }
    match state {
        RunState::Queued => Some(const { list!("queued") }),
        RunState::Running => Some(const { list!("running") }),
        RunState::Paused => Some(const { list!("paused") }),
        RunState::Cancelled => Some(const { list!("cancelled") }),
        RunState::Finished => Some(const { list!("finished") }),
        RunState::Preparing | RunState::Removing => None,
    }
}

/// Mean latency in milliseconds and number of answered cells of a model, over the latest 50 runs that have it.
/// None where it was never asked.
pub fn model_history(conn: &mut Conn, provider: &str, model: &str) -> Result<Option<(i64, i64)>> {
    // Of each run by itself: joined, PostgreSQL reads the columns of all runs.
    macro_rules! of_run {
        ($sum:literal) => {
            concat!(
                "CAST(SUM((SELECT SUM(c.",
                $sum,
                ") FROM run_columns c WHERE c.run_id = m.run_id AND c.position >= m.position * m.versions \
                 AND c.position < (m.position + 1) * m.versions)) AS BIGINT)"
            )
        };
    }
    const HISTORY: Sql = Sql::new(concat!(
        "SELECT ",
        of_run!("latency_ms"),
        ", ",
        of_run!("answered"),
        " FROM (SELECT run_id, position, (SELECT versions FROM runs WHERE id = run_id) AS versions \
         FROM run_models WHERE provider = $1 AND name = $2 ORDER BY run_id DESC LIMIT 50) m"
    ));
    let (latency, answered): (Option<i64>, Option<i64>) = conn.query_one(HISTORY, &[&provider, &model])?;
    Ok(match (latency, answered) {
        (Some(latency), Some(answered)) if answered > 0 => Some((latency / answered, answered)),
        _ => None,
    })
}
