-- Only for SQLite: PostgreSQL keeps every row apart from its keys.
SELECT 1;
