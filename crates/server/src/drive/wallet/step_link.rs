//! Steps a link and obeys what the step orders.

use bindproof::journal::Event;
use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wallet::account::Account;
use bindproof::wallet::link::{Input, Link, Order, State, View};
use bindproof::wire::{AccountId, BindingId, LinkNotice, LinkReport};

use super::{ACCOUNT, LINK, Told, WalletDrive};
use crate::defect::{Defect, planted, steps};
use crate::drive::{Said, owe, settle};
use crate::key::Key;
use crate::letter::Letter;
use crate::record::{AccountRefs, Accounts, Kept, LinkRefs, Links, RecordKind};
use crate::store::{Slot, StoreError, Timer};

impl WalletDrive<'_> {
    /// Steps a link on the account that it hangs on; `named` is used where it hangs on none.
    pub(super) fn step_link(
        &mut self,
        key: Key,
        refs: LinkRefs,
        input: Input,
        named: Option<AccountId>,
    ) -> Said<Told> {
        let account = refs.account.or(named);
        self.step_link_on(key, refs, input, account)
    }

    /// Steps a link together with an account: the one it hangs on or comes to hang on, or none, and
    /// then the step sees what is to be seen of the person.
    pub(super) fn step_link_on(
        &mut self,
        key: Key,
        mut refs: LinkRefs,
        input: Input,
        account: Option<AccountId>,
    ) -> Said<Told> {
        let known = self.shard.find::<Links>(key)?;
        let hung_on = known.as_ref().and_then(|kept| kept.refs.account);
        let before = as_found(known.as_ref().map_or(Link::ABSENT, |kept| kept.state), input);
        let seen = match account {
            Some(_) => self.account(account)?,
            None => self.matched()?.account,
        };
        let verdict = steps::link(View { link: before, account: seen }, input);
        let ordered = |wanted: Order| verdict.orders().any(|order| order == wanted);
        let claims = ordered(Order::ClaimPerson);
        let unclaimed = claims && !self.is_claimed()?;
        let account = match claims {
            true => Some(AccountId::from_bytes(self.world.uuid())),
            false => account,
        };
        // A link hangs on an account from the step that says so, and for good.
        refs.account = if ordered(Order::HangOnAccount) { hung_on.or(account) } else { hung_on };
        let made =
            claims.then(|| AccountRefs { created_for: Some(key.into()), bank: Some(refs.bank) });
        let event = Event::Link { id: key, account: account.map(Key::from), input };
        let kept_refs = refs.clone();
        let settled = settle(self.shard, event, verdict, |shard, state| {
            shard.put::<Links>(key, &Kept { state: state.link, refs: kept_refs })?;
            match account {
                Some(account) if state.account != seen || claims => {
                    put_account(shard, account, state.account, made)
                }
                _ => Ok(()),
            }
        })?;
        if let Some(refusal) = settled.refusal {
            return Ok(Err(refusal));
        }
        if settled.applied && known.is_none() {
            let (id, bank) = (BindingId::from(key), refs.bank.as_str().to_owned());
            self.shard.claim(LINK, id.to_string(), bank);
        }
        if let (true, Some(account)) = (claims, account) {
            self.shard.claim(ACCOUNT, account.to_string(), String::new());
            self.claim_person(unclaimed)?;
        }
        self.time_link(key)?;
        let mut told = Told::Nothing;
        for order in settled.orders.iter() {
            if let Some(answer) = self.obey_link(key, &refs, order, account)? {
                told = answer;
            }
        }
        Ok(Ok(told))
    }

    fn time_link(&mut self, key: Key) -> Result<(), StoreError> {
        let state = self.shard.find::<Links>(key)?.map_or(State::Absent, |kept| kept.state.state);
        if state != State::AwaitingApproval {
            self.shard.disarm(RecordKind::Link, key, Timer::State);
        }
        if !state.is_live() {
            self.shard.disarm(RecordKind::Link, key, Timer::Code);
        }
        Ok(())
    }

    /// Carries out one order; what the bank is answered because of it.
    fn obey_link(
        &mut self,
        key: Key,
        refs: &LinkRefs,
        order: Order,
        account: Option<AccountId>,
    ) -> Result<Option<Told>, StoreError> {
        let named = || {
            let missing = || StoreError::corrupt("a registration", "no account to name");
            refs.account.or(account).ok_or_else(missing)
        };
        Ok(Some(match order {
            Order::AnswerCreated => Told::Created(named()?),
            Order::AnswerExisting => Told::Existing(named()?),
            Order::AnswerRegistrationRefused(reason) => Told::RegistrationRefused(reason),
            Order::AnswerLinkRefused(reason) => Told::Link(LinkStatus::Refused { reason }),
            Order::AnswerLink => Told::Link(self.link_report(key)?),
            Order::OweNotice => {
                let report = LinkReport { binding: key.into(), status: self.link_report(key)? };
                let letter = Letter::LinkNotice(refs.bank, LinkNotice(report));
                owe(self.shard, self.world, Slot::Notice, key, &letter)?;
                return Ok(None);
            }
            Order::ArmApprovalDeadline => {
                let after_ms = self.rules.timing.approval_wallet_ms;
                self.shard.arm(RecordKind::Link, key, Timer::State, after_ms);
                return Ok(None);
            }
            Order::LeaveAccount => {
                self.leave_account(account, None)?;
                return Ok(None);
            }
            Order::RefuseOperations => {
                self.end_operations_on_link(key)?;
                return Ok(None);
            }
            // Both are written with the link.
            Order::ClaimPerson | Order::HangOnAccount => return Ok(None),
        }))
    }

    /// What is said of a link: of one of which there is nothing to say, that it is over.
    fn link_report(&self, key: Key) -> Result<LinkStatus, StoreError> {
        let kept = self.shard.find::<Links>(key)?;
        Ok(kept.and_then(|kept| kept.state.status()).unwrap_or(LinkStatus::Ended))
    }

    /// Steps the link that an operation names.
    pub(super) fn step_named_link(
        &mut self,
        binding: BindingId,
        input: Input,
    ) -> Result<Option<Refusal>, StoreError> {
        let key = Key::from(binding);
        let Some(kept) = self.shard.find::<Links>(key)? else {
            return Ok(Some(Refusal::NotFound));
        };
        Ok(self.step_link(key, kept.refs, input, None)?.err())
    }
}

fn put_account(
    shard: &mut crate::store::Shard,
    account: AccountId,
    state: Account,
    made: Option<AccountRefs>,
) -> Result<(), StoreError> {
    let known = shard.find::<Accounts>(account.into())?.map(|kept| kept.refs);
    let Some(refs) = known.or(made) else {
        return Err(StoreError::corrupt(format!("account {account}"), "changed and not there"));
    };
    shard.put::<Accounts>(account.into(), &Kept { state, refs })
}

/// A link as a step finds it: as it is, but with a defect.
fn as_found(link: Link, input: Input) -> Link {
    match input {
        Input::RegistrationAsked(_) if planted(Defect::LinksForgotten) => Link::ABSENT,
        Input::SuspendAsked { .. } if planted(Defect::SuspensionNeverTooEarly) => {
            Link { state: State::Active, ..link }
        }
        _ => link,
    }
}
