//! One rule of a policy, and the fixed list of them.

use core::fmt;

use super::{Band, DeviceStanding, Environment, Facts, Origin, Requirement, TrustAge};
use crate::wallet::kind::Kind;

/// The most rules that a policy holds.
pub const RULES_MAX: usize = 32;

/// A set of operation kinds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kinds(u16);

// One bit a kind.
const _: () = assert!(Kind::ALL.len() <= u16::BITS as usize);

impl Kinds {
    /// Every kind.
    pub const ALL: Self = Self::of(Kind::ALL);
    /// No kind.
    pub const NONE: Self = Self(0);

    /// The set of these kinds.
    pub const fn of(kinds: &[Kind]) -> Self {
        let mut set = Self::NONE;
        let mut index = 0;
        while index < kinds.len() {
            set = set.with(kinds[index]);
            index += 1;
        }
        set
    }

    /// This set and `kind`.
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u16)
    }

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }

    /// The kinds in the set, in their order.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.contains(*kind))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// When a rule counts: for these kinds, if every dimension is *at least* this risky. A dimension at
/// its calmest value restricts nothing. There is no "at most" and no "exactly", so that the facts
/// that meet it are closed upwards and a rule can never ask less of more risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct When {
    /// The kinds it is for.
    pub kinds: Kinds,
    /// At least this origin.
    pub origin: Origin,
    /// `false`: only accounts that were never authenticated.
    pub authenticated: bool,
    /// At least this standing of the device.
    pub device: DeviceStanding,
    /// At least this age of its trust.
    pub trust_age: TrustAge,
    /// At least this environment.
    pub environment: Environment,
    /// `true`: only first payments.
    pub first_payment: bool,
    /// At least this amount.
    pub amount: Band,
    /// At least this running total.
    pub total: Band,
}

impl When {
    /// Whatever the facts are.
    pub const ALWAYS: Self = Self {
        kinds: Kinds::ALL,
        origin: Origin::SelfRegistered,
        authenticated: true,
        device: DeviceStanding::Trusted,
        trust_age: TrustAge::Aged,
        environment: Environment::Normal,
        first_payment: false,
        amount: Band::Small,
        total: Band::Small,
    };

    /// Whatever the facts are, for these kinds.
    pub const fn kinds(kinds: &[Kind]) -> Self {
        Self { kinds: Kinds::of(kinds), ..Self::ALWAYS }
    }

    /// The calmest facts of `kind` in every dimension that meet the thresholds: every other facts
    /// of the kind that meet them are at least as risky as these.
    pub const fn calmest(&self, kind: Kind) -> Facts {
        Facts {
            kind,
            origin: self.origin,
            authenticated: self.authenticated,
            device: self.device,
            trust_age: self.trust_age,
            environment: self.environment,
            first_payment: self.first_payment,
            amount: self.amount,
            total: self.total,
        }
    }

    /// Whether `facts` meet every threshold.
    pub fn is_met(&self, facts: Facts) -> bool {
        self.kinds.contains(facts.kind) && facts.at_least_as_risky_as(self.calmest(facts.kind))
    }

    /// The first threshold that only a payment has facts for, by its name.
    pub(super) fn payment_field(&self) -> Option<&'static str> {
        if self.first_payment {
            Some("first_payment")
        } else if self.amount > Band::Small {
            Some("amount")
        } else if self.total > Band::Small {
            Some("total")
        } else {
            None
        }
    }
}

/// One rule of a policy or of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// When it counts.
    pub when: When,
    /// What it then requires.
    pub require: Requirement,
}

impl Rule {
    /// This requirement, when this is met.
    pub const fn new(when: When, require: Requirement) -> Self {
        Self { when, require }
    }
}

/// At most [`RULES_MAX`] rules. What lies behind the last one is always the same, so that equal
/// lists are equal values.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Rules {
    list: [Rule; RULES_MAX],
    count: usize,
}

impl Rules {
    /// No rules.
    pub(super) const EMPTY: Self =
        Self { list: [Rule::new(When::ALWAYS, Requirement::None); RULES_MAX], count: 0 };

    /// These rules; too many do not compile.
    pub(super) const fn of<const N: usize>(rules: [Rule; N]) -> Self {
        const { assert!(N <= RULES_MAX) };
        let mut list = Self::EMPTY.list;
        let mut index = 0;
        while index < N {
            list[index] = rules[index];
            index += 1;
        }
        Self { list, count: N }
    }

    /// Adds a rule at the end; whether there was room for it.
    #[must_use]
    pub(super) fn push(&mut self, rule: Rule) -> bool {
        let Some(slot) = self.list.get_mut(self.count) else { return false };
        *slot = rule;
        self.count += 1;
        true
    }

    /// The rules, in their order.
    pub(super) fn as_slice(&self) -> &[Rule] {
        self.list.get(..self.count).unwrap_or_default()
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}
