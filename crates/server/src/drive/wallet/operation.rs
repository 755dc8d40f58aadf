//! What the wallet client asks for, and how it answers a challenge.

use bindproof::refusal::Refusal;
use bindproof::wallet::facts::{path_of_answer, path_of_request, runs_on};
use bindproof::wallet::operation::{Asked, Input, Operation};
use bindproof::wallet::proof::Demand;
use bindproof::wire::{
    Action, Amount, Challenge, ChallengeAnswer, DeviceKey, IssuedAt, OperationOutcome,
    OperationRequest, Settled, Words,
};

use super::{Shown, WalletDrive};
use crate::defect::steps::CONTROLS;
use crate::defect::{Defect, planted};
use crate::drive::Said;
use crate::drive::is_fresh;
use crate::key::Key;
use crate::record::{Kept, Locks, OperationRefs, Operations};
use crate::store::StoreError;

/// A request of the wallet client, as the edge has verified it.
#[derive(Clone, Copy, Debug)]
pub struct Requested {
    /// What it says.
    pub request: OperationRequest,
    /// When it was issued.
    pub issued_at: IssuedAt,
    /// It is signed by the key of the device that it names.
    pub signed: bool,
}

/// What the wallet client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationTold {
    /// What is asked of the person.
    Challenge(Box<Challenge>),
    /// What became of it.
    Outcome(OperationOutcome),
    /// It is under way, and there is nothing to ask or tell.
    InProgress,
    /// The answer was wrong, and the challenge has tries left.
    WrongAnswer,
}

impl WalletDrive<'_> {
    /// `OperationRequest` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn request(&mut self, asked: Requested) -> Said<OperationTold> {
        let request = asked.request;
        let key = Key::from(request.operation);
        let known = self.shard.find::<Operations>(key)?;
        let refs = match &known {
            Some(kept) => kept.refs.clone(),
            None => self.begun(asked)?,
        };
        let (account, _) = self.account_of(&refs)?;
        let device = self.device_of(account, &refs)?;
        let facts = Asked {
            own: refs.request.device == request.device,
            fresh: is_fresh(self.rules, asked.issued_at, self.shard.now_ms()),
            same_content: refs.request.asks_the_same(&request),
            within_limits: self.is_within_limits(&refs)?,
        };
        let context = self.context(key, &refs)?;
        let path = path_of_request(CONTROLS, device);
        let input = Input::Requested { context, asked: facts };
        if let (true, true, Some(account)) = (asked.signed, device.in_session(), account) {
            self.keep_session(Key::of_device(account.into(), &request.device));
        }
        if let Some(refusal) = self.step_operation(key, refs, input, path, None)? {
            return Ok(Err(refusal));
        }
        self.told(key).map(Ok)
    }

    /// What is known of a new operation.
    fn begun(&self, asked: Requested) -> Result<OperationRefs, StoreError> {
        let named = || Ok(asked.request.account);
        let hers = || self.matched().map(|found| found.key);
        let account = runs_on(asked.request.action.kind(), named, hers)?;
        Ok(OperationRefs {
            request: asked.request,
            account,
            challenge: None,
            signed: asked.signed,
            ceremony: None,
            enrolment: None,
            debited_ms: None,
        })
    }

    /// `ChallengeAnswer` to this operation reaches the wallet server; `shown` is what the edge has
    /// found of it. What follows at once is done at once.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn answer(
        &mut self,
        operation: Key,
        answer: &ChallengeAnswer,
        shown: Shown,
    ) -> Said<OperationTold> {
        let Some(kept) = self.shard.find::<Operations>(operation)? else {
            return Ok(Err(Refusal::NotFound));
        };
        let own = answer.device == kept.refs.request.device;
        let shown = Shown { from_its_device: shown.from_its_device && own, ..shown };
        if let Err(refusal) = self.step_answer(operation, kept, answer, shown)? {
            return Ok(Err(refusal));
        }
        let kept = self.shard.find::<Operations>(operation)?;
        if let Some(Kept { state: Operation::Authenticated { path, .. }, refs }) = kept {
            let context = self.context(operation, &refs)?;
            let code_of = self.demanded_binding(&refs)?;
            // Whatever becomes of the execution is in the operation's state.
            self.step_operation(operation, refs, Input::Executing(context), path, code_of)?;
        }
        match self.told(operation)? {
            OperationTold::Challenge(_) => Ok(Ok(OperationTold::WrongAnswer)),
            told => Ok(Ok(told)),
        }
    }

    fn step_answer(
        &mut self,
        key: Key,
        kept: Kept<Operations>,
        answer: &ChallengeAnswer,
        shown: Shown,
    ) -> Said<()> {
        let from_its_device = shown.from_its_device;
        let context = self.context(key, &kept.refs)?;
        let (account, record) = self.account_of(&kept.refs)?;
        let device = self.device_of(account, &kept.refs)?;
        if let (true, true, Some(account)) = (from_its_device, device.in_session(), account) {
            self.keep_session(Key::of_device(account.into(), &kept.refs.request.device));
        }
        let offered = self.offered(&kept, answer, shown)?;
        let (proof, presented) = (offered.proof, offered.presented);
        if let Some(binding) = presented {
            self.shard.presents(binding.into());
        }
        let path = path_of_answer(CONTROLS, kept.state, device, proof);
        let input = Input::Answered { context, proof, path };
        let refs = OperationRefs { enrolment: offered.enrolment, ..kept.refs };
        if planted(Defect::IdentityCounted)
            && shown.identity.is_some()
            && !proof.identity
            && let Some(lock) = Self::lock_of(record, &refs, path, presented)
        {
            let state = self.lock(lock)?.counted(CONTROLS, &self.rules.limits);
            self.shard.put::<Locks>(lock, &Kept { state, refs: () })?;
        }
        let refusal = self.step_operation(key, refs, input, path, presented)?;
        // A code is spent when it is presented, whatever becomes of the answer.
        if let Some(binding) = presented {
            self.code_presented(binding.into())?;
        }
        if refusal.is_none()
            && let Some((authenticator, renewed)) = offered.renewed
        {
            self.shard.put(authenticator, &renewed)?;
        }
        Ok(refusal.map_or(Ok(()), Err))
    }

    /// Where an operation stands, as its client is told.
    ///
    /// # Errors
    /// If there is none, or a record cannot be read.
    pub fn told(&self, key: Key) -> Result<OperationTold, StoreError> {
        let missing = || StoreError::corrupt(format!("operation {key}"), "not there");
        let kept = self.shard.find::<Operations>(key)?.ok_or_else(missing)?;
        let operation = kept.refs.request.operation;
        let settled = match kept.state {
            Operation::Executed => Settled::Executed,
            Operation::Refused(refusal) => Settled::Refused(refusal),
            Operation::Expired => Settled::Expired,
            Operation::Challenged { demand, .. } => {
                let kind = kept.refs.request.action.kind();
                let challenge = kept.refs.challenge.ok_or_else(missing)?;
                return Ok(OperationTold::Challenge(Box::new(Challenge {
                    challenge,
                    operation,
                    required: demand.shown_as(CONTROLS, kind),
                    to_approve: words(kept.refs.request, demand),
                })));
            }
            Operation::Absent | Operation::Authenticated { .. } | Operation::Debiting => {
                return Ok(OperationTold::InProgress);
            }
        };
        Ok(OperationTold::Outcome(OperationOutcome { operation, settled }))
    }

    /// What the client needs in order to answer a challenge of this operation; none if it is not
    /// the one that is open, or another device asks.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn invitation(
        &self,
        operation: Key,
        challenge: Key,
        device: DeviceKey,
    ) -> Result<Option<String>, StoreError> {
        let kept = self.open(operation, challenge)?;
        let kept = kept.filter(|kept| kept.refs.request.device == device);
        let ceremony = kept.and_then(|kept| kept.refs.ceremony);
        Ok(ceremony.map(|ceremony| self.verifier.invitation(&ceremony)))
    }

    /// The operation, if this challenge of it is the one that waits for an answer.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn open(
        &self,
        operation: Key,
        challenge: Key,
    ) -> Result<Option<Kept<Operations>>, StoreError> {
        let kept = self.shard.find::<Operations>(operation)?;
        Ok(kept.filter(|kept| {
            matches!(kept.state, Operation::Challenged { .. })
                && kept.refs.challenge.map(Key::from) == Some(challenge)
        }))
    }

    /// Whether an answer from this device may prove identity: the challenge is its own, waits for
    /// it, and looks as if it asked for that.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn takes_identity(
        &self,
        operation: Key,
        challenge: Key,
        device: DeviceKey,
    ) -> Result<bool, StoreError> {
        let open = self.open(operation, challenge)?;
        Ok(open.is_some_and(|Kept { state, refs }| {
            let asked = matches!(state, Operation::Challenged { demand: Demand::Identity, .. });
            let looks_so = refs.request.action.kind().proves_identity();
            refs.request.device == device && (asked || looks_so)
        }))
    }
}

/// What is to be approved, in words; with a defect, other words.
fn words(mut request: OperationRequest, demand: Demand) -> Words<256> {
    if let Action::Pay { amount, .. } = &mut request.action
        && planted(Defect::WordsOfAnotherAmount)
    {
        *amount = Amount::new(1, amount.currency()).unwrap_or(*amount);
    }
    if demand == Demand::Decoy && planted(Defect::DecoyWordsDiffer) {
        request.action = Action::CloseAccount;
    }
    crate::words::to_approve(&request)
}
