//! What an operation is beside the other records of its person.

use crate::control::Controls;
use crate::limits::Limits;
use crate::wallet::device::Device;
use crate::wallet::kind::Kind;
use crate::wallet::link;
use crate::wallet::lock::Path;
use crate::wallet::operation::{Operation, Waiting};
use crate::wallet::proof::{Demand, Proof, Tie};

/// On which account an operation runs now: on the one `noted` with it. A recovery belongs to the
/// person and runs on whichever is `hers`, looked for anew for every input.
#[inline]
pub fn runs_on<T>(kind: Kind, noted: impl FnOnce() -> T, hers: impl FnOnce() -> T) -> T {
    if kind.is_the_persons() { hers() } else { noted() }
}

/// Whether an operation that runs on this account ends when the account closes, or its holder
/// starts afresh on it. It ends only if it is under way, and whichever closes the account goes on.
#[inline]
pub fn ends_with_account<A: PartialEq>(kind: Kind, runs_on: Option<A>, account: A) -> bool {
    //= BIND-082 what ends refuses the operations under way on it; a recovery alone goes on
    runs_on == Some(account) && !kind.is_the_persons()
}

/// The binding whose code and contact a challenge of this operation is about: the one `named`, for
/// its approval; for everything else the one that the account was made for.
#[inline]
pub fn demanded<T>(kind: Kind, named: impl FnOnce() -> T, made_for: impl FnOnce() -> T) -> T {
    match kind {
        //= BIND-044 approval takes the code of that binding
        Kind::ApproveBinding => named(),
        //= BIND-045 the first authentication takes the code of `created_for`
        _ => made_for(),
    }
}

/// The path by which a request comes in: the device's if the account trusts it, whoever signed.
#[inline]
pub fn path_of_request(controls: impl Controls, device: Device) -> Path {
    Path::of(controls, Demand::Nothing, Tie::None, device.is_trusted())
}

/// The path by which an answer comes in. Where no challenge is open it is anybody's.
#[inline]
pub fn path_of_answer(
    controls: impl Controls,
    operation: Operation,
    device: Device,
    proof: Proof,
) -> Path {
    match operation {
        Operation::Challenged { demand, .. } => {
            //= BIND-039 a known key has its own path, for what it has signed
            let known = proof.from_its_device && device.is_trusted();
            Path::of(controls, demand, proof.code, known)
        }
        _ => Path::Strangers,
    }
}

/// What an operation waits for when its deadline passes.
#[inline]
pub const fn waiting(operation: Operation) -> Waiting {
    match operation {
        Operation::Authenticated { .. } => Waiting::ForExecution,
        _ => Waiting::ForAnswer,
    }
}

/// A payment among a person's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment<O, A, B> {
    /// Which operation.
    pub operation: O,
    /// The account that it runs on, if it runs on one.
    pub account: Option<A>,
    /// The binding through whose link it pays.
    pub binding: B,
    /// Where it stands.
    pub state: Operation,
    /// What it pays, in minor units.
    pub minor: u64,
    /// When its debit was asked for, in milliseconds since 1970; none if that is not known, and
    /// then it is never too long ago.
    pub asked_ms: Option<i64>,
}

impl<O, A, B> Payment<O, A, B> {
    /// Whether it counts towards a running total that begins at `since_ms`.
    #[inline]
    pub fn counts(&self, controls: impl Controls, since_ms: i64) -> bool {
        //= BIND-065 from the moment the debit is asked for, in flight or executed
        self.state.counts_towards_total(controls)
            && self.asked_ms.is_none_or(|asked_ms| asked_ms >= since_ms)
    }
}

/// An operation among those of its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running<O, A, B> {
    /// Which operation.
    pub operation: O,
    /// What it is.
    pub kind: Kind,
    /// The account that it runs on now, if it runs on one.
    pub account: Option<A>,
    /// The binding that it names, if it names one.
    pub binding: Option<B>,
    /// What it pays, in minor units; 0 if it pays nothing.
    pub minor: u64,
}

impl<O: Copy + PartialEq, A: Copy + PartialEq, B: Copy + PartialEq> Running<O, A, B> {
    /// It pays, and no other payment through its link has been executed.
    #[inline]
    pub fn is_first_payment(&self, mut payments: impl Iterator<Item = Payment<O, A, B>>) -> bool {
        //= BIND-062 the floor asks more of a first payment; what is in flight has not gone through
        self.kind == Kind::Pay
            && !payments.any(|other| {
                other.operation != self.operation
                    && self.binding == Some(other.binding)
                    && other.state == Operation::Executed
            })
    }

    /// What the payments on its account since `since_ms` come to, this one included, in minor
    /// units. Of an operation that pays nothing it is what the others come to.
    #[inline]
    pub fn total(
        &self,
        controls: impl Controls,
        since_ms: i64,
        payments: impl Iterator<Item = Payment<O, A, B>>,
    ) -> u64 {
        //= BIND-065 the running total counts the account's payments, the present one included
        payments
            .filter(|other| other.operation != self.operation && other.account == self.account)
            .filter(|other| other.counts(controls, since_ms))
            .fold(self.minor, |total, other| total.saturating_add(other.minor))
    }

    /// Where the link stands that it names: `hangs_on` and state of that link, if it is there. A
    /// link that hangs on another account, or on none, is none of this one's.
    #[inline]
    pub fn link(&self, named: Option<(Option<A>, link::State)>) -> link::State {
        //= BIND-014 nothing runs on a link of another account
        match named {
            Some((hangs_on, state)) if hangs_on.is_some() && hangs_on == self.account => state,
            _ => link::State::Absent,
        }
    }
}

/// An operation that is asked for, where those under way are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning<A> {
    /// What it is.
    pub kind: Kind,
    /// The account that it runs on, if it runs on one.
    pub account: Option<A>,
    /// Its device on that account.
    pub device: Device,
    /// That device's key signed the request.
    pub signed: bool,
}

/// An operation beside another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside<A, F> {
    /// What it is.
    pub kind: Kind,
    /// The account that it runs on, if it runs on one.
    pub account: Option<A>,
    /// Where it stands.
    pub state: Operation,
    /// Whether it counts as one of the account's own devices; looked at only where it matters.
    pub own: F,
}

impl<A: Copy + PartialEq> Beginning<A> {
    /// Whether it counts as one of the account's own devices.
    #[inline]
    pub const fn is_own(&self) -> bool {
        self.device.counts_as_own(self.signed)
    }

    /// Whether a success would trust one more device. A recovery revokes every other one, so that
    /// there is room for its own.
    #[inline]
    pub const fn takes_place(&self) -> bool {
        self.kind.gives_trust() && !self.kind.is_the_persons() && !self.device.is_trusted()
    }

    /// One that takes a place among the account's devices finds one free. `devices` are all of the
    /// person's, by account.
    #[inline]
    pub fn finds_place(&self, limits: &Limits, devices: impl Iterator<Item = (A, Device)>) -> bool {
        //= BIND-152 no more devices than the limit
        !self.takes_place() || {
            let hers = |(account, device): &(A, Device)| {
                Some(*account) == self.account && device.is_trusted()
            };
            devices.filter(hers).count() < usize::from(limits.devices_per_account_max)
        }
    }

    /// Fewer operations of the account are under way than the limit. `operations` are all of the
    /// person, this one with them if it is there. A recovery is within it always, and counts for
    /// no other: it belongs to no account, and nobody else's operations may keep her from the one
    /// way that is left.
    #[inline]
    pub fn is_within_limits<F: FnOnce() -> bool>(
        &self,
        limits: &Limits,
        operations: impl Iterator<Item = Beside<A, F>>,
    ) -> bool {
        //= BIND-099 the limit is an account's, and a recovery is the person's
        if self.kind.is_the_persons() {
            return true;
        }
        let own = self.is_own();
        //= BIND-151 own devices' operations are counted apart from all others
        let under_way = operations
            .filter(|other| !other.kind.is_the_persons() && other.account == self.account)
            .filter(|other| !other.state.is_over())
            .filter_map(|other| ((other.own)() == own).then_some(()))
            .count();
        //= BIND-099 within the account's limit on operations under way
        under_way < usize::from(limits.operations_open_max)
    }
}
