//! No hot statement reads a table that grows, on either database.

mod fill;
mod hot;

use testkit::TestDatabase;

use self::hot::HOT;
use crate::{Error, Result, Sql, Store, StoreSettings};

/// How a statement is run.
#[derive(Debug)]
#[expect(dead_code, reason = "a report shows all of it")]
pub(crate) struct Plan {
    pub(crate) statement: &'static str,
    /// Its steps, in the words of the database.
    pub(crate) steps: Vec<String>,
    /// Those that read a whole table.
    pub(crate) scans: Vec<String>,
    /// How many rows it reads.
    pub(crate) rows: u64,
}

/// Indexes without which a hot statement reads a table, and how each is lost.
const NEEDED: [(&str, Sql); 7] = [
    ("cards_by_change", Sql::new("DROP INDEX cards_by_change")),
    ("idempotency_keys_by_age", Sql::new("DROP INDEX idempotency_keys_by_age")),
    ("run_columns_by_cache_scope", Sql::new("DROP INDEX run_columns_by_cache_scope")),
    ("run_versions_of_card", Sql::new("DROP INDEX run_versions_of_card")),
    ("runs_by_end", Sql::new("DROP INDEX runs_by_end")),
    ("shares_of_run", Sql::new("DROP INDEX shares_of_run")),
    ("share_accounts_of_user", Sql::new("DROP INDEX share_accounts_of_user")),
];

/// Why a closure is undone: it has told what it was to tell.
enum Told {
    Faults(Vec<String>),
    Failed(Error),
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hot_statement_reads_a_table_that_grows() {
    let database = TestDatabase::new();
    let store = filled(&database).await;
    let found = faults(&store, None).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (index, drop) in NEEDED {
        assert!(!faults(&store, Some(drop)).await.is_empty(), "nobody misses the index {index}");
    }
}

/// What is wrong with the plans of the hot statements, after `drop`; all of it is undone.
async fn faults(store: &Store, drop: Option<Sql>) -> Vec<String> {
    let told = store.try_write(move |conn| -> Result<(), Told> {
        if let Some(drop) = drop {
            conn.execute(drop, &[])?;
        }
        let mut found = Vec::new();
        for (name, most_rows, work) in HOT {
            conn.plans = Some(Vec::new());
            work(conn)?;
            let plans = conn.plans.take().unwrap_or_default();
            assert!(!plans.is_empty(), "{name}: no statement was run");
            let slow = plans.iter().filter(|plan| !plan.scans.is_empty() || plan.rows > *most_rows);
            found.extend(slow.map(|plan| format!("{name}, at most {most_rows} rows: {plan:#?}")));
        }
        Err(Told::Faults(found))
    });
    match told.await {
        Err(Told::Faults(found)) => found,
        Err(Told::Failed(error)) => panic!("{error}"),
        Ok(()) => Vec::new(),
    }
}

async fn filled(database: &TestDatabase) -> Store {
    let settings = StoreSettings {
        path: database.folder().join("promptcards.db"),
        database_url: database.url().map(|url| url.parse().unwrap()),
        postgres_connections: 4,
        ..StoreSettings::default()
    };
    let store = Store::open(settings).unwrap();
    store.write(fill::fill).await.unwrap();
    if database.is_on_server() {
        // As the server does by itself every minute.
        database.query("VACUUM ANALYZE");
    }
    store
}
