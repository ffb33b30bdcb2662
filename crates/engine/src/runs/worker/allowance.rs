//! How many cells the budgets of a run leave to be asked.

use domain::budget::Day;
use store::Conn;
use store::budgets::Payers;

/// What the budgets say to so many more cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// So many of them may be asked now. None: those under way may use up the rest; what they use must be known
    /// first.
    Cells(i64),
    /// None may be asked today any more, for the reason that the sentence gives.
    UsedUp(String),
}

/// What the budgets of a run say to `wanted` more cells, with so many of the workspace and of the API key under way.
///
/// Each cell is one call, unless it is tried again. What it will use in tokens and dollars nobody knows before, so a
/// budget of those is exceeded by what is under way when it is used up.
pub(super) fn read(
    conn: &mut Conn,
    payers: Payers,
    day: Day,
    (of_workspace, of_key): (usize, usize),
    wanted: i64,
) -> store::Result<Allowance> {
    let mut cells = wanted;
    for row in store::budgets::of_payers(conn, payers, day)? {
        let is_key = row.subject != payers.workspace.to_string();
        if let Some(part) = row.budget.used_up(&row.used) {
            let whose = if is_key { "API key" } else { "workspace" };
            return Ok(Allowance::UsedUp(format!(
                "The budget of the {whose} for {day} (UTC), {part}, is used up. Resume the run when there is a new \
                 one, from {}, or when it was raised.",
                day.end()
            )));
        }
        let under_way = i64::try_from(if is_key { of_key } else { of_workspace }).unwrap_or(i64::MAX);
        if let Some(calls) = row.budget.calls {
            cells = cells.min((calls - row.used.calls - under_way).max(0));
        }
    }
    Ok(Allowance::Cells(cells))
}
