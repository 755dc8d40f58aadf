//! The wallet's record of one device of one account. A device *is* its key: a revoked key does
//! nothing more, and a new one may be enrolled on the same phone.

use crate::policy::{DeviceStanding, TrustAge};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::verdict::Verdict;

/// Where a device stands with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Device {
    /// Its key has never been accepted.
    Unknown,
    /// Its key is accepted.
    Trusted {
        /// A session is open.
        session: bool,
        /// An authenticator of the account is enrolled on it.
        authenticator: bool,
        /// Trust has lasted long enough to be waived for.
        age: TrustAge,
    },
    /// Its key does nothing more.
    Revoked,
}

/// What can happen to a device, other than by an operation on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Input {
    /// Its key is revoked, by its holder or by a proof of identity elsewhere.
    Revoked,
    /// Its account has closed.
    AccountClosed,
    /// Its session ran out.
    SessionEnded,
    /// It has been trusted long enough.
    Aged,
}

impl Device {
    //= BIND-151 what a trusted device signed for is counted apart from all else
    /// Whether an operation that was asked for on this device counts as one of the account's own
    /// devices, where operations under way are limited; `signed` says that its key signed the
    /// request. All others are counted together, and apart from these: strangers take no room.
    pub const fn counts_as_own(self, signed: bool) -> bool {
        signed && self.is_trusted()
    }

    /// The device after a sign-in on it.
    #[must_use]
    pub const fn signed_in(self, enrols: bool) -> Self {
        match self {
            Self::Unknown => {
                Self::Trusted { session: true, authenticator: enrols, age: TrustAge::Recent }
            }
            Self::Trusted { authenticator, age, .. } => {
                Self::Trusted { session: true, authenticator: authenticator || enrols, age }
            }
            Self::Revoked => Self::Revoked,
        }
    }

    /// The device after an authenticator was enrolled on it.
    #[must_use]
    pub const fn enrolled(self) -> Self {
        match self {
            Self::Trusted { session, age, .. } => {
                Self::Trusted { session, authenticator: true, age }
            }
            other => other,
        }
    }

    /// Its key is accepted.
    pub const fn is_trusted(self) -> bool {
        matches!(self, Self::Trusted { .. })
    }

    /// A session is open on it.
    pub const fn in_session(self) -> bool {
        matches!(self, Self::Trusted { session: true, .. })
    }

    //= BIND-084 only what the device's key signed in a live session is the device's
    /// Whether a request counts as the device's; `signed` says that its key signed it.
    pub const fn stands_for(self, signed: bool) -> bool {
        signed && self.in_session()
    }

    /// It holds a live authenticator of the account.
    pub const fn has_authenticator(self) -> bool {
        matches!(self, Self::Trusted { authenticator: true, .. })
    }

    /// What the condition may believe of it: its standing only counts when the request was signed
    /// by its key inside a live session.
    pub const fn standing(self, signed_in_session: bool) -> DeviceStanding {
        match self {
            Self::Trusted { .. } if signed_in_session => DeviceStanding::Trusted,
            Self::Trusted { .. } | Self::Unknown => DeviceStanding::Unknown,
            Self::Revoked => DeviceStanding::Revoked,
        }
    }

    /// How long it has been trusted; recent for one that is not.
    pub const fn age(self) -> TrustAge {
        match self {
            Self::Trusted { age, .. } => age,
            _ => TrustAge::Recent,
        }
    }
}

/// What a step on a device decides; it orders nothing.
pub type Decided = Verdict<Device, ()>;

/// The protocol's step.
pub fn step(device: Device, input: Input) -> Decided {
    match (device, input) {
        //= BIND-036 a revoked key is accepted nowhere, and its authenticator is gone with it
        (Device::Trusted { .. }, Input::Revoked) => {
            Verdict::apply(Rule::DeviceRevoked, Device::Revoked)
        }
        //= BIND-037 sessions and authenticators end with their account
        (Device::Trusted { .. }, Input::AccountClosed) => {
            Verdict::apply(Rule::DeviceLeft, Device::Revoked)
        }
        (Device::Trusted { session: true, authenticator, age }, Input::SessionEnded) => {
            let ended = Device::Trusted { session: false, authenticator, age };
            Verdict::apply(Rule::SessionEnded, ended)
        }
        (Device::Trusted { session, authenticator, age: TrustAge::Recent }, Input::Aged) => {
            let aged = Device::Trusted { session, authenticator, age: TrustAge::Aged };
            Verdict::apply(Rule::DeviceAged, aged)
        }
        (Device::Revoked, Input::Revoked | Input::AccountClosed) => {
            Verdict::replay(Rule::DeviceRevoked)
        }
        _ => Verdict::Refuse(Refusal::DeviceUnknown),
    }
}
