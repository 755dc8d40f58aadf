//! What is in a server instance's hands between taking a message and answering it. A crash empties
//! the hands and nothing else.

use bindproof::bank::binding::Binding;
use bindproof::wallet::account::Account;
use bindproof::wallet::link::Link;

use crate::action::Delivery;
use crate::network::ToBank;

/// The hands of one server instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Nothing.
    Empty,
    /// A message, and the records as they were when it was looked at.
    Decided {
        /// The message.
        delivery: Delivery,
        /// What was decided on.
        seen: Snapshot,
        /// The answer has gone out already; only a defective server gets here.
        answered: bool,
    },
    /// The answer that is to go out; the decision is durable.
    Committed(Reply),
}

/// The records on which a decision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Snapshot {
    /// A bank server saw this binding.
    Bank(Binding),
    /// A wallet server saw this link, the account it hangs on, and which account was the person's.
    Wallet {
        /// The link.
        link: Link,
        /// The account that the link hangs on, or the person's.
        account: Account,
        /// The number of the person's account, [`crate::world::NONE`] if there was none.
        matched: u8,
    },
}

/// An answer of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reply {
    /// The wallet answers a bank about this binding.
    ToBank(u8, ToBank),
    /// The bank tells the client where this binding stands.
    ToClient(u8, Told),
}

/// What a bank client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// Not decided yet.
    Pending,
    /// Active.
    Active,
    /// Over, from the bank's record.
    Over,
    /// A problem: nothing begun.
    Problem,
}
