//! Progress on an explored graph: whether something is always followed by something, on every fair
//! path; and the lasso that shows that it is not.
//!
//! A path may stop where it likes, and go round where it likes, as long as it keeps the promises of
//! fairness. A promise is about a class of actions, which counts as possible in a state if one of
//! its actions changes the state. Weak: it is not possible for ever without one of them happening.
//! Strong: it is not possible again and again without one of them happening.
//!
//! A counterexample is a strongly connected set of states without the goal in which some path can
//! stay and keep every promise. A set that breaks a weak promise breaks it in every part of it and
//! is left; one that breaks a strong promise may keep it where the class is not possible, so those
//! states are looked at again.
//!
//! Where requests are to cease, a path may make them for as long as it likes, but not for ever:
//! they may lie on the way into the set, and not in it.
//!
//! Where something must follow for good, a path may meet it and lose it again: the set needs only
//! one state without it, and the loop goes through that one.

use crate::graph::Graph;
use crate::label;
use crate::property::{Fair, Strength};

/// Sets of fairness classes, a bit each.
type Classes = u128;

/// The most classes of fairness.
pub(crate) const CLASSES_MAX: usize = 128;

/// What progress is asked for, on a graph.
pub(crate) struct Asked<'a> {
    pub(crate) graph: &'a Graph,
    /// The promises of fairness; none: paths are maximal, and nothing else is promised.
    pub(crate) fairness: Option<&'a [Fair]>,
    /// Where something must follow, and has not yet.
    pub(crate) from: &'a [bool],
    /// Where it has followed.
    pub(crate) to: &'a [bool],
    /// What has followed must also stay.
    pub(crate) for_good: bool,
    /// Edges with one of these bits are not taken any more, once the loop has begun.
    pub(crate) ceased: u32,
}

/// A path that breaks progress: `stem` leads from the last state of a shortest path to `start`
/// into the loop, which leads back to where it began. Each entry is a state and the label of the
/// edge that leads there. A loop without an entry means that nothing happens any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lasso {
    pub(crate) start: u32,
    pub(crate) stem: Vec<(u32, u32)>,
    pub(crate) cycle: Vec<(u32, u32)>,
}

/// Steps along edges: the state that each leads to, and the label of its edge.
type Steps = Vec<(u32, u32)>;

/// No state.
const NONE: u32 = u32::MAX;

/// The lasso with the shortest way into its loop, if there is one.
pub(crate) fn lasso(asked: &Asked<'_>) -> Option<Lasso> {
    let mut search = Search::new(asked);
    search.fair_sets();
    let (start, stem, first) = search.way_in()?;
    let cycle = search.cycle(first);
    Some(Lasso { start, stem, cycle })
}

struct Search<'a> {
    asked: &'a Asked<'a>,
    weak: Classes,
    strong: Classes,
    /// The classes that are possible in each state.
    possible: Vec<Classes>,
    /// The set that each state belongs to; `NONE` if it is out of the question.
    member: Vec<u32>,
    /// The fair set that each state belongs to, if it belongs to one.
    fair: Vec<u32>,
    sets: u32,
}

impl<'a> Search<'a> {
    fn new(asked: &'a Asked<'a>) -> Self {
        let of = |strength: Strength| -> Classes {
            let classes = asked.fairness.unwrap_or(&[]).iter().enumerate();
            classes
                .filter(|(_, fair)| fair.strength == strength)
                .fold(0, |all, (c, _)| all | 1 << c)
        };
        let count = asked.graph.count();
        let mut search = Self {
            asked,
            weak: of(Strength::Weak),
            strong: of(Strength::Strong),
            possible: Vec::new(),
            member: vec![NONE; count],
            fair: vec![NONE; count],
            sets: 0,
        };
        search.possible = (0..count as u32).map(|state| search.possible_in(state)).collect();
        search
    }

    fn possible_in(&self, state: u32) -> Classes {
        let edges = self.asked.graph.from(state).iter();
        let changes = edges.filter(|edge| edge.to != state && self.allowed(edge.label));
        changes.fold(0, |all, edge| all | class_bit(edge.label))
    }

    /// Whether an edge is taken again and again.
    fn allowed(&self, label: u32) -> bool {
        label & self.asked.ceased == 0
    }

    /// Where something must follow.
    fn waits(&self, state: u32) -> bool {
        let (from, to) = (self.asked.from[state as usize], self.asked.to[state as usize]);
        from && (self.asked.for_good || !to)
    }

    /// Whether a path that breaks progress may go on in a state.
    fn may_pass(&self, state: u32) -> bool {
        self.asked.for_good || !self.asked.to[state as usize]
    }

    /// Where something must follow and has not: what can be reached from there without it.
    fn region(&self) -> Vec<u32> {
        let mut seen = vec![false; self.asked.graph.count()];
        let states = 0..self.asked.graph.count() as u32;
        let mut open: Vec<u32> = states.filter(|state| self.waits(*state)).collect();
        for state in &open {
            seen[*state as usize] = true;
        }
        let mut region = Vec::new();
        while let Some(state) = open.pop() {
            region.push(state);
            for edge in self.asked.graph.from(state) {
                let to = edge.to as usize;
                if !seen[to] && self.may_pass(edge.to) {
                    seen[to] = true;
                    open.push(edge.to);
                }
            }
        }
        region.sort_unstable();
        region
    }

    /// Finds every set in which a path can stay and keep every promise.
    fn fair_sets(&mut self) {
        let region = self.region();
        let mut components = Components::new(self.asked.graph.count());
        let mut work = vec![region];
        while let Some(states) = work.pop() {
            let set = self.new_set();
            for state in &states {
                self.member[*state as usize] = set;
            }
            let (asked, member) = (self.asked, &self.member);
            let within =
                |state: u32, label: u32| member[state as usize] == set && label & asked.ceased == 0;
            for component in components.of(self.asked.graph, &states, within) {
                let own = self.new_set();
                for state in &component {
                    self.member[*state as usize] = own;
                }
                match self.judge(&component, own) {
                    Judged::Fair => {
                        for state in &component {
                            self.fair[*state as usize] = own;
                        }
                    }
                    Judged::Unfair => {}
                    Judged::Perhaps(rest) => work.push(rest),
                }
            }
            // What was left of the set is in sets of its own by now.
        }
    }

    fn new_set(&mut self) -> u32 {
        self.sets += 1;
        self.sets
    }

    /// Whether a path can stay in this strongly connected set.
    fn judge(&self, component: &[u32], own: u32) -> Judged {
        let graph = self.asked.graph;
        if component.iter().all(|state| self.asked.to[*state as usize]) {
            return Judged::Unfair;
        }
        let (mut taken, mut edges) = (0, false);
        let (mut always, mut sometimes) = (Classes::MAX, 0);
        for state in component {
            always &= self.possible[*state as usize];
            sometimes |= self.possible[*state as usize];
            for edge in graph.from(*state) {
                if self.member[edge.to as usize] == own && self.allowed(edge.label) {
                    edges = true;
                    if edge.to != *state {
                        taken |= class_bit(edge.label);
                    }
                }
            }
        }
        if self.asked.fairness.is_none() {
            // Paths are maximal: they go round, or they end where nothing can be done.
            let ends = component.iter().any(|state| graph.from(*state).is_empty());
            return if edges || ends { Judged::Fair } else { Judged::Unfair };
        }
        if self.weak & always & !taken != 0 {
            return Judged::Unfair;
        }
        let broken = self.strong & sometimes & !taken;
        if broken == 0 {
            return Judged::Fair;
        }
        let possible = |state: &u32| self.possible[*state as usize] & broken != 0;
        let rest: Vec<u32> = component.iter().copied().filter(|state| !possible(state)).collect();
        if rest.is_empty() { Judged::Unfair } else { Judged::Perhaps(rest) }
    }

    /// The shortest way into a fair set: where something should follow, the way from there, and
    /// the first state in the set.
    fn way_in(&self) -> Option<(u32, Steps, u32)> {
        let asked = self.asked;
        let count = asked.graph.count() as u32;
        // Numbers go by depth.
        let mut starts = (0..count).filter(|state| self.waits(*state)).peekable();
        let mut came: Vec<(u32, u32)> = vec![(NONE, 0); count as usize];
        let mut seen = vec![false; count as usize];
        let mut now: Vec<u32> = Vec::new();
        let mut depth = 0;
        // Level by level; the places where something should follow join at their own depth.
        while !now.is_empty() || starts.peek().is_some() {
            depth += 1;
            while let Some(start) =
                starts.next_if(|state| asked.graph.depths[*state as usize] <= depth)
            {
                if !seen[start as usize] {
                    seen[start as usize] = true;
                    now.push(start);
                }
            }
            let first = now
                .iter()
                .find(|state| self.fair[**state as usize] != NONE && !asked.to[**state as usize]);
            if let Some(first) = first {
                let (mut at, mut stem) = (*first, Vec::new());
                while came[at as usize].0 != NONE {
                    stem.push((at, came[at as usize].1));
                    at = came[at as usize].0;
                }
                stem.reverse();
                return Some((at, stem, *first));
            }
            let mut next = Vec::new();
            for state in now {
                for edge in asked.graph.from(state) {
                    let to = edge.to as usize;
                    if !seen[to] && self.may_pass(edge.to) {
                        seen[to] = true;
                        came[to] = (state, edge.label);
                        next.push(edge.to);
                    }
                }
            }
            now = next;
        }
        None
    }

    /// A loop from `first` that keeps every promise.
    fn cycle(&self, first: u32) -> Vec<(u32, u32)> {
        if self.keeps(first, &[]) {
            return Vec::new();
        }
        if let Some(round) = self.walk(first, |state, _| state == first)
            && self.keeps(first, &round)
        {
            return round;
        }
        // Beyond the shortest round: to each promise that is not kept yet, and home.
        let classes = self.asked.fairness.unwrap_or(&[]).len();
        let mut cycle: Vec<(u32, u32)> = Vec::new();
        for class in 0..classes {
            let bit = 1 << class;
            let at = cycle.last().map_or(first, |(state, _)| *state);
            let weak = self.weak & bit != 0;
            // On the way home more may become possible: a strong promise is kept for certain only
            // by an action of its class, or where none is possible in the whole set.
            let kept = if weak {
                self.keeps_one(first, &cycle, class)
            } else {
                let taken = cycle.iter().any(|(_, label)| class_bit(*label) == bit);
                taken || !self.possible_in_set(self.fair[first as usize], bit)
            };
            if kept {
                continue;
            }
            let more = self.walk(at, |state, label| {
                class_bit(label) == bit || (weak && self.possible[state as usize] & bit == 0)
            });
            cycle.extend(more.unwrap_or_default());
        }
        let at = cycle.last().map_or(first, |(state, _)| *state);
        if at != first || cycle.is_empty() {
            cycle.extend(self.walk(at, |state, _| state == first).unwrap_or_default());
        }
        cycle
    }

    /// Whether a class is possible in some state of a fair set.
    fn possible_in_set(&self, set: u32, class: Classes) -> bool {
        let states = self.fair.iter().zip(&self.possible);
        states.into_iter().any(|(fair, possible)| *fair == set && possible & class != 0)
    }

    /// The shortest way of at least one edge from a state, within its fair set, to an edge of
    /// whose end and label `wanted` says so.
    fn walk(&self, from: u32, wanted: impl Fn(u32, u32) -> bool) -> Option<Vec<(u32, u32)>> {
        let set = self.fair[from as usize];
        let mut came = std::collections::BTreeMap::new();
        let mut open = std::collections::VecDeque::from([from]);
        while let Some(state) = open.pop_front() {
            for edge in self.asked.graph.from(state) {
                if self.fair[edge.to as usize] != set || !self.allowed(edge.label) {
                    continue;
                }
                // What changes nothing keeps no promise; without promises it goes round.
                if edge.to == state && self.asked.fairness.is_some() {
                    continue;
                }
                if wanted(edge.to, edge.label) {
                    let mut way = vec![(edge.to, edge.label)];
                    let mut at = state;
                    while at != from {
                        let (before, label): (u32, u32) = came[&at];
                        way.push((at, label));
                        at = before;
                    }
                    way.reverse();
                    return Some(way);
                }
                if edge.to != from {
                    came.entry(edge.to).or_insert_with(|| {
                        open.push_back(edge.to);
                        (state, edge.label)
                    });
                }
            }
        }
        None
    }

    /// Whether going round this loop for ever (or staying, if it is empty) keeps every promise.
    fn keeps(&self, first: u32, cycle: &[(u32, u32)]) -> bool {
        match self.asked.fairness {
            None if cycle.is_empty() => self.asked.graph.from(first).is_empty(),
            None => true,
            Some(classes) => (0..classes.len()).all(|class| self.keeps_one(first, cycle, class)),
        }
    }

    fn keeps_one(&self, first: u32, cycle: &[(u32, u32)], class: usize) -> bool {
        let bit = 1 << class;
        if cycle.iter().any(|(_, label)| class_bit(*label) == bit) {
            return true;
        }
        let mut states = cycle.iter().map(|(state, _)| *state).chain([first]);
        let possible = |state: u32| self.possible[state as usize] & bit != 0;
        if self.weak & bit != 0 {
            states.any(|state| !possible(state))
        } else {
            !states.any(possible)
        }
    }
}

enum Judged {
    Fair,
    /// It breaks a promise, or nothing is missing in it.
    Unfair,
    /// Not as a whole, but perhaps these states.
    Perhaps(Vec<u32>),
}

fn class_bit(label: u32) -> Classes {
    label::class(label).map_or(0, |class| 1 << class)
}

/// Finds strongly connected components, by Tarjan's algorithm with a stack of its own.
struct Components {
    /// When each state was first seen, from 1 on; 0 before.
    order: Vec<u32>,
    low: Vec<u32>,
    on_stack: Vec<bool>,
}

impl Components {
    fn new(count: usize) -> Self {
        Self { order: vec![0; count], low: vec![0; count], on_stack: vec![false; count] }
    }

    /// The components of the part of a graph that is made of `states` and of edges of whose end
    /// and label `within` says so.
    fn of(
        &mut self,
        graph: &Graph,
        states: &[u32],
        within: impl Fn(u32, u32) -> bool,
    ) -> Vec<Vec<u32>> {
        // States that were part of a larger set are seen anew.
        for state in states {
            self.order[*state as usize] = 0;
        }
        let mut next = 0;
        let mut stack = Vec::new();
        let mut found = Vec::new();
        let mut calls: Vec<(u32, usize)> = Vec::new();
        for root in states {
            if self.order[*root as usize] != 0 {
                continue;
            }
            calls.push((*root, 0));
            while let Some((state, edge)) = calls.last_mut() {
                let (state, at) = (*state, *state as usize);
                if self.order[at] == 0 {
                    next += 1;
                    self.order[at] = next;
                    self.low[at] = next;
                    stack.push(state);
                    self.on_stack[at] = true;
                }
                let edges = graph.from(state);
                if let Some(skipped) = edges[*edge..].iter().position(|e| within(e.to, e.label)) {
                    let to = edges[*edge + skipped].to;
                    *edge += skipped + 1;
                    if self.order[to as usize] == 0 {
                        calls.push((to, 0));
                    } else if self.on_stack[to as usize] {
                        self.low[at] = self.low[at].min(self.order[to as usize]);
                    }
                    continue;
                }
                calls.pop();
                if let Some((caller, _)) = calls.last() {
                    let caller = *caller as usize;
                    self.low[caller] = self.low[caller].min(self.low[at]);
                }
                if self.low[at] == self.order[at] {
                    found.push(self.close(&mut stack, state));
                }
            }
        }
        found
    }

    /// Takes a component off the stack, down to the state that it was found by.
    fn close(&mut self, stack: &mut Vec<u32>, root: u32) -> Vec<u32> {
        let mut component = Vec::new();
        while let Some(member) = stack.pop() {
            self.on_stack[member as usize] = false;
            component.push(member);
            if member == root {
                break;
            }
        }
        component.sort_unstable();
        component
    }
}
