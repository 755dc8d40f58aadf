//! The scopes that come with the model.

use crate::scope::ScopeError;

/// A scope file that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// Where it lies in the repository.
    pub file: &'static str,
    /// What it says.
    pub text: &'static str,
}

/// A scope of this name, from the folder `models/scopes`.
macro_rules! built_in {
    ($name:literal) => {
        BuiltIn {
            name: $name,
            file: concat!("models/scopes/", $name, ".toml"),
            text: include_str!(concat!("../scopes/", $name, ".toml")),
        }
    };
}

/// Every scope; the last one is for a night.
pub const BUILT_IN: &[BuiltIn] = &[
    built_in!("smoke"),
    built_in!("registration"),
    built_in!("approval"),
    built_in!("false-device"),
    built_in!("declining"),
    built_in!("step-up"),
    built_in!("guessing"),
    built_in!("debit"),
    built_in!("uncovered"),
    built_in!("small-payments"),
    built_in!("amounts"),
    built_in!("surroundings"),
    built_in!("suspend"),
    built_in!("suspend-pay"),
    built_in!("suspend-end"),
    built_in!("end"),
    built_in!("pay-end"),
    built_in!("pay-recover"),
    built_in!("rebind"),
    built_in!("same-instrument"),
    built_in!("second-binding"),
    built_in!("limits"),
    built_in!("two-banks"),
    built_in!("impostor"),
    built_in!("hostile"),
    built_in!("hostile-approval"),
    built_in!("hostile-code"),
    built_in!("hostile-first"),
    built_in!("hostile-first-contact"),
    built_in!("hostile-recovery"),
    built_in!("hostile-debit"),
    built_in!("recycled"),
    built_in!("takeover"),
    built_in!("recovery"),
    built_in!("mistyped-identity"),
    built_in!("closing"),
    built_in!("second-device"),
    built_in!("lockout"),
    built_in!("lockout-new"),
    built_in!("lockout-lost"),
    built_in!("crash"),
    built_in!("race"),
    built_in!("race-bank"),
    built_in!("night"),
];

/// The scopes that are checked when none is named: all but the one for a night.
pub const DEFAULT: &[&str] = &[
    "smoke",
    "registration",
    "approval",
    "false-device",
    "declining",
    "step-up",
    "guessing",
    "debit",
    "uncovered",
    "small-payments",
    "amounts",
    "surroundings",
    "suspend",
    "suspend-pay",
    "suspend-end",
    "end",
    "pay-end",
    "pay-recover",
    "rebind",
    "same-instrument",
    "second-binding",
    "limits",
    "two-banks",
    "impostor",
    "hostile",
    "hostile-approval",
    "hostile-code",
    "hostile-first",
    "hostile-first-contact",
    "hostile-recovery",
    "hostile-debit",
    "recycled",
    "takeover",
    "recovery",
    "mistyped-identity",
    "closing",
    "second-device",
    "lockout",
    "lockout-new",
    "lockout-lost",
    "crash",
    "race",
    "race-bank",
];

/// The built-in scope of this name.
///
/// # Errors
/// If there is none.
pub fn find(name: &str) -> Result<&'static BuiltIn, ScopeError> {
    BUILT_IN.iter().find(|scope| scope.name == name).ok_or_else(|| ScopeError::Malformed {
        file: name.to_owned(),
        message: "there is no built-in scope of this name".into(),
    })
}
