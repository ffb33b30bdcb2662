-- What somebody let others read: one card or one run. Revoking one removes it.
CREATE TABLE shares (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    -- The one or the other.
    card_id      TEXT REFERENCES cards (id),
    run_id       TEXT REFERENCES runs (id),
    -- SHA-256 in hex of the secret of its link; NULL: it has none.
    secret_hash  TEXT UNIQUE,
    -- It works as long as this account may make such a one.
    created_by   TEXT NOT NULL REFERENCES users (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX shares_of_workspace ON shares (workspace_id, id);
CREATE INDEX shares_of_run ON shares (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX shares_by_age ON shares (expires_at);

-- The accounts that it is for, beside whoever has the link.
CREATE TABLE share_accounts (
    share_id TEXT NOT NULL REFERENCES shares (id),
    user_id  TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (share_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_accounts_of_user ON share_accounts (user_id);
