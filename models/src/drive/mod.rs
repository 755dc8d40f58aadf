//! Carries out actions: derives the facts, calls the specification's step, writes the view back,
//! and turns orders into messages in flight. Nothing here decides about the protocol.

mod bank;
mod hands;
mod operation;
mod proofs;
mod wallet;

use bindproof::journal::{Decided, Event};
use bindproof::message::Reason;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::verdict::{Orders, Verdict};

use crate::action::{Action, Delivery, PathOf};
use crate::model::Protocol;
use crate::scope::Owner;
use crate::server::{Reply, Snapshot};
use crate::views::{LocalView, Seen};
use crate::world::{Actor, NONE, World};

/// Whose step fired, and which record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// A bank client's request.
    Client(u8),
    /// A binding.
    Binding(u8),
    /// An operation's debit.
    Debit(u8),
    /// A link.
    Link(u8),
    /// An operation.
    Operation(u8),
    /// A wallet client's operation.
    Asker(u8),
    /// A device of an account.
    Device(u8, u8),
    /// A lock.
    Lock,
}

/// The most steps that one action takes.
const STEPS_MAX: usize = 24;

/// Everything that fired in one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The rules that were applied, a bit each.
    applied: u128,
    /// The refusals that were given, a bit each.
    refused: u64,
    steps: [Option<(Record, Decided)>; STEPS_MAX],
    count: u8,
    /// The operation that was executed in this action, for a payment: sent for debit.
    pub executed: Option<u8>,
}

impl Fired {
    const NONE: Self =
        Self { applied: 0, refused: 0, steps: [None; STEPS_MAX], count: 0, executed: None };

    /// The steps in the order in which they fired.
    pub fn steps(&self) -> impl Iterator<Item = (Record, Decided)> + '_ {
        self.steps[..usize::from(self.count)].iter().flatten().copied()
    }

    /// Whether this rule was applied.
    pub fn applied(&self, rule: Rule) -> bool {
        self.applied & rule_bit(rule) != 0
    }

    /// Whether this refusal was given.
    pub fn refused(&self, refusal: Refusal) -> bool {
        self.refused & refusal_bit(refusal) != 0
    }

    fn note(&mut self, record: Record, tag: Decided) {
        // More steps than there is room for would be a mistake of the bound, not of the protocol.
        assert!(usize::from(self.count) < STEPS_MAX, "an action takes more than {STEPS_MAX} steps");
        self.steps[usize::from(self.count)] = Some((record, tag));
        self.count += 1;
        match tag {
            Decided::Applied(rule) => self.applied |= rule_bit(rule),
            Decided::Replayed(_) => {}
            Decided::Refused(refusal) => self.refused |= refusal_bit(refusal),
        }
    }
}

const fn rule_bit(rule: Rule) -> u128 {
    1 << rule as u32
}

const fn refusal_bit(refusal: Refusal) -> u64 {
    1 << refusal as u32
}

// A bit for each.
const _: () = assert!(Rule::ALL.len() <= 128 && Refusal::ALL.len() <= 64);

/// One action on its way through the world.
pub(crate) struct Drive<
    'a,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
> {
    model: &'a Protocol<B, O, A, D, S>,
    /// As it becomes. It stays where it is: moving it about cost as much as the steps do.
    world: &'a mut World<B, O, A, D, S>,
    fired: Fired,
    /// The answer of the server that decided, not yet sent.
    reply: Option<Reply>,
    /// What the deciding server saw, if it saw anything but the world as it is.
    seen: Option<Snapshot>,
    /// What the servers wrote into their journals, if anybody wants to know.
    journal: Option<Vec<(Event<Key>, Decided)>>,
    /// What each step saw, if anybody wants to know.
    views: Option<Vec<LocalView>>,
}

/// The key of a record in a journal of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A binding and its link.
    Binding(u8),
    /// An account.
    Account(u8),
    /// A device's record on an account.
    Device(u8, u8),
    /// An operation and its debit.
    Operation(u8),
    /// The lock of a path.
    Path(PathOf),
}

impl<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'a, B, O, A, D, S>
{
    pub(crate) fn new(
        model: &'a Protocol<B, O, A, D, S>,
        world: &'a mut World<B, O, A, D, S>,
    ) -> Self {
        Self {
            model,
            world,
            fired: Fired::NONE,
            reply: None,
            seen: None,
            journal: None,
            views: None,
        }
    }

    /// What fired.
    pub(crate) fn finish(self) -> Fired {
        self.fired
    }

    /// Keeps a journal from now on.
    pub(crate) fn keep_journal(&mut self) {
        self.journal = Some(Vec::new());
    }

    /// What was written into the journals.
    pub(crate) fn journal(&mut self) -> Vec<(Event<Key>, Decided)> {
        self.journal.take().unwrap_or_default()
    }

    /// Keeps what each step sees from now on.
    pub(crate) fn keep_views(&mut self) {
        self.views = Some(Vec::new());
    }

    /// What each step saw.
    pub(crate) fn views(&mut self) -> Vec<LocalView> {
        self.views.take().unwrap_or_default()
    }

    fn note_view(&mut self, decided: Decided, seen: impl FnOnce() -> Seen) {
        if let Some(views) = &mut self.views {
            views.push(LocalView { seen: seen(), decided });
        }
    }

    fn write_journal(&mut self, decided: Decided, event: impl FnOnce() -> Event<Key>) {
        if let Some(journal) = &mut self.journal {
            journal.push((event(), decided));
        }
    }

    /// Carries out `action`.
    pub(crate) fn act(&mut self, action: Action) {
        match action {
            Action::Ask(b) => self.client_asks(b),
            Action::Leave(b) => self.client_leaves(b),
            Action::Deliver { delivery, heard } => {
                self.deliver(delivery);
                self.send_reply(heard);
            }
            Action::Notice { binding, receipted } => self.notice(binding, receipted),
            Action::Block(b) => self.block(b, true),
            Action::Unblock(b) => self.block(b, false),
            Action::Reconcile(b) => self.reconcile(b),
            Action::BankDeadline(b) => self.bank_deadline(b),
            Action::ApprovalDeadline(b) => self.approval_deadline(b),
            Action::RenewCode(b) => self.renew_code(b),
            Action::Start(o) => self.start(o),
            Action::Request { operation, heard } => self.request(operation, heard),
            Action::Answer { operation, answer } => self.answer(operation, answer),
            Action::Execute(o) => self.execute(o),
            Action::OperationDeadline(o) => self.operation_deadline(o),
            Action::DebitRequest(o) => self.debit_request(o),
            Action::DebitAnswer { operation, accepted } => self.debit_answer(operation, accepted),
            Action::LockEnds(path) => self.lock_ends(path),
            Action::DayEnds => self.day_ends(),
            Action::SessionEnds { account, device } => self.session_ends(account, device),
            Action::DeviceAges { account, device } => self.device_ages(account, device),
            Action::AskOtherBody(b) => {
                self.ask(b, false);
                self.reply = None;
            }
            Action::Status { binding, own } => {
                self.ask_status(binding, own);
                self.reply = None;
            }
            Action::LeaveForeign(b) => {
                self.leave(b, false);
                self.reply = None;
            }
            Action::Hostile { binding, message, account } => {
                self.hostile(binding, message, account);
            }
            Action::HostileDebitAnswer { operation, accepted } => {
                self.hostile_debit_answer(operation, accepted);
            }
            Action::StartAnother(o) => self.start_another(o),
            Action::Take { slot, delivery } => self.take(slot, delivery),
            Action::Commit(slot) => self.commit(slot),
            Action::Reply { slot, heard } => self.reply_from(slot, heard),
            Action::Crash(slot) => self.crash(slot),
        }
    }

    /// A message reaches the server that it is for.
    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Ask(b) => self.ask(b, true),
            Delivery::Leave(b) => self.leave(b, true),
            Delivery::ToWallet { binding, message, fresh } => {
                let bank = self.model.scope.binding[usize::from(binding)].bank;
                let account = self.world.binding_account[usize::from(binding)];
                if !self.model.scope.faults.duplicates {
                    self.world.to_wallet[usize::from(binding)].sent &= !message.bit();
                }
                self.wallet_receives(bank, binding, message, account, fresh);
            }
            Delivery::ToBank { binding, answer } => self.bank_receives(binding, answer),
        }
    }

    /// Notes the tag of a verdict, writes its state through `write`, and gives back its orders.
    fn settle<State: Copy, Order: Copy>(
        &mut self,
        record: Record,
        verdict: Verdict<State, Order>,
        write: impl FnOnce(&mut Self, State),
    ) -> Orders<Order> {
        match verdict {
            Verdict::Apply(step) => {
                self.fired.note(record, Decided::Applied(step.rule));
                write(self, step.state);
                step.orders
            }
            Verdict::Replay(rule, orders) => {
                self.fired.note(record, Decided::Replayed(rule));
                orders
            }
            Verdict::Refuse(refusal) => {
                self.fired.note(record, Decided::Refused(refusal));
                Orders::none()
            }
        }
    }

    /// Who runs an operation.
    fn actor(&self, operation: usize) -> Actor {
        match self.model.scope.operation[operation].by {
            Owner::Holder => Actor::Holder,
            Owner::Attacker => Actor::Attacker,
        }
    }

    /// Keeps what the wallet answers until it is sent.
    fn note_answer(&mut self, binding: u8, answer: crate::network::ToBank) {
        self.reply = Some(Reply::ToBank(binding, answer));
    }
}

/// What the model panics with where it has no room for an account that comes to be.
pub const NO_ROOM: &str = "no room for another account";

/// An account reference as an index, if it is set.
pub fn index(reference: u8) -> Option<usize> {
    (reference != NONE).then_some(usize::from(reference))
}

/// A reference, if it is set.
fn reference(reference: u8) -> Option<u8> {
    (reference != NONE).then_some(reference)
}

/// The reasons that a registration can be refused for; the masks have a bit for each.
const _: () = assert!(Reason::ALL.len() == 5);
