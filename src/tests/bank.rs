//! The bank's debit and the bank client, by hand.

use super::{any, moved};
use crate::bank::binding::State;
use crate::bank::client::{self, Outcome};
use crate::bank::debit::{Debit, Input, step};
use crate::refusal::Refusal;
use crate::rule::Rule;

//= BIND-033 not active yet: a problem that may be retried, and nothing is decided
//= BIND-034 accepted only while the binding is active
#[test]
fn a_debit_is_accepted_only_while_its_binding_is_active_and_undecided_while_it_may_become_so() {
    for binding in any::binding_states() {
        for covered in any::BOTH {
            let verdict =
                step(Debit::Absent, Input { own: true, same_content: true, binding, covered });
            let pending = binding.waits().then_some(Refusal::BindingPending);
            let unknown = (binding == State::Absent).then_some(Refusal::NotFound);
            assert_eq!(verdict.refusal(), pending.or(unknown), "{binding:?}");
            let accepted = moved(&verdict) == Some(Debit::Accepted);
            assert_eq!(accepted, binding == State::Active && covered, "{binding:?}");
        }
    }
}

//= BIND-034 another bank's binding is not debited
#[test]
fn a_debit_of_a_binding_that_is_not_the_banks_own_is_not_found() {
    for binding in any::binding_states() {
        let input = Input { own: false, same_content: true, binding, covered: true };
        for debit in [Debit::Absent, Debit::Accepted, Debit::Refused] {
            assert_eq!(step(debit, input).refusal(), Some(Refusal::NotFound));
        }
    }
}

//= BIND-032 every repetition gets the decision
//= BIND-098 the same id with other content is refused
#[test]
fn a_decided_debit_is_answered_from_the_record_even_after_the_binding_has_ended() {
    for debit in [Debit::Accepted, Debit::Refused] {
        for binding in any::binding_states() {
            for covered in any::BOTH {
                let input = Input { own: true, same_content: true, binding, covered };
                let verdict = step(debit, input);
                assert_eq!(verdict.rule(), Some(Rule::DebitAskedAgain));
                assert_eq!(verdict.orders().count(), 1, "the answer");
                let other = step(debit, Input { same_content: false, ..input });
                assert_eq!(other.refusal(), Some(Refusal::IdempotencyConflict));
            }
        }
    }
}

//= BIND-035 the client keeps asking until it is told that it is active or over
#[test]
fn a_bank_client_that_asked_keeps_asking_until_it_hears_active_or_over() {
    use client::{Input, Order, State};
    let asked = client::step(State::Idle, Input::Ask);
    assert_eq!(moved(&asked), Some(State::Sent));
    assert!(asked.orders().any(|order| order == Order::SendBindRequest));
    let stops = |input| client::step(State::Sent, input).orders().any(|o| o == Order::StopSending);
    assert!(!stops(Input::Told(Outcome::Pending)));
    assert!(!stops(Input::Ask), "it does not begin anew under another key");
    assert!(stops(Input::Told(Outcome::Active)));
    assert!(stops(Input::Told(Outcome::Over)));
}

#[test]
fn a_bank_client_that_leaves_is_settled_only_when_it_is_over() {
    use client::{Input, State};
    let leaving = |input| moved(&client::step(State::Leaving, input));
    assert_eq!(leaving(Input::Told(Outcome::Pending)), None);
    assert_eq!(leaving(Input::Told(Outcome::Active)), None);
    assert_eq!(leaving(Input::Told(Outcome::Over)), Some(State::Settled));
}
