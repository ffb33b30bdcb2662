//! One history: a run, what is done to it, and what must be so in the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::caller::Caller;
use domain::card::{CardContent, ModelParameters};
use domain::ids::{RunId, WorkspaceId};
use domain::run::{CaseFilter, CellState, Counts, ModelChoice, RunRequest, RunState, VersionChoice};
use domain::test_case::{Assertion, CaseContent};
use domain::verdict::Verdict;
use engine::cards::{NewCard, SaveVersion};
use engine::runs::{CellReport, Started};
use engine::suites::ImportCases;
use engine::{DEFAULT_WORKSPACE, Engine, Frame, UNNUMBERED};
use llm::scripted::MODEL;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::servers::{Server, Weather};
use super::world::World;

/// Calls for one cell until it ends as an error: so many tries, in so many rounds where the server was away.
const CALLS_OF_A_CELL: u32 = 3 * 3;
/// How long a run may still take when every server works again.
const PATIENCE: Duration = Duration::from_hours(2);

pub(super) struct History {
    world: World,
    rng: SmallRng,
    /// What is still done.
    actions: u32,
    place: Option<Place>,
    cells: u32,
    /// Finished cells that a client has seen, by position.
    seen: BTreeMap<i64, CellReport>,
    events: Arc<Mutex<Vec<Frame>>>,
    retries: u32,
    interruptions: u32,
    log: Vec<String>,
}

/// Where the run is.
#[derive(Clone, Copy)]
struct Place {
    workspace: WorkspaceId,
    run: RunId,
}

enum End {
    /// The server is killed, and started again.
    Killed,
    /// All is done and looked at.
    Done,
}

impl History {
    /// Plays it, and returns what happened.
    pub(super) fn play(seed: u64) -> Vec<String> {
        let mut rng = SmallRng::seed_from_u64(seed);
        let concurrency: Vec<u32> = (0..rng.random_range(1..=2)).map(|_| rng.random_range(1..=4)).collect();
        let provider_wait_ms = rng.random_range(30_000..=300_000);
        let mut history = Self {
            world: World::new(seed, &concurrency, provider_wait_ms),
            actions: rng.random_range(4..=12),
            rng,
            place: None,
            cells: 0,
            seen: BTreeMap::new(),
            events: Arc::default(),
            retries: 0,
            interruptions: 0,
            log: Vec::new(),
        };
        loop {
            let runtime = runtime();
            let end = runtime.block_on(history.live());
            // Whatever is under way stops where it stands.
            drop(runtime);
            if matches!(end, End::Done) {
                break;
            }
            history.world.servers.iter().for_each(Server::forget);
        }
        let servers = history.world.servers.iter().flat_map(Server::log);
        history.log.iter().cloned().chain(servers).collect()
    }

    /// The life of one server.
    async fn live(&mut self) -> End {
        self.world.clock.go_on();
        let engine = self.world.start().await;
        let place = match self.place {
            Some(place) => place,
            None => self.begin(&engine).await,
        };
        self.listen(&engine, place).await;
        while self.actions > 0 {
            self.actions -= 1;
            sleep(Duration::from_millis(self.rng.random_range(0..=20_000))).await;
            self.look(&engine, place).await;
            if let End::Killed = self.act(&engine, place).await {
                self.world.clock.stop();
                return End::Killed;
            }
        }
        self.finish(&engine, place).await;
        self.check(&engine, place).await;
        End::Done
    }

    async fn begin(&mut self, engine: &Arc<Engine>) -> Place {
        let caller = Caller::machine();
        let workspace = engine.workspace(DEFAULT_WORKSPACE).await.unwrap();
        let card = NewCard {
            slug: "card".to_owned(),
            title: "Card".to_owned(),
            description: String::new(),
            folder: String::new(),
            tags: Vec::new(),
            content: Some(CardContent::text("Say {{ word }}.")),
        };
        let card = engine.create_card(&caller, workspace, card, None).await.unwrap().value;
        let save = SaveVersion { message: String::new() };
        engine.save_version(&caller, workspace, "card".to_owned(), 1, save, None).await.unwrap();
        let cases: Vec<CaseContent> = (0..self.rng.random_range(1..=8)).map(case).collect();
        let repeats = self.rng.random_range(1..=2);
        let servers = u32::try_from(self.world.servers.len()).unwrap();
        self.cells = u32::try_from(cases.len()).unwrap() * repeats * servers;
        engine
            .import_cases(&caller, workspace, card.suite_id, ImportCases { items: cases }, None)
            .await
            .unwrap();
        let model = |server: &Server| ModelChoice {
            provider: server.settings.name.clone(),
            model: MODEL.to_owned(),
            parameters: ModelParameters::default(),
        };
        let request = RunRequest {
            card_versions: vec![VersionChoice { slug: "card".to_owned(), version: None, label: None }],
            suite_id: None,
            models: self.world.servers.iter().map(model).collect(),
            case_filter: CaseFilter::default(),
            repeats,
            parameters: ModelParameters::default(),
            cache: false,
            note: String::new(),
        };
        let Started::New(run) = engine.start_run(&caller, workspace, request, None).await.unwrap() else {
            panic!("the run is another's");
        };
        *self.place.insert(Place { workspace, run: run.id })
    }

    /// A client follows the run, and goes on after the last event that it heard of.
    async fn listen(&self, engine: &Arc<Engine>, place: Place) {
        let last = self.events.lock().unwrap().last().map_or(0, |frame| frame.number);
        let mut follower = engine.follow_run(place.workspace, place.run, Some(last)).await.unwrap();
        let events = Arc::clone(&self.events);
        TaskTracker::new().spawn(async move {
            while let Some(frame) = follower.next().await.unwrap() {
                if frame.number != UNNUMBERED {
                    events.lock().unwrap().push(frame);
                }
            }
        });
    }

    /// Something happens.
    async fn act(&mut self, engine: &Arc<Engine>, place: Place) -> End {
        let (caller, Place { workspace, run }) = (Caller::machine(), place);
        let which = self.rng.random_range(0..self.world.servers.len());
        let choice = self.rng.random_range(0..100);
        let done = match choice {
            0..45 => {
                let weather = match self.rng.random_range(0..5) {
                    0 => Weather::Fine,
                    1 => Weather::Down,
                    2 => Weather::Silent,
                    _ => Weather::Flaky(self.rng.random_range(10..=90)),
                };
                self.world.servers[which].turn(weather);
                format!("{which} is {weather:?}")
            }
            45..65 => {
                self.note("killed");
                self.interruptions += 1;
                return End::Killed;
            }
            65..75 => format!("pause: {:?}", engine.pause_run(&caller, workspace, run).await.is_ok()),
            75..86 => format!("resume: {:?}", engine.resume_run(&caller, workspace, run).await.is_ok()),
            86..97 => {
                let retried = engine.retry_errors(&caller, workspace, run).await.is_ok();
                if retried {
                    self.retries += 1;
                    self.seen.retain(|_, cell| cell.summary.verdict != Some(Verdict::Error));
                }
                format!("retry: {retried}")
            }
            _ => format!("cancel: {:?}", engine.cancel_run(&caller, workspace, run).await.is_ok()),
        };
        self.interruptions += 1;
        self.note(&done);
        End::Done
    }

    fn note(&mut self, what: &str) {
        let now = self.world.clock.elapsed();
        self.log.push(format!("{now} {what}"));
    }

    async fn cells(&self, engine: &Arc<Engine>, place: Place) -> Vec<CellReport> {
        engine.run_results(place.workspace, place.run, 0, i64::MAX).await.unwrap()
    }

    /// A client reads the results: what it was shown once stays so.
    async fn look(&mut self, engine: &Arc<Engine>, place: Place) {
        for cell in self.cells(engine, place).await {
            let position = cell.summary.position;
            if let Some(before) = self.seen.get(&position) {
                assert_eq!(before, &cell, "what was shown has changed");
            } else if cell.summary.state == CellState::Finished {
                self.seen.insert(position, cell);
            }
        }
        let finished = self.seen.len();
        self.note(&format!("{finished} of {} are finished", self.cells));
    }

    /// Every server works again, and nobody stands in the way.
    async fn finish(&mut self, engine: &Arc<Engine>, place: Place) {
        self.world.servers.iter().for_each(|server| server.turn(Weather::Fine));
        let view = engine.run(place.workspace, place.run).await.unwrap();
        if view.state == RunState::Paused {
            engine.resume_run(&Caller::machine(), place.workspace, place.run).await.unwrap();
        }
        let begun = self.world.clock.elapsed();
        while !matches!(
            engine.run(place.workspace, place.run).await.unwrap().state,
            RunState::Finished | RunState::Cancelled
        ) {
            let waited = Duration::from_millis((self.world.clock.elapsed() - begun).unsigned_abs());
            assert!(
                waited < PATIENCE,
                "the run does not end: {:?}",
                engine.run(place.workspace, place.run).await
            );
            sleep(Duration::from_secs(5)).await;
        }
        // The follower looks by itself for what it was not told.
        sleep(Duration::from_secs(5)).await;
        self.look(engine, place).await;
    }

    /// What must be so, whatever happened.
    async fn check(&mut self, engine: &Arc<Engine>, place: Place) {
        let (view, cells) =
            (engine.run(place.workspace, place.run).await.unwrap(), self.cells(engine, place).await);
        assert_eq!(u32::try_from(cells.len()).unwrap(), self.cells);
        let mut counts = Counts::default();
        for cell in &cells {
            match cell.summary.state {
                CellState::Finished => counts.count(cell.summary.verdict, 1),
                CellState::Cancelled => counts.cancelled += 1,
                state => panic!("a cell of a run that has ended is {state:?}: {cell:?}"),
            }
            check_cell(cell);
        }
        assert_eq!(view.counts, counts, "the counters of the run");
        let was_cancelled = view.state == RunState::Cancelled;
        assert!(was_cancelled || counts.cancelled == 0, "cells of a run that was not cancelled: {counts:?}");
        assert!(view.finished_at.is_some());

        let events = std::mem::take(&mut *self.events.lock().unwrap());
        let numbers: Vec<i64> = events.iter().map(|frame| frame.number).collect();
        assert!(
            numbers.is_sorted_by(|one, next| one < next),
            "events in the order of their numbers: {numbers:?}"
        );
        assert_eq!(numbers.last(), Some(&view.event_number), "the last event was told");
        for cell in cells.iter().filter(|cell| cell.summary.state == CellState::Finished) {
            let position = format!("\"position\":{},", cell.summary.position);
            let told =
                events.iter().any(|frame| frame.event == "cell_finished" && frame.data.contains(&position));
            assert!(told, "the end of cell {} was not told", cell.summary.position);
        }
        self.log
            .extend(events.iter().map(|frame| format!("{} {} {}", frame.number, frame.event, frame.data)));

        let asked: u32 = self.world.servers.iter().map(Server::calls).sum();
        let most = CALLS_OF_A_CELL * self.cells * (1 + self.retries) + 8 * self.interruptions;
        assert!(asked <= most, "{asked} calls for {} cells, {most} at most", self.cells);
        for server in &self.world.servers {
            assert!(server.wrong().is_empty(), "{}", server.wrong().join("\n"));
        }
    }
}

fn check_cell(cell: &CellReport) {
    match (&cell.result, cell.summary.verdict) {
        (Some(result), Some(Verdict::Pass | Verdict::Fail | Verdict::Invalid) | None)
            if cell.summary.state == CellState::Finished =>
        {
            let word = cell.case.variables["word"].as_str().unwrap();
            let expected = super::answer_to(MODEL, &format!("Say {word}."));
            assert_eq!(result.output, expected, "an answer that nobody gave");
        }
        (_, Some(Verdict::Error)) => {
            assert!(!cell.summary.reason.is_empty() && cell.error.is_some(), "{cell:?}");
        }
        _ => assert_ne!(cell.summary.state, CellState::Finished, "{cell:?}"),
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Every second case asks for what the model says.
fn case(number: u32) -> CaseContent {
    let word = format!("word {number}");
    let assertions = match number % 3 {
        0 => Vec::new(),
        1 => vec![Assertion { value: Some(json!("says")), ..Assertion::of("contains") }],
        _ => vec![Assertion { value: Some(json!("sings")), ..Assertion::of("contains") }],
    };
    CaseContent {
        variables: [("word".to_owned(), json!(word))].into_iter().collect(),
        assertions,
        ..CaseContent::default()
    }
}
