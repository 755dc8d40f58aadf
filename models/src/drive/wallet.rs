//! The wallet server's accounts, links, devices and locks.

use bindproof::journal::{Decided, Event};
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::verdict::Verdict;
use bindproof::wallet::account::Account;
use bindproof::wallet::facts::{Asking, Hanging, Made, ends_with_account, is_last};
use bindproof::wallet::link::{self, Input, Link, Order, Request, State, View};
use bindproof::wallet::operation;
use bindproof::wallet::person::{Matched, matched};
use bindproof::wallet::{device, lock};

use super::{Drive, Key, NO_ROOM, Record, index, reference};
use crate::action::PathOf;
use crate::network::{ToBank, ToWallet};
use crate::server::Snapshot;
use crate::views::Seen;
use crate::world::{NONE, Wrong};

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'_, B, O, A, D, S>
{
    /// Which account is the person's, as the deciding server sees it.
    pub(super) fn matched(&self) -> Matched<u8> {
        if let Some(Snapshot::Wallet { matched: NONE, .. }) = self.seen {
            return Matched { key: None, account: Account::Absent };
        }
        let accounts = (0u8..).zip(self.world.accounts);
        matched(self.model.controls, accounts)
    }

    /// A message of `bank` about binding `b`, naming `account`, reaches the wallet server.
    pub(super) fn wallet_receives(
        &mut self,
        bank: u8,
        b: u8,
        message: ToWallet,
        account: u8,
        fresh: bool,
    ) {
        let at = usize::from(b);
        let request = self.request_facts(bank, b, account, fresh);
        let last = self.is_last_link(b);
        let input = match message {
            ToWallet::AccountQuery => return self.account_query(b),
            ToWallet::AccountRegistration => Input::RegistrationAsked(request),
            ToWallet::LinkRequest => Input::LinkAsked(request),
            ToWallet::LinkEnd => Input::EndAsked { request, last },
            ToWallet::LinkQuery => Input::StatusAsked(request),
            ToWallet::Decision(revision) if revision % 2 == 1 => {
                Input::SuspendAsked { request, revision }
            }
            ToWallet::Decision(revision) => Input::ResumeAsked { request, revision },
        };
        // The account that the step sees: the person's for a registration, the one that the link
        // hangs on, or the one that the request names.
        let named = match (message, index(self.world.link_account[at])) {
            (_, Some(hangs_on)) => Some(hangs_on),
            (ToWallet::AccountRegistration, None) => self.matched().key.map(usize::from),
            (_, None) => index(account),
        };
        self.step_link(b, input, named, account);
        // A problem is no answer about the link, but a bank that asked where it stands hears it.
        if message == ToWallet::LinkQuery && self.fired.refused(Refusal::NotFound) {
            self.note_answer(b, ToBank::NotFound);
        }
    }

    /// An account query leaves no trace.
    fn account_query(&mut self, b: u8) {
        let answer = match self.matched().key {
            Some(account) => ToBank::Registered(account),
            None => ToBank::Unregistered,
        };
        self.note_answer(b, answer);
    }

    fn request_facts(&self, bank: u8, b: u8, account: u8, fresh: bool) -> Request {
        let scope = &self.model.scope;
        let binding = scope.binding[usize::from(b)];
        let asking = Asking {
            binding: b,
            bank,
            // In the model each id lies in its bank's namespace from the start.
            begun_by: Some(binding.bank),
            hangs_on: reference(self.world.link_account[usize::from(b)]),
            // Every message names an account, and perhaps one that is none.
            named: Some(account),
            hers: self.matched().key,
            fresh,
            consent: binding.consent,
        };
        let created_for = |a| reference(self.world.created_for[a]);
        let made = asking.account().and_then(index).and_then(created_for).map(|binding| {
            let bank = scope.binding[usize::from(binding)].bank;
            Made { binding, bank }
        });
        asking.request(&self.model.limits, made, self.links())
    }

    /// A link, which may not be there yet.
    fn hanging(&self, b: u8) -> Hanging<u8, u8, u8> {
        let at = usize::from(b);
        Hanging {
            binding: b,
            bank: self.model.scope.binding[at].bank,
            account: reference(self.world.link_account[at]),
            state: self.world.links[at].state,
        }
    }

    /// Every link.
    fn links(&self) -> impl Iterator<Item = Hanging<u8, u8, u8>> {
        (0..self.model.scope.binding.len() as u8).map(|b| self.hanging(b))
    }

    /// No other link keeps the account that this link hangs on.
    fn is_last_link(&self, b: u8) -> bool {
        is_last(b, reference(self.world.link_account[usize::from(b)]), self.links())
    }

    /// Steps a link together with account `account`; `named` is the account that the request named.
    pub(super) fn step_link(&mut self, b: u8, input: Input, account: Option<usize>, named: u8) {
        let at = usize::from(b);
        let (link, seen_account) = match self.seen {
            Some(Snapshot::Wallet { link, account, .. }) => (link, account),
            _ => (
                self.world.links[at],
                account.map_or_else(|| self.matched().account, |a| self.world.accounts[a]),
            ),
        };
        let view = View { link, account: seen_account };
        let verdict = link::step_with(self.model.controls, view, input);
        self.note_view(Decided::of(&verdict), || Seen::Link(view, input));
        let claims = verdict.orders().any(|order| order == Order::ClaimPerson);
        let written_to = if claims { Some(self.claimed_account()) } else { account };
        self.write_journal(Decided::of(&verdict), || Event::Link {
            id: Key::Binding(b),
            account: written_to.map(|a| Key::Account(a as u8)),
            input,
        });
        let before = self.world.links[at];
        let mut written: Option<View> = None;
        let orders = self.settle(Record::Link(b), verdict, |drive, state| {
            drive.world.links[at] = state.link;
            written = Some(state);
        });
        let mut hangs_on = account;
        for order in orders.iter() {
            hangs_on = self.obey_link(b, order, hangs_on, named);
        }
        if let (Some(view), Some(a)) = (written, hangs_on)
            && view.account != seen_account
        {
            self.world.accounts[a] = view.account;
        }
        self.observe_link(at, before, hangs_on);
    }

    /// Carries out one order and gives back the account that the link hangs on from now on.
    fn obey_link(
        &mut self,
        b: u8,
        order: Order,
        account: Option<usize>,
        named: u8,
    ) -> Option<usize> {
        let at = usize::from(b);
        match order {
            Order::ClaimPerson => {
                let a = self.claimed_account();
                self.world.created_for[a] = b;
                return Some(a);
            }
            Order::HangOnAccount => {
                let hang = account.map_or(named, |a| a as u8);
                // Only a defective wallet gets here with a link that hangs already.
                let again = self.world.link_account[at] != NONE;
                self.world.link_account[at] = if again { named } else { hang };
            }
            Order::AnswerCreated => {
                let a = account.or(index(self.world.link_account[at])).map_or(NONE, |a| a as u8);
                self.note_answer(b, ToBank::Created(a));
            }
            Order::AnswerExisting => {
                let a = index(self.world.link_account[at])
                    .or_else(|| self.matched().key.map(usize::from))
                    .or(account)
                    .map_or(NONE, |a| a as u8);
                self.note_answer(b, ToBank::Existing(a));
            }
            Order::AnswerRegistrationRefused(reason) => {
                self.note_answer(b, ToBank::RegistrationRefused(reason));
            }
            Order::AnswerLinkRefused(reason) => {
                let status = bindproof::message::LinkStatus::Refused { reason };
                self.note_answer(b, ToBank::Link(status));
            }
            Order::AnswerLink => {
                if let Some(status) = self.world.links[at].status() {
                    self.note_answer(b, ToBank::Link(status));
                } else {
                    let ended = bindproof::message::LinkStatus::Ended;
                    self.note_answer(b, ToBank::Link(ended));
                }
            }
            Order::OweNotice => {
                use bindproof::control::{Control, Controls};
                //= BIND-149 an end is followed by the other: its notice is owed until the receipt
                self.world.notices[at] = self.model.controls.on(Control::NoticeOwedUntilReceipt);
            }
            Order::LeaveAccount => self.leave_account(account, None),
            Order::RefuseOperations => self.refuse_operations_on_link(b),
            Order::ArmApprovalDeadline => {}
        }
        account
    }

    /// Notes on which open account a link has just become active.
    fn observe_link(&mut self, at: usize, before: Link, account: Option<usize>) {
        let active = |link: Link| link.state == State::Active;
        if active(self.world.links[at]) && !active(before) && before.state != State::Suspended {
            let open = account.filter(|a| self.world.accounts[*a].is_open());
            self.world.history.activated_on[at] = open.map_or(NONE, |a| a as u8);
        }
    }

    /// The operations under way on a link are refused in the same transaction.
    fn refuse_operations_on_link(&mut self, b: u8) {
        for o in 0..self.model.scope.operation.len() {
            let operation = self.model.scope.operation[o];
            if operation.kind.names_link() && operation.binding == b {
                self.end_operation(o);
            }
        }
    }

    /// Steps one operation because what it runs on has ended.
    pub(super) fn end_operation(&mut self, o: usize) {
        use bindproof::control::{Control, Controls};
        let under_way = self.world.operations[o].is_under_way();
        //= BIND-082 what ends refuses the operations under way on it, in the same transaction
        if under_way && self.model.controls.on(Control::EndRefusesOperations) {
            let context = self.model.context(self.model.controls, self.world, o);
            let input = operation::Input::TargetEnded(context);
            self.step_operation(o, input, lock::Path::Strangers, NONE);
        }
    }

    /// Everything on an account ends with it: links, devices, and operations but `but`.
    pub(super) fn leave_account(&mut self, account: Option<usize>, but: Option<usize>) {
        use bindproof::control::{Control, Controls};
        let Some(a) = account else { return };
        //= BIND-057 closing an account ends every link on it
        if self.model.controls.on(Control::CloseEndsLinks) {
            self.end_links(a);
        }
        for d in 0..self.model.scope.device.len() {
            self.step_device(a, d, device::Input::AccountClosed);
        }
        self.end_operations(a, but);
    }

    /// Ends every live link of an account.
    pub(super) fn end_links(&mut self, a: usize) {
        for b in 0..self.model.scope.binding.len() as u8 {
            if self.hanging(b).ends_with(a as u8) {
                self.step_link(b, Input::AccountLeft, Some(a), NONE);
            }
        }
    }

    /// Refuses every operation under way on an account, but `but`. A recovery belongs to the
    /// person, outlives the account, and is ended by nothing but its own deadline.
    pub(super) fn end_operations(&mut self, a: usize, but: Option<usize>) {
        for o in 0..self.model.scope.operation.len() {
            let on = index(self.world.operation_account[o]);
            if ends_with_account(self.model.scope.operation[o].kind, on, a) && Some(o) != but {
                self.end_operation(o);
            }
        }
    }

    /// Steps one device of an account; one that was never known has no record.
    pub(super) fn step_device(&mut self, a: usize, d: usize, input: device::Input) {
        let device = self.world.devices[a][d];
        if device == device::Device::Unknown {
            return;
        }
        let record = Record::Device(a as u8, d as u8);
        let verdict = device::step(device, input);
        self.note_view(Decided::of(&verdict), || Seen::Device(device, input));
        let id = Key::Device(a as u8, d as u8);
        self.write_journal(Decided::of(&verdict), || Event::Device { id, input });
        self.settle(record, verdict, |drive, state| {
            drive.world.devices[a][d] = state;
        });
    }

    pub(super) fn session_ends(&mut self, account: u8, device: u8) {
        self.step_device(usize::from(account), usize::from(device), device::Input::SessionEnded);
    }

    pub(super) fn device_ages(&mut self, account: u8, device: u8) {
        self.step_device(usize::from(account), usize::from(device), device::Input::Aged);
    }

    pub(super) fn approval_deadline(&mut self, b: u8) {
        let at = usize::from(b);
        let last = self.is_last_link(b);
        let account = index(self.world.link_account[at]);
        self.step_link(b, Input::Expired { last }, account, NONE);
    }

    pub(super) fn renew_code(&mut self, b: u8) {
        let account = index(self.world.link_account[usize::from(b)]);
        self.step_link(b, Input::CodeRenewed, account, NONE);
        self.world.history.code_leaked[usize::from(b)] = false;
    }

    /// A hostile bank says what it likes, about its own bindings or another's.
    pub(super) fn hostile(&mut self, b: u8, message: ToWallet, account: u8) {
        let scope = &self.model.scope;
        let hostile = scope.bank.iter().position(|bank| !bank.honest).unwrap_or(0);
        self.wallet_receives(hostile as u8, b, message, account, true);
        // Whatever the wallet answers, a hostile bank may say anything at any time anyway.
        self.reply = None;
    }

    pub(super) fn lock_ends(&mut self, path: PathOf) {
        let (lock, wrong) = self.path_mut(path);
        let before = *lock;
        let verdict = lock::step(before, lock::Input::LockEnded);
        if let Some(Rule::LockEnded) = verdict.rule() {
            wrong.run = 0;
        }
        self.note_view(Decided::of(&verdict), || Seen::Lock(before, lock::Input::LockEnded));
        self.write_journal(Decided::of(&verdict), || Event::Lock {
            path: Key::Path(path),
            input: lock::Input::LockEnded,
        });
        self.settle(Record::Lock, verdict, |drive, state| *drive.path_mut(path).0 = state);
    }

    /// The day ends on every path at once.
    pub(super) fn day_ends(&mut self) {
        let devices = (0..self.model.scope.device.len() as u8).map(PathOf::Device);
        let codes = (0..self.model.scope.binding.len() as u8).map(PathOf::Code);
        for path in core::iter::once(PathOf::Strangers).chain(devices).chain(codes) {
            let (lock, wrong) = self.path_mut(path);
            let reopened = lock.closed == lock::Closed::ForDay;
            *wrong = Wrong { run: if reopened { 0 } else { wrong.run }, day: 0 };
            let before = *lock;
            let verdict = lock::step(before, lock::Input::DayEnded);
            if let Verdict::Apply(step) = verdict {
                *self.path_mut(path).0 = step.state;
            }
            self.note_view(Decided::of(&verdict), || Seen::Lock(before, lock::Input::DayEnded));
            self.write_journal(Decided::of(&verdict), || Event::Lock {
                path: Key::Path(path),
                input: lock::Input::DayEnded,
            });
        }
        self.fired.note(Record::Lock, Decided::Applied(Rule::DayEnded));
    }

    /// Where a new account is written.
    ///
    /// # Panics
    /// With [`NO_ROOM`] if the world has no room for one: a check tells it apart from a finding.
    pub(super) fn claimed_account(&self) -> usize {
        let free = (0..A).find(|a| self.world.accounts[*a] == Account::Absent);
        free.unwrap_or_else(|| panic!("{NO_ROOM}"))
    }

    /// The lock of a path, and what the observer counted on it.
    pub(super) fn path_mut(&mut self, path: PathOf) -> (&mut lock::Lock, &mut Wrong) {
        let world = &mut self.world;
        match path {
            PathOf::Strangers => (&mut world.strangers, &mut world.history.strangers),
            PathOf::Device(d) => {
                let d = usize::from(d);
                (&mut world.device_locks[d], &mut world.history.devices[d])
            }
            PathOf::Code(b) => {
                let b = usize::from(b);
                (&mut world.code_locks[b], &mut world.history.codes[b])
            }
        }
    }
}
