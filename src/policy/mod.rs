//! The security-authentication condition: what an operation requires.
//!
//! A [`Policy`] is a list of rules. Each says "for these kinds, when it is at least this risky,
//! require this"; what is [`required`] is the join of all that are met. So more risk never needs
//! less, by construction. The [`FLOOR`] is a list of the same shape in the code; a policy whose own
//! rules give less than the floor anywhere does not load.

mod bands;
mod facts;
mod floor;
#[cfg(feature = "serde")]
mod form;
mod rule;
mod standard;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use bands::Bands;
pub use facts::{Band, DeviceStanding, Environment, Facts, Origin, Requirement, TrustAge};
pub use floor::{FLOOR, floor};
pub use rule::{Kinds, RULES_MAX, Rule, When};

use rule::Rules;

use crate::wallet::kind::Kind;

/// What an operation with these facts requires under this policy: the join of all its rules whose
/// thresholds are all met, and nothing if none is. The floor is not joined in: that the policy
/// exists means that its own rules reach it.
//= BIND-060 the condition is total and pure
//= BIND-061 a rule is met by whatever is riskier than what meets it, and a join only grows
pub fn required(policy: &Policy, facts: Facts) -> Requirement {
    floor::join(policy.rules(), facts)
}

/// A checked policy: wherever one exists, it is at or above the [`FLOOR`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "form::PolicyForm", into = "form::PolicyForm"))]
pub struct Policy {
    rules: Rules,
    bands: Bands,
}

/// Why a policy does not load. Rules are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The form has a version that this program does not know.
    #[error("version is {version}, and only version 1 is known")]
    UnknownVersion {
        /// The version given.
        version: u16,
    },
    /// A border or the window is too low.
    #[error("bands.{field} is {value} and must be at least {minimum}")]
    BelowMinimum {
        /// The field.
        field: &'static str,
        /// What it is, in minor units or days.
        value: u64,
        /// What it must be at least.
        minimum: u64,
    },
    /// A border is above what the law permits, or the window above what can be kept.
    #[error("bands.{field} is {value} and must be at most {maximum}")]
    AboveMaximum {
        /// The field.
        field: &'static str,
        /// What it is, in minor units or days.
        value: u64,
        /// What it may be at most.
        maximum: u64,
    },
    /// Medium would begin where large has begun.
    #[error(
        "bands.{lower} is {lower_minor} and must be less than bands.{higher}, \
         which is {higher_minor}"
    )]
    OutOfOrder {
        /// The border that has to be lower.
        lower: &'static str,
        /// What it is, in minor units.
        lower_minor: u64,
        /// The border that has to be higher.
        higher: &'static str,
        /// What it is, in minor units.
        higher_minor: u64,
    },
    /// There is no rule.
    #[error("the policy has no rule")]
    Empty,
    /// There are more rules than a policy holds.
    #[error("the policy has {count} rules and may have at most {RULES_MAX}")]
    TooManyRules {
        /// How many there are.
        count: usize,
    },
    /// The list of kinds is there and empty.
    #[error("rule {rule}: kinds is empty; leave it out if the rule is for all")]
    NoKinds {
        /// The rule.
        rule: usize,
    },
    /// Identity is proved for verification and recovery only: no other operation can ask for it.
    #[error("rule {rule}: requires two_factor_and_identity, but {kind} cannot ask for identity")]
    IdentityNotAsked {
        /// The rule.
        rule: usize,
        /// The first kind that cannot.
        kind: Kind,
    },
    /// A rule that requires nothing looks as if it could lower what another requires.
    #[error("rule {rule}: requires none; rules only raise, so it does nothing")]
    RequiresNothing {
        /// The rule.
        rule: usize,
    },
    /// "At least the calmest" looks as if it meant "only the calmest".
    #[error("rule {rule}: {field} is met by everything; leave it out")]
    RestrictsNothing {
        /// The rule.
        rule: usize,
        /// The threshold.
        field: &'static str,
    },
    /// A threshold on a payment, in a rule that is not for payments only.
    #[error("rule {rule}: {field} is a fact of pay, but the rule is also for {kind}")]
    NotAPayment {
        /// The rule.
        rule: usize,
        /// The threshold.
        field: &'static str,
        /// The first kind that has no such fact.
        kind: Kind,
    },
    /// The policy asks less than the floor demands.
    #[error("below the floor: {facts} needs {floor}, the policy asks {policy}")]
    BelowFloor {
        /// The calmest facts at which it does.
        facts: Facts,
        /// What the floor demands there.
        floor: Requirement,
        /// What the policy asks there.
        policy: Requirement,
    },
}

impl Policy {
    /// A policy of these rules, if it holds what a policy must.
    ///
    /// # Errors
    /// The first that is wrong: the bands, then the number of rules, then each rule by itself,
    /// then what the rules give together.
    pub fn new(rules: &[Rule], bands: Bands) -> Result<Self, PolicyError> {
        bands.check()?;
        if rules.is_empty() {
            return Err(PolicyError::Empty);
        }
        let mut list = Rules::EMPTY;
        for (index, rule) in rules.iter().enumerate() {
            if !list.push(*rule) {
                return Err(PolicyError::TooManyRules { count: rules.len() });
            }
            check_rule(index + 1, rule)?;
        }
        check_floor(rules)?;
        Ok(Self { rules: list, bands })
    }

    /// The rules, in the order given.
    pub fn rules(&self) -> &[Rule] {
        self.rules.as_slice()
    }

    /// The borders of the bands.
    pub const fn bands(&self) -> Bands {
        self.bands
    }
}

/// What can be wrong with one rule by itself.
fn check_rule(number: usize, rule: &Rule) -> Result<(), PolicyError> {
    if rule.when.kinds == Kinds::NONE {
        return Err(PolicyError::NoKinds { rule: number });
    }
    // So trust waives no more than two factors, and the floor asks as much of whatever gives it.
    //= BIND-066 identity is required for verification and recovery, and for nothing else
    //= BIND-067 gaining trust needs at least what trust waives: the floor asks it, this is the cap
    let cannot = rule.when.kinds.iter().find(|kind| !kind.proves_identity());
    if let (Requirement::TwoFactorAndIdentity, Some(kind)) = (rule.require, cannot) {
        return Err(PolicyError::IdentityNotAsked { rule: number, kind });
    }
    if rule.require == Requirement::None {
        return Err(PolicyError::RequiresNothing { rule: number });
    }
    let stranger = rule.when.kinds.iter().find(|kind| *kind != Kind::Pay);
    match (rule.when.payment_field(), stranger) {
        (Some(field), Some(kind)) => Err(PolicyError::NotAPayment { rule: number, field, kind }),
        _ => Ok(()),
    }
}

/// Whether the rules reach the floor. Looking at the calmest facts of each row is enough: whatever
/// else meets the row is riskier, and the rules never give it less.
//= BIND-064 a policy below the floor does not load
fn check_floor(rules: &[Rule]) -> Result<(), PolicyError> {
    for row in FLOOR {
        for kind in row.when.kinds.iter() {
            let facts = row.when.calmest(kind);
            let (floor, policy) = (floor(facts), floor::join(rules, facts));
            if policy < floor {
                return Err(PolicyError::BelowFloor { facts, floor, policy });
            }
        }
    }
    Ok(())
}
