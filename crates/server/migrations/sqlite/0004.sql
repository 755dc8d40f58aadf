-- A row that is found by its key in the key's own tree makes every page of that tree hold few rows
-- where rows are long, the inner pages too, and a line of a journal is longer than such a page lets
-- a row be. So long rows lie in the order in which they came, and only their keys in a tree aside:
-- what is being worked on is written to few pages.
CREATE TABLE records_by_age (
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    refs TEXT NOT NULL,
    live BOOLEAN NOT NULL,
    PRIMARY KEY (person, kind, id)
);
INSERT INTO records_by_age (person, kind, id, version, state, refs, live)
SELECT person, kind, id, version, state, refs, live FROM records ORDER BY person, kind, id;
DROP TABLE records;
ALTER TABLE records_by_age RENAME TO records;
CREATE INDEX records_live ON records (person, kind, id) WHERE live;
CREATE TABLE journal_by_age (
    person TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    line TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (person, sequence)
);
INSERT INTO journal_by_age (person, sequence, line, hash)
SELECT person, sequence, line, hash FROM journal ORDER BY person, sequence;
DROP TABLE journal;
ALTER TABLE journal_by_age RENAME TO journal;
CREATE TABLE owed_by_age (
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
    lane TEXT NOT NULL,
    lease_owner TEXT NOT NULL,
    PRIMARY KEY (person, slot, id)
);
INSERT INTO owed_by_age (person, slot, id, letter, idempotency_key, attempts, next_ms, lease_ms,
    forever, dead, since_ms, lane, lease_owner)
SELECT person, slot, id, letter, idempotency_key, attempts, next_ms, lease_ms,
    forever, dead, since_ms, lane, lease_owner FROM owed ORDER BY next_ms, person, slot, id;
DROP TABLE owed;
ALTER TABLE owed_by_age RENAME TO owed;
CREATE INDEX owed_next ON owed (lane, next_ms) WHERE NOT dead;
