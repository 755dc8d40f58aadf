//! The facts of a wallet's links.

use bindproof::message::Message;
use bindproof::wallet::facts::{Asking, Hanging, Made, is_last};
use bindproof::wallet::link::{Input, Request};

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::{Fault, Wrong};
use crate::trace::line::Received;
use crate::trace::records::{Bank, Kind};

impl Look<'_> {
    pub(super) fn link(&self, id: Key, account: Option<Key>, input: &Input) -> Result<u64, Wrong> {
        let refs = self.records.links.get(&id).copied().unwrap_or_default();
        let mut unlooked = 0;
        if !matches!(input, Input::Expired { .. }) {
            self.not_overdue(refs.due_ms)?;
        }
        let asked = match input {
            Input::RegistrationAsked(r) => Some((Message::AccountRegistration, r)),
            Input::LinkAsked(r) => Some((Message::LinkRequest, r)),
            Input::SuspendAsked { request, .. } => Some((Message::LinkSuspend, request)),
            Input::ResumeAsked { request, .. } => Some((Message::LinkResume, request)),
            Input::EndAsked { request, .. } => Some((Message::LinkEnd, request)),
            Input::StatusAsked(r) => Some((Message::LinkQuery, r)),
            _ => None,
        };
        let mut named = None;
        match asked {
            Some((message, request)) => match self.received(&[message])? {
                Some(received) => {
                    named = received.account.filter(|_| message == Message::LinkRequest);
                    unlooked += self.request(id, message, *request, received)?;
                }
                None => unlooked += 8,
            },
            None => self.nothing_received()?,
        }
        if let Input::EndAsked { last, .. } | Input::Expired { last } = input {
            same("last", 59, self.is_last(id, refs.account), *last, &mut unlooked)?;
        }
        if let Input::Expired { .. } = input {
            self.has_passed(refs.due_ms)?;
        }
        let registers = matches!(input, Input::RegistrationAsked(_));
        self.hangs_on(id, account, named, registers)?;
        Ok(unlooked)
    }

    /// The account that the step saw: the one that is named, for a registration the person's, or a
    /// new one. That it is the one that the link hangs on, if it hangs on one, is a property.
    fn hangs_on(
        &self,
        id: Key,
        account: Option<Key>,
        named: Option<Key>,
        registers: bool,
    ) -> Result<(), Wrong> {
        let refs = self.records.links.get(&id).copied().unwrap_or_default();
        if refs.account.is_some() || !self.records.whole {
            return Ok(());
        }
        let hers = registers.then(|| self.records.matched().key).flatten();
        let expected = named.or(hers);
        let makes = registers && expected.is_none();
        let new = account.is_some_and(|account| !self.records.has(Kind::Account, account));
        if account == expected || (makes && new) {
            return Ok(());
        }
        let text = |key: Option<Key>| key.map_or_else(|| "none".to_owned(), |k| k.to_string());
        Err(Wrong::new(Fault::OtherFact, 21, "account", text(expected), text(account)))
    }

    fn request(
        &self,
        id: Key,
        message: Message,
        request: Request,
        received: &Received<Key>,
    ) -> Result<u64, Wrong> {
        let mut unlooked = 0;
        let links = message == Message::LinkRequest;
        let registers = message == Message::AccountRegistration;
        let known = self.records.has(Kind::Link, id);
        let refs = self.records.links.get(&id).copied().unwrap_or_default();
        let named = received.account.filter(|_| links);
        let hers = received.person.filter(|person| *person == self.line.person);
        let hers = hers.and_then(|_| self.records.matched().key);
        let asking = Asking {
            binding: id,
            bank: Bank(self.from),
            begun_by: known.then_some(Bank(refs.bank)),
            hangs_on: refs.account,
            named,
            hers,
            fresh: request.fresh,
            consent: request.consent,
        };
        let certain = match known {
            true => refs.bank.is_some() && self.from.is_some(),
            false => self.records.whole,
        };
        let own = certain.then(|| asking.is_own());
        same("own", 17, own, request.own, &mut unlooked)?;
        same("fresh", 50, self.is_fresh(received), request.fresh, &mut unlooked)?;
        let hangs = self.records.whole || refs.account.is_some();
        let same_account = hangs.then(|| asking.is_same_account());
        same("same_account", 21, same_account, request.same_account, &mut unlooked)?;
        let consent = if registers { received.consent } else { Some(false) };
        same("consent", 3, consent, request.consent, &mut unlooked)?;
        let matches = match (links, received.person) {
            (false, _) => Some(false),
            (true, None) => None,
            (true, Some(_)) => self.records.whole.then(|| asking.account_matches()),
        };
        // A link that nothing is known of is begun among the records of the person whose it is.
        let elsewhere = received.person.filter(|person| !known && *person != self.line.person);
        if let Some(person) = elsewhere.filter(|_| self.records.whole) {
            let (expected, found) = (person.to_string(), self.line.person.to_string());
            return Err(Wrong::new(Fault::OtherFact, 104, "person", expected, found));
        }
        same("account_matches", 13, matches, request.account_matches, &mut unlooked)?;
        let account = asking.account();
        let made = account.and_then(|account| self.records.accounts.get(&account));
        let certain = self.records.whole || (hangs && made.is_some());
        let made = made.and_then(|made| {
            let bank = Bank(made.bank);
            made.created_for.map(|binding| Made { binding, bank })
        });
        let created_for = certain.then(|| asking.is_created_for(made));
        same("created_for", 6, created_for, request.created_for, &mut unlooked)?;
        let of_bank = certain.then(|| asking.is_created_for_bank(made));
        same("created_for_bank", 6, of_bank, request.created_for_bank, &mut unlooked)?;
        let may_wait = match links {
            true => self.records.whole.then(|| asking.may_wait(&self.rules.limits, self.on(named))),
            false => Some(false),
        };
        same("may_wait", 7, may_wait, request.may_wait, &mut unlooked)?;
        Ok(unlooked)
    }

    /// The links on an account that are not over. Those that are over no fact counts.
    fn on(&self, account: Option<Key>) -> impl Iterator<Item = Hanging<Key, Bank, Key>> {
        let links = account.into_iter().flat_map(|account| self.records.links_on(account));
        links.map(|link| self.records.hanging(link))
    }

    /// No other link keeps the account open that this one hangs on.
    fn is_last(&self, id: Key, account: Option<Key>) -> Option<bool> {
        let last = is_last(id, account, self.on(account));
        // That another one does is certain, however little else is known.
        let other = account.is_some() && !last;
        (other || self.records.whole).then_some(last)
    }
}
