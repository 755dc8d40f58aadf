//! What stands in, in development, for what a site has of its own: its books, its way of bringing
//! codes to people, its proof of identity, its authenticators. Each says so, and a server in
//! production mode does not start with any of them.

mod authenticator;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bindproof::wire::{Amount, ContactRef, InstrumentRef, Opaque, PersonRef};
use serde::{Deserialize, Serialize};

pub use authenticator::{KeyVerifier, SoftKey, VouchedIdentity};

use crate::bank::Books;
use crate::drive::bank::Holding;
use crate::wallet::Courier;

/// A customer of a bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// Who.
    pub person: PersonRef,
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
}

impl Books for WrittenBooks {
    fn holding(&self, person: PersonRef, instrument: InstrumentRef) -> Option<Holding> {
        let customer = self.customers.get(&person)?;
        let holds = customer.instrument.iter().any(|held| held.reference == instrument);
        let (contact, registration) = (customer.contact, customer.registration);
        holds.then_some(Holding { contact, registration })
    }

    fn covers(&self, instrument: InstrumentRef, amount: Amount) -> bool {
        self.covers_minor.get(&instrument).is_some_and(|covers| amount.minor() <= *covers)
    }

    fn knows(&self, person: PersonRef) -> bool {
        self.customers.contains_key(&person)
    }
}

/// Writes codes to the end of a file, in place of bringing them to anybody. What was written is
/// there whatever becomes of the server.
#[derive(Clone, Debug)]
pub struct FileInbox {
    file: PathBuf,
}

impl FileInbox {
    /// Codes go to the end of this file.
    pub const fn new(file: PathBuf) -> Self {
        Self { file }
    }
}

impl Courier for FileInbox {
    fn deliver(&self, contact: ContactRef, code: &str) -> bool {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&self.file);
        // One write, so that no line is ever found without its end.
        let line = format!("{} {code}\n", contact.as_str());
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.inspect_err(|error| tracing::error!(%error, "a code is not written")).is_ok()
    }
}

/// How many codes an inbox keeps.
const INBOX: usize = 64;

/// Keeps codes where whoever runs the server can read them, in place of bringing them to anybody.
#[derive(Debug, Default)]
pub struct OpenInbox {
    codes: Mutex<VecDeque<(ContactRef, String)>>,
}

impl OpenInbox {
    /// The last code for this contact; it is taken out.
    pub fn take(&self, contact: ContactRef) -> Option<String> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let place = codes.iter().rposition(|(of, _)| *of == contact)?;
        codes.remove(place).map(|(_, code)| code)
    }
}

impl Courier for OpenInbox {
    fn deliver(&self, contact: ContactRef, code: &str) -> bool {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() == INBOX {
            codes.pop_front();
        }
        codes.push_back((contact, code.to_owned()));
        true
    }
}
