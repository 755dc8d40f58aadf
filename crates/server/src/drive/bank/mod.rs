//! The bank server's half.

mod obey;
mod overview;

use bindproof::bank::binding::{self, Asked, Binding, Input};
use bindproof::bank::debit::{self, Debit};
use bindproof::bank::facts::{Bound, is_as_before, is_instrument_free};
use bindproof::journal::Event;
use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::settings::Settings;
use bindproof::verdict::Verdict;
use bindproof::wire::{
    self, AccountId, BindOutcome, BindingId, Consent, ContactRef, DebitAnswer, DebitReason,
    DebitRequest, EndReason, Found, IdempotencyKey, InstrumentRef, IssuedAt, Opaque, PersonRef,
    Registered, Secret, Standing,
};

use serde::{Deserialize, Serialize};

pub use overview::{BankOverview, BindingShown, InstrumentShown};

use super::{Said, is_fresh, settle};
use crate::clock::World;
use crate::defect::memory::unseen;
use crate::defect::{Defect, planted, steps};
use crate::key::Key;
use crate::record::{
    BindingRefs, BindingTerms, Bindings, DebitRefs, Debits, InstrumentState, Instruments, Kept,
    RecordKind,
};
use crate::store::{Shard, StoreError, Timer};

/// The scope of binding ids in the directory.
pub const BINDING: &str = "binding";
/// The scope of operations that a debit was asked for.
pub const DEBIT: &str = "debit";

/// What the bank's own books say of an instrument and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// The contact that the bank has verified.
    pub contact: ContactRef,
    /// What the wallet has to know of the holder to register an account.
    pub registration: Opaque,
}

/// A bind request as the edge has verified it.
#[derive(Clone, Debug)]
pub struct BindAsked {
    /// Its key.
    pub key: IdempotencyKey,
    /// The digest of its body.
    pub digest: String,
    /// When it was issued.
    pub issued_at: IssuedAt,
    /// Who asks.
    pub person: PersonRef,
    /// For which instrument.
    pub instrument: InstrumentRef,
    /// What she consents to.
    pub consent: Consent,
    /// She has authenticated for this binding, just now.
    pub authenticated: bool,
    /// What the books say, if she is the holder.
    pub holding: Option<Holding>,
}

/// Which binding a client speaks of.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// The one with this id.
    Id(BindingId),
    /// The one that the request under this key began, or would begin.
    Request(IdempotencyKey),
}

/// What the wallet answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// To an account query.
    Account(Found),
    /// To a registration.
    Registered(Registered),
    /// Where the link stands, asked or unasked.
    Link(LinkStatus),
    /// That there is no such link.
    NotFound,
}

/// One person's records at the bank, and what happens to them.
pub struct BankDrive<'a> {
    /// Her records.
    pub shard: &'a mut Shard,
    /// The rules.
    pub rules: &'a Settings,
    /// Time and chance.
    pub world: &'a World,
}

impl BankDrive<'_> {
    /// Steps every deadline that has passed, in a fixed order.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn overdue(&mut self) -> Result<(), StoreError> {
        while let Some((kind, key, what)) = self.shard.first_overdue() {
            self.shard.disarm(kind, key, what);
            if planted(Defect::DeadlinesForgotten) {
                continue;
            }
            if (kind, what) == (RecordKind::Binding, Timer::State)
                && let Some(kept) = self.shard.find::<Bindings>(key)?
            {
                let input = Input::Expired(kept.state.state);
                // A deadline is never refused for a binding that is there.
                let _ = self.step_binding(key, kept.refs, input, None)?;
            }
        }
        Ok(())
    }

    /// `BindRequest` reaches the bank server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn ask(&mut self, asked: &BindAsked) -> Said<BindOutcome> {
        let now_ms = self.shard.now_ms();
        let raced = unseen(asked.key.as_str(), now_ms);
        let known = self.of_request(asked.key)?.filter(|_| !raced);
        let overlooked = unseen(asked.instrument.as_str(), now_ms);
        let bindings = self.shard.each::<Bindings>()?;
        let bindings = bindings.iter().map(|(key, kept)| bound(*key, kept));
        let of = known.as_ref().map(|(key, _)| *key);
        let facts = Asked {
            fresh: is_fresh(self.rules, asked.issued_at, now_ms),
            same_body: is_as_before(
                known.as_ref().and_then(|(_, kept)| kept.refs.request_digest.as_ref()),
                &asked.digest,
            ),
            authenticated: asked.authenticated,
            holder_matches: asked.holding.is_some(),
            consent: asked.consent.is_given(),
            instrument_free: overlooked || is_instrument_free(asked.instrument, of, bindings),
            instrument_usable: !self.is_blocked(asked.instrument)?,
        };
        let (key, refs) = match known {
            Some((key, kept)) => (key, kept.refs),
            None => (Key::from_bytes(self.world.uuid()), self.begun(asked)),
        };
        self.tell(key, refs, Input::Asked(facts))
    }

    /// What a new binding is about.
    fn begun(&self, asked: &BindAsked) -> BindingRefs {
        let terms = asked.holding.as_ref().map(|holding| BindingTerms {
            instrument: asked.instrument,
            person: asked.person,
            contact: contact_of(holding),
            registration: holding.registration,
            consent: asked.consent,
            secret: Secret::from_bytes(self.world.bytes()),
        });
        BindingRefs {
            request_key: asked.key,
            request_digest: Some(asked.digest.clone()),
            terms,
            account: None,
        }
    }

    /// `BindCancel` or `UnbindRequest` of the holder reaches the bank server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn leave(&mut self, which: Which) -> Said<BindOutcome> {
        let (key, refs, own) = match which {
            Which::Id(id) => match self.shard.find::<Bindings>(id.into())? {
                Some(kept) => (id.into(), kept.refs, true),
                None => return self.foreign(id, Input::LeaveAsked { own: false }),
            },
            Which::Request(key) => match self.of_request(key)? {
                Some((id, kept)) => (id, kept.refs, true),
                None if planted(Defect::CancelForgotten) => {
                    let standing = Standing::Ended(EndReason::Cancelled);
                    let binding = BindingId::from_bytes(self.world.uuid());
                    return Ok(Ok(BindOutcome { binding, standing }));
                }
                None => {
                    let refs = BindingRefs {
                        request_key: key,
                        request_digest: None,
                        terms: None,
                        account: None,
                    };
                    (Key::from_bytes(self.world.uuid()), refs, true)
                }
            },
        };
        self.tell(key, refs, Input::LeaveAsked { own })
    }

    /// `BindingQuery` of the holder reaches the bank server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn ask_status(&mut self, id: BindingId) -> Said<BindOutcome> {
        match self.shard.find::<Bindings>(id.into())? {
            Some(kept) => self.tell(id.into(), kept.refs, Input::StatusAsked { own: true }),
            None => self.foreign(id, Input::StatusAsked { own: false }),
        }
    }

    /// A client speaks of a binding that is not hers, or not there: the step sees none.
    fn foreign(&mut self, id: BindingId, input: Input) -> Said<BindOutcome> {
        let verdict = steps::binding(Binding::ABSENT, input);
        let event = Event::Binding { id: id.into(), input };
        let settled = settle(self.shard, event, verdict, |_, _| Ok(()))?;
        Ok(Err(settled.refusal.unwrap_or(Refusal::NotFound)))
    }

    /// The wallet's answer or notice about a binding reaches the bank server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn hear(&mut self, id: BindingId, heard: Heard) -> Said<()> {
        let (input, account) = match heard {
            Heard::Account(Found::Unregistered) => (Input::AccountMissing, None),
            Heard::Account(Found::Registered(account)) => (Input::AccountFound, Some(account)),
            Heard::Registered(Registered::Created(account) | Registered::Existing(account)) => {
                (Input::AccountRegistered, Some(account))
            }
            Heard::Registered(Registered::Refused(reason)) => {
                (Input::RegistrationRefused(reason), None)
            }
            Heard::Link(status) => match as_heard(status) {
                Some(status) => (Input::LinkHeard(status), None),
                None => return Ok(Ok(())),
            },
            Heard::NotFound => (Input::LinkNotFound, None),
        };
        let Some(kept) = self.shard.find::<Bindings>(id.into())? else {
            return Ok(self.foreign(id, input)?.map(|_| ()));
        };
        self.step_binding(id.into(), kept.refs, input, account)
    }

    /// The bank blocks an instrument, or lifts the block.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn block(&mut self, instrument: InstrumentRef, blocked: bool) -> Result<(), StoreError> {
        let key = instrument_key(instrument);
        self.shard
            .put::<Instruments>(key, &Kept { state: InstrumentState { blocked }, refs: () })?;
        let input = if blocked { Input::InstrumentBlocked } else { Input::InstrumentUnblocked };
        for (id, kept) in self.shard.each::<Bindings>()? {
            let early = kept.state.state.waits() && planted(Defect::BlockTooEarly);
            if bound(id, &kept).holds(instrument) && !early {
                // Whether it suspends or ends, or means nothing, the step has decided.
                let _ = self.step_binding(id, kept.refs, input, None)?;
            }
        }
        Ok(())
    }

    fn is_blocked(&self, instrument: InstrumentRef) -> Result<bool, StoreError> {
        let kept = self.shard.find::<Instruments>(instrument_key(instrument))?;
        Ok(kept.is_some_and(|kept| kept.state.blocked))
    }

    /// The binding that the request under this key began, or whose cancel came first.
    fn of_request(&self, key: IdempotencyKey) -> Result<Option<(Key, Kept<Bindings>)>, StoreError> {
        let bindings = self.shard.each::<Bindings>()?;
        Ok(bindings.into_iter().find(|(_, kept)| kept.refs.request_key == key))
    }

    /// The instrument of a binding; it never changes.
    ///
    /// # Errors
    /// If the record cannot be read.
    pub fn instrument(&self, binding: BindingId) -> Result<Option<InstrumentRef>, StoreError> {
        let kept = self.shard.find::<Bindings>(binding.into())?;
        Ok(kept.and_then(|kept| kept.refs.terms).map(|terms| terms.instrument))
    }

    /// `DebitRequest` about a binding of this person reaches the bank server; `covered` is what the
    /// books say of its instrument and the amount.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn debit(&mut self, request: DebitRequest, covered: bool) -> Said<DebitAnswer> {
        let key = Key::from(request.operation);
        let binding = self.shard.find::<Bindings>(request.binding.into())?;
        let known = self.shard.find::<Debits>(key)?;
        let input = debit::Input {
            own: true,
            same_content: is_as_before(
                known.as_ref().map(|kept| (kept.refs.binding, kept.refs.amount)),
                (request.binding, request.amount),
            ),
            binding: binding.map_or(binding::State::Absent, |kept| as_debited(kept.state.state)),
            covered,
        };
        let before = known.as_ref().map_or(Debit::Absent, |kept| kept.state);
        let verdict = steps::debit(before, input);
        let event = Event::Debit { operation: key, input };
        let reason = DebitReason::of(input.binding);
        let settled = settle(self.shard, event, verdict, |shard, state| {
            let reason = (state == Debit::Refused).then_some(reason);
            let (binding, amount) = (request.binding, request.amount);
            shard.put::<Debits>(key, &Kept { state, refs: DebitRefs { binding, amount, reason } })
        })?;
        if let Some(refusal) = settled.refusal {
            return Ok(Err(refusal));
        }
        let operation = request.operation;
        if known.is_none() && !planted(Defect::DebitsKeptApart) {
            // The id stands for this debit from now on, whoever's binding it comes with.
            self.shard.claim(DEBIT, operation.to_string(), request.binding.to_string());
        }
        let debit = match self.shard.find::<Debits>(key)? {
            Some(Kept { state: Debit::Accepted, .. }) => wire::Debit::Accepted,
            Some(Kept { state: Debit::Refused, refs }) => {
                wire::Debit::Refused(refs.reason.unwrap_or(DebitReason::BindingNotActive))
            }
            _ => return Err(StoreError::corrupt(format!("debit {key}"), "decided and not there")),
        };
        Ok(Ok(DebitAnswer { operation, debit }))
    }

    /// A debit that names a binding which this bank does not have.
    pub fn foreign_debit() -> Refusal {
        Self::barred_debit(Debit::Absent, false, true)
    }

    /// A debit whose operation id stands for one of another person.
    pub fn debit_of_another() -> Refusal {
        Self::barred_debit(Debit::Accepted, true, false)
    }

    fn barred_debit(before: Debit, own: bool, same_content: bool) -> Refusal {
        let binding = binding::State::Absent;
        let input = debit::Input { own, same_content, binding, covered: false };
        let verdict: Verdict<_, _> = steps::debit(before, input);
        verdict.refusal().unwrap_or(Refusal::NotFound)
    }

    fn account(refs: &BindingRefs) -> Result<AccountId, StoreError> {
        refs.account.ok_or_else(|| StoreError::corrupt("a binding", "no account to link to"))
    }
}

/// A binding among those of its person.
fn bound(key: Key, kept: &Kept<Bindings>) -> Bound<Key, InstrumentRef> {
    let instrument = kept.refs.terms.as_ref().map(|terms| terms.instrument);
    Bound { binding: key, instrument, state: kept.state.state }
}

/// A binding's state as a debit finds it: as it is, but with a defect.
fn as_debited(state: binding::State) -> binding::State {
    let early = state.waits() && planted(Defect::EarlyDebitRefused);
    if early { binding::State::Suspended } else { state }
}

/// A link's status as it is heard: as it is, but with a defect.
fn as_heard(status: LinkStatus) -> Option<LinkStatus> {
    match status {
        LinkStatus::AwaitingApproval if planted(Defect::ApprovalNotAwaited) => {
            Some(LinkStatus::Active { bank_revision: 0 })
        }
        LinkStatus::Ended | LinkStatus::Refused { .. } if planted(Defect::LinkEndsUnheard) => None,
        status => Some(status),
    }
}

/// The contact that the bank has verified, or with a defect another.
fn contact_of(holding: &Holding) -> ContactRef {
    let other = || "tel:+1-555-9999".parse().unwrap_or(holding.contact);
    if planted(Defect::ContactNotVerified) { other() } else { holding.contact }
}

/// The record of an instrument.
pub fn instrument_key(instrument: InstrumentRef) -> Key {
    Key::derived("instrument", &[instrument.as_str().as_bytes()])
}
