//! A bank's records, and what they become.

use bindproof::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bindproof::bank::binding::{self, Asked, Binding, Input, Order, Outcome, State};
use bindproof::bank::debit::{self, Debit};
use bindproof::bank::facts::{Bound, is_as_before, is_instrument_free};
use bindproof::refusal::Refusal;
use bindproof::verdict::Verdict;
use bindproof::wire::{
    self, AccountId, BindingId, DebitReason, DebitRequest, EndReason, IdempotencyKey,
    InstrumentRef, OperationId, PersonRef, Standing,
};

use super::{Told, Within, World};

/// What a bank sends a wallet about a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// Whether the person has an account.
    Query,
    /// To have one registered.
    Registration,
    /// To have the link.
    Link {
        /// The account to link to.
        account: AccountId,
        /// What is linked.
        instrument: InstrumentRef,
    },
    /// Its suspension of this number.
    Suspend(u8),
    /// Its resumption of this number.
    Resume(u8),
    /// That it is over.
    End,
}

impl Sent {
    /// It asks for the link.
    pub const fn is_link(self) -> bool {
        matches!(self, Self::Link { .. })
    }
}

/// A binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingRecord {
    /// Whose.
    pub person: PersonRef,
    /// The key of the request that began it, or would have.
    pub request_key: IdempotencyKey,
    /// What that request said.
    pub body: Option<String>,
    /// What is bound.
    pub instrument: Option<InstrumentRef>,
    /// The account that the wallet named.
    pub account: Option<AccountId>,
    /// Its state.
    pub state: Binding,
    /// When its state expires.
    pub deadline: Option<Within>,
    /// What the wallet has said of it that may not have arrived yet, and since when it may have.
    pub coming: Vec<(Heard, i64)>,
}

impl BindingRecord {
    /// It among the bindings of its person.
    const fn bound(&self, binding: BindingId) -> Bound<BindingId, InstrumentRef> {
        Bound { binding, instrument: self.instrument, state: self.state.state }
    }

    /// The wallet has said this of it at `from_ms`, and it may not have arrived yet.
    pub fn is_to_hear(&mut self, heard: Heard, from_ms: i64) {
        if !self.coming.iter().any(|(coming, _)| *coming == heard) {
            self.coming.push((heard, from_ms));
        }
    }
}

/// What a wallet said of a binding, and the account that it named.
pub type Heard = (Input, Option<AccountId>);

/// The records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// Under what it runs.
    pub rules: Arc<Settings>,
    /// Its bindings.
    pub bindings: BTreeMap<BindingId, BindingRecord>,
    /// What is blocked.
    pub blocked: BTreeSet<InstrumentRef>,
    /// Its debits.
    pub debits: BTreeMap<OperationId, (Debit, DebitRequest, DebitReason)>,
    /// Everything that came to be sent.
    pub sent: BTreeSet<(BindingId, Sent)>,
}

/// A client's message as it reached the bank.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    /// In whose session.
    pub person: PersonRef,
    /// When.
    pub at: Within,
    /// How the bank names the binding, if it begins one.
    pub named: BindingId,
}

/// A request to bind, and what the kit knows of it.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Its key.
    pub key: IdempotencyKey,
    /// What it says.
    pub body: String,
    /// What is to be bound.
    pub instrument: InstrumentRef,
    /// The facts that do not follow from the bank's records.
    pub fresh: bool,
    /// The holder authenticated for this binding, just now.
    pub authenticated: bool,
    /// She who asks is the holder.
    pub holder_matches: bool,
    /// Consent was given, to the binding and to a registration.
    pub consent: bool,
}

impl Bank {
    /// No records.
    pub fn new(rules: Arc<Settings>) -> Self {
        let (bindings, blocked) = (BTreeMap::new(), BTreeSet::new());
        let (debits, sent) = (BTreeMap::new(), BTreeSet::new());
        Self { rules, bindings, blocked, debits, sent }
    }

    /// A request to bind arrives.
    pub fn ask(&mut self, arrived: Arrived, wish: &Wish) -> Told {
        let known = self.of_request(arrived.person, wish.key);
        let record = known.and_then(|id| self.bindings.get(&id));
        let first = record.and_then(|record| record.body.as_ref());
        let bindings = self.bindings.iter().map(|(id, record)| record.bound(*id));
        let asked = Asked {
            fresh: wish.fresh,
            same_body: is_as_before(first, &wish.body),
            authenticated: wish.authenticated,
            holder_matches: wish.holder_matches,
            consent: wish.consent,
            instrument_free: is_instrument_free(wish.instrument, known, bindings),
            instrument_usable: !self.blocked.contains(&wish.instrument),
        };
        let id = known.unwrap_or_else(|| self.new_binding(arrived.named));
        let record = self.begun(arrived.person, wish.key, Some(wish));
        self.tell(arrived.at, id, record, Input::Asked(asked))
    }

    fn begun(
        &self,
        person: PersonRef,
        request_key: IdempotencyKey,
        wish: Option<&Wish>,
    ) -> BindingRecord {
        BindingRecord {
            person,
            request_key,
            body: wish.map(|wish| wish.body.clone()),
            instrument: wish.map(|wish| wish.instrument),
            account: None,
            state: Binding::ABSENT,
            deadline: None,
            coming: Vec::new(),
        }
    }

    fn of_request(&self, person: PersonRef, key: IdempotencyKey) -> Option<BindingId> {
        let found = self
            .bindings
            .iter()
            .find(|(_, record)| record.person == person && record.request_key == key);
        found.map(|(id, _)| *id)
    }

    /// An id that the bank has given before is not a new binding's.
    fn new_binding(&self, named: BindingId) -> BindingId {
        if self.bindings.contains_key(&named) { BindingId::from_bytes([0; 16]) } else { named }
    }

    /// The holder, or somebody else, ends a binding.
    pub fn leave(&mut self, arrived: Arrived, id: BindingId) -> Told {
        self.by_id(arrived, id, |own| Input::LeaveAsked { own })
    }

    /// The holder gives up what the request under this key began, or would begin.
    pub fn cancel(&mut self, arrived: Arrived, key: IdempotencyKey) -> Told {
        let known = self.of_request(arrived.person, key);
        let id = known.unwrap_or_else(|| self.new_binding(arrived.named));
        let record = self.begun(arrived.person, key, None);
        self.tell(arrived.at, id, record, Input::LeaveAsked { own: true })
    }

    /// The holder, or somebody else, asks where a binding stands.
    pub fn status(&mut self, arrived: Arrived, id: BindingId) -> Told {
        self.by_id(arrived, id, |own| Input::StatusAsked { own })
    }

    fn by_id(
        &mut self,
        arrived: Arrived,
        id: BindingId,
        input: impl FnOnce(bool) -> Input,
    ) -> Told {
        let hers = self.bindings.get(&id).filter(|record| record.person == arrived.person);
        match hers.cloned() {
            Some(record) => self.tell(arrived.at, id, record, input(true)),
            None => match binding::step(Binding::ABSENT, input(false)).refusal() {
                Some(refusal) => Told::Problem(refusal),
                None => Told::Problem(Refusal::NotFound),
            },
        }
    }

    fn tell(&mut self, at: Within, id: BindingId, record: BindingRecord, input: Input) -> Told {
        match self.step(at, id, record, (input, None)) {
            Some(refusal) => Told::Problem(refusal),
            None => Told::Standing(standing(self.bindings[&id].state.state)),
        }
    }

    /// Steps a binding and does what the step orders; `record` is what there is if it is not known.
    fn step(
        &mut self,
        at: Within,
        id: BindingId,
        record: BindingRecord,
        (input, named): Heard,
    ) -> Option<Refusal> {
        let mut record = self.bindings.get(&id).cloned().unwrap_or(record);
        let verdict = binding::step(record.state, input);
        if let Some(refusal) = verdict.refusal() {
            return Some(refusal);
        }
        if let Verdict::Apply(step) = &verdict {
            record.state = step.state;
        }
        for order in verdict.orders() {
            match order {
                Order::SendAccountQuery => self.note(id, Sent::Query),
                Order::SendAccountRegistration => self.note(id, Sent::Registration),
                Order::SendLinkRequest => {
                    record.account = record.account.or(named);
                    if let (Some(account), Some(instrument)) = (record.account, record.instrument) {
                        self.note(id, Sent::Link { account, instrument });
                    }
                }
                Order::SendLinkSuspend(number) => self.note(id, Sent::Suspend(number)),
                Order::SendLinkResume(number) => self.note(id, Sent::Resume(number)),
                Order::SendLinkEnd => self.note(id, Sent::End),
                Order::ArmDeadline(state) => record.deadline = Some(self.due(at, &record, state)),
                Order::StopSending | Order::TellOutcome | Order::Receipt => {}
            }
        }
        if !record.state.state.waits() {
            record.deadline = None;
        }
        self.bindings.insert(id, record);
        None
    }

    fn note(&mut self, id: BindingId, sent: Sent) {
        self.sent.insert((id, sent));
    }

    /// Looking, registering and linking share one time.
    fn due(&self, at: Within, record: &BindingRecord, state: State) -> Within {
        match (state, record.deadline) {
            (State::AwaitingApproval, _) => at.after(self.rules.timing.approval_bank_ms),
            (State::Registering | State::Linking, Some(due)) => due,
            _ => at.after(self.rules.timing.setup_ms),
        }
    }

    /// What the wallet said of a binding has arrived.
    pub fn hear(&mut self, at: Within, id: BindingId, heard: Heard) -> Told {
        let Some(record) = self.bindings.get(&id).cloned() else {
            return Told::Problem(Refusal::NotFound);
        };
        match self.step(at, id, record, heard) {
            Some(refusal) => Told::Problem(refusal),
            None => Told::Receipt,
        }
    }

    /// The bank blocks an instrument, or lifts the block.
    pub fn block(&mut self, at: Within, instrument: InstrumentRef, blocked: bool) {
        let input = match blocked {
            true => {
                self.blocked.insert(instrument);
                Input::InstrumentBlocked
            }
            false => {
                self.blocked.remove(&instrument);
                Input::InstrumentUnblocked
            }
        };
        let bound = self.bindings.iter();
        let bound = bound.filter(|(id, record)| record.bound(**id).holds(instrument));
        let bound: Vec<BindingId> = bound.map(|(id, _)| *id).collect();
        for id in bound {
            self.hear(at, id, (input, None));
        }
    }

    /// The wallet asks for a debit; `covered` is what the books say.
    pub fn debit(&mut self, request: DebitRequest, covered: bool) -> Told {
        let binding = self.bindings.get(&request.binding);
        let known = self.debits.get(&request.operation).copied();
        let input = debit::Input {
            own: binding.is_some(),
            same_content: is_as_before(known.map(|(_, first, _)| first), request),
            binding: binding.map_or(State::Absent, |record| record.state.state),
            covered,
        };
        let before = known.map_or(Debit::Absent, |(debit, ..)| debit);
        let verdict = debit::step(before, input);
        if let Some(refusal) = verdict.refusal() {
            return Told::Problem(refusal);
        }
        if let Verdict::Apply(step) = verdict {
            let reason = DebitReason::of(input.binding);
            self.debits.insert(request.operation, (step.state, request, reason));
        }
        match self.debits.get(&request.operation) {
            Some((Debit::Accepted, ..)) => Told::Debit(wire::Debit::Accepted),
            Some((_, _, reason)) => Told::Debit(wire::Debit::Refused(*reason)),
            None => Told::Problem(Refusal::NotFound),
        }
    }
}

/// Where a binding stands, as its holder is told, without the code.
const fn standing(state: State) -> Standing {
    match state {
        State::Absent
        | State::Looking
        | State::Registering
        | State::Linking
        | State::AwaitingApproval => Standing::Pending { code: None },
        State::Active | State::Suspended => Standing::Active { code: None },
        State::Ending(outcome) | State::Closed(outcome) => match outcome {
            Outcome::Refused(reason) => Standing::Refused(reason),
            Outcome::Cancelled => Standing::Ended(EndReason::Cancelled),
            Outcome::Expired => Standing::Ended(EndReason::Expired),
            Outcome::EndedByHolder => Standing::Ended(EndReason::EndedByHolder),
            Outcome::EndedByWallet => Standing::Ended(EndReason::EndedByWallet),
        },
    }
}

impl World for Bank {
    fn moves(&self, now: Within) -> Vec<Self> {
        let mut moved = Vec::new();
        for (id, record) in &self.bindings {
            for place in 0..record.coming.len() {
                let mut after = self.clone();
                let (heard, from_ms) = record.coming[place];
                if let Some(record) = after.bindings.get_mut(id) {
                    record.coming.remove(place);
                }
                after.hear(Within { from_ms, ..now }, *id, heard);
                moved.push(after);
            }
            if record.deadline.is_some_and(|due| due.may_have_passed(now)) {
                let mut after = self.clone();
                if let Some(record) = after.bindings.get_mut(id) {
                    record.deadline = None;
                }
                after.hear(now, *id, (Input::Expired(record.state.state), None));
                moved.push(after);
            }
        }
        moved
    }

    fn is_overdue(&self, now: Within) -> bool {
        let due = |record: &BindingRecord| record.deadline.is_some_and(|due| due.has_passed(now));
        self.bindings.values().any(due)
    }
}
