//! Decides a pair by the plain exact search: every pair of worlds is visited, stored and compared
//! in full.

use stateright::Model;

use super::{Move, TwoWorlds, WITNESSES, Worlds, existence_not_disclosed};
use crate::drive::Fired;
use crate::search::{Watch, search};

/// What a search of a pair found.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Distinct pairs of worlds.
    pub distinct: usize,
    /// Pairs on the longest shortest run.
    pub depth: u32,
    /// A shortest run after which the stranger has been told different things.
    pub discloses: Option<Vec<Move>>,
    /// The witnesses that the variant asks for and that were not reached.
    pub unreached: Vec<&'static str>,
    /// Everything reachable was seen. A search ends early once it has found a run.
    pub exhausted: bool,
}

impl Decision {
    /// Everything was seen, nothing is disclosed, and every witness was reached.
    pub fn holds(&self) -> bool {
        self.exhausted && self.discloses.is_none() && self.unreached.is_empty()
    }
}

/// Searches `model`, up to `most` pairs of worlds.
pub fn decide(model: &TwoWorlds, most: usize) -> Decision {
    let mut seen = Seen { model, first: None, unreached: model.witnesses.clone() };
    let found = search(model, most, &mut seen);
    let discloses = seen.first.map(|last| run(model, &found.states, &found.parents, last));
    Decision {
        distinct: found.states.len(),
        depth: found.depth,
        discloses,
        unreached: seen.unreached,
        exhausted: found.cut.is_none(),
    }
}

struct Seen<'a> {
    model: &'a TwoWorlds,
    /// The first pair in which something is disclosed: in a breadth-first search, a nearest one.
    first: Option<u32>,
    unreached: Vec<&'static str>,
}

impl Watch<TwoWorlds> for Seen<'_> {
    fn state(&mut self, number: u32, pair: &Worlds) {
        if self.first.is_none() && !existence_not_disclosed(self.model, pair) {
            self.first = Some(number);
        }
        let model = self.model;
        let reached = |wanted: &str| {
            WITNESSES.iter().any(|witness| witness.name == wanted && (witness.holds)(model, pair))
        };
        self.unreached.retain(|wanted| !reached(wanted));
    }

    fn step(&mut self, _: u32, _: &Worlds, _: &Move, _: &Both, _: u32, _: &Worlds) {}

    fn done(&mut self, _: u32, _: &Worlds) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        self.first.is_some()
    }
}

/// What fired in each world.
type Both = (Fired, Option<Fired>);

/// The run to the pair with number `last`, carried out again from the beginning.
fn run(model: &TwoWorlds, states: &[Worlds], parents: &[u32], last: u32) -> Vec<Move> {
    let mut chain = vec![last as usize];
    while let Some(at) = chain.last().copied()
        && parents[at] as usize != at
    {
        chain.push(parents[at] as usize);
    }
    chain.reverse();
    let mut moves = Vec::new();
    for step in chain.windows(2) {
        let (before, after) = (&states[step[0]], &states[step[1]]);
        let mut possible = Vec::new();
        model.actions(before, &mut possible);
        let leads = possible.into_iter().find(|what| model.fire(before, *what).0 == *after);
        moves.extend(leads);
    }
    moves
}
