//! What was truly shown when an operation was proved, and what it is enough for. The observer notes
//! the one and the properties ask for the other; neither asks the specification what it demanded.

use bindproof::policy::Requirement;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::proof::{Factors, Proof};

/// What an answer truly showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// Nothing that counts for this operation.
    Nothing,
    /// The account's own possession.
    Possession,
    /// The account's own two factors.
    TwoFactors,
    /// Code and contact of the binding that the operation is about.
    Code,
    /// Those, and the account's own two factors.
    CodeAndTwoFactors,
    /// Identity, to the wallet itself.
    Identity,
}

impl Shown {
    /// What `proof` shows; whether the code and the contact in it are those of the binding that the
    /// operation is about, the observer knows.
    pub const fn of(proof: Proof, code_and_contact: bool) -> Self {
        if !proof.fits {
            return Self::Nothing;
        }
        if proof.identity {
            return Self::Identity;
        }
        match (code_and_contact, proof.factors) {
            (true, Factors::Two) => Self::CodeAndTwoFactors,
            (true, _) => Self::Code,
            (false, Factors::Two) => Self::TwoFactors,
            (false, Factors::Possession) => Self::Possession,
            (false, Factors::None) => Self::Nothing,
        }
    }

    /// Whether it is enough for an operation of this kind where so much is required; `first` is the
    /// first authentication on an account that a bank has registered.
    pub fn suffices(self, kind: Kind, first: bool, required: Requirement) -> bool {
        match kind {
            Kind::Recover | Kind::VerifyIdentity => self == Self::Identity,
            Kind::ApproveBinding => self == Self::CodeAndTwoFactors,
            _ if first => matches!(self, Self::Code | Self::CodeAndTwoFactors),
            _ => match required {
                Requirement::None => true,
                Requirement::Possession => !matches!(self, Self::Nothing | Self::Code),
                Requirement::TwoFactor => {
                    matches!(self, Self::TwoFactors | Self::CodeAndTwoFactors | Self::Identity)
                }
                Requirement::TwoFactorAndIdentity => self == Self::Identity,
            },
        }
    }

    /// In a sentence: "proved by her, with …".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing that counts",
            Self::Possession => "possession",
            Self::TwoFactors => "two factors",
            Self::Code => "code and contact",
            Self::CodeAndTwoFactors => "code, contact and two factors",
            Self::Identity => "identity",
        }
    }
}
