//! What a wallet server sends.

use bindproof::message::Message;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    ChallengeId, ContactRef, Debit, DebitAnswer, DebitRequest, Issuer, LinkNotice, OperationId,
    RequestId,
};

use super::bank::key_of;
use super::{Sender, Sent, unanswered};
use crate::codes;
use crate::defect::{Defect, planted};
use crate::drive::Step;
use crate::drive::wallet::{CHALLENGE, coded};
use crate::http::client::{CallError, Replied, call, notify};
use crate::key::{Key, Person};
use crate::letter::{CODES, Letter, TO_WALLET, bank_of};
use crate::node::Node;
use crate::received;
use crate::record::{Operations, RecordKind};
use crate::signing::Peer;
use crate::store::{Due, Slot, StoreError, Task};
use crate::wallet::Wallet;

impl Sender for Wallet {
    fn node(&self) -> &Node {
        &self.node
    }

    fn sends(&self, lane: &str) -> bool {
        lane != TO_WALLET
    }

    fn peer<'a>(&'a self, lane: &'a str) -> &'a str {
        match bank_of(lane) {
            None if lane == CODES => "whoever brings one-time codes",
            bank => bank.unwrap_or(lane),
        }
    }

    fn send<'a>(&'a self, due: &'a Due, letter: Letter) -> Task<'a, Sent> {
        Box::pin(async move {
            let sent = match letter {
                Letter::LinkNotice(bank, notice) => self.notice(due, bank, notice).await,
                Letter::DebitRequest(bank, request) => match self.debit(due, bank, request).await {
                    Ok(Ok((request, answer))) => {
                        let note = received::answer(Message::DebitAnswer, request, bank);
                        return self.step_debit(due, note, answer).await;
                    }
                    Ok(Err(refusal)) => Ok(Sent::Refused(refusal)),
                    Err(error) => Err(error),
                },
                Letter::OneTimeCode(challenge, contact) => {
                    if self.is_over(&due.person, challenge).await? {
                        return Ok(Sent::Over);
                    }
                    self.code(due, challenge, contact).await
                }
                _ => Err(CallError::Unreadable("a wallet sends no such letter".to_owned())),
            };
            Ok(sent.unwrap_or_else(|error| unanswered(&error)))
        })
    }

    fn step_overdue<'a>(&'a self, person: &'a Person) -> Task<'a, ()> {
        Box::pin(self.overdue(person))
    }
}

impl Wallet {
    fn bank(&self, bank: Issuer) -> Result<&Peer, CallError> {
        let unknown = || CallError::NoAnswer(format!("{} is not known", bank.as_str()));
        self.node.registry.peer(bank).ok_or_else(unknown)
    }

    /// Whether a challenge among these records is known to wait for no answer any more. A code is
    /// withheld for nothing less.
    async fn is_over(&self, person: &Person, challenge: ChallengeId) -> Result<bool, StoreError> {
        let found = self.node.store.find(CHALLENGE, &challenge.to_string()).await?;
        let operation = found.and_then(|found| found.value.parse::<OperationId>().ok());
        let Some(operation) = operation.map(Key::from) else { return Ok(false) };
        let names = [(RecordKind::Operation, operation)];
        let step = self.transact(person, &names, |drive| {
            let is_there = drive.shard.find::<Operations>(operation)?.is_some();
            Ok(is_there && drive.open(operation, challenge.into())?.is_none())
        });
        Ok(matches!(step.await?, Step::Done(true)))
    }

    async fn code(
        &self,
        due: &Due,
        challenge: ChallengeId,
        contact: ContactRef,
    ) -> Result<Sent, CallError> {
        let code = codes::one_time_code(&self.code_key, coded(challenge), contact.as_str());
        match self.courier.deliver(challenge, contact, &code, &due.owed.idempotency_key).await {
            Ok(true) => Ok(Sent::Delivered),
            Ok(false) => Ok(Sent::StillOwed),
            Err(error) => Err(CallError::NoAnswer(error.to_string())),
        }
    }

    async fn notice(&self, due: &Due, bank: Issuer, notice: LinkNotice) -> Result<Sent, CallError> {
        for other in self.node.registry.peers() {
            if planted(Defect::NoticesToEverybody) && other.name != bank {
                let _ = notify(&self.node, other, key_of(due)?, notice).await;
            }
        }
        let said = notify(&self.node, self.bank(bank)?, key_of(due)?, notice).await;
        if planted(Defect::NoticeNotRepeated) {
            return Ok(Sent::Delivered);
        }
        match said? {
            Replied::Answer(()) if planted(Defect::ReceiptsUnheard) => Ok(Sent::StillOwed),
            Replied::Answer(()) => Ok(Sent::Delivered),
            Replied::Problem(refusal) => Ok(Sent::Refused(refusal)),
        }
    }

    async fn debit(
        &self,
        due: &Due,
        bank: Issuer,
        request: DebitRequest,
    ) -> Result<Result<(RequestId, DebitAnswer), Refusal>, CallError> {
        Ok(match call(&self.node, self.bank(bank)?, key_of(due)?, request).await? {
            (request, Replied::Answer(answer)) => Ok((request, answer)),
            (_, Replied::Problem(refusal)) => Err(refusal),
        })
    }

    /// The answer was signed by the bank that was asked, for this very request.
    async fn step_debit(
        &self,
        due: &Due,
        note: received::Note,
        answer: DebitAnswer,
    ) -> Result<Sent, StoreError> {
        let key = due.owed.key;
        if key != answer.operation.into() {
            return Ok(Sent::StillOwed);
        }
        let late = planted(Defect::LateDebitRefused) && due.owed.attempts > 0;
        let accepted = answer.debit == Debit::Accepted || planted(Defect::RefusedDebitPaid);
        let accepted = accepted && !late;
        let names = [(RecordKind::Operation, key)];
        let step = self.transact(&due.person, &names, |drive| {
            drive.shard.receive(note.clone());
            drive.debit_decided(key, true, accepted)?;
            Ok(drive.shard.has_moved(Slot::Debit, key))
        });
        match step.await? {
            Step::Done(true) => Ok(Sent::Stepped),
            Step::Done(false) | Step::Elsewhere => Ok(Sent::StillOwed),
        }
    }
}
