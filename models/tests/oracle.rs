//! stateright's own breadth-first search as a second opinion on the exact one.

use bindproof::policy::Policy;
use bindproof_models::check::{Options, check};
use bindproof_models::explore::second_opinion;
use bindproof_models::model::Without;
use bindproof_models::mutants::{MUTANTS, run};
use bindproof_models::properties::{ALL, Kind};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{DEFAULT, find};

/// Scopes up to this many states are searched twice.
const SMALL: u64 = 45_000;

fn small_scopes() -> Vec<Scope> {
    let all = DEFAULT.iter().map(|name| {
        let built_in = find(name).expect("built in");
        Scope::parse(built_in.file, built_in.text).expect("parses")
    });
    all.filter(|scope| scope.pinned.is_some_and(|pinned| pinned.distinct <= SMALL)).collect()
}

#[test]
fn both_searches_see_the_same_number_of_states_and_no_violation() {
    let policy = Policy::DEFAULT;
    let scopes = small_scopes();
    assert!(scopes.len() >= 15, "only {} small scopes", scopes.len());
    for scope in scopes {
        let (distinct, found) =
            second_opinion("test", &scope, &policy, Without::default()).expect("fits");
        assert_eq!(Some(distinct as u64), scope.pinned.map(|p| p.distinct), "{}", scope.name);
        assert_eq!(found, Vec::<&str>::new(), "{}", scope.name);
    }
}

#[test]
fn both_searches_see_the_same_state_properties_fail_when_a_control_is_off() {
    let policy = Policy::DEFAULT;
    let small: Vec<String> = small_scopes().into_iter().map(|scope| scope.name).collect();
    let mut compared = 0;
    for mutant in MUTANTS.iter().filter(|mutant| small.iter().any(|s| s == mutant.scope)) {
        let options = Options { most: 400_000, ..Options::under(("default", &policy)) };
        let report = run(mutant, &options).expect("built in");
        if report.truncated {
            continue;
        }
        let mut exact: Vec<&str> = report.killed_by.iter().map(|(name, _)| *name).collect();
        exact.retain(|name| {
            ALL.iter().any(|(_, known, kind)| known == name && *kind == Kind::State)
        });
        exact.sort_unstable();
        let built_in = find(mutant.scope).expect("built in");
        let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
        let without = Without::these(mutant.controls);
        let (_, found) = second_opinion("test", &scope, &policy, without).expect("fits");
        assert_eq!(exact, found, "{}", mutant.name());
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} mutants were compared");
}

#[test]
fn a_violated_property_is_shown_by_a_run_that_was_carried_out_again() {
    let policy = Policy::DEFAULT;
    let built_in = find("smoke").expect("built in");
    let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
    let options = Options {
        without: &[bindproof::control::Control::WaitsForAccount],
        property: Some("never-bound-without-registered-account"),
        most: 100_000,
        ..Options::under(("default", &policy))
    };
    let report = check("test", &scope, &options).expect("fits");
    let run = report.properties[0].run.as_ref().expect("violated");
    assert!(run.confirmed);
    assert_eq!(run.story.len(), 4, "ask, request, query, answer: {:#?}", run.story);
}
