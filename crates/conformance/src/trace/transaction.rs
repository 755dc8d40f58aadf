//! One transaction: what its steps have ordered, and whether that was obeyed by its end.

use std::collections::BTreeMap;

use bindproof::bank::binding;
use bindproof::journal::Event;
use bindproof::message::{LinkStatus, Message};
use bindproof::rule::Rule;
use bindproof::wallet::device;
use bindproof::wallet::facts::ends_with_account;
use bindproof::wallet::link;
use bindproof::wallet::operation::{self, Operation};
use bindproof::wallet::proof::Demand;

use super::finding::{Fault, Wrong};
use super::joint::Taken;
use super::line::{Commit, Line, Ordered, Owed};
use super::records::{OperationRefs, Records};
use super::replay::Moved;
use crate::key::Key;

/// Where a message is owed: a new one in the same place takes the place of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// From a bank to the wallet, by binding.
    ToWallet,
    /// The wallet's notice, by binding.
    Notice,
    /// The wallet's request for a debit, by operation.
    Debit,
}

/// A message that is to be sent, with what it says of what a journal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Has this person an account?
    AccountQuery,
    /// Register one.
    AccountRegistration,
    /// Link the binding to this account.
    LinkRequest(Option<Key>),
    /// Suspend, under this number.
    LinkSuspend(u8),
    /// Resume, under this number.
    LinkResume(u8),
    /// It is over.
    LinkEnd,
    /// Where the link stands; none if nothing is known of it.
    LinkNotice(Option<LinkStatus>),
    /// May this binding be debited with so much?
    DebitRequest(Option<Key>, u64),
}

impl Said {
    /// The name of the message.
    pub const fn message(self) -> Message {
        match self {
            Self::AccountQuery => Message::AccountQuery,
            Self::AccountRegistration => Message::AccountRegistration,
            Self::LinkRequest(_) => Message::LinkRequest,
            Self::LinkSuspend(_) => Message::LinkSuspend,
            Self::LinkResume(_) => Message::LinkResume,
            Self::LinkEnd => Message::LinkEnd,
            Self::LinkNotice(_) => Message::LinkNotice,
            Self::DebitRequest(..) => Message::DebitRequest,
        }
    }
}

/// What a transaction has done so far.
#[derive(Debug, Default)]
pub struct Transaction {
    /// Its number among this person's.
    pub number: u64,
    /// Its lines so far.
    pub lines: u64,
    /// When it was decided.
    pub at_ms: i64,
    /// No line of it is missing. Where some are, those that are there are its last.
    whole: bool,
    /// Everything that it ordered is known.
    known: bool,
    /// Requests of other servers that were taken in it.
    pub taken: Vec<(Key, Option<Taken>, bool)>,
    /// Places in which something is owed from now on, or nothing any more.
    pub owed: BTreeMap<(Place, Key), Option<Said>>,
    steps_link: Vec<(Key, link::Input)>,
    presented: Vec<Key>,
    /// Accounts that end, and the operation by which; with all their devices, or all but one.
    leaves: Vec<Leaves>,
    refuses: Vec<Key>,
    revokes: Vec<(Key, Key)>,
    /// Something was ended, so that operations under way may have lost what they run on.
    pub ends: bool,
    /// Bindings and links that were stepped.
    pub bindings: Vec<Key>,
    /// Operations that were stepped.
    pub operations: Vec<Key>,
    /// Paths on which they were.
    pub paths: Vec<Key>,
}

/// Everything on an account ends.
#[derive(Clone, Copy, Debug)]
struct Leaves {
    account: Key,
    /// The device that stays.
    but: Option<Key>,
    /// The operation that stays.
    by: Option<Key>,
    /// Devices are revoked, not left behind.
    afresh: bool,
}

impl Transaction {
    /// The next transaction of a person; it is `whole` if no lines are missing before it.
    pub fn new(number: u64, at_ms: i64, whole: bool) -> Self {
        Self { number, at_ms, whole, known: whole, ..Self::default() }
    }

    /// Notes that it may have ordered what nobody knows.
    pub const fn may_order_more(&mut self) {
        self.known = false;
    }

    /// That what an entry reports was brought by something: what is not received, and no deadline,
    /// was ordered in this very transaction, as far as its orders are known.
    ///
    /// # Errors
    /// If nothing ordered it.
    pub fn caused(&mut self, event: &Event<Key>, records: &Records) -> Result<(), Wrong> {
        let known = self.known;
        let missing = |what: &str| match known {
            true => {
                Err(Wrong::new(Fault::Uncaused, 96, what, "an order in this transaction", "none"))
            }
            false => Ok(()),
        };
        let device_on = |id: &Key| records.devices.get(id);
        match *event {
            Event::Link { id, input, .. } => match input {
                link::Input::Approved | link::Input::Declined | link::Input::EndedByHolder => {
                    let at = self.steps_link.iter().position(|ordered| *ordered == (id, input));
                    match at {
                        Some(at) => {
                            self.steps_link.swap_remove(at);
                            Ok(())
                        }
                        None => missing("the holder's decision"),
                    }
                }
                link::Input::CodePresented => {
                    match self.presented.iter().position(|ordered| *ordered == id) {
                        Some(at) => {
                            self.presented.swap_remove(at);
                            Ok(())
                        }
                        None => missing("a code that was presented"),
                    }
                }
                link::Input::AccountLeft => {
                    let account = records.links.get(&id).and_then(|refs| refs.account);
                    let left = self.leaves.iter().any(|leaves| Some(leaves.account) == account);
                    if left || !records.whole { Ok(()) } else { missing("an account that ends") }
                }
                _ => Ok(()),
            },
            Event::Operation { input: operation::Input::TargetEnded(_), .. } => {
                if self.ends {
                    Ok(())
                } else {
                    missing("an end")
                }
            }
            Event::Device { id, input: device::Input::Revoked } => {
                // Whose a record is that was there before the journal began may not have shown yet.
                let any = !self.revokes.is_empty() || self.leaves.iter().any(|l| l.afresh);
                let revoked = device_on(&id).map_or(any || !records.whole, |refs| {
                    let named = (refs.account, refs.device);
                    let one = self.revokes.iter().any(|(a, d)| (*a, Some(*d)) == named);
                    one || self.leaves.iter().any(|l| l.afresh && l.account == refs.account)
                });
                if revoked { Ok(()) } else { missing("a revocation") }
            }
            Event::Device { id, input: device::Input::AccountClosed } => {
                let any = self.leaves.iter().any(|l| !l.afresh);
                let left = device_on(&id).map_or(any || !records.whole, |refs| {
                    self.leaves.iter().any(|l| !l.afresh && l.account == refs.account)
                });
                if left { Ok(()) } else { missing("an account that closes") }
            }
            _ => Ok(()),
        }
    }

    /// Notes what follows from a step. `records` are as they are after it.
    pub fn ordered(
        &mut self,
        line: &Line<Key>,
        event: &Event<Key>,
        moved: &Moved,
        records: &Records,
    ) {
        match *event {
            Event::Binding { id, .. } => {
                self.bindings.push(id);
                self.of_binding(id, moved, records);
            }
            Event::Link { id, account, .. } => {
                self.bindings.push(id);
                self.of_link(id, account, moved, records);
            }
            Event::Operation { id, account, device, path, input } => {
                self.operations.push(id);
                self.paths.extend(path);
                let received = line.received.as_ref();
                let presented = received.and_then(|received| received.binding);
                if let (operation::Input::Answered { .. }, Some(binding)) = (input, presented) {
                    self.presented.push(binding);
                }
                match records.operations.get(&id) {
                    Some(refs) => self.of_operation(id, refs, (account, device), moved),
                    None if records.whole => {}
                    None => self.may_order_more(),
                }
            }
            Event::Debit { .. } | Event::Device { .. } | Event::Lock { .. } => {}
        }
    }

    fn of_binding(&mut self, id: Key, moved: &Moved, records: &Records) {
        use binding::Order;
        let Ordered::Binding(orders) = moved.orders else { return };
        let account = records.bindings.get(&id).and_then(|refs| refs.account);
        for order in orders.iter() {
            let said = match order {
                Order::StopSending => None,
                Order::SendAccountQuery => Some(Said::AccountQuery),
                Order::SendAccountRegistration => Some(Said::AccountRegistration),
                Order::SendLinkRequest => Some(Said::LinkRequest(account)),
                Order::SendLinkSuspend(revision) => Some(Said::LinkSuspend(revision)),
                Order::SendLinkResume(revision) => Some(Said::LinkResume(revision)),
                Order::SendLinkEnd => Some(Said::LinkEnd),
                Order::ArmDeadline(_) | Order::TellOutcome | Order::Receipt => continue,
            };
            self.owed.insert((Place::ToWallet, id), said);
        }
    }

    fn of_link(&mut self, id: Key, account: Option<Key>, moved: &Moved, records: &Records) {
        use link::Order;
        let Ordered::Link(orders) = moved.orders else { return };
        for order in orders.iter() {
            match order {
                Order::OweNotice => {
                    let said = Said::LinkNotice(records.link(id).status());
                    self.owed.insert((Place::Notice, id), Some(said));
                }
                Order::LeaveAccount => {
                    if let Some(account) = account {
                        self.leaves.push(Leaves { account, but: None, by: None, afresh: false });
                    }
                    self.ends = true;
                }
                Order::RefuseOperations => {
                    self.refuses.push(id);
                    self.ends = true;
                }
                _ => {}
            }
        }
    }

    fn of_operation(
        &mut self,
        id: Key,
        refs: &OperationRefs,
        (account, device): (Option<Key>, Option<Key>),
        moved: &Moved,
    ) {
        use operation::Order;
        let Ordered::Operation(orders) = moved.orders else { return };
        for order in orders.iter() {
            match order {
                Order::StepLink(input) => {
                    self.steps_link.extend(refs.binding.map(|binding| (binding, input)));
                }
                Order::SendDebitRequest => {
                    let said = Said::DebitRequest(refs.binding, refs.amount_minor);
                    self.owed.insert((Place::Debit, id), Some(said));
                }
                Order::StopDebitRequest => {
                    self.owed.insert((Place::Debit, id), None);
                }
                Order::RevokeNamedDevice => {
                    self.revokes.extend(account.zip(refs.revoked_device));
                    self.ends = true;
                }
                Order::StartAfresh | Order::LeaveAccount => {
                    let afresh = order == Order::StartAfresh;
                    let but = device.filter(|_| afresh);
                    let leaves = |account| Leaves { account, but, by: Some(id), afresh };
                    self.leaves.extend(account.map(leaves));
                    self.ends = true;
                }
                _ => {}
            }
        }
    }

    /// At its end: that everything ordered was done.
    ///
    /// # Errors
    /// The first order that was not obeyed.
    pub fn obeyed(&self, records: &Records) -> Result<(), Wrong> {
        let missing = |requirement, what: String| {
            Err(Wrong::new(Fault::OrderNotObeyed, requirement, what, "done", "not done"))
        };
        if let Some((id, input)) = self.steps_link.first() {
            return missing(90, format!("link {id} is to be stepped with {input:?}"));
        }
        if let Some(id) = self.presented.first() {
            return missing(58, format!("the code of {id} is spent by being presented"));
        }
        for leaves in &self.leaves {
            let account = leaves.account;
            let ends = |link: &Key| records.hanging(*link).ends_with(account);
            if let Some(link) = records.links_on(account).find(ends) {
                return missing(57, format!("link {link} ends with its account"));
            }
            let mut devices = records.trusted_on(account).filter(|d| Some(*d) != leaves.but);
            if let Some(device) = devices.next() {
                return missing(91, format!("device {device} goes"));
            }
            let on = |refs: &OperationRefs| ends_with_account(refs.kind, refs.account, account);
            if let Some(id) = under_way(records, on, leaves.by) {
                return missing(82, format!("operation {id} ends with its account"));
            }
        }
        for link in &self.refuses {
            let on = |refs: &OperationRefs| refs.kind.names_link() && refs.binding == Some(*link);
            if let Some(id) = under_way(records, on, None) {
                return missing(82, format!("operation {id} ends with its link"));
            }
        }
        for (account, device) in &self.revokes {
            let record = records.device_of.get(&(*account, *device));
            if record.is_some_and(|record| records.device(*record).is_trusted()) {
                return missing(36, "the device that is named is revoked".into());
            }
        }
        Ok(())
    }

    /// That what was committed is what was done: so many lines, and owed is what was ordered.
    ///
    /// # Errors
    /// The lines, or the first message too many or too few.
    pub fn owes(&self, commit: &Commit<Key>) -> Result<(), Wrong> {
        let (owed, lines) = (&commit.owed, self.lines);
        if commit.lines < lines || (self.whole && commit.lines > lines) {
            let (expected, found) = (commit.lines.to_string(), lines.to_string());
            let what = "lines of a transaction";
            return Err(Wrong::new(Fault::Transaction, 96, what, expected, found));
        }
        let wrong = |what: String, expected: &str, found: &str| {
            Err(Wrong::new(Fault::OwesOtherwise, 96, what, expected, found))
        };
        for (at, letter) in owed.iter().enumerate() {
            let what = format!("{} about {}", letter.message, letter.about);
            let twice = owed[..at]
                .iter()
                .any(|other| (other.message, other.about) == (letter.message, letter.about));
            if twice || (self.known && self.said(letter).is_none()) {
                return wrong(what, "nothing ordered it", "owed");
            }
        }
        for ((_, about), said) in &self.owed {
            let Some(said) = said else { continue };
            let message = said.message();
            if !owed.iter().any(|letter| (letter.message, letter.about) == (message, *about)) {
                return wrong(format!("{message} about {about}"), "owed", "not owed");
            }
        }
        Ok(())
    }

    /// What an owed message says, if it was ordered.
    pub fn said(&self, letter: &Owed<Key>) -> Option<Said> {
        let places = [Place::ToWallet, Place::Notice, Place::Debit];
        let said = places.iter().filter_map(|place| *self.owed.get(&(*place, letter.about))?);
        said.into_iter().find(|said| said.message() == letter.message)
    }
}

/// An operation that still waits for something that could be met, though what it runs on has ended.
fn under_way(
    records: &Records,
    on: impl Fn(&OperationRefs) -> bool,
    but: Option<Key>,
) -> Option<Key> {
    let waits = |id: &&Key| {
        let state = records.operation(**id);
        let decoy = matches!(state, Operation::Challenged { demand: Demand::Decoy, .. });
        let here = records.operations.get(id).is_some_and(&on);
        here && state.is_under_way() && !decoy && Some(**id) != but
    };
    records.live.iter().find(waits).copied()
}

/// The moves that execute an operation; of a payment, that send it for debit.
pub const fn executes(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::SignedIn
            | Rule::BindingApproved
            | Rule::BindingDeclined
            | Rule::PaymentSent
            | Rule::LinkEnded
            | Rule::AuthenticatorAdded
            | Rule::OtherDeviceRevoked
            | Rule::IdentityVerified
            | Rule::Recovered
            | Rule::AccountClosed
    )
}
