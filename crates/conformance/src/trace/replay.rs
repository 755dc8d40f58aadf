//! Runs the specification's own step again on the records as they were.

use bindproof::bank::{binding, debit};
use bindproof::journal::{Decided, Event};
use bindproof::verdict::Verdict;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::link;
use bindproof::wallet::lock::{self, Lock};
use bindproof::wallet::operation::{self, Terms};

use super::finding::{Fault, Wrong};
use super::line::{Line, Ordered};
use super::records::{Kind, Records, State, written};
use crate::key::Key;
use crate::requirements;

/// A record that a step writes.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// Its kind.
    pub kind: Kind,
    /// Which.
    pub key: Key,
    /// As the step saw it.
    pub before: State,
    /// As the step leaves it.
    pub after: State,
}

/// The most records that one step writes.
const WRITES_MAX: usize = 4;

/// What the step decides.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// What.
    pub decided: Decided,
    /// What it orders.
    pub orders: Ordered,
    /// The step was run again; else this is what its line says.
    pub known: bool,
    writes: [Option<Write>; WRITES_MAX],
}

impl Moved {
    /// Whether it is a move, and no repetition and no refusal.
    pub const fn applied(&self) -> bool {
        matches!(self.decided, Decided::Applied(_))
    }

    /// The records that it writes; the one that the event is about is the first.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter().flatten()
    }

    /// What a line says, whether or not the step decides it.
    pub fn logged(line: &Line<Key>, decided: Decided, records: &Records) -> Self {
        let mut writes = [None; WRITES_MAX];
        let listed = line.after.iter().filter_map(written);
        for (place, (kind, key, _, after)) in writes.iter_mut().zip(listed) {
            let before = match after {
                State::Binding(_) => State::Binding(records.binding(key)),
                State::Debit(_) => State::Debit(records.debit(key)),
                State::Link(_) => State::Link(records.link(key)),
                State::Account(_) => State::Account(records.account(key)),
                State::Device(_) => State::Device(records.device(key)),
                State::Operation(_) => State::Operation(records.operation(key)),
                State::Lock(_) => State::Lock(records.lock(key)),
            };
            *place = Some(Write { kind, key, before, after });
        }
        let orders = line.orders.unwrap_or(Ordered::Nothing);
        Self { decided, orders, known: false, writes }
    }

    fn of<S, O: Copy>(
        verdict: Verdict<S, O>,
        writes: impl FnOnce(S) -> [Option<Write>; WRITES_MAX],
    ) -> Self
    where
        Ordered: From<bindproof::verdict::Orders<O>>,
    {
        let decided = Decided::of(&verdict);
        let none = [None; WRITES_MAX];
        let (orders, writes) = match verdict {
            Verdict::Apply(step) => (step.orders, writes(step.state)),
            Verdict::Replay(_, orders) => (orders, none),
            Verdict::Refuse(_) => (bindproof::verdict::Orders::none(), none),
        };
        Self { decided, orders: orders.into(), known: true, writes }
    }
}

/// The step on the records as they are; the record of which nothing is known, if there is one.
pub fn again(terms: Terms<'_>, records: &Records, event: &Event<Key>) -> Result<Moved, Kind> {
    let known = |kind, key| if records.knows(kind, key) { Ok(()) } else { Err(kind) };
    let one =
        |kind, key, before, after| [Some(Write { kind, key, before, after }), None, None, None];
    Ok(match *event {
        Event::Binding { id, input } => {
            known(Kind::Binding, id)?;
            let before = records.binding(id);
            Moved::of(binding::step(before, input), |after| {
                one(Kind::Binding, id, State::Binding(before), State::Binding(after))
            })
        }
        Event::Debit { operation, input } => {
            known(Kind::Debit, operation)?;
            let before = records.debit(operation);
            Moved::of(debit::step(before, input), |after| {
                one(Kind::Debit, operation, State::Debit(before), State::Debit(after))
            })
        }
        Event::Link { id, account, input } => {
            known(Kind::Link, id)?;
            account.map_or(Ok(()), |account| known(Kind::Account, account))?;
            let seen = account.map_or(Account::Absent, |account| records.account(account));
            let view = link::View { link: records.link(id), account: seen };
            Moved::of(link::step(view, input), |after| {
                let (old, new) = (State::Link(view.link), State::Link(after.link));
                let (was, is) = (State::Account(seen), State::Account(after.account));
                [
                    write(Kind::Link, Some(id), old, new),
                    write(Kind::Account, account, was, is),
                    None,
                    None,
                ]
            })
        }
        Event::Operation { id, account, device, path, input } => {
            known(Kind::Operation, id)?;
            account.map_or(Ok(()), |account| known(Kind::Account, account))?;
            device.map_or(Ok(()), |device| known(Kind::Device, device))?;
            path.map_or(Ok(()), |path| known(Kind::Lock, path))?;
            let view = operation::View {
                operation: records.operation(id),
                account: account.map_or(Account::Absent, |account| records.account(account)),
                device: device.map_or(Device::Unknown, |device| records.device(device)),
                lock: path.map_or(Lock::OPEN, |path| records.lock(path)),
            };
            Moved::of(operation::step(terms, view, input), |after| {
                around(id, account, device, path, view, after)
            })
        }
        Event::Device { id, input } => {
            known(Kind::Device, id)?;
            let before = records.device(id);
            Moved::of(device::step(before, input), |after| {
                one(Kind::Device, id, State::Device(before), State::Device(after))
            })
        }
        Event::Lock { path, input } => {
            known(Kind::Lock, path)?;
            let before = records.lock(path);
            Moved::of(lock::step(before, input), |after| {
                one(Kind::Lock, path, State::Lock(before), State::Lock(after))
            })
        }
    })
}

fn write(kind: Kind, key: Option<Key>, before: State, after: State) -> Option<Write> {
    key.map(|key| Write { kind, key, before, after })
}

/// What a step on an operation writes.
fn around(
    id: Key,
    account: Option<Key>,
    device: Option<Key>,
    path: Option<Key>,
    old: operation::View,
    new: operation::View,
) -> [Option<Write>; WRITES_MAX] {
    let operation = (State::Operation(old.operation), State::Operation(new.operation));
    [
        write(Kind::Operation, Some(id), operation.0, operation.1),
        write(Kind::Account, account, State::Account(old.account), State::Account(new.account)),
        write(Kind::Device, device, State::Device(old.device), State::Device(new.device)),
        write(Kind::Lock, path, State::Lock(old.lock), State::Lock(new.lock)),
    ]
}

/// Compares what a line says with what the step decides: the verdict, the orders, the records
/// written and how often they had been written.
///
/// # Errors
/// The first difference.
pub fn compare(
    line: &Line<Key>,
    decided: Decided,
    moved: &Moved,
    records: &Records,
    transaction: u64,
) -> Result<(), Wrong> {
    if decided != moved.decided {
        let (expected, found) = (moved.decided.to_string(), decided.to_string());
        let requirement = requirements::of(moved.decided).first().copied().unwrap_or(96);
        return Err(Wrong::new(Fault::DecidesOtherwise, requirement, "verdict", expected, found));
    }
    if line.orders.is_some_and(|orders| orders != moved.orders) {
        let text = |orders| serde_json::to_string(&orders).unwrap_or_default();
        let (expected, found) = (text(Some(moved.orders)), text(line.orders));
        return Err(Wrong::new(Fault::OrdersOtherwise, 96, "orders", expected, found));
    }
    let otherwise = |what, expected, found: String| {
        Err(Wrong::new(Fault::WritesOtherwise, 96, what, expected, found))
    };
    for (at, (kind, key, version, state)) in line.after.iter().filter_map(written).enumerate() {
        let what = format!("{} {key}", kind.name());
        let twice = line.after[..at].iter().filter_map(written).any(|w| (w.0, w.1) == (kind, key));
        let write = moved.writes().find(|write| (write.kind, write.key) == (kind, key));
        let Some(write) = write.filter(|_| !twice) else {
            return otherwise(what, "not written by this step".into(), format!("{state:?}"));
        };
        if write.after != state {
            return otherwise(what, format!("{:?}", write.after), format!("{state:?}"));
        }
        let next = records.next_version(kind, key, transaction);
        if let Some(next) = next.filter(|next| *next != version) {
            let (expected, found) = (format!("version {next}"), format!("version {version}"));
            return otherwise(what, expected, found);
        }
    }
    for write in moved.writes().filter(|write| write.before != write.after) {
        let listed = line.after.iter().filter_map(written);
        if !listed.into_iter().any(|w| (w.0, w.1) == (write.kind, write.key)) {
            let what = format!("{} {}", write.kind.name(), write.key);
            return otherwise(what, format!("{:?}", write.after), "not written".into());
        }
    }
    Ok(())
}
