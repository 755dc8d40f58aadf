//! What is demanded of a person, and what an answer proves.

use crate::control::{Control, Controls};
use crate::policy::Requirement;
use crate::wallet::account::Account;
use crate::wallet::kind::Kind;

/// What a challenge demands: fixed when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// A challenge like any other to look at, that nothing meets: there is nothing behind it, and
    /// the client must not be able to tell.
    Decoy,
    /// The account's own factors, of at least this class.
    Factors(Factors),
    /// First authentication: code and contact of the binding that the account was created for.
    CodeAndContact,
    /// Approval: code and contact of the binding to approve, and the account's own two factors.
    CodeContactAndFactors,
    /// Identity, proved to the wallet itself.
    Identity,
}

/// The account's own factors, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Factors {
    /// None.
    None,
    /// Possession of an enrolled authenticator.
    Possession,
    /// Possession, and inherence or knowledge.
    Two,
}

/// Which binding a presented code or contact belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Tie {
    /// None was presented, or it was wrong or spent.
    None,
    /// Genuine, of another binding than the one demanded.
    Other,
    /// Genuine, of the binding demanded: the one to approve, or the one in `created_for`.
    Demanded,
}

impl Tie {
    /// Which tie a genuine code has, of the binding `of`, where the challenge is about `demanded`.
    #[inline]
    pub fn between<B: PartialEq>(demanded: Option<B>, of: Option<B>) -> Self {
        match of {
            None => Self::None,
            //= BIND-045 of that binding, and of no other
            Some(_) if of == demanded => Self::Demanded,
            Some(_) => Self::Other,
        }
    }
}

impl Factors {
    /// What an answer has of the account's own factors, besides these, if the contact is proved: a
    /// contact that a bank has verified is something the person possesses.
    #[must_use]
    pub fn with_contact(self, proved: bool) -> Self {
        if proved { self.max(Self::Possession) } else { self }
    }
}

/// What an answer proves, checked at the edge against values that the verifier holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Proof {
    /// Signed by the key of the operation's device.
    pub from_its_device: bool,
    /// Made for this challenge and this content (amount, payee, binding).
    pub fits: bool,
    /// The account's own factors.
    pub factors: Factors,
    /// The binding code.
    pub code: Tie,
    /// The contact that the bank of a binding verified.
    pub contact: Tie,
    /// Identity, and with it the key and authenticator that are to be enrolled.
    pub identity: bool,
}

impl Demand {
    /// What is demanded for an operation of this kind on this account when the condition requires
    /// `requirement`.
    pub fn of(
        controls: impl Controls,
        kind: Kind,
        account: Account,
        requirement: Requirement,
    ) -> Self {
        //= BIND-080 before its first authentication an account does nothing but recover
        let waits = account.awaits_first_authentication()
            && kind != Kind::SignIn
            && controls.on(Control::FirstAuthenticationFirst);
        match kind {
            //= BIND-043 recovery and verification rest on identity proved to the wallet itself
            Kind::Recover => Self::Identity,
            //= BIND-081 what is not there challenges like what is
            _ if (!account.is_open() && controls.on(Control::ClosedDoesNothing)) || waits => {
                Self::Decoy
            }
            Kind::VerifyIdentity => Self::Identity,
            //= BIND-044 approval takes code, contact and the account's own two factors
            Kind::ApproveBinding => Self::CodeContactAndFactors,
            //= BIND-045 the first authentication takes code and contact of `created_for`
            _ if account.awaits_first_authentication() => Self::CodeAndContact,
            _ => match requirement {
                Requirement::None => Self::Nothing,
                Requirement::Possession => Self::Factors(Factors::Possession),
                Requirement::TwoFactor => Self::Factors(Factors::Two),
                Requirement::TwoFactorAndIdentity => Self::Identity,
            },
        }
    }

    /// Whether an answer takes the code and the contact of a binding.
    pub const fn takes_code(self) -> bool {
        matches!(self, Self::CodeAndContact | Self::CodeContactAndFactors)
    }

    /// Whether what meets this demand also enrols an authenticator, which it then has to bring.
    pub const fn enrols(self, kind: Kind) -> bool {
        matches!(self, Self::CodeAndContact)
            || matches!(kind, Kind::Recover | Kind::AddAuthenticator)
    }

    /// The place of this demand in the lattice of requirements.
    pub const fn requirement(self) -> Requirement {
        match self {
            Self::Nothing | Self::Factors(Factors::None) => Requirement::None,
            Self::Factors(Factors::Possession) => Requirement::Possession,
            Self::Factors(Factors::Two)
            | Self::CodeAndContact
            | Self::CodeContactAndFactors
            | Self::Decoy => Requirement::TwoFactor,
            Self::Identity => Requirement::TwoFactorAndIdentity,
        }
    }

    /// The class that the client is told. A decoy is told as what stands in its place where there
    /// is an account.
    pub fn shown_as(self, controls: impl Controls, kind: Kind) -> Requirement {
        match self {
            //= BIND-142 a decoy is told as the class that stands in its place
            Self::Decoy if kind.proves_identity() && controls.on(Control::DecoyShownAlike) => {
                Requirement::TwoFactorAndIdentity
            }
            demand => demand.requirement(),
        }
    }

    /// Whether `proof` gives what is demanded.
    pub fn is_met(self, controls: impl Controls, proof: Proof) -> bool {
        //= BIND-046 a proof is for one operation with its content
        if !proof.fits && controls.on(Control::ProofFitsOperation) {
            return false;
        }
        let accepts_other = |tie, control| match tie {
            Tie::Demanded => true,
            Tie::Other => controls.off(control),
            Tie::None => false,
        };
        match self {
            Self::Nothing => true,
            Self::Decoy => false,
            //= BIND-047 a weaker class never stands in for a stronger one
            Self::Factors(_) if controls.off(Control::ProofClassCompared) => {
                proof.factors > Factors::None
            }
            Self::Factors(least) => proof.factors >= least,
            //= BIND-045 of that binding, and of no other
            Self::CodeAndContact => {
                accepts_other(proof.code, Control::CodeOfCreatedFor)
                    && accepts_other(proof.contact, Control::CodeOfCreatedFor)
            }
            //= BIND-044 all of them, and of that binding
            Self::CodeContactAndFactors => {
                let code = proof.code == Tie::Demanded || controls.off(Control::ApprovalTakesCode);
                let contact =
                    proof.contact == Tie::Demanded || controls.off(Control::ApprovalTakesCode);
                let factors =
                    proof.factors == Factors::Two || controls.off(Control::ApprovalTakesOwnFactors);
                code && contact && factors
            }
            //= BIND-048 recovery asks for no old factor
            Self::Identity => {
                proof.identity
                    && (controls.on(Control::RecoverNeedsNoOldFactor)
                        || proof.factors == Factors::Two)
            }
        }
    }
}
