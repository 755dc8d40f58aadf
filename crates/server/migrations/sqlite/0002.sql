-- Letters to one peer wait in a lane of their own, so that a slow one keeps nobody else waiting.
ALTER TABLE owed ADD COLUMN lane TEXT NOT NULL DEFAULT '';
UPDATE owed SET lane = slot;
-- Which instance has a letter in its hands: the one that starts again under its name lets go of it.
ALTER TABLE owed ADD COLUMN lease_owner TEXT NOT NULL DEFAULT '';
DROP INDEX owed_next;
CREATE INDEX owed_next ON owed (lane, next_ms) WHERE NOT dead;
