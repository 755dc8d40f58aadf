//! The adversary's behaviours, alone and in pairs: none of them violates anything, and each of
//! them adds something that would not happen without it.

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_models::check::{Options, check};
use bindproof_models::report::{Report, Verdict};
use bindproof_models::scope::{Adversary, Scope};
use bindproof_models::scopes::find;

/// Switches one behaviour on.
type Behaviour = (&'static str, fn(&mut Adversary));

const BEHAVIOURS: &[Behaviour] = &[
    ("meddles", |adversary| adversary.meddles = true),
    ("guesses", |adversary| adversary.guesses = true),
    ("answers_for_others", |adversary| adversary.answers_for_others = true),
    ("reuses_proofs", |adversary| adversary.reuses_proofs = true),
    ("sees_codes", |adversary| adversary.sees_codes = true),
    ("holds_phone", |adversary| adversary.holds_phone = true),
    ("false_device", |adversary| adversary.false_device = true),
];

/// A holder who approves a binding, and an attacker who tries to approve and to decline it: on his
/// own device, and on hers.
const BASE: &str = r#"
name = "base"
about = "A holder who approves, and an attacker on his own device and on hers."
[[bank]]
honest = true
[[device]]
owner = "holder"
[[device]]
owner = "attacker"
[[account]]
owner = "holder"
verified = true
devices = [0]
[[binding]]
bank = 0
asked_by = "holder"
[[operation]]
kind = "approve_binding"
by = "holder"
device = 0
[[operation]]
kind = "approve_binding"
by = "attacker"
device = 1
[[operation]]
kind = "decline_binding"
by = "attacker"
device = 0
[faults]
leaves = false
duplicates = false
mistakes = true
"#;

fn checked(with: &[Behaviour], without: &[Control]) -> Report {
    let mut scope = Scope::parse("base", BASE).expect("parses");
    for (_, switch_on) in with {
        switch_on(&mut scope.adversary);
    }
    let policy = Policy::DEFAULT;
    let options = Options { without, most: 2_000_000, ..Options::under(("default", &policy)) };
    check("base", &scope, &options).expect("fits")
}

fn names(with: &[Behaviour]) -> Vec<&str> {
    with.iter().map(|(name, _)| *name).collect()
}

#[test]
fn every_behaviour_alone_and_every_pair_leaves_all_properties_standing() {
    let mut pairs = 0;
    for (i, first) in BEHAVIOURS.iter().enumerate() {
        for second in &BEHAVIOURS[i..] {
            let report = checked(&[*first, *second], &[]);
            assert_eq!(report.verdict, Verdict::Exhausted, "{:?}", names(&[*first, *second]));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 28, "seven alone, and twenty-one pairs");
}

#[test]
fn every_behaviour_makes_something_happen_that_would_not_happen_without_it() {
    for behaviour in BEHAVIOURS {
        // A code that is seen when it is presented is worth nothing as long as it is spent by that.
        let off: &[Control] = match behaviour.0 {
            "sees_codes" => &[Control::CodeSpentOnPresentation],
            _ => &[],
        };
        let quiet = checked(&[], off);
        let report = checked(&[*behaviour], off);
        assert!(
            report.generated > quiet.generated,
            "{}: {} transitions, without it {}",
            behaviour.0,
            report.generated,
            quiet.generated
        );
    }
}

#[test]
fn all_behaviours_at_once_are_named_by_some_built_in_scope() {
    let texts: String = bindproof_models::scopes::DEFAULT
        .iter()
        .map(|name| find(name).expect("there").text)
        .collect();
    for (name, _) in BEHAVIOURS {
        assert!(texts.contains(&format!("{name} = true")), "no scope has {name}");
    }
}
