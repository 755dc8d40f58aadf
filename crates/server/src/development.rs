//! What stands in, in development, for what a site has of its own: its books, its way of bringing
//! codes to people, its proof of identity, its authenticators. Each says so, and a server in
//! production mode does not start with any of them.

mod authenticator;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::wire::{
    Amount, ChallengeId, ContactRef, InstrumentRef, Opaque, OperationId, PersonRef,
};
use serde::{Deserialize, Serialize};

pub use authenticator::{KeyVerifier, SoftKey, VouchedIdentity};

use crate::defect::{Defect, planted};
use crate::drive::bank::Holding;
use crate::session::Sessions;
use crate::site::{Asked, Books, Courier, Held, ready};

/// A customer of a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Who.
    pub person: PersonRef,
    /// What she is called; her reference, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The contact that the bank has verified.
    pub contact: ContactRef,
    /// What a wallet has to know of her to register an account.
    pub registration: Opaque,
    /// What she holds.
    pub instrument: Vec<Instrument>,
}

/// An instrument of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// The bank's reference of it.
    pub reference: InstrumentRef,
    /// What its holder calls it; its reference, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The largest payment that it covers, in minor units.
    pub covers_minor: u64,
}

/// A bank's books, written down in its configuration.
#[derive(Clone, Debug, Default)]
pub struct WrittenBooks {
    customers: BTreeMap<PersonRef, Customer>,
    covers_minor: BTreeMap<InstrumentRef, u64>,
}

impl WrittenBooks {
    /// Books with these customers.
    pub fn new(customers: Vec<Customer>) -> Self {
        let held = customers.iter().flat_map(|customer| &customer.instrument);
        let covers_minor = held.map(|held| (held.reference, held.covers_minor)).collect();
        let customers = customers.into_iter().map(|customer| (customer.person, customer)).collect();
        Self { customers, covers_minor }
    }

    /// Every customer.
    pub fn customers(&self) -> impl Iterator<Item = &Customer> {
        self.customers.values()
    }

    /// Whether there is such a customer.
    pub fn knows(&self, person: PersonRef) -> bool {
        self.customers.contains_key(&person)
    }
}

impl Books for WrittenBooks {
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Asked<'_, Option<Holding>> {
        let holds = |customer: &&Customer| {
            customer.instrument.iter().any(|held| held.reference == instrument)
                || planted(Defect::HolderNotCompared)
        };
        let holder = self.customers.get(&person).filter(holds);
        ready(holder.map(|customer| {
            let (contact, registration) = (customer.contact, customer.registration);
            Holding { contact, registration }
        }))
    }

    fn covers(&self, instrument: InstrumentRef, amount: Amount, _: OperationId) -> Asked<'_, bool> {
        let covers = self.covers_minor.get(&instrument);
        ready(covers.is_some_and(|covers| amount.minor() <= *covers))
    }

    fn holds(&self, person: PersonRef) -> Asked<'_, Vec<Held>> {
        let held = self.customers.get(&person).map_or(&[][..], |customer| &customer.instrument);
        let shown = held.iter().map(|held| {
            let label = held.label.clone().unwrap_or_else(|| held.reference.as_str().to_owned());
            Held { reference: held.reference, label }
        });
        ready(shown.collect())
    }
}

/// What stands in for what a bank has of its own, for whoever looks at it.
#[derive(Clone)]
pub struct BankStandIns {
    /// Its books.
    pub books: Arc<WrittenBooks>,
    /// The sessions of its customers.
    pub sessions: Sessions,
}

/// What stands in for what a wallet has of its own, for whoever looks at it.
#[derive(Clone)]
pub struct WalletStandIns {
    /// Where codes arrive.
    pub inbox: Arc<OpenInbox>,
    /// Who vouches for identities.
    pub identity: Arc<VouchedIdentity>,
    /// The origin of the pages that can make passkeys.
    pub passkeys: Option<String>,
}

/// How many messages an inbox keeps.
const INBOX: usize = 64;

/// A code that was sent to a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its place among all messages: 1, 2, 3 and so on.
    pub number: u64,
    /// The challenge that it answers.
    pub challenge: ChallengeId,
    /// To whom.
    pub contact: ContactRef,
    /// The code.
    pub code: String,
}

/// Keeps codes where whoever runs the server can read them, in place of bringing them to anybody.
#[derive(Debug, Default)]
pub struct OpenInbox {
    messages: Mutex<VecDeque<Message>>,
    /// Codes are written to the end of this file, too.
    file: Option<PathBuf>,
}

impl OpenInbox {
    /// One that writes codes to the end of this file as well: what was written is there whatever
    /// becomes of the server.
    pub fn and_file(file: Option<PathBuf>) -> Self {
        Self { file, ..Self::default() }
    }

    /// Writes a code to the file, if there is one.
    fn written(&self, contact: ContactRef, code: &str) -> std::io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file)?;
        // One write, so that no line is ever found without its end.
        file.write_all(format!("{} {code}\n", contact.as_str()).as_bytes())
    }

    /// Takes a code in; false if it cannot be written to the file.
    fn take_in(&self, challenge: ChallengeId, contact: ContactRef, code: &str) -> bool {
        if let Err(error) = self.written(contact, code) {
            tracing::error!(%error, "a code is not written");
            return false;
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let number = messages.back().map_or(0, |message| message.number) + 1;
        if messages.len() == INBOX {
            messages.pop_front();
        }
        messages.push_back(Message { number, challenge, contact, code: code.to_owned() });
        true
    }

    /// The last code for this contact; it is taken out.
    pub fn take(&self, contact: ContactRef) -> Option<String> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let place = messages.iter().rposition(|message| message.contact == contact)?;
        messages.remove(place).map(|message| message.code)
    }

    /// What lies in it, the newest first.
    pub fn shown(&self) -> Vec<Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().rev().cloned().collect()
    }
}

impl Courier for OpenInbox {
    fn deliver<'a>(
        &'a self,
        challenge: ChallengeId,
        contact: ContactRef,
        code: &'a str,
        _: &'a str,
    ) -> Asked<'a, bool> {
        ready(self.take_in(challenge, contact, code))
    }
}
