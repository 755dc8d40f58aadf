//! Searches that were cut short.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Duration;

use bindproof_checker::{Check, Cut, Finding, Moment, Verdict};
use stateright::{Model, Property};

use crate::{Grid, Place, refused};

#[test]
fn the_whole_grid_is_a_success() {
    let whole = Grid.check().run();
    whole.assert_exhausted();
    assert_eq!((whole.distinct, whole.depth), (10_000, 199));
    // Limits that are not reached do no harm, and the last state may be reached.
    let generous = Grid.check().max_states(10_000).max_depth(199).max_bytes(1 << 30);
    generous.max_time(Duration::from_secs(1_000)).run().assert_exhausted();
}

#[test]
fn every_limit_cuts_short_and_says_so() {
    for threads in [1, 3] {
        let check = || Grid.check().threads(threads);
        refused(&check().max_states(9_999).run(), &Verdict::Truncated(Cut::States(9_999)));
        refused(&check().max_depth(198).run(), &Verdict::Truncated(Cut::Depth(198)));
        refused(&check().max_bytes(10_000).run(), &Verdict::Truncated(Cut::Memory(10_000)));
        let none = Duration::ZERO;
        refused(&check().max_time(none).run(), &Verdict::Truncated(Cut::Time(none)));
        refused(&check().max_states(50).run_hashed(3), &Verdict::Truncated(Cut::States(50)));
        refused(
            &check().max_states(50).run_hashed_audited(3),
            &Verdict::Truncated(Cut::States(50)),
        );
    }
}

#[test]
fn a_limit_leaves_undecided_what_was_not_seen_and_tells_what_was() {
    let report = Grid
        .check()
        .sometimes("early", |_, place| *place == (3, 0))
        .sometimes("late", |_, place| *place == (99, 99))
        .possible("way", |_, _| true, |_, place| *place == (99, 99))
        .no_panic()
        .max_depth(50)
        .run();
    refused(&report, &Verdict::Truncated(Cut::Depth(50)));
    let findings = report.properties.iter().map(|property| property.finding.clone());
    let undecided = Finding::Undecided(None);
    let expected =
        [undecided.clone(), Finding::Witnessed, undecided.clone(), undecided.clone(), undecided];
    assert_eq!(findings.collect::<Vec<_>>(), expected);
    assert_eq!((report.depth, report.distinct), (50, 51 * 50 / 2 + 51));
    assert!(!report.coverage.complete);
}

#[test]
fn whoever_watches_can_end_it_and_gets_what_was_seen_so_far() {
    for threads in [1, 3] {
        let last: Mutex<Option<Moment>> = Mutex::new(None);
        let report = Grid
            .check()
            .threads(threads)
            .watch(|moment| {
                *last.lock().expect("alive") = Some(*moment);
                if moment.distinct > 1_000 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .run();
        refused(&report, &Verdict::Truncated(Cut::Interrupted));
        let last = last.into_inner().expect("alive").expect("told");
        assert!((1_001..5_000).contains(&report.distinct), "{}", report.distinct);
        assert_eq!(
            (last.distinct, last.generated, last.depth),
            (report.distinct, report.generated, report.depth)
        );
        assert!(last.queue > 0 && last.bytes > 0);
    }
}

#[test]
fn a_watcher_that_panics_ends_the_search_and_nobody_waits_for_ever() {
    for threads in [1, 3] {
        let report = Grid.check().threads(threads).watch(|_| panic!("the screen is gone")).run();
        refused(&report, &Verdict::Truncated(Cut::Interrupted));
    }
}

#[test]
fn a_search_that_stops_at_a_violation_holds_nothing_else_to_be_true() {
    let check = || {
        Grid.check()
            .always("left of ten", |_, (x, _)| *x < 10)
            .always("below two hundred", |_, (_, y)| *y < 200)
            .no_panic()
    };
    let stopped = check().stop_at_violation().run();
    let verdict = Verdict::Violated { property: "left of ten".into(), states: 11 };
    refused(&stopped, &verdict);
    assert!(stopped.distinct < 10_000);
    let finding = |name: &str| stopped.property(name).expect("asked").finding.clone();
    assert_eq!(finding("below two hundred"), Finding::Undecided(None));
    assert_eq!(finding("no-panic"), Finding::Undecided(None));
    let whole = check().run();
    refused(&whole, &verdict);
    assert_eq!(whole.property("below two hundred").expect("asked").finding, Finding::Holds);
    assert_eq!(whole.property("no-panic").expect("asked").finding, Finding::Holds);
    let fine = Grid.check().stop_at_violation().run();
    fine.assert_exhausted();
}

/// The grid, cut off at a column. Even the beginning can be beyond it.
#[derive(Clone, Copy)]
struct Bounded(u8);

impl Model for Bounded {
    type State = Place;
    type Action = bool;

    fn init_states(&self) -> Vec<Place> {
        Grid.init_states()
    }

    fn actions(&self, place: &Place, actions: &mut Vec<bool>) {
        Grid.actions(place, actions);
    }

    fn next_state(&self, place: &Place, up: bool) -> Option<Place> {
        Grid.next_state(place, up)
    }

    fn within_boundary(&self, (x, _): &Place) -> bool {
        *x < self.0
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("left of 60", |_, (x, _): &Place| *x < 60)]
    }
}

#[test]
fn what_is_beyond_a_boundary_is_counted_and_no_success_unless_it_is_meant() {
    for threads in [1, 3] {
        refused(&Bounded(50).check().threads(threads).run(), &Verdict::BoundaryCut(100));
        let meant = Bounded(50).check().threads(threads).boundary_is_meant("narrow").run();
        meant.assert_exhausted();
        assert_eq!((meant.beyond, meant.distinct), (100, 5_000));
    }
    let violated = Verdict::Violated { property: "left of 60".into(), states: 61 };
    refused(&Bounded(70).check().run(), &violated);
    refused(&Bounded(70).check().boundary_is_meant("narrow").run(), &violated);
    refused(&Bounded(0).check().run(), &Verdict::BoundaryCut(1));
    let nothing = Bounded(0).check().boundary_is_meant("nothing is left").run();
    assert!(matches!(nothing.verdict, Verdict::Undecided(_)), "{}", nothing.verdict);
}

#[test]
fn a_property_beyond_a_boundary_is_not_decided_at_rest_nor_by_ways() {
    let report = Bounded(50)
        .check()
        .no_deadlock("goes on", |_, place| *place == (99, 99))
        .possible("way", |_, _| true, |_, place| *place == (99, 99))
        .run();
    // The last place within is at rest for nobody: it goes on beyond.
    refused(&report, &Verdict::BoundaryCut(100));
    assert_eq!(report.rests, 0);
    assert_eq!(report.property("way").expect("asked").finding, Finding::Undecided(None));
}
