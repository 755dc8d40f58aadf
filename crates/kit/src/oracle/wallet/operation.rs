//! What the wallet client asks for, and what becomes of it.

use bindproof::control::AllOn;
use bindproof::refusal::Refusal;
use bindproof::verdict::Verdict;
use bindproof::wallet::device::Device;
use bindproof::wallet::facts::{path_of_answer, path_of_request, waiting};
use bindproof::wallet::lock::Lock;
use bindproof::wallet::operation::{self, Asked, Input, Operation, Order, View};
use bindproof::wire::{AccountId, Action, OperationId, OperationRequest};

use super::{AccountRecord, Counted, Offer, OperationRecord, Wallet};
use crate::oracle::{Told, Within};

impl Wallet {
    /// A client's request arrives; what it is told.
    pub fn request(
        &mut self,
        at: Within,
        request: &OperationRequest,
        signed: bool,
        fresh: bool,
    ) -> Told {
        let id = request.operation;
        let record = match self.operations.get(&id) {
            Some(record) => record.clone(),
            None => self.begun(request, signed),
        };
        let before = &record.request;
        let asked = Asked {
            own: before.device == request.device,
            fresh,
            same_content: before.asks_the_same(request),
            within_limits: self.within_limits(&record),
        };
        let (account, _) = self.runs_on(&record);
        let path = path_of_request(AllOn, self.device(account, request.device));
        let context = self.context_of(id, &record);
        let counted = self.counted(&record, path, None);
        let input = Input::Requested { context, asked };
        match self.step_on(at, id, record, input, counted) {
            Some(refusal) => Told::Problem(refusal),
            None => self.tell(id),
        }
    }

    fn begun(&self, request: &OperationRequest, signed: bool) -> OperationRecord {
        let mut record = OperationRecord {
            request: *request,
            signed,
            account: request.account,
            person: None,
            state: Operation::Absent,
            challenge: None,
            enrolment: None,
            deadline: None,
            debit: None,
        };
        record.account = self.runs_on(&record).0;
        record
    }

    /// Where an operation stands, as its client is told.
    pub fn tell(&self, id: OperationId) -> Told {
        let Some(record) = self.operations.get(&id) else {
            return Told::Problem(Refusal::NotFound);
        };
        match record.state {
            Operation::Executed => Told::Executed,
            Operation::Refused(refusal) => Told::Refused(refusal),
            Operation::Expired => Told::Expired,
            Operation::Challenged { demand, .. } => {
                Told::Challenge(demand.shown_as(AllOn, record.request.action.kind()))
            }
            Operation::Absent | Operation::Authenticated { .. } | Operation::Debiting => {
                Told::Problem(Refusal::IdempotencyInProgress)
            }
        }
    }

    /// A client's answer arrives; what it is told.
    pub fn answer(&mut self, at: Within, id: OperationId, offer: &Offer) -> Told {
        self.proves(id, offer);
        let Some(record) = self.operations.get(&id).cloned() else {
            return Told::Problem(Refusal::NotFound);
        };
        let (account, _) = self.runs_on(&record);
        let device = self.device(account, record.request.device);
        let (proof, presented) = self.proof_of(id, &record, offer);
        let path = path_of_answer(AllOn, record.state, device, proof);
        let counted = self.counted(&record, path, presented);
        let input = Input::Answered { context: self.context(id), proof, path };
        let record = OperationRecord { enrolment: offer.enrolment.clone(), ..record };
        let refusal = self.step_on(at, id, record, input, counted);
        if let Some(binding) = presented {
            self.step_own(binding, bindproof::wallet::link::Input::CodePresented);
        }
        match (refusal, self.tell(id)) {
            (Some(refusal), _) => Told::Problem(refusal),
            (None, Told::Challenge(_)) => Told::Problem(Refusal::ChallengeInvalid),
            (None, told) => told,
        }
    }

    /// The wallet gets to executing an operation.
    pub fn execute(&mut self, id: OperationId, now: Within) {
        let Some(record) = self.operations.get(&id).cloned() else { return };
        let Operation::Authenticated { path, .. } = record.state else { return };
        let code_of = self.demanded_binding(id);
        let counted = self.counted(&record, path, code_of);
        let input = Input::Executing(self.context(id));
        self.step_on(now, id, record, input, counted);
    }

    /// This world, and what it becomes as the wallet goes on with an operation by itself.
    pub fn going_on(self, id: OperationId, now: Within) -> Vec<Self> {
        let mut executed = self.clone();
        executed.execute(id, now);
        let mut decided = executed.clone();
        let debit = decided.operations.get(&id).and_then(|record| record.debit);
        if let (Operation::Debiting, Some(accepted)) = (decided.operation(id), debit) {
            decided.debit_decided(id, accepted);
        }
        let mut found = vec![self];
        for world in [executed, decided] {
            if !found.contains(&world) {
                found.push(world);
            }
        }
        found
    }

    /// The bank's decision on a debit arrives.
    pub fn debit_decided(&mut self, id: OperationId, accepted: bool) {
        self.step_operation(id, Input::DebitDecided { own: true, accepted }, None);
    }

    /// The time of an operation's state has passed.
    pub fn operation_expires(&mut self, id: OperationId) {
        let waiting = waiting(self.operation(id));
        self.step_operation(id, Input::Expired(waiting), None);
        if let Some(record) = self.operations.get_mut(&id) {
            record.deadline = None;
        }
    }

    /// Steps an operation that is in the records.
    pub(super) fn step_operation(
        &mut self,
        id: OperationId,
        input: Input,
        counted: Option<Counted>,
    ) {
        let at = Within { from_ms: 0, to_ms: 0 };
        if let Some(record) = self.operations.get(&id).cloned() {
            self.step_on(at, id, record, input, counted);
        }
    }

    /// Steps an operation and does what the step orders; the refusal, if it is one.
    fn step_on(
        &mut self,
        at: Within,
        id: OperationId,
        mut record: OperationRecord,
        input: Input,
        counted: Option<Counted>,
    ) -> Option<Refusal> {
        let (account, seen) = self.runs_on(&record);
        let lock = counted.and_then(|counted| self.locks.get(&counted)).copied();
        let view = View {
            operation: record.state,
            account: seen,
            device: self.device(account, record.request.device),
            lock: lock.unwrap_or(Lock::OPEN),
        };
        let rules = std::sync::Arc::clone(&self.rules);
        let verdict = operation::step(rules.terms(), view, input);
        if let Some(refusal) = verdict.refusal() {
            return Some(refusal);
        }
        let orders: Vec<Order> = verdict.orders().collect();
        if let Verdict::Apply(step) = verdict {
            let account = self.account_after(&mut record, account, &orders, step.state);
            record.state = step.state.operation;
            if !record.state.is_under_way() {
                record.deadline = None;
            }
            if let Some(counted) = counted {
                self.locks.insert(counted, step.state.lock);
            }
            if let Some(account) = account {
                self.put_device(account, &record, step.state.device);
            }
            self.operations.insert(id, record);
            for order in orders {
                self.obey_operation(at, id, order, account);
            }
        }
        None
    }

    /// Writes the account after a step; the one that a recovery makes has no name here yet.
    fn account_after(
        &mut self,
        record: &mut OperationRecord,
        account: Option<AccountId>,
        orders: &[Order],
        state: View,
    ) -> Option<AccountId> {
        let makes = orders.contains(&Order::ClaimPerson) && account.is_none();
        let account = match (makes, self.person_of(record)) {
            (true, Some(person)) => {
                let unnamed = AccountId::from_bytes(*record.request.operation.as_bytes());
                let (created_for, bank) = (None, None);
                let made = AccountRecord { person, state: state.account, created_for, bank };
                self.accounts.insert(unnamed, made);
                record.account = Some(unnamed);
                Some(unnamed)
            }
            _ => account,
        };
        if let Some(kept) = account.and_then(|account| self.accounts.get_mut(&account)) {
            kept.state = state.account;
        }
        account
    }

    fn put_device(&mut self, account: AccountId, record: &OperationRecord, state: Device) {
        let key = (account, record.request.device);
        if state != Device::Unknown || self.devices.contains_key(&key) {
            self.devices.insert(key, state);
        }
        if let (Operation::Executed, true, Some(enrolled)) =
            (record.state, state.has_authenticator(), &record.enrolment)
        {
            self.authenticators.insert(key, enrolled.clone());
        }
    }

    fn obey_operation(
        &mut self,
        at: Within,
        id: OperationId,
        order: Order,
        account: Option<AccountId>,
    ) {
        let Some(record) = self.operations.get_mut(&id) else { return };
        let (device, action) = (record.request.device, record.request.action);
        match order {
            Order::ArmDeadline => {
                let timing = &self.rules.timing;
                let after_ms = match record.state {
                    Operation::Authenticated { .. } => timing.authenticated_ms,
                    _ => timing.challenge_ms,
                };
                record.deadline = Some(at.after(after_ms));
            }
            Order::StepLink(input) => {
                if let Some(binding) = action.binding() {
                    self.step_own(binding, input);
                }
            }
            Order::RevokeNamedDevice => {
                if let (Action::RevokeDevice(named), Some(account)) = (action, account) {
                    self.revoke(account, named, id);
                }
            }
            Order::StartAfresh => {
                if let Some(account) = account {
                    self.start_afresh(account, device, id);
                }
            }
            Order::LeaveAccount => self.leave_account(account, Some(id)),
            Order::SendChallenge(_)
            | Order::TellOutcome
            | Order::ClaimPerson
            | Order::SendDebitRequest
            | Order::StopDebitRequest => {}
        }
    }
}
