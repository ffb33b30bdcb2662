//! Budgets of workspaces and API keys, and what each has used on a day.

use domain::budget::{Budget, DailyUsage, Day};
use domain::clock::Millis;
use domain::ids::{ApiKeyId, UserId, WorkspaceId};

use crate::{Conn, FromRow, Result, Row, Sql};

/// Who uses what the cells of a run use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payers {
    /// The workspace of the run.
    pub workspace: WorkspaceId,
    /// The API key that started it, if one did.
    pub api_key: Option<ApiKeyId>,
}

impl Payers {
    /// The ids under which budgets and usage of them stand.
    fn subjects(self) -> impl Iterator<Item = String> {
        [Some(self.workspace.to_string()), self.api_key.map(|key| key.to_string())].into_iter().flatten()
    }
}

/// A budget and what has been used of it on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRow {
    /// The workspace or the API key.
    pub subject: String,
    /// What may be used.
    pub budget: Budget,
    /// What has been.
    pub used: DailyUsage,
    /// Who set the budget. None: nobody did, and there is no limit.
    pub set_by: Option<String>,
    /// When it was set.
    pub set_at: Option<Millis>,
}

impl FromRow for BudgetRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            subject: row.get(0)?,
            budget: Budget { calls: row.get(1)?, tokens: row.get(2)?, cost_usd: row.get(3)? },
            used: DailyUsage { calls: row.get(4)?, tokens: row.get(5)?, cost_usd: row.get(6)? },
            set_by: row.get(7)?,
            set_at: row.get(8)?,
        })
    }
}

macro_rules! budget_columns {
    () => {
        "budgets.calls, budgets.tokens, budgets.cost, COALESCE(daily_usage.calls, 0), \
         COALESCE(daily_usage.tokens, 0), COALESCE(daily_usage.cost, 0), budgets.set_by, budgets.set_at "
    };
}

/// The budgets that a run of these payers must keep to, with what has been used of each on the day.
pub fn of_payers(conn: &mut Conn, payers: Payers, day: Day) -> Result<Vec<BudgetRow>> {
    const OF_PAYERS: Sql = Sql::new(concat!(
        "SELECT budgets.subject_id, ",
        budget_columns!(),
        "FROM budgets LEFT JOIN daily_usage ON daily_usage.subject_id = budgets.subject_id \
         AND daily_usage.day = $3 WHERE budgets.subject_id IN ($1, $2)",
    ));
    let workspace = payers.workspace.to_string();
    let api_key = payers.api_key.map_or_else(|| workspace.clone(), |key| key.to_string());
    conn.query_all(OF_PAYERS, &[&workspace, &api_key, &day.0])
}

/// The budget of a workspace or of an API key, whether one was set or not, with what has been used on the day.
pub fn get(conn: &mut Conn, subject: &str, day: Day) -> Result<BudgetRow> {
    const GET: Sql = Sql::new(concat!(
        "SELECT one.subject_id, ",
        budget_columns!(),
        "FROM (SELECT CAST($1 AS TEXT) AS subject_id) AS one \
         LEFT JOIN budgets ON budgets.subject_id = one.subject_id \
         LEFT JOIN daily_usage ON daily_usage.subject_id = one.subject_id AND daily_usage.day = $2",
    ));
    conn.query_one(GET, &[&subject, &day.0])
}

/// The budgets of the API keys of an account, one for each key, with what has been used of each on the day.
pub fn of_api_keys(conn: &mut Conn, user: UserId, day: Day) -> Result<Vec<BudgetRow>> {
    const OF_API_KEYS: Sql = Sql::new(concat!(
        "SELECT api_keys.id, ",
        budget_columns!(),
        "FROM api_keys LEFT JOIN budgets ON budgets.subject_id = api_keys.id \
         LEFT JOIN daily_usage ON daily_usage.subject_id = api_keys.id AND daily_usage.day = $2 \
         WHERE api_keys.user_id = $1",
    ));
    conn.query_all(OF_API_KEYS, &[&user, &day.0])
}

/// Sets the budget of a workspace or of an API key.
pub fn set(conn: &mut Conn, subject: &str, budget: &Budget, by: &str, at: Millis) -> Result<()> {
    const SET: Sql = Sql::new(
        "INSERT INTO budgets (subject_id, calls, tokens, cost, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (subject_id) DO UPDATE SET calls = excluded.calls, tokens = excluded.tokens, \
         cost = excluded.cost, set_by = excluded.set_by, set_at = excluded.set_at",
    );
    conn.execute(SET, &[&subject, &budget.calls, &budget.tokens, &budget.cost_usd, &by, &at]).map(drop)
}

/// Adds to what the payers have used on the day.
pub(crate) fn add(conn: &mut Conn, payers: Payers, day: Day, used: DailyUsage) -> Result<()> {
    const ADD: Sql = Sql::new(
        "INSERT INTO daily_usage (subject_id, day, calls, tokens, cost) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (subject_id, day) DO UPDATE SET calls = daily_usage.calls + excluded.calls, \
         tokens = daily_usage.tokens + excluded.tokens, cost = daily_usage.cost + excluded.cost",
    );
    if used == DailyUsage::default() {
        return Ok(());
    }
    for subject in payers.subjects() {
        conn.execute(ADD, &[&subject, &day.0, &used.calls, &used.tokens, &used.cost_usd])?;
    }
    Ok(())
}
