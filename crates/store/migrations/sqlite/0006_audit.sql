-- What was done by whom. A line is never changed; the oldest are removed in whole by one function, which sets
-- `audit_head.removable` for its own transaction.
CREATE TABLE audit_log (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor        TEXT,
    credential   TEXT,
    -- A hash under a key of audit_keys, which is dropped after a while.
    address      TEXT,
    action       TEXT NOT NULL,
    workspace_id TEXT,
    object       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    request      TEXT,
    detail       TEXT NOT NULL,
    -- SHA-256 of the hash of the line before and of this line; see the reference.
    prev_hash    TEXT NOT NULL,
    hash         TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_action ON audit_log (action, seq);
CREATE INDEX audit_log_by_object ON audit_log (object, seq);

-- One row: the number of the last line, which every writer takes first, and up to which line may be removed now.
CREATE TABLE audit_head (
    id        INTEGER PRIMARY KEY,
    seq       INTEGER NOT NULL,
    removable INTEGER NOT NULL DEFAULT 0
) STRICT;

-- How long the log was at a time, signed.
CREATE TABLE audit_checkpoints (
    seq       INTEGER PRIMARY KEY,
    hash      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    signature TEXT NOT NULL
) STRICT;

-- The key that signs checkpoints, and those under which addresses are hashed, one for each period.
CREATE TABLE audit_keys (
    purpose    TEXT NOT NULL,
    period     INTEGER NOT NULL,
    public_key TEXT,
    sealed_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (purpose, period)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log
WHEN OLD.seq > COALESCE((SELECT removable FROM audit_head), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
-- INSERT OR REPLACE deletes without the trigger above.
CREATE TRIGGER audit_log_appended BEFORE INSERT ON audit_log
WHEN NEW.seq <= COALESCE((SELECT MAX(seq) FROM audit_log), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_checkpoints_kept BEFORE DELETE ON audit_checkpoints
WHEN OLD.seq >= COALESCE((SELECT removable FROM audit_head), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_checkpoints_appended BEFORE INSERT ON audit_checkpoints
WHEN NEW.seq <= COALESCE((SELECT MAX(seq) FROM audit_checkpoints), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
