//! Random histories have the same answers and the same errors on either database.
//!
//! A failure prints its seed and the shortest history that was found. `PARITY_SEED` and `PARITY_HISTORIES` choose
//! others: `PARITY_SEED=7 PARITY_HISTORIES=2000 scripts/with-postgres cargo nextest run --profile postgres parity`.

mod cards;
mod draw;
mod operation;
mod outbound;
mod perform;
mod runs;
mod shares;
mod world;

use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use store::{Error, Sql, Store};
use testkit::TestDatabase;
use tokio::runtime::Runtime;

use self::draw::{look, operation};
use self::operation::Operation;
use self::world::World;

/// Operations of one history.
const LONGEST: usize = 60;

/// What the operations of one history fill, as it is when the database is new.
const FORGET: [Sql; 2] = [
    Sql::new(
        "TRUNCATE workspaces, users, providers, endpoints, contacted_hosts, runs, cells, cell_results, attempts, idempotency_keys, card_search RESTART IDENTITY CASCADE",
    ),
    Sql::new("UPDATE counters SET value = 0"),
];

#[test]
fn random_histories_are_the_same_on_both_databases() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("random histories on both databases", "TEST_POSTGRES_URL is not set");
        return;
    }
    let number = |name: &str, usual: u32| std::env::var(name).map_or(usual, |value| value.parse().unwrap());
    let (seed, histories) = (number("PARITY_SEED", 1), number("PARITY_HISTORIES", 64));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = Store::open(database.settings()).unwrap();
    let config =
        Config { cases: histories, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let ran = runner.run(&vec(operation(), 1..LONGEST), |history| compare(&runtime, &server, &history));
    match ran {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("PARITY_SEED={seed}: {reason}"),
        Err(TestError::Fail(reason, shortest)) => {
            panic!("PARITY_SEED={seed}\n{reason}\nthe shortest history that was found: {shortest:#?}")
        }
    }
}

/// Runs a history on a new file and on the emptied server, side by side.
fn compare(runtime: &Runtime, server: &Store, history: &[Operation]) -> Result<(), TestCaseError> {
    let file = Store::open_in_place().unwrap();
    runtime.block_on(async {
        let forgotten =
            server.write(|conn| FORGET.iter().try_for_each(|sql| conn.execute(*sql, &[]).map(drop)));
        forgotten.await.unwrap();
        let (mut file_world, mut server_world) = (World::default(), World::default());
        for (step, operation) in history.iter().chain(&look()).enumerate() {
            let on_file = perform(&file, &mut file_world, operation, step).await;
            let on_server = perform(server, &mut server_world, operation, step).await;
            if on_file != on_server {
                return Err(TestCaseError::fail(format!(
                    "step {step}, {operation:?}:\nSQLite:     {on_file}\nPostgreSQL: {on_server}"
                )));
            }
        }
        Ok(())
    })
}

/// What an operation answered, as text.
async fn perform(store: &Store, world: &mut World, operation: &Operation, step: usize) -> String {
    let (before, asked) = (world.clone(), operation.clone());
    let work = move |conn: &mut store::Conn| {
        let mut world = before.clone();
        let answer = perform::perform(conn, &mut world, &asked, step)?;
        Ok((answer, world))
    };
    let told = match operation {
        operation if operation.reads() => store.read(work).await,
        operation if operation.is_guarded() => store.write_guarded(work).await,
        _ => store.write(work).await,
    };
    match told {
        Ok((answer, after)) => {
            *world = after;
            answer
        }
        Err(error) => shown(&error),
    }
}

/// An error without what each database says in its own words.
fn shown(error: &Error) -> String {
    match error {
        Error::Constraint { kind, .. } => format!("constraint {kind:?}"),
        Error::Corrupt { table, .. } => format!("corrupt {table}"),
        Error::NoRow { .. } => "no row".to_owned(),
        Error::ManyRows { .. } => "many rows".to_owned(),
        other => other.to_string(),
    }
}
