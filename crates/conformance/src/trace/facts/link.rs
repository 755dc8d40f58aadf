//! The facts of a wallet's links.

use bindproof::message::Message;
use bindproof::wallet::link::{Input, Request, State};

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::{Fault, Wrong};
use crate::trace::line::Received;
use crate::trace::records::Kind;

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
        let own = match (known, refs.bank) {
            (false, _) if self.records.whole => Some(true),
            (true, Some(bank)) => self.from.map(|from| from == bank),
            _ => None,
        };
        same("own", 17, own, request.own, &mut unlooked)?;
        same("fresh", 50, self.is_fresh(received), request.fresh, &mut unlooked)?;
        let named = received.account.filter(|_| links);
        let whole = self.records.whole || refs.account.is_some();
        let same_account = refs.account.is_none() || named.is_none() || refs.account == named;
        let same_account = whole.then_some(same_account);
        same("same_account", 21, same_account, request.same_account, &mut unlooked)?;
        let consent = if registers { received.consent } else { Some(false) };
        same("consent", 3, consent, request.consent, &mut unlooked)?;
        let matches = match (links, received.person) {
            (false, _) => Some(false),
            (true, None) => None,
            (true, Some(person)) => self.records.whole.then(|| {
                person == self.line.person && named.is_some() && self.records.matched().key == named
            }),
        };
        // A link that nothing is known of is begun among the records of the person whose it is.
        let elsewhere = received.person.filter(|person| !known && *person != self.line.person);
        if let Some(person) = elsewhere.filter(|_| self.records.whole) {
            let (expected, found) = (person.to_string(), self.line.person.to_string());
            return Err(Wrong::new(Fault::OtherFact, 104, "person", expected, found));
        }
        same("account_matches", 13, matches, request.account_matches, &mut unlooked)?;
        let account = refs.account.or(named);
        let made = account.and_then(|account| self.records.accounts.get(&account));
        let certain = self.records.whole || made.is_some();
        let made = made.copied().unwrap_or_default();
        let created_for = certain.then_some(made.created_for == Some(id));
        same("created_for", 6, created_for, request.created_for, &mut unlooked)?;
        let of_bank = certain.then_some(made.bank.is_some() && made.bank == self.from);
        same("created_for_bank", 6, of_bank, request.created_for_bank, &mut unlooked)?;
        let may_wait = match links {
            true => self.records.whole.then(|| self.may_wait(id, named)),
            false => Some(false),
        };
        same("may_wait", 7, may_wait, request.may_wait, &mut unlooked)?;
        Ok(unlooked)
    }

    /// Fewer approvals than the limit wait for this bank, and fewer links than the limit hang on
    /// the account.
    fn may_wait(&self, id: Key, account: Option<Key>) -> bool {
        let Some(account) = account else { return false };
        let (mut waiting, mut live) = (0, 0);
        for other in self.records.links_on(account).filter(|other| *other != id) {
            let state = self.records.link(other).state;
            let bank = self.records.links.get(&other).and_then(|refs| refs.bank);
            let same_bank = bank.is_some() && bank == self.from;
            waiting += usize::from(state == State::AwaitingApproval && same_bank);
            live += usize::from(state.keeps_account());
        }
        let limits = &self.rules.limits;
        waiting < usize::from(limits.approvals_waiting)
            && live < usize::from(limits.links_per_account_max)
    }

    /// No other link keeps the account open that this one hangs on.
    fn is_last(&self, id: Key, account: Option<Key>) -> Option<bool> {
        let Some(account) = account else { return self.records.whole.then_some(false) };
        let others = self.records.links_on(account).filter(|other| *other != id);
        let keeps = |other: Key| self.records.link(other).state.keeps_account();
        let kept = others.into_iter().any(keeps);
        (kept || self.records.whole).then_some(!kept)
    }
}
