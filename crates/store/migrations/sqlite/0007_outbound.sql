-- Providers that somebody added; one without a row here comes from the configuration.
CREATE TABLE saved_providers (
    provider_id TEXT PRIMARY KEY REFERENCES providers (id),
    -- What the tokens of its models cost, as JSON.
    prices      TEXT NOT NULL,
    -- The key of its server, sealed for the endpoint that it was given for; NULL: none.
    sealed_key  TEXT,
    revision    INTEGER NOT NULL
) STRICT;

-- What may be called beside what the configuration names, such as http://gpu-box:11434.
CREATE TABLE endpoints (
    id       TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL UNIQUE,
    added_by TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

-- Whom the servers of this database ever called.
CREATE TABLE contacted_hosts (
    endpoint TEXT PRIMARY KEY,
    calls    INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
