//! The bank's record of one debit: decided once per operation and remembered.

use crate::bank::binding;
use crate::control::{AllOn, Control, Controls};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Where a debit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Debit {
    /// Not asked for.
    Absent,
    /// The bank stands by it.
    Accepted,
    /// The bank has decided against it.
    Refused,
}

/// A debit request as the bank sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Input {
    /// The binding that is to be debited belongs to the bank that is asked.
    pub own: bool,
    /// The amount and the binding are those that this operation id stood for before (true for a
    /// new one).
    pub same_content: bool,
    /// Where that binding stands.
    pub binding: binding::State,
    /// The account behind the instrument covers the amount.
    pub covered: bool,
}

/// What the bank server does because of a step on a debit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Answer the wallet with a `DebitAnswer`: accepted or refused, as the record says after this
    /// step. The same operation hears the same each time.
    AnswerDebit,
}

/// What a step on a debit decides.
pub type Decided = Verdict<Debit, Order>;

/// The protocol's step.
pub fn step(debit: Debit, input: Input) -> Decided {
    step_with(AllOn, debit, input)
}

/// The step with chosen controls; only models call it with anything but [`AllOn`].
pub fn step_with(controls: impl Controls, debit: Debit, input: Input) -> Decided {
    use binding::State;
    if !input.own {
        return Verdict::Refuse(Refusal::NotFound);
    }
    //= BIND-098 the same id with other content is refused
    if debit != Debit::Absent && !input.same_content {
        return Verdict::Refuse(Refusal::IdempotencyConflict);
    }
    //= BIND-032 a debit is decided once per operation
    let decided_once = debit == Debit::Absent || controls.off(Control::DebitDecidedOnce);
    if !decided_once {
        return Verdict::replay(Rule::DebitAskedAgain).order(Order::AnswerDebit);
    }
    let verdict = match input.binding {
        State::Absent => return Verdict::Refuse(Refusal::NotFound),
        //= BIND-033 while the notice may be on its way the answer is a retryable problem
        State::Looking | State::Registering | State::Linking | State::AwaitingApproval => {
            return Verdict::Refuse(Refusal::BindingPending);
        }
        //= BIND-034 a debit is accepted only while the binding is active
        State::Active if input.covered => Verdict::apply(Rule::DebitAccepted, Debit::Accepted),
        //= BIND-034 and not while it is suspended or ending
        State::Suspended | State::Ending(_)
            if input.covered && controls.off(Control::DebitOnlyWhileActive) =>
        {
            Verdict::apply(Rule::DebitAccepted, Debit::Accepted)
        }
        State::Active | State::Suspended | State::Ending(_) | State::Closed(_) => {
            Verdict::apply(Rule::DebitRefused, Debit::Refused)
        }
    };
    verdict.order(Order::AnswerDebit)
}
