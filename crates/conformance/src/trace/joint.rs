//! What the servers said to each other: every message that one received, another has sent before,
//! and every answer that one heard, another has given.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bindproof::bank::binding;
use bindproof::bank::debit::Debit;
use bindproof::journal::{Decided, Event};
use bindproof::message::{LinkStatus, Message, Reason};
use bindproof::refusal::Refusal;
use bindproof::wallet::{link, operation};
use sha2::{Digest, Sha256};

use super::finding::{Fault, Wrong};
use super::line::{Line, Ordered, Owed, Received, Touched};
use super::records::Records;
use super::replay::Moved;
use super::transaction::{Said, Transaction};
use crate::key::Key;

/// The name of the property that what was answered is there.
pub const DURABLE: &str = "acknowledged-is-durable";

/// What an entry has to wait for: it was caused by something at another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// That a message is owed so.
    Letter(Under),
    /// That this request was taken.
    Request(Key),
    /// That there is this account.
    Account(Key),
}

/// Under what a message is owed. An idempotency key counts for one sender and one kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Under {
    server: u16,
    message: Message,
    key: Key,
}

impl Under {
    /// A message by the server with the name of this number, under a key that may be any text.
    pub fn new(server: u16, message: Message, key: &str) -> Self {
        let digest = |_| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&Sha256::digest(key)[..16]);
            Key::from_bytes(bytes)
        };
        Self { server, message, key: key.parse().unwrap_or_else(digest) }
    }
}

/// A message that is owed.
#[derive(Clone, Copy, Debug)]
struct Letter {
    about: Key,
    /// What it says.
    said: Said,
    /// The person that it named when it was received first.
    person: Option<Key>,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The account was made, or was there; none if nobody knows which.
    Registered(Option<Key>),
    /// No account is registered for this binding.
    RegistrationRefused(Reason),
    /// Where the link stands.
    Link(LinkStatus),
    /// The debit is decided.
    Debit(bool),
    /// A problem, which decides nothing.
    Problem(Refusal),
    /// What nobody hears in a journal.
    Nothing,
}

/// A request that was taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    server: u16,
    about: Key,
    answered: Answered,
    heard: bool,
}

/// What is known of all servers together.
#[derive(Debug, Default)]
pub struct Joint {
    /// What is owed; none where nobody knows what it says.
    letters: BTreeMap<Under, Option<Letter>>,
    /// What was taken; none where nobody knows what came of it.
    taken: BTreeMap<Key, Option<Taken>>,
    accounts: BTreeMap<Key, u16>,
    /// Whose the debit of each operation is, at each bank's server.
    debits: BTreeMap<(u16, Key), Key>,
    /// Messages that were looked at on both sides.
    pub messages: u64,
    /// Answers that were looked at on both sides.
    pub answers: u64,
}

/// Whether a message is an answer.
pub const fn is_answer(message: Message) -> bool {
    matches!(
        message,
        Message::AccountAnswer
            | Message::RegistrationAnswer
            | Message::LinkAnswer
            | Message::DebitAnswer
    )
}

/// What an entry that received this from a server has to wait for.
fn need(from: u16, received: &Received<Key>) -> Option<Need> {
    match received.message {
        Message::AccountAnswer => received.account.map(Need::Account),
        message if is_answer(message) => received.request.map(Need::Request),
        message => {
            let key = received.key.as_deref()?;
            Some(Need::Letter(Under::new(from, message, key)))
        }
    }
}

/// What others may have waited for before this line of a server: what it owes, takes and makes.
pub fn brings(server: u16, line: &Line<Key>) -> impl Iterator<Item = Need> {
    let owed = line.commit.iter().flat_map(|commit| &commit.owed);
    let owed = owed.map(move |owed| Under::new(server, owed.message, &owed.key)).map(Need::Letter);
    let received = line.received.as_ref().filter(|received| !is_answer(received.message));
    let taken = received.and_then(|received| received.request).map(Need::Request);
    let made = line.after.iter().filter_map(|touched| match touched {
        Touched::Account(account) => Some(Need::Account(account.key)),
        _ => None,
    });
    owed.chain(taken).chain(made)
}

impl Joint {
    /// Whether what an entry waits for has come.
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Letter(key) => self.letters.contains_key(&key),
            Need::Request(request) => self.taken.contains_key(&request),
            Need::Account(account) => self.accounts.contains_key(&account),
        }
    }

    /// What an entry waits for that has not come from the server that it heard.
    pub fn waits(&self, from: u16, line: &Line<Key>) -> Option<Need> {
        let need = need(from, line.received.as_ref()?)?;
        (!self.has(need)).then_some(need)
    }

    /// There is this account at this wallet.
    pub fn account(&mut self, account: Key, server: u16) {
        self.accounts.entry(account).or_insert(server);
    }

    /// The debit of this operation is stepped at a bank's server among this person's records.
    ///
    /// # Errors
    /// If it was among another's before.
    pub fn debit(&mut self, server: u16, operation: Key, person: Key) -> Result<(), Wrong> {
        let first = *self.debits.entry((server, operation)).or_insert(person);
        if first == person {
            return Ok(());
        }
        let (what, expected) = (format!("the debit of {operation}"), format!("person {first}'s"));
        Err(Wrong::new(Fault::OtherFact, 98, what, expected, format!("person {person}'s")))
    }

    /// Notes what a transaction owes from now on.
    ///
    /// # Errors
    /// If a key stood for another message of the same kind before.
    pub fn owe(
        &mut self,
        server: u16,
        transaction: &Transaction,
        owed: &[Owed<Key>],
    ) -> Result<(), Wrong> {
        for owed in owed {
            let said = transaction.said(owed);
            let letter = said.map(|said| Letter { about: owed.about, said, person: None });
            let under = Under::new(server, owed.message, &owed.key);
            if self.letters.insert(under, letter).is_some() {
                let what = format!("{} about {}", owed.message, owed.about);
                let expected = "a key of its own";
                return Err(Wrong::new(Fault::OwesOtherwise, 123, what, expected, "used before"));
            }
        }
        Ok(())
    }

    /// Notes what a line says was owed, taken and made, after a finding: so that others do not wait
    /// for it in vain.
    pub fn believe(&mut self, server: u16, line: &Line<Key>) -> Vec<Need> {
        let came: Vec<Need> = brings(server, line).collect();
        for need in &came {
            match *need {
                Need::Letter(under) => drop(self.letters.entry(under).or_default()),
                Need::Request(request) => drop(self.taken.entry(request).or_default()),
                Need::Account(account) => self.account(account, server),
            }
        }
        came
    }

    /// Compares a message with what its sender owed. Nothing is said if its sender's journal is not
    /// there.
    ///
    /// # Errors
    /// If it is another one.
    pub fn sent(
        &mut self,
        from: u16,
        received: &Received<Key>,
        event: &Event<Key>,
    ) -> Result<(), Wrong> {
        let Some(Need::Letter(under)) = need(from, received) else { return Ok(()) };
        let Some(Some(letter)) = self.letters.get_mut(&under) else { return Ok(()) };
        let said = letter.said;
        let wrong = |expected: String, found: String| {
            let what = received.message.name();
            Err(Wrong::new(Fault::SentOtherwise, 71, what, expected, found))
        };
        let about = super::trail::about(event).0;
        let debits = matches!(event, Event::Debit { .. });
        if letter.about != about {
            return wrong(format!("about {}", letter.about), format!("about {about}"));
        }
        let as_sent = match (said, event) {
            (Said::LinkRequest(account), _) => account.is_none() || account == received.account,
            (
                Said::LinkSuspend(n),
                Event::Link { input: link::Input::SuspendAsked { revision, .. }, .. },
            )
            | (
                Said::LinkResume(n),
                Event::Link { input: link::Input::ResumeAsked { revision, .. }, .. },
            ) => n == *revision,
            (
                Said::LinkNotice(said),
                Event::Binding { input: binding::Input::LinkHeard(heard), .. },
            ) => said.is_none_or(|said| said == *heard),
            (Said::DebitRequest(binding, minor), _) if debits => {
                (binding, Some(minor)) == (received.binding, received.amount_minor)
            }
            (Said::AccountRegistration, _) => received.consent != Some(false),
            (Said::LinkEnd | Said::AccountQuery, _) => true,
            _ => false,
        };
        if !as_sent {
            return wrong(format!("{said:?}"), format!("{event:?}"));
        }
        if let Some(person) = received.person {
            let first = *letter.person.get_or_insert(person);
            if first != person {
                return wrong(format!("for {first}, as before"), format!("for {person}"));
            }
        }
        self.messages += 1;
        Ok(())
    }

    /// Notes that a request was taken: the transaction is committed in which it was. Its sender may
    /// have given two sendings one id, which is no fault of who answers from what it has kept; what
    /// `moves` something does so once.
    ///
    /// # Errors
    /// If it moves something, and was taken before.
    pub fn take(&mut self, request: Key, taken: Option<Taken>, moves: bool) -> Result<(), Wrong> {
        match self.taken.entry(request) {
            Entry::Vacant(first) => {
                first.insert(taken);
                Ok(())
            }
            Entry::Occupied(_) if !moves => Ok(()),
            Entry::Occupied(_) => {
                let what = format!("request {request}");
                Err(Wrong::new(Fault::TakenTwice, 123, what, "taken once", "taken twice"))
            }
        }
    }

    /// Compares an answer that was heard with the one that was given.
    ///
    /// # Errors
    /// If it was not given, or not so, or was heard before.
    pub fn heard(
        &mut self,
        from: u16,
        received: &Received<Key>,
        event: &Event<Key>,
    ) -> Result<(), Wrong> {
        if let Some(account) =
            received.account.filter(|_| received.message == Message::AccountAnswer)
            && self.accounts.get(&account).is_some_and(|server| *server != from)
        {
            let (what, found) = (format!("account {account}"), "another wallet has it");
            return Err(Wrong::new(Fault::SentOtherwise, 119, what, "this wallet has it", found));
        }
        let request = received.request;
        let taken = request.and_then(|request| self.taken.get_mut(&request)?.as_mut());
        let Some(taken) = taken else { return Ok(()) };
        let wrong = |expected: String, found: String| {
            let what = format!("the {}", received.message);
            let wrong = Wrong::new(Fault::SentOtherwise, 119, what, expected, found);
            Err(Wrong { property: Some(DURABLE), ..wrong })
        };
        let about = super::trail::about(event).0;
        if (taken.server, taken.about) != (from, about) {
            return wrong(format!("about {}", taken.about), format!("about {about}"));
        }
        if std::mem::replace(&mut taken.heard, true) {
            return wrong("heard once".into(), "heard twice".into());
        }
        let as_given = match (taken.answered, event) {
            (Answered::Registered(account), Event::Binding { input, .. }) => {
                let same = account.is_none() || account == received.account;
                *input == binding::Input::AccountRegistered && same
            }
            (Answered::RegistrationRefused(reason), Event::Binding { input, .. }) => {
                *input == binding::Input::RegistrationRefused(reason)
            }
            (Answered::Link(status), Event::Binding { input, .. }) => {
                *input == binding::Input::LinkHeard(status)
            }
            (Answered::Problem(Refusal::NotFound), Event::Binding { input, .. }) => {
                *input == binding::Input::LinkNotFound
            }
            (Answered::Debit(decided), Event::Operation { input, .. }) => {
                matches!(
                    input,
                    operation::Input::DebitDecided { accepted, .. } if *accepted == decided
                )
            }
            _ => false,
        };
        if !as_given {
            return wrong(format!("{:?}", taken.answered), format!("{event:?}"));
        }
        self.answers += 1;
        Ok(())
    }
}

/// A request as it is taken at a server by a step, and how it is answered, if that is known;
/// `records` are as they are after it.
pub fn taken(server: u16, event: &Event<Key>, moved: &Moved, records: &Records) -> Option<Taken> {
    let answered = moved.known.then(|| answered(event, moved, records))?;
    Some(Taken { server, about: super::trail::about(event).0, answered, heard: false })
}

/// How a request is answered by a step; `records` are as they are after it.
fn answered(event: &Event<Key>, moved: &Moved, records: &Records) -> Answered {
    if let Decided::Refused(refusal) = moved.decided {
        return Answered::Problem(refusal);
    }
    match (event, moved.orders) {
        (Event::Link { id, .. }, Ordered::Link(orders)) => {
            let account = records.links.get(id).and_then(|refs| refs.account);
            let answers = orders.iter().filter_map(|order| match order {
                link::Order::AnswerCreated | link::Order::AnswerExisting => {
                    Some(Answered::Registered(account))
                }
                link::Order::AnswerRegistrationRefused(reason) => {
                    Some(Answered::RegistrationRefused(reason))
                }
                link::Order::AnswerLinkRefused(reason) => {
                    Some(Answered::Link(LinkStatus::Refused { reason }))
                }
                link::Order::AnswerLink => {
                    let status = records.link(*id).status();
                    Some(Answered::Link(status.unwrap_or(LinkStatus::Ended)))
                }
                _ => None,
            });
            answers.last().unwrap_or(Answered::Nothing)
        }
        (Event::Debit { operation, .. }, _) => match records.debit(*operation) {
            Debit::Accepted => Answered::Debit(true),
            Debit::Refused => Answered::Debit(false),
            Debit::Absent => Answered::Nothing,
        },
        _ => Answered::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_one_debit_at_a_bank_whoever_s_binding_it_comes_with() {
        let [ada, ben, operation, other] = [1, 2, 3, 4].map(|number| Key::from_bytes([number; 16]));
        let mut joint = Joint::default();
        for (server, operation, person) in
            [(0, operation, ada), (0, operation, ada), (1, operation, ben), (0, other, ben)]
        {
            assert_eq!(joint.debit(server, operation, person), Ok(()));
        }
        let wrong = joint.debit(0, operation, ben).expect_err("another's");
        assert_eq!((wrong.fault, wrong.requirement), (Fault::OtherFact, 98));
    }
}
