//! What is known of records beside their states, and how a step changes it.

use bindproof::bank::binding::{self, State as Bank};
use bindproof::control::AllOn;
use bindproof::journal::Decided;
use bindproof::journal::Event;
use bindproof::policy::Requirement;
use bindproof::rule::Rule;
use bindproof::settings::Settings;
use bindproof::wallet::device::Device;
use bindproof::wallet::lock::{Closed, Path};
use bindproof::wallet::operation::{self, Operation};
use bindproof::wallet::{link, lock};

use super::facts::begun;
use super::line::{Line, Ordered};
use super::records::{DebitRefs, Kind, Records, State, written};
use super::replay::Moved;
use super::transaction::executes;
use crate::key::Key;

/// Applies a step: what is beside the records first, then the records.
pub struct Apply<'a> {
    /// The rules of its server.
    pub rules: &'a Settings,
    /// Its line.
    pub line: &'a Line<Key>,
    /// What the step decides.
    pub moved: &'a Moved,
    /// The number of the name of the server that sent what was received.
    pub from: Option<u16>,
    /// The number of the transaction.
    pub transaction: u64,
}

impl Apply<'_> {
    /// Applies the step to `records`.
    pub fn to(&self, records: &mut Records, event: &Event<Key>) {
        let armed = Self::deadlines(event);
        let before = armed.map(|of| of.and_then(|(kind, key)| records.due_ms(kind, key)));
        if self.moved.applied() {
            match *event {
                Event::Binding { id, input } => self.binding(records, id, &input),
                Event::Debit { operation, .. } => self.debit(records, operation),
                Event::Link { id, account, .. } => self.link(records, id, account),
                Event::Operation { id, account, device, path, input } => {
                    self.operation(records, id, (account, device, path), &input);
                }
                Event::Device { .. } => {}
                Event::Lock { path, input } => self.lock(records, path, input),
            }
            self.locked(records);
            self.trusted(records);
        }
        for ((kind, key), before_ms) in
            armed.into_iter().zip(before).filter_map(|(of, b)| Some((of?, b)))
        {
            let due_ms = records.due_ms(kind, key);
            records.arm(kind, key, before_ms, due_ms);
        }
        for (kind, key, version, state) in self.line.after.iter().filter_map(written) {
            records.write(kind, key, state, version, self.transaction);
        }
    }

    /// The records whose deadlines a step on this can arm or end.
    fn deadlines(event: &Event<Key>) -> [Option<(Kind, Key)>; 2] {
        match *event {
            Event::Binding { id, .. } => [Some((Kind::Binding, id)), None],
            Event::Link { id, .. } => [Some((Kind::Link, id)), None],
            Event::Operation { id, path, .. } => {
                [Some((Kind::Operation, id)), path.map(|path| (Kind::Lock, path))]
            }
            Event::Lock { path, .. } => [Some((Kind::Lock, path)), None],
            Event::Debit { .. } | Event::Device { .. } => [None; 2],
        }
    }

    fn after_ms(&self, after_ms: u64) -> Option<i64> {
        Some(self.line.at_ms.saturating_add(i64::try_from(after_ms).unwrap_or(i64::MAX)))
    }

    fn binding(&self, records: &mut Records, id: Key, input: &binding::Input) {
        let received = self.line.received.as_ref();
        let refs = records.bindings.entry(id).or_default();
        if let (binding::Input::Asked(_), Some(received)) = (input, received) {
            refs.content = received.content;
            refs.instrument = received.instrument;
        }
        let Ordered::Binding(orders) = self.moved.orders else { return };
        let timing = &self.rules.timing;
        for order in orders.iter() {
            match order {
                binding::Order::SendLinkRequest => {
                    refs.account = refs.account.or(received.and_then(|received| received.account));
                }
                binding::Order::ArmDeadline(Bank::AwaitingApproval) => {
                    refs.due_ms = self.after_ms(timing.approval_bank_ms);
                }
                // Looking, registering and linking share one time.
                binding::Order::ArmDeadline(Bank::Looking) => {
                    refs.due_ms = self.after_ms(timing.setup_ms);
                }
                _ => {}
            }
        }
        let waits = self
            .moved
            .writes()
            .any(|write| matches!(write.after, State::Binding(binding) if binding.state.waits()));
        refs.due_ms = refs.due_ms.filter(|_| waits);
    }

    fn debit(&self, records: &mut Records, operation: Key) {
        let received = self.line.received.as_ref();
        let refs = DebitRefs {
            binding: received.and_then(|received| received.binding),
            amount_minor: received.and_then(|received| received.amount_minor),
        };
        records.debits.insert(operation, refs);
    }

    fn link(&self, records: &mut Records, id: Key, account: Option<Key>) {
        let refs = records.links.entry(id).or_default();
        refs.bank = refs.bank.or(self.from);
        let Ordered::Link(orders) = self.moved.orders else { return };
        for order in orders.iter() {
            match order {
                link::Order::HangOnAccount => refs.account = refs.account.or(account),
                link::Order::ArmApprovalDeadline => {
                    refs.due_ms = self.after_ms(self.rules.timing.approval_wallet_ms);
                }
                link::Order::ClaimPerson => {
                    if let Some(account) = account {
                        let made = records.accounts.entry(account).or_default();
                        made.created_for.get_or_insert(id);
                        made.bank = made.bank.or(self.from);
                    }
                }
                _ => {}
            }
        }
        let mut links = self.moved.writes().filter_map(|write| match (write.before, write.after) {
            (State::Link(before), State::Link(after)) => Some((before.state, after.state)),
            _ => None,
        });
        let (before, after) = links.next().unwrap_or((link::State::Absent, link::State::Absent));
        refs.due_ms = refs.due_ms.filter(|_| after == link::State::AwaitingApproval);
        let became = after == link::State::Active
            && !matches!(before, link::State::Active | link::State::Suspended);
        if became {
            let on = refs.account;
            let open = on.filter(|account| records.account(*account).is_open());
            records.links.entry(id).or_default().activated_on = open;
        }
    }

    fn operation(
        &self,
        records: &mut Records,
        id: Key,
        (account, device, path): (Option<Key>, Option<Key>, Option<Key>),
        input: &operation::Input,
    ) {
        if !records.operations.contains_key(&id)
            && let Some(refs) = self.line.received.as_ref().and_then(|r| begun(r, records))
        {
            records.operations.insert(id, refs);
        }
        if let operation::Input::Requested { .. } = input
            && let Some(path) = path
            && records.operations.get(&id).is_none_or(|refs| refs.device != Some(path))
        {
            records.strangers.get_or_insert(path);
        }
        let Some(refs) = records.operations.get_mut(&id) else { return };
        let after = self.moved.writes().find_map(|write| match write.after {
            State::Operation(operation) => Some(operation),
            _ => None,
        });
        if refs.kind.is_the_persons() {
            refs.account = account;
        }
        if let Ordered::Operation(orders) = self.moved.orders {
            for order in orders.iter() {
                match order {
                    operation::Order::ArmDeadline => {
                        let timing = &self.rules.timing;
                        let open_until_ms = || self.line.received.as_ref()?.until_ms;
                        refs.due_ms = match after {
                            Some(Operation::Authenticated { .. }) => {
                                self.after_ms(timing.authenticated_ms)
                            }
                            _ => open_until_ms().or(self.after_ms(timing.challenge_ms)),
                        };
                    }
                    operation::Order::SendDebitRequest => refs.debited_ms = Some(self.line.at_ms),
                    _ => {}
                }
            }
        }
        if !after.is_some_and(Operation::is_under_way) {
            refs.due_ms = None;
        }
        if let Decided::Applied(rule) = self.moved.decided
            && executes(rule)
        {
            refs.executions = refs.executions.saturating_add(1);
        }
        let key = refs.device;
        if let (Some(account), Some(record)) = (account, device) {
            records.own(record, account, key);
        }
        if let Some(path) = path {
            self.counted(records, id, path, input);
        }
    }

    /// Counts a wrong answer where it belongs, as an observer would.
    fn counted(&self, records: &mut Records, id: Key, path: Key, input: &operation::Input) {
        let operation::Input::Answered { path: by, context, .. } = input else { return };
        let Operation::Challenged { demand, .. } = records.operation(id) else { return };
        if demand.shown_as(AllOn, context.kind) == Requirement::TwoFactorAndIdentity {
            return;
        }
        let wrong = records.locks.entry(path).or_default();
        match self.moved.decided {
            Decided::Applied(Rule::AnsweredWrong | Rule::AnsweredTooOften) => {
                wrong.run = wrong.run.saturating_add(1);
                wrong.day = wrong.day.saturating_add(1);
            }
            // On the strangers' path a success ends nobody else's run.
            Decided::Applied(Rule::Authenticated) if *by != Path::Strangers => wrong.run = 0,
            _ => {}
        }
    }

    fn lock(&self, records: &mut Records, path: Key, input: lock::Input) {
        let closed = records.lock(path).closed;
        let wrong = records.locks.entry(path).or_default();
        match input {
            lock::Input::LockEnded => wrong.run = 0,
            lock::Input::DayEnded => {
                wrong.day = 0;
                wrong.run = if closed == Closed::ForDay { 0 } else { wrong.run };
            }
        }
    }

    /// When the lock ends that this step closed.
    fn locked(&self, records: &mut Records) {
        for write in self.moved.writes() {
            let (State::Lock(before), State::Lock(after)) = (write.before, write.after) else {
                continue;
            };
            let known = records.knows(Kind::Lock, write.key);
            let refs = records.locks.entry(write.key).or_default();
            match (before.closed, after.closed) {
                (Closed::ForRun, Closed::ForRun) => {}
                (_, Closed::ForRun) if known => {
                    refs.due_ms = self.after_ms(self.rules.timing.lock_run_ms);
                }
                _ => refs.due_ms = None,
            }
        }
    }

    /// Since when the device is trusted to which this step gave trust.
    fn trusted(&self, records: &mut Records) {
        for write in self.moved.writes() {
            let (State::Device(before), State::Device(after)) = (write.before, write.after) else {
                continue;
            };
            let known = records.knows(Kind::Device, write.key);
            let gained = known && !before.is_trusted() && matches!(after, Device::Trusted { .. });
            if let Some(refs) = records.devices.get_mut(&write.key).filter(|_| gained) {
                refs.trusted_ms = Some(self.line.at_ms);
            }
        }
    }

    /// Takes records as a line says they are, of which nothing is known: accounts and devices that
    /// were there before the journal began, and records of a journal that is not whole.
    pub fn found(records: &mut Records, line: &Line<Key>, transaction: u64) {
        for (kind, key, version, state) in line.after.iter().filter_map(written) {
            records.write(kind, key, state, version, transaction);
        }
    }
}
