//! What banks ask about links.

use bindproof::limits::Limits;
use bindproof::message::{LinkStatus, Reason};
use bindproof::refusal::Refusal;
use bindproof::wallet::facts::{Asking, Hanging, Made, is_last};
use bindproof::wallet::link::{Input, Request};
use bindproof::wire::{
    AccountId, AccountRegistration, BindingId, IssuedAt, Issuer, LinkAnswer, LinkReport,
    LinkRequest, PersonRef, Registered, RegistrationAnswer,
};

use super::WalletDrive;
use crate::defect::{Defect, planted};
use crate::drive::Said;
use crate::drive::is_fresh;
use crate::key::Key;
use crate::record::{Accounts, Kept, LinkRefs, Links};
use crate::store::StoreError;

/// A bank's request about a link, as the edge has verified it.
#[derive(Clone, Copy, Debug)]
pub struct BankAsked {
    /// Who signed it.
    pub bank: Issuer,
    /// Which binding it is about.
    pub binding: BindingId,
    /// When it was issued.
    pub issued_at: IssuedAt,
}

/// What a bank is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nothing that concerns a bank.
    Nothing,
    /// The account was made.
    Created(AccountId),
    /// The account was there.
    Existing(AccountId),
    /// The registration was decided against.
    RegistrationRefused(Reason),
    /// Where the link stands.
    Link(LinkStatus),
}

impl WalletDrive<'_> {
    /// `AccountRegistration` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn register(
        &mut self,
        asked: BankAsked,
        registration: &AccountRegistration,
    ) -> Said<RegistrationAnswer> {
        let (key, known) = self.link_of(asked)?;
        let hangs_on = known.as_ref().and_then(|kept| kept.refs.account);
        let consent = registration.consent.is_given();
        let request = Request { consent, ..self.bank_request(asked, known.as_ref(), None, None)? };
        let mut refs = refs_of(asked, known);
        refs.contact.get_or_insert(registration.contact);
        refs.secret.get_or_insert(registration.secret);
        let account = match hangs_on {
            Some(account) => Some(account),
            None => self.matched()?.key,
        };
        refs.account = account;
        let told = self.step_link_on(key, refs, Input::RegistrationAsked(request), account)?;
        let registered = match told {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(Told::Created(account)) => Registered::Created(account),
            Ok(Told::Existing(account)) => Registered::Existing(account),
            Ok(Told::RegistrationRefused(reason)) => Registered::Refused(reason),
            Ok(Told::Nothing | Told::Link(_)) => {
                return Err(StoreError::corrupt("a registration", "no answer to it"));
            }
        };
        Ok(Ok(RegistrationAnswer { binding: asked.binding, registered }))
    }

    /// `LinkRequest` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn link(&mut self, asked: BankAsked, link: &LinkRequest) -> Said<LinkAnswer> {
        let (key, known) = self.link_of(asked)?;
        let named = Some(link.account);
        let request = self.bank_request(asked, known.as_ref(), named, Some(link.person))?;
        let hangs_on = known.as_ref().and_then(|kept| kept.refs.account);
        let mut refs = refs_of(asked, known);
        refs.contact.get_or_insert(link.contact);
        refs.secret.get_or_insert(link.secret);
        refs.instrument.get_or_insert(link.instrument);
        let account = hangs_on.or(named);
        let told = self.step_link_on(key, refs, Input::LinkAsked(request), account)?;
        Ok(report(asked, told))
    }

    /// `LinkSuspend` or `LinkResume` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn decide(&mut self, asked: BankAsked, revision: u8, suspends: bool) -> Said<LinkAnswer> {
        self.about(asked, |request, _| match suspends {
            true => Input::SuspendAsked { request, revision },
            false => Input::ResumeAsked { request, revision },
        })
    }

    /// `LinkEnd` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn end(&mut self, asked: BankAsked) -> Said<LinkAnswer> {
        self.about(asked, |request, last| Input::EndAsked { request, last })
    }

    /// `LinkQuery` reaches the wallet server.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn link_status(&mut self, asked: BankAsked) -> Said<LinkAnswer> {
        self.about(asked, |request, _| Input::StatusAsked(request))
    }

    fn about(
        &mut self,
        asked: BankAsked,
        input: impl FnOnce(Request, bool) -> Input,
    ) -> Said<LinkAnswer> {
        let (key, known) = self.link_of(asked)?;
        let request = self.bank_request(asked, known.as_ref(), None, None)?;
        let account = known.as_ref().and_then(|kept| kept.refs.account);
        let last = self.is_last_link(key, account)?;
        let told = self.step_link_on(key, refs_of(asked, known), input(request, last), account)?;
        Ok(report(asked, told))
    }

    fn link_of(&self, asked: BankAsked) -> Result<(Key, Option<Kept<Links>>), StoreError> {
        let key = Key::from(asked.binding);
        Ok((key, self.shard.find::<Links>(key)?))
    }

    /// The facts of a bank's request; `named` is the account and `person` the person that it names.
    fn bank_request(
        &self,
        asked: BankAsked,
        known: Option<&Kept<Links>>,
        named: Option<AccountId>,
        person: Option<PersonRef>,
    ) -> Result<Request, StoreError> {
        let hers = match person.is_some() && self.person == person {
            true => self.matched()?.key,
            false => None,
        };
        let asking = Asking {
            binding: Key::from(asked.binding),
            bank: asked.bank,
            begun_by: known.map(|kept| kept.refs.bank),
            hangs_on: known.and_then(|kept| kept.refs.account),
            named,
            hers,
            fresh: is_fresh(self.rules, asked.issued_at, self.shard.now_ms()),
            consent: false,
        };
        let account = match asking.account() {
            Some(account) => self.shard.find::<Accounts>(account.into())?,
            None => None,
        };
        let made = account.and_then(|kept| kept.refs.created_for.zip(kept.refs.bank));
        let made = made.map(|(binding, bank)| Made { binding: binding.into(), bank });
        let limits = match planted(Defect::ApprovalsUnlimited) {
            true => Limits { approvals_waiting: u8::MAX, ..self.rules.limits },
            false => self.rules.limits,
        };
        let links = self.shard.each::<Links>()?;
        let links = links.iter().map(|(key, kept)| hanging(*key, kept));
        Ok(asking.request(&limits, made, links))
    }

    /// No other link keeps the account that this link hangs on.
    pub(super) fn is_last_link(
        &self,
        key: Key,
        account: Option<AccountId>,
    ) -> Result<bool, StoreError> {
        let links = self.shard.each::<Links>()?;
        Ok(is_last(key, account, links.iter().map(|(key, kept)| hanging(*key, kept))))
    }
}

/// A link among those of its person.
pub(super) const fn hanging(key: Key, kept: &Kept<Links>) -> Hanging<Key, Issuer, AccountId> {
    Hanging {
        binding: key,
        bank: kept.refs.bank,
        account: kept.refs.account,
        state: kept.state.state,
    }
}

/// What is known of a link, or what is to be known of a new one.
fn refs_of(asked: BankAsked, known: Option<Kept<Links>>) -> LinkRefs {
    known.map_or(
        LinkRefs {
            bank: asked.bank,
            account: None,
            instrument: None,
            contact: None,
            secret: None,
            spent_through: -1,
        },
        |kept| kept.refs,
    )
}

fn report(asked: BankAsked, told: Result<Told, Refusal>) -> Result<LinkAnswer, Refusal> {
    let status = match told? {
        Told::Link(status) => status,
        // A link is never answered with a registration.
        Told::Nothing | Told::Created(_) | Told::Existing(_) | Told::RegistrationRefused(_) => {
            return Err(Refusal::InvalidState);
        }
    };
    Ok(LinkAnswer(LinkReport { binding: asked.binding, status }))
}
