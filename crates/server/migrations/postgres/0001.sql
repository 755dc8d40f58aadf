-- One row a person: what every write is guarded by, and the end of her journal.
CREATE TABLE persons (
    person TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    head TEXT COLLATE "C" NOT NULL
);
-- What a step sees, and what it only compares, apart.
CREATE TABLE records (
    person TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    refs TEXT COLLATE "C" NOT NULL,
    live BOOLEAN NOT NULL,
    PRIMARY KEY (person, kind, id)
);
CREATE INDEX records_live ON records (person, kind, id) WHERE live;
-- Deadlines that are armed.
CREATE TABLE timers (
    person TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    what TEXT COLLATE "C" NOT NULL,
    due_ms BIGINT NOT NULL,
    PRIMARY KEY (person, kind, id, what)
);
CREATE INDEX timers_due ON timers (due_ms);
-- What is still to be sent: at most one letter in each slot.
CREATE TABLE owed (
    person TEXT COLLATE "C" NOT NULL,
    slot TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    letter TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    lease_ms BIGINT NOT NULL,
    forever BOOLEAN NOT NULL,
    dead BOOLEAN NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (person, slot, id)
);
CREATE INDEX owed_next ON owed (next_ms) WHERE NOT dead;
-- Every decision, in its order for one person; each line's hash covers the one before.
CREATE TABLE journal (
    person TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person, sequence)
);
-- Whose an id is, once and for all.
CREATE TABLE directory (
    scope TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    person TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, id)
);
-- Signatures that were used.
CREATE TABLE nonces (
    key_id TEXT COLLATE "C" NOT NULL,
    nonce TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX nonces_until ON nonces (until_ms);
-- Which body an idempotency key stands for.
CREATE TABLE keys (
    scope TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    until_ms BIGINT NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX keys_until ON keys (until_ms);
