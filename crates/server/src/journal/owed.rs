//! What the decisions of a journal say is to be sent, and what still is.

use std::collections::BTreeMap;

use bindproof::bank::binding::Order as BankOrder;
use bindproof::journal::{Event, Records as _};
use bindproof::message::LinkStatus;
use bindproof::wallet::link::Order as LinkOrder;
use bindproof::wallet::operation::Order as OperationOrder;

use super::{Ordered, Records};
use crate::key::Key;
use crate::store::Slot;

/// What is owed by the decisions so far. One-time codes are not counted: a journal does not name
/// their challenges.
#[derive(Clone, Debug, Default)]
pub struct Owing {
    /// How many letters the decisions have ordered.
    pub ordered: u64,
    /// How many of them had their place taken by a later one.
    pub replaced: u64,
    /// How many were answered by a decision.
    pub answered: u64,
    /// Those that no decision has answered; of a notice, what it says. A notice is receipted
    /// without a decision.
    pub open: BTreeMap<(Slot, Key), Option<LinkStatus>>,
}

/// What a decision does to a slot.
#[derive(Clone, Copy, Debug)]
enum Effect {
    /// A letter lies in it from now on.
    Owe(Slot),
    /// It is empty from now on.
    Settle(Slot),
}

impl Owing {
    /// Carries out what was ordered on an event, on the records that its decision has left behind.
    pub(super) fn follow(&mut self, event: Event<Key>, ordered: &[Ordered], records: &Records) {
        let (Event::Binding { id, .. } | Event::Link { id, .. } | Event::Operation { id, .. }) =
            event
        else {
            return;
        };
        for effect in ordered.iter().filter_map(|order| effect(*order)) {
            match effect {
                Effect::Owe(slot) => {
                    let said = || records.link(id).status().unwrap_or(LinkStatus::Ended);
                    let said = (slot == Slot::Notice).then(said);
                    self.ordered += 1;
                    let before = self.open.insert((slot, id), said);
                    self.replaced += u64::from(before.is_some());
                }
                Effect::Settle(slot) => {
                    let before = self.open.remove(&(slot, id));
                    self.answered += u64::from(before.is_some());
                }
            }
        }
    }
}

const fn effect(ordered: Ordered) -> Option<Effect> {
    match ordered {
        Ordered::Binding(order) => match order {
            BankOrder::SendAccountQuery
            | BankOrder::SendAccountRegistration
            | BankOrder::SendLinkRequest
            | BankOrder::SendLinkSuspend(_)
            | BankOrder::SendLinkResume(_)
            | BankOrder::SendLinkEnd => Some(Effect::Owe(Slot::ToWallet)),
            BankOrder::StopSending => Some(Effect::Settle(Slot::ToWallet)),
            BankOrder::ArmDeadline(_) | BankOrder::TellOutcome | BankOrder::Receipt => None,
        },
        Ordered::Link(LinkOrder::OweNotice) => Some(Effect::Owe(Slot::Notice)),
        Ordered::Operation(OperationOrder::SendDebitRequest) => Some(Effect::Owe(Slot::Debit)),
        Ordered::Operation(OperationOrder::StopDebitRequest) => Some(Effect::Settle(Slot::Debit)),
        Ordered::Link(_) | Ordered::Operation(_) => None,
    }
}
