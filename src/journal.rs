//! One entry of a server's journal, and [`replay`]: a journal is right if the steps, run again on
//! the same inputs, decide the same.
//!
//! A journal holds facts, decisions and keys; no personal data and no secret is ever in it. Keys
//! are whatever the server names its records with; the replay only compares them.

use thiserror::Error;

use crate::bank::binding::{self, Binding};
use crate::bank::debit::{self, Debit};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;
use crate::wallet::device::{self, Device};
use crate::wallet::link::{self, Link};
use crate::wallet::lock::{self, Lock};
use crate::wallet::operation::{self, Operation, Terms};

/// The version of the protocol that an entry follows, as a number: the one after the slash in
/// [`crate::PROTOCOL`].
pub const PROTOCOL_NUMBER: u16 = 1;

/// One decision of a server, in the order in which the server made it for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Entry<K> {
    /// The version of the protocol, [`PROTOCOL_NUMBER`].
    pub protocol: u16,
    /// The place in the journal of this person: 0, 1, 2 and so on.
    pub sequence: u64,
    /// What happened, to which records.
    pub event: Event<K>,
    /// What was decided.
    pub decided: Decided,
}

/// What happened, and the keys of the records that the step saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Event<K> {
    /// To a binding.
    Binding {
        /// The binding.
        id: K,
        /// The input.
        input: binding::Input,
    },
    /// To a debit.
    Debit {
        /// The operation that it belongs to.
        operation: K,
        /// The input.
        input: debit::Input,
    },
    /// To a link and the account it hangs on, or comes to hang on.
    Link {
        /// The binding whose link it is.
        id: K,
        /// The account; none if there is none.
        account: Option<K>,
        /// The input.
        input: link::Input,
    },
    /// To an operation, its account and device, and the lock of the path.
    Operation {
        /// The operation.
        id: K,
        /// The account; none if there is none.
        account: Option<K>,
        /// The device's record on that account; none if there is none.
        device: Option<K>,
        /// The path's lock; none where the account has none that count.
        path: Option<K>,
        /// The input.
        input: operation::Input,
    },
    /// To a device.
    Device {
        /// The device's record.
        id: K,
        /// The input.
        input: device::Input,
    },
    /// To the lock of a path.
    Lock {
        /// The path.
        path: K,
        /// The input.
        input: lock::Input,
    },
}

/// What a step decided, without the state and the orders that follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Decided {
    /// A move.
    Applied(Rule),
    /// The same answer again.
    Replayed(Rule),
    /// No.
    Refused(Refusal),
}

impl Decided {
    /// Whether it is a move.
    pub const fn moves(self) -> bool {
        matches!(self, Self::Applied(_))
    }

    /// What this verdict decided.
    pub const fn of<S, O>(verdict: &Verdict<S, O>) -> Self {
        match verdict {
            Verdict::Apply(step) => Self::Applied(step.rule),
            Verdict::Replay(rule, _) => Self::Replayed(*rule),
            Verdict::Refuse(refusal) => Self::Refused(*refusal),
        }
    }
}

impl core::fmt::Display for Decided {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Applied(rule) => write!(f, "{rule}"),
            Self::Replayed(rule) => write!(f, "{rule}, again"),
            Self::Refused(refusal) => write!(f, "refused, {refusal}"),
        }
    }
}

/// The records of one person, as far as a replay has come. A record that was never written is the
/// empty one of its kind.
pub trait Records<K> {
    /// A binding.
    fn binding(&self, id: K) -> Binding;
    /// Writes a binding.
    fn write_binding(&mut self, id: K, binding: Binding);
    /// A debit.
    fn debit(&self, operation: K) -> Debit;
    /// Writes a debit.
    fn write_debit(&mut self, operation: K, debit: Debit);
    /// A link.
    fn link(&self, id: K) -> Link;
    /// Writes a link.
    fn write_link(&mut self, id: K, link: Link);
    /// An account.
    fn account(&self, id: K) -> Account;
    /// Writes an account.
    fn write_account(&mut self, id: K, account: Account);
    /// A device's record on an account.
    fn device(&self, id: K) -> Device;
    /// Writes a device's record.
    fn write_device(&mut self, id: K, device: Device);
    /// An operation.
    fn operation(&self, id: K) -> Operation;
    /// Writes an operation.
    fn write_operation(&mut self, id: K, operation: Operation);
    /// The lock of a path.
    fn lock(&self, path: K) -> Lock;
    /// Writes the lock of a path.
    fn write_lock(&mut self, path: K, lock: Lock);
}

/// Where a journal is not what the steps would have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Divergence {
    /// The entry follows another version of the protocol.
    #[error("entry {sequence} follows protocol {found}; this is protocol {PROTOCOL_NUMBER}")]
    UnknownProtocol {
        /// The entry.
        sequence: u64,
        /// Its version.
        found: u16,
    },
    /// Entries are missing, doubled or out of order.
    #[error("entry {expected} should come next, and entry {found} does")]
    OutOfSequence {
        /// The sequence that should have come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// The step decides otherwise.
    #[error("entry {sequence} records \"{recorded}\", but the step decides \"{computed}\"")]
    DecidesOtherwise {
        /// The entry.
        sequence: u64,
        /// What the journal says.
        recorded: Decided,
        /// What the step decides on the records as they were.
        computed: Decided,
    },
}

/// Runs the steps again on the inputs of a journal, from its beginning, writing to `records`; how
/// many entries there were.
///
/// # Errors
/// The first entry that the steps would not have written. `records` then holds the state before it.
//= BIND-096 replaying a journal decides what the journal says
pub fn replay<K: Copy>(
    terms: Terms<'_>,
    records: &mut impl Records<K>,
    entries: impl Iterator<Item = Entry<K>>,
) -> Result<u64, Divergence> {
    let mut expected = 0;
    for entry in entries {
        //= BIND-070 a journal carries the version of the protocol
        if entry.protocol != PROTOCOL_NUMBER {
            let (sequence, found) = (entry.sequence, entry.protocol);
            return Err(Divergence::UnknownProtocol { sequence, found });
        }
        if entry.sequence != expected {
            return Err(Divergence::OutOfSequence { expected, found: entry.sequence });
        }
        again(terms, records, entry)?;
        expected += 1;
    }
    Ok(expected)
}

/// Runs one step again, and writes what it writes.
fn again<K: Copy>(
    terms: Terms<'_>,
    records: &mut impl Records<K>,
    entry: Entry<K>,
) -> Result<(), Divergence> {
    match entry.event {
        Event::Binding { id, input } => {
            let verdict = binding::step(records.binding(id), input);
            compared(entry, verdict, |state| records.write_binding(id, state))
        }
        Event::Debit { operation, input } => {
            let verdict = debit::step(records.debit(operation), input);
            compared(entry, verdict, |state| records.write_debit(operation, state))
        }
        Event::Link { id, account, input } => {
            let seen = account.map_or(Account::Absent, |a| records.account(a));
            let view = link::View { link: records.link(id), account: seen };
            compared(entry, link::step(view, input), |state| {
                records.write_link(id, state.link);
                if let Some(account) = account {
                    records.write_account(account, state.account);
                }
            })
        }
        Event::Operation { id, account, device, path, input } => {
            let view = operation::View {
                operation: records.operation(id),
                account: account.map_or(Account::Absent, |a| records.account(a)),
                device: device.map_or(Device::Unknown, |d| records.device(d)),
                lock: path.map_or(Lock::OPEN, |path| records.lock(path)),
            };
            compared(entry, operation::step(terms, view, input), |state| {
                records.write_operation(id, state.operation);
                if let Some(account) = account {
                    records.write_account(account, state.account);
                }
                if let Some(device) = device {
                    records.write_device(device, state.device);
                }
                if let Some(path) = path {
                    records.write_lock(path, state.lock);
                }
            })
        }
        Event::Device { id, input } => {
            let verdict = device::step(records.device(id), input);
            compared(entry, verdict, |state| records.write_device(id, state))
        }
        Event::Lock { path, input } => {
            let verdict = lock::step(records.lock(path), input);
            compared(entry, verdict, |state| records.write_lock(path, state))
        }
    }
}

/// Writes the state of `verdict` if it is what `entry` says.
fn compared<K, S, O>(
    entry: Entry<K>,
    verdict: Verdict<S, O>,
    write: impl FnOnce(S),
) -> Result<(), Divergence> {
    let computed = Decided::of(&verdict);
    if computed != entry.decided {
        let (sequence, recorded) = (entry.sequence, entry.decided);
        return Err(Divergence::DecidesOtherwise { sequence, recorded, computed });
    }
    if let Verdict::Apply(step) = verdict {
        write(step.state);
    }
    Ok(())
}
