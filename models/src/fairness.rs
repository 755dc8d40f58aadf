//! What is promised of everybody but the protocol, so that something comes to be at all: fairness,
//! in classes. A class is of one thing about one binding or operation, so that what happens again
//! and again in one place does not stand in for what never happens in another.
//!
//! Only what its sender still retries is promised to arrive. Losses, repetitions, crashes and
//! everything that somebody chooses are promised to nobody, and may go on for ever.

use bindproof::message::{LinkStatus, Reason};
use bindproof_checker::Fair;

use crate::action::{Action, Delivery};
use crate::model::Protocol;
use crate::network::{ToBank, ToWallet};
use crate::possible::{by_hand, is_owed};
use crate::scope::{Owner, Scope};
use crate::server::{Reply, Slot};
use crate::world::World;

/// A promise: all classes of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// The holder's bank client that keeps asking for a binding hears an answer.
    AskHeard,
    /// The holder's bank client that keeps giving a binding up hears an answer.
    LeaveHeard,
    /// What a bank keeps sending the wallet arrives.
    WalletReached,
    /// The wallet's answers to what a bank keeps sending arrive.
    BankReached,
    /// A notice that is owed arrives, and so does its receipt.
    NoticeReceipted,
    /// A bank's deadline for a binding passes.
    BankDeadline,
    /// The holder's wallet client that keeps asking for an operation hears an answer.
    RequestHeard,
    /// The deadline of a challenge or of an unspent proof passes.
    OperationDeadline,
    /// What the wallet keeps asking an honest bank to debit arrives there.
    DebitReached,
    /// The bank's answers to that arrive.
    DebitAnswered,
    /// A server that works step by step takes what keeps being sent.
    Taken,
    /// It commits what it took, although it crashes again and again.
    Committed,
    /// It answers what it committed, and is heard, although it crashes again and again.
    Replied,
}

impl Promise {
    /// Every promise.
    pub const ALL: &'static [Self] = &[
        Self::AskHeard,
        Self::LeaveHeard,
        Self::WalletReached,
        Self::BankReached,
        Self::NoticeReceipted,
        Self::BankDeadline,
        Self::RequestHeard,
        Self::OperationDeadline,
        Self::DebitReached,
        Self::DebitAnswered,
        Self::Taken,
        Self::Committed,
        Self::Replied,
    ];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AskHeard => "ask-heard",
            Self::LeaveHeard => "leave-heard",
            Self::WalletReached => "wallet-reached",
            Self::BankReached => "bank-reached",
            Self::NoticeReceipted => "notice-receipted",
            Self::BankDeadline => "bank-deadline",
            Self::RequestHeard => "request-heard",
            Self::OperationDeadline => "operation-deadline",
            Self::DebitReached => "debit-reached",
            Self::DebitAnswered => "debit-answered",
            Self::Taken => "taken",
            Self::Committed => "committed",
            Self::Replied => "replied",
        }
    }

    /// The promises on which a property of progress rests. It holds under these alone, and under no
    /// fewer of them.
    pub fn needed(property: &str) -> &'static [Self] {
        use Promise::*;
        match property {
            "every-request-settles" => Self::ALL,
            "ledgers-come-to-agree" => &[
                WalletReached,
                BankReached,
                NoticeReceipted,
                BankDeadline,
                DebitAnswered,
                Taken,
                Committed,
                Replied,
            ],
            "no-half-stays-alone" => &[
                WalletReached,
                BankReached,
                NoticeReceipted,
                BankDeadline,
                Taken,
                Committed,
                Replied,
            ],
            "an-end-reaches-both-sides" => {
                &[WalletReached, BankReached, NoticeReceipted, Taken, Committed, Replied]
            }
            "every-challenge-settles" => {
                &[BankDeadline, OperationDeadline, DebitReached, DebitAnswered]
            }
            _ => &[],
        }
    }

    /// Whether it is promised of what can happen again and again, and not only of what can happen
    /// from some moment on without a break. A hand that is full, or a crash, is such a break.
    pub const fn is_strong(self) -> bool {
        matches!(self, Self::Taken | Self::Committed | Self::Replied)
    }
}

/// To whom a server's answer goes, and about what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heard {
    /// The bank client of a binding.
    Client(u8),
    /// The bank of a binding: about the person's account.
    Account(u8),
    /// The bank of a binding: about the registration.
    Registration(u8),
    /// The bank of a binding: about the link.
    Link(u8),
}

/// A class of fairness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `BindRequest` arrives and its answer is heard.
    Ask(u8),
    /// `BindCancel` or `UnbindRequest` arrives and its answer is heard.
    Leave(u8),
    /// What the bank of a binding keeps sending arrives.
    ToWallet(u8),
    /// The wallet's answer to what the bank of a binding keeps sending arrives.
    ToBank(u8),
    /// The notice about a binding arrives and is receipted.
    Notice(u8),
    /// The bank's deadline for a binding passes.
    BankDeadline(u8),
    /// `OperationRequest` arrives and its answer is heard.
    Request(u8),
    /// An operation's deadline passes.
    OperationDeadline(u8),
    /// `DebitRequest` arrives.
    DebitRequest(u8),
    /// `DebitAnswer` arrives.
    DebitAnswer(u8),
    /// An instance takes a message, which stands for all that are alike.
    Takes(Delivery),
    /// An instance commits what it decided on a message, which stands for all that are alike.
    Commits(Delivery),
    /// An instance answers and is heard.
    Replies(Heard),
}

impl Class {
    /// What it is promised by.
    pub const fn promise(self) -> Promise {
        match self {
            Self::Ask(_) => Promise::AskHeard,
            Self::Leave(_) => Promise::LeaveHeard,
            Self::ToWallet(_) => Promise::WalletReached,
            Self::ToBank(_) => Promise::BankReached,
            Self::Notice(_) => Promise::NoticeReceipted,
            Self::BankDeadline(_) => Promise::BankDeadline,
            Self::Request(_) => Promise::RequestHeard,
            Self::OperationDeadline(_) => Promise::OperationDeadline,
            Self::DebitRequest(_) => Promise::DebitReached,
            Self::DebitAnswer(_) => Promise::DebitAnswered,
            Self::Takes(_) => Promise::Taken,
            Self::Commits(_) => Promise::Committed,
            Self::Replies(_) => Promise::Replied,
        }
    }
}

/// The class of a delivery that is made at once.
const fn arrives(delivery: Delivery) -> Class {
    match delivery {
        Delivery::Ask(b) => Class::Ask(b),
        Delivery::Leave(b) => Class::Leave(b),
        Delivery::ToWallet { binding, .. } => Class::ToWallet(binding),
        Delivery::ToBank { binding, .. } => Class::ToBank(binding),
    }
}

/// The delivery that stands for all that are alike: whatever account or reason an answer names, and
/// whether or not a message is fresh.
fn alike(delivery: Delivery) -> Delivery {
    let any_reason = Reason::ALL[0];
    let answer_like = |answer| match answer {
        ToBank::Registered(_) => ToBank::Registered(0),
        ToBank::Created(_) => ToBank::Created(0),
        ToBank::Existing(_) => ToBank::Existing(0),
        ToBank::RegistrationRefused(_) => ToBank::RegistrationRefused(any_reason),
        ToBank::Link(LinkStatus::Refused { .. }) => {
            ToBank::Link(LinkStatus::Refused { reason: any_reason })
        }
        other => other,
    };
    match delivery {
        Delivery::ToWallet { binding, message, .. } => {
            Delivery::ToWallet { binding, message, fresh: true }
        }
        Delivery::ToBank { binding, answer } => {
            Delivery::ToBank { binding, answer: answer_like(answer) }
        }
        asked => asked,
    }
}

/// Whether this answers a message that the bank of a binding still repeats.
fn answers_owed(owed: u8, answer: ToBank) -> bool {
    ToWallet::ALL.iter().filter(|message| owed & message.bit() != 0).any(|message| match message {
        ToWallet::AccountQuery => {
            matches!(answer, ToBank::Unregistered | ToBank::Registered(_))
        }
        ToWallet::AccountRegistration => matches!(
            answer,
            ToBank::Created(_) | ToBank::Existing(_) | ToBank::RegistrationRefused(_)
        ),
        _ => matches!(answer, ToBank::Link(_)),
    })
}

/// The classes of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fairness {
    /// In order.
    classes: Vec<Class>,
}

impl Fairness {
    /// The classes of a scope under every promise.
    pub fn of(scope: &Scope) -> Self {
        let mut classes = Vec::new();
        // What a hostile bank does is promised to nobody.
        let honest = |b: &u8| scope.honest(usize::from(*b));
        for b in (0..scope.binding.len() as u8).filter(honest) {
            for delivery in deliveries(scope, b) {
                classes.extend(of_delivery(scope, delivery));
            }
            classes.extend([Class::Notice(b), Class::BankDeadline(b)]);
            let replies =
                [Heard::Client(b), Heard::Account(b), Heard::Registration(b), Heard::Link(b)];
            if scope.slots_needed() > 0 {
                classes.extend(replies.map(Class::Replies));
            }
        }
        for o in 0..scope.operation.len() as u8 {
            classes.extend([Class::Request(o), Class::OperationDeadline(o)]);
            classes.extend([Class::DebitRequest(o), Class::DebitAnswer(o)]);
        }
        classes.sort_unstable();
        classes.dedup();
        Self { classes }
    }

    /// The same under these promises only: to see which are needed.
    pub fn only(mut self, promises: &[Promise]) -> Self {
        self.classes.retain(|class| promises.contains(&class.promise()));
        self
    }

    /// The classes, in order.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The classes as the checker takes them.
    pub fn list(&self) -> Vec<Fair> {
        let fair = |class: &Class| match class.promise().is_strong() {
            true => Fair::strong(format!("{class:?}")),
            false => Fair::weak(format!("{class:?}")),
        };
        self.classes.iter().map(fair).collect()
    }

    /// The number of the class of an action in a world, if anything is promised of it there.
    pub fn class<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        &self,
        model: &Protocol<B, O, A, D, S>,
        world: &World<B, O, A, D, S>,
        action: Action,
    ) -> Option<u16> {
        let class = class_of(model, world, action)?;
        self.classes.binary_search(&class).ok().map(|at| at as u16)
    }
}

/// What can arrive about a binding in a scope, one of each kind.
fn deliveries(scope: &Scope, binding: u8) -> impl Iterator<Item = Delivery> {
    let most = scope.faults.blocks;
    let messages = ToWallet::ALL.into_iter().filter(move |message| match message {
        ToWallet::Decision(revision) => *revision <= most,
        _ => true,
    });
    let answers = (0..32).filter_map(ToBank::from_bit).filter(move |answer| match answer {
        ToBank::Link(
            LinkStatus::Active { bank_revision } | LinkStatus::Suspended { bank_revision },
        ) => *bank_revision <= most,
        _ => true,
    });
    [Delivery::Ask(binding), Delivery::Leave(binding)]
        .into_iter()
        .chain(messages.map(move |message| Delivery::ToWallet { binding, message, fresh: true }))
        .chain(answers.map(move |answer| Delivery::ToBank { binding, answer }))
        .map(alike)
}

/// The classes of a delivery: it arrives at once, or passes through the hands of an instance.
fn of_delivery(scope: &Scope, delivery: Delivery) -> Vec<Class> {
    let asked = match delivery {
        Delivery::ToWallet { message: ToWallet::LinkQuery, .. }
        | Delivery::ToBank { answer: ToBank::NotFound, .. } => false,
        Delivery::Ask(b) | Delivery::Leave(b) => hers(scope, b),
        _ => true,
    };
    let taken = match by_hand(scope.faults.slots, delivery) {
        true => Class::Takes(delivery),
        false => arrives(delivery),
    };
    // What nobody repeats is not promised to be taken. Once it is in somebody's hands it is.
    let committed = by_hand(scope.faults.slots, delivery).then_some(Class::Commits(delivery));
    asked.then_some(taken).into_iter().chain(committed).collect()
}

/// The holder asks for this binding, in a client that follows the protocol.
fn hers(scope: &Scope, b: u8) -> bool {
    scope.binding[usize::from(b)].asked_by == Owner::Holder
}

/// The class of an action in a world, if anything is promised of it there.
fn class_of<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    action: Action,
) -> Option<Class> {
    let scope = &model.scope;
    let owed = |delivery: Delivery| match delivery {
        Delivery::Ask(b) | Delivery::Leave(b) => hers(scope, b) && is_owed(world, delivery),
        Delivery::ToWallet { .. } => is_owed(world, delivery),
        Delivery::ToBank { binding, answer } => {
            answers_owed(world.to_wallet[usize::from(binding)].owed, answer)
        }
    };
    let operation = |o: u8| scope.operation[usize::from(o)];
    let debited = |o: u8| {
        let honest = scope.honest(usize::from(operation(o).binding));
        honest && world.debit_mail[usize::from(o)].owed
    };
    let promised = |holds: bool, class: Class| holds.then_some(class);
    match action {
        Action::Deliver { delivery, heard: true } => promised(owed(delivery), arrives(delivery)),
        Action::Notice { binding, receipted: true } => Some(Class::Notice(binding)),
        Action::BankDeadline(b) => {
            let waits = world.bindings[usize::from(b)].state.waits();
            promised(waits, Class::BankDeadline(b))
        }
        Action::Request { operation: o, heard: true } => {
            promised(operation(o).by == Owner::Holder, Class::Request(o))
        }
        Action::OperationDeadline(o) => Some(Class::OperationDeadline(o)),
        Action::DebitRequest(o) => promised(debited(o), Class::DebitRequest(o)),
        Action::DebitAnswer { operation: o, .. } => promised(debited(o), Class::DebitAnswer(o)),
        Action::Take { delivery, .. } => promised(owed(delivery), Class::Takes(alike(delivery))),
        Action::Commit(slot) => match world.slots[usize::from(slot)].slot() {
            Slot::Decided { delivery, .. } => Some(Class::Commits(alike(delivery))),
            _ => None,
        },
        Action::Reply { slot, heard: true } => match world.slots[usize::from(slot)].slot() {
            Slot::Committed(reply) => Some(Class::Replies(heard_by(reply))),
            _ => None,
        },
        _ => None,
    }
}

/// Who hears an answer, and about what.
const fn heard_by(reply: Reply) -> Heard {
    match reply {
        Reply::ToClient(b, _) => Heard::Client(b),
        Reply::ToBank(b, ToBank::Unregistered | ToBank::Registered(_)) => Heard::Account(b),
        Reply::ToBank(b, ToBank::Link(_) | ToBank::NotFound) => Heard::Link(b),
        Reply::ToBank(b, _) => Heard::Registration(b),
    }
}

#[cfg(test)]
mod tests;
