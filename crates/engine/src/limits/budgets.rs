//! Budgets: what a workspace or an API key may use on a day, and what it has used.

use domain::audit::Action;
use domain::budget::{Budget, DailyUsage, Day};
use domain::caller::Caller;
use domain::clock::Timestamp;
use domain::ids::WorkspaceId;
use serde::Serialize;
use store::budgets::BudgetRow;
use utoipa::ToSchema;

use crate::Engine;
use crate::error::Result;
use crate::stamp::Stamp;

/// What may be used on a day, and what has been today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BudgetView {
    /// The day, one of UTC.
    #[schema(example = "2026-11-27")]
    pub day: String,
    /// When the next one begins, with nothing used.
    pub ends_at: Timestamp,
    /// What may be used on each day.
    pub budget: Budget,
    /// What has been used today.
    pub used: DailyUsage,
    /// Who set it. None: nobody did, and there is no limit.
    pub set_by: Option<String>,
    /// When it was set.
    pub set_at: Option<Timestamp>,
}

impl BudgetView {
    pub(crate) fn of(row: BudgetRow, day: Day) -> Self {
        Self {
            day: day.to_string(),
            ends_at: day.end(),
            budget: row.budget,
            used: row.used,
            set_by: row.set_by,
            set_at: row.set_at.map(Timestamp),
        }
    }
}

impl Engine {
    /// The budget of a workspace, and what has been used of it today.
    pub async fn budget(&self, workspace: WorkspaceId) -> Result<BudgetView> {
        let day = Day::of(self.clock.now());
        let subject = workspace.to_string();
        let row = self.store.read(move |conn| store::budgets::get(conn, &subject, day)).await?;
        Ok(BudgetView::of(row, day))
    }

    /// Sets what a workspace may use on each day, from now on. Runs that were paused are resumed by somebody.
    pub async fn set_budget(
        &self,
        caller: &Caller,
        workspace: WorkspaceId,
        budget: Budget,
    ) -> Result<BudgetView> {
        let Stamp { by, at, .. } = self.stamp(caller);
        let (day, subject) = (Day::of(at), workspace.to_string());
        let entry = self.entry(caller, Action::BudgetSet).in_workspace(workspace);
        let row = self
            .store
            .write(move |conn| {
                store::budgets::set(conn, &subject, &budget, &by, at)?;
                store::audit::append(conn, &entry)?;
                store::budgets::get(conn, &subject, day)
            })
            .await?;
        Ok(BudgetView::of(row, day))
    }
}
