//! The wallet's link, by hand.

use super::{any, moved};
use crate::message::Reason;
use crate::policy::Origin;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;
use crate::wallet::link::{Input, Link, Order, Request, State, View, step};

/// Everything as it must be, for a binding that no account was created for.
const RIGHT: Request = Request {
    own: true,
    fresh: true,
    same_account: true,
    consent: true,
    account_matches: true,
    created_for: false,
    created_for_bank: false,
    may_wait: true,
};
const STALE: Request = Request { fresh: false, ..RIGHT };

/// A verified account whose holder has authenticated.
const VERIFIED: Account = Account::RECOVERED;

fn at(state: State, account: Account) -> View {
    View { link: Link { state, bank_revision: 2, code_spent: false }, account }
}

fn after(state: State, account: Account, input: Input) -> Option<State> {
    moved(&step(at(state, account), input)).map(|view| view.link.state)
}

fn orders(view: View, input: Input, order: Order) -> bool {
    step(view, input).orders().any(|other| other == order)
}

fn live() -> impl Iterator<Item = State> {
    any::link_states().into_iter().filter(|state| state.is_live())
}

//= BIND-003 an account is registered
//= BIND-004 its identification is answered
#[test]
fn a_registration_for_a_person_without_an_account_makes_one_and_answers_with_it() {
    for account in [Account::Absent, Account::Closed] {
        let view = at(State::Absent, account);
        let verdict = step(view, Input::RegistrationAsked(RIGHT));
        let made = moved(&verdict);
        assert_eq!(made.map(|view| view.account), Some(Account::REGISTERED_BY_BANK));
        assert_eq!(made.map(|view| view.link.state), Some(State::Registered));
        for order in [Order::ClaimPerson, Order::HangOnAccount, Order::AnswerCreated] {
            assert!(verdict.orders().any(|other| other == order), "{order:?}");
        }
    }
    let without = Input::RegistrationAsked(Request { consent: false, ..RIGHT });
    let refused = State::Refused(Reason::ConsentMissing);
    assert_eq!(after(State::Absent, Account::Absent, without), Some(refused));
}

//= BIND-052 a person who has an account gets no second one
//= BIND-095 the answer is kept for its repetitions
#[test]
fn a_registration_for_a_person_with_an_account_answers_with_that_one_again_and_again() {
    let asked = Input::RegistrationAsked(RIGHT);
    let first = step(at(State::Absent, VERIFIED), asked);
    assert!(!first.orders().any(|order| order == Order::ClaimPerson));
    assert!(first.orders().any(|order| order == Order::AnswerExisting));
    let matched = moved(&first).map(|view| view.link.state);
    assert_eq!(matched, Some(State::Matched));
    for account in any::accounts() {
        let again = step(at(State::Matched, account), asked);
        assert_eq!(again.rule(), Some(Rule::RegistrationAskedAgain), "{account:?}");
        assert!(again.orders().eq([Order::AnswerExisting]), "{account:?}");
    }
}

//= BIND-006 only the binding that the account was created for is spared approval
//= BIND-007 a link to an account that was there waits
#[test]
fn a_link_waits_for_the_holder_unless_the_account_was_created_for_that_very_binding() {
    let of_same_bank = Request { created_for_bank: true, ..RIGHT };
    for request in [RIGHT, of_same_bank] {
        for state in [State::Absent, State::Matched] {
            let view = at(state, VERIFIED);
            let asked = Input::LinkAsked(request);
            assert_eq!(after(state, VERIFIED, asked), Some(State::AwaitingApproval));
            assert!(orders(view, asked, Order::ArmApprovalDeadline));
        }
    }
    let spared = Input::LinkAsked(Request { created_for: true, ..RIGHT });
    assert_eq!(after(State::Absent, VERIFIED, spared), Some(State::Active));
    let own = Account::REGISTERED_BY_BANK;
    assert_eq!(after(State::Registered, own, Input::LinkAsked(RIGHT)), Some(State::Active));
}

//= BIND-007 nothing but approval ends the wait well
#[test]
fn a_waiting_link_becomes_active_by_approval_only() {
    let view = at(State::AwaitingApproval, VERIFIED);
    assert_eq!(after(State::AwaitingApproval, VERIFIED, Input::Approved), Some(State::Active));
    assert!(orders(view, Input::Approved, Order::OweNotice));
    let created = Request { created_for: true, created_for_bank: true, ..RIGHT };
    for input in [
        Input::LinkAsked(created),
        Input::RegistrationAsked(created),
        Input::ResumeAsked { request: created, revision: 9 },
        Input::CodePresented,
        Input::CodeRenewed,
    ] {
        let state = after(State::AwaitingApproval, VERIFIED, input);
        assert_ne!(state, Some(State::Active), "{input:?}");
    }
}

//= BIND-017 what is not in the bank's namespace is not found
#[test]
fn a_banks_request_outside_its_namespace_is_not_found_in_every_state() {
    let request = Request { own: false, ..RIGHT };
    for state in any::link_states() {
        for input in [
            Input::RegistrationAsked(request),
            Input::LinkAsked(request),
            Input::SuspendAsked { request, revision: 9 },
            Input::ResumeAsked { request, revision: 9 },
            Input::EndAsked { request, last: true },
            Input::StatusAsked(request),
        ] {
            let verdict = step(at(state, VERIFIED), input);
            assert_eq!(verdict, Verdict::Refuse(Refusal::NotFound), "{state:?} {input:?}");
        }
    }
}

//= BIND-021 a link never changes its account
#[test]
fn a_repeated_link_request_that_names_another_account_is_refused_and_hangs_the_link_on_no_other() {
    let request = Request { same_account: false, created_for: true, ..RIGHT };
    for state in any::link_states() {
        let verdict = step(at(state, VERIFIED), Input::LinkAsked(request));
        assert_eq!(verdict, Verdict::Refuse(Refusal::IdempotencyConflict), "{state:?}");
        let again = Input::LinkAsked(RIGHT);
        let hangs = orders(at(state, VERIFIED), again, Order::HangOnAccount);
        assert_eq!(hangs, matches!(state, State::Absent | State::Matched), "{state:?}");
    }
}

//= BIND-049 a query for a link that is not there leaves nothing
#[test]
fn a_query_is_answered_from_the_record_and_not_found_where_there_is_no_link() {
    for state in any::link_states() {
        let verdict = step(at(state, VERIFIED), Input::StatusAsked(RIGHT));
        let there = !matches!(state, State::Absent | State::Matched);
        assert_eq!(verdict.refusal().is_none(), there, "{state:?}");
        assert_eq!(at(state, VERIFIED).link.status().is_some(), there);
        assert_eq!(moved(&verdict), None);
    }
}

//= BIND-050 ids are looked up before age
//= BIND-022 what is too old to begin something leaves nothing behind
#[test]
fn a_stale_request_is_a_problem_where_it_would_begin_something_and_answered_where_it_is_known() {
    for state in any::link_states() {
        for asked in [Input::RegistrationAsked(STALE), Input::LinkAsked(STALE)] {
            let verdict = step(at(state, VERIFIED), asked);
            let begins = state == State::Absent;
            assert_eq!(verdict.refusal() == Some(Refusal::RequestStale), begins, "{state:?}");
        }
        for (stale, fresh) in [
            (Input::RegistrationAsked(STALE), Input::RegistrationAsked(RIGHT)),
            (Input::LinkAsked(STALE), Input::LinkAsked(RIGHT)),
        ] {
            if state != State::Absent {
                let view = at(state, VERIFIED);
                assert_eq!(step(view, stale), step(view, fresh), "{state:?}");
            }
        }
    }
}

//= BIND-051 whatever arrives late finds the door shut
#[test]
fn nothing_that_arrives_after_the_end_changes_a_link_and_a_registration_is_refused() {
    for state in any::link_states().into_iter().filter(|state| state.is_over()) {
        for account in any::accounts() {
            let reason = match state {
                State::Refused(reason) => reason,
                _ => Reason::AccountUnavailable,
            };
            let verdict = step(at(state, account), Input::RegistrationAsked(RIGHT));
            assert!(verdict.orders().eq([Order::AnswerRegistrationRefused(reason)]), "{state:?}");
            let created = Request { created_for: true, ..RIGHT };
            for input in [
                Input::RegistrationAsked(created),
                Input::LinkAsked(created),
                Input::ResumeAsked { request: created, revision: 9 },
                Input::Approved,
            ] {
                assert_eq!(after(state, account, input), None, "{state:?} {input:?}");
            }
        }
    }
}

//= BIND-053 what is decided against is over for good
//= BIND-013 a self-asserted account gets nobody's link
#[test]
fn a_link_request_that_is_decided_against_leaves_the_link_refused() {
    let foreign = Request { account_matches: false, ..RIGHT };
    let full = Request { may_wait: false, ..RIGHT };
    let unverified =
        Account::Open { origin: Origin::SelfRegistered, verified: false, authenticated: true };
    for (account, request, reason) in [
        (VERIFIED, foreign, Reason::AccountUnavailable),
        (unverified, RIGHT, Reason::AccountUnavailable),
        (Account::Closed, RIGHT, Reason::AccountUnavailable),
        (Account::Absent, RIGHT, Reason::AccountUnavailable),
        (VERIFIED, full, Reason::BindingLimitReached),
    ] {
        let asked = Input::LinkAsked(request);
        assert_eq!(after(State::Absent, account, asked), Some(State::Refused(reason)));
        let answer = Order::AnswerLinkRefused(reason);
        assert!(orders(at(State::Absent, account), asked, answer), "{reason}");
    }
    let declined = after(State::AwaitingApproval, VERIFIED, Input::Declined);
    assert_eq!(declined, Some(State::Refused(Reason::Declined)));
}

//= BIND-054 only a higher revision takes effect
#[test]
fn of_the_banks_decisions_only_one_with_a_higher_revision_takes_effect() {
    for state in [State::Active, State::Suspended] {
        for revision in 0..5 {
            for (to, input) in [
                (State::Suspended, Input::SuspendAsked { request: STALE, revision }),
                (State::Active, Input::ResumeAsked { request: STALE, revision }),
            ] {
                let after = moved(&step(at(state, VERIFIED), input));
                let link = Link { state: to, bank_revision: revision, code_spent: false };
                let expected = (revision > 2).then_some(View { link, account: VERIFIED });
                assert_eq!(after, expected, "{state:?} {input:?}");
            }
        }
    }
}

//= BIND-055 an end is obeyed whatever its age and the link's state
//= BIND-056 an end for a link never seen is remembered
#[test]
fn an_end_leaves_every_link_over_and_is_never_refused() {
    for state in any::link_states() {
        for request in [RIGHT, STALE] {
            let verdict = step(at(state, VERIFIED), Input::EndAsked { request, last: false });
            assert_eq!(verdict.refusal(), None, "{state:?}");
            let now = moved(&verdict).map_or(state, |view| view.link.state);
            assert!(now.is_over(), "{state:?}");
            assert!(verdict.orders().any(|order| order == Order::AnswerLink));
        }
    }
}

//= BIND-057 closing or recovering ends every link, and owes the notice
#[test]
fn every_live_link_ends_with_its_account_and_the_bank_is_owed_a_notice() {
    for state in live() {
        for input in [Input::AccountLeft, Input::EndedByHolder] {
            assert_eq!(after(state, VERIFIED, input), Some(State::Ended), "{state:?}");
            let view = at(state, VERIFIED);
            assert!(
                orders(view, input, Order::OweNotice)
                    && orders(view, input, Order::RefuseOperations)
            );
        }
    }
}

//= BIND-058 a code is spent when it is first presented
#[test]
fn a_presented_code_is_spent_until_the_next_one_is_shown() {
    for state in live() {
        let presented = moved(&step(at(state, VERIFIED), Input::CodePresented));
        let spent = presented.is_some_and(|view| view.link.code_spent);
        assert!(spent, "{state:?}");
        let renewed = presented.and_then(|view| moved(&step(view, Input::CodeRenewed)));
        assert_eq!(renewed, Some(at(state, VERIFIED)), "{state:?}");
    }
}

//= BIND-059 the account that nobody authenticated on goes with its last link
#[test]
fn only_the_last_link_takes_its_account_along_and_only_one_never_authenticated() {
    for account in any::accounts().into_iter().filter(|account| account.is_open()) {
        for last in any::BOTH {
            for (state, input) in [
                (State::Registered, Input::EndAsked { request: STALE, last }),
                (State::Active, Input::EndAsked { request: RIGHT, last }),
                (State::AwaitingApproval, Input::Expired { last }),
            ] {
                let closes = last && account.awaits_first_authentication();
                let after = moved(&step(at(state, account), input)).map(|view| view.account);
                let expected = if closes { Account::Closed } else { account };
                assert_eq!(after, Some(expected), "{account:?} {input:?}");
                assert_eq!(orders(at(state, account), input, Order::LeaveAccount), closes);
            }
        }
    }
}
