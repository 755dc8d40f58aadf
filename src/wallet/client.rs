//! The wallet client's memory of one operation.

use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Where the operation stands in the wallet client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// Nothing asked.
    Idle,
    /// Asked, and asking again until there is an answer.
    Sent,
    /// The person is being asked for proof.
    Answering,
    /// The person has been told how it came out.
    Settled,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// The person starts it.
    Start,
    /// The wallet server sent a challenge.
    Challenged,
    /// The wallet server told how it came out.
    Told,
}

/// What the wallet client does because of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Order {
    /// Send an `OperationRequest`. It is sent again with the same operation id until it is
    /// answered.
    SendOperationRequest,
    /// Ask the person for what the challenge wants, and send a `ChallengeAnswer` with it.
    AskPerson,
    /// Send nothing any more for this operation.
    StopSending,
}

/// What a step of the client decides.
pub type Decided = Verdict<State, Order>;

/// The protocol's step. The client guards nothing: what it says is a claim.
pub fn step(state: State, input: Input) -> Decided {
    match (state, input) {
        (State::Idle, Input::Start) => {
            Verdict::apply(Rule::ClientStarts, State::Sent).order(Order::SendOperationRequest)
        }
        (State::Sent, Input::Challenged) => {
            Verdict::apply(Rule::ClientChallenged, State::Answering).order(Order::AskPerson)
        }
        (State::Sent | State::Answering, Input::Told) => {
            Verdict::apply(Rule::ClientTold, State::Settled).order(Order::StopSending)
        }
        (State::Idle, _) => Verdict::Refuse(Refusal::InvalidState),
        _ => Verdict::replay(Rule::ClientWaits),
    }
}
