//! Steps an operation and obeys what the step orders.

use bindproof::journal::Event;
use bindproof::refusal::Refusal;
use bindproof::wallet::device::Device;
use bindproof::wallet::lock::{Lock, Path};
use bindproof::wallet::operation::{Input, Operation, Order, View};
use bindproof::wire::{AccountId, Action, Amount, BindingId, ChallengeId, DebitRequest};

use super::{ACCOUNT, CHALLENGE, OPERATION, PROVED, WalletDrive};
use crate::defect::{Defect, planted, steps};
use crate::drive::{owe, settle};
use crate::key::Key;
use crate::letter::Letter;
use crate::record::{
    AccountRefs, Accounts, Authenticators, DeviceRefs, Devices, Kept, Links, Locks, OperationRefs,
    Operations, RecordKind,
};
use crate::store::{Slot, StoreError, Timer};
use crate::verifier::Needs;

/// The records around an operation that its step sees and writes, by their keys.
struct Around {
    account: Option<AccountId>,
    device: Option<Key>,
    lock: Option<Key>,
    view: View,
}

impl WalletDrive<'_> {
    /// Steps an operation with the lock of `path`; `code_of` is the binding whose code is presented
    /// or was. Gives the refusal, if it is one.
    pub(super) fn step_operation(
        &mut self,
        key: Key,
        mut refs: OperationRefs,
        input: Input,
        path: Path,
        code_of: Option<BindingId>,
    ) -> Result<Option<Refusal>, StoreError> {
        let known = self.shard.find::<Operations>(key)?;
        let mut around = self.around(known.as_ref(), &refs, path, code_of)?;
        let verdict = steps::operation(self.rules.terms(), around.view, input);
        let ordered = |wanted: Order| verdict.orders().any(|order| order == wanted);
        let unclaimed = ordered(Order::ClaimPerson) && !self.is_claimed()?;
        let claims = ordered(Order::ClaimPerson) && !around.view.account.is_open();
        if claims {
            let account = AccountId::from_bytes(self.world.uuid());
            around.account = Some(account);
            around.device = Some(Key::of_device(account.into(), &refs.request.device));
            refs.account = Some(account);
        }
        if ordered(Order::SendDebitRequest) {
            refs.debited_ms = Some(self.shard.now_ms());
        }
        let event = Event::Operation {
            id: key,
            account: around.account.map(Key::from),
            device: around.device,
            path: around.lock,
            input,
        };
        let kept_refs = refs.clone();
        let settled = settle(self.shard, event, verdict, |shard, state| {
            let operation = Kept { state: state.operation, refs: kept_refs.clone() };
            shard.put::<Operations>(key, &operation)?;
            write_around(shard, &around, state, &kept_refs)
        })?;
        if let Some(refusal) = settled.refusal {
            return Ok(Some(refusal));
        }
        if settled.applied && known.is_none() {
            let id = refs.request.operation.to_string();
            // One that has a challenge began elsewhere, for nobody known.
            let scope = if refs.challenge.is_some() { PROVED } else { OPERATION };
            self.shard.claim(scope, id, String::new());
        }
        if let (true, Some(account)) = (claims, around.account) {
            self.shard.claim(ACCOUNT, account.to_string(), String::new());
        }
        self.claim_person(unclaimed)?;
        self.after_step(key, &around)?;
        for order in settled.orders.iter() {
            self.obey_operation(key, order, around.account)?;
        }
        Ok(None)
    }

    fn around(
        &self,
        known: Option<&Kept<Operations>>,
        refs: &OperationRefs,
        path: Path,
        code_of: Option<BindingId>,
    ) -> Result<Around, StoreError> {
        let (account, seen) = self.account_of(refs)?;
        let lock = Self::lock_of(seen, refs, path, code_of);
        let view = View {
            operation: known.map_or(Operation::Absent, |kept| kept.state),
            account: seen,
            device: self.device_of(account, refs)?,
            lock: lock.map_or(Ok(Lock::OPEN), |lock| self.lock(lock))?,
        };
        let device = account.map(|account| Key::of_device(account.into(), &refs.request.device));
        Ok(Around { account, device, lock, view })
    }

    /// Deadlines of what was written, and the authenticator that an execution enrols.
    fn after_step(&mut self, key: Key, around: &Around) -> Result<(), StoreError> {
        let Some(kept) = self.shard.find::<Operations>(key)? else { return Ok(()) };
        if !kept.state.is_under_way() {
            self.shard.disarm(RecordKind::Operation, key, Timer::State);
        }
        if let Some(lock) = around.lock {
            self.time_lock(lock, around.view.lock)?;
        }
        let Some(device_key) = around.device else { return Ok(()) };
        self.time_device(device_key, around.view.device)?;
        let device = self.shard.find::<Devices>(device_key)?;
        let executed = kept.state == Operation::Executed;
        if let (true, Some(device), Some(credential)) = (executed, device, &kept.refs.enrolment)
            && device.state.has_authenticator()
        {
            let authenticator = Kept { state: credential.clone(), refs: device.refs };
            self.shard.put::<Authenticators>(device_key, &authenticator)?;
        }
        Ok(())
    }

    fn obey_operation(
        &mut self,
        key: Key,
        order: Order,
        account: Option<AccountId>,
    ) -> Result<(), StoreError> {
        let missing = || StoreError::corrupt(format!("operation {key}"), "not there");
        let kept = self.shard.find::<Operations>(key)?.ok_or_else(missing)?;
        match (order, kept.refs.request.action) {
            (Order::SendChallenge(_), _) => self.challenge(key, kept, account),
            (Order::ArmDeadline, _) => {
                let timing = &self.rules.timing;
                let after_ms = match kept.state {
                    Operation::Authenticated { .. } => timing.authenticated_ms,
                    _ => timing.challenge_ms,
                };
                self.shard.arm(RecordKind::Operation, key, Timer::State, after_ms);
                Ok(())
            }
            (Order::StepLink(input), _) => {
                let binding = kept.refs.request.action.binding().ok_or_else(missing)?;
                // The operation's own step has looked at where the link stands.
                self.step_named_link(binding, input).map(|_| ())
            }
            (Order::SendDebitRequest, Action::Pay { binding, amount, .. }) => {
                let link = self.shard.find::<Links>(binding.into())?.ok_or_else(missing)?;
                let operation = kept.refs.request.operation;
                let amount = match planted(Defect::DebitOfAnotherAmount) {
                    true => Amount::new(1, amount.currency()).unwrap_or(amount),
                    false => amount,
                };
                let request = DebitRequest { binding, operation, amount };
                let letter = Letter::DebitRequest(link.refs.bank, request);
                owe(self.shard, self.world, Slot::Debit, key, &letter)
            }
            (Order::StopDebitRequest, _) => {
                self.shard.settle(Slot::Debit, key);
                Ok(())
            }
            (Order::RevokeNamedDevice, Action::RevokeDevice(device)) => match account {
                Some(account) => self.revoke(account, device, key),
                None => Ok(()),
            },
            (Order::StartAfresh, _) => match account {
                Some(account) => self.start_afresh(account, kept.refs.request.device, key),
                None => Ok(()),
            },
            (Order::LeaveAccount, _) => self.leave_account(account, Some(key)),
            // The person is claimed with the account; what is told is read from the record.
            (Order::ClaimPerson | Order::TellOutcome, _) => Ok(()),
            (Order::SendDebitRequest | Order::RevokeNamedDevice, _) => Err(missing()),
        }
    }

    /// Makes a challenge: its id, what the verifier has to remember, and its one-time code.
    fn challenge(
        &mut self,
        key: Key,
        kept: Kept<Operations>,
        account: Option<AccountId>,
    ) -> Result<(), StoreError> {
        let Operation::Challenged { demand, .. } = kept.state else { return Ok(()) };
        if kept.refs.challenge.is_some() {
            // It was made before it was known whose the operation is.
            return Ok(());
        }
        let challenge = ChallengeId::from_bytes(self.world.uuid());
        let known = self.authenticators(account)?;
        let known: Vec<_> = known.into_iter().map(|(_, kept)| kept.state).collect();
        let named = kept.refs.request.account;
        let of_known_device = self.device_of(account, &kept.refs)?.is_trusted();
        let needs = Needs { account: named, authenticators: &known, of_known_device };
        let ceremony = self.verifier.begin(needs);
        let operation = kept.refs.request.operation.to_string();
        self.shard.claim(CHALLENGE, challenge.to_string(), operation);
        let refs =
            OperationRefs { challenge: Some(challenge), ceremony: Some(ceremony), ..kept.refs };
        self.shard.put::<Operations>(key, &Kept { state: kept.state, refs: refs.clone() })?;
        self.send_code(&refs, demand, challenge)
    }
}

/// Writes what a step changed around an operation.
fn write_around(
    shard: &mut crate::store::Shard,
    around: &Around,
    state: View,
    refs: &OperationRefs,
) -> Result<(), StoreError> {
    if let Some(lock) = around.lock
        && state.lock != around.view.lock
    {
        shard.put::<Locks>(lock, &Kept { state: state.lock, refs: () })?;
    }
    let Some(account) = around.account else { return Ok(()) };
    if state.account != around.view.account {
        let known = shard.find::<Accounts>(account.into())?.map(|kept| kept.refs);
        let made = AccountRefs { created_for: None, bank: None };
        let refs = known.unwrap_or(made);
        shard.put::<Accounts>(account.into(), &Kept { state: state.account, refs })?;
    }
    if let Some(device) = around.device
        && (state.device != around.view.device || known_nowhere(state.device, shard, device)?)
    {
        let refs = DeviceRefs { account, device: refs.request.device };
        shard.put::<Devices>(device, &Kept { state: state.device, refs })?;
    }
    Ok(())
}

/// A device of a new account may have to be written although its state is as the step saw it.
fn known_nowhere(
    state: Device,
    shard: &crate::store::Shard,
    device: Key,
) -> Result<bool, StoreError> {
    Ok(state != Device::Unknown && shard.find::<Devices>(device)?.is_none())
}
