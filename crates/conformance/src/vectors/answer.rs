//! What a server answers, from what its step ordered and left behind.

use bindproof::bank::binding::{self, Outcome, State};
use bindproof::bank::debit::{self, Debit};
use bindproof::control::AllOn;
use bindproof::journal::{Decided, Event};
use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wallet::link;
use bindproof::wallet::operation::{self, Operation};
use bindproof_models::views::Seen;
use serde_json::{Value, json};

use crate::key::Key;
use crate::record::Stepped;
use crate::trace::line::{Line, Ordered};

/// What the message that brought this step is answered; nothing if nobody waits.
pub fn answer(line: &Line<Key>, stepped: &Stepped, account: Option<Key>) -> Option<Value> {
    line.received.as_ref()?;
    if let Decided::Refused(refusal) = stepped.decided {
        return Some(json!({ "problem": refusal }));
    }
    match (line.entry?.event, stepped.orders, stepped.after) {
        (Event::Binding { .. }, Ordered::Binding(orders), Seen::Binding(after, _)) => {
            let told = orders.iter().find_map(|order| match order {
                binding::Order::TellOutcome => Some(outcome(after.state)),
                binding::Order::Receipt => Some(json!("receipt")),
                _ => None,
            });
            let client = line.received.as_ref().is_some_and(|received| received.from.is_none());
            let notice = line.received.as_ref().is_some_and(|received| received.key.is_some());
            told.filter(|told| client || (notice && *told == json!("receipt")))
        }
        (Event::Debit { input, .. }, Ordered::Debit(orders), Seen::Debit(after, _)) => {
            orders.iter().any(|debit::Order::AnswerDebit| true).then(|| debited(after, input))
        }
        (Event::Link { .. }, Ordered::Link(orders), Seen::Link(after, _)) => {
            let answers = orders.iter().filter_map(|order| match order {
                link::Order::AnswerCreated => {
                    Some(json!({ "registration_answer": { "created": account } }))
                }
                link::Order::AnswerExisting => {
                    Some(json!({ "registration_answer": { "existing": account } }))
                }
                link::Order::AnswerRegistrationRefused(reason) => {
                    Some(json!({ "registration_answer": { "refused": reason } }))
                }
                link::Order::AnswerLinkRefused(reason) => {
                    Some(json!({ "link_answer": LinkStatus::Refused { reason } }))
                }
                link::Order::AnswerLink => {
                    let status = after.link.status().unwrap_or(LinkStatus::Ended);
                    Some(json!({ "link_answer": status }))
                }
                _ => None,
            });
            answers.last()
        }
        (Event::Operation { input, .. }, _, Seen::Operation(after, _)) => {
            operated(after.operation, input, stepped.decided)
        }
        _ => None,
    }
}

/// Where a binding stands, as its client is told.
fn outcome(state: State) -> Value {
    match state {
        State::Active | State::Suspended => json!({ "bind_outcome": "active" }),
        State::Ending(outcome) | State::Closed(outcome) => match outcome {
            Outcome::Refused(reason) => json!({ "bind_outcome": { "refused": reason } }),
            ended => json!({ "bind_outcome": { "ended": ended } }),
        },
        _ => json!({ "bind_outcome": "pending" }),
    }
}

fn debited(debit: Debit, input: debit::Input) -> Value {
    match (debit, input.binding) {
        (Debit::Accepted, _) => json!({ "debit_answer": "accepted" }),
        (_, State::Active) => json!({ "debit_answer": { "refused": "not_covered" } }),
        _ => json!({ "debit_answer": { "refused": "binding_not_active" } }),
    }
}

/// What became of an operation, as its client is told.
fn operated(state: Operation, input: operation::Input, decided: Decided) -> Option<Value> {
    let kind = match input {
        operation::Input::Requested { context, .. }
        | operation::Input::Answered { context, .. } => context.kind,
        _ => return None,
    };
    let wrong = decided == Decided::Applied(Rule::AnsweredWrong);
    Some(match state {
        Operation::Challenged { .. } if wrong => json!({ "problem": Refusal::ChallengeInvalid }),
        Operation::Challenged { demand, .. } => {
            json!({ "challenge": demand.shown_as(AllOn, kind) })
        }
        Operation::Executed => json!({ "operation_outcome": "executed" }),
        Operation::Expired => json!({ "operation_outcome": "expired" }),
        Operation::Refused(refusal) => json!({ "operation_outcome": { "refused": refusal } }),
        // What is executed at once is answered with what comes of that.
        Operation::Authenticated { .. } if decided == Decided::Applied(Rule::Authenticated) => {
            return None;
        }
        Operation::Absent | Operation::Authenticated { .. } | Operation::Debiting => {
            json!({ "problem": Refusal::IdempotencyInProgress })
        }
    })
}
