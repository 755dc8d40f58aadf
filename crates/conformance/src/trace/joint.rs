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
    /// That a message is owed under this key.
    Letter(Key),
    /// That this request was taken.
    Request(Key),
    /// That there is this account.
    Account(Key),
    /// That this link stands so.
    Stood(Key, LinkStatus),
}

/// A message that is owed.
#[derive(Clone, Copy, Debug)]
struct Letter {
    server: u16,
    about: Key,
    /// What it says; nothing is known of it after a finding in its sender's journal.
    said: Option<Said>,
    /// The person that it named when it was received first.
    person: Option<Key>,
    /// How many times its link had come to stand somewhere else when it was owed.
    since: usize,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The account was made, or was there.
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
    /// How; nothing is known of it after a finding in its journal.
    answered: Option<Answered>,
    heard: bool,
}

/// What is known of all servers together.
#[derive(Debug, Default)]
pub struct Joint {
    letters: BTreeMap<Key, Letter>,
    taken: BTreeMap<Key, Taken>,
    accounts: BTreeMap<Key, u16>,
    /// Whose the debit of each operation is, at each bank's server.
    debits: BTreeMap<(u16, Key), Key>,
    /// Where each link stood, one after the other.
    stood: BTreeMap<Key, Vec<LinkStatus>>,
    /// Messages that were looked at on both sides.
    pub messages: u64,
    /// Answers that were looked at on both sides.
    pub answers: u64,
}

/// The key of a letter by its text, which may be any.
pub fn letter_key(text: &str) -> Key {
    text.parse().unwrap_or_else(|_| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
        Key::from_bytes(bytes)
    })
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

/// What an entry that received this has to wait for.
fn need(received: &Received<Key>) -> Option<Need> {
    match received.message {
        Message::AccountAnswer => received.account.map(Need::Account),
        message if is_answer(message) => received.request.map(Need::Request),
        _ => received.key.as_deref().map(letter_key).map(Need::Letter),
    }
}

impl Joint {
    /// Whether what an entry waits for has come.
    pub fn has(&self, need: Need) -> bool {
        match need {
            Need::Letter(key) => self.letters.contains_key(&key),
            Need::Request(request) => self.taken.contains_key(&request),
            Need::Account(account) => self.accounts.contains_key(&account),
            Need::Stood(link, status) => self.stood(link).contains(&status),
        }
    }

    fn stood(&self, link: Key) -> &[LinkStatus] {
        self.stood.get(&link).map_or(&[], Vec::as_slice)
    }

    /// A link stands so from now on.
    pub fn stands(&mut self, link: Key, status: LinkStatus) -> Need {
        let stood = self.stood.entry(link).or_default();
        if stood.last() != Some(&status) {
            stood.push(status);
        }
        Need::Stood(link, status)
    }

    /// What an entry waits for that has not come. A notice says where its link stands when it is
    /// sent, which may be later than what it is owed for.
    pub fn waits(&self, line: &Line<Key>) -> Option<Need> {
        let need = need(line.received.as_ref()?)?;
        if !self.has(need) {
            return Some(need);
        }
        let (Need::Letter(key), Event::Binding { id, input: binding::Input::LinkHeard(heard) }) =
            (need, line.entry?.event)
        else {
            return None;
        };
        let notice = matches!(self.letters.get(&key)?.said, Some(Said::LinkNotice(_)));
        let stood = Need::Stood(id, heard);
        (notice && !self.has(stood)).then_some(stood)
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
    /// If a key stood for another message before.
    pub fn owe(
        &mut self,
        server: u16,
        transaction: &Transaction,
        owed: &[Owed<Key>],
    ) -> Result<(), Wrong> {
        for letter in owed {
            let Some(said) = transaction.said(letter) else { continue };
            let key = letter_key(&letter.key);
            let (about, since) = (letter.about, self.stood(letter.about).len().saturating_sub(1));
            let letter = Letter { server, about, said: Some(said), person: None, since };
            if self.letters.insert(key, letter).is_some() {
                let what = format!("{} about {}", said.message(), letter.about);
                let expected = "a key of its own";
                return Err(Wrong::new(Fault::OwesOtherwise, 123, what, expected, "used before"));
            }
        }
        Ok(())
    }

    /// Notes what a line says was owed, taken and made, after a finding: so that others do not wait
    /// for it in vain.
    pub fn believe(&mut self, server: u16, line: &Line<Key>) -> Vec<Need> {
        let mut came = Vec::new();
        for letter in line.commit.iter().flat_map(|commit| &commit.owed) {
            let key = letter_key(&letter.key);
            let about = letter.about;
            let letter = Letter { server, about, said: None, person: None, since: 0 };
            self.letters.entry(key).or_insert(letter);
            came.push(Need::Letter(key));
        }
        let received = line.received.as_ref().filter(|received| !is_answer(received.message));
        if let Some(request) = received.and_then(|received| received.request) {
            let taken = Taken { server, about: request, answered: None, heard: false };
            self.taken.entry(request).or_insert(taken);
            came.push(Need::Request(request));
        }
        for touched in &line.after {
            match touched {
                Touched::Account(account) => {
                    self.account(account.key, server);
                    came.push(Need::Account(account.key));
                }
                Touched::Link(link) => {
                    came.extend(link.state.status().map(|status| self.stands(link.key, status)));
                }
                _ => {}
            }
        }
        came
    }

    /// Compares a message with what its sender owed. Nothing is said if its sender's journal is not
    /// there. A notice says where the link stood when it was owed, or later; that is `unknown` if
    /// its journal was cut off.
    ///
    /// # Errors
    /// If it is another one.
    pub fn sent(
        &mut self,
        from: u16,
        received: &Received<Key>,
        event: &Event<Key>,
        unknown: bool,
    ) -> Result<(), Wrong> {
        let key = received.key.as_deref().map(letter_key);
        let Some(letter) = key.and_then(|key| self.letters.get_mut(&key)) else { return Ok(()) };
        let stood = self.stood.get(&letter.about).and_then(|stood| stood.get(letter.since..));
        let stood = stood.unwrap_or_default();
        let Some(said) = letter.said else { return Ok(()) };
        let wrong = |expected: String, found: String| {
            let what = received.message.name();
            Err(Wrong::new(Fault::SentOtherwise, 71, what, expected, found))
        };
        let about = super::trail::about(event).0;
        let debits = matches!(event, Event::Debit { .. });
        if (letter.server, said.message()) != (from, received.message) {
            let expected = format!("{}, by the server that owes it", said.message());
            return wrong(expected, received.message.to_string());
        }
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
            ) => unknown || said == *heard || stood.contains(heard),
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
    pub fn take(&mut self, request: Key, taken: Taken, moves: bool) -> Result<(), Wrong> {
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
        let Some(taken) = request.and_then(|request| self.taken.get_mut(&request)) else {
            return Ok(());
        };
        let wrong = |expected: String, found: String| {
            let what = format!("the {}", received.message);
            let wrong = Wrong::new(Fault::SentOtherwise, 119, what, expected, found);
            Err(Wrong { property: Some(DURABLE), ..wrong })
        };
        let Some(answered) = taken.answered else { return Ok(()) };
        let about = super::trail::about(event).0;
        if (taken.server, taken.about) != (from, about) {
            return wrong(format!("about {}", taken.about), format!("about {about}"));
        }
        if std::mem::replace(&mut taken.heard, true) {
            return wrong("heard once".into(), "heard twice".into());
        }
        let as_given = match (answered, event) {
            (Answered::Registered(account), Event::Binding { input, .. }) => {
                *input == binding::Input::AccountRegistered && account == received.account
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
            return wrong(format!("{answered:?}"), format!("{event:?}"));
        }
        self.answers += 1;
        Ok(())
    }
}

/// A request as it is taken at a server by a step, and how it is answered; `records` are as they
/// are after it.
pub fn taken(server: u16, event: &Event<Key>, moved: &Moved, records: &Records) -> Taken {
    let answered = Some(answered(event, moved, records));
    Taken { server, about: super::trail::about(event).0, answered, heard: false }
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
