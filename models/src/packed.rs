//! A world in few words: what is hashed of it, and the form in which a search can store it.

mod bits;
mod hands;
mod records;
#[cfg(test)]
mod tests;

use std::hash::{Hash, Hasher};

use bindproof_checker::Packed;

use crate::capacity::{Handed, LARGEST, Large, Medium, Small};
use crate::world::World;
use bits::{Bits, Filled, Read};
use records::{Reference, Times};

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

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    World<B, O, A, D, S>
{
    /// A binding's client, record and link, and what was noted about them.
    #[inline(always)]
    fn binding_word(&self, b: usize) -> u64 {
        let history = &self.history;
        Filled::default()
            .put(&self.clients[b])
            .put(&self.bindings[b])
            .put(&Reference(self.binding_account[b]))
            .put(&history.blocked[b])
            .put(&history.told_active[b])
            .put(&history.told_over[b])
            .put(&self.links[b])
            .put(&Reference(self.link_account[b]))
            .put(&Reference(history.activated_on[b]))
            .put(&self.notices[b])
            .put(&history.code_leaked[b])
            .put(&self.code_locks[b])
            .word()
    }

    fn read_binding(&mut self, b: usize, word: u64) {
        let mut read = Read(word);
        let history = &mut self.history;
        self.clients[b] = read.take();
        self.bindings[b] = read.take();
        Reference(self.binding_account[b]) = read.take();
        history.blocked[b] = read.take();
        history.told_active[b] = read.take();
        history.told_over[b] = read.take();
        self.links[b] = read.take();
        Reference(self.link_account[b]) = read.take();
        Reference(history.activated_on[b]) = read.take();
        self.notices[b] = read.take();
        history.code_leaked[b] = read.take();
        self.code_locks[b] = read.take();
    }

    /// What is in flight about a binding, and the wrong answers under its code.
    #[inline(always)]
    fn mail_word(&self, b: usize) -> u64 {
        Filled::default()
            .put(&self.to_bank[b])
            .put(&self.to_wallet[b])
            .put(&self.history.codes[b])
            .word()
    }

    fn read_mail(&mut self, b: usize, word: u64) {
        let mut read = Read(word);
        self.to_bank[b] = read.take();
        self.to_wallet[b] = read.take();
        self.history.codes[b] = read.take();
    }

    #[inline(always)]
    fn operation_word(&self, o: usize) -> u32 {
        let history = &self.history;
        Filled::default()
            .put(&self.operations[o])
            .put(&Reference(self.operation_account[o]))
            .put(&self.askers[o])
            .put(&self.debits[o])
            .put(&self.debit_mail[o])
            .put(&history.proved_by[o])
            .put(&history.proved_fully[o])
            .put(&Times(history.executions[o]))
            .half()
    }

    fn read_operation(&mut self, o: usize, word: u32) {
        let mut read = Read(u64::from(word));
        let history = &mut self.history;
        self.operations[o] = read.take();
        Reference(self.operation_account[o]) = read.take();
        self.askers[o] = read.take();
        self.debits[o] = read.take();
        self.debit_mail[o] = read.take();
        history.proved_by[o] = read.take();
        history.proved_fully[o] = read.take();
        Times(history.executions[o]) = read.take();
    }

    /// An account, what it was created for, and its devices.
    #[inline(always)]
    fn account_word(&self, a: usize) -> u32 {
        let mut filled =
            Filled::default().put(&self.accounts[a]).put(&Reference(self.created_for[a]));
        for device in &self.devices[a] {
            filled = filled.put(device);
        }
        filled.half()
    }

    fn read_account(&mut self, a: usize, word: u32) {
        let mut read = Read(u64::from(word));
        self.accounts[a] = read.take();
        Reference(self.created_for[a]) = read.take();
        for device in &mut self.devices[a] {
            *device = read.take();
        }
    }

    /// What is counted of a device's answers, and what was truly wrong.
    #[inline(always)]
    fn device_word(&self, d: usize) -> u32 {
        let lock = &self.device_locks[d];
        Filled::default().put(&lock.run).put(&lock.day).put(&self.history.devices[d]).half()
    }

    fn read_device(&mut self, d: usize, word: u32) {
        let mut read = Read(u64::from(word));
        let lock = &mut self.device_locks[d];
        (lock.run, lock.day) = (read.take(), read.take());
        self.history.devices[d] = read.take();
    }

    /// What there is once, and which devices' paths are closed.
    #[inline(always)]
    fn rest_word(&self) -> u64 {
        let history = &self.history;
        let mut filled =
            Filled::default().put(&self.strangers).put(&history.strangers).put(&history.sent_total);
        for lock in &self.device_locks {
            filled = filled.put(&lock.closed);
        }
        filled.word()
    }

    fn read_rest(&mut self, word: u64) {
        let mut read = Read(word);
        self.strangers = read.take();
        self.history.strangers = read.take();
        self.history.sent_total = read.take();
        for lock in &mut self.device_locks {
            lock.closed = read.take();
        }
    }
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
            slots: [0; S],
            operations: [0; O],
            accounts: [0; A],
            devices: [0; D],
        };
        // Loops, because closures over arrays are not inlined here, and cost twice the time.
        for (b, words) in packed.bindings.iter_mut().enumerate() {
            *words = [self.binding_word(b), self.mail_word(b)];
        }
        for (slot, word) in self.slots.iter().zip(&mut packed.slots) {
            *word = slot.bits();
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

    fn unpack(packed: &Self::Bytes) -> Self {
        let mut world = Self::EMPTY;
        for (b, [binding, mail]) in packed.bindings.iter().enumerate() {
            world.read_binding(b, *binding);
            world.read_mail(b, *mail);
        }
        world.read_rest(packed.rest);
        for (slot, word) in world.slots.iter_mut().zip(&packed.slots) {
            *slot = Bits::from_bits(*word);
        }
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
        for word in self.bindings.as_flattened().iter().chain([&self.rest]).chain(&self.slots) {
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
const _: () = assert!(size_of::<<Small as Packed>::Bytes>() == 48);
const _: () = assert!(size_of::<<Handed as Packed>::Bytes>() == 64);
const _: () = assert!(size_of::<<Medium as Packed>::Bytes>() == 72);
const _: () = assert!(size_of::<<Large as Packed>::Bytes>() == 112);
