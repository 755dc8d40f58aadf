//! What every store has to do, as one suite that runs against any of them. It is public, so that a
//! store that somebody else writes can be held against it.

mod letters;
mod together;
mod transactions;

use std::sync::Arc;

use super::{
    Change, Head, JournalRow, OwedRow, Row, Saved, Slot, Store, StoreError, Timer, TimerRow,
};
use crate::key::{Key, Person};
use crate::record::RecordKind;

/// What a store did otherwise than it has to.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// It failed.
    #[error("{case}: {error}")]
    Failed {
        /// The case.
        case: &'static str,
        /// How it failed.
        error: StoreError,
    },
    /// It gave something else.
    #[error("{case}: {what}")]
    Wrong {
        /// The case.
        case: &'static str,
        /// What was wrong.
        what: String,
    },
}

/// What a case says.
type Case = Result<(), SuiteError>;

/// Runs every case against an empty store; how many cases there were.
///
/// # Errors
/// The first case that the store does not pass.
pub async fn run(store: Arc<dyn Store>) -> Result<usize, SuiteError> {
    let on = &*store;
    transactions::what_is_saved_is_loaded_again(on).await?;
    transactions::a_record_that_is_not_live_is_loaded_if_it_is_named(on).await?;
    transactions::a_stale_guard_writes_nothing(on).await?;
    transactions::an_id_is_one_persons_for_ever(on).await?;
    transactions::a_key_stands_for_one_body_until_it_is_forgotten(on).await?;
    transactions::ids_and_a_key_are_asked_for_together(on).await?;
    transactions::changes_of_any_size_are_written(on).await?;
    transactions::deadlines_are_armed_moved_and_disarmed(on).await?;
    transactions::a_journal_is_read_in_its_order(on).await?;
    transactions::persons_are_listed_page_by_page(on).await?;
    transactions::a_signature_is_used_once_until_its_window_has_passed(on).await?;
    transactions::what_is_over_is_forgotten_a_little_at_once(on).await?;
    transactions::of_many_writers_on_one_snapshot_one_writes(&store).await?;
    together::of_changes_at_once_each_is_decided_by_itself(&store).await?;
    together::what_is_lost_takes_nothing_with_it(&store).await?;
    together::of_questions_at_once_each_has_its_own_answer(&store).await?;
    letters::a_letter_is_leased_to_one_at_a_time(on).await?;
    letters::a_letter_that_was_replaced_is_not_touched_by_the_old_one(on).await?;
    letters::a_dead_letter_waits_until_it_is_resumed(on).await?;
    letters::only_letters_of_the_lane_asked_for_are_taken(on).await?;
    letters::an_instance_that_starts_again_lets_go_of_what_it_had_in_its_hands(on).await?;
    letters::a_letter_may_be_in_hand_as_it_is_written(on).await?;
    on.ping().await.map_err(|error| SuiteError::Failed { case: "ping", error })?;
    Ok(23)
}

fn wrong(case: &'static str, what: impl Into<String>) -> Case {
    Err(SuiteError::Wrong { case, what: what.into() })
}

fn same<T: PartialEq + std::fmt::Debug>(case: &'static str, found: &T, expected: &T) -> Case {
    if found == expected {
        return Ok(());
    }
    wrong(case, format!("expected {expected:?}, found {found:?}"))
}

fn failing(case: &'static str) -> impl Fn(StoreError) -> SuiteError {
    move |error| SuiteError::Failed { case, error }
}

/// A person of this case alone.
fn person(name: &str) -> Person {
    Person::from_store(format!("suite:{name}"))
}

/// A key for each number.
pub fn key(number: u8) -> Key {
    Key::from_bytes([number; 16])
}

/// A change that writes nothing but the guard, from `before` on.
fn change(person: &Person, before: Head) -> Change {
    let after = Head { version: before.version + 1, ..before.clone() };
    Change::nothing(person.clone(), before, after)
}

/// An operation of this number.
pub fn row(number: u8, state: &str, live: bool) -> Row {
    let (state, refs) = (state.to_owned(), "{}".to_owned());
    Row { kind: RecordKind::Operation, key: key(number), version: 1, state, refs, live }
}

/// A letter that is owed: whatever tells one from another is its number.
pub fn letter(number: u8, next_ms: i64) -> OwedRow {
    OwedRow {
        slot: Slot::ToWallet,
        key: key(number),
        lane: "lane".to_owned(),
        letter: format!("\"letter {number}\""),
        idempotency_key: format!("key {number}"),
        attempts: 0,
        next_ms,
        forever: false,
        dead: false,
        since_ms: 1,
    }
}

fn line(sequence: i64) -> JournalRow {
    JournalRow { sequence, line: format!("{{\"n\":{sequence}}}"), hash: format!("{sequence}") }
}

/// A deadline of the operation of this number.
pub fn timer(number: u8, due_ms: i64) -> TimerRow {
    TimerRow { kind: RecordKind::Operation, key: key(number), what: Timer::State, due_ms }
}

/// Saves, which must be done.
async fn saved(case: &'static str, on: &dyn Store, change: Change) -> Result<Head, SuiteError> {
    let after = change.after.clone();
    match on.save(change).await.map_err(failing(case))? {
        Saved::Done => Ok(after),
        other => Err(SuiteError::Wrong { case, what: format!("saving is {other:?}") }),
    }
}
