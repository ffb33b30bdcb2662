//! How fast the store writes and reads, on the disk of the folder that is named: run by hand.
//!
//! `cargo run -p store --example throughput -- FOLDER`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and may panic")]

use std::time::Duration;

use store::{InsertMany, Sql, Store, StoreSettings};
use tokio::task::JoinSet;
use tokio::time::Instant;

const CREATE: Sql = Sql::new(
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, note TEXT) STRICT",
);
const INSERT: Sql = Sql::new("INSERT INTO things (name, size, note) VALUES ($1, $2, $3) RETURNING id");
const INSERT_MANY: InsertMany<3> = InsertMany::new("INSERT INTO things (name, size, note)", "");
const GET: Sql = Sql::new("SELECT name, size, note FROM things WHERE id = $1");
const TASKS: i64 = 64;

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("promptcards.db");
    let store = Store::open(StoreSettings { path, ..StoreSettings::default() }).unwrap();
    store.write(|conn| conn.execute(CREATE, &[])).await.unwrap();

    for _ in 0..3 {
        insert_one_by_one(&store, 1_000).await;
        insert_many(&store, 100_000).await;
        read(&store, 4_000).await;
        lone(&store).await;
    }
    store.close(Duration::from_secs(30)).await.unwrap();
}

async fn insert_one_by_one(store: &Store, each: i64) {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..each {
                let inserted = store.write(move |conn| {
                    conn.query_one::<i64>(
                        INSERT,
                        &[&"a name of some length", &(task * each + number), &"a note"],
                    )
                });
                inserted.await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    report("inserts, 64 at once", TASKS * each, began.elapsed());
}

async fn insert_many(store: &Store, rows: i64) {
    let began = Instant::now();
    for chunk in 0..rows / 2_000 {
        let sizes: Vec<i64> = (chunk * 2_000..(chunk + 1) * 2_000).collect();
        let inserted = store.write(move |conn| {
            conn.insert_many(&INSERT_MANY, &sizes, |size| [&"a name of some length", size, &"a note"])
        });
        inserted.await.unwrap();
    }
    report("rows, 2,000 a closure", rows, began.elapsed());
}

async fn read(store: &Store, each: i64) {
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..each {
                let id = task * each / 4 + number / 4 + 1;
                let row = store.read(move |conn| conn.query_one::<(String, i64, String)>(GET, &[&id]));
                row.await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    report("reads, 64 at once", TASKS * each, began.elapsed());
}

async fn lone(store: &Store) {
    let mut taken = Vec::new();
    for _ in 0..2_000 {
        let began = Instant::now();
        store.read(|conn| conn.query_one::<(String, i64, String)>(GET, &[&7])).await.unwrap();
        taken.push(began.elapsed());
    }
    taken.sort();
    println!("one read at a time: p50 {:?}, p99 {:?}", taken[1_000], taken[1_980]);
    let began = Instant::now();
    for _ in 0..500 {
        store.write(|conn| conn.query_one::<i64>(INSERT, &[&"name", &1, &"note"])).await.unwrap();
    }
    report("inserts, one at a time", 500, began.elapsed());
}

fn report(what: &str, count: i64, taken: Duration) {
    let count = u32::try_from(count).unwrap();
    println!("{what}: {:.0}/s, {:?} each", f64::from(count) / taken.as_secs_f64(), taken / count);
}
