//! Between the wallet client and the wallet server.

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::id::{AccountId, BindingCode, BindingId, ChallengeId, DeviceKey, OperationId};
use super::read::{self, ShapeError, absent, needed};
use super::text::{OneTimeCode, Opaque, Payee, Words};
use super::{Body, Reply, Request};
use crate::message::Message;
use crate::named::named;
use crate::policy::{Environment, Requirement};
use crate::refusal::Refusal;
use crate::wallet::kind::Kind;

/// The person wants to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "OperationRequestShape", into = "OperationRequestShape")]
pub struct OperationRequest {
    /// Which operation.
    pub operation: OperationId,
    /// On which account. Only a recovery goes without: it belongs to the person.
    pub account: Option<AccountId>,
    /// The device that it is done on, and by whose key the request is signed.
    pub device: DeviceKey,
    /// What the client claims about its environment; it can only raise the requirement.
    pub environment: Environment,
    /// What to do.
    pub action: Action,
}

/// What to do, with what it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// [`Kind::SignIn`]
    SignIn,
    /// [`Kind::ApproveBinding`]. Its code comes, and is spent, with the answer to the challenge.
    ApproveBinding(BindingId),
    /// [`Kind::DeclineBinding`]
    DeclineBinding(BindingId),
    /// [`Kind::Pay`]
    Pay {
        /// Through which link.
        binding: BindingId,
        /// How much.
        amount: Amount,
        /// For whom.
        payee: Payee,
    },
    /// [`Kind::EndLink`]
    EndLink(BindingId),
    /// [`Kind::AddAuthenticator`]. It comes with the answer to the challenge.
    AddAuthenticator,
    /// [`Kind::RevokeDevice`]
    RevokeDevice(DeviceKey),
    /// [`Kind::VerifyIdentity`]
    VerifyIdentity,
    /// [`Kind::Recover`]
    Recover,
    /// [`Kind::CloseAccount`]
    CloseAccount,
}

impl Action {
    /// The kind of the operation.
    pub const fn kind(self) -> Kind {
        match self {
            Self::SignIn => Kind::SignIn,
            Self::ApproveBinding(_) => Kind::ApproveBinding,
            Self::DeclineBinding(_) => Kind::DeclineBinding,
            Self::Pay { .. } => Kind::Pay,
            Self::EndLink(_) => Kind::EndLink,
            Self::AddAuthenticator => Kind::AddAuthenticator,
            Self::RevokeDevice(_) => Kind::RevokeDevice,
            Self::VerifyIdentity => Kind::VerifyIdentity,
            Self::Recover => Kind::Recover,
            Self::CloseAccount => Kind::CloseAccount,
        }
    }

    /// The binding whose link it names, if it names one.
    pub const fn binding(self) -> Option<BindingId> {
        match self {
            Self::ApproveBinding(binding)
            | Self::DeclineBinding(binding)
            | Self::EndLink(binding)
            | Self::Pay { binding, .. } => Some(binding),
            _ => None,
        }
    }

    /// What it pays, in minor units; 0 if it pays nothing.
    pub const fn minor(self) -> u64 {
        match self {
            Self::Pay { amount, .. } => amount.minor(),
            _ => 0,
        }
    }
}

impl OperationRequest {
    //= BIND-098 the same id with other content is refused
    /// Whether two requests under one id ask for the same. What the client says of its environment
    /// is a claim about the moment, and no part of what is asked.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        (self.account, self.device, self.action) == (other.account, other.device, other.action)
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationRequestShape {
    operation: OperationId,
    #[serde(deserialize_with = "read::word")]
    kind: Kind,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    device: DeviceKey,
    #[serde(deserialize_with = "read::word")]
    environment: Environment,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    binding: Option<BindingId>,
    #[serde(default, deserialize_with = "read::present_object")]
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    payee: Option<Payee>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    revoked_device: Option<DeviceKey>,
}

impl TryFrom<OperationRequestShape> for OperationRequest {
    type Error = ShapeError;

    fn try_from(shape: OperationRequestShape) -> Result<Self, ShapeError> {
        let OperationRequestShape { operation, kind, account, device, environment, .. } = shape;
        let case = kind.name();
        if kind != Kind::Recover {
            needed(account, "account", case)?;
        }
        if !kind.names_link() {
            absent(&shape.binding, "binding", case)?;
        }
        if kind != Kind::Pay {
            absent(&shape.amount, "amount", case)?;
            absent(&shape.payee, "payee", case)?;
        }
        if kind != Kind::RevokeDevice {
            absent(&shape.revoked_device, "revoked_device", case)?;
        }
        let binding = || needed(shape.binding, "binding", case);
        let action = match kind {
            Kind::SignIn => Action::SignIn,
            Kind::ApproveBinding => Action::ApproveBinding(binding()?),
            Kind::DeclineBinding => Action::DeclineBinding(binding()?),
            Kind::Pay => Action::Pay {
                binding: binding()?,
                amount: needed(shape.amount, "amount", case)?,
                payee: needed(shape.payee, "payee", case)?,
            },
            Kind::EndLink => Action::EndLink(binding()?),
            Kind::AddAuthenticator => Action::AddAuthenticator,
            Kind::RevokeDevice => {
                Action::RevokeDevice(needed(shape.revoked_device, "revoked_device", case)?)
            }
            Kind::VerifyIdentity => Action::VerifyIdentity,
            Kind::Recover => Action::Recover,
            Kind::CloseAccount => Action::CloseAccount,
        };
        Ok(Self { operation, account, device, environment, action })
    }
}

impl From<OperationRequest> for OperationRequestShape {
    fn from(request: OperationRequest) -> Self {
        let OperationRequest { operation, account, device, environment, action } = request;
        let kind = action.kind();
        let mut shape = Self {
            operation,
            kind,
            account,
            device,
            environment,
            binding: None,
            amount: None,
            payee: None,
            revoked_device: None,
        };
        match action {
            Action::ApproveBinding(binding)
            | Action::DeclineBinding(binding)
            | Action::EndLink(binding) => shape.binding = Some(binding),
            Action::Pay { binding, amount, payee } => {
                shape.binding = Some(binding);
                shape.amount = Some(amount);
                shape.payee = Some(payee);
            }
            Action::RevokeDevice(device) => shape.revoked_device = Some(device),
            Action::SignIn
            | Action::AddAuthenticator
            | Action::VerifyIdentity
            | Action::Recover
            | Action::CloseAccount => {}
        }
        shape
    }
}

impl Body for OperationRequest {
    const NAME: Message = Message::OperationRequest;
}

impl Request for OperationRequest {
    const ASKS_EFFECT: bool = true;
}

/// What is asked of the person before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Which challenge.
    pub challenge: ChallengeId,
    /// For which operation.
    pub operation: OperationId,
    /// The class of proof that is asked for, and no more: what exactly is demanded would tell a
    /// stranger about the account. Never nothing: what needs nothing is not challenged.
    #[serde(with = "required")]
    pub required: Requirement,
    /// What is to be approved, in the person's words.
    pub to_approve: Words<256>,
}

/// The form of what a challenge requires: every requirement but none.
mod required {
    use serde::ser::Error as _;
    use serde::{Deserializer, Serialize, Serializer};

    use super::{Requirement, ShapeError, read};

    fn something(required: Requirement) -> Result<Requirement, ShapeError> {
        if required == Requirement::None { Err(ShapeError::NothingRequired) } else { Ok(required) }
    }

    pub fn serialize<S: Serializer>(required: &Requirement, to: S) -> Result<S::Ok, S::Error> {
        something(*required).map_err(S::Error::custom)?.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Requirement, D::Error> {
        something(read::word(from)?).map_err(serde::de::Error::custom)
    }
}

impl Body for Challenge {
    const NAME: Message = Message::Challenge;
}

impl Reply for Challenge {}

/// The person's proof, signed by the key of the operation's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswer {
    /// Which challenge.
    pub challenge: ChallengeId,
    /// By which device.
    pub device: DeviceKey,
    /// The proof.
    #[serde(deserialize_with = "read::object")]
    pub proof: Proof,
}

impl Body for ChallengeAnswer {
    const NAME: Message = Message::ChallengeAnswer;
}

impl Request for ChallengeAnswer {
    const ASKS_EFFECT: bool = true;
}

/// What is offered as proof: at least one of these. What each is worth the edge finds out, by
/// values that the verifier holds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "ProofShape", into = "ProofShape")]
pub struct Proof {
    /// What an enrolled authenticator says to this challenge.
    pub assertion: Option<Opaque>,
    /// The code that was sent to the contact.
    pub one_time_code: Option<OneTimeCode>,
    /// The binding code. Spent by being presented, right or wrong.
    pub binding_code: Option<BindingCode>,
    /// Proof of identity.
    pub identity: Option<Opaque>,
    /// The new authenticator that is to be enrolled.
    pub authenticator: Option<Opaque>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofShape {
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    assertion: Option<Opaque>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    one_time_code: Option<OneTimeCode>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    binding_code: Option<BindingCode>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    identity: Option<Opaque>,
    #[serde(default, deserialize_with = "read::present", skip_serializing_if = "Option::is_none")]
    authenticator: Option<Opaque>,
}

impl TryFrom<ProofShape> for Proof {
    type Error = ShapeError;

    fn try_from(shape: ProofShape) -> Result<Self, ShapeError> {
        let ProofShape { assertion, one_time_code, binding_code, identity, authenticator } = shape;
        let proof = Self { assertion, one_time_code, binding_code, identity, authenticator };
        if proof == Self::default() { Err(ShapeError::EmptyProof) } else { Ok(proof) }
    }
}

impl From<Proof> for ProofShape {
    fn from(proof: Proof) -> Self {
        let Proof { assertion, one_time_code, binding_code, identity, authenticator } = proof;
        Self { assertion, one_time_code, binding_code, identity, authenticator }
    }
}

/// What became of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "OperationOutcomeShape", into = "OperationOutcomeShape")]
pub struct OperationOutcome {
    /// Which operation.
    pub operation: OperationId,
    /// What became of it.
    pub settled: Settled,
}

/// How an operation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Settled {
    /// Done.
    Executed,
    /// Decided against.
    Refused(Refusal),
    /// Its deadline passed.
    Expired,
}

named! {
    /// The word for a [`Settled`].
    pub enum SettledWord {
        /// [`Settled::Executed`]
        Executed = "executed",
        /// [`Settled::Refused`]
        Refused = "refused",
        /// [`Settled::Expired`]
        Expired = "expired",
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationOutcomeShape {
    operation: OperationId,
    #[serde(deserialize_with = "read::word")]
    outcome: SettledWord,
    #[serde(default, deserialize_with = "read::present_word")]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Refusal>,
}

impl TryFrom<OperationOutcomeShape> for OperationOutcome {
    type Error = ShapeError;

    fn try_from(shape: OperationOutcomeShape) -> Result<Self, ShapeError> {
        let case = shape.outcome.name();
        if shape.outcome != SettledWord::Refused {
            absent(&shape.reason, "reason", case)?;
        }
        let settled = match shape.outcome {
            SettledWord::Executed => Settled::Executed,
            SettledWord::Refused => Settled::Refused(needed(shape.reason, "reason", case)?),
            SettledWord::Expired => Settled::Expired,
        };
        Ok(Self { operation: shape.operation, settled })
    }
}

impl From<OperationOutcome> for OperationOutcomeShape {
    fn from(OperationOutcome { operation, settled }: OperationOutcome) -> Self {
        let (outcome, reason) = match settled {
            Settled::Executed => (SettledWord::Executed, None),
            Settled::Refused(reason) => (SettledWord::Refused, Some(reason)),
            Settled::Expired => (SettledWord::Expired, None),
        };
        Self { operation, outcome, reason }
    }
}

impl Body for OperationOutcome {
    const NAME: Message = Message::OperationOutcome;
}

impl Reply for OperationOutcome {}
