//! Searches that were cut short.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bindproof_checker::{
    Check, Cut, Fair, Family, Finding, LeadsTo, Moment, Report, Step, Verdict,
};
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

#[test]
fn a_step_over_the_boundary_is_none() {
    let beyond = |place: &Place| place.0 >= 50;
    for threads in [1, 3] {
        let things = vec!["within".to_owned(), "beyond".to_owned()];
        let report = Bounded(50)
            .check()
            .threads(threads)
            .boundary_is_meant("narrow")
            .step("stays", move |_, step| !beyond(step.after))
            .notice("leaves", move |_, step| beyond(step.after))
            .step("short", |_, step| step.before.0 + step.before.1 < 100)
            .cover(Family::new("steps", things, move |_, step: &Step<'_, Bounded, ()>, hit| {
                hit(usize::from(beyond(step.after)));
            }))
            .run();
        let finding = |name: &str| report.property(name).expect("asked").finding.clone();
        assert_eq!((finding("stays"), finding("leaves")), (Finding::Holds, Finding::Unreached));
        // One state for each step, but for the first one.
        let within = report.coverage.count("steps", "within");
        assert_eq!((within, report.coverage.count("steps", "beyond")), (report.generated - 1, 0));
        let short = report.property("short").and_then(|property| property.evidence.as_ref());
        let path = &short.expect("shown").path;
        // To the right of where that step begins is the boundary.
        assert!(path.states.ends_with(&[(49, 51), (49, 52)]), "{path:?}");
    }
    let asked = Bounded(50).check().step("stays", move |_, step| !beyond(step.after));
    let walked = asked.walk(1, 50, 500);
    assert_eq!(
        (walked.verdict, walked.properties[1].evidence.is_none()),
        (Verdict::Truncated(Cut::Walks(50)), true,)
    );
    assert!(walked.beyond > 0);
}

/// A check that needs the graph, cut short when somebody was told how far it is so many times.
fn told(most: u32) -> (Report<Place, bool>, u32) {
    let (told, last) = (AtomicU32::new(0), Mutex::new(None));
    let report = Grid
        .check()
        .possible("way", |_, _| true, |_, place| *place == (99, 99))
        .follows("parts", LeadsTo::each(3, |_, _, _| true, |_, place, _| *place == (99, 99)))
        .no_panic()
        .fair(vec![Fair::weak("on")], |_, _, _| Some(0))
        .watch(|moment| {
            *last.lock().expect("alive") = Some(*moment);
            match told.fetch_add(1, Ordering::Relaxed) + 1 > most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
        .run();
    let last = last.into_inner().expect("alive").expect("told");
    assert_eq!((last.distinct, last.generated), (report.distinct, report.generated));
    assert_eq!((last.bytes, last.depth), (report.bytes, report.depth));
    (report, told.into_inner())
}

#[test]
fn what_is_decided_on_the_graph_can_be_cut_short_too() {
    let (whole, all) = told(u32::MAX);
    whole.assert_exhausted();
    assert!(whole.bytes > Grid.check().run().bytes + whole.edges * 8, "edges are held, too");
    // The possibility, the other property, and its three parts.
    for left in 1..=5 {
        let (report, _) = told(all - left);
        refused(&report, &Verdict::Truncated(Cut::Interrupted));
        assert_eq!(report.distinct, 10_000);
        let findings: Vec<_> = report.properties.iter().map(|p| p.finding.clone()).collect();
        let way = if left == 5 { Finding::Undecided(None) } else { Finding::Holds };
        let undecided = || Finding::Undecided(None);
        assert_eq!(findings, [Finding::Holds, way, undecided(), undecided()]);
    }
}

#[test]
fn walks_can_be_cut_short_between_two_of_them() {
    let left = AtomicU32::new(7);
    let walked = Grid
        .check()
        .watch(|_| match left.fetch_sub(1, Ordering::Relaxed) {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .walk(1, 1_000, 10);
    assert_eq!((walked.verdict, walked.walks), (Verdict::Truncated(Cut::Interrupted), 7));
    assert_eq!(walked.steps, 70);
    let none = Duration::ZERO;
    let walked = Grid.check().max_time(none).walk(1, 1_000_000, 10);
    assert_eq!(walked.verdict, Verdict::Truncated(Cut::Time(none)));
    assert!(walked.walks < 1_000_000);
}

#[test]
fn a_report_says_how_many_threads_there_were() {
    for (asked, searched) in [(0, 1), (1, 1), (3, 3), (64, 64), (1_000, 64)] {
        assert_eq!(Grid.check().max_depth(2).threads(asked).run().threads, searched);
    }
}
