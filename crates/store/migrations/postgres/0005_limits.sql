-- What may be used on a day, by the id of a workspace or of an API key. NULL: as much as anybody likes.
CREATE TABLE budgets (
    subject_id TEXT COLLATE "C" PRIMARY KEY,
    calls      BIGINT,
    tokens     BIGINT,
    -- In billionths of a US dollar.
    cost       BIGINT,
    set_by     TEXT COLLATE "C" NOT NULL,
    set_at     BIGINT NOT NULL
);

-- What was used, by the same ids. The day is counted from 1970-01-01, UTC.
CREATE TABLE daily_usage (
    subject_id TEXT COLLATE "C" NOT NULL,
    day        BIGINT NOT NULL,
    calls      BIGINT NOT NULL,
    tokens     BIGINT NOT NULL,
    cost       BIGINT NOT NULL,
    PRIMARY KEY (subject_id, day)
);

-- The API key that started the run; NULL: none did.
ALTER TABLE runs ADD COLUMN api_key_id TEXT COLLATE "C";
-- Why the server paused the run; NULL: it did not.
ALTER TABLE runs ADD COLUMN pause_reason TEXT COLLATE "C";
