//! The world of one person: what the four parties remember, what is in flight between them, and
//! what an observer who sees everything has noted down.

use bindproof::bank::{binding::Binding, client, debit::Debit};
use bindproof::wallet::{
    account::Account, client as wallet_client, device::Device, link::Link, lock::Lock,
    operation::Operation,
};

use crate::packed::Held;
use crate::shown::Shown;

/// No account: the mark of a reference that is not set.
pub const NONE: u8 = u8::MAX;

/// Everything that a transition reads, in as many bindings, operations, accounts, devices and
/// server slots as the type has room for. Two worlds are equal exactly if no transition and no
/// property can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct World<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> {
    /// The bank client's memory of each request.
    pub clients: [client::State; BINDINGS],
    /// The bank server's bindings.
    pub bindings: [Binding; BINDINGS],
    /// The account that the wallet named for each binding; set once.
    pub binding_account: [u8; BINDINGS],
    /// The bank server's debits, one an operation.
    pub debits: [Debit; OPERATIONS],

    /// The wallet server's accounts that concern this person.
    pub accounts: [Account; ACCOUNTS],
    /// The binding for which each account was created; set once.
    pub created_for: [u8; ACCOUNTS],
    /// The wallet server's devices, by account.
    pub devices: [[Device; DEVICES]; ACCOUNTS],
    /// The wallet server's links.
    pub links: [Link; BINDINGS],
    /// The account that each link hangs on; set once.
    pub link_account: [u8; BINDINGS],
    /// The wallet server's operations.
    pub operations: [Operation; OPERATIONS],
    /// The account that each operation runs on; set when it is asked for.
    pub operation_account: [u8; OPERATIONS],
    /// The wallet client's memory of each operation.
    pub askers: [wallet_client::State; OPERATIONS],
    /// The lock of all who are not known.
    pub strangers: Lock,
    /// The locks of the known devices.
    pub device_locks: [Lock; DEVICES],
    /// The locks of the binding codes.
    pub code_locks: [Lock; BINDINGS],

    /// What each binding's bank has sent the wallet, and still owes it.
    pub to_wallet: [Mail; BINDINGS],
    /// What the wallet has answered about each binding.
    pub to_bank: [u32; BINDINGS],
    /// The wallet owes the bank a notice of where the link stands.
    pub notices: [bool; BINDINGS],
    /// The debit exchange of each operation.
    pub debit_mail: [DebitMail; OPERATIONS],
    /// What is in the hands of a server instance and would be lost in a crash.
    pub slots: [Held; SLOTS],

    /// What the observer noted.
    pub history: History<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES>,
}

/// Messages of a bank to the wallet about one binding, by [`crate::network::ToWallet::bit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mail {
    /// A copy may arrive at any time.
    pub sent: u8,
    /// The bank still retries.
    pub owed: u8,
}

/// The messages about one operation's debit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DebitMail {
    /// `DebitRequest`: a copy may arrive at any time.
    pub sent: bool,
    /// `DebitRequest`: the wallet still retries.
    pub owed: bool,
    /// `DebitAnswer`: accepted has been sent.
    pub accepted: bool,
    /// `DebitAnswer`: refused has been sent.
    pub refused: bool,
}

/// Who truly did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Nobody yet.
    Nobody,
    /// The person whose accounts and instruments these are.
    Holder,
    /// Somebody else.
    Attacker,
}

/// Whose authentication a request for a binding truly presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authentication {
    /// None of the instrument's holder.
    Nobodys,
    /// The holder's, which she made for another binding at that bank.
    OfAnother,
    /// The holder's, for this binding.
    OfThis,
}

/// Wrong answers that were truly given, by path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wrong {
    /// In a row.
    pub run: u8,
    /// Today.
    pub day: u8,
}

/// History variables: what an observer noted who sees everything. No step reads them; they are
/// kept outside the shipped types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
> {
    /// What the request truly presented on which the bank began each binding.
    pub begun_on: [Authentication; BINDINGS],
    /// The account, open at that moment, on which the wallet activated each link.
    pub activated_on: [u8; BINDINGS],
    /// The bank has truly decided that the binding is not to be used.
    pub blocked: [bool; BINDINGS],
    /// The client was told that the binding is active.
    pub told_active: [bool; BINDINGS],
    /// The client was told that the binding is over.
    pub told_over: [bool; BINDINGS],
    /// The attacker has seen the binding code when it was presented.
    pub code_leaked: [bool; BINDINGS],
    /// Who truly proved each operation.
    pub proved_by: [Actor; OPERATIONS],
    /// What was truly shown when each operation was proved.
    pub shown: [Shown; OPERATIONS],
    /// The bank was heard to stand by each payment.
    pub went_through: [bool; OPERATIONS],
    /// How many times each operation was executed.
    pub executions: [u8; OPERATIONS],
    /// The holder has truly proved her identity on each account.
    pub reclaimed: [bool; ACCOUNTS],
    /// What was sent for debit and not refused by the bank, in thousands of minor units.
    pub sent_total: u8,
    /// Wrong answers on the strangers' path.
    pub strangers: Wrong,
    /// Wrong answers by each known device.
    pub devices: [Wrong; DEVICES],
    /// Wrong answers under each binding code.
    pub codes: [Wrong; BINDINGS],
}

impl<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> World<BINDINGS, OPERATIONS, ACCOUNTS, DEVICES, SLOTS>
{
    /// The world in which nothing has happened.
    pub const EMPTY: Self = Self {
        clients: [client::State::Idle; BINDINGS],
        bindings: [Binding::ABSENT; BINDINGS],
        binding_account: [NONE; BINDINGS],
        debits: [Debit::Absent; OPERATIONS],
        accounts: [Account::Absent; ACCOUNTS],
        created_for: [NONE; ACCOUNTS],
        devices: [[Device::Unknown; DEVICES]; ACCOUNTS],
        links: [Link::ABSENT; BINDINGS],
        link_account: [NONE; BINDINGS],
        operations: [Operation::Absent; OPERATIONS],
        operation_account: [NONE; OPERATIONS],
        askers: [wallet_client::State::Idle; OPERATIONS],
        strangers: Lock::OPEN,
        device_locks: [Lock::OPEN; DEVICES],
        code_locks: [Lock::OPEN; BINDINGS],
        to_wallet: [Mail { sent: 0, owed: 0 }; BINDINGS],
        to_bank: [0; BINDINGS],
        notices: [false; BINDINGS],
        debit_mail: [DebitMail { sent: false, owed: false, accepted: false, refused: false };
            OPERATIONS],
        slots: [Held::EMPTY; SLOTS],
        history: History {
            begun_on: [Authentication::Nobodys; BINDINGS],
            activated_on: [NONE; BINDINGS],
            blocked: [false; BINDINGS],
            told_active: [false; BINDINGS],
            told_over: [false; BINDINGS],
            code_leaked: [false; BINDINGS],
            proved_by: [Actor::Nobody; OPERATIONS],
            shown: [Shown::Nothing; OPERATIONS],
            went_through: [false; OPERATIONS],
            executions: [0; OPERATIONS],
            reclaimed: [false; ACCOUNTS],
            sent_total: 0,
            strangers: Wrong { run: 0, day: 0 },
            devices: [Wrong { run: 0, day: 0 }; DEVICES],
            codes: [Wrong { run: 0, day: 0 }; BINDINGS],
        },
    };
}
