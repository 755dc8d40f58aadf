//! What a step answers: apply, the same answer again, or no.

use crate::refusal::Refusal;
use crate::rule::Rule;

/// The most orders one step gives. A compile-time bound, so that no step needs a heap.
pub const ORDERS_MAX: usize = 6;

/// What a step decided about one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a decision that is dropped is not carried out"]
pub enum Verdict<S, O> {
    /// Write `state`, carry out `orders`, both in one transaction.
    Apply(Step<S, O>),
    /// Nothing changes; the same answer again. Retries are the normal case.
    Replay(Rule, Orders<O>),
    /// Nothing changes, because of this.
    Refuse(Refusal),
}

/// A move: the state after it, what is owed because of it, and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<S, O> {
    /// The record or records after the move.
    pub state: S,
    /// What to do after the commit, at least once.
    pub orders: Orders<O>,
    /// The name of the move.
    pub rule: Rule,
}

impl<S, O: Copy> Verdict<S, O> {
    /// A move to `state` under `rule` that orders nothing.
    pub const fn apply(rule: Rule, state: S) -> Self {
        Self::Apply(Step { state, orders: Orders::none(), rule })
    }

    /// The same answer again, with the orders that repeat it.
    pub const fn replay(rule: Rule) -> Self {
        Self::Replay(rule, Orders::none())
    }

    /// Adds one order to an applied or replayed verdict; a refusal orders nothing.
    pub fn order(mut self, order: O) -> Self {
        match &mut self {
            Self::Apply(step) => step.orders.push(order),
            Self::Replay(_, orders) => orders.push(order),
            Self::Refuse(_) => {}
        }
        self
    }

    /// Adds one order if there is one.
    pub fn order_if(self, condition: bool, order: O) -> Self {
        if condition { self.order(order) } else { self }
    }

    /// The rule that fired, if the input was not refused.
    pub const fn rule(&self) -> Option<Rule> {
        match self {
            Self::Apply(step) => Some(step.rule),
            Self::Replay(rule, _) => Some(*rule),
            Self::Refuse(_) => None,
        }
    }

    /// The refusal, if the input was refused.
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refuse(refusal) => Some(*refusal),
            _ => None,
        }
    }

    /// The orders given; none for a refusal.
    pub fn orders(&self) -> impl Iterator<Item = O> + '_ {
        let orders = match self {
            Self::Apply(step) => Some(&step.orders),
            Self::Replay(_, orders) => Some(orders),
            Self::Refuse(_) => None,
        };
        orders.into_iter().flat_map(Orders::iter)
    }
}

/// A short list of orders without a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orders<O> {
    list: [Option<O>; ORDERS_MAX],
}

impl<O: Copy> Orders<O> {
    /// No orders.
    pub const fn none() -> Self {
        Self { list: [None; ORDERS_MAX] }
    }

    /// Appends an order. The bound is a property of the specification's own arms, which the tests
    /// run one and all: there, an order that does not fit panics.
    pub fn push(&mut self, order: O) {
        match self.list.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(order),
            None if cfg!(test) => panic!("a step gives at most ORDERS_MAX orders"),
            None => {}
        }
    }

    /// The orders in the sequence in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = O> + '_ {
        self.list.iter().flatten().copied()
    }
}
