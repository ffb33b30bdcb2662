-- Providers that somebody added; one without a row here comes from the configuration.
CREATE TABLE saved_providers (
    provider_id TEXT COLLATE "C" PRIMARY KEY REFERENCES providers (id),
    -- What the tokens of its models cost, as JSON.
    prices      TEXT COLLATE "C" NOT NULL,
    -- The key of its server, sealed for the endpoint that it was given for; NULL: none.
    sealed_key  TEXT COLLATE "C",
    revision    BIGINT NOT NULL
);

-- What may be called beside what the configuration names, such as http://gpu-box:11434.
CREATE TABLE endpoints (
    id       TEXT COLLATE "C" PRIMARY KEY,
    endpoint TEXT COLLATE "C" NOT NULL UNIQUE,
    added_by TEXT COLLATE "C" NOT NULL,
    added_at BIGINT NOT NULL
);

-- Whom the servers of this database ever called.
CREATE TABLE contacted_hosts (
    endpoint TEXT COLLATE "C" PRIMARY KEY,
    calls    BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);
