//! The written form: what loads, what does not, and what is then said.

use std::format;
use std::string::{String, ToString};

use super::*;

const DEFAULT: &str = include_str!("../../../models/policies/default.toml");

fn load(text: &str) -> Result<Policy, String> {
    toml::from_str(text).map_err(|error| error.message().to_string())
}

/// The default with one piece of its text replaced.
fn edited(from: &str, to: &str) -> String {
    assert!(DEFAULT.contains(from), "{from} is in the default");
    DEFAULT.replacen(from, to, 1)
}

/// The default with one more rule, which is rule 14.
fn and_rule(rule: &str) -> String {
    format!("{DEFAULT}\n[[rule]]\n{rule}\n")
}

#[test]
fn the_written_default_is_the_built_in_one() {
    assert_eq!(load(DEFAULT), Ok(Policy::DEFAULT));
}

#[test]
fn what_is_printed_loads_again_as_the_same() {
    let printed = toml::to_string(&Policy::DEFAULT).expect("a policy can be written");
    assert_eq!(load(&printed), Ok(Policy::DEFAULT));
    let json = serde_json::to_string(&Policy::DEFAULT).expect("a policy can be written");
    assert_eq!(serde_json::from_str::<Policy>(&json).ok(), Some(Policy::DEFAULT));
}

#[test]
//= BIND-064 a written policy below the floor does not load and says where
fn each_fault_is_said_in_its_own_words() {
    let device = "when = { device = \"unknown\" }\nrequire = \"two_factor\"";
    let faults = [
        (edited("version = 1", "version = 2"), "version is 2, and only version 1 is known"),
        (
            edited("window_days = 30", "window_days = 6"),
            "bands.window_days is 6 and must be at least 7",
        ),
        (
            edited("amount_medium_from = 3000", "amount_medium_from = 0"),
            "bands.amount_medium_from is 0 and must be at least 1",
        ),
        (
            edited("amount_large_from = 15000", "amount_large_from = 50001"),
            "bands.amount_large_from is 50001 and must be at most 50000",
        ),
        (
            edited("total_large_from = 30000", "total_large_from = 50001"),
            "bands.total_large_from is 50001 and must be at most 50000",
        ),
        (
            edited("amount_medium_from = 3000", "amount_medium_from = 15000"),
            "bands.amount_medium_from is 15000 and must be less than bands.amount_large_from, \
             which is 15000",
        ),
        (
            edited("total_medium_from = 10000", "total_medium_from = 30001"),
            "bands.total_medium_from is 30001 and must be less than bands.total_large_from, \
             which is 30000",
        ),
        (
            and_rule("when = { kinds = [] }\nrequire = \"possession\""),
            "rule 14: kinds is empty; leave it out if the rule is for all",
        ),
        (
            and_rule("when = { kinds = [\"pay\"] }\nrequire = \"none\""),
            "rule 14: requires none; rules only raise, so it does nothing",
        ),
        (
            and_rule("when = { device = \"trusted\" }\nrequire = \"possession\""),
            "rule 14: device is met by everything; leave it out",
        ),
        (
            and_rule("when = { authenticated = true }\nrequire = \"possession\""),
            "rule 14: authenticated is met by everything; leave it out",
        ),
        (
            and_rule("when = { amount = \"large\" }\nrequire = \"possession\""),
            "rule 14: amount is a fact of pay, but the rule is also for sign_in",
        ),
        (
            and_rule(
                "when = { kinds = [\"pay\", \"end_link\"], total = \"large\" }\n\
                 require = \"possession\"",
            ),
            "rule 14: total is a fact of pay, but the rule is also for end_link",
        ),
        (
            edited(device, "when = { device = \"unknown\" }\nrequire = \"possession\""),
            "below the floor: sign_in on an unknown device needs two_factor, the policy asks \
             possession",
        ),
        (
            and_rule(
                "when = { kinds = [\"pay\"], device = \"unknown\" }\n\
                 require = \"two_factor_and_identity\"",
            ),
            "rule 14: requires two_factor_and_identity, but pay cannot ask for identity",
        ),
    ];
    for (text, said) in faults {
        assert_eq!(load(&text), Err(said.to_string()));
    }
}

#[test]
fn what_is_not_a_policy_at_all_is_said_with_the_rule_or_the_field() {
    let faults = [
        (edited("version = 1", ""), "missing field `version`"),
        (edited("version = 1", "version = 1\nname = \"x\""), "unknown field `name`"),
        (edited("window_days = 30", "window_weeks = 4"), "unknown field `window_weeks`"),
        (and_rule("require = \"possession\""), "rule 14: missing field `when`"),
        (and_rule("when = {}"), "rule 14: missing field `require`"),
        (
            and_rule("when = { devise = \"unknown\" }\nrequire = \"possession\""),
            "rule 14: unknown field `devise`",
        ),
        (
            and_rule("when = { device = \"stolen\" }\nrequire = \"possession\""),
            "rule 14: unknown variant `stolen`, expected one of `trusted`, `unknown`, `revoked`",
        ),
        (
            and_rule("when = { kinds = [\"pay\", \"pay\"] }\nrequire = \"possession\""),
            "rule 14: kinds names pay twice",
        ),
        (
            and_rule("when = { kinds = \"pay\" }\nrequire = \"possession\""),
            "rule 14: invalid type: string \"pay\", expected a list of operation kinds",
        ),
    ];
    for (text, said) in faults {
        let error = load(&text).expect_err(said);
        assert!(error.starts_with(said), "{error:?} does not begin with {said:?}");
    }
}

#[test]
fn a_fault_in_a_rule_points_at_the_line_of_that_rule() {
    for rule in [
        "when = { device = \"trusted\" }\nrequire = \"possession\"",
        "when = { devise = \"unknown\" }\nrequire = \"possession\"",
        "when = { amount = \"large\" }\nrequire = \"possession\"",
    ] {
        let text = and_rule(rule);
        let error = toml::from_str::<Policy>(&text).expect_err("the rule is wrong");
        assert_eq!(error.span().map(|span| span.start), text.rfind("[[rule]]"), "{error}");
    }
}

#[test]
fn an_empty_list_and_a_list_too_long_are_told_apart() {
    let head = DEFAULT.split("[[rule]]").next().expect("there is a head");
    assert_eq!(
        load(&head.replacen("[bands]", "rule = []\n[bands]", 1)),
        Err("the policy has no rule".to_string())
    );
    let rule = "[[rule]]\nwhen = {}\nrequire = \"two_factor\"\n";
    assert_eq!(
        load(&format!("{head}\n{}", rule.repeat(35))),
        Err("the policy has 35 rules and may have at most 32".to_string())
    );
    // Full is not too long: what is then wrong is something else.
    let full = load(&format!("{head}\n{}", rule.repeat(RULES_MAX))).expect_err("below the floor");
    assert!(full.starts_with("below the floor: verify_identity"), "{full}");
}
