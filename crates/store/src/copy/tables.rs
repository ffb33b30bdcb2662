//! The tables, in the order in which they can be filled, and how each is read in the order of its key.

use crate::sql::Sql;
use crate::{Conn, FromRow, InsertMany, Result, Row, ToValue, Value, card_search};

/// Most rows that are held at once.
const ROWS: usize = 512;
/// Most bytes of long texts that are held at once, unless a single row has more.
const BYTES: u64 = 4 << 20;

/// A row: its values, those of the key first.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(crate) struct Values(pub(crate) Vec<Value<'static>>);

impl Values {
    /// The values as parameters of a statement with `N` of them.
    pub(crate) fn parameters<const N: usize>(&self) -> [&dyn ToValue; N] {
        std::array::from_fn(|place| &self.0[place] as &dyn ToValue)
    }
}

impl FromRow for Values {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        (0..row.width()).map(|place| row.get::<Value<'static>>(place)).collect::<Result<_>>().map(Self)
    }
}

/// A table or view, and its statements.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns of the key come first.
    pub(super) columns: &'static [&'static str],
    pub(super) key_columns: usize,
    count: Sql,
    last_key: Sql,
    first: Sql,
    next: Sql,
    /// Bytes of the long texts of the same rows; None where no text of the table is long.
    sizes: Option<(Sql, Sql)>,
    insert: fn(&mut Conn, &[Values]) -> Result<()>,
}

impl Table {
    pub(super) fn count(&self, conn: &mut Conn) -> Result<u64> {
        conn.query_one(self.count, &[])
    }

    pub(super) fn last_key(&self, conn: &mut Conn) -> Result<Option<Values>> {
        conn.query_opt(self.last_key, &[])
    }

    pub(super) fn key(&self, row: &Values) -> Values {
        Values(row.0[..self.key_columns].to_vec())
    }

    /// The key of a row, as people read it: `card_id 0198…, name production`.
    pub(super) fn shown_key(&self, row: &Values) -> String {
        let shown =
            self.columns.iter().zip(&row.0).take(self.key_columns).map(|(column, value)| match value {
                Value::Text(text) => format!("{column} {}", text.chars().take(64).collect::<String>()),
                Value::Integer(number) => format!("{column} {number}"),
                Value::Null | Value::Real(_) => format!("{column} {value:?}"),
            });
        shown.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn insert(&self, conn: &mut Conn, rows: &[Values]) -> Result<()> {
        (self.insert)(conn, rows)
    }

    /// The rows after a key, as many as may be held at once; none at the end of the table.
    pub(super) fn chunk(&self, conn: &mut Conn, after: Option<&Values>) -> Result<Vec<Values>> {
        let rows = match self.sizes {
            None => ROWS,
            Some(sizes) => fitting(&page::<u64>(conn, sizes, ROWS, after)?),
        };
        page(conn, (self.first, self.next), rows, after)
    }
}

/// How many of the rows may be held at once.
fn fitting(sizes: &[u64]) -> usize {
    let ends = sizes.iter().scan(0, |bytes, size| {
        *bytes += size;
        Some(*bytes)
    });
    ends.take_while(|bytes| *bytes <= BYTES).count().max(1)
}

/// Answers of the first statement, or of the second one with what follows a key.
fn page<T: FromRow>(
    conn: &mut Conn,
    (first, next): (Sql, Sql),
    rows: usize,
    after: Option<&Values>,
) -> Result<Vec<T>> {
    let Some(key) = after else { return conn.query_all(first, &[&rows]) };
    let mut parameters: Vec<&dyn ToValue> = vec![&rows];
    parameters.extend(key.0.iter().map(|value| value as &dyn ToValue));
    conn.query_all(next, &parameters)
}

/// `table!(labels by card_id, name: version, revision; long content)`: the key, the other columns, and those of the
/// columns whose texts may be long.
macro_rules! table {
    ($name:ident by $key:ident $(: $($column:ident),+)? $(; long $($long:ident),+)?) => {
        table!(@ $name, 1, "$2", [$key], [$key $($(, $column)+)?], [$($($long),+)?])
    };
    ($name:ident by $key:ident, $second:ident $(: $($column:ident),+)? $(; long $($long:ident),+)?) => {
        table!(@ $name, 2, "$2, $3", [$key, $second], [$key, $second $($(, $column)+)?], [$($($long),+)?])
    };
    (@ $name:ident, $key_columns:literal, $places:literal, $key:tt, $columns:tt, []) => {
        Table { sizes: None, ..table!(@@ $name, $key_columns, $places, $key, $columns) }
    };
    (@ $name:ident, $key_columns:literal, $places:literal, [$key:ident $(, $second:ident)?], $columns:tt, [$($long:ident),+]) => {
        Table {
            sizes: Some((
                Sql::new(concat!(
                    "SELECT 0" $(, " + COALESCE(octet_length(", stringify!($long), "), 0)")+,
                    " FROM ", stringify!($name),
                    " ORDER BY ", stringify!($key) $(, ", ", stringify!($second))?, " LIMIT $1",
                )),
                Sql::new(concat!(
                    "SELECT 0" $(, " + COALESCE(octet_length(", stringify!($long), "), 0)")+,
                    " FROM ", stringify!($name),
                    " WHERE (", stringify!($key) $(, ", ", stringify!($second))?, ") > (", $places, ")",
                    " ORDER BY ", stringify!($key) $(, ", ", stringify!($second))?, " LIMIT $1",
                )),
            )),
            ..table!(@@ $name, $key_columns, $places, [$key $(, $second)?], $columns)
        }
    };
    (@@ $name:ident, $key_columns:literal, $places:literal,
        [$key:ident $(, $second:ident)?], [$first:ident $(, $column:ident)*]) => {
        Table {
            name: stringify!($name),
            columns: &[stringify!($first) $(, stringify!($column))*],
            key_columns: $key_columns,
            count: Sql::new(concat!("SELECT COUNT(*) FROM ", stringify!($name))),
            last_key: Sql::new(concat!(
                "SELECT ", stringify!($key) $(, ", ", stringify!($second))?, " FROM ", stringify!($name),
                " ORDER BY ", stringify!($key), " DESC" $(, ", ", stringify!($second), " DESC")?, " LIMIT 1",
            )),
            first: Sql::new(concat!(
                "SELECT ", stringify!($first) $(, ", ", stringify!($column))*, " FROM ", stringify!($name),
                " ORDER BY ", stringify!($key) $(, ", ", stringify!($second))?, " LIMIT $1",
            )),
            next: Sql::new(concat!(
                "SELECT ", stringify!($first) $(, ", ", stringify!($column))*, " FROM ", stringify!($name),
                " WHERE (", stringify!($key) $(, ", ", stringify!($second))?, ") > (", $places, ")",
                " ORDER BY ", stringify!($key) $(, ", ", stringify!($second))?, " LIMIT $1",
            )),
            sizes: None,
            insert: |conn, rows| {
                const COLUMNS: usize = [stringify!($first) $(, stringify!($column))*].len();
                const INSERT: InsertMany<COLUMNS> = InsertMany::new(
                    concat!(
                        "INSERT INTO ", stringify!($name),
                        " (", stringify!($first) $(, ", ", stringify!($column))*, ")",
                    ),
                    "",
                );
                conn.insert_many(&INSERT, rows, Values::parameters).map(drop)
            },
        }
    };
}

/// All of them. A table that others point to stands before those.
pub(super) const TABLES: &[Table] = &[
    table!(workspaces by id: slug, name, prepared_by, last_run, created_at),
    table!(data_keys by scope: sealed_key, master_key, created_at),
    table!(suites by id: workspace_id, name, revision, last_position, case_count, created_at, updated_at),
    table!(test_cases by id: suite_id, position, content, revision, deleted_at, created_at, updated_at; long content),
    table!(cards by number: id, workspace_id, slug, title, description, folder, suite_id, latest_version, revision,
        archived_at, created_at, updated_at; long description),
    table!(card_tags by card_id, tag),
    table!(card_drafts by card_id: content, based_on, revision, updated_by, updated_at; long content),
    table!(card_versions by id: card_id, number, content, content_hash, message, author, created_at;
        long content, message),
    table!(labels by card_id, name: version, revision, moved_by, moved_at),
    table!(label_moves by id: card_id, name, from_version, to_version, moved_by, moved_at),
    // Found again from the words, not from the cards: what a card is found by is the engine's to say.
    Table { insert: card_search::insert_words, ..table!(card_words by number: words; long words) },
    table!(providers by id: workspace_id, name, kind, base_url, concurrency, created_at, updated_at),
    table!(saved_providers by provider_id: prices, sealed_key, revision),
    table!(endpoints by id: endpoint, added_by, added_at),
    table!(contacted_hosts by endpoint: calls, first_at, last_at),
    table!(models by provider_id, name: digest, facts, seen_at; long facts),
    table!(runs by id: workspace_id, number, state, suite_id, versions, models, cases, repeats, first_cell, cell_count,
        prepared_by, open_cells, event_seq, fingerprint, simulated, note, cache, kept, stored_bytes, created_by, created_at,
        started_at, finished_at, api_key_id, pause_reason),
    table!(run_versions by run_id, position: card_id, slug, title, number, content, includes; long content, includes),
    table!(run_models by run_id, position: provider, kind, name, digest, context_length, simulated, parameters;
        long parameters),
    table!(run_cases by run_id, position: case_id, content; long content),
    table!(run_columns by run_id, position: cache_scope, cancelled, pass, fail, error, invalid, unjudged, answered, latency_ms,
        generation_ms, prompt_tokens, completion_tokens, cost, metrics; long metrics),
    table!(budgets by subject_id: calls, tokens, cost, set_by, set_at),
    table!(daily_usage by subject_id, day: calls, tokens, cost),
    table!(counters by name: value),
    table!(cells by id: state, claim, owner, lease_until, attempts, verdict, score, latency_ms, completion_tokens),
    table!(cell_results by cell_id: headline, reason, preview, cached_from, prompt_hash, server, digest, finish_reason, cost,
        usage, timings, started_at, finished_at, parameters, notes, outcomes, prompt, output, tool_calls, thinking;
        long reason, preview, parameters, notes, outcomes, prompt, output, tool_calls, thinking),
    table!(attempts by cell_id, number: started_at, latency_ms, error_kind, error_detail; long error_detail),
    table!(run_events by run_id, number: last_number, kind, positions, at; long positions),
    table!(audit_keys by purpose, period: public_key, sealed_key, created_at),
    table!(audit_head by id: seq, removable),
    table!(audit_log by seq: at, actor_kind, actor, credential, address, action, workspace_id, object, outcome, request,
        detail, prev_hash, hash; long detail),
    table!(audit_checkpoints by seq: hash, at, signature),
    table!(idempotency_keys by scope, key: fingerprint, body, created_at; long body),
    table!(users by id: name, name_key, email, email_key, role, password_hash, password_set_at, totp_secret,
        totp_confirmed_at, totp_last_step, disabled_at, created_at, updated_at),
    table!(recovery_codes by user_id, code_hash: used_at),
    table!(sign_in_failures by name_hash: failures, last_at),
    table!(sessions by id: user_id, csrf_key, created_at, confirmed_at, last_seen_at, expires_at, remembered, user_agent,
        address, ended_at, end_reason),
    table!(refresh_tokens by token_hash: session_id, generation, created_at, used_at, successor_hash),
    table!(denied_tokens by issuer, token_id: expires_at),
    table!(signing_keys by id: state, public_key, private_key, created_at, activated_at, retired_at),
    table!(members by workspace_id, user_id: role, created_at, expires_at, reason),
    table!(shares by id: workspace_id, card_id, run_id, secret_hash, created_by, created_at, expires_at),
    table!(share_accounts by share_id, user_id),
    table!(api_keys by id: key_id, secret_hash, user_id, workspace_id, name, scopes, expires_at, last_used_at,
        last_used_address, created_at, revoked_at),
    table!(one_time_links by secret_hash: kind, user_id, name, email, role, workspace_id, workspace_role, created_by,
        created_at, expires_at, used_at),
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::Store;

    /// What is not copied: the bookkeeping of the schema and of copies, and what the view `card_words` stands for.
    const COLUMNS: Sql = Sql::new(
        "SELECT m.name, c.name, c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') \
         AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'card_search%' AND m.name NOT IN ('migrations', 'copies')",
    );
    const REFERENCES: Sql = Sql::new(
        "SELECT m.name, f.\"table\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    );

    #[tokio::test]
    async fn every_table_and_column_of_the_schema_is_copied_in_the_order_of_its_key() {
        let store = Store::open_in_place().unwrap();
        let found: Vec<(String, String, usize)> =
            store.read(|conn| conn.query_all(COLUMNS, &[])).await.unwrap();
        let (mut columns, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for (table, column, place) in found {
            if place > 0 {
                keys.entry(table.clone()).or_insert_with(BTreeMap::new).insert(place, column.clone());
            }
            columns.entry(table).or_insert_with(BTreeSet::new).insert(column);
        }
        let copied: BTreeMap<String, BTreeSet<String>> = TABLES
            .iter()
            .map(|table| {
                (table.name.to_owned(), table.columns.iter().map(|column| (*column).to_owned()).collect())
            })
            .collect();
        assert_eq!(copied, columns, "what is copied, and what is there");
        for table in TABLES.iter().filter(|table| table.name != "card_words") {
            let key: Vec<&String> = keys[table.name].values().collect();
            assert_eq!(key, table.columns[..table.key_columns].iter().collect::<Vec<_>>(), "{}", table.name);
        }
    }

    #[tokio::test]
    async fn a_table_comes_after_those_that_it_points_to() {
        let store = Store::open_in_place().unwrap();
        let references: Vec<(String, String)> =
            store.read(|conn| conn.query_all(REFERENCES, &[])).await.unwrap();
        assert!(references.len() > 10, "{references:?}");
        let place = |name: &str| TABLES.iter().position(|table| table.name == name).unwrap();
        for (from, to) in references {
            assert!(place(&to) < place(&from), "{from} points to {to}");
        }
    }

    #[test]
    fn a_chunk_holds_so_many_bytes_or_one_row() {
        assert_eq!(fitting(&[10; 512]), 512);
        assert_eq!(fitting(&[BYTES / 2, BYTES / 2, 1]), 2);
        assert_eq!(fitting(&[BYTES + 1, 1]), 1);
        assert_eq!(fitting(&[]), 1);
    }
}
