//! A database that has been in use for a while: 4,000 cards, 2,000 runs, 40,000 cells.

use domain::ids::{CardId, CaseId, RunId, ShareId, SuiteId, UserId, WorkspaceId};

use crate::sql::SqlPair;
use crate::{Conn, Result, Sql};

/// So many cards, each with a suite of its own, two versions and a label.
pub(super) const CARDS: i64 = 4_000;
/// So many runs, each of one version, two models and five cases; one more has all the other cells.
pub(super) const RUNS: i64 = 2_000;
/// So many cells, a fourth of which wait.
pub(super) const CELLS: i64 = 40_000;
/// The run with 20,000 cells.
pub(super) const LARGE: i64 = RUNS + 1;
/// Its first cell.
pub(super) const FIRST_OF_LARGE: i64 = RUNS * 10;
/// The first cell that waits.
pub(super) const FIRST_PENDING: i64 = CELLS * 3 / 4;
/// A run that was cancelled and whose cells are not.
pub(super) const HALF_CANCELLED: i64 = 777;
/// A run that is being removed.
const REMOVING: i64 = 555;

/// `'…' || number`: the id of a thing of a kind.
macro_rules! id {
    ($kind:literal, $number:literal) => {
        concat!(
            "'00000000-0000-7000-80",
            $kind,
            "-' || substr(CAST(1000000000000 + (",
            $number,
            ") AS TEXT), 2)"
        )
    };
}

/// Inserts a row for each `i` from 1 to `$1`.
macro_rules! fill {
    ($into:literal, $($select:tt)+) => {
        Sql::new(concat!(
            "INSERT INTO ", $into, " WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) \
             UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT ", $($select)+, " FROM n"
        ))
    };
}

macro_rules! ids {
    ($($name:ident $kind:literal $type:ty),+) => {$(
        pub(super) fn $name(number: i64) -> $type {
            format!(concat!("00000000-0000-7000-80", $kind, "-{:012}"), number).parse().unwrap()
        }
    )+};
}
ids!(
    workspace "00" WorkspaceId,
    suite "01" SuiteId,
    case "02" CaseId,
    card "03" CardId,
    run "04" RunId,
    user "08" UserId,
    share "09" ShareId
);

const WORKSPACE: Sql = fill!(
    "workspaces (id, slug, name, last_run, created_at)",
    id!("00", "i"),
    ", 'default', 'Default', 2001, 0"
);
const BY_CARD: [Sql; 9] = [
    fill!(
        "suites (id, workspace_id, name, last_position, case_count, created_at, updated_at)",
        id!("01", "i"),
        ", ",
        id!("00", "1"),
        ", 'suite', 1, 1, i, i"
    ),
    fill!(
        "test_cases (id, suite_id, position, content, created_at, updated_at)",
        id!("02", "i"),
        ", ",
        id!("01", "i"),
        ", 1, '{\"variables\":{\"number\":1}}', i, i"
    ),
    fill!(
        "cards (number, id, workspace_id, slug, title, folder, suite_id, latest_version, created_at, updated_at)",
        "i, ",
        id!("03", "i"),
        ", ",
        id!("00", "1"),
        ", 'card-' || i, 'Card', 'folder-' || (i % 10), ",
        id!("01", "i"),
        ", 2, i, i"
    ),
    fill!("card_tags (card_id, tag)", id!("03", "i"), ", 'tag-' || (i % 20)"),
    fill!(
        "card_drafts (card_id, content, based_on, updated_by, updated_at)",
        id!("03", "i"),
        ", '{\"kind\":\"text\"}', 2, 'local', i"
    ),
    fill!(
        "card_versions (id, card_id, number, content, content_hash, message, author, created_at)",
        id!("05", "i"),
        ", ",
        id!("03", "i"),
        ", 1, '{\"kind\":\"text\"}', 'hash', 'First', 'local', i"
    ),
    fill!(
        "card_versions (id, card_id, number, content, content_hash, message, author, created_at)",
        id!("06", "i"),
        ", ",
        id!("03", "i"),
        ", 2, '{\"kind\":\"text\"}', 'hash', 'Second', 'local', i"
    ),
    fill!(
        "labels (card_id, name, version, moved_by, moved_at)",
        id!("03", "i"),
        ", 'production', 2, 'local', i"
    ),
    fill!(
        "label_moves (id, card_id, name, to_version, moved_by, moved_at)",
        id!("07", "i"),
        ", ",
        id!("03", "i"),
        ", 'production', 2, 'local', i"
    ),
];
const WORDS: SqlPair = SqlPair::new(
    "INSERT INTO card_search (rowid, words) SELECT number, $1 || ' word' || number FROM cards",
    "INSERT INTO card_search (card_number, words) \
     SELECT number, array_to_tsvector(string_to_array($1 || ' word' || number, ' ')) FROM cards",
);
const BY_RUN: [Sql; 9] = [
    fill!(
        "runs (id, workspace_id, number, state, suite_id, versions, models, cases, repeats, first_cell, \
         cell_count, prepared_by, open_cells, event_seq, fingerprint, simulated, note, cache, stored_bytes, \
         created_by, created_at, started_at, finished_at)",
        id!("04", "i"),
        ", ",
        id!("00", "1"),
        ", i, CASE WHEN i % 50 = 0 THEN 'cancelled' ELSE 'finished' END, ",
        id!("01", "i"),
        ", 1, 2, 5, 1, (i - 1) * 10, 10, '', 0, 5, 'print-' || i, 0, '', 1, 10000, 'local', i, i, i"
    ),
    fill!(
        "run_versions (run_id, position, card_id, slug, title, number, content, includes)",
        id!("04", "i"),
        ", 0, ",
        id!("03", "i"),
        ", 'card-' || i, 'Card', 1, '{\"kind\":\"text\"}', '{}'"
    ),
    fill!(
        "run_models (run_id, position, provider, kind, name, simulated, parameters)",
        id!("04", "i"),
        ", 0, 'ollama', 'ollama', 'model-' || (i % 2), 0, '{}'"
    ),
    fill!(
        "run_models (run_id, position, provider, kind, name, simulated, parameters)",
        id!("04", "i"),
        ", 1, 'ollama', 'ollama', 'other-' || (i % 200), 0, '{}'"
    ),
    fill!(
        "run_cases (run_id, position, case_id, content)",
        id!("04", "i"),
        ", 0, ",
        id!("02", "i"),
        ", '{\"variables\":{\"number\":1}}'"
    ),
    fill!("run_columns (run_id, position, cache_scope)", id!("04", "i"), ", 0, 'scope-' || (i % 1000)"),
    fill!("run_columns (run_id, position, cache_scope)", id!("04", "i"), ", 1, 'other-' || (i % 1000)"),
    fill!(
        "run_events (run_id, number, last_number, kind, positions, at)",
        id!("04", "i"),
        ", 1, 1, 'run_queued', NULL, i"
    ),
    fill!(
        "run_events (run_id, number, last_number, kind, positions, at)",
        id!("04", "i"),
        ", 2, 5, 'cell_finished', '[0,1,2,3]', i"
    ),
];
const LARGE_RUN: [Sql; 4] = [
    fill!(
        "runs (id, workspace_id, number, state, suite_id, versions, models, cases, repeats, first_cell, \
         cell_count, prepared_by, open_cells, event_seq, fingerprint, simulated, note, cache, created_by, \
         created_at, started_at)",
        id!("04", "2000 + i"),
        ", ",
        id!("00", "1"),
        ", 2000 + i, 'running', ",
        id!("01", "i"),
        ", 1, 2, 10000, 1, 20000, 20000, '', 10000, 10000, 'print', 0, '', 1, 'local', 2001, 2001"
    ),
    fill!(
        "run_models (run_id, position, provider, kind, name, simulated, parameters)",
        id!("04", "2000 + i"),
        ", 0, 'ollama', 'ollama', 'large', 0, '{}'"
    ),
    fill!("run_columns (run_id, position, cache_scope)", id!("04", "2000 + i"), ", 0, 'large'"),
    fill!("run_columns (run_id, position, cache_scope)", id!("04", "2000 + i"), ", 1, 'large'"),
];
const EVENTS_OF_LARGE: Sql = fill!(
    "run_events (run_id, number, last_number, kind, positions, at)",
    id!("04", "2001"),
    ", i, i, 'cell_finished', '[' || i || ']', i"
);
const CASES_OF_LARGE: Sql = fill!(
    "run_cases (run_id, position, case_id, content)",
    id!("04", "2001"),
    ", i - 1, ",
    id!("02", "i"),
    ", '{\"variables\":{\"number\":1}}'"
);
const CELLS_OF_ALL: Sql = fill!(
    "cells (id, state, claim, attempts, verdict, score, latency_ms, completion_tokens)",
    "i - 1, CASE WHEN i <= 30000 THEN 'finished' ELSE 'pending' END, 1, 1, \
     CASE WHEN i <= 30000 THEN CASE WHEN i % 100 = 7 THEN 'error' ELSE 'pass' END END, \
     CASE WHEN i <= 30000 THEN 1.0 END, CASE WHEN i <= 30000 THEN 40 END, 12"
);
const RESULTS: Sql = Sql::new(
    "INSERT INTO cell_results (cell_id, headline, reason, preview, prompt_hash, usage, timings, started_at, \
     finished_at, parameters, notes, outcomes, prompt, output) \
     SELECT id, 'contains', 'the output contains it', 'It is', 'hash-' || id, '{}', '{}', id, id, '{}', '[]', '[]', \
     $1 || id, $1 || id FROM cells WHERE state = 'finished'",
);
const ATTEMPTS: Sql = Sql::new(
    "INSERT INTO attempts (cell_id, number, started_at, latency_ms) \
     SELECT id, 1, id, 40 FROM cells WHERE id % 4 = 0 AND verdict = 'pass'",
);
const KEYS: Sql = fill!(
    "idempotency_keys (scope, key, fingerprint, body, created_at)",
    "'default', 'key-' || i, 'print', '{}', i"
);
const BUDGETS: Sql =
    fill!("budgets (subject_id, calls, set_by, set_at)", id!("00", "i"), ", 1000000, 'local', i");
const USAGE: Sql =
    fill!("daily_usage (subject_id, day, calls, tokens, cost)", id!("00", "i"), ", 0, i, i, i");
const USERS: [Sql; 2] = [
    fill!(
        "users (id, name, name_key, role, created_at, updated_at)",
        id!("08", "i"),
        ", 'user-' || i, 'user-' || i, 'user', i, i"
    ),
    fill!(
        "members (workspace_id, user_id, role, created_at)",
        id!("00", "1"),
        ", ",
        id!("08", "i"),
        ", 'editor', i"
    ),
];
/// Of each run one, for one of a hundred accounts.
const SHARES: [Sql; 2] = [
    fill!(
        "shares (id, workspace_id, run_id, secret_hash, created_by, created_at, expires_at)",
        id!("09", "i"),
        ", ",
        id!("00", "1"),
        ", ",
        id!("04", "i"),
        ", 'secret-' || i, ",
        id!("08", "1 + i % 100"),
        ", i, 1000000"
    ),
    fill!("share_accounts (share_id, user_id)", id!("09", "i"), ", ", id!("08", "1 + i % 100")),
];
const STATES: [(Sql, i64); 2] = [
    (
        Sql::new("UPDATE runs SET state = 'cancelled', open_cells = 5, finished_at = NULL WHERE number = $1"),
        HALF_CANCELLED,
    ),
    (Sql::new("UPDATE runs SET state = 'removing' WHERE number = $1"), REMOVING),
];

/// Fills an empty database.
pub(super) fn fill(conn: &mut Conn) -> Result<()> {
    conn.execute(WORKSPACE, &[&1])?;
    for statement in BY_CARD {
        conn.execute(statement, &[&CARDS])?;
    }
    let words = conn.pick(&WORDS);
    let of_each: Vec<String> = (0..100).map(|number| format!("common{number}")).collect();
    conn.execute(words, &[&of_each.join(" ")])?;
    for statement in BY_RUN {
        conn.execute(statement, &[&RUNS])?;
    }
    for statement in LARGE_RUN {
        conn.execute(statement, &[&1])?;
    }
    conn.execute(EVENTS_OF_LARGE, &[&10_000])?;
    conn.execute(CASES_OF_LARGE, &[&10_000])?;
    conn.execute(CELLS_OF_ALL, &[&CELLS])?;
    conn.execute(RESULTS, &[&"It is a number. ".repeat(20)])?;
    conn.execute(ATTEMPTS, &[])?;
    conn.execute(KEYS, &[&5_000])?;
    conn.execute(BUDGETS, &[&5_000])?;
    conn.execute(USAGE, &[&5_000])?;
    for statement in USERS {
        conn.execute(statement, &[&1_000])?;
    }
    for statement in SHARES {
        conn.execute(statement, &[&RUNS])?;
    }
    for (statement, number) in STATES {
        conn.execute(statement, &[&number])?;
    }
    Ok(())
}
