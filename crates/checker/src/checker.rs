//! Asking: what a model is to be checked for, and how.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::time::Duration;

use stateright::{Expectation, Model};

use crate::coverage::Family;
use crate::firing::{ByTag, Firing, Step, Tagged, Untagged};
use crate::label::{self, CEASING_MAX};
use crate::leads_to::LeadsTo;
use crate::limits::{Bounds, Moment};
use crate::property::{Fair, Kind, OfAction, OfState, Property, Question};

/// Which fairness class an action belongs to in a state, if any.
type ClassOf<'m, M> =
    Box<dyn Fn(&M, &<M as Model>::State, &<M as Model>::Action) -> Option<u16> + Sync + 'm>;

/// Names the state that stands for an orbit.
type Representative<'m, M> =
    Box<dyn Fn(&M, &<M as Model>::State) -> <M as Model>::State + Sync + 'm>;

/// Copies an action, so that it can be looked at after it was carried out.
pub(crate) type KeepAction<M> = fn(&<M as Model>::Action) -> <M as Model>::Action;

/// A check of a model that is being put together. The model's own properties are asked first;
/// what is added here comes after them.
#[must_use = "a check that is not run says nothing"]
pub struct Checker<'m, M: Model, F: Firing<M> = Untagged> {
    pub(crate) model: &'m M,
    pub(crate) firing: F,
    pub(crate) properties: Vec<Property<'m, M, F::Tag>>,
    pub(crate) families: Vec<Family<'m, M, F::Tag>>,
    pub(crate) optional: Option<OfAction<'m, M>>,
    pub(crate) adversary: Option<OfAction<'m, M>>,
    pub(crate) ceasing: Vec<OfAction<'m, M>>,
    pub(crate) classes: Vec<Fair>,
    pub(crate) fairness: Option<ClassOf<'m, M>>,
    pub(crate) representative: Option<Representative<'m, M>>,
    pub(crate) keep_action: Option<KeepAction<M>>,
    pub(crate) threads: usize,
    pub(crate) bounds: Bounds<'m>,
    pub(crate) stop_at_violation: bool,
    pub(crate) boundary_reason: Option<String>,
    pub(crate) pins: Pins,
}

/// Figures that a complete check must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    /// Distinct states.
    pub distinct: Option<u64>,
    /// Initial states and successors, duplicates included.
    pub generated: Option<u64>,
    /// States on the longest shortest path.
    pub depth: Option<u32>,
}

/// `model.check()`: the way in for any model.
pub trait Check: Model + Sized {
    /// Begins a check of this model, with its own properties.
    fn check(&self) -> Checker<'_, Self> {
        Checker::new(self)
    }

    /// Begins a check that knows what fires in each step.
    fn check_tagged(&self) -> Checker<'_, Self, ByTag>
    where
        Self: Tagged,
    {
        Checker::tagged(self)
    }
}

impl<M: Model> Check for M {}

impl<'m, M: Model> Checker<'m, M> {
    /// A check of this model, with its own properties.
    pub fn new(model: &'m M) -> Self {
        Self::with(model, Untagged)
    }
}

impl<'m, M: Tagged> Checker<'m, M, ByTag> {
    /// A check that knows what fires in each step.
    pub fn tagged(model: &'m M) -> Self {
        Self::with(model, ByTag)
    }
}

impl<'m, M: Model, F: Firing<M>> Checker<'m, M, F> {
    fn with(model: &'m M, firing: F) -> Self {
        let mut checker = Self {
            model,
            firing,
            properties: Vec::new(),
            families: Vec::new(),
            optional: None,
            adversary: None,
            ceasing: Vec::new(),
            classes: Vec::new(),
            fairness: None,
            representative: None,
            keep_action: None,
            threads: 1,
            bounds: Bounds::default(),
            stop_at_violation: false,
            boundary_reason: None,
            pins: Pins::default(),
        };
        for stateright::Property { name, condition, expectation } in model.properties() {
            let holds: OfState<'m, M> = Box::new(condition);
            checker = match expectation {
                Expectation::Always => checker.ask(name, Kind::Always, Question::State(holds)),
                Expectation::Sometimes => checker.ask(name, Kind::Witness, Question::State(holds)),
                Expectation::Eventually => {
                    checker.ask(name, Kind::Eventually, reaches(|_, _| true, holds))
                }
            };
        }
        checker
    }

    /// What the edge along an action says of it.
    pub(crate) fn label(&self, state: &M::State, action: &M::Action) -> u32 {
        let model = self.model;
        let mut bits = 0;
        if !self.optional.as_ref().is_some_and(|optional| optional(model, state, action)) {
            bits |= label::OBLIGED;
        }
        if self.adversary.as_ref().is_some_and(|adversary| adversary(model, state, action)) {
            bits |= label::ADVERSARY;
        }
        for (kind, ceases) in self.ceasing.iter().enumerate() {
            if ceases(model, state, action) {
                bits |= label::ceasing(kind);
            }
        }
        let class = self.fairness.as_ref().and_then(|fair| fair(model, state, action));
        let declared = class.filter(|class| usize::from(*class) < self.classes.len());
        bits | declared.map_or(0, label::of_class)
    }

    fn ask(
        mut self,
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
        question: Question<'m, M, F::Tag>,
    ) -> Self {
        let name = name.into();
        self.properties.push(Property { name, kind, question, dispensable: false });
        self
    }

    /// That what was asked last speaks of what never occurs is no failure.
    fn dispensable(mut self) -> Self {
        if let Some(property) = self.properties.last_mut() {
            property.dispensable = true;
        }
        self
    }

    /// Leaves out every property but those of which `wanted` says so, by name. For those that were
    /// asked so far.
    pub fn only(mut self, wanted: impl Fn(&str) -> bool) -> Self {
        self.properties.retain(|property| wanted(&property.name));
        self
    }

    /// Asks that every reachable state satisfies `holds`.
    pub fn always(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::Always, Question::State(Box::new(holds)))
    }

    /// Asks that some reachable state satisfies `holds`.
    pub fn sometimes(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::Witness, Question::State(Box::new(holds)))
    }

    /// Asks that the model never panics. A panic is told as a violation in any case; this gives
    /// the property a name and a place in the report, also when it holds.
    pub fn no_panic(self) -> Self {
        self.ask("no-panic", Kind::NoPanic, Question::NoPanic)
    }

    /// Searches only one state of each orbit: `representative` names it. It must be the same for
    /// every state of an orbit, and properties must not tell the states of an orbit apart (see
    /// [`crate::audit`]). Progress is not decided under symmetry.
    pub fn symmetry(
        mut self,
        representative: impl Fn(&M, &M::State) -> M::State + Sync + 'm,
    ) -> Self {
        self.representative = Some(Box::new(representative));
        self
    }

    /// Searches on so many threads. The result is the same for any number.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Cuts the search short when it has more states than this.
    pub fn max_states(mut self, most: u64) -> Self {
        self.bounds.states = Some(most);
        self
    }

    /// Cuts the search short when paths have more states than this.
    pub fn max_depth(mut self, most: u32) -> Self {
        self.bounds.depth = Some(most);
        self
    }

    /// Cuts the search short when the visited set, its order and its recorded edges hold more bytes
    /// than this.
    pub fn max_bytes(mut self, most: u64) -> Self {
        self.bounds.bytes = Some(most);
        self
    }

    /// Cuts the check short when it takes longer than this: the search, what is decided after it,
    /// or random walks.
    pub fn max_time(mut self, most: Duration) -> Self {
        self.bounds.time = Some(most);
        self
    }

    /// Tells how far the search is, every few thousand states, and after it before each decision on
    /// the graph, or before each random walk; it ends when told to.
    pub fn watch(mut self, watcher: impl Fn(&Moment) -> ControlFlow<()> + Sync + 'm) -> Self {
        self.bounds.watcher = Some(Box::new(watcher));
        self
    }

    /// Ends the search soon after the first violation; what is not decided by then stays so.
    pub fn stop_at_violation(mut self) -> Self {
        self.stop_at_violation = true;
        self
    }

    /// Declares that the model's boundary is a bound of the check and not a loss, and why. Without
    /// it a check that leaves states beyond the boundary out is no success.
    pub fn boundary_is_meant(mut self, reason: impl Into<String>) -> Self {
        self.boundary_reason = Some(reason.into());
        self
    }

    /// Pins the figures that a complete check must give.
    pub fn pinned(mut self, pins: Pins) -> Self {
        self.pins = pins;
        self
    }
}

/// From here, to there.
fn reaches<'m, M: Model, T>(
    from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
) -> Question<'m, M, T> {
    Question::Reaches { from: Box::new(from), to: Box::new(to) }
}

/// What needs to look at actions needs to keep them while they are carried out.
impl<'m, M: Model, F: Firing<M>> Checker<'m, M, F>
where
    M::Action: Clone,
{
    fn keeping_actions(mut self) -> Self {
        self.keep_action = Some(M::Action::clone);
        self
    }

    /// Asks that every step satisfies `holds`.
    pub fn step(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &Step<'_, M, F::Tag>) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::Step, Question::Step(Box::new(holds))).keeping_actions()
    }

    /// Asks that some step satisfies `holds`.
    pub fn witness(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &Step<'_, M, F::Tag>) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::StepWitness, Question::Step(Box::new(holds))).keeping_actions()
    }

    /// The same, but it is no failure if none does: the report says which it is.
    pub fn notice(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &Step<'_, M, F::Tag>) -> bool + Sync + 'm,
    ) -> Self {
        self.witness(name, holds).dispensable()
    }

    /// Says which actions need not happen, in the states in which they can. All others are
    /// obliged: while one of them changes the state, something is left to happen.
    pub fn optional(
        mut self,
        optional: impl Fn(&M, &M::State, &M::Action) -> bool + Sync + 'm,
    ) -> Self {
        self.optional = Some(Box::new(optional));
        self.keeping_actions()
    }

    /// Asks that every state in which nothing is left to happen satisfies `holds`.
    pub fn at_rest(
        self,
        name: impl Into<Cow<'static, str>>,
        holds: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::AtRest, Question::State(Box::new(holds))).keeping_actions()
    }

    /// Asks that something is always left to happen, but in the states in which `may_end` says
    /// that it is over. A model in which something always is need have no such state.
    pub fn no_deadlock(
        self,
        name: impl Into<Cow<'static, str>>,
        may_end: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.at_rest(name, may_end).dispensable()
    }

    /// Says which actions are the adversary's, in the states in which they can happen.
    pub fn adversary(
        mut self,
        adversary: impl Fn(&M, &M::State, &M::Action) -> bool + Sync + 'm,
    ) -> Self {
        self.adversary = Some(Box::new(adversary));
        self.keeping_actions()
    }

    /// Asks that from every state in `from` some way leads to `to`, whoever moves.
    pub fn possible(
        self,
        name: impl Into<Cow<'static, str>>,
        from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::Possible, reaches(from, to)).keeping_actions()
    }

    /// Asks that from every state in `from` there is a way to `to` although the adversary may
    /// move, once or any finite number of times, after each move.
    pub fn game(
        self,
        name: impl Into<Cow<'static, str>>,
        from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.ask(name, Kind::Game, reaches(from, to)).keeping_actions()
    }

    /// Declares classes of actions for which fairness is promised, and which class an action
    /// belongs to in a state, by its place in `classes`; nothing is promised of a class that is not
    /// there. An action counts as possible where it changes the state.
    pub fn fair(
        mut self,
        classes: Vec<Fair>,
        class_of: impl Fn(&M, &M::State, &M::Action) -> Option<u16> + Sync + 'm,
    ) -> Self {
        self.classes = classes;
        self.fairness = Some(Box::new(class_of));
        self.keeping_actions()
    }

    /// Asks that every state in `from` is followed by one in `to` on every fair path.
    pub fn leads_to(
        self,
        name: impl Into<Cow<'static, str>>,
        from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.follows(name, LeadsTo::new(from, to))
    }

    /// The same, on those fair paths on which the actions of which `ceases` says so cease: from
    /// some point on, be it before or after the state in `from`, none of them happens, and none
    /// counts as possible. At most fourteen properties can be asked in this way.
    ///
    /// # Panics
    /// If more are asked: that is a mistake in the program that asks.
    pub fn leads_to_once_ceased(
        self,
        name: impl Into<Cow<'static, str>>,
        ceases: impl Fn(&M, &M::State, &M::Action) -> bool + Sync + 'm,
        from: impl Fn(&M, &M::State) -> bool + Sync + 'm,
        to: impl Fn(&M, &M::State) -> bool + Sync + 'm,
    ) -> Self {
        self.follows(name, LeadsTo::new(from, to).once_ceased(ceases))
    }

    /// Asks that something is always followed by something, as `asked` says. At most fourteen
    /// properties can be asked of what comes once requests cease.
    ///
    /// # Panics
    /// If more are asked: that is a mistake in the program that asks.
    pub fn follows(
        mut self,
        name: impl Into<Cow<'static, str>>,
        mut asked: LeadsTo<'m, M>,
    ) -> Self {
        let ceasing = asked.ceases.take().map(|ceases| {
            assert!(self.ceasing.len() < CEASING_MAX, "at most {CEASING_MAX} kinds of requests");
            self.ceasing.push(ceases);
            self.ceasing.len() - 1
        });
        self.ask(name, Kind::LeadsTo, Question::Follows(asked, ceasing)).keeping_actions()
    }

    /// Counts how often each of a family of things happens.
    pub fn cover(mut self, family: Family<'m, M, F::Tag>) -> Self {
        self.families.push(family);
        self.keeping_actions()
    }
}
