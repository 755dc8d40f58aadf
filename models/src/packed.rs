//! A world in few words: what is hashed of it, and the form in which a search can store it.

mod bits;
mod hands;
mod records;
#[cfg(test)]
mod tests;

use std::hash::{Hash, Hasher};

use bindproof_checker::Packed;

use crate::capacity::{Handed, LARGEST, Large, Least, Medium, Paired, Small};
use crate::world::World;
use bits::{Filled, Read};
use records::{Plain, Reference, Times};

pub use hands::Held;

/// A world, packed: two are equal exactly if the worlds are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedWorld<
    const BINDINGS: usize,
    const OPERATIONS: usize,
    const ACCOUNTS: usize,
    const DEVICES: usize,
    const SLOTS: usize,
> {
    bindings: [[u64; 2]; BINDINGS],
    rest: u64,
    slots: [u64; SLOTS],
    operations: [u32; OPERATIONS],
    accounts: [u32; ACCOUNTS],
    devices: [u32; DEVICES],
}

/// Parts of a world: what stands in one word, in its order. Each is packed, unpacked and compared
/// by the same list.
macro_rules! parts {
    ($(
        $(#[$about:meta])*
        $write:ident, $read:ident, $same:ident ($at:ident): $word:ty as $end:ident {
            $( $kind:ident($($place:tt)+), )+
        }
    )+) => { $(
        $(#[$about])*
        #[inline(always)]
        fn $write(&self, $at: usize) -> $word {
            Filled::default()$( .put(&$kind(self.$($place)+)) )+.$end()
        }

        #[inline(always)]
        fn $read(&mut self, $at: usize, word: $word) {
            let mut read = Read(u64::from(word));
            $( $kind(self.$($place)+) = read.take(); )+
        }

        #[inline(always)]
        fn $same(&self, other: &Self, $at: usize) -> bool {
            $( self.$($place)+ == other.$($place)+ )&&+
        }
    )+ };
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    World<B, O, A, D, S>
{
    parts! {
        /// A binding's client, record and link, and what was noted about them.
        binding_word, read_binding, same_binding(b): u64 as word {
            Plain(clients[b]),
            Plain(bindings[b]),
            Reference(binding_account[b]),
            Plain(history.blocked[b]),
            Plain(history.told_active[b]),
            Plain(history.told_over[b]),
            Plain(links[b]),
            Reference(link_account[b]),
            Reference(history.activated_on[b]),
            Plain(notices[b]),
            Plain(history.code_leaked[b]),
            Plain(code_locks[b]),
        }

        /// What is in flight about a binding, and the wrong answers under its code.
        mail_word, read_mail, same_mail(b): u64 as word {
            Plain(to_bank[b]),
            Plain(to_wallet[b]),
            Plain(history.codes[b]),
        }

        /// An operation, its debit, and what was noted about them.
        operation_word, read_operation, same_operation(o): u32 as half {
            Plain(operations[o]),
            Reference(operation_account[o]),
            Plain(askers[o]),
            Plain(debits[o]),
            Plain(debit_mail[o]),
            Plain(history.proved_by[o]),
            Plain(history.shown[o]),
            Plain(history.went_through[o]),
            Times(history.executions[o]),
        }

        /// An account, what it was created for, its devices, and what was noted about it.
        account_word, read_account, same_account(a): u32 as half {
            Plain(accounts[a]),
            Reference(created_for[a]),
            Plain(devices[a]),
            Plain(history.reclaimed[a]),
        }

        /// What is counted of a device's answers, and what was truly wrong.
        device_word, read_device, same_device(d): u32 as half {
            Plain(device_locks[d].run),
            Plain(device_locks[d].day),
            Plain(history.devices[d]),
        }
    }

    /// What there is once, which devices' paths are closed, and on what bindings were begun.
    #[inline(always)]
    fn rest_word(&self) -> u64 {
        let history = &self.history;
        let mut filled =
            Filled::default().put(&self.strangers).put(&history.strangers).put(&history.sent_total);
        for lock in &self.device_locks {
            filled = filled.put(&lock.closed);
        }
        for begun_on in &history.begun_on {
            filled = filled.put(begun_on);
        }
        filled.word()
    }

    #[inline(always)]
    fn same_rest(&self, other: &Self) -> bool {
        let closed = self.device_locks.iter().zip(&other.device_locks);
        self.strangers == other.strangers
            && self.history.strangers == other.history.strangers
            && self.history.sent_total == other.history.sent_total
            && self.history.begun_on == other.history.begun_on
            && closed.into_iter().all(|(lock, other)| lock.closed == other.closed)
    }

    fn read_rest(&mut self, word: u64) {
        let mut read = Read(word);
        self.strangers = read.take();
        self.history.strangers = read.take();
        self.history.sent_total = read.take();
        for lock in &mut self.device_locks {
            lock.closed = read.take();
        }
        for begun_on in &mut self.history.begun_on {
            *begun_on = read.take();
        }
    }
}

/// Makes a word in a place of its own. A step changes two or three of them; where they are made in
/// line, a compiler makes all of them before it knows which have changed.
#[inline(never)]
fn apart<Word>(make: impl FnOnce() -> Word) -> Word {
    make()
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Packed
    for World<B, O, A, D, S>
{
    type Bytes = PackedWorld<B, O, A, D, S>;

    #[inline]
    fn pack(&self) -> Self::Bytes {
        const { assert!(B <= LARGEST[0] && A <= LARGEST[2]) };
        let mut packed = PackedWorld {
            bindings: [[0; 2]; B],
            rest: self.rest_word(),
            slots: self.slots.map(Held::word),
            operations: [0; O],
            accounts: [0; A],
            devices: [0; D],
        };
        // Loops, because closures over arrays are not inlined here, and cost twice the time.
        for (b, words) in packed.bindings.iter_mut().enumerate() {
            *words = [self.binding_word(b), self.mail_word(b)];
        }
        for (o, word) in packed.operations.iter_mut().enumerate() {
            *word = self.operation_word(o);
        }
        for (a, word) in packed.accounts.iter_mut().enumerate() {
            *word = self.account_word(a);
        }
        for (d, word) in packed.devices.iter_mut().enumerate() {
            *word = self.device_word(d);
        }
        packed
    }

    #[inline]
    fn pack_after(&self, before: &Self, packed: &Self::Bytes) -> Self::Bytes {
        // A step changes little. To compare what it may have changed is quicker than to pack it.
        let mut packed = PackedWorld { slots: self.slots.map(Held::word), ..*packed };
        for (b, [binding, mail]) in packed.bindings.iter_mut().enumerate() {
            if !self.same_binding(before, b) {
                *binding = apart(|| self.binding_word(b));
            }
            if !self.same_mail(before, b) {
                *mail = apart(|| self.mail_word(b));
            }
        }
        if !self.same_rest(before) {
            packed.rest = apart(|| self.rest_word());
        }
        for (o, word) in packed.operations.iter_mut().enumerate() {
            if !self.same_operation(before, o) {
                *word = apart(|| self.operation_word(o));
            }
        }
        for (a, word) in packed.accounts.iter_mut().enumerate() {
            if !self.same_account(before, a) {
                *word = apart(|| self.account_word(a));
            }
        }
        for (d, word) in packed.devices.iter_mut().enumerate() {
            if !self.same_device(before, d) {
                *word = apart(|| self.device_word(d));
            }
        }
        packed
    }

    fn unpack(packed: &Self::Bytes) -> Self {
        let mut world = Self::EMPTY;
        for (b, [binding, mail]) in packed.bindings.iter().enumerate() {
            world.read_binding(b, *binding);
            world.read_mail(b, *mail);
        }
        world.read_rest(packed.rest);
        world.slots = packed.slots.map(Held::from_word);
        for (o, word) in packed.operations.iter().enumerate() {
            world.read_operation(o, *word);
        }
        for (a, word) in packed.accounts.iter().enumerate() {
            world.read_account(a, *word);
        }
        for (d, word) in packed.devices.iter().enumerate() {
            world.read_device(d, *word);
        }
        world
    }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Hash
    for PackedWorld<B, O, A, D, S>
{
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        for [binding, mail] in &self.bindings {
            state.write_u128(u128::from(*binding) | u128::from(*mail) << 64);
        }
        let (pairs, last) = self.slots.as_chunks();
        for [low, high] in pairs {
            state.write_u128(u128::from(*low) | u128::from(*high) << 64);
        }
        for word in last.iter().chain([&self.rest]) {
            state.write_u64(*word);
        }
        for halves in [&self.operations[..], &self.accounts, &self.devices] {
            let (pairs, last) = halves.as_chunks();
            for [low, high] in pairs {
                state.write_u64(u64::from(*low) | u64::from(*high) << 32);
            }
            for half in last {
                state.write_u32(*half);
            }
        }
    }
}

/// The hash of the packed form: few words where the fields are many bytes.
impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> Hash
    for World<B, O, A, D, S>
{
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pack().hash(state);
    }
}

// Stored for every state, too.
const _: () = assert!(size_of::<<Least as Packed>::Bytes>() == 56);
const _: () = assert!(size_of::<<Small as Packed>::Bytes>() == 48);
const _: () = assert!(size_of::<<Handed as Packed>::Bytes>() == 64);
const _: () = assert!(size_of::<<Medium as Packed>::Bytes>() == 72);
const _: () = assert!(size_of::<<Paired as Packed>::Bytes>() == 80);
const _: () = assert!(size_of::<<Large as Packed>::Bytes>() == 112);
