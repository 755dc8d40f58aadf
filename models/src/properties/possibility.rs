//! What must be at rest when nothing is left to happen, and what must stay possible.

use bindproof::bank::binding::State as Bank;
use bindproof::bank::client::State as Client;
use bindproof::bank::debit::Debit;
use bindproof::wallet::client::State as Asker;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link::State as Link;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;

use crate::drive::index;
use crate::model::Protocol;
use crate::scope::Owner;
use crate::world::World;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    //= BIND-126 at rest both ledgers say the same
    //= BIND-127 at rest no account waits for nobody
    //= BIND-128 at rest every end has reached both sides
    /// Whether everything is in order in a world in which nothing is left to happen but what
    /// somebody chooses: the ledgers agree, and nothing waits.
    pub fn quiescent_agreement(&self, world: &World<B, O, A, D, S>) -> bool {
        let bindings = (0..self.scope.binding.len()).filter(|b| self.scope.honest(*b)).all(|b| {
            let (binding, link) = (world.bindings[b], world.links[b]);
            let agree = match binding.state {
                Bank::Absent => link.state == Link::Absent,
                Bank::Active => {
                    link.state == Link::Active && link.bank_revision == binding.revision
                }
                Bank::Suspended => {
                    link.state == Link::Suspended && link.bank_revision == binding.revision
                }
                Bank::Closed(_) => link.state == Link::Absent || link.state.is_over(),
                _ => false,
            };
            let on_open = !link.state.is_live()
                || index(world.link_account[b]).is_some_and(|a| world.accounts[a].is_open());
            let nothing_owed = world.to_wallet[b].owed == 0 && !world.notices[b];
            let settled = matches!(world.clients[b], Client::Idle | Client::Settled);
            agree && on_open && nothing_owed && settled
        });
        let own = |o: &usize| self.scope.operation[*o].by == Owner::Holder;
        let operations = (0..self.scope.operation.len()).filter(own).all(|o| {
            let open =
                world.operations[o].is_under_way() || world.operations[o] == Operation::Debiting;
            let settled = matches!(world.askers[o], Asker::Idle | Asker::Settled);
            // A payment is executed at the wallet exactly if the bank stands by its debit.
            let pays = self.scope.operation[o].kind == Kind::Pay;
            let executed = world.operations[o] == Operation::Executed;
            let agreed = !pays || executed == (world.debits[o] == Debit::Accepted);
            !open && settled && !world.debit_mail[o].owed && agreed
        });
        let accounts = (0..A).all(|a| {
            let holds = (0..self.scope.binding.len()).any(|b| {
                index(world.link_account[b]) == Some(a) && world.links[b].state.keeps_account()
            });
            !world.accounts[a].awaits_first_authentication() || holds
        });
        bindings && operations && accounts && world.slots.iter().all(|held| held.is_empty())
    }

    /// Bindings of the person at banks that follow the protocol.
    fn own_bindings(&self) -> impl Iterator<Item = usize> + '_ {
        let own =
            |b: &usize| self.scope.honest(*b) && self.scope.binding[*b].asked_by == Owner::Holder;
        (0..self.scope.binding.len()).filter(own)
    }

    //= BIND-130 the holder can always leave
    /// The holder has left: no binding of hers is open at the bank, nor any link at the wallet.
    pub fn has_left(&self, world: &World<B, O, A, D, S>) -> bool {
        self.own_bindings().all(|b| {
            let gone = matches!(world.bindings[b].state, Bank::Absent | Bank::Closed(_));
            gone && (world.links[b].state == Link::Absent || world.links[b].state.is_over())
        })
    }

    //= BIND-131 the holder can bind again
    /// An id is left that she has not used.
    pub fn has_unused_binding(&self, world: &World<B, O, A, D, S>) -> bool {
        self.own_bindings().any(|b| world.clients[b] == Client::Idle)
    }

    /// A binding of hers is active, or waits for nothing but her own approval: at bank and wallet
    /// alike, and on an account on which she can approve it.
    pub fn is_bound(&self, world: &World<B, O, A, D, S>) -> bool {
        self.own_bindings().any(|b| match world.bindings[b].state {
            Bank::Active => true,
            Bank::AwaitingApproval => {
                let account = index(world.link_account[b]);
                world.links[b].state == Link::AwaitingApproval
                    && account.is_some_and(|a| world.accounts[a].is_authenticated())
            }
            _ => false,
        })
    }

    //= BIND-132 the holder is not locked out for ever
    /// She has an account, and an operation with which she could still get into it.
    pub fn could_get_in(&self, world: &World<B, O, A, D, S>) -> bool {
        let account = world.accounts.iter().any(|account| account.is_verified());
        let operations = self.scope.operation.iter().enumerate();
        let way = operations
            .filter(|(_, operation)| {
                operation.by == Owner::Holder
                    && matches!(operation.kind, Kind::SignIn | Kind::Recover)
            })
            .filter(|(_, operation)| {
                !(0..A).any(|a| world.devices[a][usize::from(operation.device)] == Device::Revoked)
            })
            .any(|(o, _)| match world.operations[o] {
                Operation::Absent => world.askers[o] != Asker::Settled,
                // A sign-in that was started before there was an account is a wasted one.
                Operation::Challenged { demand, .. } => demand != Demand::Decoy,
                state => state.is_under_way(),
            });
        account && way
    }

    /// She is signed in to her account.
    pub fn is_in(&self, world: &World<B, O, A, D, S>) -> bool {
        (0..A).filter(|a| world.accounts[*a].is_verified()).any(|a| {
            let devices = self.scope.device.iter().enumerate();
            devices
                .filter(|(_, device)| device.owner == Owner::Holder)
                .any(|(d, _)| world.devices[a][d].in_session())
        })
    }
}
