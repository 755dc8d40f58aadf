//! Two-phase commit, on which every tool agrees: the classic figures, for any number of threads.

#[path = "../examples/two_phase/model.rs"]
mod model;

use bindproof_checker::{Check, Cut, Doubt, Pins, Verdict};
use model::TwoPhase;
use stateright::{Checker, Model};

#[test]
fn the_classic_figures_come_out_on_one_thread_and_on_several() {
    for (managers, distinct) in [(3, 288), (5, 8_832)] {
        for threads in [1, 2, 5] {
            let report = TwoPhase { managers }.check().threads(threads).run();
            report.assert_exhausted();
            assert_eq!(report.distinct, distinct);
        }
    }
}

#[test]
fn eight_managers_give_the_published_figures() {
    let model = TwoPhase { managers: 8 };
    let pins = Pins { distinct: Some(1_745_408), generated: Some(18_507_778), depth: Some(26) };
    model.check().threads(2).pinned(pins).run().assert_exhausted();
    let mut one_more = pins;
    one_more.distinct = Some(1_745_409);
    let report = model.check().threads(2).pinned(one_more).run();
    assert!(matches!(report.verdict, Verdict::Undecided(_)), "{}", report.verdict);
}

#[test]
fn stateright_counts_the_same_states() {
    let model = TwoPhase { managers: 5 };
    let peer = model.checker().spawn_bfs().join();
    let report = model.check().run();
    assert_eq!(peer.unique_state_count() as u64, report.distinct);
    assert_eq!(peer.state_count() as u64, report.generated);
}

#[test]
fn a_search_that_is_cut_short_is_truncated_and_decides_nothing() {
    let report = TwoPhase { managers: 5 }.check().max_states(100).run();
    assert_eq!(report.verdict, Verdict::Truncated(Cut::States(100)));
    assert_eq!(report.verdict.exit_code(), 2);
    let report = TwoPhase { managers: 5 }.check().max_depth(3).run();
    assert_eq!(report.verdict, Verdict::Truncated(Cut::Depth(3)));
}

#[test]
fn fingerprints_are_a_success_only_when_a_second_hash_agrees() {
    let model = TwoPhase { managers: 5 };
    let alone = model.check().run_hashed(7);
    assert!(matches!(
        &alone.verdict,
        Verdict::Undecided(doubts) if matches!(doubts[..], [Doubt::Fingerprints { .. }])
    ));
    let audited = model.check().run_hashed_audited(7);
    assert!(audited.verdict.is_success(), "{}", audited.verdict);
    assert_eq!(audited.distinct, 8_832);
}

#[test]
fn the_shortest_run_is_the_same_for_any_number_of_threads() {
    let run = |threads: usize| {
        let model = TwoPhase { managers: 4 };
        let report = model
            .check()
            .always("nobody aborts after another has prepared", |_, state: &model::State| {
                state.aborted == 0 || state.prepared == 0
            })
            .threads(threads)
            .run();
        let property = report.violations().next().expect("it is violated");
        let evidence = property.evidence.as_ref().expect("a run shows it");
        assert!(evidence.confirmed);
        assert_eq!(report.verdict.exit_code(), 1);
        evidence.path.clone()
    };
    let one = run(1);
    assert_eq!(one.states.len(), 3, "prepare, abort");
    assert_eq!(one, run(2));
    assert_eq!(one, run(7));
}
