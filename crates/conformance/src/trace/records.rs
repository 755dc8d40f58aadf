//! The records of one person at one server, as far as her journal has been looked at.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::bank::binding::Binding;
use bindproof::bank::debit::Debit;
use bindproof::control::AllOn;
use bindproof::policy::Environment;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind as OperationKind;
use bindproof::wallet::link::Link;
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::Operation;

use bindproof::wallet::person::{Matched, matched};

use super::line::{Instrument, Touch, Touched};
use super::payments::Payments;
use crate::key::Key;

mod among;

pub use among::Bank;

/// The kinds of records that steps write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A bank's binding.
    Binding,
    /// A bank's debit.
    Debit,
    /// A wallet's link.
    Link,
    /// A wallet's account.
    Account,
    /// A device of an account.
    Device,
    /// A wallet's operation.
    Operation,
    /// The lock of a path.
    Lock,
}

impl Kind {
    /// Its name in journals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::Debit => "debit",
            Self::Link => "link",
            Self::Account => "account",
            Self::Device => "device",
            Self::Operation => "operation",
            Self::Lock => "lock",
        }
    }
}

/// The state of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Of a binding.
    Binding(Binding),
    /// Of a debit.
    Debit(Debit),
    /// Of a link.
    Link(Link),
    /// Of an account.
    Account(Account),
    /// Of a device.
    Device(Device),
    /// Of an operation.
    Operation(Operation),
    /// Of a lock.
    Lock(Lock),
}

/// A record as a line says it was written; none for an instrument, which no step writes.
pub const fn written(touched: &Touched<Key>) -> Option<(Kind, Key, u64, State)> {
    Some(match touched {
        Touched::Binding(t) => (Kind::Binding, t.key, t.version, State::Binding(t.state)),
        Touched::Debit(t) => (Kind::Debit, t.key, t.version, State::Debit(t.state)),
        Touched::Link(t) => (Kind::Link, t.key, t.version, State::Link(t.state)),
        Touched::Account(t) => (Kind::Account, t.key, t.version, State::Account(t.state)),
        Touched::Device(t) => (Kind::Device, t.key, t.version, State::Device(t.state)),
        Touched::Operation(t) => (Kind::Operation, t.key, t.version, State::Operation(t.state)),
        Touched::Lock(t) => (Kind::Lock, t.key, t.version, State::Lock(t.state)),
        Touched::Instrument(_) => return None,
    })
}

/// A record and how often it was written.
#[derive(Clone, Copy, Debug)]
struct Slot {
    state: State,
    version: u64,
    /// The transaction in which it was written last.
    transaction: u64,
}

/// What is known of a binding beside its state.
#[derive(Clone, Copy, Debug, Default)]
pub struct BindingRefs {
    /// What the request asked that began it.
    pub content: Option<Key>,
    /// Its instrument.
    pub instrument: Option<Key>,
    /// The account that the wallet named; set once.
    pub account: Option<Key>,
    /// When its deadline passes.
    pub due_ms: Option<i64>,
}

/// What is known of a debit beside its state.
#[derive(Clone, Copy, Debug)]
pub struct DebitRefs {
    /// The binding.
    pub binding: Option<Key>,
    /// The sum.
    pub amount_minor: Option<u64>,
}

/// What is known of a link beside its state.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkRefs {
    /// The number of the name of the bank whose binding it is.
    pub bank: Option<u16>,
    /// The account that it hangs on; set once.
    pub account: Option<Key>,
    /// The account, open at that moment, on which it became active.
    pub activated_on: Option<Key>,
    /// When its deadline passes.
    pub due_ms: Option<i64>,
}

/// For whose sake an account was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountRefs {
    /// The binding; set once.
    pub created_for: Option<Key>,
    /// The number of the name of that binding's bank.
    pub bank: Option<u16>,
}

/// Whose device it is.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRefs {
    /// The account.
    pub account: Key,
    /// The key.
    pub device: Option<Key>,
    /// Since when it is trusted.
    pub trusted_ms: Option<i64>,
}

/// What is known of an operation beside its state.
#[derive(Clone, Copy, Debug)]
pub struct OperationRefs {
    /// What it is.
    pub kind: OperationKind,
    /// The account that it runs on.
    pub account: Option<Key>,
    /// The device's key.
    pub device: Option<Key>,
    /// What the request asked that began it.
    pub content: Option<Key>,
    /// That key signed the request.
    pub signed: bool,
    /// What the client claimed about its environment.
    pub environment: Option<Environment>,
    /// The binding that it names.
    pub binding: Option<Key>,
    /// The device's key that it revokes.
    pub revoked_device: Option<Key>,
    /// The sum that it pays, in minor units.
    pub amount_minor: u64,
    /// When its debit was asked for.
    pub debited_ms: Option<i64>,
    /// How often it was executed.
    pub executions: u8,
    /// When its deadline passes.
    pub due_ms: Option<i64>,
}

/// What an observer counts on a path beside its lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct LockRefs {
    /// Wrong answers in a row.
    pub run: u8,
    /// Wrong answers in a day.
    pub day: u8,
    /// When its lock ends.
    pub due_ms: Option<i64>,
}

/// The records of one person. Beside them stand the few that a fact has to walk over: what is over
/// is not among those, so that a long past costs nothing.
#[derive(Debug, Default)]
pub struct Records {
    /// The journal was looked at from its beginning, so that what is not here is nowhere.
    pub whole: bool,
    slots: BTreeMap<(Kind, Key), Slot>,
    /// Beside the bindings.
    pub bindings: BTreeMap<Key, BindingRefs>,
    /// Beside the debits.
    pub debits: BTreeMap<Key, DebitRefs>,
    /// Beside the links.
    pub links: BTreeMap<Key, LinkRefs>,
    /// Beside the accounts.
    pub accounts: BTreeMap<Key, AccountRefs>,
    /// Beside the devices.
    pub devices: BTreeMap<Key, DeviceRefs>,
    /// The record of a device's key on an account.
    pub device_of: BTreeMap<(Key, Key), Key>,
    /// Beside the operations.
    pub operations: BTreeMap<Key, OperationRefs>,
    /// Beside the locks.
    pub locks: BTreeMap<Key, LockRefs>,
    /// Which instruments are blocked.
    pub blocked: BTreeSet<Key>,
    /// When each deadline passes that is armed, the earliest first.
    due: BTreeSet<(i64, Kind, Key)>,
    /// How often each instrument was written, and in which transaction last.
    instruments: BTreeMap<Key, (u64, u64)>,
    /// Operations that are not over.
    pub live: BTreeSet<Key>,
    /// Accounts that are open.
    pub open_accounts: BTreeSet<Key>,
    /// Accounts that were opened in the transaction that is not committed yet.
    pub made: Vec<Key>,
    /// An account of hers has closed.
    closed_account: Option<Key>,
    /// Which payments were executed through which binding.
    executed: BTreeSet<(Key, Key)>,
    /// Payments that count towards the total of an account: when they were sent, how much they are,
    /// and which operation it is.
    payments: BTreeMap<Key, Payments>,
    /// How long a payment counts.
    pub window_ms: i64,
    holding: BTreeSet<(Key, Key)>,
    hanging: BTreeSet<(Key, Key)>,
    trusted: BTreeSet<(Key, Key)>,
    /// Devices that are trusted, and nobody knows yet on which account.
    unowned: BTreeSet<Key>,
    /// The key of the strangers' path.
    pub strangers: Option<Key>,
}

macro_rules! reads {
    ($($read:ident $kind:ident: $state:ty = $absent:expr;)+) => { $(
        #[doc = concat!("The ", stringify!($read), "; what is nowhere is the empty one.")]
        pub fn $read(&self, key: Key) -> $state {
            match self.slots.get(&(Kind::$kind, key)) {
                Some(Slot { state: State::$kind(state), .. }) => *state,
                _ => $absent,
            }
        }
    )+ };
}

/// The keys that stand second behind `first`.
fn behind(set: &BTreeSet<(Key, Key)>, first: Key) -> impl Iterator<Item = Key> + '_ {
    let (least, most) = (Key::from_bytes([0; 16]), Key::from_bytes([u8::MAX; 16]));
    set.range((first, least)..=(first, most)).map(|(_, second)| *second)
}

impl Records {
    reads! {
        binding Binding: Binding = Binding::ABSENT;
        debit Debit: Debit = Debit::Absent;
        link Link: Link = Link::ABSENT;
        account Account: Account = Account::Absent;
        device Device: Device = Device::Unknown;
        operation Operation: Operation = Operation::Absent;
        lock Lock: Lock = Lock::OPEN;
    }

    /// No records yet; payments count so long.
    pub fn new(window_ms: i64) -> Self {
        Self { window_ms, ..Self::default() }
    }

    /// Whether it is known what this record is.
    pub fn knows(&self, kind: Kind, key: Key) -> bool {
        self.whole || self.slots.contains_key(&(kind, key))
    }

    /// Whether this record was ever written.
    pub fn has(&self, kind: Kind, key: Key) -> bool {
        self.slots.contains_key(&(kind, key))
    }

    /// The version that a record has to have if it is written in this transaction; none if any
    /// will do, as nothing is known of it.
    pub fn next_version(&self, kind: Kind, key: Key, transaction: u64) -> Option<u64> {
        match self.slots.get(&(kind, key)) {
            Some(slot) if slot.transaction == transaction => Some(slot.version),
            Some(slot) => Some(slot.version + 1),
            None => self.whole.then_some(1),
        }
    }

    /// A record's deadline passes then, or it has none; it had this one before.
    pub fn arm(&mut self, kind: Kind, key: Key, before_ms: Option<i64>, due_ms: Option<i64>) {
        if let Some(before_ms) = before_ms {
            self.due.remove(&(before_ms, kind, key));
        }
        self.due.extend(due_ms.map(|due_ms| (due_ms, kind, key)));
    }

    /// When the first of all deadlines passes that are armed.
    pub fn first_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, ..)| *due_ms)
    }

    /// When the deadline of a record passes, if one is armed.
    pub fn due_ms(&self, kind: Kind, key: Key) -> Option<i64> {
        match kind {
            Kind::Binding => self.bindings.get(&key)?.due_ms,
            Kind::Link => self.links.get(&key)?.due_ms,
            Kind::Operation => self.operations.get(&key)?.due_ms,
            Kind::Lock => self.locks.get(&key)?.due_ms,
            Kind::Debit | Kind::Account | Kind::Device => None,
        }
    }

    /// Notes what a bank says of an instrument.
    ///
    /// # Errors
    /// The version that it has to have, if it has another one.
    pub fn instrument(&mut self, touch: &Touch<Key, Instrument>, now: u64) -> Result<(), u64> {
        let next = match self.instruments.get(&touch.key) {
            Some((version, transaction)) if *transaction == now => Some(*version),
            Some((version, _)) => Some(version + 1),
            None => self.whole.then_some(1),
        };
        if let Some(next) = next.filter(|next| *next != touch.version) {
            return Err(next);
        }
        self.instruments.insert(touch.key, (touch.version, now));
        match touch.state.blocked {
            true => self.blocked.insert(touch.key),
            false => self.blocked.remove(&touch.key),
        };
        Ok(())
    }

    /// Writes a record. What is beside it has to be there already.
    pub fn write(&mut self, kind: Kind, key: Key, state: State, version: u64, transaction: u64) {
        match state {
            State::Binding(binding) => self.hold(key, binding),
            State::Link(link) => self.hang(key, link),
            State::Account(account) => self.open(key, account),
            State::Device(device) => self.trust(key, device),
            State::Operation(operation) => self.pay(key, operation),
            State::Debit(_) | State::Lock(_) => {}
        }
        self.slots.insert((kind, key), Slot { state, version, transaction });
    }

    fn hold(&mut self, key: Key, binding: Binding) {
        let Some(instrument) = self.bindings.get(&key).and_then(|refs| refs.instrument) else {
            return;
        };
        if binding.state.holds_instrument() {
            self.holding.insert((instrument, key));
        } else {
            self.holding.remove(&(instrument, key));
        }
    }

    fn hang(&mut self, key: Key, link: Link) {
        let Some(account) = self.links.get(&key).and_then(|refs| refs.account) else { return };
        if link.state.is_over() {
            self.hanging.remove(&(account, key));
        } else {
            self.hanging.insert((account, key));
        }
    }

    fn open(&mut self, key: Key, account: Account) {
        if account.is_open() {
            if self.open_accounts.insert(key) {
                self.made.push(key);
            }
        } else if self.open_accounts.remove(&key) || account == Account::Closed {
            self.closed_account = Some(key);
        }
    }

    fn trust(&mut self, key: Key, device: Device) {
        let Some(refs) = self.devices.get(&key) else {
            match device.is_trusted() {
                true => self.unowned.insert(key),
                false => self.unowned.remove(&key),
            };
            return;
        };
        if device.is_trusted() {
            self.trusted.insert((refs.account, key));
        } else {
            self.trusted.remove(&(refs.account, key));
        }
    }

    /// This record is that of a device's key on an account. One that was there before the journal
    /// began shows whose it is when an operation first runs on it.
    pub fn own(&mut self, record: Key, account: Key, device: Option<Key>) {
        let refs = DeviceRefs { account, device, trusted_ms: None };
        self.devices.entry(record).or_insert(refs);
        self.unowned.remove(&record);
        self.trust(record, self.device(record));
        if let Some(device) = device {
            self.device_of.entry((account, device)).or_insert(record);
        }
    }

    fn pay(&mut self, key: Key, operation: Operation) {
        if operation.is_over() {
            self.live.remove(&key);
        } else {
            self.live.insert(key);
        }
        let before = self.operation(key);
        let Some(refs) = self.operations.get(&key) else { return };
        let (Some(account), OperationKind::Pay) = (refs.account, refs.kind) else { return };
        let counts = |operation: Operation| operation.counts_towards_total(AllOn);
        let payments = self.payments.entry(account).or_default();
        match (counts(before), counts(operation)) {
            (false, true) => {
                let sent_ms = refs.debited_ms.unwrap_or(i64::MAX);
                payments.forget(sent_ms.saturating_sub(self.window_ms));
                payments.add(sent_ms, refs.amount_minor, key);
            }
            (true, false) => payments.take_back(key),
            _ => {}
        }
        if let (Some(binding), Operation::Executed) = (refs.binding, operation)
            && before != Operation::Executed
        {
            self.executed.insert((binding, key));
        }
    }

    /// The account that is the person's.
    pub fn matched(&self) -> Matched<Key> {
        let open = self.open_accounts.iter().chain(&self.closed_account);
        matched(AllOn, open.map(|key| (*key, self.account(*key))))
    }

    /// The bindings that hold an instrument.
    pub fn holders(&self, instrument: Key) -> impl Iterator<Item = Key> + '_ {
        behind(&self.holding, instrument)
    }

    /// The links that hang on an account and are not over.
    pub fn links_on(&self, account: Key) -> impl Iterator<Item = Key> + '_ {
        behind(&self.hanging, account)
    }

    /// The devices that are trusted on an account. One of which nobody knows yet where is on the
    /// only account that there has been, if nothing is missing.
    pub fn trusted_on(&self, account: Key) -> impl Iterator<Item = Key> + '_ {
        let (least, most) = (Key::from_bytes([0; 16]), Key::from_bytes([u8::MAX; 16]));
        let accounts = self.slots.range((Kind::Account, least)..=(Kind::Account, most));
        let mut accounts = accounts.map(|((_, key), _)| *key).take(2);
        let only = accounts.next() == Some(account) && accounts.next().is_none();
        let unowned = self.unowned.iter().copied().filter(move |_| self.whole && only);
        behind(&self.trusted, account).chain(unowned)
    }
}
