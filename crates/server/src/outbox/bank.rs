//! What a bank server sends.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, AccountAnswer, IdempotencyKey, LinkAnswer, RegistrationAnswer, RequestId,
};

use super::{Sender, Sent, unanswered};
use crate::bank::Bank;
use crate::defect::{Defect, planted};
use crate::drive::Step;
use crate::drive::bank::Heard;
use crate::http::client::{CallError, Replied, call};
use crate::key::Person;
use crate::letter::{Letter, TO_WALLET};
use crate::node::Node;
use crate::received;
use crate::store::{Due, Slot, StoreError, Task};

/// What was answered, or the problem that was.
type Answered<T> = Result<T, Refusal>;

impl Sender for Bank {
    fn node(&self) -> &Node {
        &self.node
    }

    fn sends(&self, lane: &str) -> bool {
        // One without a name was put in by an instance from before there were lanes.
        lane == TO_WALLET || lane.is_empty()
    }

    fn peer<'a>(&'a self, _: &'a str) -> &'a str {
        self.wallet.as_str()
    }

    fn send<'a>(&'a self, due: &'a Due, letter: Letter) -> Task<'a, Sent> {
        Box::pin(async move {
            match self.heard(due, &letter).await {
                Ok(Ok(Some((request, heard)))) => self.step_heard(due, request, heard).await,
                Ok(Err(_)) if planted(Defect::ProblemEndsBinding) => {
                    let request = RequestId::from_bytes([0; 16]);
                    self.step_heard(due, request, Heard::Link(LinkStatus::Ended)).await
                }
                Ok(Ok(None)) => Ok(Sent::StillOwed),
                Ok(Err(refusal)) => Ok(Sent::Refused(refusal)),
                Err(error) => Ok(unanswered(&error)),
            }
        })
    }

    fn step_overdue<'a>(&'a self, person: &'a Person) -> Task<'a, ()> {
        Box::pin(self.overdue(person))
    }
}

impl Bank {
    /// Sends a letter; what the wallet answered to which request, if it is about this letter, or
    /// its problem.
    async fn heard(
        &self,
        due: &Due,
        letter: &Letter,
    ) -> Result<Answered<Option<(RequestId, Heard)>>, CallError> {
        let key = key_of(due)?;
        let links = |answer: Answered<(RequestId, LinkAnswer)>| {
            answer.map(|(request, answer)| {
                let is_ours = due.owed.key == answer.0.binding.into();
                is_ours.then_some((request, Heard::Link(answer.0.status)))
            })
        };
        Ok(match letter {
            Letter::AccountQuery(message) => {
                let answer = self.ask_wallet::<_, AccountAnswer>(None, *message).await?;
                answer.map(|(request, answer)| Some((request, Heard::Account(answer.found))))
            }
            Letter::AccountRegistration(message) => {
                let answer = self.ask_wallet::<_, RegistrationAnswer>(key, **message).await?;
                answer.map(|(request, answer)| {
                    let is_ours = answer.binding == message.binding;
                    is_ours.then_some((request, Heard::Registered(answer.registered)))
                })
            }
            Letter::LinkRequest(message) => links(self.ask_wallet(key, *message).await?),
            Letter::LinkSuspend(message) => links(self.ask_wallet(key, *message).await?),
            Letter::LinkResume(message) => links(self.ask_wallet(key, *message).await?),
            Letter::LinkEnd(message) => links(self.ask_wallet(key, *message).await?),
            Letter::LinkNotice(..) | Letter::DebitRequest(..) | Letter::OneTimeCode(..) => {
                return Err(CallError::Unreadable("a bank sends no such letter".to_owned()));
            }
        })
    }

    async fn ask_wallet<M: wire::Request, R: wire::Reply>(
        &self,
        key: Option<IdempotencyKey>,
        message: M,
    ) -> Result<Answered<(RequestId, R)>, CallError> {
        let peer = self.node.registry.peer(self.wallet);
        let peer = peer.ok_or_else(|| CallError::NoAnswer("no wallet is known".to_owned()))?;
        Ok(match call(&self.node, peer, key, message).await? {
            (request, Replied::Answer(answer)) => Ok((request, answer)),
            (_, Replied::Problem(refusal)) => Err(refusal),
        })
    }

    async fn step_heard(
        &self,
        due: &Due,
        request: RequestId,
        heard: Heard,
    ) -> Result<Sent, StoreError> {
        if planted(Defect::AnswersHeardLate) {
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        }
        let key = due.owed.key;
        let step = self.transact(&due.person, &[], |drive| {
            drive.shard.receive(received::heard(&heard, request, self.wallet));
            // A refusal means that there is no such binding; then nothing is owed for it either.
            let _ = drive.hear(key.into(), heard)?;
            Ok(drive.shard.has_moved(Slot::ToWallet, key))
        });
        match step.await? {
            Step::Done(true) => Ok(Sent::Stepped),
            Step::Done(false) | Step::Elsewhere => Ok(Sent::StillOwed),
        }
    }
}

pub(super) fn key_of(due: &Due) -> Result<Option<IdempotencyKey>, CallError> {
    let key = due.owed.idempotency_key.parse();
    key.map(Some).map_err(|error| CallError::Unreadable(format!("its own key: {error}")))
}
