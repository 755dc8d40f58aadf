//! Which states are the same, and which path leads to one: 6, 7 and 10.

use std::hash::{Hash, Hasher};

use bindproof_checker::{Check, Verdict, audit};
use stateright::{Checker, Model, Property, UniformChooser};

/// Four wheels with four teeth each, which nothing tells apart.
#[derive(Clone, Copy)]
struct Wheels;

type Teeth = [u8; 4];

fn sorted(teeth: &Teeth) -> Teeth {
    let mut teeth = *teeth;
    teeth.sort_unstable();
    teeth
}

impl Model for Wheels {
    type State = Teeth;
    type Action = usize;

    fn init_states(&self) -> Vec<Teeth> {
        vec![[0; 4]]
    }

    fn actions(&self, _: &Teeth, actions: &mut Vec<usize>) {
        actions.extend(0..4);
    }

    fn next_state(&self, teeth: &Teeth, wheel: usize) -> Option<Teeth> {
        let mut teeth = *teeth;
        teeth[wheel] = (teeth[wheel] + 1) % 4;
        Some(teeth)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("four teeth", |_, teeth: &Teeth| {
            teeth.iter().all(|tooth| *tooth < 4)
        })]
    }
}

#[test]
fn symmetry_is_not_ignored_by_any_search() {
    let breadth_first = Wheels.checker().symmetry_fn(sorted).spawn_bfs().join();
    assert_eq!(breadth_first.unique_state_count(), 256, "stateright ignores it, unsaid");
    let depth_first = Wheels.checker().symmetry_fn(sorted).spawn_dfs().join();
    assert_eq!(depth_first.unique_state_count(), 35);
    for threads in [1, 2] {
        let ours = Wheels.check().symmetry(|_, teeth| sorted(teeth)).threads(threads).run();
        ours.assert_exhausted();
        assert_eq!(ours.distinct, 35);
    }
    assert_eq!(Wheels.check().run().distinct, 256);
}

/// A number that its hash forgets.
#[derive(Clone, Debug, PartialEq)]
struct Forgotten(u32);

impl Hash for Forgotten {
    fn hash<H: Hasher>(&self, state: &mut H) {
        7u32.hash(state);
    }
}

#[derive(Clone, Copy)]
struct Forgetful;

impl Model for Forgetful {
    type State = Forgotten;
    type Action = ();

    fn init_states(&self) -> Vec<Forgotten> {
        vec![Forgotten(0)]
    }

    fn actions(&self, state: &Forgotten, actions: &mut Vec<()>) {
        if state.0 < 20 {
            actions.push(());
        }
    }

    fn next_state(&self, state: &Forgotten, (): ()) -> Option<Forgotten> {
        Some(Forgotten(state.0 + 1))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("below ten", |_, state: &Forgotten| state.0 < 10)]
    }
}

#[test]
fn a_hash_that_forgets_hides_nothing() {
    let theirs = Forgetful.checker().spawn_bfs().join();
    assert_eq!(theirs.unique_state_count(), 1, "stateright takes all for one");
    theirs.assert_properties();
    let ours = Forgetful.check().run();
    assert_eq!(ours.distinct, 21);
    assert_eq!(ours.verdict, Verdict::Violated { property: "below ten".into(), states: 11 });
    let told = audit::hashing(&Forgetful, 100).expect_err("forgotten");
    assert!(told.contains("always hash alike"), "{told}");
}

/// Goes up to three, with an action at hand that does nothing and one that goes down again.
#[derive(Clone, Copy)]
struct Steps;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Nowhere,
    Up,
    Down,
}

impl Model for Steps {
    type State = u8;
    type Action = Way;

    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn actions(&self, _: &u8, actions: &mut Vec<Way>) {
        actions.extend([Way::Nowhere, Way::Down, Way::Up]);
    }

    fn next_state(&self, state: &u8, way: Way) -> Option<u8> {
        match way {
            Way::Nowhere => None,
            Way::Up => Some(state + 1),
            Way::Down => Some(state.saturating_sub(1)),
        }
    }

    fn within_boundary(&self, state: &u8) -> bool {
        *state < 5
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("below three", |_, state| *state < 3)]
    }
}

#[test]
fn a_path_ends_in_what_it_is_said_to_show() {
    let wrong = (0..50).filter(|seed| {
        let theirs = Steps.checker().spawn_simulation(*seed, UniformChooser).join();
        *theirs.discovery("below three").expect("found").last_state() < 3
    });
    assert!(wrong.count() > 25, "most of stateright's paths violate nothing");
    let ours = Steps.check().run();
    let evidence = ours.properties[0].evidence.as_ref().expect("found");
    assert_eq!(evidence.path.states, [0, 1, 2, 3]);
    assert_eq!(evidence.path.actions, [Way::Up; 3]);
    assert!(evidence.confirmed);
}
