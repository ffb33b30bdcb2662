-- Accounts, their sessions and keys, and who is a member of what. Hashes are SHA-256 in hex, keys of names are
-- those names as they are compared.

CREATE TABLE users (
    id                TEXT COLLATE "C" PRIMARY KEY,
    -- Never changes, and is never given again: who did something is kept by it.
    name              TEXT COLLATE "C" NOT NULL,
    name_key          TEXT COLLATE "C" NOT NULL UNIQUE,
    email             TEXT COLLATE "C",
    email_key         TEXT COLLATE "C" UNIQUE,
    role              TEXT COLLATE "C" NOT NULL,
    -- Argon2id in PHC form; NULL: nobody can sign in until a link was used.
    password_hash     TEXT COLLATE "C",
    password_set_at   BIGINT,
    -- Sealed. Without totp_confirmed_at it is on its way and asks nothing of a sign-in.
    totp_secret       TEXT COLLATE "C",
    totp_confirmed_at BIGINT,
    -- The last step of 30 seconds whose code was taken: none is taken twice.
    totp_last_step    BIGINT,
    disabled_at       BIGINT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
CREATE INDEX users_by_role ON users (role);

CREATE TABLE recovery_codes (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    code_hash TEXT COLLATE "C" NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

-- Failed sign-ins by the hash of the name that was typed, whether there is such an account or not.
CREATE TABLE sign_in_failures (
    name_hash TEXT COLLATE "C" PRIMARY KEY,
    failures  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (last_at);

CREATE TABLE sessions (
    id           TEXT COLLATE "C" PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    -- Key of the tokens that keep other sites from acting in it.
    csrf_key     TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    -- When the password was last given.
    confirmed_at BIGINT NOT NULL,
    -- When its tokens were last renewed.
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    -- 1: it ends by expires_at alone, however long nothing is heard of it.
    remembered   BIGINT NOT NULL,
    user_agent   TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C",
    ended_at     BIGINT,
    end_reason   TEXT COLLATE "C"
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Every refresh token that a session had: one that comes twice ends the session.
CREATE TABLE refresh_tokens (
    token_hash     TEXT COLLATE "C" PRIMARY KEY,
    session_id     TEXT COLLATE "C" NOT NULL REFERENCES sessions (id),
    generation     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    -- When it was exchanged or replaced.
    used_at        BIGINT,
    -- The one it was exchanged for; NULL where it was replaced before anybody used it.
    successor_hash TEXT COLLATE "C"
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

-- Access tokens that are refused although they have not expired: their session ended, or got others instead.
CREATE TABLE denied_tokens (
    issuer     TEXT COLLATE "C" NOT NULL,
    token_id   TEXT COLLATE "C" NOT NULL,
    -- From then on they would be refused in any case.
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, token_id)
);
CREATE INDEX denied_tokens_by_age ON denied_tokens (expires_at);

-- The id is the key's thumbprint of RFC 7638. The private half is sealed.
CREATE TABLE signing_keys (
    id           TEXT COLLATE "C" PRIMARY KEY,
    state        TEXT COLLATE "C" NOT NULL,
    public_key   TEXT COLLATE "C" NOT NULL,
    private_key  TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at   BIGINT
);

CREATE TABLE members (
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    role         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    -- An admin who entered is one until then, for this reason.
    expires_at   BIGINT,
    reason       TEXT COLLATE "C",
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_of_user ON members (user_id);

CREATE TABLE api_keys (
    id                TEXT COLLATE "C" PRIMARY KEY,
    -- The part of the key that may be shown.
    key_id            TEXT COLLATE "C" NOT NULL UNIQUE,
    secret_hash       TEXT COLLATE "C" NOT NULL,
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    workspace_id      TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id),
    name              TEXT COLLATE "C" NOT NULL,
    -- JSON list.
    scopes            TEXT COLLATE "C" NOT NULL,
    expires_at        BIGINT NOT NULL,
    last_used_at      BIGINT,
    last_used_address TEXT COLLATE "C",
    created_at        BIGINT NOT NULL,
    revoked_at        BIGINT
);
CREATE INDEX api_keys_of_user ON api_keys (user_id, id);

-- Secrets that are good for one thing, once: the first account, an invitation, a new password.
CREATE TABLE one_time_links (
    secret_hash    TEXT COLLATE "C" PRIMARY KEY,
    kind           TEXT COLLATE "C" NOT NULL,
    -- Whose password it sets.
    user_id        TEXT COLLATE "C" REFERENCES users (id),
    -- What an invitation proposes or makes of whom it invites.
    name           TEXT COLLATE "C",
    email          TEXT COLLATE "C",
    role           TEXT COLLATE "C",
    workspace_id   TEXT COLLATE "C" REFERENCES workspaces (id),
    workspace_role TEXT COLLATE "C",
    created_by     TEXT COLLATE "C" NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    used_at        BIGINT
);
CREATE INDEX one_time_links_by_age ON one_time_links (expires_at);
CREATE INDEX one_time_links_of_user ON one_time_links (user_id) WHERE user_id IS NOT NULL;
