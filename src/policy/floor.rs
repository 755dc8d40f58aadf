//! What must be required whatever the policy says.

use super::{Band, DeviceStanding, Environment, Facts, Requirement, Rule, When};
use crate::wallet::kind::Kind;

/// The floor, as a table. It is no part of what [`required`](super::required) computes: a policy
/// has to reach it with its own rules, or it does not load.
//= BIND-062 what must be required whatever the policy says
pub const FLOOR: &[Rule] = &[
    // Nobody has yet proved to be the holder.
    Rule::new(When { authenticated: false, ..When::ALWAYS }, Requirement::TwoFactor),
    //= BIND-063 unknown means require: the device
    // A revoked one is riskier still and meets the same row.
    Rule::new(When { device: DeviceStanding::Unknown, ..When::ALWAYS }, Requirement::TwoFactor),
    //= BIND-063 unknown means require: the environment
    // Not just possession: what is possessed is most often this very device, and nothing is known
    // about whose hands it is in.
    Rule::new(When { environment: Environment::Unknown, ..When::ALWAYS }, Requirement::TwoFactor),
    // What changes who may act on the account, or ends it.
    Rule::new(When::kinds(&[Kind::ApproveBinding]), Requirement::TwoFactor),
    Rule::new(When::kinds(&[Kind::AddAuthenticator]), Requirement::TwoFactor),
    Rule::new(When::kinds(&[Kind::RevokeDevice]), Requirement::TwoFactor),
    Rule::new(When::kinds(&[Kind::CloseAccount]), Requirement::TwoFactor),
    // What rests on identity alone.
    Rule::new(When::kinds(&[Kind::VerifyIdentity]), Requirement::TwoFactorAndIdentity),
    Rule::new(When::kinds(&[Kind::Recover]), Requirement::TwoFactorAndIdentity),
    // Money.
    Rule::new(When { first_payment: true, ..When::kinds(&[Kind::Pay]) }, Requirement::TwoFactor),
    Rule::new(When { amount: Band::Large, ..When::kinds(&[Kind::Pay]) }, Requirement::TwoFactor),
    // Many small payments count as one large one.
    Rule::new(When { total: Band::Large, ..When::kinds(&[Kind::Pay]) }, Requirement::TwoFactor),
];

/// What must be required at `facts` whatever the policy says.
pub fn floor(facts: Facts) -> Requirement {
    join(FLOOR, facts)
}

/// The join of all rules whose thresholds are all met.
pub(super) fn join(rules: &[Rule], facts: Facts) -> Requirement {
    rules
        .iter()
        .filter(|rule| rule.when.is_met(facts))
        .fold(Requirement::None, |so_far, rule| so_far.join(rule.require))
}
