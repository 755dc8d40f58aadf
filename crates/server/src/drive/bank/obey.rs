//! Steps a binding and obeys what the step orders.

use bindproof::bank::binding::{Binding, Input, Order, Outcome, State};
use bindproof::journal::Event;
use bindproof::wire::{
    AccountId, AccountQuery, AccountRegistration, BindOutcome, Consent, EndReason, LinkEnd,
    LinkRequest, LinkResume, LinkSuspend, Standing,
};

use super::{BINDING, BankDrive};
use crate::codes;
use crate::defect::{Defect, planted, steps};
use crate::drive::{Said, owe, settle};
use crate::key::Key;
use crate::letter::Letter;
use crate::record::{BindingRefs, BindingTerms, Bindings, Kept, RecordKind};
use crate::store::{Slot, StoreError, Timer};

impl BankDrive<'_> {
    /// Steps a binding and answers where it stands.
    pub(super) fn tell(&mut self, key: Key, refs: BindingRefs, input: Input) -> Said<BindOutcome> {
        if let Err(refusal) = self.step_binding(key, refs, input, None)? {
            return Ok(Err(refusal));
        }
        let kept = self.shard.find::<Bindings>(key)?;
        let kept = kept.ok_or_else(|| StoreError::corrupt(format!("binding {key}"), "gone"))?;
        Ok(Ok(BindOutcome { binding: key.into(), standing: self.standing(key, &kept) }))
    }

    /// Steps a binding; `named` is the account that the wallet named, if it named any.
    pub(super) fn step_binding(
        &mut self,
        key: Key,
        mut refs: BindingRefs,
        input: Input,
        named: Option<AccountId>,
    ) -> Said<()> {
        let known = self.shard.find::<Bindings>(key)?;
        let before = known.as_ref().map_or(Binding::ABSENT, |kept| kept.state);
        let verdict = steps::binding(before, input);
        // The account is noted in the step that asks for the link, and never again.
        if verdict.orders().any(|order| order == Order::SendLinkRequest) && refs.account.is_none() {
            refs.account = named;
        }
        let kept_refs = refs.clone();
        let event = Event::Binding { id: key, input };
        let settled = settle(self.shard, event, verdict, |shard, state| {
            shard.put::<Bindings>(key, &Kept { state, refs: kept_refs })
        })?;
        if let Some(refusal) = settled.refusal {
            return Ok(Err(refusal));
        }
        if settled.applied && known.is_none() {
            let id = bindproof::wire::BindingId::from(key);
            self.shard.claim(BINDING, id.to_string(), String::new());
        }
        let after = self.shard.find::<Bindings>(key)?.map_or(before, |kept| kept.state);
        if !after.state.waits() {
            self.shard.disarm(RecordKind::Binding, key, Timer::State);
        }
        for order in settled.orders.iter() {
            self.obey(key, &refs, order)?;
        }
        Ok(Ok(()))
    }

    fn obey(&mut self, key: Key, refs: &BindingRefs, order: Order) -> Result<(), StoreError> {
        let letter = match order {
            Order::StopSending => {
                self.shard.settle(Slot::ToWallet, key);
                return Ok(());
            }
            Order::ArmDeadline(state) => {
                self.arm(key, state);
                return Ok(());
            }
            // What is answered is read from the record once the step is through.
            Order::TellOutcome | Order::Receipt => return Ok(()),
            Order::SendLinkSuspend(_) if planted(Defect::BlockNotTold) => return Ok(()),
            Order::SendLinkEnd => Letter::LinkEnd(LinkEnd { binding: key.into() }),
            Order::SendLinkSuspend(bank_revision) => {
                Letter::LinkSuspend(LinkSuspend { binding: key.into(), bank_revision })
            }
            Order::SendLinkResume(bank_revision) => {
                Letter::LinkResume(LinkResume { binding: key.into(), bank_revision })
            }
            Order::SendAccountQuery => {
                Letter::AccountQuery(AccountQuery { person: terms(refs)?.person })
            }
            Order::SendAccountRegistration => {
                Letter::AccountRegistration(Box::new(registration(key, refs)?))
            }
            Order::SendLinkRequest => Letter::LinkRequest(link_request(key, refs)?),
        };
        owe(self.shard, self.world, Slot::ToWallet, key, &letter)
    }

    /// Arms the deadline of the state that was entered. Looking, registering and linking share one
    /// time: what is left of it goes on.
    fn arm(&mut self, key: Key, state: State) {
        let timing = &self.rules.timing;
        let armed = self.shard.armed(RecordKind::Binding, key, Timer::State);
        match (state, armed) {
            (State::AwaitingApproval, _) => {
                self.shard.arm(RecordKind::Binding, key, Timer::State, timing.approval_bank_ms);
            }
            (State::Registering | State::Linking, Some(_)) => {}
            _ => self.shard.arm(RecordKind::Binding, key, Timer::State, timing.setup_ms),
        }
    }

    /// Where a binding stands, as its holder sees it.
    pub(super) fn standing(&self, key: Key, kept: &Kept<Bindings>) -> Standing {
        let ago = if planted(Defect::OldCodeShown) { 3 } else { 0 };
        let period = codes::period(self.shard.now_ms()) - ago;
        let code = kept
            .refs
            .terms
            .as_ref()
            .map(|terms: &BindingTerms| codes::binding_code(&terms.secret, key.into(), period));
        match kept.state.state {
            State::Absent
            | State::Looking
            | State::Registering
            | State::Linking
            | State::AwaitingApproval => Standing::Pending { code },
            State::Active | State::Suspended => Standing::Active { code },
            State::Ending(outcome) | State::Closed(outcome) => match outcome {
                Outcome::Refused(reason) => Standing::Refused(reason),
                Outcome::Cancelled => Standing::Ended(EndReason::Cancelled),
                Outcome::Expired => Standing::Ended(EndReason::Expired),
                Outcome::EndedByHolder => Standing::Ended(EndReason::EndedByHolder),
                Outcome::EndedByWallet => Standing::Ended(EndReason::EndedByWallet),
            },
        }
    }
}

fn terms(refs: &BindingRefs) -> Result<&BindingTerms, StoreError> {
    refs.terms.as_ref().ok_or_else(|| StoreError::corrupt("a binding", "nothing to bind"))
}

fn registration(key: Key, refs: &BindingRefs) -> Result<AccountRegistration, StoreError> {
    let terms = terms(refs)?;
    Ok(AccountRegistration {
        binding: key.into(),
        person: terms.person,
        registration: terms.registration,
        contact: terms.contact,
        secret: terms.secret,
        consent: Consent {
            register: terms.consent.register && !planted(Defect::ConsentNotPassedOn),
            ..terms.consent
        },
    })
}

fn link_request(key: Key, refs: &BindingRefs) -> Result<LinkRequest, StoreError> {
    let terms = terms(refs)?;
    Ok(LinkRequest {
        binding: key.into(),
        account: BankDrive::account(refs)?,
        instrument: other_than(Defect::InstrumentExchanged, terms.instrument, || {
            terms.instrument.as_str().replacen("-a-", "-b-", 1)
        }),
        person: other_than(Defect::HolderExchanged, terms.person, || {
            format!("{}0", terms.person.as_str())
        }),
        contact: terms.contact,
        secret: terms.secret,
    })
}

/// A reference, or with a defect another one.
fn other_than<T: std::str::FromStr>(
    defect: Defect,
    reference: T,
    other: impl FnOnce() -> String,
) -> T {
    if planted(defect) { other().parse().unwrap_or(reference) } else { reference }
}
