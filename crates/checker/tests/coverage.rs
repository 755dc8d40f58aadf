//! Coverage: what was exercised is counted, and what was not is a doubt unless it is explained.

use bindproof_checker::{ByTag, Check, Checker, Coverage, Doubt, Family, Step, Tagged};
use stateright::{Model, Property};

/// A door. The alarm never rings, for nobody forces it.
struct Door;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum State {
    Open,
    Shut,
    Locked,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Push,
    Turn,
    Force,
}

const ACTIONS: [Action; 3] = [Action::Push, Action::Turn, Action::Force];
const RULES: [&str; 4] = ["closes", "locks", "unlocks", "rings"];

impl Model for Door {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::Open]
    }

    fn actions(&self, _: &State, actions: &mut Vec<Action>) {
        actions.extend([Action::Push, Action::Turn]);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.fire(state, &action).1
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("a door", |_, state| *state <= State::Locked)]
    }
}

impl Tagged for Door {
    type Tag = Option<usize>;

    fn fire(&self, state: &State, action: &Action) -> (Option<usize>, Option<State>) {
        match (state, action) {
            (State::Open, Action::Push) => (Some(0), Some(State::Shut)),
            (State::Shut, Action::Turn) => (Some(1), Some(State::Locked)),
            (State::Locked, Action::Turn) => (Some(2), Some(State::Shut)),
            (State::Locked, Action::Force) => (Some(3), Some(State::Open)),
            _ => (None, None),
        }
    }
}

fn asked(door: &Door) -> Checker<'_, Door, ByTag> {
    let names = ACTIONS.iter().map(|action| format!("{action:?}")).collect();
    let rules = Family::new(
        "rule",
        RULES.map(str::to_owned).to_vec(),
        |_, step: &Step<'_, Door, Option<usize>>, hit| step.tag.iter().for_each(|rule| hit(*rule)),
    );
    let actions = Family::new("action", names, |_, step: &Step<'_, Door, Option<usize>>, hit| {
        hit(*step.action as usize);
    });
    door.check_tagged().cover(rules).cover(actions)
}

const EXPLAINED: [(&str, &str, &str); 2] =
    [("rule", "rings", "nobody forces the door"), ("action", "Force", "nobody forces the door")];

/// The texts of what is in doubt.
fn doubts(coverage: &Coverage, explained: &[(&str, &str, &str)]) -> Vec<String> {
    coverage
        .doubts(explained)
        .into_iter()
        .map(|doubt| match doubt {
            Doubt::Coverage(text) => text,
            other => panic!("{other}"),
        })
        .collect()
}

#[test]
fn every_thing_is_counted_the_same_on_any_number_of_threads() {
    for threads in [1, 3] {
        let report = asked(&Door).threads(threads).run();
        report.assert_exhausted();
        let counts = RULES.map(|rule| report.coverage.count("rule", rule));
        assert_eq!(counts, [1, 1, 1, 0]);
        assert_eq!(report.coverage.count("action", "Turn"), 2);
        assert_eq!(report.coverage.count("action", "Fly"), 0);
        assert_eq!(
            report.coverage.families().map(|(name, _)| name).collect::<Vec<_>>(),
            ["action", "rule"]
        );
    }
}

#[test]
fn a_gap_is_in_doubt_unless_it_is_explained() {
    let coverage = asked(&Door).run().coverage;
    assert_eq!(doubts(&coverage, &EXPLAINED), [""; 0]);
    assert_eq!(doubts(&coverage, &[]), ["action Force never happens", "rule rings never happens"]);
}

#[test]
fn an_explanation_of_what_happens_or_is_not_there_is_in_doubt() {
    let coverage = asked(&Door).run().coverage;
    let mut explained = EXPLAINED.to_vec();
    explained.extend([("rule", "locks", "no key"), ("rule", "swings", "what for")]);
    assert_eq!(
        doubts(&coverage, &explained),
        [
            "rule locks happens, though it is said not to: no key",
            "rule swings is explained and not known"
        ]
    );
}

#[test]
fn nothing_and_emptiness_are_in_doubt() {
    assert_eq!(doubts(&Coverage::new(), &[]), ["no family is covered"]);
    let empty = Door.check().cover(Family::new("colour", Vec::new(), |_, _, _| {})).run();
    assert_eq!(doubts(&empty.coverage, &[]), ["family colour has nothing in it"]);
    let mut all = Coverage::new();
    all.merge(&empty.coverage);
    assert_eq!(all, empty.coverage);
}

#[test]
fn coverage_of_several_checks_is_put_together() {
    let mut all = Coverage::new();
    for _ in 0..2 {
        all.merge(&asked(&Door).run().coverage);
    }
    assert_eq!(RULES.map(|rule| all.count("rule", rule)), [2, 2, 2, 0]);
    assert_eq!(doubts(&all, &EXPLAINED), [""; 0]);
    all.merge(&asked(&Door).max_states(1).run().coverage);
    assert_eq!(doubts(&all, &EXPLAINED), ["coverage of a search that was cut short is not known"]);
}
