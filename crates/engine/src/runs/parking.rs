//! Cells whose model server is left alone: they go back into the queue, with the calls that were made for them.

use domain::completion::Completion;
use llm::{Attempt, Call, CallError, CallErrorKind};
use resilience::BreakerState;
use store::cell_results::{AttemptRow, ParkedCell};

use super::cell::used;
use super::context::{ClaimedCase, RunContext};
use super::worker::Surroundings;

/// How often a cell is tried in all, in multiples of what its provider tries at once. One whose own prompt brings its
/// server down must not do so for ever.
const ROUNDS: i64 = 3;

/// Whether a cell whose call brought no answer waits until its server can be asked again.
pub(super) fn is_parked(
    around: &Surroundings,
    run: &RunContext,
    claimed: &ClaimedCase,
    error: &CallError,
    attempts: usize,
) -> bool {
    let model = claimed.at.model as usize;
    let Some(server) = run.models.get(model).and_then(|model| model.provider.as_ref()) else { return false };
    let is_left_alone = error.kind == CallErrorKind::ProviderUnavailable
        || error.kind.is_outage() && server.breaker().state() != BreakerState::Closed;
    is_left_alone
        && in_all(claimed, attempts) < ROUNDS * i64::from(server.attempts())
        && !around.waits.is_over(run.id, model)
}

/// The cell with the calls that were made for it.
pub(super) fn parked(claimed: &ClaimedCase, call: Call) -> ParkedCell {
    let partial = call.result.err().and_then(|error| error.partial);
    let used = used(&partial.map_or_else(Completion::default, |partial| *partial), call.attempts.len());
    ParkedCell {
        id: claimed.cell.id,
        claim: claimed.cell.claim,
        attempts_in_all: in_all(claimed, call.attempts.len()),
        attempts: attempt_rows(claimed, call.attempts),
        used,
    }
}

/// How many calls were made for a cell with these of its present claim.
pub(super) fn in_all(claimed: &ClaimedCase, attempts: usize) -> i64 {
    claimed.cell.attempts + i64::try_from(attempts).unwrap_or(i64::MAX)
}

/// The calls made under the present claim, as they are stored.
pub(super) fn attempt_rows(claimed: &ClaimedCase, attempts: Vec<Attempt>) -> Vec<AttemptRow> {
    (claimed.cell.attempts + 1..)
        .zip(attempts)
        .map(|(number, attempt)| AttemptRow {
            number,
            started_at: attempt.started_at,
            latency_ms: attempt.latency_ms,
            error_kind: attempt.error.as_ref().map(|error| error.kind.as_str().to_owned()),
            error_detail: attempt.error.map(|error| error.detail),
        })
        .collect()
}
