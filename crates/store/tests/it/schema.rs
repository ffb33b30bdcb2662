//! Both databases have the same tables, views, columns and indexes.

use store::{Sql, Store};
use testkit::TestDatabase;

/// Full-text search is each database's own, and the bookkeeping of the steps is the runner's.
const COLUMNS_OF_FILE: Sql = Sql::new(
    "SELECT m.name, c.name, CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'REAL' THEN 'double precision' \
     ELSE 'text' END, c.\"notnull\" = 1 OR c.pk > 0 \
     FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') \
     AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'card_search%' AND m.name <> 'migrations' ORDER BY 1, 2",
);
const COLUMNS_OF_SERVER: Sql = Sql::new(
    "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT), is_nullable = 'NO' \
     FROM information_schema.columns WHERE table_schema = current_schema() \
     AND table_name NOT IN ('card_search', 'migrations') \
     ORDER BY table_name COLLATE \"C\", column_name COLLATE \"C\"",
);
const INDEXES_OF_FILE: Sql =
    Sql::new("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
const INDEXES_OF_SERVER: Sql = Sql::new(
    "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = current_schema() \
     AND indexname <> 'card_search_by_word' AND indexname NOT IN \
     (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u')) ORDER BY indexname COLLATE \"C\"",
);

/// Table, column, type, and whether it must have a value.
type Column = (String, String, String, bool);

#[tokio::test]
async fn the_live_schemas_are_the_same() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("schema parity", "TEST_POSTGRES_URL is not set");
        return;
    }
    let server = Store::open(database.settings()).unwrap();
    let file = Store::open_in_place().unwrap();
    let columns = |sql: Sql| move |conn: &mut store::Conn| conn.query_all::<Column>(sql, &[]);
    let of_file = file.read(columns(COLUMNS_OF_FILE)).await.unwrap();
    let of_server = server.read(columns(COLUMNS_OF_SERVER)).await.unwrap();
    assert!(of_file.len() > 100, "{} columns", of_file.len());
    assert_eq!(of_file, of_server);
    let indexes = |sql: Sql| move |conn: &mut store::Conn| conn.query_all::<String>(sql, &[]);
    let of_file = file.read(indexes(INDEXES_OF_FILE)).await.unwrap();
    assert!(!of_file.is_empty());
    assert_eq!(of_file, server.read(indexes(INDEXES_OF_SERVER)).await.unwrap());
}
