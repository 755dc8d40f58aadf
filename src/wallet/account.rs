//! The wallet's record of one account. Its `account_id` never changes and is never used again.

use crate::policy::Origin;

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Account {
    /// No such account.
    Absent,
    /// In use.
    Open {
        /// Who had it made.
        origin: Origin,
        /// Whether its holder's identity is verified, by a bank or by the wallet.
        verified: bool,
        /// Whether its holder has ever passed a security authentication.
        authenticated: bool,
    },
    /// Over; nothing runs on it again.
    Closed,
}

impl Account {
    /// The account that a bank has registered and nobody has authenticated on yet.
    pub const REGISTERED_BY_BANK: Self =
        Self::Open { origin: Origin::BankRegistered, verified: true, authenticated: false };

    /// The account that recovery makes when none is open.
    pub const RECOVERED: Self =
        Self::Open { origin: Origin::SelfRegistered, verified: true, authenticated: true };

    /// In use.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// In use by a holder whose identity is verified: the only kind that is matched to a person.
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Open { verified: true, .. })
    }

    /// In use by a holder whose identity nobody has verified. It is nobody's: no bank finds it, and
    /// there is nobody to be guessed at.
    pub const fn is_nobodys(self) -> bool {
        self.is_open() && !self.is_verified()
    }

    /// In use, and its holder has passed a security authentication at least once.
    pub const fn is_authenticated(self) -> bool {
        matches!(self, Self::Open { authenticated: true, .. })
    }

    /// Registered by a bank and not yet authenticated: it may hold links and close with the last.
    pub const fn awaits_first_authentication(self) -> bool {
        matches!(self, Self::Open { origin: Origin::BankRegistered, authenticated: false, .. })
    }

    /// The account after its holder has authenticated.
    #[must_use]
    pub const fn authenticated(self) -> Self {
        match self {
            Self::Open { origin, verified, .. } => {
                Self::Open { origin, verified, authenticated: true }
            }
            other => other,
        }
    }

    /// The account after its holder's identity was proved.
    #[must_use]
    pub const fn verified(self) -> Self {
        match self {
            Self::Open { origin, .. } => Self::Open { origin, verified: true, authenticated: true },
            other => other,
        }
    }
}
