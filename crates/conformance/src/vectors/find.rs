//! Looks for the shortest run to everything that vectors are to show, scope by scope.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use bindproof::control::Control;
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof_models::action::Action;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::hunt::shown;
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::{Scope, ScopeError};
use bindproof_models::scopes::find;
use bindproof_models::search::{Explored, Watch, search};
use bindproof_models::table::Tuple;
use bindproof_models::views::{LATELY, LocalView, Seen, Viewed};
use bindproof_models::world::World;
use stateright::Model;

use super::messages::can_have;
use super::targets::{Behaviour, SCOPES};

/// What a step vector shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shows {
    /// What a machine decides in a state on a kind of input.
    Decision(Tuple, Decided),
    /// A guard.
    Guard(&'static str),
}

/// A step, and how far from the beginning it was found.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The scope, by its place in [`SCOPES`].
    pub scope: usize,
    /// How many actions led there, the last one included.
    pub depth: u32,
    /// What it saw and decided.
    pub view: LocalView,
}

/// A run in a scope.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scope, by its place in [`SCOPES`].
    pub scope: usize,
    /// What happens.
    pub actions: Vec<Action>,
}

/// The shortest runs.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Steps, by what they show.
    pub steps: BTreeMap<Shows, At>,
    /// Runs that end in a decision of a server, by its machine.
    pub decisions: BTreeMap<(&'static str, Decided), Run>,
    /// Runs that end in something that an adversary or a fault does.
    pub behaviours: BTreeMap<Behaviour, Run>,
    /// Runs that end in a step of a server which would be another without this guard.
    pub guards: BTreeMap<&'static str, Run>,
}

/// Looks through every scope.
///
/// # Errors
/// If one does not parse or fits no compiled capacity.
pub fn search_all() -> Result<Found, ScopeError> {
    let mut found = Found::default();
    for (number, (name, most)) in SCOPES.iter().enumerate() {
        let built_in = find(name)?;
        let scope = Scope::parse(built_in.file, built_in.text)?;
        let job = Search { number, most: *most, found: &mut found };
        in_capacity(built_in.file, &scope, job)?;
    }
    Ok(found)
}

struct Search<'a> {
    number: usize,
    most: usize,
    found: &'a mut Found,
}

impl Job for Search<'_> {
    type Output = ();

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) {
        let nothing_off = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, nothing_off);
        let mut watch = Watching {
            model: &model,
            scope: self.number,
            depths: Vec::new(),
            lately: vec![None; LATELY],
            hasher: Default::default(),
            found: self.found,
            candidates: Candidates::default(),
        };
        let explored = search(&Viewed(&model), self.most, &mut watch);
        let Watching { candidates, found, depths, .. } = watch;
        let ways = Ways { model: &model, scope: self.number, explored: &explored, depths: &depths };
        ways.shortest(candidates.decisions, &mut found.decisions);
        ways.shortest(candidates.behaviours, &mut found.behaviours);
        ways.shortest(candidates.guards, &mut found.guards);
    }
}

/// How many ways to one thing are looked at: the shortest may be one that servers cannot have.
const WAYS: usize = 512;

/// The last steps of runs, by what they come to, the shortest first.
type Lasts<K> = BTreeMap<K, Vec<(u32, Action)>>;

/// The last steps of runs that may be taken.
#[derive(Default)]
struct Candidates {
    decisions: Lasts<(&'static str, Decided)>,
    behaviours: Lasts<Behaviour>,
    guards: Lasts<&'static str>,
}

/// Notes another way to the same thing.
fn another<K: Ord>(lasts: &mut Lasts<K>, key: K, last: (u32, Action)) {
    let known = lasts.entry(key).or_default();
    if known.len() < WAYS && known.last() != Some(&last) {
        known.push(last);
    }
}

/// What a search has walked.
struct Ways<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> {
    model: &'a Protocol<B, O, A, D, S>,
    scope: usize,
    explored: &'a Explored<World<B, O, A, D, S>>,
    depths: &'a [u32],
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Ways<'_, B, O, A, D, S>
{
    /// Takes the shortest run to each thing that servers can have, if it is shorter than what is
    /// known.
    fn shortest<K: Ord>(&self, candidates: Lasts<K>, known: &mut BTreeMap<K, Run>) {
        for (key, lasts) in candidates {
            let most = known.get(&key).map_or(usize::MAX, |run| run.actions.len());
            let shorter = lasts.iter().filter(|(from, _)| self.length(*from) < most);
            let runs = shorter.map(|(from, last)| {
                path(self.model, &self.explored.states, &self.explored.parents, *from, *last)
            });
            if let Some(actions) = runs.into_iter().find(|actions| can_have(self.model, actions)) {
                known.insert(key, Run { scope: self.scope, actions });
            }
        }
    }

    fn length(&self, from: u32) -> usize {
        self.depths[from as usize] as usize + 1
    }
}

/// The actions from the beginning to a state, and one more.
fn path<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    states: &[World<B, O, A, D, S>],
    parents: &[u32],
    from: u32,
    last: Action,
) -> Vec<Action> {
    let mut chain = vec![from as usize];
    while let Some(&at) = chain.last()
        && parents[at] as usize != at
    {
        chain.push(parents[at] as usize);
    }
    chain.reverse();
    let mut possible = Vec::new();
    let mut actions: Vec<Action> = chain
        .windows(2)
        .filter_map(|pair| {
            possible.clear();
            model.actions(&states[pair[0]], &mut possible);
            let leads =
                |action: &&Action| model.fire(&states[pair[0]], **action).0 == states[pair[1]];
            possible.iter().find(leads).copied()
        })
        .collect();
    actions.push(last);
    actions
}

/// Who watches a search for what was not found before.
struct Watching<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
{
    model: &'a Protocol<B, O, A, D, S>,
    scope: usize,
    depths: Vec<u32>,
    lately: Vec<Option<(LocalView, Vec<&'static str>)>>,
    hasher: std::hash::BuildHasherDefault<bindproof_models::hash::Words>,
    found: &'a mut Found,
    candidates: Candidates,
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watching<'_, B, O, A, D, S>
{
    fn look(&mut self, view: LocalView, depth: u32, last: (u32, Action)) {
        let place = &mut self.lately[self.hasher.hash_one(view) as usize % LATELY];
        let known = place.as_ref().is_some_and(|(known, _)| *known == view);
        if !known {
            let controls = shown(self.model.terms(), &view.seen);
            *place = Some((view, controls.into_iter().map(Control::name).collect()));
        }
        let guards = place.iter().flat_map(|(_, guards)| guards);
        if view.seen.is_of_a_server() {
            guards.clone().for_each(|guard| another(&mut self.candidates.guards, *guard, last));
        }
        if known {
            return;
        }
        let at = At { scope: self.scope, depth, view };
        let mut put = |shows: Shows| {
            let known = self.found.steps.entry(shows).or_insert(at);
            if known.depth > depth {
                *known = at;
            }
        };
        put(Shows::Decision(Tuple::of(view.seen), view.decided));
        guards.for_each(|guard| put(Shows::Guard(guard)));
    }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Watch<Viewed<'_, B, O, A, D, S>> for Watching<'_, B, O, A, D, S>
{
    fn state(&mut self, number: u32, _: &World<B, O, A, D, S>) {
        // Its parent is known only after this; the depth is set when it is first stepped from.
        let known = self.depths.len();
        self.depths.resize(known.max(number as usize + 1), 0);
    }

    fn step(
        &mut self,
        from: u32,
        before: &World<B, O, A, D, S>,
        action: &Action,
        views: &Vec<LocalView>,
        to: u32,
        _: &World<B, O, A, D, S>,
    ) {
        let depth = self.depths[from as usize] + 1;
        let next = &mut self.depths[to as usize];
        if *next == 0 && to > from {
            *next = depth;
        }
        let last = (from, *action);
        for view in views {
            self.look(*view, depth, last);
            if view.seen.is_of_a_server() {
                let key = (machine(&view.seen), view.decided);
                another(&mut self.candidates.decisions, key, last);
            }
        }
        for behaviour in Behaviour::of(self.model, before, *action) {
            another(&mut self.candidates.behaviours, behaviour, last);
        }
    }

    fn done(&mut self, _: u32, _: &World<B, O, A, D, S>) {}

    fn stop(&mut self, _: usize, _: u32) -> bool {
        false
    }
}

/// The machine that saw this.
pub const fn machine(seen: &Seen) -> &'static str {
    match seen {
        Seen::BankClient(..) => "bank-client",
        Seen::Binding(..) => "binding",
        Seen::Debit(..) => "debit",
        Seen::Link(..) => "link",
        Seen::Operation(..) => "operation",
        Seen::Device(..) => "device",
        Seen::Lock(..) => "lock",
        Seen::WalletClient(..) => "wallet-client",
    }
}
