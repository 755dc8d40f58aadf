//! The bank's record of one binding: (instrument, account) under a `binding_id` that is never
//! reused.
//!
//! ```text
//! Looking → Registering → Linking → AwaitingApproval → Active ⇄ Suspended → Ending → Closed
//! ```
//! The chain names what is lived through; `docs/generated/tables.md` lists every permitted pair.

use crate::control::{AllOn, Control, Controls};
use crate::message::{LinkStatus, Reason};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Where a binding stands at the bank, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// No such binding.
    Absent,
    /// The bank asks whether the person has an account.
    Looking,
    /// The bank asks for an account to be registered.
    Registering,
    /// The bank asks for the link.
    Linking,
    /// The account's holder has to approve.
    AwaitingApproval,
    /// Usable.
    Active,
    /// Not usable, because the bank says so.
    Suspended,
    /// The bank tells the wallet that it is over, until the wallet acknowledges it.
    Ending(Outcome),
    /// Over on both sides.
    Closed(Outcome),
}

/// How a binding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// Decided against.
    Refused(Reason),
    /// Given up by the holder before it was active.
    Cancelled,
    /// A deadline passed.
    Expired,
    /// Ended by the holder at the bank.
    EndedByHolder,
    /// Ended from the wallet's side.
    EndedByWallet,
}

/// The bank's record: what every transition reads, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Binding {
    /// Where it stands.
    pub state: State,
    /// How many times the bank has decided to suspend or resume: odd means suspended.
    pub revision: u8,
}

impl Binding {
    /// No binding yet.
    pub const ABSENT: Self = Self { state: State::Absent, revision: 0 };
}

/// The most decisions to suspend or resume that one binding takes: so many that no bank comes near,
/// and few enough that every one has a wallet revision of its own.
pub const REVISION_MAX: u8 = 200;

impl State {
    /// The bank client sees nothing more to come.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// A deadline is armed in this state.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Looking | Self::Registering | Self::Linking | Self::AwaitingApproval)
    }

    /// Counts against "one instrument, one binding".
    pub const fn holds_instrument(self) -> bool {
        !matches!(self, Self::Absent | Self::Closed(_))
    }
}

/// What the edge has verified about a [`crate::message::Message::BindRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Asked {
    /// Issued within the freshness window.
    pub fresh: bool,
    /// The body is the one that this idempotency key stood for before (true for a new key).
    pub same_body: bool,
    /// The holder authenticated for this binding, just now.
    pub authenticated: bool,
    /// The person who asks is the holder of the instrument.
    pub holder_matches: bool,
    /// Consent was given, to the binding and to a registration.
    pub consent: bool,
    /// No other binding that is not closed holds the instrument.
    pub instrument_free: bool,
    /// The instrument is not blocked.
    pub instrument_usable: bool,
}

/// What can happen to a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// The bank client asked to bind.
    Asked(Asked),
    /// The bank client cancelled or ended it; `own` says whether the binding is the caller's.
    LeaveAsked {
        /// The caller is the holder whose binding it is, or an unknown key.
        own: bool,
    },
    /// The bank client asked where it stands.
    StatusAsked {
        /// The caller is the holder whose binding it is.
        own: bool,
    },
    /// The wallet knows an open verified account of the person.
    AccountFound,
    /// The wallet knows none.
    AccountMissing,
    /// The wallet has registered an account, or names the one that was there.
    AccountRegistered,
    /// The wallet has decided against the registration.
    RegistrationRefused(Reason),
    /// The wallet said where the link stands, asked or unasked.
    LinkHeard(LinkStatus),
    /// The wallet answered that it knows no such link.
    LinkNotFound,
    /// The bank blocked the instrument.
    InstrumentBlocked,
    /// The bank unblocked the instrument.
    InstrumentUnblocked,
    /// The deadline armed for this state passed.
    Expired(State),
}

/// What the bank server does because of a step on a binding. A binding owes the wallet one message
/// at most: what is owed takes the place of what was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Owe the wallet an `AccountQuery` about the holder. Its `AccountAnswer` is an input:
    /// `account_found`, with the account, or `account_missing`.
    SendAccountQuery,
    /// Owe the wallet an `AccountRegistration` for the holder. It brings what the bank knows of
    /// her, her verified contact, the secret of this binding's codes and her consent. Its
    /// `RegistrationAnswer` is an input: `account_registered`, with the account, whether it was
    /// made or was there, or `registration_refused`.
    SendAccountRegistration,
    /// Note the account that the wallet has just named, and owe the wallet a `LinkRequest` for it.
    /// The account never changes from here on. Its `LinkAnswer` is an input: `link_heard`.
    SendLinkRequest,
    /// Owe the wallet a `LinkSuspend` with the bank revision that the order carries. Its
    /// `LinkAnswer` is an input: `link_heard`.
    SendLinkSuspend(u8),
    /// Owe the wallet a `LinkResume` with the bank revision that the order carries. Its
    /// `LinkAnswer` is an input: `link_heard`.
    SendLinkResume(u8),
    /// Owe the wallet a `LinkEnd`, which is never given up. Its `LinkAnswer` is an input:
    /// `link_heard`; a problem is none, and leaves it owed.
    SendLinkEnd,
    /// Owe the wallet nothing any more for this binding. What the same step orders after this is
    /// owed.
    StopSending,
    /// Arm the binding's deadline for the state that the order carries, in place of the one before.
    /// Looking, registering and linking have `setup_ms` together, from when the first of them was
    /// entered; awaiting approval has `approval_bank_ms`. When the time has passed the input is
    /// `expired` with this state. In every other state no deadline is armed.
    ArmDeadline(State),
    /// Answer the bank client that asked with a `BindOutcome`: where the binding stands after this
    /// step. It is read from the record, and brings the binding code of the moment as long as the
    /// binding is not over. Where no client asked, nobody is answered.
    TellOutcome,
    /// Receipt the `LinkNotice` that brought this input, with status 200 and the body `{}`. Where a
    /// `LinkAnswer` brought it there is nothing to do.
    Receipt,
}

/// What a step on a binding decides.
pub type Decided = Verdict<Binding, Order>;

/// The protocol's step.
pub fn step(binding: Binding, input: Input) -> Decided {
    step_with(AllOn, binding, input)
}

/// The step with chosen controls; only models call it with anything but [`AllOn`].
pub fn step_with(controls: impl Controls, binding: Binding, input: Input) -> Decided {
    match input {
        Input::Asked(asked) => on_asked(controls, binding, asked),
        Input::LeaveAsked { own } => on_leave(controls, binding, own),
        //= BIND-018 a client that is not the binding's own is told that there is no such binding
        Input::StatusAsked { own: false } if controls.on(Control::ClientOwnsBinding) => {
            Verdict::Refuse(Refusal::NotFound)
        }
        Input::StatusAsked { .. } if binding.state == State::Absent => {
            Verdict::Refuse(Refusal::NotFound)
        }
        Input::StatusAsked { .. } => {
            Verdict::replay(Rule::BindingStatusTold).order(Order::TellOutcome)
        }
        Input::LinkHeard(status) => on_link_heard(controls, binding, status),
        _ => on_progress(controls, binding, input),
    }
}

/// A bind request, first or repeated.
fn on_asked(controls: impl Controls, binding: Binding, asked: Asked) -> Decided {
    if binding.state != State::Absent {
        //= BIND-023 the same key answers the same; with another body it is refused
        if !asked.same_body && controls.on(Control::BodyCompared) {
            return Verdict::Refuse(Refusal::IdempotencyConflict);
        }
        return Verdict::replay(Rule::BindingAskedAgain).order(Order::TellOutcome);
    }
    //= BIND-010 a binding begins only if every one of these holds; the strongest refusal answers
    //= BIND-075 in the order of the table
    let refusals = [
        (!asked.fresh, Refusal::RequestStale),
        (!asked.consent && controls.on(Control::ConsentRequired), Refusal::ConsentMissing),
        (
            !asked.authenticated && controls.on(Control::HolderAuthenticated),
            Refusal::HolderNotAuthenticated,
        ),
        (!asked.holder_matches && controls.on(Control::HolderMatched), Refusal::HolderMismatch),
        (!asked.instrument_usable, Refusal::InstrumentUnavailable),
        //= BIND-011 one instrument has at most one binding that is not closed
        (
            !asked.instrument_free && controls.on(Control::InstrumentBoundOnce),
            Refusal::AlreadyBound,
        ),
    ];
    if let Some((_, refusal)) = refusals.iter().find(|(applies, _)| *applies) {
        return Verdict::Refuse(*refusal);
    }
    //= BIND-001 the bank server receives the request and asks whether the person has an account
    enter(binding, State::Looking, Rule::BindingAsked)
        .order(Order::SendAccountQuery)
        .order(Order::TellOutcome)
}

/// A cancel or an unbind: the receiver decides from its own record what it means.
fn on_leave(controls: impl Controls, binding: Binding, own: bool) -> Decided {
    //= BIND-018 only its parties see or end it
    if !own && controls.on(Control::ClientOwnsBinding) {
        return Verdict::Refuse(Refusal::NotFound);
    }
    match binding.state {
        //= BIND-019 a cancel that overtakes its request leaves a cancelled binding behind
        State::Absent if controls.on(Control::UnknownCancelRemembered) => {
            close(binding, Outcome::Cancelled, Rule::CancelOvertook)
        }
        State::Absent => Verdict::replay(Rule::CancelOvertook).order(Order::TellOutcome),
        // Nothing is left at the wallet by a query, so there is nothing to end there.
        State::Looking => close(binding, Outcome::Cancelled, Rule::CancelledLooking),
        State::Registering | State::Linking | State::AwaitingApproval => {
            leave(controls, binding, Outcome::Cancelled, Rule::Cancelled)
        }
        State::Active | State::Suspended => {
            if binding.state == State::Suspended && controls.off(Control::LeaveFromAnyState) {
                return Verdict::Refuse(Refusal::InvalidState);
            }
            leave(controls, binding, Outcome::EndedByHolder, Rule::EndedByHolder)
        }
        State::Ending(_) | State::Closed(_) => {
            Verdict::replay(Rule::LeaveAskedAgain).order(Order::TellOutcome)
        }
    }
}

/// Answers to questions, blocks and deadlines.
fn on_progress(controls: impl Controls, binding: Binding, input: Input) -> Decided {
    use State::{Absent, Active, AwaitingApproval, Closed, Ending, Linking, Looking};
    use State::{Registering, Suspended};
    match (binding.state, input) {
        //= BIND-002 with an account the bank asks for the link, without one for a registration
        (Looking, Input::AccountFound) => link(binding, Rule::AccountFound),
        //= BIND-005 without an account there is nothing to bind to
        (Looking, Input::AccountMissing) if controls.off(Control::WaitsForAccount) => {
            enter(binding, Active, Rule::AccountMissing).order(Order::StopSending)
        }
        (Looking, Input::AccountMissing) => enter(binding, Registering, Rule::AccountMissing)
            .order(Order::StopSending)
            .order(Order::SendAccountRegistration),
        (Looking, Input::InstrumentBlocked) => {
            close(binding, Outcome::Refused(Reason::InstrumentUnavailable), Rule::BlockedLooking)
        }
        (Looking, Input::Expired(Looking)) => {
            close(binding, Outcome::Expired, Rule::ExpiredLooking)
        }

        //= BIND-005 the bank binds according to the account identification that it was answered
        (Registering, Input::AccountRegistered) => link(binding, Rule::AccountRegistered),
        (Registering, Input::RegistrationRefused(reason)) => {
            close(binding, Outcome::Refused(reason), Rule::RegistrationRefused)
        }
        //= BIND-027 a closed binding stays as it is, whatever arrives late
        (Closed(_), Input::AccountRegistered) if controls.off(Control::ClosedAbsorbs) => {
            link(binding, Rule::AccountRegistered)
        }

        //= BIND-024 a block before active ends the binding, later it suspends it
        (Registering | Linking | AwaitingApproval, Input::InstrumentBlocked) => leave(
            controls,
            binding,
            Outcome::Refused(Reason::InstrumentUnavailable),
            Rule::BlockedWaiting,
        ),
        // One decision more than can be counted: the safe way is out.
        (Active, Input::InstrumentBlocked) if binding.revision >= REVISION_MAX => leave(
            controls,
            binding,
            Outcome::Refused(Reason::InstrumentUnavailable),
            Rule::BlockedWaiting,
        ),
        (Active, Input::InstrumentBlocked) => decide(binding, Suspended, Rule::Suspended),
        (Suspended, Input::InstrumentUnblocked) => decide(binding, Active, Rule::Resumed),

        //= BIND-025 a deadline that passes ends the binding through `Ending`
        (Registering | Linking | AwaitingApproval, Input::Expired(armed))
            if armed == binding.state =>
        {
            leave(controls, binding, Outcome::Expired, Rule::Expired)
        }
        //= BIND-031 `Ending` has no deadline and never gives up
        (Ending(outcome), Input::Expired(_)) if controls.off(Control::EndingNeverGivesUp) => {
            close(binding, outcome, Rule::Expired)
        }
        (_, Input::Expired(_)) => Verdict::replay(Rule::DeadlineMeantNothing),

        //= BIND-026 a problem answer or "not found" ends nothing
        (Linking | AwaitingApproval | Active | Suspended, Input::LinkNotFound)
            if controls.off(Control::NotFoundEndsNothing) =>
        {
            close(binding, Outcome::EndedByWallet, Rule::LinkNotFound)
        }
        (Absent, _) => Verdict::Refuse(Refusal::NotFound),
        (_, Input::LinkNotFound) => Verdict::replay(Rule::LinkNotFound),

        // Answers to questions that are no longer asked, and blocks that change nothing more.
        _ => Verdict::replay(Rule::AnswerTooLate),
    }
}

/// Where the link stands, as the wallet says it.
fn on_link_heard(controls: impl Controls, binding: Binding, status: LinkStatus) -> Decided {
    use LinkStatus as Link;
    use State::{Absent, Active, AwaitingApproval, Closed, Ending, Linking, Suspended};
    let verdict = match (binding.state, status) {
        (Absent, _) => return Verdict::Refuse(Refusal::NotFound),
        //= BIND-027 a notice is receipted in every state, a closed binding's unchanged
        (Closed(_), _) if controls.off(Control::NoticeAlwaysReceipted) => {
            return Verdict::Refuse(Refusal::NotFound);
        }
        (Closed(_), _) => Verdict::replay(Rule::NoticeToClosed),
        //= BIND-028 an ended or refused link closes the binding from every state
        (Ending(outcome), Link::Ended | Link::Refused { .. }) => {
            close(binding, outcome, Rule::EndAcknowledged)
        }
        (_, Link::Ended) => close(binding, Outcome::EndedByWallet, Rule::LinkEndedHeard),
        (_, Link::Refused { reason }) => {
            close(binding, Outcome::Refused(reason), Rule::LinkRefusedHeard)
        }
        //= BIND-029 in `Ending` only ended and refused count
        (Ending(_), Link::Active { .. }) if controls.off(Control::EndingHearsOnlyEnds) => {
            enter(binding, Active, Rule::LinkActiveHeard)
        }
        (Ending(_), _) => Verdict::replay(Rule::AnswerTooLate),
        (Linking | AwaitingApproval, Link::Active { .. }) => {
            enter(binding, Active, Rule::LinkActiveHeard).order(Order::StopSending)
        }
        (Linking, Link::AwaitingApproval) => {
            enter(binding, AwaitingApproval, Rule::LinkAwaitsHeard).order(Order::StopSending)
        }
        //= BIND-030 active and suspended are the bank's own decision: an answer acknowledges it
        (Suspended, Link::Active { .. }) if controls.off(Control::OwnDecision) => {
            enter(binding, Active, Rule::LinkActiveHeard)
        }
        (
            Active | Suspended,
            Link::Active { bank_revision } | Link::Suspended { bank_revision },
        ) if bank_revision == binding.revision => {
            Verdict::replay(Rule::RevisionAcknowledged).order(Order::StopSending)
        }
        _ => Verdict::replay(Rule::AnswerTooLate),
    };
    verdict.order(Order::Receipt)
}

/// Enters a state and arms its deadline.
fn enter(binding: Binding, state: State, rule: Rule) -> Decided {
    Verdict::apply(rule, Binding { state, ..binding })
        .order_if(state.waits(), Order::ArmDeadline(state))
}

fn link(binding: Binding, rule: Rule) -> Decided {
    enter(binding, State::Linking, rule).order(Order::StopSending).order(Order::SendLinkRequest)
}

/// A suspension or a resumption: the next revision, and the wallet is told of it only.
fn decide(binding: Binding, state: State, rule: Rule) -> Decided {
    if binding.revision >= REVISION_MAX {
        return Verdict::Refuse(Refusal::LimitExceeded);
    }
    let revision = binding.revision + 1;
    let order = match state {
        State::Suspended => Order::SendLinkSuspend(revision),
        _ => Order::SendLinkResume(revision),
    };
    Verdict::apply(rule, Binding { state, revision }).order(Order::StopSending).order(order)
}

/// An exit that may have left something at the wallet.
fn leave(controls: impl Controls, binding: Binding, outcome: Outcome, rule: Rule) -> Decided {
    //= BIND-031 every exit from registering to suspended goes through `Ending`
    if controls.off(Control::ExitsThroughEnding) {
        return close(binding, outcome, rule);
    }
    enter(binding, State::Ending(outcome), rule)
        .order(Order::StopSending)
        .order(Order::SendLinkEnd)
        .order(Order::TellOutcome)
}

fn close(binding: Binding, outcome: Outcome, rule: Rule) -> Decided {
    Verdict::apply(rule, Binding { state: State::Closed(outcome), ..binding })
        .order(Order::StopSending)
        .order(Order::TellOutcome)
}
