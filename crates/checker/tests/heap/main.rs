//! Models as they are written for stateright, with states on the heap: ours and stateright's
//! breadth-first search see the same states and say the same of each property.

mod models;
mod ping_pong;
mod register;
mod two_phase;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use bindproof_checker::{Check as _, Finding, Report};
use stateright::{Checker as _, Expectation, Model};

/// Checks a model with both and compares. Gives the report, and whether stateright has seen
/// everything, so that its figures could be compared, too.
fn both<M>(model: &M) -> (Report<M::State, M::Action>, bool)
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let theirs = model.clone().checker().spawn_bfs().join();
    let found: BTreeSet<&str> = theirs.discoveries().into_keys().collect();
    let all = found.len() == model.properties().len();
    let mut reports = [1, 2].map(|threads| {
        let report = model.check().boundary_is_meant("as stateright does").threads(threads).run();
        for (property, report) in model.properties().iter().zip(&report.properties) {
            let expected = match (&property.expectation, found.contains(property.name)) {
                (Expectation::Sometimes, true) => Finding::Witnessed,
                (Expectation::Sometimes, false) => Finding::Unreached,
                (_, true) => Finding::Violated,
                (_, false) => Finding::Holds,
            };
            assert_eq!(report.finding, expected, "{}", property.name);
            let evidence = report.evidence.as_ref();
            assert!(evidence.is_none_or(|evidence| evidence.confirmed), "{}", property.name);
        }
        if !all {
            assert_eq!(report.distinct, theirs.unique_state_count() as u64);
            assert_eq!(report.generated, theirs.state_count() as u64);
        }
        report
    });
    let [one, two] = &mut reports;
    two.seconds = one.seconds;
    two.threads = one.threads;
    assert_eq!(format!("{one:?}"), format!("{two:?}"), "the same on any number of threads");
    let [report, _] = reports;
    (report, !all)
}
