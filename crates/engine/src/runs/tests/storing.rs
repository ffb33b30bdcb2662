//! One result that cannot be stored costs its cell, not the run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use domain::assertion::Judge;
use domain::clock::{Clock, Millis};
use domain::run::RunState;
use domain::verdict::Verdict;
use llm::{ProvidersSettings, Registry};
use store::cell_results::AttemptRow;
use tokio_util::sync::CancellationToken;

use super::{Fixture, finished};
use crate::metrics::EngineMetrics;
use crate::providers::Directory;
use crate::runs::context::RunContext;
use crate::runs::finish::Finisher;
use crate::runs::{RunsSettings, Surroundings, Waits};
use crate::secrets::{MasterKey, Sealer};

struct Still;

impl Clock for Still {
    fn now(&self) -> Millis {
        7
    }
}

#[tokio::test]
async fn a_result_that_can_never_be_stored_is_an_error_of_its_cell_alone() {
    let fixture = Fixture::of(3).await;
    let clock: Arc<dyn Clock> = Arc::new(Still);
    let registry = Registry::new(&ProvidersSettings(Vec::new()), &clock, 1).unwrap();
    let sealer = Sealer::new(&fixture.store, &clock, MasterKey::draw().unwrap());
    let finisher = Finisher::new(Surroundings {
        store: fixture.store.clone(),
        directory: Arc::new(Directory::new(registry, sealer)),
        clock,
        events: Arc::default(),
        waits: Arc::new(Waits::new(&RunsSettings::default())),
        instance: fixture.owner,
        results_stored: Arc::default(),
        metrics: EngineMetrics::default(),
    });
    let row = fixture.row().await;
    let run = RunContext {
        id: row.id,
        generation: 0,
        matrix: row.matrix,
        cells: row.cells,
        created_at: row.created_at,
        payers: row.payers(),
        versions: Vec::new(),
        models: Vec::new(),
        judge: Judge::default(),
        answers: Vec::new(),
        begun: AtomicBool::new(true),
        cancel: CancellationToken::new(),
    };
    let claimed = fixture.claim().await;
    let mut cells: Vec<_> = claimed.into_iter().map(|cell| finished(cell, Some(Verdict::Pass))).collect();
    // Two calls of one number contradict the key.
    let call = AttemptRow { number: 1, started_at: 1, latency_ms: 1, error_kind: None, error_detail: None };
    cells[1].attempts = vec![call.clone(), call];
    cells[1].facts.attempts = 2;
    finisher.store_all(&run, cells).await;

    assert_eq!(fixture.row().await.state, RunState::Finished);
    let range = fixture.cells;
    let stored = fixture.store.read(move |conn| store::cells::between(conn, range, &(0..3))).await.unwrap();
    let verdicts: Vec<_> = stored.iter().map(|cell| cell.verdict).collect();
    assert_eq!(verdicts, [Some(Verdict::Pass), Some(Verdict::Error), Some(Verdict::Pass)]);
    assert!(stored[1].reason.starts_with("The model's answer could not be stored"), "{}", stored[1].reason);
}
