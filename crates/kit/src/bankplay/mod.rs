//! A case against a bank server, as it is played.

mod client;
mod wallet;

use bindproof::settings::Settings;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::bank::binding::State;
use bindproof::wire::{BindingCode, BindingId, IdempotencyKey, InstrumentRef, PersonRef, Standing};
use bindproof_http::signature::Signer;

use crate::call::Line;
use crate::config::Customer;
use crate::listen::Listener;
use crate::oracle::bank::{Bank, Heard};
use crate::oracle::{Within, Worlds};
use crate::trouble::{Tried, Trouble};
use crate::wallet_desk::WalletDesk;

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
    /// Where it stands.
    pub standing: Standing,
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
    unnamed: Vec<(PersonRef, Heard)>,
    keys: std::collections::BTreeMap<(String, IdempotencyKey), String>,
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
            keys: std::collections::BTreeMap::new(),
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
        let now = self.now();
        let persons: Vec<PersonRef> = self.had.iter().map(|customer| customer.person).collect();
        for person in persons {
            let arrivals = self.kit.listener.desk.arrivals(person);
            let seen = self.seen.get(&person).copied().unwrap_or_default();
            for arrival in arrivals.into_iter().skip(seen) {
                let about = |id: &BindingId| arrival.binding.is_none_or(|named| named == *id);
                let owed = |bank: &Bank| {
                    bank.bindings.iter().any(|(id, record)| {
                        let sent = bank.sent.contains(&(*id, arrival.sent));
                        record.person == person && about(id) && sent
                    })
                };
                if !self.worlds.may(now, owed) {
                    if !strictly {
                        break;
                    }
                    let step = "what the bank sends the wallet";
                    let found = format!("{:?}", arrival.sent);
                    return Err(Trouble::wrong(step, "only what its steps have it send", found));
                }
                *self.seen.entry(person).or_default() += 1;
                self.log.push(format!("the bank sends {:?}", arrival.sent));
                self.worlds.know(now, owed);
                self.key_is_kept(person, &arrival)?;
                let Some(heard) = arrival.heard else { continue };
                if arrival.binding.is_none() {
                    self.unnamed.push((person, heard));
                }
                self.worlds.note(|bank| {
                    for (id, record) in &mut bank.bindings {
                        let open = !record.state.state.is_closed();
                        if open && record.person == person && about(id) {
                            record.is_to_hear(heard);
                        }
                    }
                });
            }
        }
        Ok(())
    }

    /// A binding that has just come to be known may have been what was asked about before.
    fn was_asked_about(&mut self) {
        for (person, heard) in &self.unnamed {
            self.worlds.note(|bank| {
                let looking = bank.bindings.values_mut().filter(|record| {
                    record.person == *person && record.state.state == State::Looking
                });
                looking.for_each(|record| record.is_to_hear(*heard));
            });
        }
    }

    /// What is sent again is sent under the same key, and says the same.
    fn key_is_kept(&mut self, person: PersonRef, arrival: &crate::wallet_desk::Arrival) -> Tried {
        let Some(key) = arrival.key.as_ref().and_then(|key| key.parse().ok()) else {
            return Ok(());
        };
        let scope = (person.as_str().to_owned(), key);
        let before = self.keys.entry(scope).or_insert_with(|| arrival.said.clone());
        if *before == arrival.said {
            return Ok(());
        }
        let expected = "under one key always the same body";
        Err(Trouble::wrong("what the bank sends the wallet", expected, &arrival.said))
    }

    /// At the end of a case: what has arrived at the wallet is signed, well formed and owed.
    ///
    /// # Errors
    /// If something is not.
    pub fn finish(&mut self) -> Tried {
        self.sync()?;
        match self.kit.listener.desk.faults().first() {
            Some(fault) => {
                let step = "what the bank sends the wallet";
                Err(Trouble::wrong(step, "signed and well-formed messages", fault))
            }
            None => Ok(()),
        }
    }
}
