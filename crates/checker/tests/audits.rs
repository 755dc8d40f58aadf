//! The audits of what a check takes on trust: each on a model that is in order, and on the cases
//! that turn it red.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use bindproof_checker::{Packed, Tagged, audit};
use stateright::{Model, Property};

/// What is wrong with a state or its model.
const SOUND: u8 = 0;
const HASH_FORGETS: u8 = 1;
const HASH_OF_ROOM: u8 = 2;
const PACKING_FORGETS: u8 = 3;
const FIRES_ELSEWHERE: u8 = 4;
const ORDER_CHANGES: u8 = 5;
const FIRST_IS_SPECIAL: u8 = 6;
const PACKED_AFTER_NOTHING: u8 = 7;
const EQUALITY_FORGETS: u8 = 8;
const FIRES_INTO_NOTHING: u8 = 9;
const FIRES_INTO_ANYTHING: u8 = 10;
const NAMES_ANOTHER: u8 = 11;

/// Two counters that nothing tells apart.
#[derive(Clone, Debug)]
struct Two<const FAULT: u8>(Vec<u8>);

impl<const FAULT: u8> PartialEq for Two<FAULT> {
    fn eq(&self, other: &Self) -> bool {
        if FAULT == EQUALITY_FORGETS { self.0[0] == other.0[0] } else { self.0 == other.0 }
    }
}

impl<const FAULT: u8> Hash for Two<FAULT> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match FAULT {
            HASH_FORGETS => self.0[0].hash(state),
            HASH_OF_ROOM => (&self.0, self.0.capacity()).hash(state),
            _ => self.0.hash(state),
        }
    }
}

impl<const FAULT: u8> Packed for Two<FAULT> {
    type Bytes = [u8; 2];

    fn pack(&self) -> [u8; 2] {
        [self.0[0], if FAULT == PACKING_FORGETS { 0 } else { self.0[1] }]
    }

    fn pack_after(&self, _: &Self, bytes: &[u8; 2]) -> [u8; 2] {
        if FAULT == PACKED_AFTER_NOTHING { *bytes } else { self.pack() }
    }

    fn unpack(bytes: &[u8; 2]) -> Self {
        Self(bytes.to_vec())
    }
}

/// Counts both to three.
struct Counters<const FAULT: u8> {
    turned: AtomicBool,
}

impl<const FAULT: u8> Counters<FAULT> {
    const fn new() -> Self {
        Self { turned: AtomicBool::new(false) }
    }
}

impl<const FAULT: u8> Model for Counters<FAULT> {
    type State = Two<FAULT>;
    type Action = usize;

    fn init_states(&self) -> Vec<Two<FAULT>> {
        let mut roomy = Vec::with_capacity(50);
        roomy.extend([0, 0]);
        vec![Two(roomy)]
    }

    fn actions(&self, _: &Two<FAULT>, actions: &mut Vec<usize>) {
        actions.extend([0, 1]);
        if FAULT == ORDER_CHANGES && self.turned.fetch_xor(true, Ordering::Relaxed) {
            actions.reverse();
        }
    }

    fn next_state(&self, state: &Two<FAULT>, which: usize) -> Option<Two<FAULT>> {
        let most = if FAULT == FIRST_IS_SPECIAL && which == 0 { 2 } else { 3 };
        let mut next = state.clone();
        next.0[which] += 1;
        (next.0[which] <= most).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }
}

impl<const FAULT: u8> Tagged for Counters<FAULT> {
    type Tag = usize;

    fn fire(&self, state: &Two<FAULT>, which: &usize) -> (usize, Option<Two<FAULT>>) {
        let elsewhere = FAULT == FIRES_ELSEWHERE && state.0 == [2, 1];
        (*which, self.next_state(state, if elsewhere { 1 - which } else { *which }))
    }

    fn fire_into(
        &self,
        state: &Two<FAULT>,
        which: &usize,
        after: &mut Option<Two<FAULT>>,
    ) -> usize {
        let (fired, next) = self.fire(state, which);
        *after = next.filter(|next| FAULT != FIRES_INTO_NOTHING || next.0 != [3, 3]);
        if FAULT == FIRES_INTO_ANYTHING && after.is_none() {
            *after = Some(state.clone());
        }
        if FAULT == NAMES_ANOTHER && state.0 == [2, 1] { 1 - fired } else { fired }
    }
}

/// That it says so.
fn red(audited: Result<usize, String>, what: &str) {
    let told = audited.expect_err(what);
    assert!(told.contains(what), "{told}");
}

#[test]
fn a_hash_agrees_with_equality() {
    assert_eq!(audit::hashing(&Counters::<SOUND>::new(), 100), Ok(16));
    red(audit::hashing(&Counters::<HASH_FORGETS>::new(), 100), "unequal states always hash alike");
    red(audit::hashing(&Counters::<HASH_OF_ROOM>::new(), 100), "a copy hashes differently");
    let forgets = audit::hashing(&Counters::<EQUALITY_FORGETS>::new(), 100);
    red(forgets, "equal states hash differently");
}

#[test]
fn packing_loses_nothing() {
    assert_eq!(audit::packing(&Counters::<SOUND>::new(), 100), Ok(16));
    red(audit::packing(&Counters::<PACKING_FORGETS>::new(), 100), "comes back from its bytes as");
    red(audit::packing(&Counters::<PACKED_AFTER_NOTHING>::new(), 100), "is packed otherwise after");
}

#[test]
fn what_fires_leads_where_the_model_leads() {
    assert_eq!(audit::firing(&Counters::<SOUND>::new(), 100), Ok(16));
    red(audit::firing(&Counters::<FIRES_ELSEWHERE>::new(), 100), "firing and next_state differ");
    red(audit::firing(&Counters::<FIRES_INTO_NOTHING>::new(), 100), "firing and next_state differ");
    red(
        audit::firing(&Counters::<FIRES_INTO_ANYTHING>::new(), 100),
        "firing and next_state differ",
    );
    red(
        audit::firing(&Counters::<NAMES_ANOTHER>::new(), 100),
        "fire and fire_into name two things",
    );
}

#[test]
fn actions_come_in_the_same_order_each_time() {
    assert_eq!(audit::order(&Counters::<SOUND>::new(), 100), Ok(16));
    red(audit::order(&Counters::<ORDER_CHANGES>::new(), 100), "another order the second time");
}

#[test]
fn audits_look_at_as_many_states_as_they_are_told() {
    let looked = audit::order(&Counters::<SOUND>::new(), 5).expect("in order");
    assert!((5..=6).contains(&looked), "{looked}");
}

fn swapped<const FAULT: u8>(state: &Two<FAULT>) -> Two<FAULT> {
    Two(vec![state.0[1], state.0[0]])
}

fn sorted<const FAULT: u8>(state: &Two<FAULT>) -> Two<FAULT> {
    if state.0[0] <= state.0[1] { state.clone() } else { swapped(state) }
}

#[test]
fn a_symmetry_is_one() {
    let sound = Counters::<SOUND>::new();
    assert_eq!(audit::symmetry(&sound, 100, sorted, &[&swapped]), Ok(16));
    red(
        audit::symmetry(&sound, 100, swapped, &[&swapped]),
        "the representative of a representative is another",
    );
    red(
        audit::symmetry(&sound, 100, |_| Two(vec![0, 0]), &[&swapped]),
        "the representative is not in the orbit",
    );
    red(
        audit::symmetry(&sound, 100, |state| state.clone(), &[&swapped]),
        "have different representatives",
    );
    let special = Counters::<FIRST_IS_SPECIAL>::new();
    red(audit::symmetry(&special, 100, sorted, &[&swapped]), "lead to different orbits");
}
