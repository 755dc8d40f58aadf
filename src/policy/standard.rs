//! The built-in default policy.

use super::rule::Rules;
use super::{
    Band, Bands, DeviceStanding, Environment, Origin, Policy, Requirement, Rule, TrustAge, When,
};
use crate::wallet::kind::Kind;

/// What is said about payments.
const PAY: When = When::kinds(&[Kind::Pay]);

impl Policy {
    /// The policy that holds where no other is configured. It is also written out, with a reason
    /// for each rule, in `models/policies/default.toml`.
    pub const DEFAULT: Self = Self {
        rules: Rules::of([
            Rule::new(When { authenticated: false, ..When::ALWAYS }, Requirement::TwoFactor),
            Rule::new(
                When { device: DeviceStanding::Unknown, ..When::ALWAYS },
                Requirement::TwoFactor,
            ),
            Rule::new(
                When { environment: Environment::Unknown, ..When::ALWAYS },
                Requirement::TwoFactor,
            ),
            Rule::new(
                When::kinds(&[
                    Kind::ApproveBinding,
                    Kind::AddAuthenticator,
                    Kind::RevokeDevice,
                    Kind::CloseAccount,
                ]),
                Requirement::TwoFactor,
            ),
            Rule::new(
                When::kinds(&[Kind::VerifyIdentity, Kind::Recover]),
                Requirement::TwoFactorAndIdentity,
            ),
            Rule::new(When { first_payment: true, ..PAY }, Requirement::TwoFactor),
            Rule::new(When { amount: Band::Large, ..PAY }, Requirement::TwoFactor),
            Rule::new(When { total: Band::Medium, ..PAY }, Requirement::TwoFactor),
            Rule::new(
                When { origin: Origin::BankRegistered, trust_age: TrustAge::Recent, ..PAY },
                Requirement::TwoFactor,
            ),
            Rule::new(When::kinds(&[Kind::SignIn, Kind::EndLink]), Requirement::Possession),
            Rule::new(
                When { environment: Environment::Changed, ..When::ALWAYS },
                Requirement::Possession,
            ),
            Rule::new(When { trust_age: TrustAge::Recent, ..PAY }, Requirement::Possession),
            Rule::new(When { amount: Band::Medium, ..PAY }, Requirement::Possession),
        ]),
        bands: Bands::DEFAULT,
    };
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
