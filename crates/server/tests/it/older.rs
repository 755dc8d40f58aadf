//! A file of an older program: what its tables held is there after they have been made anew.

use std::path::Path;

use bindproof_server::key::Person;
use bindproof_server::store::sqlite::SqliteStore;
use bindproof_server::store::{Change, Head, JournalRow, Loaded, OwedRow, Saved, Store, suite};
use rusqlite::Connection;

use crate::folder::Folder;

/// The scripts that had run before long rows lay in the order in which they come.
const SCRIPTS: [&str; 3] = [
    include_str!("../../migrations/sqlite/0001.sql"),
    include_str!("../../migrations/sqlite/0002.sql"),
    include_str!("../../migrations/sqlite/0003.sql"),
];

/// Takes everything over into tables as they were.
const COPIED: &str = "\
    CREATE TABLE migrations (number BIGINT NOT NULL PRIMARY KEY); \
    INSERT INTO migrations (number) VALUES (1), (2), (3); \
    INSERT INTO persons (person, version, sequence, head) \
      SELECT person, version, sequence, head FROM today.persons; \
    INSERT INTO records (person, kind, id, version, state, refs, live) \
      SELECT person, kind, id, version, state, refs, live FROM today.records; \
    INSERT INTO journal (person, sequence, line, hash) \
      SELECT person, sequence, line, hash FROM today.journal; \
    INSERT INTO owed (person, slot, id, lane, letter, idempotency_key, attempts, next_ms, forever, \
        dead, since_ms, lease_ms, lease_owner) \
      SELECT person, slot, id, lane, letter, idempotency_key, attempts, next_ms, forever, \
        dead, since_ms, lease_ms, lease_owner FROM today.owed;";

fn person() -> Person {
    Person::from_store("ada".to_owned())
}

fn change() -> Change {
    let line = |sequence: i64| JournalRow {
        sequence,
        line: "a line longer than a page ".repeat(300 * sequence as usize),
        hash: format!("{sequence:064}"),
    };
    let after = Head { version: 1, sequence: 2, hash: "end".to_owned() };
    Change {
        rows: vec![suite::row(1, "live", true), suite::row(2, "over", false)],
        owed: vec![suite::letter(1, 10), OwedRow { dead: true, ..suite::letter(2, 20) }],
        journal: vec![line(1), line(2)],
        ..Change::nothing(person(), Head::NEW, after)
    }
}

/// Everything that a store says of her.
async fn said(file: &Path) -> (Loaded, Vec<JournalRow>, Vec<OwedRow>) {
    let store = SqliteStore::open(file).await.unwrap();
    let over = suite::row(2, "", false);
    let loaded = store.load(&person(), &[(over.kind, over.key)]).await.unwrap();
    let journal = store.journal(&person()).await.unwrap();
    (loaded, journal, store.letters(&person()).await.unwrap())
}

/// The tables and indexes of a file.
fn tables(file: &Path) -> Vec<(String, String)> {
    let on = Connection::open(file).unwrap();
    let statement = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name";
    let mut statement = on.prepare(statement).unwrap();
    let all = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    all.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_are_made_anew_hold_what_the_old_ones_held() {
    let folder = Folder::new("older");
    let (today, old) = (folder.path().join("today.db"), folder.path().join("old.db"));
    let store = SqliteStore::open(&today).await.unwrap();
    assert_eq!(store.save(change()).await.unwrap(), Saved::Done);
    drop(store);
    let on = Connection::open(&old).unwrap();
    SCRIPTS.iter().for_each(|script| on.execute_batch(script).unwrap());
    on.execute("ATTACH ?1 AS today", [today.to_str().unwrap()]).unwrap();
    on.execute_batch(COPIED).unwrap();
    drop(on);
    assert_ne!(tables(&old), tables(&today));
    let expected = said(&today).await;
    assert_eq!([expected.0.rows.len(), expected.1.len(), expected.2.len()], [2, 2, 2]);
    assert_eq!(said(&old).await, expected);
    assert_eq!(tables(&old), tables(&today));
}
