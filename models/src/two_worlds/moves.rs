//! Which moves are made in both worlds, and which are hidden in the one with the account.

use bindproof::bank::client::State as Client;
use bindproof::rule::Rule;
use bindproof::wallet::client::State as Asker;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::lock::Closed;
use bindproof::wallet::operation::Operation;

use serde::{Deserialize, Serialize};

use super::{TwoWorlds, Worlds};
use crate::action::{Action, Answer, Delivery, PathOf};
use crate::possible;
use crate::scope::Owner;

/// One thing that can happen in a pair of worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// The stranger's, or of time that he sees pass: in both worlds.
    Both(Action),
    /// What he does not see: in the world with the account only.
    Hidden(Action),
}

impl Move {
    /// What is done.
    pub const fn action(self) -> Action {
        match self {
            Self::Both(action) | Self::Hidden(action) => action,
        }
    }
}

/// A run of a pair of worlds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PairRun {
    /// The kind of the stranger's operation.
    pub kind: Kind,
    /// What happens, in order.
    pub moves: Vec<Move>,
}

/// Appends every move that is possible in `pair`, in a fixed order. What the stranger can do
/// depends on what he has been told alone: it is read from the quiet world.
pub(super) fn possible(model: &TwoWorlds, pair: &Worlds, moves: &mut Vec<Move>) {
    let mut both = Vec::new();
    for o in model.strangers() {
        in_the_wallet_client(model, pair, o, &mut both);
    }
    for b in 0..model.with.scope.binding.len() {
        in_the_bank_client(model, pair, b, &mut both);
    }
    let mut with = Vec::new();
    possible::possible(&model.with, &pair.with, &mut with);
    if model.with.scope.faults.time {
        if pair.without.strangers.closed == Closed::ForRun {
            both.push(Action::LockEnds(PathOf::Strangers));
        }
        // The day ends for everybody; the model lets it end where something was counted.
        if pair.without.strangers.day > 0 || with.contains(&Action::DayEnds) {
            both.push(Action::DayEnds);
        }
    }
    moves.extend(both.into_iter().map(Move::Both));
    let hidden = with.into_iter().filter(|action| is_hidden(model, pair, *action));
    moves.extend(hidden.map(Move::Hidden));
}

/// The stranger in the wallet client: he starts on the person's identifier, asks and asks again,
/// answers in vain, lets the time run out, starts again.
fn in_the_wallet_client(model: &TwoWorlds, pair: &Worlds, o: usize, both: &mut Vec<Action>) {
    let operation = o as u8;
    match pair.without.askers[o] {
        Asker::Idle => both.push(Action::Start(operation)),
        asker => {
            both.push(Action::Request { operation, heard: true });
            if asker == Asker::Answering {
                for answer in [Answer::Best, Answer::Wrong] {
                    both.push(Action::Answer { operation, answer });
                }
            }
        }
    }
    match pair.without.operations[o] {
        Operation::Challenged { .. } => both.push(Action::OperationDeadline(operation)),
        state if state.is_over() && model.with.scope.operation[o].again => {
            both.push(Action::StartAnother(operation));
        }
        _ => {}
    }
}

/// The stranger in the bank client: he asks in the holder's name, gives up, and pries into her
/// bindings. What he can do to a binding of hers does not depend on whether there is one.
fn in_the_bank_client(model: &TwoWorlds, pair: &Worlds, b: usize, both: &mut Vec<Action>) {
    let binding = b as u8;
    let pries = model.strangers().next().is_none();
    if model.with.scope.binding[b].asked_by == Owner::Holder {
        if pries {
            both.push(Action::Status { binding, own: false });
            both.push(Action::LeaveForeign(binding));
        }
        return;
    }
    let deliver = |delivery| Action::Deliver { delivery, heard: true };
    match pair.without.clients[b] {
        Client::Idle => both.push(Action::Ask(binding)),
        client => {
            both.push(deliver(Delivery::Ask(binding)));
            both.push(Action::Status { binding, own: true });
            both.push(match client {
                Client::Leaving => deliver(Delivery::Leave(binding)),
                _ => Action::Leave(binding),
            });
        }
    }
}

/// Whether `action` happens unseen: it is neither the stranger's nor of time that he sees pass.
fn is_hidden(model: &TwoWorlds, pair: &Worlds, action: Action) -> bool {
    let scope = &model.with.scope;
    let holders_operation = |o: u8| scope.operation[usize::from(o)].by == Owner::Holder;
    let holders_binding = |b: u8| scope.binding[usize::from(b)].asked_by == Owner::Holder;
    match action {
        Action::DayEnds | Action::LockEnds(PathOf::Strangers) => false,
        Action::LockEnds(_) | Action::SessionEnds { .. } | Action::DeviceAges { .. } => true,
        Action::Answer { operation, .. } => {
            holders_operation(operation) && !counts_among_strangers(model, pair, action)
        }
        Action::Start(o)
        | Action::Request { operation: o, .. }
        | Action::Execute(o)
        | Action::OperationDeadline(o)
        | Action::DebitRequest(o)
        | Action::DebitAnswer { operation: o, .. } => holders_operation(o),
        Action::Ask(b)
        | Action::Leave(b)
        | Action::Notice { binding: b, .. }
        | Action::Block(b)
        | Action::Unblock(b)
        | Action::Reconcile(b)
        | Action::BankDeadline(b)
        | Action::ApprovalDeadline(b)
        | Action::RenewCode(b)
        | Action::Deliver {
            delivery:
                Delivery::Ask(b)
                | Delivery::Leave(b)
                | Delivery::ToWallet { binding: b, .. }
                | Delivery::ToBank { binding: b, .. },
            ..
        } => holders_binding(b),
        // An answer to a query that changes nothing; and what no variant has.
        _ => false,
    }
}

/// The holder's own wrong answer that truly belongs to the strangers' path: on it she is one of
/// them, so that her mistake is one of theirs, which both worlds have.
fn counts_among_strangers(model: &TwoWorlds, pair: &Worlds, action: Action) -> bool {
    let (after, fired) = model.with.fire(&pair.with, action);
    let wrong = fired.applied(Rule::AnsweredWrong) || fired.applied(Rule::AnsweredTooOften);
    wrong && after.history.strangers != pair.with.history.strangers
}
