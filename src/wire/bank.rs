//! Between the bank client and the bank server.

use serde::{Deserialize, Serialize};

use super::id::{BindingCode, BindingId};
use super::read::{self, ShapeError, absent, needed};
use super::text::{IdempotencyKey, InstrumentRef, Opaque};
use super::{Body, Reply, Request};
use crate::message::{Message, Reason};
use crate::named::named;

/// Bind this instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindRequest {
    /// What to bind.
    pub instrument: InstrumentRef,
    /// What the holder consents to.
    #[serde(deserialize_with = "read::object")]
    pub consent: Consent,
    /// The fresh authentication of the holder for this binding, as the bank makes it.
    pub authentication: Opaque,
}

/// What a person consents to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// To the binding.
    pub bind: bool,
    /// To be registered with the wallet, should there be no account.
    pub register: bool,
}

impl Consent {
    /// Consent was given, to the binding and to a registration: nothing begins with less.
    pub const fn is_given(self) -> bool {
        self.bind && self.register
    }
}

impl Body for BindRequest {
    const NAME: Message = Message::BindRequest;
}

impl Request for BindRequest {
    const ASKS_EFFECT: bool = true;
}

/// Give up a binding, or the request whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "BindCancelShape", into = "BindCancelShape")]
pub enum BindCancel {
    /// The binding.
    Binding(BindingId),
    /// What the [`BindRequest`] under this idempotency key began, or would begin.
    Request(IdempotencyKey),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BindCancelShape {
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    binding: Option<BindingId>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    request_key: Option<IdempotencyKey>,
}

impl TryFrom<BindCancelShape> for BindCancel {
    type Error = ShapeError;

    fn try_from(shape: BindCancelShape) -> Result<Self, ShapeError> {
        if let Some(binding) = shape.binding {
            absent(&shape.request_key, "request_key", "bind_cancel with binding")?;
            return Ok(Self::Binding(binding));
        }
        needed(shape.request_key, "request_key", "bind_cancel without binding").map(Self::Request)
    }
}

impl From<BindCancel> for BindCancelShape {
    fn from(cancel: BindCancel) -> Self {
        match cancel {
            BindCancel::Binding(binding) => Self { binding: Some(binding), request_key: None },
            BindCancel::Request(key) => Self { binding: None, request_key: Some(key) },
        }
    }
}

impl Body for BindCancel {
    const NAME: Message = Message::BindCancel;
}

impl Request for BindCancel {
    const ASKS_EFFECT: bool = true;
}

/// End a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnbindRequest {
    /// Which.
    pub binding: BindingId,
}

impl Body for UnbindRequest {
    const NAME: Message = Message::UnbindRequest;
}

impl Request for UnbindRequest {
    const ASKS_EFFECT: bool = true;
}

/// Where does a binding stand?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingQuery {
    /// Which.
    pub binding: BindingId,
}

impl Body for BindingQuery {
    const NAME: Message = Message::BindingQuery;
}

impl Request for BindingQuery {
    const ASKS_EFFECT: bool = false;
}

/// Where the binding stands, for its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "BindOutcomeShape", into = "BindOutcomeShape")]
pub struct BindOutcome {
    /// Which.
    pub binding: BindingId,
    /// Where it stands.
    pub standing: Standing,
}

/// Where a binding stands, as its holder sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Not decided yet.
    Pending {
        /// The current code, for the authenticated holder only.
        code: Option<BindingCode>,
    },
    /// Usable. Its account may still wait for its first authentication, which takes the code.
    Active {
        /// The current code, for the authenticated holder only.
        code: Option<BindingCode>,
    },
    /// Decided against.
    Refused(Reason),
    /// Over.
    Ended(EndReason),
}

named! {
    /// How a binding came to its end.
    pub enum EndReason {
        /// Given up by the holder before it was active.
        Cancelled = "cancelled",
        /// A deadline passed.
        Expired = "expired",
        /// Ended by the holder at the bank.
        EndedByHolder = "ended_by_holder",
        /// Ended from the wallet's side.
        EndedByWallet = "ended_by_wallet",
    }
}

named! {
    /// The word for a [`Standing`].
    pub enum StandingWord {
        /// [`Standing::Pending`]
        Pending = "pending",
        /// [`Standing::Active`]
        Active = "active",
        /// [`Standing::Refused`]
        Refused = "refused",
        /// [`Standing::Ended`]
        Ended = "ended",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BindOutcomeShape {
    binding: BindingId,
    #[serde(deserialize_with = "read::word")]
    outcome: StandingWord,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    code: Option<BindingCode>,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_because: Option<Reason>,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_because: Option<EndReason>,
}

impl TryFrom<BindOutcomeShape> for BindOutcome {
    type Error = ShapeError;

    fn try_from(shape: BindOutcomeShape) -> Result<Self, ShapeError> {
        let BindOutcomeShape { binding, outcome, code, refused_because, ended_because } = shape;
        let case = outcome.name();
        if outcome != StandingWord::Refused {
            absent(&refused_because, "refused_because", case)?;
        }
        if outcome != StandingWord::Ended {
            absent(&ended_because, "ended_because", case)?;
        }
        if matches!(outcome, StandingWord::Refused | StandingWord::Ended) {
            absent(&code, "code", case)?;
        }
        let standing = match outcome {
            StandingWord::Pending => Standing::Pending { code },
            StandingWord::Active => Standing::Active { code },
            StandingWord::Refused => {
                Standing::Refused(needed(refused_because, "refused_because", case)?)
            }
            StandingWord::Ended => Standing::Ended(needed(ended_because, "ended_because", case)?),
        };
        Ok(Self { binding, standing })
    }
}

impl From<BindOutcome> for BindOutcomeShape {
    fn from(BindOutcome { binding, standing }: BindOutcome) -> Self {
        let (outcome, code, refused_because, ended_because) = match standing {
            Standing::Pending { code } => (StandingWord::Pending, code, None, None),
            Standing::Active { code } => (StandingWord::Active, code, None, None),
            Standing::Refused(reason) => (StandingWord::Refused, None, Some(reason), None),
            Standing::Ended(reason) => (StandingWord::Ended, None, None, Some(reason)),
        };
        Self { binding, outcome, code, refused_because, ended_because }
    }
}

impl Body for BindOutcome {
    const NAME: Message = Message::BindOutcome;
}

impl Reply for BindOutcome {}
