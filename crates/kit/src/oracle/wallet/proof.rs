//! What an answer to a challenge proves: what the kit offers, and what it knows that to be.

use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors, Proof, Tie};
use bindproof::wire::{BindingId, OperationId, PersonRef};

use super::{OperationRecord, Wallet};

/// What an authenticator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The authenticator's public key.
    pub by: String,
    /// Made for the challenge that is answered.
    pub fits: bool,
    /// The person was known to it.
    pub verified: bool,
}

/// What an answer offers, as the kit that made it knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// It is signed by the key of the operation's device.
    pub from_its_device: bool,
    /// It answers the challenge that is open.
    pub this_challenge: bool,
    /// The binding of which it has a genuine code, not spent yet.
    pub code_of: Option<BindingId>,
    /// The one-time code is the one that was sent with this challenge.
    pub contact: bool,
    /// What an authenticator says.
    pub asserted: Option<Asserted>,
    /// The authenticator that it brings, made for this challenge.
    pub enrolment: Option<String>,
    /// Whose identity it proves.
    pub identity: Option<PersonRef>,
}

impl Wallet {
    /// What an offer proves, and the binding whose code it presents.
    pub(super) fn proof_of(
        &self,
        id: OperationId,
        record: &OperationRecord,
        offer: &Offer,
    ) -> (Proof, Option<BindingId>) {
        let demand = match record.state {
            Operation::Challenged { demand, .. } => demand,
            _ => Demand::Decoy,
        };
        let demanded = self.demanded_binding(id);
        let genuine = offer.code_of.filter(|binding| self.link(*binding).takes_code());
        let contact = offer.contact && demand.takes_code();
        let asserted = self.asserted(record, offer);
        let enrols = demand.enrols(record.request.action.kind());
        let proof = Proof {
            from_its_device: offer.from_its_device,
            fits: offer.this_challenge && (!enrols || offer.enrolment.is_some()),
            factors: asserted.with_contact(contact),
            code: Tie::between(demanded, genuine),
            contact: if contact { Tie::Demanded } else { Tie::None },
            identity: offer.identity.is_some() && offer.identity == self.person_of(record),
        };
        (proof, genuine)
    }

    fn asserted(&self, record: &OperationRecord, offer: &Offer) -> Factors {
        let (account, _) = self.runs_on(record);
        let Some(asserted) = &offer.asserted else { return Factors::None };
        let known = self.authenticators.iter().any(|((of, device), key)| {
            Some(*of) == account
                && *key == asserted.by
                && self.device(account, *device).has_authenticator()
        });
        match (known && asserted.fits, asserted.verified) {
            (false, _) => Factors::None,
            (true, false) => Factors::Possession,
            (true, true) => Factors::Two,
        }
    }
}
