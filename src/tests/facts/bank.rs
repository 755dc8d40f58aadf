//! Of a bank's bindings and debits.

use crate::bank::binding::{Outcome, State};
use crate::bank::facts::{Bound, is_as_before, is_instrument_free};

const CARD: char = 'c';
const OTHER: char = 'o';

fn bound(binding: u8, instrument: Option<char>, state: State) -> Bound<u8, char> {
    Bound { binding, instrument, state }
}

//= BIND-011 another binding that is not closed keeps the instrument
#[test]
fn an_instrument_is_free_unless_another_binding_holds_it() {
    let closed = State::Closed(Outcome::Cancelled);
    let ending = State::Ending(Outcome::Cancelled);
    let cases = [
        (bound(2, Some(CARD), State::Looking), Some(1), false),
        (bound(2, Some(CARD), State::Active), None, false),
        (bound(2, Some(CARD), ending), Some(1), false),
        (bound(2, Some(CARD), closed), Some(1), true),
        (bound(2, Some(OTHER), State::Active), Some(1), true),
        (bound(2, None, ending), Some(1), true),
        // The binding that is asked for again is not in its own way.
        (bound(1, Some(CARD), State::Active), Some(1), true),
    ];
    for (other, known, free) in cases {
        let nothing = bound(3, Some(OTHER), State::Active);
        let bindings = [nothing, other].into_iter();
        assert_eq!(is_instrument_free(CARD, known, bindings), free, "{other:?}, {known:?}");
    }
    assert!(is_instrument_free(CARD, None::<u8>, [].into_iter()));
}

//= BIND-024 a block reaches what holds the instrument, and nothing else
#[test]
fn a_binding_holds_its_own_instrument_until_it_is_closed() {
    assert!(bound(1, Some(CARD), State::Suspended).holds(CARD));
    assert!(!bound(1, Some(OTHER), State::Suspended).holds(CARD));
    assert!(!bound(1, None, State::Suspended).holds(CARD));
    assert!(!bound(1, Some(CARD), State::Absent).holds(CARD));
    assert!(!bound(1, Some(CARD), State::Closed(Outcome::Expired)).holds(CARD));
}

//= BIND-023 a key stands for the body that it came with first
//= BIND-098 an operation id stands for the debit that it came with first
#[test]
fn whatever_comes_first_is_what_a_key_stands_for() {
    assert!(is_as_before(Some(("card", 5)), ("card", 5)));
    assert!(!is_as_before(Some(("card", 5)), ("card", 6)));
    assert!(!is_as_before(Some(("card", 5)), ("other", 5)));
    assert!(is_as_before(None, ("card", 5)));
}

#[cfg(feature = "serde")]
#[test]
fn a_debit_is_refused_as_not_covered_only_while_its_binding_is_active() {
    use crate::wire::DebitReason;
    assert_eq!(DebitReason::of(State::Active), DebitReason::NotCovered);
    for state in [State::Suspended, State::Ending(Outcome::Expired), State::Absent] {
        assert_eq!(DebitReason::of(state), DebitReason::BindingNotActive, "{state:?}");
    }
}
