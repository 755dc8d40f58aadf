//! Between the bank server and the wallet server.

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::bank::Consent;
use super::id::{AccountId, BindingId, OperationId, Secret};
use super::read;
use super::text::{ContactRef, InstrumentRef, Opaque, PersonRef};
use super::{Body, Request};
use crate::message::Message;

/// Has this person a registered account? Leaves no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountQuery {
    /// Who.
    pub person: PersonRef,
}

impl Body for AccountQuery {
    const NAME: Message = Message::AccountQuery;
}

impl Request for AccountQuery {
    const ASKS_EFFECT: bool = false;
}

/// Register an account for this person, for the sake of this binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRegistration {
    /// What it is for.
    pub binding: BindingId,
    /// Who, as the bank has verified.
    pub person: PersonRef,
    /// What the wallet has to know of the person to register the account.
    pub registration: Opaque,
    /// The contact that the bank verified.
    pub contact: ContactRef,
    /// What the codes of the binding are derived from.
    pub secret: Secret,
    /// What the person consented to.
    #[serde(deserialize_with = "read::object")]
    pub consent: Consent,
}

impl Body for AccountRegistration {
    const NAME: Message = Message::AccountRegistration;
}

impl Request for AccountRegistration {
    const ASKS_EFFECT: bool = true;
}

/// Link this instrument to this account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// Under this binding.
    pub binding: BindingId,
    /// To this account.
    pub account: AccountId,
    /// This instrument.
    pub instrument: InstrumentRef,
    /// Its holder, as the bank has verified.
    pub person: PersonRef,
    /// The contact that the bank verified.
    pub contact: ContactRef,
    /// What the codes of the binding are derived from.
    pub secret: Secret,
}

impl Body for LinkRequest {
    const NAME: Message = Message::LinkRequest;
}

impl Request for LinkRequest {
    const ASKS_EFFECT: bool = true;
}

/// The bank has suspended the binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSuspend {
    /// Which.
    pub binding: BindingId,
    /// The number of this decision, 1 to 200; a lower one than the last changes nothing.
    #[serde(deserialize_with = "read::decision")]
    pub bank_revision: u8,
}

impl Body for LinkSuspend {
    const NAME: Message = Message::LinkSuspend;
}

impl Request for LinkSuspend {
    const ASKS_EFFECT: bool = true;
}

/// The bank has resumed the binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkResume {
    /// Which.
    pub binding: BindingId,
    /// The number of this decision, 1 to 200; a lower one than the last changes nothing.
    #[serde(deserialize_with = "read::decision")]
    pub bank_revision: u8,
}

impl Body for LinkResume {
    const NAME: Message = Message::LinkResume;
}

impl Request for LinkResume {
    const ASKS_EFFECT: bool = true;
}

/// The binding has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkEnd {
    /// Which.
    pub binding: BindingId,
}

impl Body for LinkEnd {
    const NAME: Message = Message::LinkEnd;
}

impl Request for LinkEnd {
    const ASKS_EFFECT: bool = true;
}

/// Where does the link stand?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkQuery {
    /// Which.
    pub binding: BindingId,
}

impl Body for LinkQuery {
    const NAME: Message = Message::LinkQuery;
}

impl Request for LinkQuery {
    const ASKS_EFFECT: bool = false;
}

/// May this operation debit this binding?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebitRequest {
    /// Which binding.
    pub binding: BindingId,
    /// Which operation.
    pub operation: OperationId,
    /// How much.
    #[serde(deserialize_with = "read::object")]
    pub amount: Amount,
}

impl Body for DebitRequest {
    const NAME: Message = Message::DebitRequest;
}

impl Request for DebitRequest {
    const ASKS_EFFECT: bool = true;
}
