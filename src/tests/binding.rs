//! The bank's binding, by hand.

use super::{any, moved};
use crate::bank::binding::{Asked, Binding, Input, Order, Outcome, REVISION_MAX, State, step};
use crate::message::{LinkStatus, Reason};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Everything as it must be.
const RIGHT: Asked = Asked {
    fresh: true,
    same_body: true,
    authenticated: true,
    holder_matches: true,
    consent: true,
    instrument_free: true,
    instrument_usable: true,
};

const WAITING: [State; 3] = [State::Registering, State::Linking, State::AwaitingApproval];

fn at(state: State) -> Binding {
    let revision = u8::from(state == State::Suspended);
    Binding { state, revision }
}

fn after(state: State, input: Input) -> Option<State> {
    moved(&step(at(state), input)).map(|binding| binding.state)
}

fn orders(state: State, input: Input, order: Order) -> bool {
    step(at(state), input).orders().any(|other| other == order)
}

//= BIND-001 the bank asks whether the person has an account
#[test]
fn a_binding_begins_by_asking_the_wallet_for_an_account() {
    let verdict = step(Binding::ABSENT, Input::Asked(RIGHT));
    assert_eq!(moved(&verdict), Some(at(State::Looking)));
    assert!(verdict.orders().any(|order| order == Order::SendAccountQuery));
}

//= BIND-010 a binding begins only if everything holds
//= BIND-011 an instrument that is bound is not bound again
//= BIND-075 the strongest refusal answers
//= BIND-022 a refusal leaves nothing behind
#[test]
fn a_request_that_lacks_something_is_refused_by_the_strongest_of_what_it_lacks() {
    let order = [
        Refusal::RequestStale,
        Refusal::ConsentMissing,
        Refusal::HolderNotAuthenticated,
        Refusal::HolderMismatch,
        Refusal::InstrumentUnavailable,
        Refusal::AlreadyBound,
    ];
    for bits in 0..64u8 {
        let has = |bit: u8| bits & (1 << bit) != 0;
        let asked = Asked {
            fresh: has(0),
            consent: has(1),
            authenticated: has(2),
            holder_matches: has(3),
            instrument_usable: has(4),
            instrument_free: has(5),
            same_body: true,
        };
        let verdict = step(Binding::ABSENT, Input::Asked(asked));
        let lacking = (0..6u8).filter(|bit| !has(*bit)).map(|bit| order[usize::from(bit)]).min();
        assert_eq!(verdict.refusal(), lacking, "{asked:?}");
        assert_eq!(moved(&verdict).is_some(), lacking.is_none());
    }
}

//= BIND-011 whatever is not closed holds its instrument, ending included
#[test]
fn a_binding_frees_its_instrument_only_when_it_is_closed() {
    for state in any::binding_states() {
        let free = matches!(state, State::Absent | State::Closed(_));
        assert_eq!(state.holds_instrument(), !free, "{state:?}");
    }
}

//= BIND-023 answered from the record, or refused for another body
#[test]
fn a_repeated_request_is_answered_from_the_record_and_another_body_is_refused() {
    for state in any::binding_states().into_iter().filter(|state| *state != State::Absent) {
        let stale = Input::Asked(Asked { fresh: false, consent: false, ..RIGHT });
        assert!(matches!(step(at(state), stale), Verdict::Replay(Rule::BindingAskedAgain, _)));
        assert!(orders(state, stale, Order::TellOutcome));
        let other = Input::Asked(Asked { same_body: false, ..RIGHT });
        assert_eq!(step(at(state), other).refusal(), Some(Refusal::IdempotencyConflict));
    }
}

//= BIND-018 what is another's is not found
#[test]
fn a_client_that_is_not_the_bindings_own_is_told_the_same_as_if_there_were_none() {
    let absent = step(Binding::ABSENT, Input::StatusAsked { own: true });
    for state in any::binding_states() {
        for input in [Input::LeaveAsked { own: false }, Input::StatusAsked { own: false }] {
            assert_eq!(step(at(state), input), absent, "{state:?}");
        }
    }
}

//= BIND-019 a cancel that overtakes its request
#[test]
fn a_cancel_that_overtakes_its_request_leaves_a_cancelled_binding_that_the_request_finds() {
    let cancelled = State::Closed(Outcome::Cancelled);
    assert_eq!(after(State::Absent, Input::LeaveAsked { own: true }), Some(cancelled));
    let verdict = step(at(cancelled), Input::Asked(RIGHT));
    assert_eq!(verdict.rule(), Some(Rule::BindingAskedAgain));
    assert_eq!(moved(&verdict), None);
}

//= BIND-002 with an account the link, without one the registration
#[test]
fn the_bank_asks_for_the_link_with_an_account_and_for_a_registration_without_one() {
    assert_eq!(after(State::Looking, Input::AccountFound), Some(State::Linking));
    assert!(orders(State::Looking, Input::AccountFound, Order::SendLinkRequest));
    assert_eq!(after(State::Looking, Input::AccountMissing), Some(State::Registering));
    assert!(orders(State::Looking, Input::AccountMissing, Order::SendAccountRegistration));
    assert!(!orders(State::Looking, Input::AccountMissing, Order::SendLinkRequest));
}

//= BIND-005 the bank binds according to the account that was answered
#[test]
fn the_bank_asks_for_the_link_only_after_the_wallet_has_named_the_account() {
    assert_eq!(after(State::Registering, Input::AccountRegistered), Some(State::Linking));
    for state in any::binding_states() {
        for input in [Input::AccountFound, Input::AccountRegistered, Input::AccountMissing] {
            let named = matches!(
                (state, input),
                (State::Looking, Input::AccountFound)
                    | (State::Registering, Input::AccountRegistered)
            );
            assert_eq!(orders(state, input, Order::SendLinkRequest), named, "{state:?} {input:?}");
        }
    }
}

//= BIND-024 a block ends what is not active yet and suspends what is
#[test]
fn a_block_ends_a_waiting_binding_and_suspends_an_active_one_until_it_is_lifted() {
    let blocked = Outcome::Refused(Reason::InstrumentUnavailable);
    assert_eq!(after(State::Looking, Input::InstrumentBlocked), Some(State::Closed(blocked)));
    for state in WAITING {
        assert_eq!(after(state, Input::InstrumentBlocked), Some(State::Ending(blocked)));
    }
    assert_eq!(after(State::Active, Input::InstrumentBlocked), Some(State::Suspended));
    assert!(orders(State::Active, Input::InstrumentBlocked, Order::SendLinkSuspend(1)));
    assert_eq!(after(State::Suspended, Input::InstrumentUnblocked), Some(State::Active));
    assert!(orders(State::Suspended, Input::InstrumentUnblocked, Order::SendLinkResume(2)));
}

#[test]
fn a_binding_whose_revisions_are_used_up_is_ended_by_a_block_rather_than_left_active() {
    let last = Binding { state: State::Active, revision: REVISION_MAX };
    let ending = State::Ending(Outcome::Refused(Reason::InstrumentUnavailable));
    let after = moved(&step(last, Input::InstrumentBlocked)).map(|binding| binding.state);
    assert_eq!(after, Some(ending));
}

//= BIND-025 a deadline means something only in the state for which it was armed
#[test]
fn a_deadline_ends_the_state_for_which_it_was_armed_and_means_nothing_in_another() {
    for state in any::binding_states() {
        for armed in any::binding_states() {
            let expected = match state {
                _ if armed != state => None,
                State::Looking => Some(State::Closed(Outcome::Expired)),
                state if state.waits() => Some(State::Ending(Outcome::Expired)),
                _ => None,
            };
            assert_eq!(after(state, Input::Expired(armed)), expected, "{state:?} {armed:?}");
        }
    }
}

#[test]
fn every_waiting_state_arms_its_own_deadline_when_it_is_entered() {
    let entered = [
        (State::Absent, Input::Asked(RIGHT)),
        (State::Looking, Input::AccountFound),
        (State::Looking, Input::AccountMissing),
        (State::Registering, Input::AccountRegistered),
        (State::Linking, Input::LinkHeard(LinkStatus::AwaitingApproval)),
    ];
    for (state, input) in entered {
        let entered = after(state, input).unwrap_or(state);
        assert!(entered.waits() && orders(state, input, Order::ArmDeadline(entered)), "{state:?}");
    }
}

//= BIND-026 "not found" ends nothing
#[test]
fn the_answer_that_there_is_no_such_link_changes_no_binding() {
    for state in any::binding_states() {
        assert_eq!(after(state, Input::LinkNotFound), None, "{state:?}");
    }
}

//= BIND-027 a notice is receipted in every state
#[test]
fn every_notice_to_a_known_binding_is_receipted_and_leaves_a_closed_one_unchanged() {
    for state in any::binding_states().into_iter().filter(|state| *state != State::Absent) {
        for status in any::statuses(0) {
            assert!(orders(state, Input::LinkHeard(status), Order::Receipt), "{state:?}");
            if state.is_closed() {
                assert_eq!(after(state, Input::LinkHeard(status)), None);
            }
        }
    }
}

//= BIND-028 an ended or refused link closes the binding, whose own outcome stays
//= BIND-029 while ending only ended and refused count
#[test]
fn an_ended_or_refused_link_closes_any_binding_and_nothing_else_moves_one_that_ends() {
    for state in any::binding_states() {
        for status in any::statuses(0) {
            let closes = match status {
                LinkStatus::Ended => Some(Outcome::EndedByWallet),
                LinkStatus::Refused { reason } => Some(Outcome::Refused(reason)),
                _ => None,
            };
            let after = after(state, Input::LinkHeard(status));
            match (state, closes) {
                (State::Absent | State::Closed(_), _) => assert_eq!(after, None),
                (State::Ending(own), Some(_)) => assert_eq!(after, Some(State::Closed(own))),
                (State::Ending(_), None) => assert_eq!(after, None),
                (_, Some(outcome)) => assert_eq!(after, Some(State::Closed(outcome))),
                (_, None) => {}
            }
        }
    }
}

//= BIND-030 active and suspended are the bank's own decision
#[test]
fn no_answer_of_a_live_link_changes_a_binding_that_is_active_or_suspended() {
    for state in [State::Active, State::Suspended] {
        for revision in 0..4 {
            for status in any::statuses(revision).into_iter().take(4) {
                let verdict = step(at(state), Input::LinkHeard(status));
                assert_eq!(moved(&verdict), None, "{state:?} {status:?}");
                let live =
                    matches!(status, LinkStatus::Active { .. } | LinkStatus::Suspended { .. });
                let stops = verdict.orders().any(|order| order == Order::StopSending);
                assert_eq!(stops, live && revision == at(state).revision);
            }
        }
    }
}

//= BIND-031 every exit by the bank's own decision goes through `Ending`
#[test]
fn what_the_bank_itself_ends_is_ending_until_the_wallet_has_acknowledged_it() {
    let own = [Input::LeaveAsked { own: true }, Input::InstrumentBlocked];
    for state in WAITING.into_iter().chain([State::Active, State::Suspended]) {
        for input in own.into_iter().chain([Input::Expired(state)]) {
            let Some(next) = after(state, input) else { continue };
            if next == State::Suspended {
                continue;
            }
            assert!(matches!(next, State::Ending(_)), "{state:?} {input:?} {next:?}");
            assert!(orders(state, input, Order::SendLinkEnd));
        }
        let left = after(state, Input::LeaveAsked { own: true });
        assert!(matches!(left, Some(State::Ending(_))), "the holder can leave {state:?}");
    }
}
