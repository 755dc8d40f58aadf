//! Packing keeps every field, at every place where there is one.

use std::hash::BuildHasher;

use bindproof::bank::binding::{Binding, Outcome, State};
use bindproof::bank::client;
use bindproof::bank::debit::Debit;
use bindproof::message::{LinkStatus, Reason};
use bindproof::policy::{Origin, TrustAge};
use bindproof::refusal::Refusal;
use bindproof::wallet::client as wallet_client;
use bindproof::wallet::link::{self, Link};
use bindproof::wallet::lock::{Closed, Lock, Path};
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors};
use bindproof::wallet::{account::Account, device::Device};

use super::*;
use crate::action::Delivery;
use crate::capacity::Large;
use crate::hash::Words;
use crate::network::{ToBank, ToWallet};
use crate::server::{Reply, Slot, Snapshot, Told};
use crate::shown::Shown;
use crate::world::{Actor, Authentication, DebitMail, Mail, Wrong};

/// The empty world but for what `change` does to it.
fn but(change: impl FnOnce(&mut Large)) -> Large {
    let mut world = Large::EMPTY;
    change(&mut world);
    world
}

/// Every reason.
fn reasons() -> impl Iterator<Item = Reason> {
    Reason::ALL.iter().copied()
}

fn bindings() -> Vec<Binding> {
    use State::{Active, AwaitingApproval, Linking, Looking, Registering, Suspended};
    let mut outcomes: Vec<Outcome> = reasons().map(Outcome::Refused).collect();
    outcomes.extend([Outcome::Cancelled, Outcome::Expired]);
    outcomes.extend([Outcome::EndedByHolder, Outcome::EndedByWallet]);
    let mut states = vec![Looking, Registering, Linking, AwaitingApproval, Active, Suspended];
    states.extend(outcomes.iter().copied().map(State::Ending));
    states.extend(outcomes.iter().copied().map(State::Closed));
    let mut bindings: Vec<Binding> =
        states.into_iter().map(|state| Binding { state, ..Binding::ABSENT }).collect();
    bindings.extend((1..=u8::MAX).map(|revision| Binding { revision, ..Binding::ABSENT }));
    bindings
}

fn links() -> Vec<Link> {
    use link::State::{Active, AwaitingApproval, Ended, Matched, Registered, Suspended};
    let mut states = vec![Matched, Registered, AwaitingApproval, Active, Suspended, Ended];
    states.extend(reasons().map(link::State::Refused));
    let mut links: Vec<Link> =
        states.into_iter().map(|state| Link { state, ..Link::ABSENT }).collect();
    links.extend((1..=u8::MAX).map(|bank_revision| Link { bank_revision, ..Link::ABSENT }));
    links.push(Link { code_spent: true, ..Link::ABSENT });
    links
}

fn accounts() -> Vec<Account> {
    let mut accounts = vec![Account::Closed];
    for origin in Origin::ALL.iter().copied() {
        for (verified, authenticated) in
            [(false, false), (false, true), (true, false), (true, true)]
        {
            accounts.push(Account::Open { origin, verified, authenticated });
        }
    }
    accounts
}

fn devices() -> Vec<Device> {
    let mut devices = vec![Device::Revoked];
    for age in TrustAge::ALL.iter().copied() {
        for (session, authenticator) in [(false, false), (false, true), (true, false), (true, true)]
        {
            devices.push(Device::Trusted { session, authenticator, age });
        }
    }
    devices
}

fn operations() -> Vec<Operation> {
    let mut demands = vec![Demand::Nothing, Demand::Decoy, Demand::Identity];
    demands.extend([Demand::CodeAndContact, Demand::CodeContactAndFactors]);
    demands.extend([Factors::None, Factors::Possession, Factors::Two].map(Demand::Factors));
    let mut operations = vec![Operation::Debiting, Operation::Executed, Operation::Expired];
    operations.extend(Refusal::ALL.iter().copied().map(Operation::Refused));
    for demand in demands {
        let challenged = |tries_left| Operation::Challenged { demand, tries_left };
        operations.extend((0..=u8::MAX).map(challenged));
        let authenticated = |path| Operation::Authenticated { demand, path };
        operations.extend([Path::Strangers, Path::Device, Path::Code].map(authenticated));
    }
    operations
}

fn locks() -> Vec<Lock> {
    let mut locks: Vec<Lock> = (1..=u8::MAX).map(|run| Lock { run, ..Lock::OPEN }).collect();
    locks.extend((1..=u8::MAX).map(|day| Lock { day, ..Lock::OPEN }));
    locks.extend([Closed::ForRun, Closed::ForDay].map(|closed| Lock { closed, ..Lock::OPEN }));
    locks
}

fn wrongs() -> Vec<Wrong> {
    let mut wrongs: Vec<Wrong> = (1..=u8::MAX).map(|run| Wrong { run, day: 0 }).collect();
    wrongs.extend((1..=u8::MAX).map(|day| Wrong { run: 0, day }));
    wrongs
}

/// Every message and every answer that can be in an instance's hands, for one binding.
fn deliveries(binding: u8) -> Vec<Delivery> {
    let mut deliveries = vec![Delivery::Ask(binding), Delivery::Leave(binding)];
    for message in ToWallet::ALL {
        deliveries.extend([true, false].map(|fresh| Delivery::ToWallet {
            binding,
            message,
            fresh,
        }));
    }
    deliveries.extend(answers().into_iter().map(|answer| Delivery::ToBank { binding, answer }));
    deliveries
}

/// Every answer, with a revision under the wrong name, too.
fn answers() -> Vec<ToBank> {
    let mut answers: Vec<ToBank> = ToBank::in_mask(u32::MAX >> 4).collect();
    for bank_revision in 0..4 {
        answers.push(ToBank::Link(LinkStatus::Active { bank_revision }));
        answers.push(ToBank::Link(LinkStatus::Suspended { bank_revision }));
    }
    answers.sort();
    answers.dedup();
    answers
}

fn slots() -> Vec<Slot> {
    let mut seen: Vec<Snapshot> = bindings().into_iter().map(Snapshot::Bank).collect();
    let wallet = |link, account, matched| Snapshot::Wallet { link, account, matched };
    seen.extend(links().into_iter().map(|link| wallet(link, Account::Absent, 0)));
    seen.extend(accounts().into_iter().map(|account| wallet(Link::ABSENT, account, 1)));
    seen.push(wallet(Link::ABSENT, Account::Absent, crate::world::NONE));
    let decided = |delivery, seen, answered| Slot::Decided { delivery, seen, answered };
    let mut slots: Vec<Slot> =
        seen.iter().map(|seen| decided(Delivery::Ask(0), *seen, false)).collect();
    for binding in 0..3 {
        for delivery in deliveries(binding) {
            slots.extend([true, false].map(|answered| decided(delivery, seen[0], answered)));
        }
        slots.extend(answers().into_iter().map(|a| Slot::Committed(Reply::ToBank(binding, a))));
        for told in [Told::Pending, Told::Active, Told::Over, Told::Problem] {
            slots.push(Slot::Committed(Reply::ToClient(binding, told)));
        }
    }
    // One of them came in twice, as the delivery and as the snapshot of the same slot.
    slots.sort();
    slots.dedup();
    slots
}

/// Worlds that differ from the empty one, and from each other, in one record of one binding.
fn of_binding(b: usize, worlds: &mut Vec<Large>) {
    use client::State::{Leaving, Sent, Settled};
    worlds.extend([Sent, Leaving, Settled].map(|client| but(|w| w.clients[b] = client)));
    worlds.extend(bindings().into_iter().map(|binding| but(|w| w.bindings[b] = binding)));
    worlds.extend(links().into_iter().map(|link| but(|w| w.links[b] = link)));
    for account in 0..3 {
        worlds.push(but(|w| w.binding_account[b] = account));
        worlds.push(but(|w| w.link_account[b] = account));
        worlds.push(but(|w| w.history.activated_on[b] = account));
    }
    worlds.extend(locks().into_iter().map(|lock| but(|w| w.code_locks[b] = lock)));
    worlds.extend(wrongs().into_iter().map(|wrong| but(|w| w.history.codes[b] = wrong)));
    for bit in 0..8 {
        worlds.push(but(|w| w.to_wallet[b] = Mail { sent: 1 << bit, owed: 0 }));
        worlds.push(but(|w| w.to_wallet[b] = Mail { sent: 0, owed: 1 << bit }));
    }
    worlds.extend((0..32).map(|bit| but(|w| w.to_bank[b] = 1 << bit)));
    worlds.push(but(|w| w.notices[b] = true));
    use Authentication::{OfAnother, OfThis};
    worlds.extend([OfAnother, OfThis].map(|on| but(|w| w.history.begun_on[b] = on)));
    worlds.push(but(|w| w.history.blocked[b] = true));
    worlds.push(but(|w| w.history.told_active[b] = true));
    worlds.push(but(|w| w.history.told_over[b] = true));
    worlds.push(but(|w| w.history.code_leaked[b] = true));
}

/// The same for one operation.
fn of_operation(o: usize, worlds: &mut Vec<Large>) {
    use wallet_client::State::{Answering, Sent, Settled};
    worlds.extend(operations().into_iter().map(|op| but(|w| w.operations[o] = op)));
    worlds.extend((0..3).map(|account| but(|w| w.operation_account[o] = account)));
    worlds.extend([Sent, Answering, Settled].map(|asker| but(|w| w.askers[o] = asker)));
    worlds.extend([Debit::Accepted, Debit::Refused].map(|debit| but(|w| w.debits[o] = debit)));
    let none = DebitMail::default();
    worlds.extend(
        [
            DebitMail { sent: true, ..none },
            DebitMail { owed: true, ..none },
            DebitMail { accepted: true, ..none },
            DebitMail { refused: true, ..none },
        ]
        .map(|mail| but(|w| w.debit_mail[o] = mail)),
    );
    worlds.extend([Actor::Holder, Actor::Attacker].map(|by| but(|w| w.history.proved_by[o] = by)));
    use Shown::{Code, CodeAndTwoFactors, Identity, Possession, TwoFactors};
    let shown = [Possession, TwoFactors, Code, CodeAndTwoFactors, Identity];
    worlds.extend(shown.map(|shown| but(|w| w.history.shown[o] = shown)));
    worlds.push(but(|w| w.history.went_through[o] = true));
    worlds.extend((1..3).map(|times| but(|w| w.history.executions[o] = times)));
}

/// Worlds that differ from the empty one, and from each other, in one record.
fn neighbours() -> Vec<Large> {
    let mut worlds = vec![Large::EMPTY];
    (0..3).for_each(|b| of_binding(b, &mut worlds));
    (0..4).for_each(|o| of_operation(o, &mut worlds));
    for a in 0..3 {
        worlds.extend(accounts().into_iter().map(|account| but(|w| w.accounts[a] = account)));
        worlds.extend((0..3).map(|binding| but(|w| w.created_for[a] = binding)));
        worlds.push(but(|w| w.history.reclaimed[a] = true));
        for d in 0..3 {
            worlds.extend(devices().into_iter().map(|device| but(|w| w.devices[a][d] = device)));
        }
    }
    for d in 0..3 {
        worlds.extend(locks().into_iter().map(|lock| but(|w| w.device_locks[d] = lock)));
        worlds.extend(wrongs().into_iter().map(|wrong| but(|w| w.history.devices[d] = wrong)));
    }
    for s in 0..2 {
        worlds.extend(slots().into_iter().map(|slot| but(|w| w.slots[s] = slot.into())));
    }
    worlds.extend(locks().into_iter().map(|lock| but(|w| w.strangers = lock)));
    worlds.extend(wrongs().into_iter().map(|wrong| but(|w| w.history.strangers = wrong)));
    worlds.extend((1..=u8::MAX).map(|total| but(|w| w.history.sent_total = total)));
    worlds
}

#[test]
fn what_is_held_comes_back() {
    assert_eq!(Held::from(Slot::Empty), Held::EMPTY);
    for slot in slots() {
        assert_eq!(Held::from(slot).slot(), slot);
    }
}

#[test]
fn every_field_comes_back() {
    for world in neighbours() {
        assert_eq!(Large::unpack(&world.pack()), world);
    }
}

#[test]
fn worlds_that_differ_in_one_record_pack_and_hash_differently() {
    let worlds = neighbours();
    let hasher = std::hash::BuildHasherDefault::<Words>::default();
    let mut hashes: Vec<u64> = worlds.iter().map(|world| hasher.hash_one(world)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), worlds.len());
}

#[test]
#[should_panic(expected = "counted no further than two")]
fn a_count_that_does_not_fit_is_a_defect() {
    but(|world| world.history.executions[0] = 4).pack();
}

#[test]
#[should_panic(expected = "more than half a word")]
fn a_word_that_is_too_full_is_a_defect() {
    bits::Filled::default().put(&0u32).put(&true).half();
}
