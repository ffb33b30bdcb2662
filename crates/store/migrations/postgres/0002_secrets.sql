-- The keys that seal values: one of the server and one of each workspace that has sealed something, each sealed under
-- the master key, which is in no database.
CREATE TABLE data_keys (
    -- The id of the workspace, or `server`.
    scope      TEXT COLLATE "C" PRIMARY KEY,
    sealed_key TEXT COLLATE "C" NOT NULL,
    -- Which master key it is sealed under, by a hash of that.
    master_key TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
