//! What must come to be, on every fair path. What is promised is in [`crate::fairness`].
//!
//! A property speaks of each binding, operation and account for itself: that one comes to rest is
//! no substitute for another that never does.

use bindproof::bank::binding::State as Bank;
use bindproof::bank::client::State as Client;
use bindproof::bank::debit::Debit;
use bindproof::wallet::client::State as Asker;
use bindproof::wallet::kind::Kind as Operates;
use bindproof::wallet::link::State as Link;
use bindproof::wallet::operation::Operation;
use bindproof_checker::LeadsTo;

use super::{ALL, Kind};
use crate::drive::index;
use crate::model::Protocol;
use crate::scope::{Owner, Scope};
use crate::world::World;

/// The properties of progress, with their numbers, in the order of the specification.
pub fn named() -> impl Iterator<Item = &'static (u8, &'static str, Kind)> {
    ALL.iter().filter(|(_, _, kind)| *kind == Kind::Progress)
}

/// One property of progress.
pub type Progress<
    'm,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
> = fn(&'m Protocol<B, O, A, D, S>) -> LeadsTo<'m, Protocol<B, O, A, D, S>>;

/// A request that somebody repeats until it is settled.
#[derive(Clone, Copy)]
pub(super) enum Request {
    /// Of the holder's bank client: for a binding, or to be rid of it.
    Client(usize),
    /// Of a bank to the wallet about a binding.
    Bank(usize),
    /// The wallet's notice about a link.
    Notice(usize),
    /// Of the holder's wallet client: an operation.
    Asker(usize),
    /// The wallet's for a debit.
    Debit(usize),
}

/// What two parties keep books on.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// A binding and its link.
    Binding(usize),
    /// A payment and its debit.
    Payment(usize),
}

/// What may be half of something.
#[derive(Clone, Copy)]
pub(super) enum Half {
    /// A binding or its link.
    Binding(usize),
    /// An account that a bank had registered.
    Account(usize),
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The properties of progress by name.
    pub fn progress<'m>() -> [(&'static str, Progress<'m, B, O, A, D, S>); 5] {
        [
            ("every-request-settles", Self::every_request_settles),
            ("ledgers-come-to-agree", Self::ledgers_come_to_agree),
            ("no-half-stays-alone", Self::no_half_stays_alone),
            ("an-end-reaches-both-sides", Self::an_end_reaches_both_sides),
            ("every-challenge-settles", Self::every_challenge_settles),
        ]
    }

    /// Bindings at honest banks.
    fn at_honest_banks(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.scope.binding.len()).filter(|b| self.scope.honest(*b))
    }

    /// The holder asks for this binding, in a client that follows the protocol.
    pub(crate) fn is_hers(&self, b: usize) -> bool {
        self.scope.binding[b].asked_by == Owner::Holder
    }

    /// Bindings that an honest bank begins when it is asked for them.
    pub(super) fn begun(&self) -> impl Iterator<Item = usize> + '_ {
        begun(&self.scope)
    }

    /// Payments that an honest bank is asked to debit.
    fn payments(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.scope.operation.len()).filter(|o| {
            let operation = self.scope.operation[*o];
            let honest = || self.scope.honest(usize::from(operation.binding));
            operation.kind == Operates::Pay && honest()
        })
    }

    /// Whatever somebody may keep asking for, each for itself.
    pub(super) fn requests(&self) -> Vec<Request> {
        let her_operation = |o: &usize| self.scope.operation[*o].by == Owner::Holder;
        let about_bindings = self.at_honest_banks().flat_map(|b| {
            let client = self.is_hers(b).then_some(Request::Client(b));
            [Request::Bank(b), Request::Notice(b)].into_iter().chain(client)
        });
        let about_operations = (0..self.scope.operation.len())
            .filter(her_operation)
            .map(Request::Asker)
            .chain(self.payments().map(Request::Debit));
        about_bindings.chain(about_operations).collect()
    }

    /// Whatever both ledgers have, each for itself.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let payments = self.payments().map(Entry::Payment);
        self.begun().map(Entry::Binding).chain(payments).collect()
    }

    /// Whatever may be half of something, each for itself.
    pub(super) fn halves(&self) -> Vec<Half> {
        self.begun().map(Half::Binding).chain((0..A).map(Half::Account)).collect()
    }

    //= BIND-125 whatever somebody keeps asking for is settled
    /// Every request that its sender repeats is settled: the bank client is told that the binding
    /// is active or over, the wallet client how its operation came out, a bank has its answer, a
    /// notice its receipt, and a debit its decision.
    pub fn every_request_settles(&self) -> LeadsTo<'_, Self> {
        let waits = |_: &Self, world: &World<B, O, A, D, S>, request| match request {
            Request::Client(b) => matches!(world.clients[b], Client::Sent | Client::Leaving),
            Request::Bank(b) => world.to_wallet[b].owed != 0,
            Request::Notice(b) => world.notices[b],
            Request::Asker(o) => matches!(world.askers[o], Asker::Sent | Asker::Answering),
            Request::Debit(o) => world.debit_mail[o].owed,
        };
        each(self.requests(), waits, move |model, world, request| !waits(model, world, request))
    }

    //= BIND-147 the ledgers of both sides come to agree, and stay so
    /// The bank's binding and the wallet's link come to say the same, with nothing owed between
    /// them, and stay so; a payment comes to be executed exactly if the bank stands by its debit.
    pub fn ledgers_come_to_agree(&self) -> LeadsTo<'_, Self> {
        let agree = |model: &Self, world: &World<B, O, A, D, S>, entry| match entry {
            Entry::Binding(b) => {
                let quiet = world.to_wallet[b].owed == 0 && !world.notices[b];
                quiet && model.say_the_same(world, b)
            }
            Entry::Payment(o) => {
                let debited = world.debits[o] == Debit::Accepted;
                debited == (world.operations[o] == Operation::Executed)
            }
        };
        let differ = move |model: &_, world: &_, entry| !agree(model, world, entry);
        each(self.entries(), differ, agree).for_good()
    }

    //= BIND-148 no half of a binding stays alone
    /// A binding without a usable link, a link without a usable binding, and an account that a bank
    /// had registered for one that never came to be usable: none of them stays.
    pub fn no_half_stays_alone(&self) -> LeadsTo<'_, Self> {
        let alone = |model: &Self, world: &World<B, O, A, D, S>, half| match half {
            Half::Binding(b) => !is_usable(world, b) && !is_gone(world, b),
            Half::Account(a) => model.waits_for_nobody(world, a),
        };
        each(self.halves(), alone, move |model, world, half| !alone(model, world, half))
    }

    //= BIND-149 an end on either side is followed by one on the other
    /// A binding that the bank has ended, or ends, and a link that is over: each is followed by the
    /// end of the other.
    pub fn an_end_reaches_both_sides(&self) -> LeadsTo<'_, Self> {
        let ends = |_: &Self, world: &World<B, O, A, D, S>, b: usize| {
            let ended = matches!(world.bindings[b].state, Bank::Ending(_) | Bank::Closed(_));
            (ended || world.links[b].state.is_over()) && !is_gone(world, b)
        };
        each(self.begun().collect(), ends, |_, world, b| is_gone(world, b))
    }

    //= BIND-129 no operation stays under way
    //= BIND-150 a debit is asked for until it is answered
    /// A challenge is passed, failed or expires, a proof is spent or expires, and a payment that
    /// was sent for debit comes to its end: no operation stays under way, whoever began it.
    pub fn every_challenge_settles(&self) -> LeadsTo<'_, Self> {
        let open = |model: &Self, world: &World<B, O, A, D, S>, o: usize| {
            let debits = world.operations[o] == Operation::Debiting;
            let honest = || model.payments().any(|payment| payment == o);
            world.operations[o].is_under_way() || (debits && honest())
        };
        let operations = (0..self.scope.operation.len()).collect();
        each(operations, open, move |model, world, o| !open(model, world, o))
    }

    /// Bank and wallet say the same of a binding that is not on its way, on an account that is
    /// open.
    fn say_the_same(&self, world: &World<B, O, A, D, S>, b: usize) -> bool {
        let (binding, link) = (world.bindings[b], world.links[b]);
        let states = match binding.state {
            Bank::Active => link.state == Link::Active,
            Bank::Suspended => link.state == Link::Suspended,
            _ => return is_gone(world, b),
        };
        let account = index(world.link_account[b]);
        let same = index(world.binding_account[b]) == account;
        let open = account.is_some_and(|a| world.accounts[a].is_open());
        states && link.bank_revision == binding.revision && same && open
    }

    /// A bank had this account registered, its holder never used it, and no usable binding is on
    /// it. What a hostile bank keeps there is its own.
    fn waits_for_nobody(&self, world: &World<B, O, A, D, S>, a: usize) -> bool {
        let mut on_it =
            (0..self.scope.binding.len()).filter(|b| index(world.link_account[*b]) == Some(a));
        let kept = |b: usize| match self.scope.honest(b) {
            true => is_usable(world, b),
            false => world.links[b].state.keeps_account(),
        };
        world.accounts[a].awaits_first_authentication() && !on_it.any(kept)
    }
}

/// Whether a property of progress has anything to speak of in a scope. Nothing comes to be where
/// deadlines do not pass.
pub fn speaks_of(scope: &Scope, name: &str) -> bool {
    let hers = |b: usize| scope.honest(b) && scope.binding[b].asked_by == Owner::Holder;
    scope.faults.deadlines
        && match name {
            "every-request-settles" => {
                let own = scope.operation.iter().any(|operation| operation.by == Owner::Holder);
                own || (0..scope.binding.len()).any(hers)
            }
            "every-challenge-settles" => !scope.operation.is_empty(),
            _ => begun(scope).next().is_some(),
        }
}

/// Bindings that an honest bank begins when it is asked for them.
fn begun(scope: &Scope) -> impl Iterator<Item = usize> + '_ {
    (0..scope.binding.len()).filter(|b| {
        let terms = scope.binding[*b];
        let hers = [terms.asked_by, terms.instrument_of] == [Owner::Holder; 2];
        scope.honest(*b) && hers && terms.consent
    })
}

/// What is asked of each of several parts: that where `from` says so, `to` follows.
fn each<
    'm,
    P: Copy + Send + Sync + 'm,
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>(
    parts: Vec<P>,
    from: impl Fn(&Protocol<B, O, A, D, S>, &World<B, O, A, D, S>, P) -> bool + Sync + 'm,
    to: impl Fn(&Protocol<B, O, A, D, S>, &World<B, O, A, D, S>, P) -> bool + Sync + 'm,
) -> LeadsTo<'m, Protocol<B, O, A, D, S>> {
    let count = parts.len();
    let same = parts.clone();
    LeadsTo::each(
        count,
        move |model, world, part| from(model, world, parts[part]),
        move |model, world, part| to(model, world, same[part]),
    )
}

/// Both halves of a binding can be used, or could if the bank had not suspended it.
fn is_usable<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    world: &World<B, O, A, D, S>,
    b: usize,
) -> bool {
    let bound = matches!(world.bindings[b].state, Bank::Active | Bank::Suspended);
    bound && matches!(world.links[b].state, Link::Active | Link::Suspended)
}

/// Neither half of a binding is there, or both are over.
fn is_gone<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    world: &World<B, O, A, D, S>,
    b: usize,
) -> bool {
    let bound = matches!(world.bindings[b].state, Bank::Absent | Bank::Closed(_));
    bound && (world.links[b].state == Link::Absent || world.links[b].state.is_over())
}
