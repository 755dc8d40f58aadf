//! What holds of every state and every input, drawn by chance.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{any, for_any, is_idempotent, is_sound, moved};
use crate::bank::binding::{self, Binding, State as Bank};
use crate::bank::debit::{self, Debit};
use crate::control::AllOn;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::link::{self, Link};
use crate::wallet::lock::{self, Lock};
use crate::wallet::operation::{self, Asked, Input, Operation, Terms, Waiting};
use crate::wallet::proof::Demand;
use crate::wallet::{device, link::State as Wallet};

const TERMS: Terms<'static> = Terms { policy: &Policy::DEFAULT, limits: &Limits::DEFAULT };

/// How far along its life an operation is.
const fn age(operation: Operation) -> u8 {
    match operation {
        Operation::Absent => 0,
        Operation::Challenged { .. } => 1,
        Operation::Authenticated { .. } => 2,
        Operation::Debiting => 3,
        Operation::Executed | Operation::Refused(_) | Operation::Expired => 4,
    }
}

#[test]
fn a_binding_takes_any_input_in_any_state_and_what_comes_again_changes_nothing_more() {
    for_any((any::binding(), any::binding_input()), |(before, input)| {
        let verdict = binding::step(before, input);
        is_sound(&verdict)?;
        if before.state.is_closed() {
            prop_assert_eq!(moved(&verdict), None);
        }
        if let (binding::Input::Asked(asked), Some(after)) = (input, moved(&verdict)) {
            let again = binding::step(after, binding::Input::Asked(asked));
            prop_assert!(asked.same_body == matches!(again, Verdict::Replay(..)));
        }
        is_idempotent(before, |state| binding::step(state, input))
    });
}

//= BIND-028 one that was ending keeps its outcome
#[test]
fn a_binding_never_goes_back_in_its_life_and_keeps_the_outcome_that_it_ends_with() {
    for_any((any::binding(), any::binding_input()), |(before, input)| {
        let Some(after) = moved(&binding::step(before, input)) else { return Ok(()) };
        let resumed = before.state == Bank::Suspended && after.state == Bank::Active;
        prop_assert!(after.state > before.state || resumed);
        if let (Bank::Ending(outcome), Bank::Closed(closed)) = (before.state, after.state) {
            prop_assert_eq!(outcome, closed);
        }
        prop_assert!(after.revision >= before.revision);
        Ok(())
    });
}

#[test]
fn on_every_walk_a_binding_is_suspended_exactly_while_its_revision_is_odd() {
    for_any(vec(any::binding_input(), 0..40), |inputs| {
        let mut binding = Binding::ABSENT;
        for input in inputs {
            binding = moved(&binding::step(binding, input)).unwrap_or(binding);
            match binding.state {
                Bank::Suspended => prop_assert!(binding.revision % 2 == 1),
                Bank::Active => prop_assert!(binding.revision.is_multiple_of(2)),
                _ => {}
            }
        }
        Ok(())
    });
}

//= BIND-032 decided once, whatever is asked later
#[test]
fn a_debit_takes_any_input_and_its_decision_stays() {
    let debits = select(&[Debit::Absent, Debit::Accepted, Debit::Refused]);
    let input = (select(any::binding_states()), any::<[bool; 3]>()).prop_map(
        |(binding, [own, same_content, covered])| debit::Input {
            own,
            same_content,
            binding,
            covered,
        },
    );
    for_any((debits, input.clone(), input), |(before, input, other)| {
        let verdict = debit::step(before, input);
        is_sound(&verdict)?;
        is_idempotent(before, |state| debit::step(state, input))?;
        if before != Debit::Absent || moved(&verdict).is_some() {
            let decided = moved(&verdict).unwrap_or(before);
            let again = debit::step(decided, other);
            prop_assert_eq!(moved(&again), None);
            let known = other.own && other.same_content;
            prop_assert!(known == (again.rule() == Some(Rule::DebitAskedAgain)));
        }
        Ok(())
    });
}

//= BIND-051 nothing brings a link back that is over
#[test]
fn a_link_takes_any_input_in_any_state_and_what_comes_again_changes_nothing_more() {
    for_any((any::link_view(), any::link_input()), |(before, input)| {
        let verdict = link::step(before, input);
        is_sound(&verdict)?;
        if before.link.state.is_over() {
            prop_assert_eq!(moved(&verdict), None);
        }
        is_idempotent(before, |view| link::step(view, input))
    });
}

#[test]
fn the_wallet_revision_of_a_link_never_falls_and_rises_with_what_the_wallet_says_of_it() {
    let revision = |link: Link| link.status().map_or(0, |status| status.wallet_revision());
    for_any((any::link_view(), any::link_input()), |(before, input)| {
        let Some(after) = moved(&link::step(before, input)) else { return Ok(()) };
        let (was, is) = (revision(before.link), revision(after.link));
        prop_assert!(is >= was, "{was} to {is}");
        let told_apart = was < u8::MAX && after.link.status() != before.link.status();
        prop_assert!(!told_apart || is > was, "{was} to {is}");
        Ok(())
    });
}

#[test]
fn a_link_becomes_active_only_on_an_open_account_and_a_new_one_only_on_a_verified_account() {
    for_any((any::link_view(), any::link_input()), |(before, input)| {
        let Some(after) = moved(&link::step(before, input)) else { return Ok(()) };
        let new = matches!(before.link.state, Wallet::Absent | Wallet::Matched);
        if after.link.state == Wallet::Active && before.link.state == Wallet::Registered {
            prop_assert!(after.account.is_open());
        }
        if after.link.state.is_live() && new {
            prop_assert!(after.account.is_verified());
        }
        Ok(())
    });
}

fn operation_input() -> impl Strategy<Value = Input> {
    let answered = (any::context(), select(any::proofs()), select(&any::PATHS))
        .prop_map(|(context, proof, path)| Input::Answered { context, proof, path });
    let asked = prop_oneof![3 => Just(Asked::PROPER), 1 => any::operation_asked()];
    let requested =
        (any::context(), asked).prop_map(|(context, asked)| Input::Requested { context, asked });
    prop_oneof![
        3 => requested,
        3 => answered,
        3 => any::context().prop_map(Input::Executing),
        1 => any::<(bool, bool)>()
            .prop_map(|(own, accepted)| Input::DebitDecided { own, accepted }),
        1 => any::context().prop_map(Input::TargetEnded),
        1 => select(&[Waiting::ForAnswer, Waiting::ForExecution]).prop_map(Input::Expired),
    ]
}

//= BIND-020 an operation that is over stays as it is
#[test]
fn an_operation_takes_any_input_in_any_state_never_goes_back_and_stays_over() {
    for_any((any::view(), operation_input()), |(before, input)| {
        let verdict = operation::step(TERMS, before, input);
        is_sound(&verdict)?;
        let Some(after) = moved(&verdict) else { return Ok(()) };
        prop_assert!(!before.operation.is_over());
        prop_assert!(age(after.operation) >= age(before.operation));
        Ok(())
    });
}

//= BIND-009 a proof that executed is spent
#[test]
fn what_an_operation_took_once_it_takes_no_second_time_but_for_wrong_answers_which_count_each() {
    for_any((any::view(), operation_input()), |(before, input)| {
        let Some(after) = moved(&operation::step(TERMS, before, input)) else { return Ok(()) };
        let again = operation::step(TERMS, after, input);
        match (after.operation, moved(&again).map(|view| view.operation)) {
            (_, None) => {}
            (
                Operation::Challenged { demand, tries_left },
                Some(Operation::Challenged { demand: same, tries_left: fewer }),
            ) => prop_assert!(demand == same && fewer + 1 == tries_left),
            (Operation::Challenged { tries_left: 1, .. }, Some(Operation::Refused(_))) => {}
            (first, second) => prop_assert!(false, "{first:?}, then {second:?}"),
        }
        Ok(())
    });
}

//= BIND-008 nothing executes for less than the condition asks
//= BIND-012 the condition is looked at again at execution
#[test]
fn whatever_executes_was_proved_to_what_the_condition_requires_at_that_moment() {
    for_any((any::view(), any::context(), any::<bool>()), |(view, context, executing)| {
        let asked = Asked::PROPER;
        let input = match executing {
            true => Input::Executing(context),
            false => Input::Requested { context, asked },
        };
        let Some(after) = moved(&operation::step(TERMS, view, input)) else { return Ok(()) };
        if !matches!(after.operation, Operation::Executed | Operation::Debiting) {
            return Ok(());
        }
        let proved = match view.operation {
            Operation::Authenticated { demand, .. } => demand,
            _ => Demand::Nothing,
        };
        let required = operation::requirement(AllOn, TERMS, view, context);
        prop_assert!(proved.requirement() >= required, "{required} on {proved:?}");
        Ok(())
    });
}

#[test]
fn a_device_takes_any_input_and_a_revoked_one_stays_revoked() {
    use device::Input;
    let inputs = select(&[Input::Revoked, Input::AccountClosed, Input::SessionEnded, Input::Aged]);
    for_any((select(any::devices()), inputs), |(before, input)| {
        let verdict = device::step(before, input);
        is_sound(&verdict)?;
        prop_assert!(before != device::Device::Revoked || moved(&verdict).is_none());
        is_idempotent(before, |device| device::step(device, input))
    });
}

//= BIND-112 within its limits on every walk, whatever happens in between
#[test]
fn on_every_walk_an_open_path_has_taken_fewer_wrong_answers_than_its_limits() {
    let limits = (1..=5u8, 0..=15u8, 1..=5u8).prop_map(|(run, more, tries)| Limits {
        run,
        day: run + more,
        tries,
        ..Limits::DEFAULT
    });
    for_any((limits, vec(0..8u8, 0..80)), |(limits, inputs)| {
        prop_assert_eq!(limits.check(), Ok(()));
        let mut lock = Lock::OPEN;
        for input in inputs {
            let timed = match input {
                0 => Some(lock::Input::LockEnded),
                1 => Some(lock::Input::DayEnded),
                _ => None,
            };
            lock = match timed {
                Some(timed) => {
                    let verdict = lock::step(lock, timed);
                    is_sound(&verdict)?;
                    moved(&verdict).unwrap_or(lock)
                }
                None if !lock.is_open() => lock,
                None if input == 2 => lock.succeeded(AllOn, lock::Path::Device),
                None if input == 3 => lock.succeeded(AllOn, lock::Path::Strangers),
                None => lock.counted(AllOn, &limits),
            };
            prop_assert!(lock.run <= limits.run && lock.day <= limits.day);
            let reached = lock.run == limits.run || lock.day == limits.day;
            prop_assert!(!lock.is_open() || !reached);
        }
        Ok(())
    });
}
