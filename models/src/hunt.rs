//! Which guards a single step shows: those without which it would decide, order or write something
//! else on the same records and the same input.

use bindproof::bank::{binding, debit};
use bindproof::control::Control;
use bindproof::journal::Decided;
use bindproof::verdict::Verdict;
use bindproof::wallet::operation::Terms;
use bindproof::wallet::{link, operation};

use crate::model::Without;
use crate::views::Seen;

/// The controls whose loss shows in a step on what was `seen`.
pub fn shown(terms: Terms<'_>, seen: &Seen) -> Vec<Control> {
    let differs = |control: &&Control| differs(terms, seen, Without::these(&[**control]));
    Control::ALL.iter().filter(differs).copied().collect()
}

/// What a step on what was `seen` decides without a control; none if no control stands in it.
pub fn decides(terms: Terms<'_>, seen: &Seen, control: Control) -> Option<Decided> {
    let without = Without::these(&[control]);
    Some(match *seen {
        Seen::Binding(state, input) => Decided::of(&binding::step_with(without, state, input)),
        Seen::Debit(state, input) => Decided::of(&debit::step_with(without, state, input)),
        Seen::Link(view, input) => Decided::of(&link::step_with(without, view, input)),
        Seen::Operation(view, input) => {
            Decided::of(&operation::step_with(without, terms, view, input))
        }
        Seen::BankClient(..) | Seen::Device(..) | Seen::Lock(..) | Seen::WalletClient(..) => {
            return None;
        }
    })
}

/// Whether a step without these controls differs from the protocol's own.
pub fn differs(terms: Terms<'_>, seen: &Seen, without: Without) -> bool {
    match *seen {
        Seen::Binding(state, input) => {
            other(binding::step(state, input), binding::step_with(without, state, input))
        }
        Seen::Debit(state, input) => {
            other(debit::step(state, input), debit::step_with(without, state, input))
        }
        Seen::Link(view, input) => {
            other(link::step(view, input), link::step_with(without, view, input))
        }
        Seen::Operation(view, input) => {
            let own = operation::step(terms, view, input);
            other(own, operation::step_with(without, terms, view, input))
        }
        // No control stands in a step of these.
        Seen::BankClient(..) | Seen::Device(..) | Seen::Lock(..) | Seen::WalletClient(..) => false,
    }
}

fn other<S: PartialEq, O: PartialEq>(own: Verdict<S, O>, without: Verdict<S, O>) -> bool {
    own != without
}
