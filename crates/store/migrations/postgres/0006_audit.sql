-- What was done by whom. A line is never changed; the oldest are removed in whole by one function, which sets
-- `audit_head.removable` for its own transaction.
CREATE TABLE audit_log (
    seq          BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor_kind   TEXT COLLATE "C" NOT NULL,
    actor        TEXT COLLATE "C",
    credential   TEXT COLLATE "C",
    -- A hash under a key of audit_keys, which is dropped after a while.
    address      TEXT COLLATE "C",
    action       TEXT COLLATE "C" NOT NULL,
    workspace_id TEXT COLLATE "C",
    object       TEXT COLLATE "C" NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    request      TEXT COLLATE "C",
    detail       TEXT COLLATE "C" NOT NULL,
    -- SHA-256 of the hash of the line before and of this line; see the reference.
    prev_hash    TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_log_by_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_by_action ON audit_log (action, seq);
CREATE INDEX audit_log_by_object ON audit_log (object, seq);

-- One row: the number of the last line, which every writer takes first, and up to which line may be removed now.
CREATE TABLE audit_head (
    id        BIGINT PRIMARY KEY,
    seq       BIGINT NOT NULL,
    removable BIGINT NOT NULL DEFAULT 0
);

-- How long the log was at a time, signed.
CREATE TABLE audit_checkpoints (
    seq       BIGINT PRIMARY KEY,
    hash      TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    signature TEXT COLLATE "C" NOT NULL
);

-- The key that signs checkpoints, and those under which addresses are hashed, one for each period.
CREATE TABLE audit_keys (
    purpose    TEXT COLLATE "C" NOT NULL,
    period     BIGINT NOT NULL,
    public_key TEXT COLLATE "C",
    sealed_key TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (purpose, period)
);

CREATE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    removable BIGINT := COALESCE((SELECT removable FROM audit_head), 0);
BEGIN
    -- The checkpoint at the end of what is removed is where the rest begins.
    IF OLD.seq < removable OR OLD.seq = removable AND TG_TABLE_NAME = 'audit_log' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_unchanged();
CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged();
CREATE TRIGGER audit_checkpoints_unchanged BEFORE UPDATE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit_unchanged();
CREATE TRIGGER audit_checkpoints_kept BEFORE DELETE ON audit_checkpoints
    FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_checkpoints_not_emptied BEFORE TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged();
