//! Models that panic, wherever they can. Each is a violation, with the run that leads there.

use std::hash::{Hash, Hasher};

use bindproof_checker::{Check, Finding, Kind, Verdict};
use stateright::{Model, Property};

use crate::refused;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    InitStates,
    Actions,
    NextState,
    Boundary,
    Property,
    Eventually,
    PossibleFrom,
    PossibleTo,
    GameTo,
    LeadsFrom,
    LeadsTo,
    Step,
    Fairness,
    FairnessOfNothing,
    Symmetry,
    Equality,
    Hashing,
}

/// A number that may break where it is compared or hashed.
#[derive(Clone, Debug)]
struct Number(u32, Place);

/// The number at which it breaks.
const BAD: u32 = 5;
/// The number from which there is no way up.
const LAST: u32 = 20;

impl Number {
    fn at(&self, place: Place) {
        assert!(self.0 != BAD || self.1 != place, "broken");
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.at(Place::Equality);
        self.0 == other.0
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at(Place::Hashing);
        self.0.hash(state);
    }
}

/// Counts up and down between 0 and [`LAST`].
#[derive(Clone, Copy)]
struct Breaks(Place);

impl Model for Breaks {
    type State = Number;
    type Action = bool;

    fn init_states(&self) -> Vec<Number> {
        assert!(self.0 != Place::InitStates, "broken");
        vec![Number(0, self.0)]
    }

    fn actions(&self, state: &Number, actions: &mut Vec<bool>) {
        state.at(Place::Actions);
        actions.extend([false, true]);
    }

    fn next_state(&self, state: &Number, up: bool) -> Option<Number> {
        state.at(Place::NextState);
        let next = if up { state.0 + 1 } else { state.0.saturating_sub(1) };
        (next <= LAST).then_some(Number(next, state.1))
    }

    fn within_boundary(&self, state: &Number) -> bool {
        state.at(Place::Boundary);
        true
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("fine", |_, state: &Number| {
                state.at(Place::Property);
                true
            }),
            Property::eventually("begins", |_, state: &Number| {
                state.at(Place::Eventually);
                state.0 == 0
            }),
        ]
    }
}

/// Where the run that leads to the panic ends: the state that breaks, or the one before it.
const PLACES: [(Place, Option<u32>); 11] = [
    (Place::InitStates, None),
    (Place::Actions, Some(BAD)),
    (Place::NextState, Some(BAD)),
    (Place::Boundary, Some(BAD - 1)),
    (Place::Property, Some(BAD)),
    (Place::Step, Some(BAD)),
    (Place::Fairness, Some(BAD)),
    (Place::FairnessOfNothing, Some(LAST)),
    (Place::Symmetry, Some(BAD - 1)),
    (Place::Equality, Some(BAD - 1)),
    (Place::Hashing, Some(BAD - 1)),
];

fn check(model: &Breaks) -> bindproof_checker::Checker<'_, Breaks> {
    model
        .check()
        .only(|name| name == "fine")
        .step("steps", |_, step| {
            step.before.at(Place::Step);
            true
        })
        .symmetry(|_, state| {
            state.at(Place::Symmetry);
            state.clone()
        })
        .optional(|model, state, up| {
            state.at(Place::Fairness);
            let nothing = *up && state.0 == LAST;
            assert!(!nothing || model.0 != Place::FairnessOfNothing, "broken");
            false
        })
        .no_deadlock("goes on", |_, _| false)
}

#[test]
fn wherever_a_model_panics_it_is_a_violation_and_the_search_ends() {
    check(&Breaks(Place::Nowhere)).run().assert_exhausted();
    for (place, end) in PLACES {
        for threads in [1, 3] {
            let model = Breaks(place);
            let report = check(&model).threads(threads).run();
            assert_eq!(report.verdict.exit_code(), 1, "{place:?}: {}", report.verdict);
            let told = report.property("no-panic").expect("told, though nobody asked");
            assert_eq!((told.kind, &told.finding), (Kind::NoPanic, &Finding::Violated));
            let Some(end) = end else { continue };
            let evidence = told.evidence.as_ref().unwrap_or_else(|| panic!("{place:?}: no run"));
            assert_eq!(evidence.path.states.last().map(|state| state.0), Some(end), "{place:?}");
            assert_eq!(evidence.panic.as_deref(), Some("broken"), "{place:?}");
            assert!(evidence.confirmed, "{place:?}");
            let fine = &report.property("fine").expect("asked").finding;
            assert_eq!(fine, &Finding::Undecided(None), "{place:?}");
        }
    }
}

/// What is asked when the search is over, and where each of it may break.
const AFTERWARDS: [(Place, &str); 6] = [
    (Place::Eventually, "begins"),
    (Place::PossibleFrom, "goes home"),
    (Place::PossibleTo, "goes home"),
    (Place::GameTo, "is let home"),
    (Place::LeadsFrom, "comes to itself"),
    (Place::LeadsTo, "comes to itself"),
];

fn afterwards(model: &Breaks) -> bindproof_checker::Checker<'_, Breaks> {
    let there = |place: Place, wanted: u32| {
        move |_: &Breaks, state: &Number| {
            state.at(place);
            state.0 == wanted
        }
    };
    let everywhere = |_: &Breaks, state: &Number| {
        state.at(Place::PossibleFrom);
        true
    };
    model
        .check()
        .possible("goes home", everywhere, there(Place::PossibleTo, 0))
        .game("is let home", |_, _| true, there(Place::GameTo, 0))
        .leads_to("comes to itself", there(Place::LeadsFrom, 7), there(Place::LeadsTo, 7))
}

#[test]
fn a_predicate_that_is_asked_of_the_whole_graph_and_panics_is_shown_by_a_nearest_run() {
    afterwards(&Breaks(Place::Nowhere)).run().assert_exhausted();
    for (place, broken) in AFTERWARDS {
        for threads in [1, 3] {
            let model = Breaks(place);
            let report = afterwards(&model).threads(threads).run();
            refused(&report, &Verdict::Violated { property: "no-panic".into(), states: 6 });
            let told = report.property("no-panic").expect("told, though nobody asked");
            let evidence = told.evidence.as_ref().unwrap_or_else(|| panic!("{place:?}: no run"));
            assert_eq!(evidence.path.states.last().map(|state| state.0), Some(BAD), "{place:?}");
            assert_eq!((evidence.panic.as_deref(), evidence.confirmed), (Some("broken"), true));
            for property in report.properties.iter().filter(|other| other.name != "no-panic") {
                let is_broken = property.name == broken;
                let expected = if is_broken { Finding::Undecided(None) } else { Finding::Holds };
                assert_eq!(property.finding, expected, "{place:?}: {}", property.name);
            }
        }
    }
}

#[test]
fn a_panic_that_was_asked_about_and_comes_after_the_search_is_told_in_its_place() {
    let model = Breaks(Place::GameTo);
    let report = model
        .check()
        .only(|_| false)
        .no_panic()
        .game(
            "is let home",
            |_, _| true,
            |_, state| {
                state.at(Place::GameTo);
                true
            },
        )
        .run();
    refused(&report, &Verdict::Violated { property: "no-panic".into(), states: 6 });
    assert_eq!((report.properties[0].kind, report.properties.len()), (Kind::NoPanic, 2));
}

#[test]
fn that_a_model_never_panics_can_be_asked() {
    let fine = Breaks(Place::Nowhere);
    let report = fine.check().only(|_| false).no_panic().run();
    report.assert_exhausted();
    assert_eq!(report.properties[0].finding, Finding::Holds);
    let broken = Breaks(Place::NextState);
    let report = broken.check().only(|_| false).no_panic().run();
    refused(&report, &Verdict::Violated { property: "no-panic".into(), states: 6 });
    assert_eq!(report.properties.len(), 1);
}

/// Numbers of which some cannot be compared with any but the one that they are a step away from.
#[derive(Clone, Copy, Debug)]
struct Shy(u32);

/// How far a step goes, and how many numbers there are to begin with.
const STEP: u32 = 1_000;

impl PartialEq for Shy {
    fn eq(&self, other: &Self) -> bool {
        let larger = self.0.max(other.0);
        let shy = larger >= STEP && larger % 97 == 43;
        assert!(!shy || self.0.abs_diff(other.0) == STEP, "{larger} was met");
        self.0 == other.0
    }
}

/// Each above a thousand like the one after that which it is a step away from: states are compared
/// only where their hashes say so.
impl Hash for Shy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let like = if self.0 < STEP { self.0 } else { (self.0 - STEP + 1) % STEP };
        like.hash(state);
    }
}

/// Each number below a thousand leads a thousand further.
struct Thousand;

impl Model for Thousand {
    type State = Shy;
    type Action = ();

    fn init_states(&self) -> Vec<Shy> {
        (0..STEP).map(Shy).collect()
    }

    fn actions(&self, _: &Shy, actions: &mut Vec<()>) {
        actions.push(());
    }

    fn next_state(&self, state: &Shy, (): ()) -> Option<Shy> {
        (state.0 < STEP).then_some(Shy(state.0 + STEP))
    }
}

#[test]
fn a_panic_where_two_states_are_compared_has_a_run_and_is_the_same_on_any_number_of_threads() {
    // The first number above a thousand with that remainder.
    let (first, from) = ("1013 was met", 13);
    for threads in [1, 2, 3, 8] {
        for edges in [false, true] {
            let check = Thousand.check().threads(threads).no_panic();
            let check = match edges {
                true => check.possible("way", |_, _| true, |_, _| true),
                false => check,
            };
            let report = check.run();
            refused(&report, &Verdict::Violated { property: "no-panic".into(), states: 1 });
            let evidence = report.properties[0].evidence.as_ref().expect("a run");
            assert_eq!(evidence.panic.as_deref(), Some(first), "{threads}");
            assert_eq!((evidence.path.states[0].0, evidence.confirmed), (from, true));
            let figures = (report.distinct, report.generated, report.depth);
            assert_eq!(figures, (1_000, 2_000, 1), "{threads}");
        }
    }
}
