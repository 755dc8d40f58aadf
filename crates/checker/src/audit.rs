//! Audits of what a check takes on trust: that equal states have equal hashes and that unequal ones
//! are told apart, that actions come in the same order each time, that what fires leads where
//! `next_state` leads, that packing loses nothing, and that symmetry is one.
//!
//! Each looks at the first so many reachable states, breadth first and naively.

use std::hash::Hash;

use stateright::Model;

use crate::firing::Tagged;
use crate::hash::hash;
use crate::search::keep::Packed;

/// The first `most` reachable states, in the order of discovery; plainly, by comparing each with
/// all others. Equality alone decides.
fn states<M: Model>(model: &M, most: usize) -> Vec<M::State>
where
    M::State: Clone + PartialEq,
{
    states_met(model, most, |_, _| {})
}

/// The same. `met` is shown each of them with every state that comes up again and is equal to it.
fn states_met<M: Model>(
    model: &M,
    most: usize,
    mut met: impl FnMut(&M::State, &M::State),
) -> Vec<M::State>
where
    M::State: Clone + PartialEq,
{
    let mut states: Vec<M::State> = Vec::new();
    let mut add = |states: &mut Vec<M::State>, state: M::State| {
        if model.within_boundary(&state) {
            match states.iter().find(|known| **known == state) {
                Some(known) => met(known, &state),
                None => states.push(state),
            }
        }
    };
    for state in model.init_states() {
        add(&mut states, state);
    }
    let mut at = 0;
    while at < states.len() && states.len() < most {
        for after in model.next_states(&states[at]) {
            add(&mut states, after);
        }
        at += 1;
    }
    states
}

/// Whether `Hash` agrees with equality on the first `most` states, on copies of them, and on
/// whatever leads to them again: equal states have equal hashes. Unequal states with equal hashes
/// cost only time, and are not told, unless a part of the state that equality looks at is never
/// hashed at all.
///
/// # Errors
/// Says which states disagree.
pub fn hashing<M: Model>(model: &M, most: usize) -> Result<usize, String>
where
    M::State: Clone + PartialEq + Hash + std::fmt::Debug,
{
    let mut differ = None;
    let states = states_met(model, most, |known, again| {
        if differ.is_none() && hash(0, known) != hash(0, again) {
            differ = Some(format!("equal states hash differently: {known:?} and {again:?}"));
        }
    });
    if let Some(differ) = differ {
        return Err(differ);
    }
    for (i, state) in states.iter().enumerate() {
        if hash(0, state) != hash(0, &state.clone()) {
            return Err(format!("a copy hashes differently: {state:?}"));
        }
        // Two independent seeds that both agree on unequal states: something is left out.
        let twin = states[..i]
            .iter()
            .find(|other| hash(0, *other) == hash(0, state) && hash(1, *other) == hash(1, state));
        if let Some(twin) = twin {
            return Err(format!("unequal states always hash alike: {twin:?} and {state:?}"));
        }
    }
    Ok(states.len())
}

/// Whether actions come in the same order each time, for the first `most` states: by where they
/// lead.
///
/// # Errors
/// Says in which state they do not.
pub fn order<M: Model>(model: &M, most: usize) -> Result<usize, String>
where
    M::State: Clone + PartialEq + std::fmt::Debug,
{
    let states = states(model, most);
    for state in &states {
        let after = || -> Vec<Option<M::State>> {
            let mut actions = Vec::new();
            model.actions(state, &mut actions);
            actions.into_iter().map(|action| model.next_state(state, action)).collect()
        };
        if after() != after() {
            return Err(format!("actions come in another order the second time: {state:?}"));
        }
    }
    Ok(states.len())
}

/// Whether what fires is the same, and leads where `next_state` leads, whichever way it is asked
/// for; for the first `most` states.
///
/// # Errors
/// Says in which state it does not.
pub fn firing<M: Tagged>(model: &M, most: usize) -> Result<usize, String>
where
    M::State: Clone + PartialEq + std::fmt::Debug,
    M::Tag: PartialEq,
{
    let states = states(model, most);
    for state in &states {
        let mut actions = Vec::new();
        model.actions(state, &mut actions);
        for action in actions {
            let (tag, fired) = model.fire(state, &action);
            let mut into = None;
            if model.fire_into(state, &action, &mut into) != tag {
                return Err(format!("fire and fire_into name two things in: {state:?}"));
            }
            if fired != into || fired != model.next_state(state, action) {
                return Err(format!("firing and next_state differ in: {state:?}"));
            }
        }
    }
    Ok(states.len())
}

/// Whether packing loses nothing, for the first `most` states.
///
/// # Errors
/// Says which state comes back as another one.
pub fn packing<M: Model>(model: &M, most: usize) -> Result<usize, String>
where
    M::State: Packed + Clone + PartialEq + std::fmt::Debug,
{
    let states = states(model, most);
    for state in &states {
        let back = M::State::unpack(&state.pack());
        if back != *state {
            return Err(format!("{state:?} comes back from its bytes as {back:?}"));
        }
        let bytes = state.pack();
        for after in model.next_states(state) {
            if after.pack_after(state, &bytes) != after.pack() {
                return Err(format!("{after:?} is packed otherwise after {state:?}"));
            }
        }
    }
    Ok(states.len())
}

/// A permutation of a model's states.
pub type Permutation<'a, M> = &'a dyn Fn(&<M as Model>::State) -> <M as Model>::State;

/// Whether `representative` is one under `permutations`, for the first `most` states: it is the
/// same for the whole orbit and lies in it, it does not move when it is taken again, and where the
/// states of an orbit lead are orbits, too.
///
/// # Errors
/// Says for which state it is not.
pub fn symmetry<M: Model>(
    model: &M,
    most: usize,
    representative: impl Fn(&M::State) -> M::State,
    permutations: &[Permutation<'_, M>],
) -> Result<usize, String>
where
    M::State: Clone + PartialEq + std::fmt::Debug,
{
    let states = states(model, most);
    let sorted = |state: &M::State| -> Vec<M::State> {
        let mut orbits: Vec<M::State> = Vec::new();
        for after in model.next_states(state) {
            let after = representative(&after);
            if !orbits.contains(&after) {
                orbits.push(after);
            }
        }
        orbits
    };
    for state in &states {
        let stands = representative(state);
        if representative(&stands) != stands {
            return Err(format!("the representative of a representative is another: {stands:?}"));
        }
        if stands != *state && permutations.iter().all(|permute| permute(state) != stands) {
            return Err(format!("the representative is not in the orbit of {state:?}"));
        }
        let leads = sorted(state);
        for permute in permutations {
            let other = permute(state);
            if representative(&other) != stands {
                return Err(format!("{state:?} and {other:?} have different representatives"));
            }
            let there = sorted(&other);
            let same =
                leads.len() == there.len() && leads.iter().all(|orbit| there.contains(orbit));
            if !same {
                return Err(format!("{state:?} and {other:?} lead to different orbits"));
            }
        }
    }
    Ok(states.len())
}
