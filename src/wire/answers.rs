//! What the two servers answer each other.

use serde::{Deserialize, Serialize};

use super::id::{AccountId, BindingId, OperationId};
use super::read::{self, ShapeError, absent, needed};
use super::{Body, Reply, Request};
use crate::bank::binding::{REVISION_MAX, State};
use crate::message::{LinkStatus, Message, Reason};
use crate::named::named;

/// The bank's decision on a debit, the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "DebitAnswerShape", into = "DebitAnswerShape")]
pub struct DebitAnswer {
    /// Which operation.
    pub operation: OperationId,
    /// What was decided.
    pub debit: Debit,
}

/// What the bank decided on a debit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Debit {
    /// The bank stands by it.
    Accepted,
    /// The bank has decided against it.
    Refused(DebitReason),
}

named! {
    /// Why a debit was refused.
    pub enum DebitReason {
        /// The binding is not active.
        BindingNotActive = "binding_not_active",
        /// The amount is not covered.
        NotCovered = "not_covered",
    }
}

impl DebitReason {
    /// Why a debit is refused where its binding stands here: while it is active, only because the
    /// amount is not covered.
    pub const fn of(binding: State) -> Self {
        match binding {
            State::Active => Self::NotCovered,
            _ => Self::BindingNotActive,
        }
    }
}

named! {
    /// The word for a [`Debit`].
    pub enum DebitWord {
        /// [`Debit::Accepted`]
        Accepted = "accepted",
        /// [`Debit::Refused`]
        Refused = "refused",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DebitAnswerShape {
    operation: OperationId,
    #[serde(deserialize_with = "read::word")]
    debit: DebitWord,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<DebitReason>,
}

impl TryFrom<DebitAnswerShape> for DebitAnswer {
    type Error = ShapeError;

    fn try_from(shape: DebitAnswerShape) -> Result<Self, ShapeError> {
        let case = shape.debit.name();
        let debit = match shape.debit {
            DebitWord::Accepted => {
                absent(&shape.reason, "reason", case)?;
                Debit::Accepted
            }
            DebitWord::Refused => Debit::Refused(needed(shape.reason, "reason", case)?),
        };
        Ok(Self { operation: shape.operation, debit })
    }
}

impl From<DebitAnswer> for DebitAnswerShape {
    fn from(DebitAnswer { operation, debit }: DebitAnswer) -> Self {
        match debit {
            Debit::Accepted => Self { operation, debit: DebitWord::Accepted, reason: None },
            Debit::Refused(reason) => {
                Self { operation, debit: DebitWord::Refused, reason: Some(reason) }
            }
        }
    }
}

impl Body for DebitAnswer {
    const NAME: Message = Message::DebitAnswer;
}

impl Reply for DebitAnswer {}

/// The person's account, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "AccountAnswerShape", into = "AccountAnswerShape")]
pub struct AccountAnswer {
    /// What there is.
    pub found: Found,
}

/// Whether the person has a registered account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Found {
    /// This one.
    Registered(AccountId),
    /// None.
    Unregistered,
}

named! {
    /// The word for a [`Found`].
    pub enum FoundWord {
        /// [`Found::Registered`]
        Registered = "registered",
        /// [`Found::Unregistered`]
        Unregistered = "unregistered",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountAnswerShape {
    #[serde(deserialize_with = "read::word")]
    found: FoundWord,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
}

impl TryFrom<AccountAnswerShape> for AccountAnswer {
    type Error = ShapeError;

    fn try_from(shape: AccountAnswerShape) -> Result<Self, ShapeError> {
        let case = shape.found.name();
        let found = match shape.found {
            FoundWord::Registered => Found::Registered(needed(shape.account, "account", case)?),
            FoundWord::Unregistered => {
                absent(&shape.account, "account", case)?;
                Found::Unregistered
            }
        };
        Ok(Self { found })
    }
}

impl From<AccountAnswer> for AccountAnswerShape {
    fn from(answer: AccountAnswer) -> Self {
        match answer.found {
            Found::Registered(account) => {
                Self { found: FoundWord::Registered, account: Some(account) }
            }
            Found::Unregistered => Self { found: FoundWord::Unregistered, account: None },
        }
    }
}

impl Body for AccountAnswer {
    const NAME: Message = Message::AccountAnswer;
}

impl Reply for AccountAnswer {}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RegistrationAnswerShape", into = "RegistrationAnswerShape")]
pub struct RegistrationAnswer {
    /// The binding that it was for.
    pub binding: BindingId,
    /// What became of it.
    pub registered: Registered,
}

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registered {
    /// A new account was made.
    Created(AccountId),
    /// The person has this one.
    Existing(AccountId),
    /// Decided against.
    Refused(Reason),
}

named! {
    /// The word for a [`Registered`].
    pub enum RegisteredWord {
        /// [`Registered::Created`]
        Created = "created",
        /// [`Registered::Existing`]
        Existing = "existing",
        /// [`Registered::Refused`]
        Refused = "refused",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrationAnswerShape {
    binding: BindingId,
    #[serde(deserialize_with = "read::word")]
    registered: RegisteredWord,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

impl TryFrom<RegistrationAnswerShape> for RegistrationAnswer {
    type Error = ShapeError;

    fn try_from(shape: RegistrationAnswerShape) -> Result<Self, ShapeError> {
        let RegistrationAnswerShape { binding, registered: word, account, reason } = shape;
        let case = word.name();
        if word == RegisteredWord::Refused {
            absent(&account, "account", case)?;
        } else {
            absent(&reason, "reason", case)?;
        }
        let registered = match word {
            RegisteredWord::Created => Registered::Created(needed(account, "account", case)?),
            RegisteredWord::Existing => Registered::Existing(needed(account, "account", case)?),
            RegisteredWord::Refused => Registered::Refused(needed(reason, "reason", case)?),
        };
        Ok(Self { binding, registered })
    }
}

impl From<RegistrationAnswer> for RegistrationAnswerShape {
    fn from(RegistrationAnswer { binding, registered }: RegistrationAnswer) -> Self {
        let (registered, account, reason) = match registered {
            Registered::Created(account) => (RegisteredWord::Created, Some(account), None),
            Registered::Existing(account) => (RegisteredWord::Existing, Some(account), None),
            Registered::Refused(reason) => (RegisteredWord::Refused, None, Some(reason)),
        };
        Self { binding, registered, account, reason }
    }
}

impl Body for RegistrationAnswer {
    const NAME: Message = Message::RegistrationAnswer;
}

impl Reply for RegistrationAnswer {}

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkAnswer(pub LinkReport);

impl Body for LinkAnswer {
    const NAME: Message = Message::LinkAnswer;
}

impl Reply for LinkAnswer {}

/// The same as a [`LinkAnswer`], unasked; owed until receipted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkNotice(pub LinkReport);

impl Body for LinkNotice {
    const NAME: Message = Message::LinkNotice;
}

impl Request for LinkNotice {
    const ASKS_EFFECT: bool = true;
}

/// Where a link stands. On the wire it carries the wallet's revision, which follows from the
/// status; one that does not is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "LinkReportShape", into = "LinkReportShape")]
pub struct LinkReport {
    /// Which.
    pub binding: BindingId,
    /// Where it stands.
    pub status: LinkStatus,
}

named! {
    /// The word for a [`LinkStatus`].
    pub enum StatusWord {
        /// [`LinkStatus::Registered`]
        Registered = "registered",
        /// [`LinkStatus::AwaitingApproval`]
        AwaitingApproval = "awaiting_approval",
        /// [`LinkStatus::Active`]
        Active = "active",
        /// [`LinkStatus::Suspended`]
        Suspended = "suspended",
        /// [`LinkStatus::Ended`]
        Ended = "ended",
        /// [`LinkStatus::Refused`]
        Refused = "refused",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkReportShape {
    binding: BindingId,
    #[serde(deserialize_with = "read::word")]
    status: StatusWord,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    bank_revision: Option<u8>,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    wallet_revision: u8,
}

impl TryFrom<LinkReportShape> for LinkReport {
    type Error = ShapeError;

    fn try_from(shape: LinkReportShape) -> Result<Self, ShapeError> {
        let LinkReportShape { binding, status: word, bank_revision, reason, .. } = shape;
        let case = word.name();
        if !matches!(word, StatusWord::Active | StatusWord::Suspended) {
            absent(&bank_revision, "bank_revision", case)?;
        }
        if word != StatusWord::Refused {
            absent(&reason, "reason", case)?;
        }
        let bank_revision = || match needed(bank_revision, "bank_revision", case)? {
            revision @ 0..=REVISION_MAX => Ok(revision),
            found => Err(ShapeError::Decision { least: 0, found }),
        };
        let status = match word {
            StatusWord::Registered => LinkStatus::Registered,
            StatusWord::AwaitingApproval => LinkStatus::AwaitingApproval,
            StatusWord::Active => LinkStatus::Active { bank_revision: bank_revision()? },
            StatusWord::Suspended => LinkStatus::Suspended { bank_revision: bank_revision()? },
            StatusWord::Ended => LinkStatus::Ended,
            StatusWord::Refused => LinkStatus::Refused { reason: needed(reason, "reason", case)? },
        };
        let (expected, found) = (status.wallet_revision(), shape.wallet_revision);
        if expected != found {
            return Err(ShapeError::Revision { expected, found });
        }
        Ok(Self { binding, status })
    }
}

impl From<LinkReport> for LinkReportShape {
    fn from(LinkReport { binding, status }: LinkReport) -> Self {
        let (word, bank_revision, reason) = match status {
            LinkStatus::Registered => (StatusWord::Registered, None, None),
            LinkStatus::AwaitingApproval => (StatusWord::AwaitingApproval, None, None),
            LinkStatus::Active { bank_revision } => (StatusWord::Active, Some(bank_revision), None),
            LinkStatus::Suspended { bank_revision } => {
                (StatusWord::Suspended, Some(bank_revision), None)
            }
            LinkStatus::Ended => (StatusWord::Ended, None, None),
            LinkStatus::Refused { reason } => (StatusWord::Refused, None, Some(reason)),
        };
        let wallet_revision = status.wallet_revision();
        Self { binding, status: word, bank_revision, reason, wallet_revision }
    }
}
