//! The wallet's record of one operation: what the person does in the wallet client, from the
//! request to what became of it. Element C6 lives here: if the operation satisfies the condition,
//! the person is authenticated first.
//!
//! ```text
//! Received → Challenged → Authenticated → (Debiting →) Executed | Refused | Expired
//! ```
//! `Received` is lived through within the step that decides what the operation needs.

use crate::control::{AllOn, Control, Controls};
use crate::limits::Limits;
use crate::policy::{self, Facts, Origin, Policy, Requirement, TrustAge};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;
use crate::wallet::account::Account;
use crate::wallet::device::Device;
use crate::wallet::link;
use crate::wallet::lock::{Lock, Path};
use crate::wallet::proof::{Demand, Proof};

mod context;
mod execute;

pub use context::Context;
use execute::{execute, passes_locks};

/// Where an operation stands, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Operation {
    /// No such operation.
    Absent,
    /// The person was asked for proof.
    Challenged {
        /// What is demanded.
        demand: Demand,
        /// Wrong answers that the challenge still takes.
        tries_left: u8,
    },
    /// The person gave the proof; it has not been spent.
    Authenticated {
        /// What was demanded, and met.
        demand: Demand,
        /// The path by which the proof came in.
        path: Path,
    },
    /// A payment: the authentication is spent, the bank is asked for the debit.
    Debiting,
    /// Done.
    Executed,
    /// Decided against.
    Refused(Refusal),
    /// Its deadline passed.
    Expired,
}

impl Operation {
    /// Over: nothing changes it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Executed | Self::Refused(_) | Self::Expired)
    }

    /// Waits for the person or for its execution.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Challenged { .. } | Self::Authenticated { .. })
    }

    /// Whether a payment in this state counts towards the account's running total. It does from
    /// the moment its debit is asked for, so that many small payments in flight are one large one.
    pub fn counts_towards_total(self, controls: impl Controls) -> bool {
        //= BIND-065 the running total counts payments in flight
        match self {
            Self::Debiting => controls.on(Control::InFlightCounts),
            Self::Executed => true,
            _ => false,
        }
    }
}

/// What a step on an operation sees, all of one person: the operation, the account it runs on, its
/// device, and the lock of the path by which the input came (for an execution, of the proof).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct View {
    /// The operation.
    pub operation: Operation,
    /// The account; for a recovery the person's open one, or the absent record of a new one.
    pub account: Account,
    /// The operation's device on that account.
    pub device: Device,
    /// The lock of the path.
    pub lock: Lock,
}

/// What the edge has verified about a [`crate::message::Message::OperationRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Asked {
    /// The operation id is new, or the caller's own.
    pub own: bool,
    /// Issued within the freshness window.
    pub fresh: bool,
    /// The content is the one that this id stood for before (true for a new id).
    pub same_content: bool,
    /// Fewer operations of the account are under way than the limit.
    pub within_limits: bool,
}

impl Asked {
    /// A request that the edge has nothing to say against.
    pub const PROPER: Self =
        Self { own: true, fresh: true, same_content: true, within_limits: true };
}

/// A state in which an operation waits, and for which its deadline is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Waiting {
    /// For the person's answer.
    ForAnswer,
    /// For its execution.
    ForExecution,
}

/// The terms under which the wallet runs: its policy and its limits.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The condition's rules.
    pub policy: &'a Policy,
    /// Counts.
    pub limits: &'a Limits,
}

/// What can happen to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// The wallet client asked for it.
    Requested {
        /// The facts now.
        context: Context,
        /// What the edge verified.
        asked: Asked,
    },
    /// The wallet client answered the challenge.
    Answered {
        /// The facts now.
        context: Context,
        /// What the answer proves.
        proof: Proof,
        /// The path by which it came.
        path: Path,
    },
    /// The wallet gets to executing it.
    Executing(Context),
    /// The bank decided the debit.
    DebitDecided {
        /// The answer was issued by the bank that was asked.
        own: bool,
        /// The bank stands by it.
        accepted: bool,
    },
    /// What it runs on has ended: its account, its link or its device.
    TargetEnded(Context),
    /// The deadline armed for this state passed.
    Expired(Waiting),
}

/// What the wallet server does because of a step on an operation, and what it does to the person's
/// other records in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Answer the wallet client with a `Challenge` of a new id. The order carries what is shown of
    /// the demand: its class, and no more. Where the demand asks for a one-time code, one is sent
    /// to the contact.
    SendChallenge(Requirement),
    /// Answer the wallet client with an `OperationOutcome`: how the operation came out, read from
    /// its record after this step. If it is not over, the answer is the `Challenge` again where a
    /// request brought this, the problem `challenge_invalid` where an answer to the challenge
    /// did, and the problem `idempotency_in_progress` where there is no challenge any more.
    TellOutcome,
    /// Arm the operation's deadline for the state that was entered, in place of the one before:
    /// `challenge_ms` where it waits for an answer, `authenticated_ms` where it waits for its
    /// execution. When the time has passed the input is `expired`. In every other state no deadline
    /// is armed.
    ArmDeadline,
    /// Give the link of the binding that the operation names the input that the order carries, in
    /// the same transaction.
    StepLink(link::Input),
    /// Owe the bank of the link a `DebitRequest` for this operation and its amount. Its
    /// `DebitAnswer` is an input: `debit_decided`; a problem is none, and leaves it owed.
    SendDebitRequest,
    /// Owe no debit any more for this operation.
    StopDebitRequest,
    /// Give the device that the operation names `revoked`, in the same transaction, and each
    /// operation under way on it `target_ended`. A recovery goes on.
    RevokeNamedDevice,
    /// Start afresh on the account, in the same transaction: each device but the operation's own is
    /// given `revoked`, each live link `account_left`, each other operation under way
    /// `target_ended`. A recovery goes on.
    StartAfresh,
    /// Claim the person's key for the account, in the same transaction, so that nobody makes her
    /// another verified account. If no account was open, one is made under a new id.
    ClaimPerson,
    /// End, in the same transaction, whatever else is on the account, which this step has closed:
    /// each live link is given `account_left`, each device `account_closed`, each other operation
    /// under way `target_ended`. A recovery goes on.
    LeaveAccount,
}

/// What a step on an operation decides.
pub type Decided = Verdict<View, Order>;

/// The protocol's step.
pub fn step(terms: Terms<'_>, view: View, input: Input) -> Decided {
    step_with(AllOn, terms, view, input)
}

/// The step with chosen controls; only models call it with anything but [`AllOn`].
pub fn step_with(controls: impl Controls, terms: Terms<'_>, view: View, input: Input) -> Decided {
    //= BIND-086 only the key of the operation's device answers its challenge
    if let Input::Answered { proof: Proof { from_its_device: false, .. }, .. } = input
        && controls.on(Control::AnswerFromItsDevice)
    {
        return Verdict::Refuse(Refusal::SignatureInvalid);
    }
    //= BIND-094 only the bank that was asked decides a debit
    if let Input::DebitDecided { own: false, .. } = input
        && controls.on(Control::DebitAnsweredByItsBank)
    {
        return Verdict::Refuse(Refusal::NotFound);
    }
    if let Some(refusal) = refused_at_the_door(view, input) {
        return Verdict::Refuse(refusal);
    }
    if view.operation.is_over() {
        //= BIND-020 an operation that has ended stays ended; the client is told again
        return match input {
            Input::Requested { .. } => {
                Verdict::replay(Rule::OperationAskedAgain).order(Order::TellOutcome)
            }
            Input::Answered { .. } => Verdict::Refuse(Refusal::ChallengeExpired),
            Input::DebitDecided { .. } => {
                Verdict::replay(Rule::DebitDecidedAgain).order(Order::StopDebitRequest)
            }
            _ => Verdict::replay(Rule::DeadlineMeantNothing),
        };
    }
    match input {
        Input::Requested { context, asked } => on_requested(controls, terms, view, context, asked),
        Input::Answered { context, proof, path } => {
            on_answered(controls, terms, view, context, proof, path)
        }
        Input::Executing(context) => match view.operation {
            Operation::Authenticated { demand, .. } => {
                execute(controls, terms, view, context, demand)
            }
            _ => Verdict::Refuse(Refusal::InvalidState),
        },
        Input::DebitDecided { accepted, .. } => on_debit_decided(view, accepted),
        Input::TargetEnded(context) => on_target_ended(controls, view, context),
        Input::Expired(waiting) => match (view.operation, waiting) {
            //= BIND-083 a challenge and a proof that is not spent expire, each in its own time
            (Operation::Challenged { .. }, Waiting::ForAnswer)
            | (Operation::Authenticated { .. }, Waiting::ForExecution)
                if controls.on(Control::ChallengeExpires) =>
            {
                finish(view, Operation::Expired, Rule::OperationExpired)
            }
            _ => Verdict::replay(Rule::DeadlineMeantNothing),
        },
    }
}

/// What the edge found wrong with a request, strongest first.
fn refused_at_the_door(view: View, input: Input) -> Option<Refusal> {
    let Input::Requested { asked, .. } = input else { return None };
    let known = view.operation != Operation::Absent;
    match asked {
        //= BIND-097 an operation id belongs to who used it first
        Asked { own: false, .. } => Some(Refusal::NotFound),
        //= BIND-098 the same id with other content is refused
        Asked { same_content: false, .. } if known => Some(Refusal::IdempotencyConflict),
        _ => None,
    }
}

/// The facts on which the condition decides.
pub fn facts(controls: impl Controls, view: View, context: Context) -> Facts {
    let (origin, authenticated) = match view.account {
        Account::Open { origin, authenticated, .. } => (origin, authenticated),
        _ => (Origin::BankRegistered, false),
    };
    //= BIND-084 without a signature by the device's key inside a session the device is unknown
    let believed = context.signed || controls.off(Control::UnsignedIsUnknown);
    Facts {
        kind: context.kind,
        origin,
        authenticated,
        device: view.device.standing(believed),
        trust_age: if believed { view.device.age() } else { TrustAge::Recent },
        environment: context.environment,
        first_payment: context.first_payment,
        amount: context.amount,
        total: context.total,
    }
}

/// What the condition requires of this operation now.
pub fn requirement(
    controls: impl Controls,
    terms: Terms<'_>,
    view: View,
    context: Context,
) -> Requirement {
    policy::required(terms.policy, facts(controls, view, context))
}

fn on_requested(
    controls: impl Controls,
    terms: Terms<'_>,
    view: View,
    context: Context,
    asked: Asked,
) -> Decided {
    if view.operation != Operation::Absent {
        return Verdict::replay(Rule::OperationAskedAgain).order(Order::TellOutcome);
    }
    let revoked = view.device == Device::Revoked && controls.on(Control::RevokedDoesNothing);
    let gone = context.kind.names_link() && !context.link.is_live();
    //= BIND-143 whether a link is live is told only to a client that is signed in
    let link_told = context.signed || controls.off(Control::LinkUntold);
    //= BIND-075 in the order of the table
    let refusals = [
        (gone && link_told, Refusal::NotFound),
        //= BIND-099 only a fresh request begins an operation
        (!asked.fresh, Refusal::RequestStale),
        //= BIND-144 a request does not show that its sender holds the key
        (revoked && controls.off(Control::RevokedUntold), Refusal::DeviceUnknown),
        (!asked.within_limits, Refusal::LimitExceeded),
    ];
    if let Some((_, refusal)) = refusals.iter().find(|(applies, _)| *applies) {
        return Verdict::Refuse(*refusal);
    }
    //= BIND-008 if the operation satisfies the condition, the person is authenticated first
    let requirement = requirement(controls, terms, view, context);
    let demand = match gone || revoked {
        true => Demand::Decoy,
        false => Demand::of(controls, context.kind, view.account, requirement),
    };
    //= BIND-081 what is not there is never refused as such
    if demand == Demand::Decoy && controls.off(Control::DecoyChallenges) {
        return Verdict::Refuse(Refusal::AccountUnavailable);
    }
    //= BIND-008 what requires something is never executed at once
    if demand == Demand::Nothing || controls.off(Control::ChallengeRequired) {
        return execute(controls, terms, view, context, Demand::Nothing);
    }
    let operation = Operation::Challenged { demand, tries_left: terms.limits.tries };
    //= BIND-085 a new challenge resets no count
    let kept = controls.on(Control::NewChallengeKeepsCount);
    let lock = if kept { view.lock } else { Lock::OPEN };
    Verdict::apply(Rule::Challenged, View { operation, lock, ..view })
        .order(Order::ArmDeadline)
        .order(Order::SendChallenge(demand.shown_as(controls, context.kind)))
}

fn on_answered(
    controls: impl Controls,
    terms: Terms<'_>,
    view: View,
    context: Context,
    proof: Proof,
    path: Path,
) -> Decided {
    let Operation::Challenged { demand, tries_left } = view.operation else {
        return match view.operation {
            Operation::Absent => Verdict::Refuse(Refusal::NotFound),
            _ => Verdict::replay(Rule::AnsweredAgain).order(Order::TellOutcome),
        };
    };
    if view.device == Device::Revoked && controls.on(Control::RevokedDoesNothing) {
        return Verdict::Refuse(Refusal::DeviceUnknown);
    }
    let passes_locks = passes_locks(controls, context);
    //= BIND-087 a closed path compares nothing
    if !view.lock.is_open() && !passes_locks && controls.on(Control::LockAtAnswer) {
        return Verdict::Refuse(Refusal::StepUpLocked);
    }
    //= BIND-088 identity proof is neither counted nor locked, nor what stands in its place
    let counts = demand.shown_as(controls, context.kind) != Requirement::TwoFactorAndIdentity
        //= BIND-145 answers to a decoy are counted like any others
        && (demand != Demand::Decoy || controls.on(Control::DecoyCounted));
    let counted = if counts { view.lock.counted(controls, terms.limits) } else { view.lock };
    if demand.is_met(controls, proof) {
        let operation = Operation::Authenticated { demand, path };
        let lock = if counts { view.lock.succeeded(controls, path) } else { view.lock };
        return Verdict::apply(Rule::Authenticated, View { operation, lock, ..view })
            .order(Order::ArmDeadline);
    }
    //= BIND-089 a challenge takes a bounded number of wrong answers
    let (operation, rule) = match tries_left.saturating_sub(1) {
        0 => (Operation::Refused(Refusal::ChallengeLimitReached), Rule::AnsweredTooOften),
        tries_left => (Operation::Challenged { demand, tries_left }, Rule::AnsweredWrong),
    };
    Verdict::apply(rule, View { operation, lock: counted, ..view }).order(Order::TellOutcome)
}

/// What the operation runs on has ended. A client that is not signed in may be anybody: what it is
/// asked for goes on looking as it did, and nothing meets it any more.
fn on_target_ended(controls: impl Controls, view: View, context: Context) -> Decided {
    //= BIND-146 an end leaves a decoy in the place of a challenge of who is not signed in
    let untold = !context.signed && controls.on(Control::EndedBecomesDecoy);
    match view.operation {
        Operation::Challenged { demand: Demand::Decoy, .. } if untold => {
            Verdict::replay(Rule::ChallengeEmptied)
        }
        Operation::Challenged { tries_left, .. } if untold => {
            let operation = Operation::Challenged { demand: Demand::Decoy, tries_left };
            Verdict::apply(Rule::ChallengeEmptied, View { operation, ..view })
        }
        //= BIND-082 what ends refuses the operations under way on it
        operation if operation.is_under_way() => {
            let refused = Operation::Refused(Refusal::AccountUnavailable);
            finish(view, refused, Rule::OperationTargetEnded)
        }
        _ => Verdict::replay(Rule::DeadlineMeantNothing),
    }
}

fn on_debit_decided(view: View, accepted: bool) -> Decided {
    let (operation, rule) = match accepted {
        true => (Operation::Executed, Rule::PaymentExecuted),
        false => (Operation::Refused(Refusal::InstrumentUnavailable), Rule::PaymentRefused),
    };
    match view.operation {
        //= BIND-094 the bank's answer completes or refuses a payment
        Operation::Debiting => finish(view, operation, rule).order(Order::StopDebitRequest),
        _ => Verdict::Refuse(Refusal::InvalidState),
    }
}

fn finish(view: View, operation: Operation, rule: Rule) -> Decided {
    Verdict::apply(rule, View { operation, ..view }).order(Order::TellOutcome)
}
