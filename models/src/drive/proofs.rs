//! What whoever runs an operation can prove.

use bindproof::wallet::device::Device;
use bindproof::wallet::facts::demanded;
use bindproof::wallet::proof::{Demand, Factors, Proof, Tie};

use super::{Drive, index};
use crate::action::Answer;
use crate::scope::Owner;
use crate::world::NONE;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'_, B, O, A, D, S>
{
    /// What is proved by this answer, and which binding's code it presents.
    pub(super) fn proof(&self, at: usize, demand: Demand, answer: Answer) -> (Proof, u8) {
        let nothing = Proof {
            from_its_device: self.model.has_key(at),
            fits: true,
            factors: Factors::None,
            code: Tie::None,
            contact: Tie::None,
            identity: false,
        };
        match answer {
            Answer::Wrong => (nothing, NONE),
            Answer::FromElsewhere => (Proof { from_its_device: false, ..nothing }, NONE),
            Answer::ProofOfAnother => {
                (Proof { fits: false, factors: Factors::Two, identity: true, ..nothing }, NONE)
            }
            Answer::CodeInVain => {
                let demanded = self.demanded_binding(at);
                match demanded.filter(|b| self.knows_code(at, *b)) {
                    Some(b) => (Proof { code: Tie::Demanded, ..nothing }, b as u8),
                    None => (nothing, NONE),
                }
            }
            Answer::Best => self.best_proof(at, demand, nothing),
        }
    }

    /// The best that whoever runs the operation can give.
    fn best_proof(&self, at: usize, demand: Demand, nothing: Proof) -> (Proof, u8) {
        let scope = &self.model.scope;
        let by = scope.operation[at].by;
        let demanded = self.demanded_binding(at);
        let bindings = 0..scope.binding.len();
        let other = |tests: &dyn Fn(usize) -> bool| {
            bindings.clone().find(|b| Some(*b) != demanded && tests(*b))
        };
        let own_contact = |b: usize| scope.binding[b].contact_of == by;
        let contact = match demanded {
            Some(b) if own_contact(b) => Tie::Demanded,
            _ if other(&own_contact).is_some() => Tie::Other,
            _ => Tie::None,
        };
        let knows = |b: usize| self.knows_code(at, b);
        let code_of = demanded.filter(|b| knows(*b)).or_else(|| other(&knows));
        let code_of = code_of.filter(|_| demand.takes_code());
        let code = Tie::between(demanded, code_of);
        let code_of = code_of.map_or(NONE, |b| b as u8);
        let identity = by == Owner::Holder && scope.operation[at].kind.proves_identity();
        (Proof { factors: self.factors(at), code, contact, identity, ..nothing }, code_of)
    }

    /// The account's own factors that whoever runs the operation has.
    fn factors(&self, at: usize) -> Factors {
        let scope = &self.model.scope;
        let operation = &scope.operation[at];
        let (Some(a), _) = self.model.account_of(self.model.controls, self.world, at) else {
            return Factors::None;
        };
        let enrolled = |d: usize| self.world.devices[a][d].has_authenticator();
        let devices = 0..scope.device.len();
        let own = devices.clone().any(|d| scope.device[d].owner == operation.by && enrolled(d));
        let phone = operation.by == Owner::Attacker
            && scope.adversary.holds_phone
            && devices.clone().any(|d| scope.device[d].owner == Owner::Holder && enrolled(d));
        match (own, phone) {
            (true, _) => Factors::Two,
            (false, true) => Factors::Possession,
            (false, false) => Factors::None,
        }
    }

    /// The binding whose code an operation's challenge is about.
    pub(super) fn demanded_binding(&self, at: usize) -> Option<usize> {
        let operation = &self.model.scope.operation[at];
        let named = || Some(usize::from(operation.binding));
        demanded(operation.kind, named, || {
            let (account, _) = self.model.account_of(self.model.controls, self.world, at);
            index(self.world.created_for[account?])
        })
    }

    /// Whoever runs the operation has seen the current code of this binding: in the bank client
    /// from which it was asked for, or when it was presented.
    fn knows_code(&self, at: usize, b: usize) -> bool {
        let by = self.model.scope.operation[at].by;
        let link = self.world.links[b];
        let asked = self.world.clients[b] != bindproof::bank::client::State::Idle;
        let shown = asked && self.model.scope.binding[b].asked_by == by;
        let leaked = by == Owner::Attacker && self.world.history.code_leaked[b];
        link.takes_code() && (shown || leaked)
    }

    /// The operation's device on the account that it runs on.
    pub(super) fn device(&self, at: usize) -> Device {
        let (account, _) = self.model.account_of(self.model.controls, self.world, at);
        let d = usize::from(self.model.scope.operation[at].device);
        account.map_or(Device::Unknown, |a| self.world.devices[a][d])
    }
}
