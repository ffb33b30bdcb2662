//! What is done with runs and their cells.

use domain::budget::DailyUsage;
use domain::cost::NanoDollars;
use domain::matrix::Matrix;
use domain::run::{CellState, RunState};
use domain::verdict::{MetricScore, Outcome, Verdict};
use store::budgets::Payers;
use store::cell_results::{AttemptRow, CellResult, FinishedCell};
use store::cells::{CellRow, ClaimedCell};
use store::run_columns::Finished;
use store::run_inputs::{RunCase, RunModel, RunVersion};
use store::run_lists::RunFilter;
use store::runs::NewRun;
use store::{
    Conn, Result, answer_cache, card_lists, cell_results, cells, removals, run_columns, run_events,
    run_inputs, run_lists, runs,
};

use super::operation::{Operation, Text};
use super::perform::{at, told};
use super::world::{KnownRun, World, id, pick, worker, workspace};

/// The states that a run can be moved from at all.
const FROM: &[RunState] =
    &[RunState::Queued, RunState::Running, RunState::Paused, RunState::Finished, RunState::Cancelled];

/// None: it is another operation, or there is nothing to work on.
pub(super) fn perform(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    step: usize,
) -> Result<Option<String>> {
    let at = at(step);
    Ok(Some(match operation {
        Operation::Prepare { .. } => return prepare(conn, world, operation, step),
        Operation::DiscardAbandoned => told(runs::discard_abandoned(conn)?),
        Operation::Renew { worker: owner, until } => {
            told(cells::renew(conn, worker(*owner), &held(world), *until)?)
        }
        Operation::Release { cells: count } => {
            let held = held(world);
            told(cells::release(conn, &held[..usize::from(*count) % (held.len() + 1)])?)
        }
        Operation::ReleaseExpired { now } => {
            let mut expired = cells::expired(conn, *now)?;
            expired.sort_unstable();
            told((cells::release_expired(conn, &expired, *now)?, expired))
        }
        Operation::ReleaseDead { worker: me } => told(cells::release_dead(conn, worker(*me))?),
        Operation::ListRuns { card, state, before, limit } => {
            let filter = RunFilter {
                card: card.and_then(|card| pick(&world.cards, card)),
                state: *state,
                before: before.and_then(|run| pick(&world.runs, run)).map(|run| run.id),
                limit: *limit,
            };
            told(run_lists::list(conn, workspace(), &filter)?)
        }
        Operation::Overview => told((
            runs::active(conn)?,
            runs::half_cancelled(conn)?,
            runs::contradictory(conn)?,
            removals::next_marked(conn)?,
            runs::find_active(conn, workspace(), "print")?,
        )),
        Operation::MarkOld { before } => {
            let old = removals::old(conn, *before)?;
            let marked: Result<Vec<bool>> =
                old.iter().map(|run| removals::mark_old(conn, *run, *before)).collect();
            told((old, marked?))
        }
        Operation::MarkExcess { most } => {
            let excess = removals::in_excess(conn, *most)?;
            let marked: Result<Vec<bool>> =
                excess.iter().map(|run| removals::mark_in_excess(conn, *run, *most)).collect();
            told((excess, marked?))
        }
        Operation::RemovalStep => match removals::next_marked(conn)? {
            None => return Ok(None),
            Some(run) => {
                let step = removals::next_step(conn, &run)?;
                told((removals::take_step(conn, &run, &step)?, step))
            }
        },
        Operation::Answers { scope, run, limit } => {
            let except = pick(&world.runs, *run).map_or(id(0, 9), |run| run.id);
            let columns = answer_cache::columns(conn, &scope.0, except, *limit)?;
            let answers = columns.iter().map(|column| answer_cache::answers(conn, column.cells));
            told((&columns, answers.collect::<Result<Vec<_>>>()?))
        }
        Operation::ModelHistory { provider, model } => {
            told(run_lists::model_history(conn, &provider.0, &model.0)?)
        }
        _ => match place(operation, world) {
            None => return Ok(None),
            Some(place) => of_one(conn, world, operation, place, at)?,
        },
    }))
}

/// Which run it is done with.
fn place(operation: &Operation, world: &World) -> Option<usize> {
    let (Operation::Publish { run }
    | Operation::Discard { run }
    | Operation::Begin { run }
    | Operation::Change { run, .. }
    | Operation::Finish { run }
    | Operation::Reopen { run }
    | Operation::Claim { run, .. }
    | Operation::Store { run, .. }
    | Operation::CancelCells { run, .. }
    | Operation::Retry { run, .. }
    | Operation::Run { run }
    | Operation::Cells { run, .. }
    | Operation::Events { run, .. }
    | Operation::Keep { run, .. }
    | Operation::Mark { run }) = operation
    else {
        return None;
    };
    usize::from(*run).checked_rem(world.runs.len())
}

fn of_one(
    conn: &mut Conn,
    world: &mut World,
    operation: &Operation,
    place: usize,
    at: i64,
) -> Result<String> {
    let run = world.runs[place];
    Ok(match operation {
        Operation::Publish { .. } => told(runs::publish(conn, run.id, at)?),
        Operation::Discard { .. } => told(runs::discard(conn, run.id)?),
        Operation::Begin { .. } => told(runs::begin(conn, run.id, at)?),
        Operation::Change { to, .. } => told(runs::change_state(conn, run.id, FROM, *to, "changed", at)?),
        Operation::Finish { .. } => told(runs::finish(conn, run.id, at)?),
        Operation::Reopen { .. } => told(runs::reopen(conn, run.id, at)?),
        Operation::Claim { from, to, limit, worker: owner, .. } => {
            let first = cells::first_pending(conn, run.cells, &(*from..*to))?;
            let claimed =
                cells::claim(conn, run.id, run.cells, &(*from..*to), *limit, worker(*owner), at + 5)?;
            world.claimed.extend(claimed.iter().map(|cell| (place, *cell)));
            told((first, claimed))
        }
        Operation::Store { cells: count, .. } => {
            let of_run = world.claimed.iter().filter(|(of, _)| *of == place);
            let finished: Vec<FinishedCell> = of_run
                .take(usize::from(*count) % 4 + 1)
                .map(|(_, cell)| finished(run, *cell, operation, at))
                .collect();
            world
                .claimed
                .retain(|(of, cell)| *of != place || finished.iter().all(|done| done.facts.id != cell.id));
            let payers = Payers { workspace: workspace(), api_key: None };
            told(cell_results::finish(conn, run.id, run.cells, payers, &finished, at)?)
        }
        Operation::CancelCells { from, limit, .. } => {
            told(cells::cancel_open(conn, run.id, run.cells, run.matrix, *from, *limit)?)
        }
        Operation::Retry { from, limit, .. } => {
            runs::lock(conn, run.id)?;
            let positions = cells::with_error(conn, run.cells, *from, *limit)?;
            cells::put_back(conn, run.id, run.cells, run.matrix, &positions)?;
            told(positions)
        }
        Operation::Cells { verdict, after, limit, .. } => told((
            cells::page(conn, run.cells, *verdict, *after, *limit)?,
            cells::between(conn, run.cells, &(*after..*after + *limit))?,
            cells::get(conn, run.cells, *after)?,
            runs::of_cell(conn, run.cells.id(*after))?,
        )),
        Operation::Events { after, limit, .. } => told(run_events::after(conn, run.id, *after, *limit)?),
        Operation::Keep { kept, .. } => told(runs::set_kept(conn, workspace(), run.id, *kept)?),
        Operation::Mark { .. } => told(removals::mark(conn, workspace(), run.id)?),
        _ => everything(conn, world, run)?,
    })
}

/// All that is stored of a run.
fn everything(conn: &mut Conn, world: &World, run: KnownRun) -> Result<String> {
    let mut of_cells = Vec::new();
    for cell in cells::between(conn, run.cells, &(0..run.cells.count))? {
        let result = cell_results::result(conn, cell.id)?;
        of_cells.push((cell_results::attempts(conn, &cell, result.as_ref())?, result, cell));
    }
    let rates = world.cards.iter().map(|card| card_lists::rate(conn, *card, run.id));
    let rates = rates.collect::<Result<Vec<_>>>()?;
    Ok(told((
        (runs::get(conn, workspace(), run.id)?, runs::find(conn, run.id)?, runs::event_seq(conn, run.id)?),
        (run_columns::of_run(conn, run.id)?, run_columns::cache_scopes(conn, run.id)?),
        (run_inputs::versions(conn, run.id)?, run_inputs::models(conn, run.id)?),
        (run_inputs::cases(conn, run.id, 0, 9)?, run_inputs::case_contents(conn, run.id, 1..3)?),
        run_events::after(conn, run.id, 0, 99)?,
        (of_cells, cell_results::outputs(conn, run.cells, -1, 99)?, cells::verdicts(conn, run.cells)?),
        rates,
    )))
}

fn prepare(conn: &mut Conn, world: &mut World, operation: &Operation, step: usize) -> Result<Option<String>> {
    let Operation::Prepare { suite, card, models, cases, repeats, scope, text, instance } = operation else {
        return Ok(None);
    };
    let (Some(suite_id), Some(card_id)) = (pick(&world.suites, *suite), pick(&world.cards, *card)) else {
        return Ok(None);
    };
    let [models, cases, repeats] = [models, cases, repeats].map(|count| u32::from(*count));
    let matrix = Matrix { versions: 1, models, cases, repeats };
    let model = |place: u32| RunModel {
        provider: scope.as_ref().map(|Text(scope)| scope.clone()).unwrap_or_default(),
        kind: "ollama".to_owned(),
        name: if place == 0 { "a".to_owned() } else { "A".to_owned() },
        digest: scope.as_ref().map(|Text(scope)| scope.clone()),
        context_length: (place > 0).then_some(8_192),
        simulated: scope.is_none(),
        parameters: text.0.clone(),
    };
    let new = NewRun {
        id: id(step, 3),
        workspace_id: workspace(),
        suite_id,
        matrix,
        prepared_by: worker(*instance),
        fingerprint: "print".to_owned(),
        simulated: scope.is_none(),
        note: text.0.clone(),
        cache: scope.is_some(),
        cache_scopes: vec![scope.as_ref().map(|Text(scope)| scope.clone()); matrix.columns() as usize],
        created_by: "local".to_owned(),
        api_key: None,
        created_at: at(step),
        versions: vec![RunVersion {
            card_id,
            slug: "slug".to_owned(),
            title: text.0.clone(),
            number: i64::from(repeats),
            content: text.0.clone(),
            includes: "{}".to_owned(),
        }],
        models: (0..models).map(model).collect(),
    };
    let range = runs::prepare(conn, &new)?;
    let kept: Vec<RunCase> = (0..i64::from(cases))
        .map(|position| RunCase { position, case_id: id(step, 4), content: text.0.clone() })
        .collect();
    run_inputs::insert_cases(conn, new.id, &kept)?;
    cells::insert(conn, range, &(0..range.count))?;
    world.runs.push(KnownRun { id: new.id, cells: range, matrix });
    Ok(Some(told(range)))
}

/// The cells that somebody has, or had, each with its claim.
fn held(world: &World) -> Vec<(i64, i64)> {
    world.claimed.iter().map(|(_, cell)| (cell.id, cell.claim)).collect()
}

fn finished(run: KnownRun, cell: ClaimedCell, operation: &Operation, at: i64) -> FinishedCell {
    let Operation::Store { verdict, text: Text(text), attempts, cached, .. } = operation else {
        unreachable!("only results are stored")
    };
    let position = run.cells.position(cell.id);
    let errs = *verdict == Some(Verdict::Error);
    let answered = Finished {
        latency_ms: 7,
        generation_ms: cached.then_some(5),
        prompt_tokens: Some(3),
        completion_tokens: None,
    };
    FinishedCell {
        facts: CellRow {
            id: cell.id,
            state: CellState::Finished,
            verdict: *verdict,
            score: verdict.map(|verdict| if verdict == Verdict::Pass { 1.0 } else { 0.1 + 0.2 }),
            headline: text.chars().take(5).collect(),
            reason: text.clone(),
            preview: text.chars().take(9).collect(),
            latency_ms: (!errs).then_some(7),
            completion_tokens: None,
            attempts: cell.attempts + attempts,
            cached_from: cached.then_some(cell.id - 1),
            paid: verdict.map(|_| NanoDollars(if *cached { 0 } else { at })),
        },
        claim: cell.claim,
        column: position / i64::from(run.matrix.rows()).max(1),
        answered: (!errs).then_some(answered),
        metric_scores: match verdict {
            Some(Verdict::Pass | Verdict::Fail) => {
                let metric = text.chars().take(3).collect();
                vec![MetricScore { metric, score: 0.1 + 0.2, weight: 3.0 }]
            }
            _ => Vec::new(),
        },
        result: CellResult {
            prompt: text.clone(),
            prompt_hash: text.chars().take(9).collect(),
            parameters: "{}".to_owned(),
            server: cached.then(|| text.clone()),
            digest: cached.then(|| text.clone()),
            output: text.clone(),
            tool_calls: cached.then(|| text.clone()),
            thinking: cached.then(|| text.clone()),
            finish_reason: None,
            cost: verdict.map(|_| NanoDollars(at)),
            usage: r#"{"prompt_tokens":3}"#.to_owned(),
            timings: r#"{"total_ms":7}"#.to_owned(),
            notes: "[]".to_owned(),
            outcomes: vec![Outcome {
                assertion_type: "contains".to_owned(),
                verdict: verdict.unwrap_or(Verdict::Pass),
                score: 0.1,
                weight: 1.0,
                metric: None,
                reason: text.clone(),
                expected: Some(text.clone()),
                actual: None,
                outcomes: Vec::new(),
            }],
            started_at: at,
            finished_at: at,
        },
        attempts: (cell.attempts + 1..=cell.attempts + attempts)
            .map(|number| AttemptRow {
                number,
                started_at: at,
                latency_ms: 7,
                error_kind: errs.then(|| "server_error".to_owned()),
                error_detail: errs.then(|| text.clone()),
            })
            .collect(),
        used: DailyUsage { calls: *attempts, tokens: 3, cost_usd: NanoDollars(at) },
    }
}
