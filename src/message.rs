//! Every message of the protocol: who sends it to whom, and the facts in it that a step reads.
//!
//! A message is parsed and its signature, session and proof are verified at the edge, which has
//! its shapes from `wire`; what reaches a step are facts. The types here are those facts.

use crate::named::named;

named! {
    /// A program that takes part.
    pub enum Party {
        /// The bank's own app, on the person's device.
        BankClient = "bank_client",
        /// The server of the institution that keeps the instrument.
        BankServer = "bank_server",
        /// The server of the payment application.
        WalletServer = "wallet_server",
        /// The payment application on a device.
        WalletClient = "wallet_client",
    }
}

named! {
    /// The name of a message, the same in prose, types, logs, wire and vectors.
    pub enum Message {
        /// Bind this instrument, with consent and a fresh authentication for this binding.
        BindRequest = "bind_request",
        /// Give up a binding, or the request whose answer was lost.
        BindCancel = "bind_cancel",
        /// End a binding.
        UnbindRequest = "unbind_request",
        /// Where does a binding stand?
        BindingQuery = "binding_query",
        /// Where the binding stands.
        BindOutcome = "bind_outcome",
        /// Has this person a registered account? Leaves no trace.
        AccountQuery = "account_query",
        /// The account, or none.
        AccountAnswer = "account_answer",
        /// Register an account for this person, for the sake of this binding.
        AccountRegistration = "account_registration",
        /// The account made, the one that was there, or a refusal.
        RegistrationAnswer = "registration_answer",
        /// Link this instrument to this account.
        LinkRequest = "link_request",
        /// The bank has suspended the binding.
        LinkSuspend = "link_suspend",
        /// The bank has resumed the binding.
        LinkResume = "link_resume",
        /// The binding has ended; never stops until acknowledged.
        LinkEnd = "link_end",
        /// Where does the link stand?
        LinkQuery = "link_query",
        /// Where the link stands.
        LinkAnswer = "link_answer",
        /// The same as a link answer, unasked; owed until receipted.
        LinkNotice = "link_notice",
        /// May this operation debit this binding?
        DebitRequest = "debit_request",
        /// Accepted or refused, decided once per operation.
        DebitAnswer = "debit_answer",
        /// The person wants to do something.
        OperationRequest = "operation_request",
        /// What is asked of the person before it is done.
        Challenge = "challenge",
        /// The person's proof.
        ChallengeAnswer = "challenge_answer",
        /// What became of the operation.
        OperationOutcome = "operation_outcome",
    }
}

impl Message {
    /// The party that sends it.
    pub const fn from(self) -> Party {
        use Message::*;
        match self {
            BindRequest | BindCancel | UnbindRequest | BindingQuery => Party::BankClient,
            BindOutcome | AccountQuery | AccountRegistration | LinkRequest | LinkSuspend
            | LinkResume | LinkEnd | LinkQuery | DebitAnswer => Party::BankServer,
            AccountAnswer | RegistrationAnswer | LinkAnswer | LinkNotice | DebitRequest
            | Challenge | OperationOutcome => Party::WalletServer,
            OperationRequest | ChallengeAnswer => Party::WalletClient,
        }
    }

    /// The party that receives it.
    pub const fn to(self) -> Party {
        use Message::*;
        match self {
            BindRequest | BindCancel | UnbindRequest | BindingQuery => Party::BankServer,
            BindOutcome => Party::BankClient,
            AccountQuery | AccountRegistration | LinkRequest | LinkSuspend | LinkResume
            | LinkEnd | LinkQuery | DebitAnswer => Party::WalletServer,
            AccountAnswer | RegistrationAnswer | LinkAnswer | LinkNotice | DebitRequest => {
                Party::BankServer
            }
            Challenge | OperationOutcome => Party::WalletClient,
            OperationRequest | ChallengeAnswer => Party::WalletServer,
        }
    }
}

named! {
    /// Why a request that was understood is decided against, for good.
    pub enum Reason {
        /// The person did not consent to be registered.
        ConsentMissing = "consent_missing",
        /// There is no open verified account of that person under that id.
        AccountUnavailable = "account_unavailable",
        /// Too many approvals wait already.
        BindingLimitReached = "binding_limit_reached",
        /// The instrument was blocked before the binding became active.
        InstrumentUnavailable = "instrument_unavailable",
        /// The holder of the account declined.
        Declined = "declined",
    }
}

/// What the wallet says of one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LinkStatus {
    /// Made together with its account; the bank has not asked to link yet.
    Registered,
    /// The account's holder has to approve it.
    AwaitingApproval,
    /// Payable; `bank_revision` is the last of the bank's decisions that is in force.
    Active {
        /// The bank's decision in force, 0 for none.
        bank_revision: u8,
    },
    /// Not payable, because of the bank's decision `bank_revision`.
    Suspended {
        /// The bank's decision in force.
        bank_revision: u8,
    },
    /// Over.
    Ended,
    /// Decided against; over as well.
    Refused {
        /// Why.
        reason: Reason,
    },
}

impl LinkStatus {
    /// The wallet's revision of the link: of two answers the higher one is the later one.
    pub const fn wallet_revision(self) -> u8 {
        match self {
            Self::Registered => 1,
            Self::AwaitingApproval => 2,
            Self::Active { bank_revision } | Self::Suspended { bank_revision } => {
                3u8.saturating_add(bank_revision)
            }
            Self::Ended | Self::Refused { .. } => u8::MAX,
        }
    }
}
