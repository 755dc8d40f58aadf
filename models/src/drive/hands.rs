//! Server instances that work step by step: take a message, decide on what they see, commit,
//! answer; and that may crash in between.

use bindproof::control::{Control, Controls};

use super::{Drive, index};
use crate::action::Delivery;
use crate::packed::Held;
use crate::server::{Slot, Snapshot};
use crate::world::NONE;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'_, B, O, A, D, S>
{
    /// The instance looks at the records that the message is about.
    pub(super) fn take(&mut self, slot: u8, delivery: Delivery) {
        let seen = self.look(delivery);
        self.world.slots[usize::from(slot)] =
            Slot::Decided { delivery, seen, answered: false }.into();
    }

    fn look(&self, delivery: Delivery) -> Snapshot {
        match delivery {
            Delivery::Ask(b) | Delivery::Leave(b) | Delivery::ToBank { binding: b, .. } => {
                Snapshot::Bank(self.world.bindings[usize::from(b)])
            }
            Delivery::ToWallet { binding: b, .. } => {
                let at = usize::from(b);
                let matched = self.matched();
                let account = match index(self.world.link_account[at]) {
                    Some(a) => self.world.accounts[a],
                    None => matched.account,
                };
                Snapshot::Wallet {
                    link: self.world.links[at],
                    account,
                    matched: matched.key.unwrap_or(NONE),
                }
            }
        }
    }

    /// The instance writes its decision, if what it decided on is still there; otherwise it lets
    /// go of the message, which its sender will repeat.
    pub(super) fn commit(&mut self, slot: u8) {
        let at = usize::from(slot);
        let Slot::Decided { delivery, seen, answered } = self.world.slots[at].slot() else {
            return;
        };
        self.world.slots[at] = Held::EMPTY;
        if self.look(delivery) != seen && self.model.controls.on(Control::GuardedWrite) {
            return;
        }
        self.seen = Some(seen);
        self.deliver(delivery);
        self.seen = None;
        if let Some(reply) = self.reply.take().filter(|_| !answered) {
            self.world.slots[at] = Slot::Committed(reply).into();
        }
    }

    /// The instance answers: after its commit, or, if that control is off, before it.
    pub(super) fn reply_from(&mut self, slot: u8, heard: bool) {
        let at = usize::from(slot);
        match self.world.slots[at].slot() {
            Slot::Committed(reply) => {
                self.world.slots[at] = Held::EMPTY;
                self.reply = Some(reply);
                self.send_reply(heard);
            }
            Slot::Decided { delivery, seen, .. } => {
                let mut world = *self.world;
                let mut ahead = Drive::new(self.model, &mut world);
                ahead.seen = Some(seen);
                ahead.deliver(delivery);
                self.reply = ahead.reply;
                self.send_reply(heard);
                self.world.slots[at] = Slot::Decided { delivery, seen, answered: true }.into();
            }
            Slot::Empty => {}
        }
    }

    /// What was only in the instance's hands is gone.
    pub(super) fn crash(&mut self, slot: u8) {
        self.world.slots[usize::from(slot)] = Held::EMPTY;
    }
}
