-- What somebody let others read: one card or one run. Revoking one removes it.
CREATE TABLE shares (
    id           TEXT COLLATE "C" PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    -- The one or the other.
    card_id      TEXT COLLATE "C" REFERENCES cards (id),
    run_id       TEXT COLLATE "C" REFERENCES runs (id),
    -- SHA-256 in hex of the secret of its link; NULL: it has none.
    secret_hash  TEXT COLLATE "C" UNIQUE,
    -- It works as long as this account may make such a one.
    created_by   TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX shares_of_workspace ON shares (workspace_id, id);
CREATE INDEX shares_of_run ON shares (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX shares_by_age ON shares (expires_at);

-- The accounts that it is for, beside whoever has the link.
CREATE TABLE share_accounts (
    share_id TEXT COLLATE "C" NOT NULL REFERENCES shares (id),
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    PRIMARY KEY (share_id, user_id)
);
CREATE INDEX share_accounts_of_user ON share_accounts (user_id);
