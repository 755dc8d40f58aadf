//! The safety properties of the specification, read on the run of one person, of whatever size.
//!
//! A state property is looked at when a transaction is committed, a step property at each step.
//! What both servers together have to keep is in [`super::pairs`].

use bindproof::bank::debit::{self, Debit};
use bindproof::control::AllOn;
use bindproof::journal::{Decided, Event};
use bindproof::order;
use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::settings::Settings;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::Device;
use bindproof::wallet::kind::Kind as OperationKind;
use bindproof::wallet::link::State as Link;
use bindproof::wallet::operation::{self, Context, Operation, View, requirement};
use bindproof::wallet::proof::Demand;
use bindproof::{bank::binding, wallet::link};

use super::finding::Wrong;
use super::line::Line;
use super::records::{Kind, Records, State};
use super::replay::{Moved, Write};
use super::transaction::{Transaction, executes};
use crate::key::Key;

/// One step, with the records before it.
pub struct Step<'a> {
    /// The rules of its server.
    pub rules: &'a Settings,
    /// The person's records before it.
    pub records: &'a Records,
    /// Its line.
    pub line: &'a Line<Key>,
    /// What happened.
    pub event: &'a Event<Key>,
    /// What the step decides.
    pub moved: &'a Moved,
    /// The number of the name of the server that sent what was received.
    pub from: Option<u16>,
}

/// Told of each look at a property, by its name.
pub type Seen<'a> = &'a mut dyn FnMut(&'static str);

impl Step<'_> {
    /// Looks at every property of steps.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn look(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        self.refusals(seen)?;
        self.lives(seen)?;
        self.parties(seen)?;
        self.identities(seen)?;
        self.repetitions(seen)?;
        match self.event {
            Event::Debit { operation, input } => self.debit(*operation, input, seen),
            Event::Operation { id, account, device, path, input } => {
                let around = [
                    (Kind::Operation, Some(*id)),
                    (Kind::Account, *account),
                    (Kind::Device, *device),
                    (Kind::Lock, *path),
                ];
                let knows = |(kind, key): (Kind, Option<Key>)| {
                    key.is_none_or(|key| self.records.knows(kind, key))
                };
                if !around.into_iter().all(knows) {
                    return Ok(());
                }
                let view = View {
                    operation: self.records.operation(*id),
                    account: account.map_or(Account::Absent, |a| self.records.account(a)),
                    device: device.map_or(Device::Unknown, |d| self.records.device(d)),
                    lock: path
                        .map_or(bindproof::wallet::lock::Lock::OPEN, |p| self.records.lock(p)),
                };
                self.answer(*id, view, input, seen)?;
                self.execution(*id, view, input, seen)
            }
            _ => Ok(()),
        }
    }

    /// A refusal changes nothing, and nor does a repetition.
    fn refusals(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        const NAME: &str = "refusal-changes-nothing";
        seen(NAME);
        let writes = self.line.after.iter().filter_map(super::records::written).next();
        match writes.filter(|_| !self.moved.applied()) {
            None => Ok(()),
            Some((kind, key, ..)) => {
                let what = format!("{} after \"{}\"", kind.name(), self.moved.decided);
                Err(Wrong::property(NAME, what, "not written", format!("{key} is written")))
            }
        }
    }

    /// What is over stays over, no state is skipped, and what is set once stays.
    fn lives(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        const ENDED: &str = "ended-stays-ended";
        const SKIPPED: &str = "order-cannot-be-skipped";
        let known = |write: &&Write| self.records.knows(write.kind, write.key);
        let changed = self.moved.writes().filter(|write| write.before != write.after);
        for write in changed.filter(known) {
            let what = format!("{} {}", write.kind.name(), write.key);
            let (over, follows) = match (write.before, write.after) {
                (State::Binding(a), State::Binding(b)) => {
                    (a.state.is_closed(), order::binding(a.state, b.state))
                }
                (State::Link(a), State::Link(b)) => {
                    (a.state.is_over() && a.state != b.state, order::link(a.state, b.state))
                }
                (State::Operation(a), State::Operation(b)) => (a.is_over(), order::operation(a, b)),
                (State::Debit(a), State::Debit(_)) => (a != Debit::Absent, true),
                (State::Account(a), State::Account(_)) => (a == Account::Closed, true),
                (State::Device(a), State::Device(_)) => (a == Device::Revoked, true),
                _ => (false, true),
            };
            let (expected, found) = (format!("{:?}", write.before), format!("{:?}", write.after));
            seen(ENDED);
            if over {
                return Err(Wrong::property(ENDED, what, expected, found));
            }
            seen(SKIPPED);
            if !follows {
                let expected = format!("what may follow {expected}");
                return Err(Wrong::property(SKIPPED, what, expected, found));
            }
        }
        Ok(())
    }

    /// A bank changes nothing of another bank's, a client nothing of another client's.
    fn parties(&self, seen: Seen<'_>) -> Result<(), Wrong> {
        const BANKS: &str = "bank-touches-only-its-own";
        const CLIENTS: &str = "only-its-parties-see-or-end-it";
        match self.event {
            Event::Link { id, .. } => {
                let bank = self.records.links.get(id).and_then(|refs| refs.bank);
                let (Some(bank), Some(from)) = (bank, self.from) else { return Ok(()) };
                seen(BANKS);
                if bank == from || !self.moved.applied() {
                    return Ok(());
                }
                let what = format!("link {id}");
                Err(Wrong::property(BANKS, what, "stepped by its own bank only", "by another"))
            }
            Event::Binding {
                id,
                input:
                    binding::Input::LeaveAsked { own: false }
                    | binding::Input::StatusAsked { own: false },
            } => {
                seen(CLIENTS);
                match self.moved.decided {
                    Decided::Refused(Refusal::NotFound) => Ok(()),
                    other => {
                        let what = format!("binding {id}, to a client whose it is not");
                        Err(Wrong::property(CLIENTS, what, "not_found", other.to_string()))
                    }
                }
            }
            _ => Ok(()),
        }
    }

    /// The bank accepts a debit only while the binding is active.
    fn debit(&self, operation: Key, input: &debit::Input, seen: Seen<'_>) -> Result<(), Wrong> {
        const NAME: &str = "no-debit-unless-active-on-both-sides";
        if self.moved.decided != Decided::Applied(Rule::DebitAccepted) {
            return Ok(());
        }
        seen(NAME);
        let binding = self.line.received.as_ref().and_then(|received| received.binding);
        let binding = binding.filter(|id| self.records.knows(Kind::Binding, *id));
        let state = binding.map_or(input.binding, |id| self.records.binding(id).state);
        if state == binding::State::Active {
            return Ok(());
        }
        let what = format!("debit of operation {operation} is accepted");
        Err(Wrong::property(NAME, what, "its binding is active", format!("it is {state:?}")))
    }

    /// What passes a challenge fits it and is strong enough, and a closed path compares nothing.
    fn answer(
        &self,
        id: Key,
        view: View,
        input: &operation::Input,
        seen: Seen<'_>,
    ) -> Result<(), Wrong> {
        const FITS: &str = "proof-fits-its-operation";
        const CLASS: &str = "no-weaker-proof-accepted";
        let operation::Input::Answered { context, proof, .. } = input else { return Ok(()) };
        if !self.moved.applied() {
            return Ok(());
        }
        self.on_open_ground(id, view, *context, false, seen)?;
        let Operation::Challenged { demand, .. } = view.operation else { return Ok(()) };
        let passed = self.moved.decided == Decided::Applied(Rule::Authenticated);
        let what = || format!("the answer to operation {id}");
        seen(FITS);
        if !proof.from_its_device || (passed && !proof.fits) {
            return Err(Wrong::property(FITS, what(), "it counts for nothing", "it counts"));
        }
        seen(CLASS);
        if passed && !demand.is_met(AllOn, *proof) {
            let expected = format!("{demand:?} is met");
            return Err(Wrong::property(CLASS, what(), expected, format!("{proof:?}")));
        }
        Ok(())
    }

    /// Nothing is compared or executed with a revoked key, on a closed path or a closed account.
    fn on_open_ground(
        &self,
        id: Key,
        view: View,
        context: Context,
        executes: bool,
        seen: Seen<'_>,
    ) -> Result<(), Wrong> {
        const NAME: &str = "closed-account-and-locked-path-do-nothing";
        seen(NAME);
        let absent = executes && !view.account.is_open() && context.kind != OperationKind::Recover;
        let locked = !view.lock.is_open() && !context.kind.proves_identity();
        let revoked = view.device == Device::Revoked;
        let found = match (absent, revoked, locked) {
            (false, false, false) => return Ok(()),
            (true, ..) => "its account is not open",
            (_, true, _) => "its key is revoked",
            _ => "its path is closed",
        };
        let what = format!("operation {id} goes on");
        Err(Wrong::property(NAME, what, "account, key and path are in use", found))
    }

    /// What an execution has to rest on.
    fn execution(
        &self,
        id: Key,
        view: View,
        input: &operation::Input,
        seen: Seen<'_>,
    ) -> Result<(), Wrong> {
        const AUTHENTICATED: &str = "always-authenticated-when-condition-met";
        const ONCE: &str = "proof-spent-once";
        const FIRST: &str = "order-cannot-be-skipped";
        let Decided::Applied(rule) = self.moved.decided else { return Ok(()) };
        let context = match input {
            operation::Input::Requested { context, .. } | operation::Input::Executing(context) => {
                *context
            }
            _ => return Ok(()),
        };
        if !executes(rule) {
            return Ok(());
        }
        self.on_open_ground(id, view, context, true, seen)?;
        seen(ONCE);
        let times = self.records.operations.get(&id).map_or(0, |refs| refs.executions);
        if times > 0 {
            let what = format!("operation {id} is executed");
            return Err(Wrong::property(
                ONCE,
                what,
                "once",
                format!("{} times", u16::from(times) + 1),
            ));
        }
        let required = requirement(AllOn, self.rules.terms(), view, context);
        let (proved, waited) = match view.operation {
            Operation::Authenticated { demand, .. } => (demand.requirement(), true),
            _ => (Requirement::None, false),
        };
        seen(AUTHENTICATED);
        if proved < required {
            let what = format!("operation {id} is executed");
            let (expected, found) = (format!("{required:?} is proved"), format!("{proved:?} is"));
            return Err(Wrong::property(AUTHENTICATED, what, expected, found));
        }
        let waits = view.account.awaits_first_authentication();
        if waits && !matches!(context.kind, OperationKind::SignIn | OperationKind::Recover) {
            let what = format!("operation {id} is executed");
            let expected = "its account was authenticated before";
            return Err(Wrong::property(FIRST, what, expected, "it was not"));
        }
        self.payment(id, view, context, waited, seen)
    }

    /// A payment is sent while its link is active; without authentication the sum stays small.
    fn payment(
        &self,
        id: Key,
        view: View,
        context: Context,
        proved: bool,
        seen: Seen<'_>,
    ) -> Result<(), Wrong> {
        const ACTIVE: &str = "no-debit-unless-active-on-both-sides";
        const TOTAL: &str = "running-total-counts";
        if context.kind != OperationKind::Pay {
            return Ok(());
        }
        let refs = self.records.operations.get(&id);
        let begun = || {
            let received = self.line.received.as_ref()?;
            super::facts::begun(received, self.records)
        };
        let Some(refs) = refs.copied().or_else(begun) else { return Ok(()) };
        let link = refs.binding.filter(|binding| self.records.knows(Kind::Link, *binding));
        if let Some(binding) = link {
            seen(ACTIVE);
            let state = self.records.link(binding).state;
            if state != Link::Active {
                let what = format!("operation {id} is sent for debit");
                let expected = "its link is active";
                return Err(Wrong::property(ACTIVE, what, expected, format!("it is {state:?}")));
            }
        }
        if proved || !self.records.whole {
            return Ok(());
        }
        seen(TOTAL);
        let window_ms = self.records.window_ms;
        let since_ms = self.line.at_ms.saturating_sub(window_ms);
        let paid = refs.account.map_or(0, |account| self.records.paid(account, since_ms, id));
        let total = self.rules.policy.bands().total(paid.saturating_add(refs.amount_minor));
        let truly = requirement(AllOn, self.rules.terms(), view, Context { total, ..context });
        if truly == Requirement::None {
            return Ok(());
        }
        let what = format!("operation {id} is sent for debit unproved");
        Err(Wrong::property(TOTAL, what, "nothing is required", format!("{truly:?} is")))
    }
}

/// Looks at every property of states that one person's records at a wallet have to keep, after a
/// transaction.
///
/// # Errors
/// The first that does not hold.
pub fn states(
    rules: &Settings,
    records: &Records,
    transaction: &Transaction,
    seen: Seen<'_>,
) -> Result<(), Wrong> {
    one_account(records, seen)?;
    captures_nothing(records, transaction, seen)?;
    bounded(rules, records, transaction, seen)?;
    for id in &transaction.operations {
        live_challenge(records, *id, seen)?;
    }
    if transaction.ends {
        for id in &records.live {
            live_challenge(records, *id, seen)?;
        }
    }
    Ok(())
}

fn one_account(records: &Records, seen: Seen<'_>) -> Result<(), Wrong> {
    const NAME: &str = "one-account-per-person";
    seen(NAME);
    let verified = |key: &&Key| records.account(**key).is_verified();
    let count = records.open_accounts.iter().filter(verified).count();
    if count <= 1 {
        return Ok(());
    }
    let found = format!("{count} are");
    Err(Wrong::property(NAME, "accounts of one person", "one is verified and open", found))
}

fn captures_nothing(
    records: &Records,
    transaction: &Transaction,
    seen: Seen<'_>,
) -> Result<(), Wrong> {
    const NAME: &str = "pre-registered-account-captures-nothing";
    for id in &transaction.bindings {
        let Some(account) = records.links.get(id).and_then(|refs| refs.account) else { continue };
        seen(NAME);
        let state = records.account(account);
        let caught = state.is_open() && !state.is_verified();
        if caught && records.link(*id).state.is_live() {
            let what = format!("link {id} hangs on account {account}");
            return Err(Wrong::property(NAME, what, "its holder is verified", "nobody is"));
        }
    }
    Ok(())
}

fn bounded(
    rules: &Settings,
    records: &Records,
    transaction: &Transaction,
    seen: Seen<'_>,
) -> Result<(), Wrong> {
    const NAME: &str = "tries-bounded";
    for path in &transaction.paths {
        let Some(wrong) = records.locks.get(path).filter(|_| records.whole) else { continue };
        seen(NAME);
        let limits = &rules.limits;
        if wrong.run <= limits.run && wrong.day <= limits.day {
            continue;
        }
        let expected = format!("at most {} in a row and {} in a day", limits.run, limits.day);
        let found = format!("{} in a row and {} in a day", wrong.run, wrong.day);
        return Err(Wrong::property(NAME, format!("wrong answers on {path}"), expected, found));
    }
    Ok(())
}

fn live_challenge(records: &Records, id: Key, seen: Seen<'_>) -> Result<(), Wrong> {
    const NAME: &str = "no-live-challenge-after-the-end";
    let state = records.operation(id);
    let decoy = matches!(state, Operation::Challenged { demand: Demand::Decoy, .. });
    let Some(refs) = records.operations.get(&id) else { return Ok(()) };
    if !records.whole || !state.is_under_way() || decoy || refs.kind == OperationKind::Recover {
        return Ok(());
    }
    seen(NAME);
    let open = refs.account.is_some_and(|account| records.account(account).is_open());
    let key = refs.account.zip(refs.device);
    let record = key.and_then(|key| records.device_of.get(&key));
    let revoked = record.is_some_and(|record| records.device(*record) == Device::Revoked);
    let named = refs.binding.filter(|_| refs.kind.names_link());
    let linked = named.is_none_or(|binding| records.link(binding).state.is_live());
    if open && linked && !revoked {
        return Ok(());
    }
    let what = format!("operation {id} is {state:?}");
    let found = format!("account open: {open}, link live: {linked}, key revoked: {revoked}");
    Err(Wrong::property(NAME, what, "what it was made for is there", found))
}

/// Whether a link that has just become active was let in by whom it had to be: it is the one for
/// which its account was created, or its holder has approved it in this transaction.
///
/// # Errors
/// If nobody did.
pub fn approved(
    records: &Records,
    event: &Event<Key>,
    moved: &Moved,
    seen: Seen<'_>,
) -> Result<(), Wrong> {
    const NAME: &str = "existing-account-needs-approval";
    let Event::Link { id, account, input } = event else { return Ok(()) };
    let became = moved.writes().any(|write| match (write.before, write.after) {
        (State::Link(before), State::Link(after)) => {
            after.state == Link::Active && !matches!(before.state, Link::Active | Link::Suspended)
        }
        _ => false,
    });
    if !became {
        return Ok(());
    }
    seen(NAME);
    let made = account.and_then(|account| records.accounts.get(&account));
    let created_for = made.is_some_and(|refs| refs.created_for == Some(*id));
    // That an approval was ordered by an operation that was proved is looked at where it is
    // stepped: nothing else orders it.
    if created_for || *input == link::Input::Approved || !records.whole {
        return Ok(());
    }
    let what = format!("link {id} becomes active");
    let expected = "its account was created for it, or its holder has approved it";
    Err(Wrong::property(NAME, what, expected, "neither"))
}
