//! The written form of a policy. What is read here is unchecked; [`Policy::new`] checks it.

use core::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::rule::Rules;
use super::{
    Band, Bands, DeviceStanding, Environment, Kinds, Origin, Policy, PolicyError, RULES_MAX,
    Requirement, Rule, TrustAge, When, check_rule,
};
use crate::wallet::kind::Kind;

/// The only version there is.
const VERSION: u16 = 1;

/// A policy as it is written.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyForm {
    version: u16,
    bands: Bands,
    rule: Rules,
}

impl TryFrom<PolicyForm> for Policy {
    type Error = PolicyError;

    fn try_from(form: PolicyForm) -> Result<Self, PolicyError> {
        if form.version != VERSION {
            return Err(PolicyError::UnknownVersion { version: form.version });
        }
        Self::new(form.rule.as_slice(), form.bands)
    }
}

impl From<Policy> for PolicyForm {
    fn from(policy: Policy) -> Self {
        Self { version: VERSION, bands: policy.bands, rule: policy.rules }
    }
}

/// A rule as it is written. `when` must be there, so that a rule without conditions is no accident.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    require: Requirement,
    when: WhenForm,
}

/// Thresholds as they are written: what is absent restricts nothing.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kinds: Option<Kinds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<DeviceStanding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trust_age: Option<TrustAge>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_payment: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Band>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<Band>,
}

impl RuleForm {
    /// The rule that is written here, as number `rule` of its policy.
    fn read(self, rule: usize) -> Result<Rule, PolicyError> {
        let (form, any) = (self.when, When::ALWAYS);
        let when = When {
            kinds: form.kinds.unwrap_or(any.kinds),
            origin: threshold(rule, "origin", form.origin, any.origin)?,
            authenticated: threshold(rule, "authenticated", form.authenticated, any.authenticated)?,
            device: threshold(rule, "device", form.device, any.device)?,
            trust_age: threshold(rule, "trust_age", form.trust_age, any.trust_age)?,
            environment: threshold(rule, "environment", form.environment, any.environment)?,
            first_payment: threshold(rule, "first_payment", form.first_payment, any.first_payment)?,
            amount: threshold(rule, "amount", form.amount, any.amount)?,
            total: threshold(rule, "total", form.total, any.total)?,
        };
        Ok(Rule::new(when, self.require))
    }

    fn write(rule: &Rule) -> Self {
        let (when, any) = (rule.when, When::ALWAYS);
        let when = WhenForm {
            kinds: unless(when.kinds, any.kinds),
            origin: unless(when.origin, any.origin),
            authenticated: unless(when.authenticated, any.authenticated),
            device: unless(when.device, any.device),
            trust_age: unless(when.trust_age, any.trust_age),
            environment: unless(when.environment, any.environment),
            first_payment: unless(when.first_payment, any.first_payment),
            amount: unless(when.amount, any.amount),
            total: unless(when.total, any.total),
        };
        Self { require: rule.require, when }
    }
}

/// A threshold as given, or the calmest value. The calmest value itself is refused: it reads as
/// "only the calmest" and would mean "any".
fn threshold<T: PartialEq>(
    rule: usize,
    field: &'static str,
    given: Option<T>,
    calmest: T,
) -> Result<T, PolicyError> {
    match given {
        Some(value) if value == calmest => Err(PolicyError::RestrictsNothing { rule, field }),
        Some(value) => Ok(value),
        None => Ok(calmest),
    }
}

fn unless<T: PartialEq>(value: T, calmest: T) -> Option<T> {
    (value != calmest).then_some(value)
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.as_slice().len()))?;
        for rule in self.as_slice() {
            seq.serialize_element(&RuleForm::write(rule))?;
        }
        seq.end()
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RulesVisitor)
    }
}

struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = Rules;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {RULES_MAX} rules")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rules, A::Error> {
        let mut rules = Rules::EMPTY;
        for number in 1..=RULES_MAX {
            let Some(rule) = seq.next_element_seed(NumberedRule(number))? else {
                return Ok(rules);
            };
            // There is room for each: the loop ends where the list does.
            let _ = rules.push(rule);
        }
        let mut count = RULES_MAX;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        if count > RULES_MAX {
            return Err(A::Error::custom(PolicyError::TooManyRules { count }));
        }
        Ok(rules)
    }
}

/// Reads the rule with this number. A parser knows the line at best, and finds it where the rule
/// fails as a whole; so the rule is numbered and checked here and not by whoever holds the list.
struct NumberedRule(usize);

impl<'de> DeserializeSeed<'de> for NumberedRule {
    type Value = Rule;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rule, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for NumberedRule {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} with `when` and `require`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
        let Self(number) = self;
        let rule = RuleForm::deserialize(MapAccessDeserializer::new(map))
            .map_err(|error| A::Error::custom(format_args!("rule {number}: {error}")))?
            .read(number)
            .map_err(A::Error::custom)?;
        check_rule(number, &rule).map_err(A::Error::custom)?;
        Ok(rule)
    }
}

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(KindsVisitor)
    }
}

struct KindsVisitor;

impl<'de> Visitor<'de> for KindsVisitor {
    type Value = Kinds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of operation kinds")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kinds, A::Error> {
        let mut kinds = Kinds::NONE;
        while let Some(kind) = seq.next_element::<Kind>()? {
            if kinds.contains(kind) {
                return Err(A::Error::custom(format_args!("kinds names {kind} twice")));
            }
            kinds = kinds.with(kind);
        }
        Ok(kinds)
    }
}
