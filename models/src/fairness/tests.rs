//! What is promised: every class has its place, and nothing is promised that nobody owes.

use bindproof::policy::Policy;
use bindproof_checker::Check as _;

use super::*;
use crate::capacity::{Job, in_capacity};
use crate::model::Without;
use crate::scopes::{BUILT_IN, find};

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

/// Looks at every step of a scope.
struct Steps;

impl Job for Steps {
    type Output = ();

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) {
        let without = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let fairness = Fairness::of(scope);
        let report = model
            .check_tagged()
            .only(|_| false)
            .threads(2)
            .step("a promised action has a class in the list", |model, step| {
                let class = class_of(model, step.before, *step.action);
                class.is_none_or(|class| fairness.classes.contains(&class))
            })
            .step("a copy that nobody repeats is promised to nobody", |model, step| {
                let class = class_of(model, step.before, *step.action);
                let (Action::Deliver { delivery, .. } | Action::Take { delivery, .. }) =
                    *step.action
                else {
                    return true;
                };
                class.is_none() || is_owed(step.before, delivery)
            })
            .witness("some copy is promised to nobody", |model, step| {
                matches!(step.action, Action::Deliver { .. } | Action::Take { .. })
                    && class_of(model, step.before, *step.action).is_none()
            })
            .run();
        report.assert_exhausted();
    }
}

#[test]
fn every_class_is_in_the_list_and_only_what_is_owed_is_promised() {
    for name in ["registration", "approval", "suspend", "hostile-debit", "crash", "race-bank"] {
        in_capacity(name, &parse(name), Steps).expect("fits");
    }
}

#[test]
fn every_scope_has_as_many_classes_as_the_checker_takes() {
    for built_in in BUILT_IN {
        let scope = parse(built_in.name);
        let count = Fairness::of(&scope).classes().len();
        assert!((1..=128).contains(&count), "{}: {count} classes", scope.name);
    }
}

#[test]
fn every_promise_has_a_class_in_some_scope_and_a_name_of_its_own() {
    let scopes: Vec<Fairness> = BUILT_IN.iter().map(|b| Fairness::of(&parse(b.name))).collect();
    for promise in Promise::ALL {
        let has = |fairness: &Fairness| fairness.classes.iter().any(|c| c.promise() == *promise);
        assert!(scopes.iter().any(has), "{promise:?}");
        let named = Promise::ALL.iter().filter(|other| other.name() == promise.name());
        assert_eq!(named.count(), 1, "{promise:?}");
    }
}
