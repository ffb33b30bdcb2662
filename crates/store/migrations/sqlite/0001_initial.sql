-- Ids are UUIDv7 text, times milliseconds since 1970, JSON is text as it came.

CREATE TABLE workspaces (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    -- The number that the workspace's last run got.
    last_run   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE suites (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    -- Grows with every change; it is the ETag.
    revision     INTEGER NOT NULL DEFAULT 1,
    -- The position that the last added case got.
    last_position INTEGER NOT NULL DEFAULT 0,
    -- Cases that are not deleted: counting them would read them all, for each card of a list.
    case_count   INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX suites_of_workspace ON suites (workspace_id, id);

CREATE TABLE test_cases (
    id         TEXT PRIMARY KEY,
    suite_id   TEXT NOT NULL REFERENCES suites (id),
    position   INTEGER NOT NULL,
    content    TEXT NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 1,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (suite_id, position)
) STRICT;

CREATE TABLE cards (
    -- The row of card_search that finds the card.
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    workspace_id   TEXT NOT NULL REFERENCES workspaces (id),
    slug           TEXT NOT NULL,
    title          TEXT NOT NULL,
    description    TEXT NOT NULL DEFAULT '',
    folder         TEXT NOT NULL DEFAULT '',
    suite_id       TEXT NOT NULL REFERENCES suites (id),
    -- Number of the latest version; 0 while there is none.
    latest_version INTEGER NOT NULL DEFAULT 0,
    revision       INTEGER NOT NULL DEFAULT 1,
    archived_at    INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (workspace_id, slug)
) STRICT;
CREATE INDEX cards_by_change ON cards (workspace_id, updated_at DESC, id DESC);
CREATE INDEX cards_of_suite ON cards (suite_id);

CREATE TABLE card_tags (
    card_id TEXT NOT NULL REFERENCES cards (id),
    tag     TEXT NOT NULL,
    PRIMARY KEY (card_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_tags_by_tag ON card_tags (tag, card_id);

CREATE TABLE card_drafts (
    card_id    TEXT PRIMARY KEY REFERENCES cards (id),
    content    TEXT NOT NULL,
    -- Number of the version that the draft started from; 0 where there was none.
    based_on   INTEGER NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 1,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE card_versions (
    id           TEXT PRIMARY KEY,
    card_id      TEXT NOT NULL REFERENCES cards (id),
    number       INTEGER NOT NULL,
    content      TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    message      TEXT NOT NULL,
    author       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (card_id, number)
) STRICT;

CREATE TABLE labels (
    card_id  TEXT NOT NULL REFERENCES cards (id),
    name     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    moved_by TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    PRIMARY KEY (card_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE label_moves (
    id           TEXT PRIMARY KEY,
    card_id      TEXT NOT NULL REFERENCES cards (id),
    name         TEXT NOT NULL,
    from_version INTEGER,
    to_version   INTEGER,
    moved_by     TEXT NOT NULL,
    moved_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX label_moves_of_card ON label_moves (card_id, name, id);

-- Full-text search over cards: the row is replaced with every change of a card or its draft. It is found by
-- cards.number, because a column that is not searched has no index: to find a row by it reads them all.
-- The words come as they are to be found; the tokenizer is the one that leaves them so.
CREATE VIRTUAL TABLE card_search USING fts5 (words, prefix = '2 3', tokenize = 'ascii');
-- The same rows in the form that both databases share.
CREATE VIEW card_words AS SELECT rowid AS number, words FROM card_search;

CREATE TABLE providers (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    base_url     TEXT,
    concurrency  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

-- What a provider last said of its models.
CREATE TABLE models (
    provider_id TEXT NOT NULL REFERENCES providers (id),
    name        TEXT NOT NULL,
    digest      TEXT,
    facts       TEXT NOT NULL,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (provider_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    number       INTEGER NOT NULL,
    state        TEXT NOT NULL,
    suite_id     TEXT NOT NULL REFERENCES suites (id),
    versions     INTEGER NOT NULL,
    models       INTEGER NOT NULL,
    cases        INTEGER NOT NULL,
    repeats      INTEGER NOT NULL,
    -- Its cells have the ids from first_cell up to, not including, first_cell + cell_count.
    first_cell   INTEGER NOT NULL,
    cell_count   INTEGER NOT NULL,
    -- The instance that prepares it; of use only as long as it is preparing.
    prepared_by  TEXT NOT NULL,
    -- Cells that are neither finished nor cancelled.
    open_cells   INTEGER NOT NULL,
    -- Number of the last event.
    event_seq    INTEGER NOT NULL DEFAULT 0,
    -- Hash of what is run, by which a second start of the same finds the first.
    fingerprint  TEXT NOT NULL,
    simulated    INTEGER NOT NULL,
    note         TEXT NOT NULL,
    -- 1: a cell may take the answer of an earlier run.
    cache        INTEGER NOT NULL,
    -- 1: somebody wants it kept; then nothing removes it.
    kept         INTEGER NOT NULL DEFAULT 0,
    -- Bytes of the texts of its cases and results.
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER,
    finished_at  INTEGER,
    UNIQUE (workspace_id, number)
) STRICT;
CREATE INDEX runs_by_start ON runs (workspace_id, id DESC);
CREATE INDEX runs_by_first_cell ON runs (first_cell);
CREATE INDEX runs_by_state ON runs (state, workspace_id, id);
CREATE INDEX runs_by_end ON runs (finished_at);

-- Snapshots of all that a run is made of, so that later edits change nothing.
CREATE TABLE run_versions (
    run_id   TEXT NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    card_id  TEXT NOT NULL REFERENCES cards (id),
    slug     TEXT NOT NULL,
    title    TEXT NOT NULL,
    number   INTEGER NOT NULL,
    content  TEXT NOT NULL,
    -- Texts of the included cards, by reference.
    includes TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_versions_of_card ON run_versions (card_id, run_id);

CREATE TABLE run_models (
    run_id         TEXT NOT NULL REFERENCES runs (id),
    position       INTEGER NOT NULL,
    provider       TEXT NOT NULL,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    digest         TEXT,
    context_length INTEGER,
    simulated      INTEGER NOT NULL,
    parameters     TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_models_by_name ON run_models (provider, name, run_id);

CREATE TABLE run_cases (
    run_id   TEXT NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    case_id  TEXT NOT NULL,
    content  TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) STRICT;

-- Counters of one column of the matrix: one version on one model.
CREATE TABLE run_columns (
    run_id            TEXT NOT NULL REFERENCES runs (id),
    position          INTEGER NOT NULL,
    -- Hash of what an answer depends on beside prompt and repeat; NULL: the answers are simulated.
    cache_scope       TEXT,
    cancelled         INTEGER NOT NULL DEFAULT 0,
    pass              INTEGER NOT NULL DEFAULT 0,
    fail              INTEGER NOT NULL DEFAULT 0,
    error             INTEGER NOT NULL DEFAULT 0,
    invalid           INTEGER NOT NULL DEFAULT 0,
    unjudged          INTEGER NOT NULL DEFAULT 0,
    -- Sums over the cells whose model answered.
    answered          INTEGER NOT NULL DEFAULT 0,
    latency_ms        INTEGER NOT NULL DEFAULT 0,
    generation_ms     INTEGER NOT NULL DEFAULT 0,
    prompt_tokens     INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    -- Sum of what this run paid for its answers, in billionths of a US dollar; NULL: no cost is known.
    cost              INTEGER,
    -- JSON list of what the scores of each metric add up to; NULL: there are none.
    metrics           TEXT,
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_columns_by_cache_scope ON run_columns (cache_scope, run_id) WHERE cache_scope IS NOT NULL;

-- Numbers that are given out once.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('cells', 0);

-- The queue. The id is runs.first_cell plus the cell's position in its run, which stands for one version, model,
-- case and repeat, because a run's matrix never changes; so the key says that there is one cell for each. No
-- other index: a claim and a finish change a row where it lies. Rows hardly grow when a cell finishes: what is
-- written then is in cell_results.
CREATE TABLE cells (
    id                INTEGER PRIMARY KEY,
    state             TEXT NOT NULL,
    -- Grows with every claim; a result is stored only under the claim it was made for.
    claim             INTEGER NOT NULL DEFAULT 0,
    owner             TEXT,
    lease_until       INTEGER,
    attempts          INTEGER NOT NULL DEFAULT 0,
    verdict           TEXT,
    score             REAL,
    latency_ms        INTEGER,
    completion_tokens INTEGER
) STRICT;

-- What was sent for a finished cell, what came back and what the assertions found: one row, written once. The
-- short facts that the matrix shows stand before the long texts, so that a list never reads those.
CREATE TABLE cell_results (
    cell_id       INTEGER PRIMARY KEY,
    headline      TEXT NOT NULL,
    reason        TEXT NOT NULL,
    preview       TEXT NOT NULL,
    -- The cell whose answer this is, if the model was not asked.
    cached_from   INTEGER,
    prompt_hash   TEXT NOT NULL,
    -- Address of the model server that answered; NULL: none did.
    server        TEXT,
    digest        TEXT,
    finish_reason TEXT,
    -- What the call cost that brought the answer, in billionths of a US dollar; NULL: that is not known.
    cost          INTEGER,
    usage         TEXT NOT NULL,
    timings       TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER NOT NULL,
    parameters    TEXT NOT NULL,
    notes         TEXT NOT NULL,
    -- JSON list, in the order of the case's assertions.
    outcomes      TEXT NOT NULL,
    prompt        TEXT NOT NULL,
    output        TEXT NOT NULL,
    -- JSON list of the tools that the model asked to be called; NULL: none.
    tool_calls    TEXT,
    thinking      TEXT
) STRICT;

-- Calls of the model. A cell that was answered by its first call has no row here: its result says all of it.
CREATE TABLE attempts (
    cell_id      INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    latency_ms   INTEGER NOT NULL,
    error_kind   TEXT,
    error_detail TEXT,
    PRIMARY KEY (cell_id, number)
) STRICT, WITHOUT ROWID;

-- What happened to a run. Cells that finished in one commit share a row, whose numbers go from `number` on:
-- one for each position in `positions`, a JSON list.
CREATE TABLE run_events (
    run_id      TEXT NOT NULL REFERENCES runs (id),
    number      INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    positions   TEXT,
    at          INTEGER NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

-- Answers to creating requests, kept a day, so that a repeated request does not create twice.
CREATE TABLE idempotency_keys (
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    body        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What this database was copied from. While a copy into it is not finished, no server starts on it.
CREATE TABLE copies (
    source      TEXT PRIMARY KEY,
    begun_at    INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
