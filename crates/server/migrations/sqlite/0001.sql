-- One row a person: what every write is guarded by, and the end of her journal.
CREATE TABLE persons (
    person TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    head TEXT NOT NULL
) WITHOUT ROWID;
-- What a step sees, and what it only compares, apart.
CREATE TABLE records (
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    refs TEXT NOT NULL,
    live BOOLEAN NOT NULL,
    PRIMARY KEY (person, kind, id)
) WITHOUT ROWID;
CREATE INDEX records_live ON records (person, kind, id) WHERE live;
-- Deadlines that are armed.
CREATE TABLE timers (
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    what TEXT NOT NULL,
    due_ms BIGINT NOT NULL,
    PRIMARY KEY (person, kind, id, what)
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (due_ms);
-- What is still to be sent: at most one letter in each slot.
CREATE TABLE owed (
    person TEXT NOT NULL,
    slot TEXT NOT NULL,
    id TEXT NOT NULL,
    letter TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    lease_ms BIGINT NOT NULL,
    forever BOOLEAN NOT NULL,
    dead BOOLEAN NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (person, slot, id)
) WITHOUT ROWID;
CREATE INDEX owed_next ON owed (next_ms) WHERE NOT dead;
-- Every decision, in its order for one person; each line's hash covers the one before.
CREATE TABLE journal (
    person TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (person, sequence)
) WITHOUT ROWID;
-- Whose an id is, once and for all.
CREATE TABLE directory (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
-- Signatures that were used.
CREATE TABLE nonces (
    key_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
) WITHOUT ROWID;
CREATE INDEX nonces_until ON nonces (until_ms);
-- Which body an idempotency key stands for.
CREATE TABLE keys (
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE INDEX keys_until ON keys (until_ms);
