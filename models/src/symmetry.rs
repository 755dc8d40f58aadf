//! The symmetry of a scope: which of its banks, devices, accounts, bindings, operations and server
//! instances could change places without anybody noticing.
//!
//! Two worlds that differ by such a change have the same future up to the same change, so a search
//! that keeps one of them, the *representative*, loses nothing. Accounts that come to exist later
//! keep their number: they are numbered in the order in which they come, whoever they are for.
//! Banks have no number in a world; they change places with their bindings.

mod permutation;

pub use permutation::Permutation;

use bindproof::wallet::kind::Kind;

use crate::capacity::LARGEST;
use crate::model::Without;
use crate::scope::{AccountScope, BindingScope, DeviceScope, OperationScope, Owner, Scope, Slots};
use crate::world::World;

/// The group of the permutations that leave a scope as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symmetry {
    /// Its members in ascending order; the first is the identity.
    pub permutations: Vec<Permutation>,
}

impl Symmetry {
    /// The symmetry of `scope` without these controls.
    pub fn of(scope: &Scope, without: Without) -> Self {
        let sizes = [
            scope.binding.len(),
            scope.operation.len(),
            scope.account.len(),
            scope.device.len(),
            scope.slots_needed(),
        ];
        // What no compiled world holds is nobody's to permute.
        if sizes.iter().zip(LARGEST).any(|(size, most)| *size > most) {
            return Self { permutations: vec![Permutation::IDENTITY] };
        }
        let mut found = vec![Permutation::IDENTITY];
        for (kind, size) in sizes.into_iter().enumerate() {
            let orders = orders(size);
            let wider = found
                .iter()
                .flat_map(|known| orders.iter().map(move |order| known.placing(kind, order)));
            found = wider.filter(|p| leaves_as_it_is(scope, without, kind, p)).collect();
        }
        found.sort_unstable();
        Self { permutations: found }
    }

    /// How many permutations there are: no orbit is larger.
    pub fn order(&self) -> usize {
        self.permutations.len()
    }

    /// Nothing can change places but with itself.
    pub fn is_trivial(&self) -> bool {
        self.order() == 1
    }

    /// The least of the worlds that differ from `world` by a permutation.
    pub fn representative<
        const B: usize,
        const O: usize,
        const A: usize,
        const D: usize,
        const S: usize,
    >(
        &self,
        world: &World<B, O, A, D, S>,
    ) -> World<B, O, A, D, S> {
        let others = self.permutations.iter().skip(1).map(|permutation| permutation.apply(world));
        others.fold(*world, Ord::min)
    }

    /// How many worlds differ from `world` by a permutation, itself included.
    pub fn orbit<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        &self,
        world: &World<B, O, A, D, S>,
    ) -> usize {
        let still = self.permutations.iter().filter(|p| p.apply(world) == *world).count();
        self.order() / still
    }
}

/// Every order of `size` things, as where each goes.
fn orders(size: usize) -> Vec<Vec<u8>> {
    let mut orders = vec![Vec::new()];
    for next in 0..size as u8 {
        let longer = orders.iter().flat_map(|order: &Vec<u8>| {
            (0..=order.len()).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, next);
                longer
            })
        });
        orders = longer.collect();
    }
    orders
}

/// Where things of this kind go, everything that is said of them in the scope stays said of them.
/// Kinds come in the order of [`LARGEST`]; what refers to another kind is asked of the later one.
fn leaves_as_it_is(scope: &Scope, without: Without, kind: usize, p: &Permutation) -> bool {
    match kind {
        0 => bindings_alike(scope, p),
        // What an operation refers to is not placed yet.
        1 => operations_alike(scope, p) && codes_in_order(scope, without, p),
        2 => without.nothing() || p.keeps_accounts(),
        3 => devices_alike(scope, p) && accounts_alike(scope, p) && references_alike(scope, p),
        _ => slots_alike(scope, p),
    }
}

fn devices_alike(scope: &Scope, p: &Permutation) -> bool {
    scope.device.iter().enumerate().all(|(d, device)| {
        let DeviceScope { owner } = *device;
        owner == scope.device[p.device(d)].owner
    })
}

fn accounts_alike(scope: &Scope, p: &Permutation) -> bool {
    scope.account.iter().enumerate().all(|(a, account)| {
        let AccountScope { owner, origin, verified, ref devices, session } = *account;
        let other = &scope.account[p.account(a)];
        let trusts = |devices: &[u8], d: usize| devices.contains(&(d as u8));
        (owner, origin, verified, session)
            == (other.owner, other.origin, other.verified, other.session)
            && (0..scope.device.len())
                .all(|d| trusts(devices, d) == trusts(&other.devices, p.device(d)))
    })
}

fn bindings_alike(scope: &Scope, p: &Permutation) -> bool {
    // A hostile bank speaks for all hostile banks: it is the first of them.
    let speaks = scope.bank.iter().position(|bank| !bank.honest);
    let spoken_for = |binding: &BindingScope| Some(usize::from(binding.bank)) == speaks;
    let bindings = || scope.binding.iter().enumerate();
    bindings().all(|(b, binding)| {
        let BindingScope { bank, instrument, asked_by, instrument_of, contact_of, consent } =
            *binding;
        let other = &scope.binding[p.binding(b)];
        let same_neighbours = bindings().all(|(c, neighbour)| {
            let beside = &scope.binding[p.binding(c)];
            let one_bank = neighbour.bank == bank;
            let one_instrument = one_bank && neighbour.instrument == instrument;
            let other_bank = beside.bank == other.bank;
            let other_instrument = other_bank && beside.instrument == other.instrument;
            (one_bank, one_instrument) == (other_bank, other_instrument)
        });
        (asked_by, instrument_of, contact_of, consent)
            == (other.asked_by, other.instrument_of, other.contact_of, other.consent)
            && scope.honest(b) == scope.honest(p.binding(b))
            && spoken_for(binding) == spoken_for(other)
            && same_neighbours
    })
}

/// What is said of operations, but what they refer to.
fn operations_alike(scope: &Scope, p: &Permutation) -> bool {
    scope.operation.iter().enumerate().all(|(o, operation)| {
        let other = &scope.operation[p.operation(o)];
        let OperationScope { kind, by, amount, environment, covered, again, .. } = *operation;
        let same_link =
            !kind.names_link() || p.binding(usize::from(operation.binding)) as u8 == other.binding;
        (kind, by, amount, environment, covered, again)
            == (other.kind, other.by, other.amount, other.environment, other.covered, other.again)
            && same_link
    })
}

/// What operations refer to. A reference that the kind of an operation does not use says nothing.
fn references_alike(scope: &Scope, p: &Permutation) -> bool {
    scope.operation.iter().enumerate().all(|(o, operation)| {
        let other = &scope.operation[p.operation(o)];
        let OperationScope { kind, device, account, other_device, .. } = *operation;
        let same = |d: u8, other: u8| p.device(usize::from(d)) == usize::from(other);
        let account = account.map(|a| p.account(usize::from(a)) as u8);
        same(device, other.device)
            && (kind != Kind::RevokeDevice || same(other_device, other.other_device))
            && account == other.account
    })
}

/// Whoever does not know the code that is demanded presents the first other one that they know. So
/// two bindings change their order only where no such choice between them can come up.
fn codes_in_order(scope: &Scope, without: Without, p: &Permutation) -> bool {
    let takes_code =
        |kind: Kind| matches!(kind, Kind::SignIn | Kind::ApproveBinding) || !without.nothing();
    let known = |operation: &OperationScope, b: usize| {
        let sees = operation.by == Owner::Attacker && scope.adversary.sees_codes;
        sees || scope.binding[b].asked_by == operation.by
    };
    let demanded = |operation: &OperationScope, b: usize| {
        operation.kind != Kind::ApproveBinding || usize::from(operation.binding) == b
    };
    let bindings = 0..scope.binding.len();
    scope.operation.iter().filter(|operation| takes_code(operation.kind)).all(|operation| {
        bindings.clone().filter(|b| demanded(operation, *b)).all(|demanded| {
            let mut choice = bindings.clone().filter(|b| *b != demanded && known(operation, *b));
            let mut last = choice.next();
            choice.all(|next| {
                let in_order = last.is_none_or(|last| p.binding(last) < p.binding(next));
                last = Some(next);
                in_order
            })
        })
    })
}

/// Two instances of one server are alike; one of each are not.
fn slots_alike(scope: &Scope, p: &Permutation) -> bool {
    matches!(scope.faults.slots, Slots::TwoWallets | Slots::TwoBanks) || p.keeps_slots()
}
