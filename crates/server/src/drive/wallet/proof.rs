//! What an answer to a challenge proves, compared with what the wallet itself holds.

use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Factors, Proof, Tie};
use bindproof::wire::{
    AccountId, BindingCode, BindingId, ChallengeAnswer, ChallengeId, ContactRef, PersonRef, Secret,
};

use super::WalletDrive;
use crate::codes;
use crate::defect::{Defect, planted};
use crate::key::Key;
use crate::record::{Authenticators, Credential, Devices, Kept, Links, OperationRefs, Operations};
use crate::store::StoreError;

/// What the edge has found of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// It is signed by the key that it names; then, by that of the operation's device.
    pub from_its_device: bool,
    /// Whose identity its evidence proves.
    pub identity: Option<PersonRef>,
}

/// What an answer brings.
pub(super) struct Offered {
    /// What it proves.
    pub proof: Proof,
    /// The binding whose code it presents.
    pub presented: Option<BindingId>,
    /// The authenticator that it brings to be enrolled.
    pub enrolment: Option<Credential>,
    /// The authenticator that it used, as it is known from now on.
    pub renewed: Option<Renewed>,
}

/// An authenticator as it is known from now on.
type Renewed = (Key, Kept<Authenticators>);

impl WalletDrive<'_> {
    /// What `answer` proves of the operation's challenge.
    pub(super) fn offered(
        &self,
        kept: &Kept<Operations>,
        answer: &ChallengeAnswer,
        shown: Shown,
    ) -> Result<Offered, StoreError> {
        let refs = &kept.refs;
        let demand = match kept.state {
            Operation::Challenged { demand, .. } => demand,
            _ => Demand::Decoy,
        };
        let (account, _) = self.account_of(refs)?;
        let demanded = self.demanded_binding(refs)?;
        let (code, presented) = self.presented(demanded, answer)?;
        let ceremony = refs.ceremony.as_deref().unwrap_or_default();
        let enrolment = answer.proof.authenticator.as_ref();
        let enrolment = enrolment.and_then(|said| self.verifier.enrolment(ceremony, said));
        let contact_proved = self.contact_proved(refs, demand, demanded, answer)?;
        let (asserted, renewed) = self.asserted(account, ceremony, answer)?;
        let enrols = demand.enrols(refs.request.action.kind());
        let proof = Proof {
            from_its_device: shown.from_its_device,
            // What brings an authenticator has to bring one that was made for this challenge.
            fits: refs.challenge == Some(answer.challenge) && (!enrols || enrolment.is_some()),
            factors: asserted.with_contact(contact_proved),
            code,
            contact: if contact_proved { Tie::Demanded } else { Tie::None },
            identity: shown.identity.is_some()
                && (self.person == shown.identity || planted(Defect::IdentityOfAnybody)),
        };
        Ok(Offered { proof, presented, enrolment, renewed })
    }

    /// Which binding a presented code is of.
    fn presented(
        &self,
        demanded: Option<BindingId>,
        answer: &ChallengeAnswer,
    ) -> Result<(Tie, Option<BindingId>), StoreError> {
        let Some(code) = answer.proof.binding_code else { return Ok((Tie::None, None)) };
        let now_ms = self.shard.now_ms();
        let genuine = |(key, kept): &(Key, Kept<Links>)| {
            let spent_through = match planted(Defect::SpentCodeRenewed) {
                true => i64::MIN,
                false => kept.refs.spent_through,
            };
            let current = kept.state.takes_code();
            let matches = kept.refs.secret.is_some_and(|secret| {
                is_genuine(&secret, (*key).into(), &code, now_ms, spent_through)
            });
            let any = planted(Defect::WrongCodeAccepted) && demanded.map(Key::from) == Some(*key);
            current & (matches | any)
        };
        let links = self.shard.each::<Links>()?;
        // Every link is compared, so that the time taken does not tell which one matched.
        let of: Vec<Key> = links.iter().filter(|l| genuine(l)).map(|(key, _)| *key).collect();
        let presented = of.first().map(|key| BindingId::from(*key));
        Ok((Tie::between(demanded, presented), presented))
    }

    /// Whether the one-time code is the one that was sent to the contact of this challenge.
    fn contact_proved(
        &self,
        refs: &OperationRefs,
        demand: Demand,
        demanded: Option<BindingId>,
        answer: &ChallengeAnswer,
    ) -> Result<bool, StoreError> {
        let (Some(said), Some(challenge)) = (answer.proof.one_time_code, refs.challenge) else {
            return Ok(false);
        };
        let Some(contact) = self.contact_of(refs, demand, demanded)? else { return Ok(false) };
        let expected = codes::one_time_code(self.code_key, coded(challenge), contact.as_str());
        Ok(codes::same(&expected, said.as_str()) || planted(Defect::ContactNotCompared))
    }

    /// The contact to which the one-time code of a challenge goes, if it takes one.
    pub(super) fn contact_of(
        &self,
        refs: &OperationRefs,
        demand: Demand,
        demanded: Option<BindingId>,
    ) -> Result<Option<ContactRef>, StoreError> {
        match demand {
            _ if demand.takes_code() => {
                let Some(binding) = demanded else { return Ok(None) };
                let kept = self.shard.find::<Links>(binding.into())?;
                Ok(kept.and_then(|kept| kept.refs.contact))
            }
            Demand::Factors(Factors::Possession) => {
                let (account, _) = self.account_of(refs)?;
                let links = self.shard.each::<Links>()?;
                let mut hers = links.iter().filter(|(_, kept)| {
                    account.is_some()
                        && kept.refs.account == account
                        && kept.state.state == bindproof::wallet::link::State::Active
                });
                Ok(hers.find_map(|(_, kept)| kept.refs.contact))
            }
            _ => Ok(None),
        }
    }

    /// The class of what the account's authenticators assert.
    fn asserted(
        &self,
        account: Option<AccountId>,
        ceremony: &str,
        answer: &ChallengeAnswer,
    ) -> Result<(Factors, Option<Renewed>), StoreError> {
        let Some(said) = answer.proof.assertion else { return Ok((Factors::None, None)) };
        let mut known = self.authenticators(account)?;
        let forms: Vec<Credential> = known.iter().map(|(_, kept)| kept.state.clone()).collect();
        let asserted = self.verifier.assertion(ceremony, &said, &forms);
        let renewed = asserted.renewed.filter(|(place, _)| *place < known.len());
        let renewed = renewed.map(|(place, credential)| {
            let (key, kept) = known.swap_remove(place);
            (key, Kept { state: credential, refs: kept.refs })
        });
        Ok((asserted.factors, renewed))
    }

    /// The live authenticators of an account: those on devices whose keys are trusted.
    pub(super) fn authenticators(
        &self,
        account: Option<AccountId>,
    ) -> Result<Vec<(Key, Kept<Authenticators>)>, StoreError> {
        let mut live = Vec::new();
        for (key, kept) in self.shard.each::<Authenticators>()? {
            let device = self.shard.find::<Devices>(key)?;
            let enrolled = device.is_some_and(|device| device.state.has_authenticator())
                || planted(Defect::RevokedAuthenticatorCounts);
            if enrolled && Some(kept.refs.account) == account {
                live.push((key, kept));
            }
        }
        Ok(live)
    }

    /// Sends the one-time code of a new challenge, if the challenge takes one.
    pub(super) fn send_code(
        &mut self,
        refs: &OperationRefs,
        demand: Demand,
        challenge: ChallengeId,
    ) -> Result<(), StoreError> {
        let demanded = self.demanded_binding(refs)?;
        let Some(contact) = self.contact_of(refs, demand, demanded)? else { return Ok(()) };
        let letter = crate::letter::Letter::OneTimeCode(challenge, contact);
        crate::drive::owe(
            self.shard,
            self.world,
            crate::store::Slot::Code,
            challenge.into(),
            &letter,
        )
    }
}

/// Whether a code is genuine; with a defect, for many periods.
fn is_genuine(
    secret: &Secret,
    binding: BindingId,
    code: &BindingCode,
    now_ms: i64,
    spent_through: i64,
) -> bool {
    let periods = if planted(Defect::OldCodeAccepted) { 10 } else { 1 };
    (0..periods).any(|ago| {
        let then_ms = now_ms - ago * codes::PERIOD_MS;
        codes::is_genuine(secret, binding, code, then_ms, spent_through)
    })
}

/// The challenge that a one-time code is of; with a defect, always the same.
pub fn coded(challenge: ChallengeId) -> ChallengeId {
    match planted(Defect::OneTimeCodeOfAnyChallenge) {
        true => ChallengeId::from_bytes([0; 16]),
        false => challenge,
    }
}
