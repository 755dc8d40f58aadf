//! Properties of every reachable state.

use bindproof::bank::{binding::State as Bank, debit::Debit};
use bindproof::message::LinkStatus;
use bindproof::policy::Requirement;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link::State as Link;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;

use crate::drive::index;
use crate::model::Protocol;
use crate::network::ToBank;
use crate::scope::Owner;
use crate::world::{Actor, Authentication, World, Wrong};

/// A property of one state.
pub type StateProperty<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
> = fn(&Protocol<B, O, A, D, S>, &World<B, O, A, D, S>) -> bool;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The state properties by name.
    pub const STATE: [(&'static str, StateProperty<B, O, A, D, S>); 10] = [
        ("never-bound-without-registered-account", Self::never_bound_without_registered_account),
        ("one-account-per-person", Self::one_account_per_person),
        ("same-person-on-both-sides", Self::same_person_on_both_sides),
        ("every-binding-was-asked-for", Self::every_binding_was_asked_for),
        ("link-and-binding-agree", Self::link_and_binding_agree),
        ("pre-registered-account-captures-nothing", Self::pre_registered_captures_nothing),
        ("proof-spent-once", Self::proof_spent_once),
        ("tries-bounded", Self::tries_bounded),
        ("no-live-challenge-after-the-end", Self::no_live_challenge_after_the_end),
        ("acknowledged-is-durable", Self::acknowledged_is_durable),
    ];

    fn bindings(&self) -> std::ops::Range<usize> {
        0..self.scope.binding.len()
    }

    fn honest_bindings(&self) -> impl Iterator<Item = usize> + '_ {
        self.bindings().filter(|b| self.scope.honest(*b))
    }

    /// A bank that does not follow the protocol had this account made: for a person whom it may
    /// never have verified, with a contact that may be anybody's.
    fn made_by_hostile(&self, world: &World<B, O, A, D, S>, a: usize) -> bool {
        let hostile = index(world.created_for[a]).is_some_and(|b| !self.scope.honest(b));
        // Once the person has proved her identity on it, the account is hers.
        hostile && !world.history.reclaimed[a]
    }

    //= BIND-101 whenever a binding is active, the wallet activated that link on that open account
    fn never_bound_without_registered_account(&self, world: &World<B, O, A, D, S>) -> bool {
        self.honest_bindings().all(|b| {
            let bound = matches!(world.bindings[b].state, Bank::Active | Bank::Suspended);
            !bound
                || (index(world.binding_account[b]).is_some()
                    && world.history.activated_on[b] == world.binding_account[b])
        })
    }

    //= BIND-103 never two verified accounts that are not closed
    fn one_account_per_person(&self, world: &World<B, O, A, D, S>) -> bool {
        world.accounts.iter().filter(|account| account.is_verified()).count() <= 1
    }

    //= BIND-104 the holder of the instrument, of the account, and who proved are one person
    fn same_person_on_both_sides(&self, world: &World<B, O, A, D, S>) -> bool {
        let instruments = self.honest_bindings().all(|b| {
            world.links[b].state != Link::Active
                || self.scope.binding[b].instrument_of == Owner::Holder
        });
        let proofs = (0..self.scope.operation.len()).all(|o| {
            let verified = index(world.operation_account[o]).is_some_and(|a| {
                world.accounts[a].is_verified() && !self.made_by_hostile(world, a)
            });
            let strong = matches!(
                world.operations[o],
                Operation::Authenticated { demand, .. }
                    if demand.requirement() >= Requirement::TwoFactor
            );
            !(verified && strong) || world.history.proved_by[o] == Actor::Holder
        });
        instruments && proofs
    }

    //= BIND-105 each active link matches one request by the holder, with fresh authentication
    fn every_binding_was_asked_for(&self, world: &World<B, O, A, D, S>) -> bool {
        self.honest_bindings().all(|b| {
            let asked = &self.scope.binding[b];
            let live = !matches!(world.bindings[b].state, Bank::Absent | Bank::Closed(_))
                || world.links[b].state.is_live();
            // One authentication begins one binding, the one that it was made for.
            let truly = world.history.begun_on[b] == Authentication::OfThis
                && asked.consent
                && world.clients[b] != bindproof::bank::client::State::Idle;
            !live || truly
        })
    }

    //= BIND-106 link and binding agree, and an instrument has one live link
    fn link_and_binding_agree(&self, world: &World<B, O, A, D, S>) -> bool {
        let each = self.honest_bindings().all(|b| {
            let binding = world.bindings[b].state;
            let link = world.links[b].state;
            let known = matches!(
                binding,
                Bank::Linking
                    | Bank::AwaitingApproval
                    | Bank::Active
                    | Bank::Suspended
                    | Bank::Ending(_)
            );
            let same = world.link_account[b] == world.binding_account[b];
            let linked = matches!(link, Link::Active | Link::Suspended);
            let bound = matches!(binding, Bank::Active | Bank::Suspended);
            let unlinked = matches!(
                link,
                Link::Absent | Link::Matched | Link::Registered | Link::AwaitingApproval
            );
            (!linked || (known && same)) && !(bound && unlinked)
        });
        let live = |b: usize| matches!(world.links[b].state, Link::Active | Link::Suspended);
        let one = self.honest_bindings().all(|b| {
            let terms = self.scope.binding[b];
            !self.honest_bindings().any(|other| {
                let twin = self.scope.binding[other];
                other > b
                    && (twin.bank, twin.instrument) == (terms.bank, terms.instrument)
                    && live(b)
                    && live(other)
            })
        });
        each && one
    }

    //= BIND-108 what an attacker set up before the person came captures nothing of hers
    fn pre_registered_captures_nothing(&self, world: &World<B, O, A, D, S>) -> bool {
        let prepared = |a: usize| {
            self.scope.account.get(a).is_some_and(|account| account.owner == Owner::Attacker)
        };
        let links = self.honest_bindings().all(|b| {
            let hangs_on = index(world.link_account[b]);
            let caught = hangs_on.is_some_and(|a| {
                (prepared(a) && !world.accounts[a].is_verified())
                    || (self.made_by_hostile(world, a) && world.links[b].state == Link::Active)
            });
            !(caught && world.links[b].state.is_live())
        });
        let hers = |a: &usize| world.accounts[*a].is_verified() && !self.made_by_hostile(world, *a);
        let devices = (0..A).filter(hers).all(|a| {
            let strangers = self.scope.device.iter().enumerate();
            strangers
                .filter(|(_, device)| device.owner == Owner::Attacker)
                .all(|(d, _)| !world.devices[a][d].is_trusted())
        });
        links && devices
    }

    //= BIND-109 a proof is spent once
    fn proof_spent_once(&self, world: &World<B, O, A, D, S>) -> bool {
        world.history.executions.iter().all(|executions| *executions <= 1)
    }

    //= BIND-112 no path takes more wrong answers than its limits, whatever happens in between
    fn tries_bounded(&self, world: &World<B, O, A, D, S>) -> bool {
        let bounded = |wrong: &Wrong| wrong.run <= self.limits.run && wrong.day <= self.limits.day;
        let history = &world.history;
        bounded(&history.strangers)
            && history.devices.iter().all(bounded)
            && history.codes.iter().all(bounded)
    }

    //= BIND-113 no challenge that could be met outlives what it was made for
    fn no_live_challenge_after_the_end(&self, world: &World<B, O, A, D, S>) -> bool {
        (0..self.scope.operation.len()).all(|o| {
            let scope = &self.scope.operation[o];
            let decoy =
                matches!(world.operations[o], Operation::Challenged { demand: Demand::Decoy, .. });
            if !world.operations[o].is_under_way() || decoy || scope.kind == Kind::Recover {
                return true;
            }
            let open =
                index(world.operation_account[o]).is_some_and(|a| world.accounts[a].is_open());
            let revoked = index(world.operation_account[o])
                .is_some_and(|a| world.devices[a][usize::from(scope.device)] == Device::Revoked);
            let linked =
                !scope.kind.names_link() || world.links[usize::from(scope.binding)].state.is_live();
            open && linked && !revoked
        })
    }

    //= BIND-119 what was answered as done is in the durable state
    fn acknowledged_is_durable(&self, world: &World<B, O, A, D, S>) -> bool {
        let wallet = self.honest_bindings().all(|b| {
            let link = world.links[b].state;
            ToBank::in_mask(world.to_bank[b]).all(|answer| match answer {
                ToBank::Created(a) => {
                    world.accounts[usize::from(a)].is_open()
                        || world.accounts[usize::from(a)]
                            == bindproof::wallet::account::Account::Closed
                }
                ToBank::Link(LinkStatus::Active { .. } | LinkStatus::Suspended { .. }) => {
                    matches!(link, Link::Active | Link::Suspended) || link.is_over()
                }
                ToBank::Link(LinkStatus::AwaitingApproval) => {
                    !matches!(link, Link::Absent | Link::Registered)
                }
                ToBank::Link(LinkStatus::Ended) => link.is_over(),
                _ => true,
            })
        });
        let bank = self.honest_bindings().all(|b| {
            let state = world.bindings[b].state;
            let over = matches!(state, Bank::Ending(_) | Bank::Closed(_));
            let active = over || matches!(state, Bank::Active | Bank::Suspended);
            (!world.history.told_active[b] || active) && (!world.history.told_over[b] || over)
        });
        let debits = (0..self.scope.operation.len()).all(|o| {
            let mail = world.debit_mail[o];
            (!mail.accepted || world.debits[o] == Debit::Accepted)
                && (!mail.refused || world.debits[o] == Debit::Refused)
        });
        wallet && bank && debits
    }
}

/// The name of a property that always holds.
pub const LOOKED_AT: &str = "every state is looked at";

/// The state properties as stateright takes them, for its explorer and as a second opinion. One
/// that always holds comes first: without it stateright would stop before it has seen everything.
pub fn as_stateright<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
>() -> Vec<stateright::Property<Protocol<B, O, A, D, S>>> {
    let always = stateright::Property::always(LOOKED_AT, |_, _| true);
    let properties = Protocol::<B, O, A, D, S>::STATE;
    core::iter::once(always)
        .chain(properties.map(|(name, holds)| stateright::Property::always(name, holds)))
        .collect()
}
