//! Both databases have the same tables, views, columns, keys, indexes and references.
//!
//! Full-text search is each database's own, and the bookkeeping of the steps is the runner's.

use store::{Sql, Store};
use testkit::TestDatabase;

/// What is compared, and how each database is asked for it: one text for each thing that there is.
const PARTS: [(&str, Sql, Sql); 5] = [
    (
        "columns",
        Sql::new(
            "SELECT m.name || '.' || c.name || CASE CASE m.type WHEN 'view' THEN replace(c.type, 'BLOB', 'TEXT') ELSE c.type END WHEN 'INTEGER' THEN ' bigint' \
             WHEN 'REAL' THEN ' double precision' WHEN 'TEXT' THEN ' text' WHEN '' THEN ' text' ELSE c.type END \
             || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END \
             || COALESCE(' default ' || c.dflt_value, '') \
             FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') \
             AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'card_search%' AND m.name <> 'migrations' ORDER BY 1",
        ),
        Sql::new(
            "SELECT table_name || '.' || column_name || ' ' || data_type \
             || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END \
             || COALESCE(' default ' || split_part(column_default, '::', 1), '') AS part \
             FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name NOT IN ('card_search', 'migrations')",
        ),
    ),
    (
        "keys and unique columns",
        Sql::new(
            "SELECT name || ' key ' || (SELECT group_concat(c.name, ', ' ORDER BY c.pk) \
             FROM pragma_table_info(m.name) c WHERE c.pk > 0) AS part \
             FROM sqlite_master m WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
             AND name NOT LIKE 'card_search%' AND name <> 'migrations' \
             UNION ALL SELECT m.name || ' unique ' || (SELECT group_concat(x.name, ', ' ORDER BY x.seqno) \
             FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) \
             FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'u' ORDER BY 1",
        ),
        Sql::new(
            "SELECT CAST(CAST(c.conrelid AS REGCLASS) AS TEXT) \
             || CASE c.contype WHEN 'p' THEN ' key ' ELSE ' unique ' END \
             || (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
             FROM unnest(c.conkey) WITH ORDINALITY k (number, place) \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS part \
             FROM pg_constraint c WHERE c.contype IN ('p', 'u') AND c.connamespace = to_regnamespace(current_schema()) \
             AND c.conrelid NOT IN (to_regclass('card_search'), to_regclass('migrations'))",
        ),
    ),
    (
        "indexes",
        Sql::new(
            "SELECT i.name || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END || ' on ' || m.name || ' ' \
             || (SELECT group_concat(x.name || CASE x.desc WHEN 1 THEN ' desc' ELSE '' END, ', ' ORDER BY x.seqno) \
             FROM pragma_index_xinfo(i.name) x WHERE x.key = 1) \
             || CASE i.partial WHEN 1 THEN (SELECT substr(s.sql, instr(s.sql, ' WHERE ')) FROM sqlite_master s \
             WHERE s.name = i.name) ELSE '' END \
             FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin = 'c' ORDER BY 1",
        ),
        Sql::new(
            "SELECT CAST(CAST(i.indexrelid AS REGCLASS) AS TEXT) || CASE WHEN i.indisunique THEN ' unique' ELSE '' END \
             || ' on ' || CAST(CAST(i.indrelid AS REGCLASS) AS TEXT) || ' ' \
             || (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, true) \
             || CASE WHEN i.indoption[k - 1] % 2 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY k) \
             FROM generate_series(1, i.indnkeyatts) k) \
             || COALESCE(' WHERE ' || trim('()' FROM pg_get_expr(i.indpred, i.indrelid)), '') AS part \
             FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relname <> 'card_search_by_word' \
             AND i.indexrelid NOT IN (SELECT conindid FROM pg_constraint)",
        ),
    ),
    (
        "references",
        Sql::new(
            "SELECT m.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" \
             || ', update: ' || lower(f.on_update) || ', delete: ' || lower(f.on_delete) \
             || CASE WHEN instr(upper(m.sql), 'DEFERRABLE') THEN ', deferrable' ELSE '' END \
             FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY 1",
        ),
        Sql::new(
            "SELECT CAST(CAST(c.conrelid AS REGCLASS) AS TEXT) || '.' || a.attname || ' to ' \
             || CAST(CAST(c.confrelid AS REGCLASS) AS TEXT) || '.' || b.attname \
             || ', update: ' || CASE c.confupdtype WHEN 'a' THEN 'no action' ELSE CAST(c.confupdtype AS TEXT) END \
             || ', delete: ' || CASE c.confdeltype WHEN 'a' THEN 'no action' ELSE CAST(c.confdeltype AS TEXT) END \
             || CASE WHEN c.condeferrable THEN ', deferrable' ELSE '' END AS part \
             FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) \
             JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = ANY (c.confkey) WHERE c.contype = 'f'",
        ),
    ),
    (
        "checks",
        Sql::new(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND instr(upper(sql), 'CHECK (') ORDER BY 1",
        ),
        Sql::new(
            "SELECT DISTINCT CAST(CAST(conrelid AS REGCLASS) AS TEXT) AS part FROM pg_constraint WHERE contype = 'c' \
             AND connamespace = to_regnamespace(current_schema())",
        ),
    ),
];

/// A text compares byte by byte in a file; on a server, where its column says so.
const OTHERWISE_SORTED: Sql = Sql::new(
    "SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c \
     JOIN information_schema.tables t USING (table_schema, table_name) WHERE c.table_schema = current_schema() \
     AND t.table_type = 'BASE TABLE' AND c.data_type = 'text' AND c.collation_name IS DISTINCT FROM 'C'",
);

#[tokio::test]
async fn the_live_schemas_are_the_same() {
    let database = TestDatabase::new();
    if !database.is_on_server() {
        testkit::not_run("schema parity", "TEST_POSTGRES_URL is not set");
        return;
    }
    let server = Store::open(database.settings()).unwrap();
    let file = Store::open_in_place().unwrap();
    for (what, of_file, of_server) in PARTS {
        let ask = |sql: Sql| move |conn: &mut store::Conn| conn.query_all::<String>(sql, &[]);
        let of_file = file.read(ask(of_file)).await.unwrap();
        let mut of_server = server.read(ask(of_server)).await.unwrap();
        of_server.sort_unstable();
        assert_eq!(of_file, of_server, "{what}: left the file, right the server");
        assert!(what == "checks" || of_file.len() > 10, "{} {what}", of_file.len());
    }
    let otherwise = server.read(|conn| conn.query_all::<String>(OTHERWISE_SORTED, &[])).await.unwrap();
    assert!(otherwise.is_empty(), "not in the order of their bytes: {otherwise:?}");
}
