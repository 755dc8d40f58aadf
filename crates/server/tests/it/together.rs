//! What a PostgreSQL is asked and told at one time, in one transaction.

use std::sync::Arc;

use bindproof_server::key::Person;
use bindproof_server::store::postgres::PostgresStore;
use bindproof_server::store::{Change, DirectoryRow, Head, Saved, Store, StoreError, suite};
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
    for (database, persons) in [("alone", 1), ("three", 3), ("all", PostgresStore::PERSONS_MAX)] {
        let url = postgres.cluster.database(database).unwrap();
        let store = Arc::new(PostgresStore::open_with(&url, persons).await.unwrap());
        let mut saving = JoinSet::new();
        for name in 0..100 {
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
        assert_eq!(passed.unwrap_or_else(|error| panic!("{error}")), 22);
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
    let (bad, good) = tokio::join!(
        store.save(next("bea", &Head::NEW, "\0")),
        store.save(next("cam", &Head::NEW, "another"))
    );
    assert!(bad.is_err());
    assert_eq!(good.unwrap(), Saved::Done);
    assert_eq!(store.load(&person("bea"), &[]).await.unwrap().head, Head::NEW);
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
    // Whether in one transaction with hers or after it.
    let save = |name| store.save(next(name, &Head::NEW, name));
    let (held, bea, cam, (dan, eve)) =
        tokio::join!(store.save(next("held", &head, "second")), save("bea"), save("cam"), async {
            (save("dan").await, save("eve").await)
        },);
    for saved in [bea, cam, dan, eve] {
        assert_eq!(saved.unwrap(), Saved::Done);
    }
    assert!(held.is_err(), "{held:?}");
    holds.rollback().await.unwrap();
    let again = store.save(next("held", &head, "second")).await;
    assert_eq!(again.unwrap(), Saved::Done, "it was not written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_write_the_same_in_other_orders_never_wait_for_each_other_in_a_ring() {
    const PERSONS: usize = 6;
    const ROUNDS: usize = 40;
    let postgres = Postgres::start("orders-pg", &[]);
    let url = postgres.cluster.url("postgres");
    let stores =
        [PostgresStore::open(&url).await.unwrap(), PostgresStore::open(&url).await.unwrap()];
    let stores = stores.map(Arc::new);
    let (mut done, mut spent) = (0, 0);
    for round in 0..ROUNDS {
        let mut writing = JoinSet::new();
        for (place, store) in stores.iter().enumerate() {
            for step in 0..PERSONS {
                let number = if place == 0 { step } else { PERSONS - 1 - step };
                let store = Arc::clone(store);
                writing.spawn(async move {
                    let (name, id) = (number.to_string(), format!("{round} {number}"));
                    let head = store.load(&person(&name), &[]).await?.head;
                    let saved = store.save(next(&name, &head, &id)).await?;
                    Ok::<_, StoreError>((saved, store.spend("key", &id, i64::MAX).await?))
                });
            }
        }
        while let Some(written) = writing.join_next().await {
            let (saved, is_new) = written.unwrap().unwrap();
            done += usize::from(saved == Saved::Done);
            spent += usize::from(is_new);
        }
    }
    assert_eq!((done, spent), (PERSONS * ROUNDS, PERSONS * ROUNDS));
    drop(stores);
    let mut on = PgConnection::connect(&url).await.unwrap();
    assert_eq!(number(&mut on, "SELECT sum(version)::bigint FROM persons").await, done as i64);
    let rings = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'";
    assert_eq!(number(&mut on, rings).await, 0);
}
