//! What a PostgreSQL is asked and told at one time, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use bindproof_server::key::Person;
use bindproof_server::record::RecordKind;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::{
    Change, Claim, DirectoryRow, Head, Saved, Slot, Store, StoreError, Timer, suite,
};
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::task::JoinSet;

use crate::postgres::Postgres;

fn person(name: &str) -> Person {
    Person::from_store(name.to_owned())
}

/// The next change of somebody, which claims an id.
fn next(name: &str, before: &Head, id: &str) -> Change {
    let after = Head { version: before.version + 1, ..before.clone() };
    let (id, value) = (id.to_owned(), String::new());
    let directory = vec![DirectoryRow { scope: "test", id, value }];
    Change { directory, ..Change::nothing(person(name), before.clone(), after) }
}

/// What the database says to a question with one number for an answer.
async fn number(on: &mut PgConnection, question: &'static str) -> i64 {
    sqlx::query(question).fetch_one(on).await.unwrap().try_get(0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_has_no_more_persons_than_it_may() {
    let postgres = Postgres::start("persons-pg", &[]);
    // One at a time takes a commit each, and all have to come about in the time that one may take.
    let all = ("all", PostgresStore::PERSONS_MAX, 100);
    for (database, persons, everybody) in [("alone", 1, 30), ("three", 3, 100), all] {
        let url = postgres.cluster.database(database).unwrap();
        let store = Arc::new(PostgresStore::open_with(&url, persons).await.unwrap());
        let mut saving = JoinSet::new();
        for name in 0..everybody {
            let (store, name) = (Arc::clone(&store), name.to_string());
            saving.spawn(async move { store.save(next(&name, &Head::NEW, &name)).await });
        }
        while let Some(saved) = saving.join_next().await {
            assert_eq!(saved.unwrap().unwrap(), Saved::Done);
        }
        let mut on = PgConnection::connect(&url).await.unwrap();
        let largest = "SELECT max(persons) FROM \
             (SELECT count(*) AS persons FROM persons GROUP BY xmin::text) AS transactions";
        let largest = number(&mut on, largest).await as usize;
        assert!(largest <= persons, "{largest} persons, {persons} allowed");
        assert_eq!(largest > 1, persons > 1, "as many as may share a transaction");
        let passed = suite::run(store).await;
        assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 23);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_database_cannot_take_keeps_nothing_else_from_it() {
    let postgres = Postgres::start("bad-pg", &[]);
    let store = PostgresStore::open(&postgres.cluster.url("postgres")).await.unwrap();
    let ada = next("ada", &Head::NEW, "good");
    assert_eq!(store.save(ada).await.unwrap(), Saved::Done);
    // No text of PostgreSQL has the character zero.
    let (first, bad, good, none) = tokio::join!(
        store.find("test", "other"),
        store.find("test", "\0"),
        store.find("test", "good"),
        store.find("test", "other"),
    );
    assert!(bad.is_err(), "{bad:?}");
    assert_eq!(good.unwrap().map(|found| found.person), Some(person("ada")));
    assert_eq!((first.unwrap(), none.unwrap()), (None, None));
    let (first, bad, good) = tokio::join!(
        store.save(next("abe", &Head::NEW, "first")),
        store.save(next("bea", &Head::NEW, "\0")),
        store.save(next("cam", &Head::NEW, "another"))
    );
    assert!(bad.is_err());
    assert_eq!((first.unwrap(), good.unwrap()), (Saved::Done, Saved::Done));
    assert_eq!(store.load(&person("bea"), &[]).await.unwrap().head, Head::NEW);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_read_keeps_nobody_else_from_being_read() {
    let postgres = Postgres::start("unread-pg", &[]);
    let url = postgres.cluster.url("postgres");
    let store = PostgresStore::open(&url).await.unwrap();
    for name in ["ada", "bea"] {
        let mut change = next(name, &Head::NEW, name);
        change.rows = vec![suite::row(1, "1", true)];
        assert_eq!(store.save(change).await.unwrap(), Saved::Done);
    }
    let mut on = PgConnection::connect(&url).await.unwrap();
    let spoil = "UPDATE records SET kind = 'of a later program' WHERE person = 'bea'";
    sqlx::query(spoil).execute(&mut on).await.unwrap();
    let (ada, bea, cam) = (person("ada"), person("bea"), person("cam"));
    let load = |whose| store.load(whose, &[]);
    let (first, bad, good, none) = tokio::join!(load(&cam), load(&bea), load(&ada), load(&cam));
    assert!(bad.is_err(), "{bad:?}");
    assert_eq!(good.unwrap().rows.len(), 1);
    assert_eq!((first.unwrap().head, none.unwrap().head), (Head::NEW, Head::NEW));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_is_held_keeps_nobody_else_waiting() {
    let postgres = Postgres::start("held-pg", &[]);
    let url = postgres.cluster.url("postgres");
    let store = PostgresStore::open(&url).await.unwrap();
    let first = next("held", &Head::NEW, "first");
    let head = first.after.clone();
    assert_eq!(store.save(first).await.unwrap(), Saved::Done);
    let mut on = PgConnection::connect(&url).await.unwrap();
    let mut holds = on.begin().await.unwrap();
    let hold = "SELECT 1 FROM persons WHERE person = 'held' FOR UPDATE";
    sqlx::query(hold).execute(&mut *holds).await.unwrap();
    // In one transaction with hers, and after it, while more of hers wait.
    let save = |name| store.save(next(name, &Head::NEW, name));
    let hers = async {
        let hers = |id| store.save(next("held", &head, id));
        tokio::join!(hers("1"), hers("2"), hers("3"))
    };
    let others = async {
        let (bea, cam) = tokio::join!(save("bea"), save("cam"));
        let (dan, eve) = (save("dan").await, save("eve").await);
        for saved in [bea, cam, dan, eve] {
            assert_eq!(saved.unwrap(), Saved::Done, "while she is held");
        }
    };
    let ((first, second, third), ()) = tokio::join!(hers, others);
    assert!(first.is_err() && second.is_err() && third.is_err(), "she was held");
    assert_eq!(store.load(&person("held"), &[]).await.unwrap().head, head);
    holds.rollback().await.unwrap();
    let again = store.save(next("held", &head, "again")).await;
    assert_eq!(again.unwrap(), Saved::Done);
}

/// What comes of something that is asked again for as long as another instance holds what it needs
/// for too long (55P03), as it does if a disk stalls: nothing is written then.
async fn unheld<T, F>(mut asked: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    const TIMES: usize = 30;
    for _ in 1..TIMES {
        match asked().await {
            Err(error) if error.to_string().contains("SQLSTATE 55P03") => {}
            answered => return answered,
        }
    }
    asked().await
}

/// Waits until every other connection to the database has ended, and so has told what it did.
async fn alone(on: &mut PgConnection) {
    let others = "SELECT count(*) FROM pg_stat_activity \
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    for _ in 0..1_200 {
        if number(on, others).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a connection does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_write_the_same_in_other_orders_never_wait_for_each_other_in_a_ring() {
    const PERSONS: usize = 6;
    const ROUNDS: usize = 40;
    let postgres = Postgres::start("orders-pg", &["autovacuum=off"]);
    let url = postgres.cluster.url("postgres");
    let stores =
        [PostgresStore::open(&url).await.unwrap(), PostgresStore::open(&url).await.unwrap()];
    let stores = stores.map(Arc::new);
    let (mut moved, mut begun, mut spent) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut writing = JoinSet::new();
        for (place, store) in stores.iter().enumerate() {
            for step in 0..PERSONS {
                let number = if place == 0 { step } else { PERSONS - 1 - step };
                let store = Arc::clone(store);
                writing.spawn(async move {
                    // The same persons, and others who claim the same ids in the other order.
                    let (name, id) = (number.to_string(), format!("{round} {number}"));
                    let moved = unheld(|| async {
                        let head = store.load(&person(&name), &[]).await?.head;
                        store.save(next(&name, &head, &format!("{place} {id}"))).await
                    });
                    let moved = moved.await?;
                    let other = format!("{round} {place} {step}");
                    let begun = unheld(|| store.save(next(&other, &Head::NEW, &id))).await?;
                    let is_new = unheld(|| store.spend("key", &id, i64::MAX)).await?;
                    Ok::<_, StoreError>((moved, begun, is_new))
                });
            }
        }
        while let Some(written) = writing.join_next().await {
            let (one, other, is_new) = written.unwrap().unwrap();
            moved += usize::from(one == Saved::Done);
            begun += usize::from(other == Saved::Done);
            spent += usize::from(is_new);
        }
    }
    let all = PERSONS * ROUNDS;
    assert_eq!((begun, spent), (all, all));
    assert!(moved >= all, "of two one may be lost, not both: {moved}");
    drop(stores);
    let mut on = PgConnection::connect(&url).await.unwrap();
    alone(&mut on).await;
    let versions = number(&mut on, "SELECT sum(version)::bigint FROM persons").await;
    assert_eq!(versions, (moved + begun) as i64);
    let rings = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
    assert_eq!(number(&mut on, rings).await, 0);
}

/// Many of everything, beside what is asked for.
const MANY: &str = "\
    INSERT INTO persons SELECT 'many ' || n, 1, 0, '' FROM generate_series(1, 5000) n; \
    INSERT INTO records SELECT 'many ' || n, 'operation', n, 1, '', '', n % 2 = 0 \
      FROM generate_series(1, 5000) n; \
    INSERT INTO timers SELECT 'many ' || n, 'operation', n, 'state', 1e15 \
      FROM generate_series(1, 5000) n; \
    INSERT INTO owed SELECT 'many ' || n, 'notice', lpad(n::text, 32, '0'), '', n, 0, 0, 0, \
      FALSE, FALSE, 0, 'many', '' \
      FROM generate_series(1, 5000) n; \
    INSERT INTO directory SELECT 'many', n, 'many ' || n, '' FROM generate_series(1, 5000) n; \
    INSERT INTO keys SELECT 'many', n, '', 1e15 FROM generate_series(1, 5000) n; \
    INSERT INTO nonces SELECT 'many', n, 1e15 FROM generate_series(1, 5000) n";

/// Asks one of everything that a request asks, of a person of this number.
async fn everything(store: &PostgresStore, number: u8) {
    let (name, nonce) = (format!("one {number}"), number.to_string());
    let mut first = next(&name, &Head::NEW, &name);
    first.rows = vec![suite::row(number, "1", false)];
    first.armed = vec![suite::timer(number, i64::MAX)];
    first.owed = vec![suite::letter(number, 0)];
    let head = first.after.clone();
    assert_eq!(store.save(first).await.unwrap(), Saved::Done);
    let names = [(RecordKind::Operation, suite::key(number))];
    assert_eq!(store.load(&person(&name), &names).await.unwrap().rows.len(), 1);
    assert!(store.find("test", &name).await.unwrap().is_some());
    assert!(store.spend("key", &nonce, i64::MAX).await.unwrap());
    let mut second = next(&name, &head, &format!("{name} again"));
    second.disarmed = vec![(names[0].0, names[0].1, Timer::State)];
    second.settled = vec![(Slot::ToWallet, names[0].1)];
    assert_eq!(store.save(second).await.unwrap(), Saved::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planned_while_tables_were_empty_is_found_by_key_when_they_are_full() {
    let postgres = Postgres::start("plans-pg", &["autovacuum=off"]);
    let url = postgres.cluster.url("postgres");
    let store = PostgresStore::open(&url).await.unwrap();
    let mut on = PgConnection::connect(&url).await.unwrap();
    sqlx::query("ANALYZE").execute(&mut on).await.unwrap();
    let all = async |from: u8| {
        everything(&store, from).await;
        tokio::join!(
            everything(&store, from + 1),
            everything(&store, from + 2),
            everything(&store, from + 3),
            everything(&store, from + 4)
        );
    };
    all(0).await;
    sqlx::raw_sql(MANY).execute(&mut on).await.unwrap();
    for from in 1..10 {
        all(5 * from).await;
    }
    let lane = "lane".to_owned();
    let claim = Claim { lane, now_ms: 1, lease_ms: 2, owner: "one".to_owned(), limit: 3 };
    assert!(store.claim(claim).await.unwrap().is_empty(), "all are settled");
    let lane = "many".to_owned();
    let claim = Claim { lane, now_ms: 1, lease_ms: 2, owner: "one".to_owned(), limit: 3 };
    assert_eq!(store.claim(claim).await.unwrap().len(), 3, "as many as may be taken");
    drop(store);
    alone(&mut on).await;
    let read = "SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)::bigint \
         + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)::bigint";
    let read = number(&mut on, read).await;
    // To find what is due may take all letters once.
    assert!(read < 10_000, "{read} rows were read: somewhere all of a table, each time");
}
