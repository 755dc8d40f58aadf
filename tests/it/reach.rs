//! What the default scopes reach, and whether larger ones would reach more: the two pages that are
//! made by searching.

use std::sync::OnceLock;

use bindproof_models::coverage::{ByScope, UNREACHED, faults, markdown, of_default_scopes};
use bindproof_models::saturation;

use crate::tree::compare;

/// What each default scope reaches; searched for once.
fn by_scope() -> &'static ByScope {
    static FOUND: OnceLock<ByScope> = OnceLock::new();
    FOUND.get_or_init(|| of_default_scopes().expect("every default scope fits"))
}

#[test]
fn every_pair_of_state_and_input_is_reached_by_a_default_scope_or_listed_with_a_reason() {
    assert_eq!(by_scope().len(), bindproof_models::scopes::DEFAULT.len());
    let faults = faults(by_scope().values().flatten(), UNREACHED);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn the_coverage_page_is_what_the_default_scopes_reach() {
    compare("docs/generated/coverage.md", &markdown(by_scope(), UNREACHED));
}

#[test]
fn a_default_scope_that_is_taken_out_leaves_pairs_without_a_reason() {
    let noticed = |out: &&str| {
        let others = by_scope().iter().filter(|(name, _)| *name != out);
        let faults = faults(others.flat_map(|(_, tuples)| tuples), UNREACHED);
        assert!(faults.iter().all(|fault| fault.ends_with("no reason is given")), "{faults:?}");
        !faults.is_empty()
    };
    let noticed: Vec<&str> = by_scope().keys().copied().filter(noticed).collect();
    for name in ["approval", "hostile-debit", "step-up", "suspend", "uncovered"] {
        assert!(noticed.contains(&name), "{name} could be taken out; only {noticed:?} could not");
    }
}

#[test]
fn the_saturation_page_is_what_the_chains_show() {
    let run = |chain: &saturation::Chain| chain.run().expect("every chain fits");
    let results: Vec<_> = saturation::CHAINS.iter().map(run).collect();
    compare("docs/generated/saturation.md", &saturation::markdown(&results));
}
