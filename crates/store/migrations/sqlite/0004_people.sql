-- Accounts, their sessions and keys, and who is a member of what. Hashes are SHA-256 in hex, keys of names are
-- those names as they are compared.

CREATE TABLE users (
    id                TEXT PRIMARY KEY,
    -- Never changes, and is never given again: who did something is kept by it.
    name              TEXT NOT NULL,
    name_key          TEXT NOT NULL UNIQUE,
    email             TEXT,
    email_key         TEXT UNIQUE,
    role              TEXT NOT NULL,
    -- Argon2id in PHC form; NULL: nobody can sign in until a link was used.
    password_hash     TEXT,
    password_set_at   INTEGER,
    -- Sealed. Without totp_confirmed_at it is on its way and asks nothing of a sign-in.
    totp_secret       TEXT,
    totp_confirmed_at INTEGER,
    -- The last step of 30 seconds whose code was taken: none is taken twice.
    totp_last_step    INTEGER,
    disabled_at       INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_role ON users (role);

CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id),
    code_hash TEXT NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Failed sign-ins by the hash of the name that was typed, whether there is such an account or not.
CREATE TABLE sign_in_failures (
    name_hash TEXT PRIMARY KEY,
    failures  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (last_at);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id),
    -- Key of the tokens that keep other sites from acting in it.
    csrf_key     TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    -- When the password was last given.
    confirmed_at INTEGER NOT NULL,
    -- When its tokens were last renewed.
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    -- 1: it ends by expires_at alone, however long nothing is heard of it.
    remembered   INTEGER NOT NULL,
    user_agent   TEXT NOT NULL,
    address      TEXT,
    ended_at     INTEGER,
    end_reason   TEXT
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Every refresh token that a session had: one that comes twice ends the session.
CREATE TABLE refresh_tokens (
    token_hash     TEXT PRIMARY KEY,
    session_id     TEXT NOT NULL REFERENCES sessions (id),
    generation     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    -- When it was exchanged or replaced.
    used_at        INTEGER,
    -- The one it was exchanged for; NULL where it was replaced before anybody used it.
    successor_hash TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- Access tokens that are refused although they have not expired: their session ended, or got others instead.
CREATE TABLE denied_tokens (
    issuer     TEXT NOT NULL,
    token_id   TEXT NOT NULL,
    -- From then on they would be refused in any case.
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, token_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX denied_tokens_by_age ON denied_tokens (expires_at);

-- The id is the key's thumbprint of RFC 7638. The private half is sealed.
CREATE TABLE signing_keys (
    id           TEXT PRIMARY KEY,
    state        TEXT NOT NULL,
    public_key   TEXT NOT NULL,
    private_key  TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    activated_at INTEGER,
    retired_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    user_id      TEXT NOT NULL REFERENCES users (id),
    role         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    -- An admin who entered is one until then, for this reason.
    expires_at   INTEGER,
    reason       TEXT,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_user ON members (user_id);

CREATE TABLE api_keys (
    id                TEXT PRIMARY KEY,
    -- The part of the key that may be shown.
    key_id            TEXT NOT NULL UNIQUE,
    secret_hash       TEXT NOT NULL,
    user_id           TEXT NOT NULL REFERENCES users (id),
    workspace_id      TEXT NOT NULL REFERENCES workspaces (id),
    name              TEXT NOT NULL,
    -- JSON list.
    scopes            TEXT NOT NULL,
    expires_at        INTEGER NOT NULL,
    last_used_at      INTEGER,
    last_used_address TEXT,
    created_at        INTEGER NOT NULL,
    revoked_at        INTEGER
) STRICT;
CREATE INDEX api_keys_of_user ON api_keys (user_id, id);

-- Secrets that are good for one thing, once: the first account, an invitation, a new password.
CREATE TABLE one_time_links (
    secret_hash    TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    -- Whose password it sets.
    user_id        TEXT REFERENCES users (id),
    -- What an invitation proposes or makes of whom it invites.
    name           TEXT,
    email          TEXT,
    role           TEXT,
    workspace_id   TEXT REFERENCES workspaces (id),
    workspace_role TEXT,
    created_by     TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_links_by_age ON one_time_links (expires_at);
CREATE INDEX one_time_links_of_user ON one_time_links (user_id) WHERE user_id IS NOT NULL;
