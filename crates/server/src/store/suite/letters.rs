//! Letters that are owed.

use super::{Case, change, failing, key, letter, person, same, saved};
use crate::key::Person;
use crate::store::{Due, Head, OwedRow, Postponed, Slot, Store};

const SLOTS: &[Slot] = &[Slot::ToWallet];

async fn claimed(
    case: &'static str,
    on: &dyn Store,
    now_ms: i64,
    lease_ms: i64,
) -> Result<Vec<Due>, super::SuiteError> {
    on.claim(SLOTS, now_ms, lease_ms, 9).await.map_err(failing(case))
}

fn of(whose: &Person, owed: &OwedRow, next_ms: i64, dead: bool) -> Postponed {
    Postponed {
        person: whose.clone(),
        slot: owed.slot,
        key: owed.key,
        idempotency_key: owed.idempotency_key.clone(),
        next_ms,
        dead,
    }
}

pub(super) async fn a_letter_is_leased_to_one_at_a_time(on: &dyn Store) -> Case {
    let case = "a letter is leased to one at a time";
    let whose = person("lease");
    let owed = letter(1, 10);
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![owed.clone()];
    let head = saved(case, on, first).await?;
    same(case, &claimed(case, on, 9, 20).await?, &Vec::new())?;
    let due = Due { person: whose.clone(), owed: owed.clone() };
    same(case, &claimed(case, on, 10, 20).await?, &vec![due.clone()])?;
    same(case, &claimed(case, on, 19, 30).await?, &Vec::new())?;
    same(case, &claimed(case, on, 20, 30).await?, &vec![due])?;
    on.postpone(of(&whose, &owed, 40, false)).await.map_err(failing(case))?;
    same(case, &claimed(case, on, 39, 50).await?, &Vec::new())?;
    let again = OwedRow { attempts: 1, next_ms: 40, ..owed.clone() };
    let due = Due { person: whose.clone(), owed: again };
    same(case, &claimed(case, on, 40, 50).await?, &vec![due])?;
    on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))?;
    same(case, &claimed(case, on, 99, 100).await?, &Vec::new())?;
    // A decision that owes nothing more takes the letter away as well.
    let mut second = change(&whose, head);
    second.owed = vec![letter(2, 0)];
    let head = saved(case, on, second).await?;
    let mut third = change(&whose, head);
    third.settled = vec![(Slot::ToWallet, key(2))];
    saved(case, on, third).await?;
    same(case, &on.owed().await.map_err(failing(case))?, &0)
}

pub(super) async fn a_letter_that_was_replaced_is_not_touched_by_the_old_one(
    on: &dyn Store,
) -> Case {
    let case = "a letter that was replaced is not touched by the old one";
    let whose = person("replaced");
    let old = letter(3, 0);
    let new = OwedRow { idempotency_key: "newer".to_owned(), ..old.clone() };
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![old.clone()];
    let head = saved(case, on, first).await?;
    claimed(case, on, 0, 1_000).await?;
    let mut second = change(&whose, head);
    second.owed = vec![new.clone()];
    saved(case, on, second).await?;
    on.delivered(of(&whose, &old, 0, false)).await.map_err(failing(case))?;
    on.postpone(of(&whose, &old, 5_000, true)).await.map_err(failing(case))?;
    let due = Due { person: whose.clone(), owed: new.clone() };
    same(case, &claimed(case, on, 0, 1_000).await?, &vec![due])?;
    on.delivered(of(&whose, &new, 0, false)).await.map_err(failing(case))
}

pub(super) async fn a_dead_letter_waits_until_it_is_resumed(on: &dyn Store) -> Case {
    let case = "a dead letter waits until it is resumed";
    let whose = person("dead");
    let owed = letter(4, 0);
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![owed.clone()];
    saved(case, on, first).await?;
    on.postpone(of(&whose, &owed, 7, true)).await.map_err(failing(case))?;
    same(case, &claimed(case, on, 1_000, 2_000).await?, &Vec::new())?;
    let dead = on.dead(9).await.map_err(failing(case))?;
    let expected = OwedRow { attempts: 1, next_ms: 7, dead: true, ..owed.clone() };
    let expected = Due { person: whose.clone(), owed: expected };
    same(case, &dead, &vec![expected])?;
    same(case, &on.owed().await.map_err(failing(case))?, &1)?;
    same(case, &on.resume(9).await.map_err(failing(case))?, &1)?;
    same(case, &on.resume(9).await.map_err(failing(case))?, &0)?;
    let due = Due { person: whose.clone(), owed: OwedRow { next_ms: 9, ..owed.clone() } };
    same(case, &claimed(case, on, 9, 20).await?, &vec![due])?;
    on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))
}

pub(super) async fn only_letters_of_the_slots_asked_for_are_taken(on: &dyn Store) -> Case {
    let case = "only letters of the slots asked for are taken";
    let whose = person("slots");
    let notice = OwedRow { slot: Slot::Notice, ..letter(5, 0) };
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![notice.clone()];
    let head = saved(case, on, first).await?;
    same(case, &claimed(case, on, 0, 9).await?, &Vec::new())?;
    let slots = [Slot::Debit, Slot::Notice];
    let taken = on.claim(&slots, 0, 9, 9).await.map_err(failing(case))?;
    same(case, &taken.len(), &1)?;
    let debit = OwedRow { slot: Slot::Debit, ..letter(6, 0) };
    let mut second = change(&whose, head);
    second.owed = vec![debit.clone()];
    saved(case, on, second).await?;
    let taken = on.claim(&slots, 50, 60, 1).await.map_err(failing(case))?;
    same(case, &taken.len(), &1)?;
    on.delivered(of(&whose, &debit, 0, false)).await.map_err(failing(case))?;
    on.delivered(of(&whose, &notice, 0, false)).await.map_err(failing(case))
}
