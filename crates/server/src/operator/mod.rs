//! What an operator looks at: where each binding stands on either side, how it came there, and what
//! to do where the two sides disagree.

mod bindings;
mod reconcile;
mod show;
mod time;

pub use bindings::{Listed, Side, Theirs, listed, side, table};
pub use reconcile::{Found, Reconciled, reconcile};
pub use show::{Form, show};
pub use time::{age, moment};

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::journal::JournalError;
use crate::store::StoreError;

/// Why there is nothing to see.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A journal is not right.
    #[error("the journal is not right: {0}")]
    Journal(#[from] JournalError),
    /// Something in the store cannot be read.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// What.
        what: String,
        /// Why not.
        why: String,
    },
    /// Nobody has such a binding.
    #[error("there is no binding {0} in this store")]
    NoBinding(String),
    /// Only a bank has anybody to ask.
    #[error("this is a wallet's store: it is the banks that ask a wallet where its links stand")]
    NotABank,
}

/// So many of a thing: `1 letter`, `2 letters`.
pub fn counted(count: impl Into<i128>, thing: &str) -> String {
    match count.into() {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}

/// A value of the specification in a few words: `active`, `closed: ended_by_holder`.
fn words(value: &impl Serialize) -> String {
    fn of(value: &Value) -> String {
        match value {
            Value::String(word) => word.clone(),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| match of(value) {
                    inner if inner.is_empty() => name.clone(),
                    number if value.is_number() => format!("{} {number}", name.replace('_', " ")),
                    inner => format!("{name}: {inner}"),
                };
                members.iter().map(member).collect::<Vec<_>>().join(", ")
            }
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
    serde_json::to_value(value).map_or_else(|error| error.to_string(), |value| of(&value))
}

#[cfg(test)]
mod tests {
    use bindproof::bank::binding::{Outcome, State};
    use bindproof::message::LinkStatus;

    use super::*;

    #[test]
    fn one_is_one_and_more_are_many() {
        assert_eq!([counted(0, "letter"), counted(1, "letter")], ["0 letters", "1 letter"]);
        assert_eq!(counted(2, "letter"), "2 letters");
    }

    #[test]
    fn states_are_a_few_words() {
        assert_eq!(words(&State::Active), "active");
        assert_eq!(words(&State::Closed(Outcome::EndedByHolder)), "closed: ended_by_holder");
        let there = LinkStatus::Active { bank_revision: 2 };
        assert_eq!(words(&there), "active: bank revision 2");
    }
}
