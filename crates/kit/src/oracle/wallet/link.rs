//! What banks ask.

use bindproof::message::LinkStatus;
use bindproof::wallet::account::Account;
use bindproof::wallet::facts::{Asking, Hanging, Made, is_last};
use bindproof::wallet::link::{self, Input, Link, Order, Request, State, View};
use bindproof::wire::{
    AccountId, AccountQuery, AccountRegistration, BindingId, Issuer, LinkEnd, LinkQuery,
    LinkRequest, LinkResume, LinkSuspend, PersonRef,
};

use super::{AccountRecord, LinkRecord, Wallet};
use crate::oracle::{Told, Within};

/// What a bank says to a wallet.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and cases say it again")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FromBank {
    /// Has this person an account?
    Account(AccountQuery),
    /// Register one.
    Register(AccountRegistration),
    /// Link to it.
    Link(LinkRequest),
    /// The bank has suspended the binding.
    Suspend(LinkSuspend),
    /// The bank has resumed it.
    Resume(LinkResume),
    /// It is over.
    End(LinkEnd),
    /// Where does the link stand?
    Status(LinkQuery),
}

impl FromBank {
    /// The binding that it is about.
    pub const fn binding(&self) -> Option<BindingId> {
        match self {
            Self::Account(_) => None,
            Self::Register(said) => Some(said.binding),
            Self::Link(said) => Some(said.binding),
            Self::Suspend(said) => Some(said.binding),
            Self::Resume(said) => Some(said.binding),
            Self::End(said) => Some(said.binding),
            Self::Status(said) => Some(said.binding),
        }
    }
}

/// A bank's message as it reached the wallet.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    /// Who signed it.
    pub bank: Issuer,
    /// It was issued within the freshness window.
    pub fresh: bool,
    /// When it arrived.
    pub at: Within,
    /// How the wallet names the account, if it makes one.
    pub named: AccountId,
}

impl Wallet {
    /// A bank's message arrives; what it is answered.
    pub fn hear(&mut self, arrived: Arrived, said: &FromBank) -> Told {
        match *said {
            FromBank::Account(query) => Told::Account(self.matched(query.person).key),
            FromBank::Register(asked) => {
                let consent = asked.consent.is_given();
                let person = Some(asked.person);
                let request =
                    Request { consent, ..self.request_of(arrived, asked.binding, None, None) };
                let hangs_on = self.links.get(&asked.binding).and_then(|record| record.account);
                let account = hangs_on.or(self.matched(asked.person).key);
                let input = Input::RegistrationAsked(request);
                self.step_asked(arrived, asked.binding, input, account, person)
            }
            FromBank::Link(asked) => {
                let named = Some(asked.account);
                let request = self.request_of(arrived, asked.binding, named, Some(asked.person));
                let hangs_on = self.links.get(&asked.binding).and_then(|record| record.account);
                let account = hangs_on.or(named);
                let input = Input::LinkAsked(request);
                self.step_asked(arrived, asked.binding, input, account, Some(asked.person))
            }
            FromBank::Suspend(LinkSuspend { binding, bank_revision: revision }) => {
                self.about(arrived, binding, |request, _| Input::SuspendAsked { request, revision })
            }
            FromBank::Resume(LinkResume { binding, bank_revision: revision }) => {
                self.about(arrived, binding, |request, _| Input::ResumeAsked { request, revision })
            }
            FromBank::End(LinkEnd { binding }) => {
                self.about(arrived, binding, |request, last| Input::EndAsked { request, last })
            }
            FromBank::Status(LinkQuery { binding }) => {
                self.about(arrived, binding, |request, _| Input::StatusAsked(request))
            }
        }
    }

    fn about(
        &mut self,
        arrived: Arrived,
        binding: BindingId,
        input: impl FnOnce(Request, bool) -> Input,
    ) -> Told {
        let request = self.request_of(arrived, binding, None, None);
        let account = self.links.get(&binding).and_then(|record| record.account);
        let last = self.is_last(binding);
        self.step_asked(arrived, binding, input(request, last), account, None)
    }

    /// The facts of a bank's request; `named` is the account and `person` the person that it names.
    fn request_of(
        &self,
        arrived: Arrived,
        binding: BindingId,
        named: Option<AccountId>,
        person: Option<PersonRef>,
    ) -> Request {
        let known = self.links.get(&binding);
        let asking = Asking {
            binding,
            bank: arrived.bank,
            begun_by: known.map(|record| record.bank),
            hangs_on: known.and_then(|record| record.account),
            named,
            hers: person.and_then(|person| self.matched(person).key),
            fresh: arrived.fresh,
            consent: false,
        };
        let account = asking.account().and_then(|account| self.accounts.get(&account));
        let made = account.and_then(|account| account.created_for.zip(account.bank));
        let made = made.map(|(binding, bank)| Made { binding, bank });
        asking.request(&self.rules.limits, made, self.hanging())
    }

    fn hanging(&self) -> impl Iterator<Item = Hanging<BindingId, Issuer, AccountId>> {
        self.links.iter().map(|(binding, record)| Hanging {
            binding: *binding,
            bank: record.bank,
            account: record.account,
            state: record.state.state,
        })
    }

    /// No other link keeps the account open that this link hangs on.
    fn is_last(&self, binding: BindingId) -> bool {
        let account = self.links.get(&binding).and_then(|record| record.account);
        is_last(binding, account, self.hanging())
    }

    /// The links that end with an account.
    pub(super) fn end_with(&self, account: AccountId) -> Vec<BindingId> {
        let ends = self.hanging().filter(|link| link.ends_with(account));
        ends.map(|link| link.binding).collect()
    }

    fn step_asked(
        &mut self,
        arrived: Arrived,
        binding: BindingId,
        input: Input,
        account: Option<AccountId>,
        person: Option<PersonRef>,
    ) -> Told {
        let seen = match (account, person) {
            (Some(_), _) => self.account(account),
            (None, Some(person)) => self.matched(person).account,
            (None, None) => Account::Absent,
        };
        self.step_link(arrived, binding, input, (account, seen), person)
    }

    /// Steps a link together with an account, and does what the step orders.
    fn step_link(
        &mut self,
        arrived: Arrived,
        binding: BindingId,
        input: Input,
        (account, seen): (Option<AccountId>, Account),
        person: Option<PersonRef>,
    ) -> Told {
        let known = self.links.get(&binding).cloned();
        let before = known.as_ref().map_or(Link::ABSENT, |record| record.state);
        let verdict = link::step(View { link: before, account: seen }, input);
        if let Some(refusal) = verdict.refusal() {
            return Told::Problem(refusal);
        }
        let ordered = |wanted: Order| verdict.orders().any(|order| order == wanted);
        let claims = ordered(Order::ClaimPerson);
        let account = if claims { Some(self.new_account(arrived.named)) } else { account };
        let mut record = known.unwrap_or(LinkRecord {
            bank: arrived.bank,
            account: None,
            state: Link::ABSENT,
            deadline: None,
        });
        if ordered(Order::HangOnAccount) {
            record.account = record.account.or(account);
        }
        if let bindproof::verdict::Verdict::Apply(step) = verdict {
            record.state = step.state.link;
            if let (true, Some(account), Some(person)) = (claims, account, person) {
                let (created_for, bank) = (Some(binding), Some(arrived.bank));
                let state = step.state.account;
                self.accounts.insert(account, AccountRecord { person, state, created_for, bank });
            } else if let Some(kept) = account.and_then(|id| self.accounts.get_mut(&id)) {
                kept.state = step.state.account;
            }
            if record.state.state != State::AwaitingApproval {
                record.deadline = None;
            }
            self.links.insert(binding, record);
        }
        let named = self.links.get(&binding).and_then(|record| record.account).or(account);
        let mut told = Told::Link(self.link(binding).status().unwrap_or(LinkStatus::Ended));
        for order in verdict.orders() {
            if let Some(answer) = self.obey_link(arrived, binding, order, named) {
                told = answer;
            }
        }
        told
    }

    /// An id that the wallet has given before is not a new account's.
    fn new_account(&self, named: AccountId) -> AccountId {
        if self.accounts.contains_key(&named) { AccountId::from_bytes([0; 16]) } else { named }
    }

    fn obey_link(
        &mut self,
        arrived: Arrived,
        binding: BindingId,
        order: Order,
        account: Option<AccountId>,
    ) -> Option<Told> {
        let named = account.unwrap_or(AccountId::from_bytes([0; 16]));
        match order {
            Order::AnswerCreated => return Some(Told::Created(named)),
            Order::AnswerExisting => return Some(Told::Existing(named)),
            Order::AnswerRegistrationRefused(reason) => return Some(Told::NotRegistered(reason)),
            Order::AnswerLinkRefused(reason) => {
                return Some(Told::Link(LinkStatus::Refused { reason }));
            }
            Order::AnswerLink => {
                return Some(Told::Link(self.link(binding).status().unwrap_or(LinkStatus::Ended)));
            }
            Order::OweNotice => {
                let status = self.link(binding).status().unwrap_or(LinkStatus::Ended);
                self.notices.insert((binding, status));
            }
            Order::ArmApprovalDeadline => {
                let due = arrived.at.after(self.rules.timing.approval_wallet_ms);
                if let Some(record) = self.links.get_mut(&binding) {
                    record.deadline = Some(due);
                }
            }
            Order::LeaveAccount => self.leave_account(account, None),
            Order::RefuseOperations => self.end_operations_on(binding),
            Order::ClaimPerson | Order::HangOnAccount => {}
        }
        None
    }

    /// Steps the link of a binding by what the holder, time or an account did to it.
    pub fn step_own(&mut self, binding: BindingId, input: Input) -> Told {
        let Some(record) = self.links.get(&binding) else {
            return Told::Problem(bindproof::refusal::Refusal::NotFound);
        };
        let at = Within { from_ms: 0, to_ms: 0 };
        let named = AccountId::from_bytes([0; 16]);
        let arrived = Arrived { bank: record.bank, fresh: true, at, named };
        let account = record.account;
        let seen = self.account(account);
        self.step_link(arrived, binding, input, (account, seen), None)
    }

    /// The time for an approval has passed.
    pub fn approval_expires(&mut self, binding: BindingId) {
        let last = self.is_last(binding);
        self.step_own(binding, Input::Expired { last });
        if let Some(record) = self.links.get_mut(&binding) {
            record.deadline = None;
        }
    }
}
