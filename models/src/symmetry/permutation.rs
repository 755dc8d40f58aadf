//! One permutation of what a scope has, and what it makes of a world and of an action.

use crate::action::{Action, Delivery, PathOf};
use crate::capacity::LARGEST;
use crate::drive::Record;
use crate::network::ToBank;
use crate::server::{Reply, Slot, Snapshot};
use crate::world::{History, NONE, World};

/// Where each binding, operation, account, device and server instance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permutation {
    bindings: [u8; LARGEST[0]],
    operations: [u8; LARGEST[1]],
    accounts: [u8; LARGEST[2]],
    devices: [u8; LARGEST[3]],
    slots: [u8; LARGEST[4]],
}

/// Everything stays where it is.
const fn still<const N: usize>() -> [u8; N] {
    let mut places = [0; N];
    let mut at = 0;
    while at < N {
        places[at] = at as u8;
        at += 1;
    }
    places
}

/// Each value where it goes.
fn placed<T: Copy, const N: usize>(values: [T; N], to: impl Fn(usize) -> usize) -> [T; N] {
    let mut out = values;
    for (at, value) in values.into_iter().enumerate() {
        out[to(at)] = value;
    }
    out
}

/// A reference to where it went, if it is one.
fn followed(places: &[u8], reference: u8) -> u8 {
    places.get(usize::from(reference)).copied().unwrap_or(reference)
}

impl Permutation {
    /// Everything stays where it is.
    pub const IDENTITY: Self = Self {
        bindings: still(),
        operations: still(),
        accounts: still(),
        devices: still(),
        slots: still(),
    };

    /// The same, with things of one kind placed in another way; kinds in the order of [`LARGEST`].
    pub(super) fn placing(mut self, kind: usize, order: &[u8]) -> Self {
        let places: &mut [u8] = match kind {
            0 => &mut self.bindings,
            1 => &mut self.operations,
            2 => &mut self.accounts,
            3 => &mut self.devices,
            _ => &mut self.slots,
        };
        places[..order.len()].copy_from_slice(order);
        self
    }

    /// Where a binding goes.
    pub fn binding(&self, b: usize) -> usize {
        usize::from(self.bindings[b])
    }

    /// Where an operation goes.
    pub fn operation(&self, o: usize) -> usize {
        usize::from(self.operations[o])
    }

    /// Where an account goes.
    pub fn account(&self, a: usize) -> usize {
        usize::from(self.accounts[a])
    }

    /// Where a device goes.
    pub fn device(&self, d: usize) -> usize {
        usize::from(self.devices[d])
    }

    /// Where a server instance goes.
    pub fn slot(&self, s: usize) -> usize {
        usize::from(self.slots[s])
    }

    /// Accounts stay where they are.
    pub(super) fn keeps_accounts(&self) -> bool {
        self.accounts == Self::IDENTITY.accounts
    }

    /// Server instances stay where they are.
    pub(super) fn keeps_slots(&self) -> bool {
        self.slots == Self::IDENTITY.slots
    }

    /// First this one, then `next`.
    pub fn then(&self, next: &Self) -> Self {
        Self {
            bindings: self.bindings.map(|b| followed(&next.bindings, b)),
            operations: self.operations.map(|o| followed(&next.operations, o)),
            accounts: self.accounts.map(|a| followed(&next.accounts, a)),
            devices: self.devices.map(|d| followed(&next.devices, d)),
            slots: self.slots.map(|s| followed(&next.slots, s)),
        }
    }

    /// The world with everything where it goes. That every field is named here is what keeps one
    /// from being forgotten.
    pub fn apply<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        &self,
        world: &World<B, O, A, D, S>,
    ) -> World<B, O, A, D, S> {
        let World {
            clients,
            bindings,
            binding_account,
            debits,
            accounts,
            created_for,
            devices,
            links,
            link_account,
            operations,
            operation_account,
            askers,
            strangers,
            device_locks,
            code_locks,
            to_wallet,
            to_bank,
            notices,
            debit_mail,
            slots,
            history,
        } = *world;
        let b = |at| self.binding(at);
        let o = |at| self.operation(at);
        let a = |at| self.account(at);
        let d = |at| self.device(at);
        let account = |reference| followed(&self.accounts, reference);
        World {
            clients: placed(clients, b),
            bindings: placed(bindings, b),
            binding_account: placed(binding_account.map(account), b),
            debits: placed(debits, o),
            accounts: placed(accounts, a),
            created_for: placed(created_for.map(|b| followed(&self.bindings, b)), a),
            devices: placed(devices.map(|of_one| placed(of_one, d)), a),
            links: placed(links, b),
            link_account: placed(link_account.map(account), b),
            operations: placed(operations, o),
            operation_account: placed(operation_account.map(account), o),
            askers: placed(askers, o),
            strangers,
            device_locks: placed(device_locks, d),
            code_locks: placed(code_locks, b),
            to_wallet: placed(to_wallet, b),
            to_bank: placed(to_bank.map(|mask| self.answers(mask)), b),
            notices: placed(notices, b),
            debit_mail: placed(debit_mail, o),
            slots: placed(slots.map(|held| self.in_hands(held.slot()).into()), |at| self.slot(at)),
            history: self.noted(history),
        }
    }

    fn noted<const B: usize, const O: usize, const A: usize, const D: usize>(
        &self,
        history: History<B, O, A, D>,
    ) -> History<B, O, A, D> {
        let History {
            begun_on,
            activated_on,
            blocked,
            told_active,
            told_over,
            code_leaked,
            proved_by,
            shown,
            went_through,
            executions,
            reclaimed,
            sent_total,
            strangers,
            devices,
            codes,
        } = history;
        let b = |at| self.binding(at);
        let o = |at| self.operation(at);
        let account = |reference| followed(&self.accounts, reference);
        History {
            begun_on: placed(begun_on, b),
            activated_on: placed(activated_on.map(account), b),
            blocked: placed(blocked, b),
            told_active: placed(told_active, b),
            told_over: placed(told_over, b),
            code_leaked: placed(code_leaked, b),
            proved_by: placed(proved_by, o),
            shown: placed(shown, o),
            went_through: placed(went_through, o),
            executions: placed(executions, o),
            reclaimed: placed(reclaimed, |at| self.account(at)),
            sent_total,
            strangers,
            devices: placed(devices, |at| self.device(at)),
            codes: placed(codes, b),
        }
    }

    /// The answers in a mask, each about the account where it went.
    fn answers(&self, mask: u32) -> u32 {
        if self.keeps_accounts() {
            return mask;
        }
        ToBank::in_mask(mask).fold(0, |mask, answer| mask | self.answer(answer).bit())
    }

    fn answer(&self, answer: ToBank) -> ToBank {
        let account = |reference| followed(&self.accounts, reference);
        match answer {
            ToBank::Registered(a) => ToBank::Registered(account(a)),
            ToBank::Created(a) => ToBank::Created(account(a)),
            ToBank::Existing(a) => ToBank::Existing(account(a)),
            ToBank::Unregistered
            | ToBank::RegistrationRefused(_)
            | ToBank::Link(_)
            | ToBank::NotFound => answer,
        }
    }

    fn in_hands(&self, slot: Slot) -> Slot {
        match slot {
            Slot::Empty => Slot::Empty,
            Slot::Decided { delivery, seen, answered } => {
                let seen = match seen {
                    Snapshot::Bank(binding) => Snapshot::Bank(binding),
                    Snapshot::Wallet { link, account, matched } => {
                        let matched = followed(&self.accounts, matched);
                        Snapshot::Wallet { link, account, matched }
                    }
                };
                Slot::Decided { delivery: self.delivery(delivery), seen, answered }
            }
            Slot::Committed(Reply::ToBank(b, answer)) => {
                let b = followed(&self.bindings, b);
                Slot::Committed(Reply::ToBank(b, self.answer(answer)))
            }
            Slot::Committed(Reply::ToClient(b, told)) => {
                Slot::Committed(Reply::ToClient(followed(&self.bindings, b), told))
            }
        }
    }

    fn delivery(&self, delivery: Delivery) -> Delivery {
        let to = |b| followed(&self.bindings, b);
        match delivery {
            Delivery::Ask(b) => Delivery::Ask(to(b)),
            Delivery::Leave(b) => Delivery::Leave(to(b)),
            Delivery::ToWallet { binding, message, fresh } => {
                Delivery::ToWallet { binding: to(binding), message, fresh }
            }
            Delivery::ToBank { binding, answer } => {
                Delivery::ToBank { binding: to(binding), answer: self.answer(answer) }
            }
        }
    }

    /// The action on what went elsewhere.
    pub fn action(&self, action: Action) -> Action {
        let of_binding = |b| followed(&self.bindings, b);
        let of_operation = |o| followed(&self.operations, o);
        let of_account = |a| followed(&self.accounts, a);
        let of_device = |d| followed(&self.devices, d);
        let of_slot = |s| followed(&self.slots, s);
        match action {
            Action::Ask(b) => Action::Ask(of_binding(b)),
            Action::Leave(b) => Action::Leave(of_binding(b)),
            Action::Deliver { delivery, heard } => {
                Action::Deliver { delivery: self.delivery(delivery), heard }
            }
            Action::Notice { binding, receipted } => {
                Action::Notice { binding: of_binding(binding), receipted }
            }
            Action::Block(b) => Action::Block(of_binding(b)),
            Action::Unblock(b) => Action::Unblock(of_binding(b)),
            Action::Reconcile(b) => Action::Reconcile(of_binding(b)),
            Action::BankDeadline(b) => Action::BankDeadline(of_binding(b)),
            Action::ApprovalDeadline(b) => Action::ApprovalDeadline(of_binding(b)),
            Action::RenewCode(b) => Action::RenewCode(of_binding(b)),
            Action::Start(o) => Action::Start(of_operation(o)),
            Action::Request { operation, heard } => {
                Action::Request { operation: of_operation(operation), heard }
            }
            Action::Answer { operation, answer } => {
                Action::Answer { operation: of_operation(operation), answer }
            }
            Action::Execute(o) => Action::Execute(of_operation(o)),
            Action::OperationDeadline(o) => Action::OperationDeadline(of_operation(o)),
            Action::DebitRequest(o) => Action::DebitRequest(of_operation(o)),
            Action::DebitAnswer { operation, accepted } => {
                Action::DebitAnswer { operation: of_operation(operation), accepted }
            }
            Action::LockEnds(path) => Action::LockEnds(self.path(path)),
            Action::DayEnds => Action::DayEnds,
            Action::SessionEnds { account, device } => {
                Action::SessionEnds { account: of_account(account), device: of_device(device) }
            }
            Action::DeviceAges { account, device } => {
                Action::DeviceAges { account: of_account(account), device: of_device(device) }
            }
            Action::AskOtherBody(b) => Action::AskOtherBody(of_binding(b)),
            Action::Status { binding, own } => Action::Status { binding: of_binding(binding), own },
            Action::LeaveForeign(b) => Action::LeaveForeign(of_binding(b)),
            Action::Hostile { binding, message, account } => Action::Hostile {
                binding: of_binding(binding),
                message,
                account: of_account(account),
            },
            Action::HostileDebitAnswer { operation, accepted } => {
                Action::HostileDebitAnswer { operation: of_operation(operation), accepted }
            }
            Action::StartAnother(o) => Action::StartAnother(of_operation(o)),
            Action::Take { slot, delivery } => {
                Action::Take { slot: of_slot(slot), delivery: self.delivery(delivery) }
            }
            Action::Commit(slot) => Action::Commit(of_slot(slot)),
            Action::Reply { slot, heard } => Action::Reply { slot: of_slot(slot), heard },
            Action::Crash(slot) => Action::Crash(of_slot(slot)),
        }
    }

    fn path(&self, path: PathOf) -> PathOf {
        match path {
            PathOf::Strangers => PathOf::Strangers,
            PathOf::Device(d) => PathOf::Device(followed(&self.devices, d)),
            PathOf::Code(b) => PathOf::Code(followed(&self.bindings, b)),
        }
    }

    /// The record that went elsewhere.
    pub fn record(&self, record: Record) -> Record {
        match record {
            Record::Client(b) => Record::Client(followed(&self.bindings, b)),
            Record::Binding(b) => Record::Binding(followed(&self.bindings, b)),
            Record::Debit(o) => Record::Debit(followed(&self.operations, o)),
            Record::Link(b) => Record::Link(followed(&self.bindings, b)),
            Record::Operation(o) => Record::Operation(followed(&self.operations, o)),
            Record::Asker(o) => Record::Asker(followed(&self.operations, o)),
            Record::Device(a, d) => {
                Record::Device(followed(&self.accounts, a), followed(&self.devices, d))
            }
            Record::Lock => Record::Lock,
        }
    }
}

// A reference that is not set leads nowhere.
const _: () = assert!(NONE as usize > LARGEST[0] && NONE as usize > LARGEST[2]);
