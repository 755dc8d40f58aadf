//! What the condition looks at: finite facts, each dimension in the order of its risk.

use core::fmt;

use crate::named::named;
use crate::wallet::kind::Kind;

named! {
    /// What must be proved before an operation executes, weakest first. The order is the lattice.
    pub enum Requirement {
        /// Nothing.
        None = "none",
        /// Possession of an enrolled authenticator.
        Possession = "possession",
        /// Possession, and inherence or knowledge.
        TwoFactor = "two_factor",
        /// Two factors, and identity proved to the wallet itself.
        TwoFactorAndIdentity = "two_factor_and_identity",
    }
}

impl Requirement {
    /// The weakest requirement that is at least as strong as both.
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }
}

named! {
    /// How an account came to be.
    pub enum Origin {
        /// By an ordinary first registration, which verified the device environment too.
        SelfRegistered = "self_registered",
        /// By a bank: no device was ever looked at.
        BankRegistered = "bank_registered",
    }
}

named! {
    /// What the operation's device is to the account. A device that did not sign inside a live
    /// session is unknown, whatever it says.
    pub enum DeviceStanding {
        /// It gained trust and kept it.
        Trusted = "trusted",
        /// It never gained trust, or did not prove which device it is.
        Unknown = "unknown",
        /// Its trust was taken away.
        Revoked = "revoked",
    }
}

named! {
    /// The time since the device was trusted.
    pub enum TrustAge {
        /// Long enough ago.
        Aged = "aged",
        /// A short while ago, or never.
        Recent = "recent",
    }
}

named! {
    /// What the environment signals say. They are claims and may only raise the requirement: who
    /// withholds them gains nothing, since `Unknown` is the riskiest.
    pub enum Environment {
        /// As usual for this device.
        Normal = "normal",
        /// Not as usual.
        Changed = "changed",
        /// No signals, or none that can be read.
        Unknown = "unknown",
    }
}

named! {
    /// The size of an amount or of the running total.
    pub enum Band {
        /// Below `…_medium_from`.
        Small = "small",
        /// From `…_medium_from`, below `…_large_from`.
        Medium = "medium",
        /// From `…_large_from`.
        Large = "large",
    }
}

/// Everything that the condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Facts {
    /// The kind of the operation.
    pub kind: Kind,
    /// How the account came to be.
    pub origin: Origin,
    /// Whether the account's holder has ever passed a security authentication. `false` is riskier.
    pub authenticated: bool,
    /// What the operation's device is to the account.
    pub device: DeviceStanding,
    /// The time since the device was trusted.
    pub trust_age: TrustAge,
    /// What the environment signals say.
    pub environment: Environment,
    /// Whether this is the first payment. `true` is riskier. Looked at for `Pay` only.
    pub first_payment: bool,
    /// The size of this payment. Looked at for `Pay` only.
    pub amount: Band,
    /// The size of the account's running total. Looked at for `Pay` only.
    pub total: Band,
}

/// Both values of a dimension that is a yes or no.
const BOTH: &[bool] = &[false, true];

impl Facts {
    /// How many different facts there are.
    pub const COUNT: usize = Kind::ALL.len()
        * Origin::ALL.len()
        * DeviceStanding::ALL.len()
        * TrustAge::ALL.len()
        * Environment::ALL.len()
        * Band::ALL.len()
        * Band::ALL.len()
        * BOTH.len()
        * BOTH.len();

    /// The least risky facts of a kind.
    pub const fn calmest(kind: Kind) -> Self {
        Self {
            kind,
            origin: Origin::SelfRegistered,
            authenticated: true,
            device: DeviceStanding::Trusted,
            trust_age: TrustAge::Aged,
            environment: Environment::Normal,
            first_payment: false,
            amount: Band::Small,
            total: Band::Small,
        }
    }

    /// The whole finite domain, each of the [`Facts::COUNT`] facts once.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self::nth)
    }

    /// Reads `index` as a number whose digits are the dimensions.
    fn nth(mut index: usize) -> Self {
        Self {
            total: digit(&mut index, Band::ALL),
            amount: digit(&mut index, Band::ALL),
            first_payment: digit(&mut index, BOTH),
            environment: digit(&mut index, Environment::ALL),
            trust_age: digit(&mut index, TrustAge::ALL),
            device: digit(&mut index, DeviceStanding::ALL),
            authenticated: digit(&mut index, BOTH),
            origin: digit(&mut index, Origin::ALL),
            kind: digit(&mut index, Kind::ALL),
        }
    }

    /// Whether these facts are of the same kind as `other` and no less risky in any dimension. A
    /// partial order: facts that trade one risk for another are not comparable.
    pub fn at_least_as_risky_as(self, other: Self) -> bool {
        self.kind == other.kind
            && self.origin >= other.origin
            && self.authenticated <= other.authenticated
            && self.device >= other.device
            && self.trust_age >= other.trust_age
            && self.environment >= other.environment
            && self.first_payment >= other.first_payment
            && self.amount >= other.amount
            && self.total >= other.total
    }
}

/// Takes the last digit off `index`, in base `values.len()`. `values` is never empty.
fn digit<T: Copy>(index: &mut usize, values: &[T]) -> T {
    let value = values[*index % values.len()];
    *index /= values.len();
    value
}

/// The kind, and every dimension that is not the calmest, in words: "pay on an unknown device".
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            match self.origin {
                Origin::SelfRegistered => "",
                Origin::BankRegistered => " on a bank-registered account",
            },
            if self.authenticated { "" } else { " on an account never authenticated" },
            match self.device {
                DeviceStanding::Trusted => "",
                DeviceStanding::Unknown => " on an unknown device",
                DeviceStanding::Revoked => " on a revoked device",
            },
            match self.trust_age {
                TrustAge::Aged => "",
                TrustAge::Recent => " with recent trust",
            },
            match self.environment {
                Environment::Normal => "",
                Environment::Changed => " in a changed environment",
                Environment::Unknown => " in an unknown environment",
            },
            if self.first_payment { " as a first payment" } else { "" },
            match self.amount {
                Band::Small => "",
                Band::Medium => " of a medium amount",
                Band::Large => " of a large amount",
            },
            match self.total {
                Band::Small => "",
                Band::Medium => " with a medium running total",
                Band::Large => " with a large running total",
            },
        ];
        f.write_str(self.kind.name())?;
        words.into_iter().try_for_each(|word| f.write_str(word))
    }
}
