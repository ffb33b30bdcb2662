-- What may be used on a day, by the id of a workspace or of an API key. NULL: as much as anybody likes.
CREATE TABLE budgets (
    subject_id TEXT PRIMARY KEY,
    calls      INTEGER,
    tokens     INTEGER,
    -- In billionths of a US dollar.
    cost       INTEGER,
    set_by     TEXT NOT NULL,
    set_at     INTEGER NOT NULL
) STRICT;

-- What was used, by the same ids. The day is counted from 1970-01-01, UTC.
CREATE TABLE daily_usage (
    subject_id TEXT NOT NULL,
    day        INTEGER NOT NULL,
    calls      INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    cost       INTEGER NOT NULL,
    PRIMARY KEY (subject_id, day)
) STRICT, WITHOUT ROWID;

-- The API key that started the run; NULL: none did.
ALTER TABLE runs ADD COLUMN api_key_id TEXT;
-- Why the server paused the run; NULL: it did not.
ALTER TABLE runs ADD COLUMN pause_reason TEXT;
