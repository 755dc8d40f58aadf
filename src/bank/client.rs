//! The bank client's memory of one request to bind.

use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Where the request stands in the bank client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// Nothing asked.
    Idle,
    /// Asked, and asking again until there is an answer that settles it.
    Sent,
    /// The holder gave it up; the client keeps saying so until it hears that it is over.
    Leaving,
    /// The person has been told how it came out.
    Settled,
}

/// What the bank server told the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// Not decided yet.
    Pending,
    /// The binding is usable.
    Active,
    /// It is over, or never began.
    Over,
}

/// What can happen to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// The holder asks for the binding.
    Ask,
    /// The holder gives it up or ends it.
    Leave,
    /// The bank server answered.
    Told(Outcome),
}

/// What the bank client does because of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Send a `BindRequest`. It is sent again under the same key until a `BindOutcome` settles it.
    SendBindRequest,
    /// Send a `BindCancel`, or an `UnbindRequest` for a binding that has been active. It is sent
    /// again under the same key until a `BindOutcome` says that the binding is over.
    SendLeave,
    /// Send nothing any more for this binding.
    StopSending,
}

/// What a step of the client decides.
pub type Decided = Verdict<State, Order>;

/// The protocol's step. The client guards nothing: what it says is a claim.
pub fn step(state: State, input: Input) -> Decided {
    match (state, input) {
        //= BIND-035 a client asks with one key until it is told how it came out
        (State::Idle, Input::Ask) => {
            Verdict::apply(Rule::ClientAsks, State::Sent).order(Order::SendBindRequest)
        }
        (State::Sent | State::Settled, Input::Leave) => {
            Verdict::apply(Rule::ClientLeaves, State::Leaving)
                .order(Order::StopSending)
                .order(Order::SendLeave)
        }
        (State::Sent, Input::Told(Outcome::Active | Outcome::Over))
        | (State::Leaving, Input::Told(Outcome::Over)) => {
            Verdict::apply(Rule::ClientSettled, State::Settled).order(Order::StopSending)
        }
        (State::Idle, Input::Leave | Input::Told(_)) => Verdict::Refuse(Refusal::InvalidState),
        _ => Verdict::replay(Rule::ClientWaits),
    }
}
