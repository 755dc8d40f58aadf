//! A case against a bank server, as it is played.

mod client;
mod wallet;

use bindproof::settings::Settings;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::bank::binding::State;
use bindproof::wire::{BindingCode, BindingId, InstrumentRef, PersonRef};
use bindproof_http::signature::Signer;

use crate::call::Line;
use crate::config::Customer;
use crate::listen::Listener;
use crate::oracle::bank::{Bank, Heard, Sent};
use crate::oracle::{Within, Worlds};
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::{Arrival, WalletDesk};

pub use client::Asking;

/// The kit against a bank server.
pub struct BankKit {
    /// The line to it.
    pub line: Line,
    /// What the kit's wallet signs with.
    pub signer: Signer,
    /// The kit's wallet.
    pub listener: Listener<WalletDesk>,
    /// Under what the bank runs.
    pub rules: Arc<Settings>,
    /// The customers that no case has had yet.
    pub customers: Mutex<VecDeque<Customer>>,
}

/// A customer in a session of her own.
#[derive(Clone, Debug)]
pub struct Client {
    /// Who.
    pub person: PersonRef,
    /// The token of the session.
    pub token: String,
    /// What she holds.
    pub instruments: Vec<InstrumentRef>,
    /// The largest payment that each covers.
    pub covers_minor: u64,
}

/// What the bank told of a binding.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Which.
    pub binding: BindingId,
    /// Its code.
    pub code: Option<BindingCode>,
}

/// A case as it is played.
pub struct BankPlay<'a> {
    /// The kit.
    pub kit: &'a BankKit,
    /// What the bank may be.
    pub worlds: Worlds<Bank>,
    /// What happened, a line a step.
    pub log: Vec<String>,
    had: Vec<Customer>,
    seen: std::collections::BTreeMap<PersonRef, usize>,
    /// What was answered since the last message of a client to a question that names no binding.
    /// The binding that it is about may be one of which the kit does not know yet.
    unnamed: Vec<(PersonRef, Heard, i64)>,
}

impl<'a> BankPlay<'a> {
    /// A new one.
    pub fn new(kit: &'a BankKit) -> Self {
        Self {
            kit,
            worlds: Worlds::new(Bank::new(Arc::clone(&kit.rules))),
            log: Vec::new(),
            had: Vec::new(),
            seen: std::collections::BTreeMap::new(),
            unnamed: Vec::new(),
        }
    }

    /// Now.
    pub fn now(&self) -> Within {
        self.kit.line.now()
    }

    /// A customer of the bank, whom the wallet does not know, in a session.
    ///
    /// # Errors
    /// The case is skipped if there is none left.
    pub async fn client(&mut self) -> Tried<Client> {
        let next = self.kit.customers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(customer) = next else {
            return Err(Trouble::Skipped("no customer is left whom no case has had".to_owned()));
        };
        self.had.push(customer.clone());
        self.kit.listener.desk.meet(customer.clone());
        let said = serde_json::json!({ "person": customer.person });
        let by = crate::call::By::Nobody;
        let opened = self.kit.line.own(&by, "/development/session", &said).await?;
        let token = opened.get("token").and_then(serde_json::Value::as_str);
        let missing = || Trouble::wrong("a session", "a token", &opened);
        Ok(Client {
            person: customer.person,
            token: token.ok_or_else(missing)?.to_owned(),
            instruments: customer.instrument,
            covers_minor: customer.covers_minor,
        })
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// The case is skipped if nobody said how.
    pub async fn restart(&mut self) -> Tried {
        self.kit.line.start_again(&mut self.log).await
    }

    /// Takes what has arrived at the wallet since the last look into the worlds: what was sent has
    /// to be owed in one of them, and what was answered may have been heard.
    pub(crate) fn sync(&mut self) -> Tried {
        self.take(true)
    }

    /// The same before the worlds know what the bank has just been told: what cannot be owed yet
    /// is looked at again afterwards.
    pub(crate) fn sync_early(&mut self) -> Tried {
        self.take(false)
    }

    fn take(&mut self, strictly: bool) -> Tried {
        self.faultless()?;
        let now = self.now();
        let persons: Vec<PersonRef> = self.had.iter().map(|customer| customer.person).collect();
        for person in persons {
            let arrivals = self.kit.listener.desk.arrivals(person);
            let seen = self.seen.get(&person).copied().unwrap_or_default();
            for arrival in arrivals.into_iter().skip(seen) {
                self.is_what_was_asked(&arrival)?;
                let owed = |bank: &Bank| is_owed(bank, person, &arrival);
                if !self.worlds.may(now, owed) {
                    if !strictly {
                        break;
                    }
                    let found = format!("{:?}", arrival.sent);
                    return Err(Trouble::wrong(SENDS, "only what its steps have it send", found));
                }
                *self.seen.entry(person).or_default() += 1;
                self.log.push(format!("the bank sends {:?}", arrival.sent));
                self.worlds.know(now, owed);
                let (Some(heard), from_ms) = (arrival.heard, arrival.at.from_ms) else { continue };
                if arrival.binding.is_none() {
                    self.unnamed.push((person, heard, from_ms));
                }
                self.worlds.note(|bank| {
                    for (id, record) in &mut bank.bindings {
                        let about = arrival.binding.is_none_or(|binding| binding == *id);
                        let hers = record.person == person && about;
                        let open = hers && !record.state.state.is_closed();
                        if open {
                            record.is_to_hear(heard, from_ms);
                        }
                    }
                });
            }
        }
        Ok(())
    }

    /// A binding that has just come to be known may have been what was asked about before.
    fn was_asked_about(&mut self) {
        for (person, heard, from_ms) in &self.unnamed {
            self.worlds.note(|bank| {
                let looking = bank.bindings.values_mut().filter(|record| {
                    record.person == *person && record.state.state == State::Looking
                });
                looking.for_each(|record| record.is_to_hear(*heard, *from_ms));
            });
        }
    }

    /// What is to be linked is what the binding is of, as its holder has asked.
    fn is_what_was_asked(&self, arrival: &Arrival) -> Tried {
        let Sent::Link { instrument: found, .. } = arrival.sent else { return Ok(()) };
        let binding = arrival.binding.and_then(|id| self.worlds.one().bindings.get(&id));
        match binding.and_then(|record| record.instrument) {
            Some(asked) if asked != found => {
                let (asked, found) = (asked.as_str(), found.as_str());
                let found = format!("a link of {found}, and {asked} was asked for");
                Err(Trouble::wrong(SENDS, "a link of what was asked for", found))
            }
            _ => Ok(()),
        }
    }

    /// Everything that has arrived at the wallet is signed and well formed, says what is so, and
    /// comes again as it has to.
    fn faultless(&self) -> Tried {
        let faults = self.kit.listener.desk.faults();
        let expected = "signed and well-formed messages that say what is so";
        faults.first().map_or(Ok(()), |fault| Err(Trouble::wrong(SENDS, expected, fault)))
    }

    /// At the end of a case: what has arrived at the wallet is as it should be, and owed.
    ///
    /// # Errors
    /// If something is not.
    pub fn finish(&mut self) -> Tried {
        self.sync()?;
        self.faultless()
    }

    /// The case has failed: what is wrong with what arrives about its customers is no other's.
    pub fn excuse(&self) {
        self.kit.listener.desk.excuse(self.had.iter().map(|customer| customer.person));
    }
}

/// The step of everything that arrives at the wallet.
const SENDS: &str = "what the bank sends the wallet";

/// Whether the bank has come to owe the wallet this about a binding of the person's.
fn is_owed(bank: &Bank, person: PersonRef, arrival: &Arrival) -> bool {
    bank.bindings.iter().any(|(id, record)| {
        let about = arrival.binding.is_none_or(|binding| binding == *id);
        about && record.person == person && bank.sent.contains(&(*id, arrival.sent))
    })
}
