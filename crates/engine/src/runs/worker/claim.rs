//! Claiming cells, within the budgets of their run.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::budget::Day;
use domain::ids::RunId;
use domain::matrix::Coordinates;
use store::Conn;
use store::cells::ClaimedCell;
use tokio::time::Instant;

use super::Shared;
use super::allowance::{self, Allowance};
use super::lanes::Lane;
use crate::error::Result;
use crate::runs::context::ClaimedCase;
use crate::runs::control;

/// What came of a claim.
enum Claim {
    /// These cells, and the number of the event that says that their run has begun.
    Cells(Vec<ClaimedCase>, Option<i64>),
    /// None: what is under way may use up the budget.
    Later,
    /// None: the budget is used up, and the run is paused. The number of the event that says so.
    Paused(Option<i64>),
}

/// Claims so many cells of a lane, as far as there are some and the budgets allow it. A run whose budget is used up is
/// paused.
pub(super) async fn claim(shared: &Arc<Shared>, lane: &Lane, limit: usize) -> Result<Vec<ClaimedCase>> {
    let context = &lane.run;
    let run = context.id;
    let asked = Instant::now();
    let claim = claim_allowed(shared, lane, limit).await?;
    let metrics = &shared.around.metrics;
    metrics.claim.observe(asked.elapsed().as_secs_f64());
    match claim {
        Claim::Cells(claimed, begun) => {
            let waited = Duration::from_millis(shared.now().abs_diff(context.created_at)).as_secs_f64();
            for _ in &claimed {
                metrics.queue.observe(waited);
            }
            if !claimed.is_empty() {
                context.begun.store(true, Ordering::Relaxed);
            }
            if let Some(number) = begun {
                let around = &shared.around;
                control::tell(&around.store, &around.events, run, number, "run_started").await;
            }
            Ok(claimed)
        }
        Claim::Later => {
            shared.budget_waits.store(true, Ordering::Release);
            Ok(Vec::new())
        }
        Claim::Paused(number) => {
            shared.hold(run);
            if let Some(number) = number {
                let around = &shared.around;
                control::tell(&around.store, &around.events, run, number, "run_paused").await;
            }
            Ok(Vec::new())
        }
    }
}

async fn claim_allowed(shared: &Shared, lane: &Lane, limit: usize) -> Result<Claim> {
    let context = &lane.run;
    let (run, range, matrix, open) = (context.id, context.cells, context.matrix, lane.open.clone());
    let is_begun = context.begun.load(Ordering::Relaxed);
    let (owner, now, until) = (shared.around.instance, shared.now(), shared.lease_until());
    let (payers, under_way) = (context.payers, shared.in_flight.of(context.payers));
    let uses_nothing = lane.is_simulated();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let claimed = shared.around.store.write_guarded(move |conn| {
        let allowed = if uses_nothing {
            Allowance::Cells(limit)
        } else {
            allowance::read(conn, payers, Day::of(now), under_way, limit)?
        };
        let limit = match allowed {
            Allowance::Cells(0) => return Ok(Claim::Later),
            Allowance::Cells(cells) => cells,
            Allowance::UsedUp(reason) => {
                return Ok(Claim::Paused(store::runs::pause(conn, run, &reason, now)?));
            }
        };
        let cells = store::cells::claim(conn, run, range, &open, limit, owner, until)?;
        let begun = if is_begun || cells.is_empty() { None } else { store::runs::begin(conn, run, now)? };
        let cells: Vec<(ClaimedCell, Coordinates)> = cells
            .into_iter()
            .filter_map(|cell| {
                let position = u64::try_from(range.position(cell.id)).ok()?;
                Some((cell, matrix.coordinates(position)?))
            })
            .collect();
        Ok(Claim::Cells(with_cases(conn, run, &cells)?, begun))
    });
    Ok(claimed.await?)
}

/// Adds its case to each cell. Cells that follow each other are about the same case or the next.
fn with_cases(
    conn: &mut Conn,
    run: RunId,
    cells: &[(ClaimedCell, Coordinates)],
) -> store::Result<Vec<ClaimedCase>> {
    let mut claimed = Vec::with_capacity(cells.len());
    for near in cells.chunk_by(|(_, one), (_, next)| (one.case..=one.case + 1).contains(&next.case)) {
        let (first, last) = (near[0].1.case, near[near.len() - 1].1.case);
        let cases = store::run_inputs::case_contents(conn, run, first.into()..i64::from(last) + 1)?;
        for (cell, at) in near {
            let case = cases.get((at.case - first) as usize).cloned().unwrap_or_default();
            claimed.push(ClaimedCase { cell: *cell, at: *at, case });
        }
    }
    Ok(claimed)
}
