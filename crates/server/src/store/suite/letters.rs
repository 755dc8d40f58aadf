//! Letters that are owed.

use super::{Case, change, failing, key, letter, person, same, saved};
use crate::key::Person;
use crate::store::{Claim, Due, Head, Lease, OwedRow, Postponed, Queue, Slot, Store};

/// What an instance takes at `now_ms`, until `lease_ms`.
fn claim(now_ms: i64, lease_ms: i64) -> Claim {
    let (lane, owner) = ("lane".to_owned(), "instance".to_owned());
    Claim { lane, now_ms, lease_ms, owner, limit: 9 }
}

async fn claimed(
    case: &'static str,
    on: &dyn Store,
    now_ms: i64,
    lease_ms: i64,
) -> Result<Vec<Due>, super::SuiteError> {
    on.claim(claim(now_ms, lease_ms)).await.map_err(failing(case))
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
    let lane = owed.lane.clone();
    let queue = Queue { lane, waiting: 0, dead: 1, oldest_ms: owed.since_ms };
    same(case, &on.queues().await.map_err(failing(case))?, &vec![queue.clone()])?;
    same(case, &on.resume(9).await.map_err(failing(case))?, &1)?;
    same(case, &on.resume(9).await.map_err(failing(case))?, &0)?;
    let due = Due { person: whose.clone(), owed: OwedRow { next_ms: 9, ..owed.clone() } };
    same(case, &claimed(case, on, 9, 20).await?, &vec![due])?;
    let queue = Queue { waiting: 1, dead: 0, ..queue };
    same(case, &on.queues().await.map_err(failing(case))?, &vec![queue])?;
    on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))
}

pub(super) async fn only_letters_of_the_lane_asked_for_are_taken(on: &dyn Store) -> Case {
    let case = "only letters of the lane asked for are taken";
    let whose = person("lanes");
    let [one, other] = [(5, "one"), (6, "other")]
        .map(|(number, lane)| OwedRow { lane: lane.to_owned(), ..letter(number, 0) });
    let lanes = || async { on.lanes().await.map_err(failing(case)) };
    same(case, &lanes().await?, &Vec::new())?;
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![one.clone(), other.clone(), letter(7, 0)];
    saved(case, on, first).await?;
    same(case, &lanes().await?, &vec!["lane".to_owned(), "one".to_owned(), "other".to_owned()])?;
    let of_one = Claim { lane: "one".to_owned(), ..claim(0, 9) };
    let letters = on.letters(&whose).await.map_err(failing(case))?;
    same(case, &letters, &vec![one.clone(), other.clone(), letter(7, 0)])?;
    let taken = on.claim(of_one.clone()).await.map_err(failing(case))?;
    same(case, &taken, &vec![Due { person: whose.clone(), owed: one.clone() }])?;
    let none = on.claim(of_one).await.map_err(failing(case))?;
    same(case, &none, &Vec::new())?;
    on.postpone(of(&whose, &other, 0, true)).await.map_err(failing(case))?;
    same(case, &lanes().await?, &vec!["lane".to_owned(), "one".to_owned()])?;
    for owed in [one, other, letter(7, 0)] {
        on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))?;
    }
    Ok(())
}

pub(super) async fn an_instance_that_starts_again_lets_go_of_what_it_had_in_its_hands(
    on: &dyn Store,
) -> Case {
    let case = "an instance that starts again lets go of what it had in its hands";
    let whose = person("restarted");
    let owed = [letter(8, 0), letter(9, 1)];
    let mut first = change(&whose, Head::NEW);
    first.owed = owed.to_vec();
    saved(case, on, first).await?;
    let by = |owner: &str| Claim { owner: owner.to_owned(), limit: 1, ..claim(5, 50) };
    on.claim(by("one")).await.map_err(failing(case))?;
    on.claim(by("two")).await.map_err(failing(case))?;
    same(case, &on.release("one").await.map_err(failing(case))?, &1)?;
    same(case, &on.release("one").await.map_err(failing(case))?, &0)?;
    let again = on.claim(by("one")).await.map_err(failing(case))?;
    same(case, &again, &vec![Due { person: whose.clone(), owed: owed[0].clone() }])?;
    same(case, &claimed(case, on, 5, 50).await?, &Vec::new())?;
    for owed in owed {
        on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))?;
    }
    Ok(())
}

pub(super) async fn a_letter_may_be_in_hand_as_it_is_written(on: &dyn Store) -> Case {
    let case = "a letter may be in hand as it is written";
    let whose = person("in hand");
    let owed = letter(10, 0);
    let mut first = change(&whose, Head::NEW);
    first.owed = vec![owed.clone()];
    first.leased = Some(Lease { until_ms: 20, owner: "one".to_owned() });
    let head = saved(case, on, first).await?;
    same(case, &claimed(case, on, 19, 30).await?, &Vec::new())?;
    let due = Due { person: whose.clone(), owed: owed.clone() };
    same(case, &claimed(case, on, 20, 30).await?, &vec![due.clone()])?;
    // One that takes its place is in nobody's hands, or again in somebody's.
    let mut second = change(&whose, head);
    second.owed = vec![owed.clone()];
    let head = saved(case, on, second).await?;
    same(case, &claimed(case, on, 0, 30).await?, &vec![due.clone()])?;
    let mut third = change(&whose, head);
    third.owed = vec![owed.clone()];
    third.leased = Some(Lease { until_ms: 50, owner: "two".to_owned() });
    saved(case, on, third).await?;
    same(case, &claimed(case, on, 49, 60).await?, &Vec::new())?;
    same(case, &on.release("one").await.map_err(failing(case))?, &0)?;
    same(case, &on.release("two").await.map_err(failing(case))?, &1)?;
    same(case, &claimed(case, on, 0, 60).await?, &vec![due])?;
    on.delivered(of(&whose, &owed, 0, false)).await.map_err(failing(case))
}
