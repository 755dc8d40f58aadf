//! Transactions on one person, and what is beside them.

use std::sync::Arc;

use super::{Case, change, failing, key, letter, line, person, row, same, saved, timer, wrong};
use crate::record::RecordKind;
use crate::store::{
    Asked, DirectoryRow, Found, Head, KeyRow, Known, Overdue, PRUNED_AT_ONCE, Saved, Slot, Store,
    Timer,
};

pub(super) async fn what_is_saved_is_loaded_again(on: &dyn Store) -> Case {
    let case = "what is saved is loaded again";
    let whose = person("saved");
    let empty = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &empty.head, &Head::NEW)?;
    let mut first = change(&whose, Head::NEW);
    first.after = Head { version: 1, sequence: 1, hash: "h".to_owned() };
    first.rows = vec![row(1, "\"a\"", true), row(2, "\"b\"", true)];
    first.armed = vec![timer(1, 7)];
    first.journal = vec![line(0)];
    let head = saved(case, on, first.clone()).await?;
    let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &loaded.head, &head)?;
    same(case, &loaded.rows, &first.rows)?;
    same(case, &loaded.timers, &first.armed)?;
    let mut second = change(&whose, head);
    let changed = row(1, "\"c\"", true);
    second.rows = vec![crate::store::Row { version: 2, ..changed.clone() }];
    saved(case, on, second.clone()).await?;
    let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &loaded.rows, &vec![second.rows[0].clone(), first.rows[1].clone()])
}

pub(super) async fn a_record_that_is_not_live_is_loaded_if_it_is_named(on: &dyn Store) -> Case {
    let case = "a record that is not live is loaded if it is named";
    let whose = person("named");
    let mut first = change(&whose, Head::NEW);
    first.rows = vec![row(1, "1", false), row(2, "2", true)];
    saved(case, on, first.clone()).await?;
    let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &loaded.rows, &vec![first.rows[1].clone()])?;
    let names = [1, 2, 3].map(|number| (RecordKind::Operation, key(number)));
    let mut loaded = on.load(&whose, &names).await.map_err(failing(case))?;
    loaded.rows.sort_by_key(|row| row.key);
    same(case, &loaded.rows, &first.rows)
}

pub(super) async fn a_stale_guard_writes_nothing(on: &dyn Store) -> Case {
    let case = "a stale guard writes nothing";
    let whose = person("stale");
    let head = saved(case, on, change(&whose, Head::NEW)).await?;
    for before in [Head::NEW, Head { version: head.version + 1, ..head.clone() }] {
        let mut stale = change(&whose, before);
        stale.rows = vec![row(1, "1", true)];
        stale.armed = vec![timer(1, 1)];
        stale.owed = vec![super::letter(101, 0)];
        stale.journal = vec![line(0)];
        let id = "stale".to_owned();
        stale.directory = vec![DirectoryRow { scope: "suite", id, value: String::new() }];
        same(case, &on.save(stale).await.map_err(failing(case))?, &Saved::Lost)?;
    }
    let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &(loaded.rows.len(), loaded.timers.len()), &(0, 0))?;
    same(case, &on.journal(&whose).await.map_err(failing(case))?, &Vec::new())?;
    same(case, &on.find("suite", "stale").await.map_err(failing(case))?, &None)
}

pub(super) async fn an_id_is_one_persons_for_ever(on: &dyn Store) -> Case {
    let case = "an id is one person's for ever";
    let id = || {
        vec![DirectoryRow { scope: "suite", id: "the id".to_owned(), value: "the bank".to_owned() }]
    };
    let (first, second) = (person("first"), person("second"));
    let mut claim = change(&first, Head::NEW);
    claim.directory = id();
    saved(case, on, claim).await?;
    let mut claim = change(&second, Head::NEW);
    claim.directory = id();
    claim.rows = vec![row(1, "1", true)];
    same(case, &on.save(claim).await.map_err(failing(case))?, &Saved::Taken)?;
    let loaded = on.load(&second, &[]).await.map_err(failing(case))?;
    same(case, &(loaded.head, loaded.rows.len()), &(Head::NEW, 0))?;
    let found = on.find("suite", "the id").await.map_err(failing(case))?;
    let found = found.map(|found| (found.person, found.value));
    same(case, &found, &Some((first, "the bank".to_owned())))?;
    same(case, &on.find("other", "the id").await.map_err(failing(case))?, &None)
}

pub(super) async fn a_key_stands_for_one_body_until_it_is_forgotten(on: &dyn Store) -> Case {
    let case = "a key stands for one body until it is forgotten";
    let whose = person("keys");
    let stands = |digest: &str| {
        vec![KeyRow {
            scope: "caller".to_owned(),
            id: "k".to_owned(),
            digest: digest.to_owned(),
            until_ms: 1_000,
        }]
    };
    let mut first = change(&whose, Head::NEW);
    first.keys = stands("one");
    let head = saved(case, on, first).await?;
    let mut second = change(&whose, head);
    second.keys = stands("two");
    same(case, &on.save(second).await.map_err(failing(case))?, &Saved::Taken)?;
    let known = on.key("caller", "k").await.map_err(failing(case))?;
    same(case, &known.as_deref(), &Some("one"))?;
    same(case, &on.key("another", "k").await.map_err(failing(case))?, &None)?;
    on.prune(999).await.map_err(failing(case))?;
    same(case, &on.key("caller", "k").await.map_err(failing(case))?.is_some(), &true)?;
    on.prune(1_000).await.map_err(failing(case))?;
    same(case, &on.key("caller", "k").await.map_err(failing(case))?, &None)
}

pub(super) async fn ids_and_a_key_are_asked_for_together(on: &dyn Store) -> Case {
    let case = "ids and a key are asked for together";
    let whose = person("asked for");
    let id = |id: &str| DirectoryRow { scope: "asked", id: id.to_owned(), value: id.to_owned() };
    let (scope, key, digest) = ("asked".to_owned(), "k".to_owned(), "body".to_owned());
    let mut known = change(&whose, Head::NEW);
    known.directory = vec![id("one"), id("two")];
    known.keys = vec![KeyRow { scope, id: key, digest, until_ms: 1_000 }];
    saved(case, on, known).await?;
    let found = |value: &str| Some(Found { person: whose.clone(), value: value.to_owned() });
    let body = Some("body".to_owned());
    // In the order of the question, whatever that of the store is; and none for what is not there.
    let ids = [("asked", "two"), ("asked", "three"), ("other", "one"), ("asked", "one")];
    let answer = on.look(Asked { ids: &ids, key: Some(("asked", "k")) }).await;
    let all = Known { found: vec![found("two"), None, None, found("one")], body: body.clone() };
    same(case, &answer.map_err(failing(case))?, &all)?;
    let answer = on.look(Asked { ids: &ids[1..], key: Some(("asked", "l")) }).await;
    let ids_only = Known { found: vec![None, None, found("one")], body: None };
    same(case, &answer.map_err(failing(case))?, &ids_only)?;
    let answer = on.look(Asked { ids: &ids[..2], key: None }).await.map_err(failing(case))?;
    same(case, &answer, &Known { found: vec![found("two"), None], body: None })?;
    let answer = on.look(Asked { ids: &[], key: Some(("asked", "k")) }).await;
    same(case, &answer.map_err(failing(case))?, &Known { found: Vec::new(), body })?;
    let answer = on.look(Asked { ids: &[], key: None }).await.map_err(failing(case))?;
    same(case, &answer, &Known::default())
}

pub(super) async fn changes_of_any_size_are_written(on: &dyn Store) -> Case {
    let case = "changes of any size are written";
    for count in 1..=5 {
        let whose = person(&format!("size {count}"));
        let numbers = || 1..=count;
        let id = |number: u8| format!("{count} {number}");
        let mut first = change(&whose, Head::NEW);
        first.rows = numbers().map(|n| row(n, &n.to_string(), n % 2 == 1)).collect();
        first.armed = numbers().map(|n| timer(n, n.into())).collect();
        first.owed = numbers().map(|n| letter(n, n.into())).collect();
        first.journal = (0..count.into()).map(line).collect();
        let directory = |n| DirectoryRow { scope: "size", id: id(n), value: id(n) };
        first.directory = numbers().map(directory).collect();
        let (scope, until_ms) = ("size", i64::MAX);
        let stands = |n| KeyRow { scope: scope.to_owned(), id: id(n), digest: id(n), until_ms };
        first.keys = numbers().map(stands).collect();
        let head = saved(case, on, first.clone()).await?;
        let names: Vec<_> = numbers().map(|n| (RecordKind::Operation, key(n))).collect();
        let mut loaded = on.load(&whose, &names).await.map_err(failing(case))?;
        loaded.rows.sort_by_key(|row| row.key);
        loaded.timers.sort();
        same(case, &(loaded.rows, loaded.timers), &(first.rows, first.armed))?;
        same(case, &on.letters(&whose).await.map_err(failing(case))?, &first.owed)?;
        same(case, &on.journal(&whose).await.map_err(failing(case))?, &first.journal)?;
        for n in numbers() {
            let ids = [("size", id(n))];
            let ids = ids.each_ref().map(|(scope, id)| (*scope, id.as_str()));
            let asked = Asked { ids: &ids, key: Some((scope, ids[0].1)) };
            let found = Found { person: whose.clone(), value: id(n) };
            let all = Known { found: vec![Some(found)], body: Some(id(n)) };
            same(case, &on.look(asked).await.map_err(failing(case))?, &all)?;
        }
        let mut second = change(&whose, head);
        second.disarmed = names.iter().map(|(kind, key)| (*kind, *key, Timer::State)).collect();
        second.settled = numbers().map(|n| (Slot::ToWallet, key(n))).collect();
        saved(case, on, second).await?;
        let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
        same(case, &loaded.timers, &Vec::new())?;
        same(case, &on.letters(&whose).await.map_err(failing(case))?, &Vec::new())?;
    }
    Ok(())
}

pub(super) async fn deadlines_are_armed_moved_and_disarmed(on: &dyn Store) -> Case {
    let case = "deadlines are armed, moved and disarmed";
    let whose = person("deadlines");
    let mut first = change(&whose, Head::NEW);
    first.armed = vec![timer(1, -20), timer(2, -10)];
    let head = saved(case, on, first).await?;
    let overdue = async |now_ms, after: Option<&Overdue>, limit| {
        on.overdue(now_ms, after, limit).await.map_err(failing(case))
    };
    let at = |due_ms| Overdue { due_ms, person: whose.clone() };
    same(case, &overdue(-21, None, 9).await?, &Vec::new())?;
    same(case, &overdue(-11, None, 9).await?, &vec![at(-20)])?;
    same(case, &overdue(-10, None, 9).await?, &vec![at(-20), at(-10)])?;
    same(case, &overdue(-10, None, 1).await?, &vec![at(-20)])?;
    same(case, &overdue(-10, Some(&at(-20)), 9).await?, &vec![at(-10)])?;
    same(case, &overdue(-10, Some(&at(-10)), 9).await?, &Vec::new())?;
    let mut second = change(&whose, head);
    second.armed = vec![timer(2, 5)];
    second.disarmed = vec![(RecordKind::Operation, key(1), Timer::State)];
    saved(case, on, second).await?;
    same(case, &overdue(-1, None, 9).await?, &Vec::new())?;
    let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
    same(case, &loaded.timers, &vec![timer(2, 5)])
}

pub(super) async fn a_journal_is_read_in_its_order(on: &dyn Store) -> Case {
    let case = "a journal is read in its order";
    let whose = person("journal");
    let mut head = Head::NEW;
    for from in [0, 6] {
        let mut next = change(&whose, head);
        next.journal = (from..from + 6).map(line).collect();
        head = saved(case, on, next).await?;
    }
    let read = on.journal(&whose).await.map_err(failing(case))?;
    same(case, &read, &(0..12).map(line).collect())
}

pub(super) async fn persons_are_listed_page_by_page(on: &dyn Store) -> Case {
    let case = "persons are listed page by page";
    for name in ["page-1", "page-2", "page-3"] {
        saved(case, on, change(&person(name), Head::NEW)).await?;
    }
    let (mut listed, mut after) = (Vec::new(), None);
    // There are no more persons than this in the suite.
    for _ in 0..64 {
        let page = on.persons(after.as_ref(), 2).await.map_err(failing(case))?;
        let Some(last) = page.last().cloned() else { break };
        after = Some(last);
        listed.extend(page);
    }
    let mut sorted = listed.clone();
    sorted.sort();
    sorted.dedup();
    same(case, &listed, &sorted)?;
    let all = ["page-1", "page-2", "page-3"].map(person);
    same(case, &all.iter().all(|person| listed.contains(person)), &true)
}

pub(super) async fn a_signature_is_used_once_until_its_window_has_passed(on: &dyn Store) -> Case {
    let case = "a signature is used once until its window has passed";
    for (key_id, nonce, new) in
        [("k", "n", true), ("k", "n", false), ("k", "m", true), ("l", "n", true)]
    {
        let spent = on.spend(key_id, nonce, 50).await.map_err(failing(case))?;
        same(case, &spent, &new)?;
    }
    on.prune(49).await.map_err(failing(case))?;
    same(case, &on.spend("k", "n", 50).await.map_err(failing(case))?, &false)?;
    on.prune(50).await.map_err(failing(case))?;
    same(case, &on.spend("k", "n", 90).await.map_err(failing(case))?, &true)
}

pub(super) async fn what_is_over_is_forgotten_a_little_at_once(on: &dyn Store) -> Case {
    let case = "what is over is forgotten a little at once";
    for number in 0..=PRUNED_AT_ONCE {
        let spent = on.spend("many", &number.to_string(), 50).await.map_err(failing(case))?;
        same(case, &spent, &true)?;
    }
    for expected in [PRUNED_AT_ONCE as u64, 1, 0] {
        same(case, &on.prune(50).await.map_err(failing(case))?, &expected)?;
    }
    Ok(())
}

pub(super) async fn of_many_writers_on_one_snapshot_one_writes(on: &Arc<dyn Store>) -> Case {
    let case = "of many writers on one snapshot one writes";
    let whose = person("race");
    let mut head = Head::NEW;
    for round in 0..8u8 {
        let writers = (0..16u8).map(|number| {
            let (on, mut one) = (Arc::clone(on), change(&whose, head.clone()));
            one.rows = vec![row(number, &round.to_string(), true)];
            tokio::spawn(async move { on.save(one).await })
        });
        let mut done = 0;
        for writer in writers.collect::<Vec<_>>() {
            match writer.await {
                Ok(Ok(Saved::Done)) => done += 1,
                Ok(Ok(Saved::Lost)) => {}
                other => return wrong(case, format!("{other:?}")),
            }
        }
        same(case, &done, &1)?;
        head = on.load(&whose, &[]).await.map_err(failing(case))?.head;
    }
    same(case, &head.version, &8)
}
