//! What is done for each request, each cell, each reader or every few seconds: it must not become slower as tables
//! grow.

use domain::budget::{DailyUsage, Day};
use domain::matrix::Matrix;
use domain::run::{CellState, RunState};
use domain::verdict::Verdict;

use super::fill::{
    CARDS, FIRST_OF_LARGE, FIRST_PENDING, HALF_CANCELLED, LARGE, RUNS, card, case, run, share, suite, user,
    workspace,
};
use crate::card_lists::CardFilter;
use crate::cell_results::{CellResult, FinishedCell};
use crate::cells::{CellRange, CellRow};
use crate::run_columns::Finished;
use crate::run_lists::RunFilter;
use crate::{
    Conn, Result, answer_cache, budgets, card_lists, card_search, cards, cell_results, cells, drafts,
    idempotency, labels, removals, run_columns, run_events, run_inputs, run_lists, runs, shares, suites,
    test_cases, versions,
};

/// Its name, the most rows that one of its statements may read, and what it does.
pub(super) type Hot = (&'static str, u64, fn(&mut Conn) -> Result<()>);

const LARGE_CELLS: CellRange = CellRange { first: FIRST_OF_LARGE, count: 20_000 };
const LARGE_MATRIX: Matrix = Matrix { versions: 1, models: 2, cases: 10_000, repeats: 1 };
/// Where the cells of the large run begin that wait.
const PENDING: i64 = FIRST_PENDING - FIRST_OF_LARGE;

pub(super) const HOT: &[Hot] = &[
    ("serve a card", 100, |conn| card_lists::find(conn, workspace(1), "card-1234").map(drop)),
    ("an application fetches its prompt", 20, |conn| {
        let found = cards::find(conn, workspace(1), "card-1234")?;
        let label = labels::get(conn, card(1234), "production")?;
        versions::get(conn, card(1234), 2)?;
        assert!(found.is_some() && label.is_some());
        Ok(())
    }),
    ("list cards", 400, |conn| card_lists::list(conn, workspace(1), &cards_by(|_| ())).map(drop)),
    ("list cards, further on", 400, |conn| {
        card_lists::list(
            conn,
            workspace(1),
            &cards_by(|filter| filter.before = Some((CARDS / 2, card(CARDS / 2)))),
        )
        .map(drop)
    }),
    ("search cards", 100, |conn| {
        let found = card_lists::list(
            conn,
            workspace(1),
            &cards_by(|filter| filter.search = Some("Word1234".into())),
        )?;
        assert_eq!(found.len(), 1);
        Ok(())
    }),
    ("search cards that all are found", 50_000, |conn| {
        let found =
            card_lists::list(conn, workspace(1), &cards_by(|filter| filter.search = Some("common7".into())))?;
        assert_eq!(found.len(), 20);
        Ok(())
    }),
    ("list cards by label", 400, |conn| {
        card_lists::list(conn, workspace(1), &cards_by(|filter| filter.label = Some("production".into())))
            .map(drop)
    }),
    ("list cards by tag", 1_000, |conn| {
        card_lists::list(conn, workspace(1), &cards_by(|filter| filter.tag = Some("tag-7".into()))).map(drop)
    }),
    ("the rate of a card", 50, |conn| card_lists::rate(conn, card(1234), run(1234)).map(drop)),
    ("change a card", 20, |conn| {
        let found = cards::find(conn, workspace(1), "card-1234")?.unwrap();
        cards::update(conn, &found, 1, 5_000)?;
        cards::set_tags(conn, found.id, &["new".to_owned()])?;
        cards::touch(conn, found.id, 5_000)?;
        card_search::index(conn, &found, &["new".to_owned()], "Tell me")
    }),
    ("draft, version and label", 20, |conn| {
        drafts::get(conn, card(1234))?;
        drafts::replace(conn, card(1234), 1, "{}", 2, "local", 5_000)?;
        let version = versions::get(conn, card(1234), 2)?.unwrap();
        let next = versions::VersionRow { number: 3, ..version };
        versions::insert(conn, "00000000-0000-7000-8009-000000000001".parse().unwrap(), card(1234), &next)?;
        labels::set(conn, "a move", card(1234), "production", Some(3), "local", 5_000)
    }),
    ("versions and labels of a card", 20, |conn| {
        versions::list(conn, card(1234), i64::MAX, 20)?;
        labels::of_card(conn, card(1234))?;
        cards::tags(conn, card(1234))?;
        labels::history(conn, card(1234), "production", None, 20).map(drop)
    }),
    ("suites and cases", 50, |conn| {
        suites::get(conn, workspace(1), suite(1234))?;
        suites::list(conn, workspace(1), Some(suite(1234)), 20)?;
        test_cases::list(conn, suite(1234), 0, 20)?;
        test_cases::get(conn, suite(1234), case(1234))?;
        test_cases::replace(conn, case(1234), 1, "{}", 5_000)?;
        test_cases::delete(conn, case(1234), 2, 5_000)?;
        test_cases::restore(conn, suite(1234), case(1234), 5_000).map(drop)
    }),
    ("open a run", 20, |conn| {
        runs::get(conn, workspace(1), run(1234))?;
        runs::find(conn, run(1234))?;
        runs::event_seq(conn, run(1234))?;
        runs::of_cell(conn, FIRST_OF_LARGE - 5)?;
        run_columns::of_run(conn, run(1234))?;
        run_columns::cache_scopes(conn, run(1234))?;
        run_inputs::versions(conn, run(1234))?;
        run_inputs::models(conn, run(1234)).map(drop)
    }),
    ("cases of a run", 200, |conn| {
        run_inputs::cases(conn, run(LARGE), 5_000, 5_100)?;
        run_inputs::case_contents(conn, run(LARGE), 5_000..5_100).map(drop)
    }),
    ("list runs", 100, |conn| run_lists::list(conn, workspace(1), &runs_by(|_| ())).map(drop)),
    ("list runs, further on", 100, |conn| {
        run_lists::list(conn, workspace(1), &runs_by(|filter| filter.before = Some(run(RUNS / 2)))).map(drop)
    }),
    ("list runs in a state", 100, |conn| {
        run_lists::list(conn, workspace(1), &runs_by(|filter| filter.state = Some(RunState::Running)))
            .map(drop)
    }),
    ("list runs of a card", 100, |conn| {
        run_lists::list(conn, workspace(1), &runs_by(|filter| filter.card = Some(card(1234)))).map(drop)
    }),
    ("what the runs say of a model", 250, |conn| {
        let said = run_lists::model_history(conn, "ollama", "model-1")?;
        assert_eq!(said, None, "nothing was counted");
        Ok(())
    }),
    ("start a run", 50, |conn| runs::find_active(conn, workspace(1), "print").map(drop)),
    ("look for a state of a run", 20, |conn| {
        runs::begin(conn, run(LARGE), 5_000)?;
        runs::set_kept(conn, workspace(1), run(1234), true)?;
        runs::lock(conn, run(1234))
    }),
    ("cells between", 500, |conn| {
        let found = cells::between(conn, LARGE_CELLS, &(5_000..5_100))?;
        assert_eq!(found.len(), 100);
        Ok(())
    }),
    ("many cells between", 5_000, |conn| {
        let found = cells::between(conn, LARGE_CELLS, &(5_000..7_000))?;
        assert_eq!(found.len(), 2_000);
        Ok(())
    }),
    ("a page of cells", 500, |conn| {
        cells::page(conn, LARGE_CELLS, None, 5_000, 100)?;
        cells::page(conn, LARGE_CELLS, Some(Verdict::Pass), 5_000, 100).map(drop)
    }),
    ("open a cell", 20, |conn| {
        let found = cells::get(conn, LARGE_CELLS, 5_000)?.unwrap();
        let result = cell_results::result(conn, found.id)?;
        cell_results::attempts(conn, &CellRow { attempts: 2, ..found }, result.as_ref()).map(drop)
    }),
    ("search the outputs of a run", 500, |conn| {
        cell_results::outputs(conn, LARGE_CELLS, 5_000, 100).map(drop)
    }),
    ("claim and finish cells", 250, |conn| {
        cells::first_pending(conn, LARGE_CELLS, &(PENDING..20_000))?;
        let owner = "00000000-0000-7000-8009-000000000002".parse().unwrap();
        let claimed = cells::claim(conn, run(LARGE), LARGE_CELLS, &(PENDING..20_000), 50, owner, 10_000)?;
        assert_eq!(claimed.len(), 50);
        let held: Vec<(i64, i64)> = claimed.iter().map(|cell| (cell.id, cell.claim)).collect();
        cells::renew(conn, owner, &held, 20_000)?;
        let finished: Vec<FinishedCell> = held[..40].iter().map(finished).collect();
        let payers = runs::find(conn, run(LARGE))?.unwrap().payers();
        budgets::of_payers(conn, payers, Day(0))?;
        let stored = cell_results::finish(conn, run(LARGE), LARGE_CELLS, payers, &finished, 5_000)?;
        assert!(stored.accepted.iter().all(|accepted| *accepted));
        cells::release_expired(conn, &[held[40].0], 30_000)?;
        cells::release(conn, &held[40..])
    }),
    ("events after a number", 600, |conn| {
        let events = run_events::after(conn, run(LARGE), 5_000, 256)?;
        assert_eq!(events.len(), 256);
        Ok(())
    }),
    ("the last events", 20, |conn| run_events::after(conn, run(LARGE), 10_000, 256).map(drop)),
    ("runs with work", 20, |conn| runs::active(conn).map(drop)),
    ("half cancels", 20, |conn| {
        let half = runs::half_cancelled(conn)?;
        assert_eq!(half.iter().map(|run| run.number).collect::<Vec<_>>(), [HALF_CANCELLED]);
        Ok(())
    }),
    ("cancel cells", 1_500, |conn| {
        cells::cancel_open(conn, run(LARGE), LARGE_CELLS, LARGE_MATRIX, PENDING, 500).map(drop)
    }),
    ("retry cells", 1_000, |conn| {
        let found = cells::with_error(conn, LARGE_CELLS, 5_000, 5)?;
        cells::put_back(conn, run(LARGE), LARGE_CELLS, LARGE_MATRIX, &found)
    }),
    ("find earlier answers", 250, |conn| {
        let columns = answer_cache::columns(conn, "scope-7", run(LARGE), 50)?;
        assert_eq!(columns.len(), 2);
        answer_cache::answers(conn, CellRange { first: 5_000, count: 100 }).map(drop)
    }),
    ("a repeated request", 10, |conn| {
        idempotency::find(conn, "default", "key-1234")?;
        idempotency::keep(conn, "default", "new", "print", "{}", 5_000)?;
        idempotency::forget(conn, 2).map(drop)
    }),
    ("find runs that are too old", 20, |conn| {
        let old = removals::old(conn, 3)?;
        assert_eq!(old.len(), 2);
        removals::mark_old(conn, old[0], 3).map(drop)
    }),
    ("somebody opens the link of a share", 20, |conn| {
        assert!(shares::by_secret(conn, "secret-12", 5)?.is_some());
        Ok(())
    }),
    ("an account opens what was shared with it", 20, |conn| {
        assert!(shares::for_account(conn, share(12), user(13), 5)?.is_some());
        Ok(())
    }),
    ("an account looks what was shared with it", 400, |conn| {
        assert_eq!(shares::all_for_account(conn, user(13), None, 5, 20)?.len(), 20);
        Ok(())
    }),
    ("remove a run, step by step", 50, |conn| {
        let marked = removals::next_marked(conn)?.unwrap();
        removals::mark(conn, workspace(1), run(1235))?;
        loop {
            let step = removals::next_step(conn, &marked)?;
            removals::take_step(conn, &marked, &step)?;
            if step == removals::Step::Run {
                return Ok(());
            }
        }
    }),
];

fn cards_by(change: impl FnOnce(&mut CardFilter)) -> CardFilter {
    let mut filter = CardFilter { limit: 20, ..CardFilter::default() };
    change(&mut filter);
    filter
}

fn runs_by(change: impl FnOnce(&mut RunFilter)) -> RunFilter {
    let mut filter = RunFilter { limit: 20, ..RunFilter::default() };
    change(&mut filter);
    filter
}

fn finished((id, claim): &(i64, i64)) -> FinishedCell {
    let counted =
        Finished { latency_ms: 40, generation_ms: None, prompt_tokens: None, completion_tokens: None };
    FinishedCell {
        facts: CellRow {
            id: *id,
            state: CellState::Finished,
            verdict: Some(Verdict::Pass),
            score: Some(1.0),
            headline: "contains".to_owned(),
            reason: String::new(),
            preview: String::new(),
            latency_ms: Some(40),
            completion_tokens: None,
            attempts: 1,
            cached_from: None,
            paid: None,
        },
        claim: *claim,
        column: 1,
        answered: Some(counted),
        metric_scores: Vec::new(),
        result: CellResult {
            prompt: "[]".to_owned(),
            prompt_hash: "hash".to_owned(),
            parameters: "{}".to_owned(),
            digest: None,
            output: "It is".to_owned(),
            server: None,
            tool_calls: None,
            thinking: None,
            finish_reason: None,
            cost: None,
            usage: "{}".to_owned(),
            timings: "{}".to_owned(),
            notes: "[]".to_owned(),
            outcomes: Vec::new(),
            started_at: 5_000,
            finished_at: 5_000,
        },
        attempts: Vec::new(),
        used: DailyUsage { calls: 1, ..DailyUsage::default() },
    }
}
