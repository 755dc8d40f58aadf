//! What several tasks ask at one time, which a store may put into one transaction.

use std::sync::Arc;

use super::{Case, change, failing, key, letter, line, person, row, same, saved, timer, wrong};
use crate::record::RecordKind;
use crate::store::{Asked, Change, DirectoryRow, Found, Head, KeyRow, Saved, Slot, Store, Timer};

/// How many there are of each kind: with all kinds more than one transaction has.
const MANY: usize = 30;

fn id(id: &str) -> DirectoryRow {
    DirectoryRow { scope: "once", id: id.to_owned(), value: id.to_owned() }
}

pub(super) async fn of_changes_at_once_each_is_decided_by_itself(on: &Arc<dyn Store>) -> Case {
    let case = "of changes at once each is decided by itself";
    let mut first = change(&person("once"), Head::NEW);
    first.directory = vec![id("taken")];
    let head = saved(case, &**on, first).await?;
    let changes = (0..MANY).flat_map(|number| four(number, &head));
    let saving = changes.map(|(change, expected)| {
        let on = Arc::clone(on);
        (expected, tokio::spawn(async move { on.save(change).await }))
    });
    let mut won = 0;
    for (expected, saving) in saving.collect::<Vec<_>>() {
        match (expected, saving.await) {
            (None, Ok(Ok(Saved::Done))) => won += 1,
            (None, Ok(Ok(Saved::Lost))) => {}
            (Some(expected), Ok(Ok(said))) => same(case, &said, &expected)?,
            (_, other) => return wrong(case, format!("{other:?}")),
        }
    }
    same(case, &won, &MANY)?;
    for number in 0..MANY {
        let rival = person(&format!("rival {number}"));
        let loaded = on.load(&rival, &[]).await.map_err(failing(case))?;
        same(case, &(loaded.head.version, loaded.rows.len()), &(1, 1))?;
        let journal = on.journal(&rival).await.map_err(failing(case))?;
        same(case, &journal, &vec![line(0)])?;
        let new = on.find("once", &format!("new {number}")).await.map_err(failing(case))?;
        same(case, &new.is_some(), &!is_too_late(number))?;
    }
    same(case, &on.load(&person("once"), &[]).await.map_err(failing(case))?.head, &head)
}

/// Whether a new person claims what is another's.
const fn is_too_late(number: usize) -> bool {
    number % 10 == 3
}

/// A new person, one who is not where somebody thought, and two changes of one person, of which
/// either may come first: with what becomes of each where that is certain.
fn four(number: usize, head: &Head) -> [(Change, Option<Saved>); 4] {
    let mut new = change(&person(&format!("new {number}")), Head::NEW);
    new.directory = vec![id(&format!("new {number}"))];
    new.journal = vec![line(0)];
    if is_too_late(number) {
        new.directory.push(id("taken"));
    }
    let stale = Head { version: head.version + 1, ..head.clone() };
    let mut stale = change(&person("once"), stale);
    stale.journal = vec![line(0)];
    let rival = |place| {
        let mut rival = change(&person(&format!("rival {number}")), Head::NEW);
        rival.rows = vec![row(place, "1", true)];
        rival.armed = vec![timer(1, i64::MAX)];
        rival.owed = vec![letter(1, i64::MAX)];
        rival.journal = vec![line(0)];
        rival
    };
    let begun = if is_too_late(number) { Saved::Taken } else { Saved::Done };
    [(new, Some(begun)), (stale, Some(Saved::Lost)), (rival(1), None), (rival(2), None)]
}

/// After [`of_changes_at_once_each_is_decided_by_itself`].
pub(super) async fn what_is_lost_takes_nothing_with_it(on: &Arc<dyn Store>) -> Case {
    let case = "what is lost takes nothing with it";
    let is_lost = |number: usize| number.is_multiple_of(3);
    let moving = (0..MANY).map(|number| {
        let (on, whose) = (Arc::clone(on), person(&format!("rival {number}")));
        let id = format!("moved {number}");
        tokio::spawn(async move {
            let mut head = on.load(&whose, &[]).await?.head;
            head.version += i64::from(is_lost(number));
            let mut change = change(&whose, head);
            change.rows = vec![row(3, "3", true)];
            change.armed = vec![timer(3, i64::MAX)];
            change.disarmed = vec![(RecordKind::Operation, key(1), Timer::State)];
            change.owed = vec![letter(3, i64::MAX)];
            change.settled = vec![(Slot::ToWallet, key(1))];
            let (scope, digest, until_ms) = ("once".to_owned(), id.clone(), i64::MAX);
            change.keys = vec![KeyRow { scope, id, digest, until_ms }];
            on.save(change).await
        })
    });
    for (number, moving) in moving.collect::<Vec<_>>().into_iter().enumerate() {
        let Ok(saved) = moving.await else { return wrong(case, "a task has ended") };
        let expected = if is_lost(number) { Saved::Lost } else { Saved::Done };
        same(case, &saved.map_err(failing(case))?, &expected)?;
    }
    for number in 0..MANY {
        let whose = person(&format!("rival {number}"));
        let loaded = on.load(&whose, &[]).await.map_err(failing(case))?;
        let letters = on.letters(&whose).await.map_err(failing(case))?;
        let of = if is_lost(number) { 1 } else { 3 };
        same(case, &loaded.timers, &vec![timer(of, i64::MAX)])?;
        same(case, &letters, &vec![letter(of, i64::MAX)])?;
        same(case, &loaded.rows.iter().any(|row| row.key == key(3)), &!is_lost(number))?;
        let body = on.key("once", &format!("moved {number}")).await.map_err(failing(case))?;
        same(case, &body.is_some(), &!is_lost(number))?;
        let mut last = change(&whose, loaded.head);
        last.settled = vec![(Slot::ToWallet, key(of))];
        saved(case, &**on, last).await?;
    }
    Ok(())
}

pub(super) async fn of_questions_at_once_each_has_its_own_answer(on: &Arc<dyn Store>) -> Case {
    let case = "of questions at once each has its own answer";
    for number in (0..MANY).step_by(2) {
        let mut known = change(&person(&format!("asked {number}")), Head::NEW);
        known.directory = vec![id(&format!("asked {number}"))];
        known.rows = vec![row(number as u8, "1", true)];
        saved(case, &**on, known).await?;
    }
    let asking = (0..MANY).map(|number| {
        let on = Arc::clone(on);
        tokio::spawn(async move {
            let name = format!("asked {number}");
            let (whose, ids) = (person(&name), [("other", "id"), ("once", name.as_str())]);
            let nonce = (number / 2).to_string();
            let asked = Asked { ids: &ids, key: None };
            tokio::try_join!(on.load(&whose, &[]), on.look(asked), on.spend("once", &nonce, 0))
        })
    });
    let mut spent = 0;
    for (number, asking) in asking.collect::<Vec<_>>().into_iter().enumerate() {
        let Ok(answers) = asking.await else { return wrong(case, "a task has ended") };
        let (loaded, known, is_new) = answers.map_err(failing(case))?;
        let name = format!("asked {number}");
        let (rows, found) = match number % 2 {
            0 => (
                vec![row(number as u8, "1", true)],
                Some(Found { person: person(&name), value: name.clone() }),
            ),
            _ => (Vec::new(), None),
        };
        same(case, &(loaded.person, loaded.rows), &(person(&name), rows))?;
        same(case, &known.found, &vec![None, found])?;
        spent += usize::from(is_new);
    }
    same(case, &spent, &(MANY / 2))
}
