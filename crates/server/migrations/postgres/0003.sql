-- An operation stands for one debit, whoever's binding it comes with: also those that were decided
-- before the directory knew of debits. Where two persons have one, it is the first one's.
INSERT INTO directory (scope, id, person, value)
SELECT 'debit',
    substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-'
        || substr(id, 17, 4) || '-' || substr(id, 21),
    person, refs::json ->> 'binding'
FROM records WHERE kind = 'debit' ORDER BY person, id
ON CONFLICT DO NOTHING;
