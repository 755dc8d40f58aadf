//! Of links, and of what banks ask about them.

use crate::limits::Limits;
use crate::message::Reason;
use crate::wallet::facts::{Asking, Hanging, Made, is_last};
use crate::wallet::link::{Link, Request, State};

const HERS: char = 'h';
const OTHER: char = 'o';
const BANK: &str = "bank";
const FOREIGN: &str = "foreign";

type Asked = Asking<u8, &'static str, char>;
type Hung = Hanging<u8, &'static str, char>;

/// A link request about binding 1, which is not there yet, naming the person's account.
const ASKED: Asked = Asking {
    binding: 1,
    bank: BANK,
    begun_by: None,
    hangs_on: None,
    named: Some(HERS),
    hers: Some(HERS),
    fresh: true,
    consent: false,
};

const fn hung(binding: u8, bank: &'static str, account: Option<char>, state: State) -> Hung {
    Hanging { binding, bank, account, state }
}

//= BIND-017 a known id is its bank's, and an unknown one whoever's uses it
#[test]
fn an_id_belongs_to_the_bank_that_used_it_first() {
    for (begun_by, own) in [(None, true), (Some(BANK), true), (Some(FOREIGN), false)] {
        assert_eq!(Asked { begun_by, ..ASKED }.is_own(), own, "{begun_by:?}");
    }
}

//= BIND-021 a link keeps its account, whatever account is named
#[test]
fn another_account_is_named_only_where_a_link_hangs_and_an_account_is_named() {
    let cases = [
        (None, None, true),
        (None, Some(OTHER), true),
        (Some(HERS), None, true),
        (Some(HERS), Some(HERS), true),
        (Some(HERS), Some(OTHER), false),
    ];
    for (hangs_on, named, same) in cases {
        let asked = Asked { hangs_on, named, ..ASKED };
        assert_eq!(asked.is_same_account(), same, "{hangs_on:?}, {named:?}");
    }
}

//= BIND-013 only the account that is matched to the person is hers
#[test]
fn an_account_matches_if_it_is_named_and_the_persons() {
    let cases = [
        (Some(HERS), Some(HERS), true),
        (Some(OTHER), Some(HERS), false),
        (Some(HERS), None, false),
        (None, Some(HERS), false),
        // Nobody's account is not the account of nobody.
        (None, None, false),
    ];
    for (named, hers, matches) in cases {
        let asked = Asked { named, hers, ..ASKED };
        assert_eq!(asked.account_matches(), matches, "{named:?}, {hers:?}");
    }
}

//= BIND-006 for this binding, not for its bank, and of the account that the link hangs on
#[test]
fn an_account_was_created_for_one_binding_of_one_bank() {
    assert_eq!(Asked { hangs_on: Some(OTHER), ..ASKED }.account(), Some(OTHER));
    assert_eq!(ASKED.account(), Some(HERS));
    let cases = [
        (Some((1, BANK)), true, true),
        (Some((2, BANK)), false, true),
        (Some((2, FOREIGN)), false, false),
        (None, false, false),
    ];
    for (made, this, of_bank) in cases {
        let made = made.map(|(binding, bank)| Made { binding, bank });
        assert_eq!(ASKED.is_created_for(made), this, "{made:?}");
        assert_eq!(ASKED.is_created_for_bank(made), of_bank, "{made:?}");
    }
}

//= BIND-007 of one bank only so many wait, and on one account only so many links hang
#[test]
fn what_waits_is_counted_per_bank_and_account_and_what_hangs_per_account() {
    let limits = Limits { approvals_waiting: 1, links_per_account_max: 2, ..Limits::DEFAULT };
    let waiting = |binding, bank, account| hung(binding, bank, account, State::AwaitingApproval);
    let active = |binding| hung(binding, FOREIGN, Some(HERS), State::Active);
    let matched = |bank| hung(4, bank, Some(HERS), State::Matched);
    let ended = hung(4, FOREIGN, Some(HERS), State::Ended);
    let cases: [(&[Hung], bool); 11] = [
        (&[], true),
        (&[hung(2, BANK, Some(HERS), State::Active)], true),
        (&[waiting(2, BANK, Some(HERS))], false),
        (&[waiting(2, FOREIGN, Some(HERS))], true),
        (&[waiting(2, BANK, Some(OTHER))], true),
        (&[waiting(2, BANK, None)], true),
        // What was asked for before is not in its own way.
        (&[waiting(1, BANK, Some(HERS))], true),
        (&[active(2), active(3)], false),
        (&[active(2), matched(BANK)], false),
        // Another bank may match as much as it likes: that is in nobody else's way.
        (&[active(2), matched(FOREIGN)], true),
        (&[active(2), ended], true),
    ];
    for (links, may) in cases {
        assert_eq!(ASKED.may_wait(&limits, links.iter().copied()), may, "{links:?}");
    }
    let nameless = Asked { named: None, ..ASKED };
    assert!(!nameless.may_wait(&limits, [].into_iter()));
}

#[test]
fn a_request_is_all_of_its_facts() {
    let made = Some(Made { binding: 1, bank: BANK });
    let asked = Asked { begun_by: Some(FOREIGN), fresh: false, consent: true, ..ASKED };
    let expected = Request {
        own: false,
        fresh: false,
        same_account: true,
        consent: true,
        account_matches: true,
        created_for: true,
        created_for_bank: true,
        may_wait: true,
    };
    assert_eq!(asked.request(&Limits::DEFAULT, made, [].into_iter()), expected);
}

//= BIND-059 live or matched, on this account, and another one
#[test]
fn a_link_is_the_last_if_no_other_one_keeps_its_account() {
    let cases = [
        (hung(2, FOREIGN, Some(HERS), State::Active), false),
        (hung(2, BANK, Some(HERS), State::Suspended), false),
        (hung(2, BANK, Some(HERS), State::AwaitingApproval), false),
        (hung(2, BANK, Some(HERS), State::Matched), false),
        (hung(2, BANK, Some(HERS), State::Ended), true),
        (hung(2, BANK, Some(HERS), State::Refused(Reason::Declined)), true),
        (hung(2, BANK, Some(OTHER), State::Active), true),
        (hung(2, BANK, None, State::Active), true),
        (hung(1, BANK, Some(HERS), State::Active), true),
    ];
    for (other, last) in cases {
        let links = [hung(3, BANK, Some(HERS), State::Ended), other];
        assert_eq!(is_last(1, Some(HERS), links.into_iter()), last, "{other:?}");
    }
    assert!(!is_last(1, None::<char>, core::iter::empty::<Hung>()));
}

//= BIND-057 of an account's links those that are live end with it
#[test]
fn a_live_link_ends_with_its_own_account() {
    assert!(hung(1, BANK, Some(HERS), State::Suspended).ends_with(HERS));
    assert!(!hung(1, BANK, Some(HERS), State::Matched).ends_with(HERS));
    assert!(!hung(1, BANK, Some(OTHER), State::Suspended).ends_with(HERS));
    assert!(!hung(1, BANK, None, State::Suspended).ends_with(HERS));
}

//= BIND-058 a spent code is not the current one
#[test]
fn a_code_is_taken_of_a_live_link_whose_code_is_not_spent() {
    let live = Link { state: State::AwaitingApproval, ..Link::ABSENT };
    assert!(live.takes_code());
    assert!(!Link { code_spent: true, ..live }.takes_code());
    assert!(!Link { state: State::Ended, ..live }.takes_code());
    assert!(!Link { state: State::Matched, ..live }.takes_code());
}
