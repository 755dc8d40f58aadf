//! A time for each action, so that a deadline has passed exactly when the model says so.

use std::collections::BTreeMap;

use bindproof::bank::binding;
use bindproof::journal::{Decided, Event};
use bindproof::limits::Timing;
use bindproof::wallet::link;
use bindproof::wallet::lock::Closed;
use bindproof::wallet::operation::{self, Operation};
use bindproof_models::action::Action;
use bindproof_models::views::Seen;

use super::names::Names;
use super::step::Stepped;
use crate::key::Key;
use crate::trace::line::Ordered;

/// How long anything takes.
const STEP_MS: i64 = 50;

/// What a deadline is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Binding,
    Link,
    Operation,
    Lock,
    Age,
}

/// The one clock of all servers of a run.
#[derive(Clone, Debug)]
pub struct Clock {
    now_ms: i64,
    timing: Timing,
    due_ms: BTreeMap<(Due, Key), i64>,
}

impl Clock {
    /// A clock that stands at `now_ms`.
    pub const fn new(now_ms: i64, timing: Timing) -> Self {
        Self { now_ms, timing, due_ms: BTreeMap::new() }
    }

    /// The time.
    pub const fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// How old a request may be.
    pub const fn freshness_ms(&self) -> u64 {
        self.timing.freshness_ms
    }

    /// What a deadline action is about.
    fn of(names: &Names, action: Action) -> Option<(Due, Key)> {
        Some(match action {
            Action::BankDeadline(b) => (Due::Binding, names.binding(b)),
            Action::ApprovalDeadline(b) => (Due::Link, names.binding(b)),
            Action::OperationDeadline(o) => (Due::Operation, names.operation(o)),
            Action::LockEnds(path) => (Due::Lock, names.path(path)),
            Action::DeviceAges { account, device } => (Due::Age, names.device(account, device)),
            _ => return None,
        })
    }

    /// Whether it can happen now: a deadline only if none that passes earlier is armed, as that one
    /// would be stepped first.
    pub fn may(&self, names: &Names, action: Action) -> bool {
        let Some(of) = Self::of(names, action) else { return true };
        let Some(due_ms) = self.due_ms.get(&of) else { return matches!(of.0, Due::Age) };
        self.due_ms.iter().all(|((kind, _), other)| *kind == Due::Age || other >= due_ms)
    }

    /// Time passes until an action happens.
    pub fn pass(&mut self, names: &Names, action: Action) {
        let due_ms = Self::of(names, action).and_then(|of| self.due_ms.remove(&of));
        self.now_ms = (self.now_ms + STEP_MS).max(due_ms.unwrap_or(0));
    }

    fn after(&self, after_ms: u64) -> i64 {
        self.now_ms.saturating_add(i64::try_from(after_ms).unwrap_or(i64::MAX))
    }

    /// Arms and disarms what a step does.
    pub fn step(&mut self, event: &Event<Key>, stepped: &Stepped) {
        if !matches!(stepped.decided, Decided::Applied(_)) {
            return;
        }
        match (event, stepped.orders, stepped.after) {
            (Event::Binding { id, .. }, Ordered::Binding(orders), Seen::Binding(after, _)) => {
                for order in orders.iter() {
                    use binding::{Order, State};
                    let due_ms = match order {
                        Order::ArmDeadline(State::Looking) => self.after(self.timing.setup_ms),
                        Order::ArmDeadline(State::AwaitingApproval) => {
                            self.after(self.timing.approval_bank_ms)
                        }
                        _ => continue,
                    };
                    self.due_ms.insert((Due::Binding, *id), due_ms);
                }
                if !after.state.waits() {
                    self.due_ms.remove(&(Due::Binding, *id));
                }
            }
            (Event::Link { id, .. }, Ordered::Link(orders), Seen::Link(after, _)) => {
                if orders.iter().any(|order| order == link::Order::ArmApprovalDeadline) {
                    let due_ms = self.after(self.timing.approval_wallet_ms);
                    self.due_ms.insert((Due::Link, *id), due_ms);
                }
                if after.link.state != link::State::AwaitingApproval {
                    self.due_ms.remove(&(Due::Link, *id));
                }
            }
            (
                Event::Operation { id, device, path, .. },
                Ordered::Operation(orders),
                Seen::Operation(after, _),
            ) => {
                if orders.iter().any(|order| order == operation::Order::ArmDeadline) {
                    let proved = matches!(after.operation, Operation::Authenticated { .. });
                    let timing = &self.timing;
                    let ms = if proved { timing.authenticated_ms } else { timing.challenge_ms };
                    self.due_ms.insert((Due::Operation, *id), self.after(ms));
                }
                if !after.operation.is_under_way() {
                    self.due_ms.remove(&(Due::Operation, *id));
                }
                let Seen::Operation(before, _) = stepped.before else { return };
                let closes = after.lock.closed == Closed::ForRun;
                if let Some(path) = path.filter(|_| after.lock.closed != before.lock.closed) {
                    self.due_ms.remove(&(Due::Lock, path));
                    if closes {
                        let due_ms = self.after(self.timing.lock_run_ms);
                        self.due_ms.insert((Due::Lock, path), due_ms);
                    }
                }
                let trusts = after.device.is_trusted() && !before.device.is_trusted();
                if let Some(device) = device.filter(|_| trusts) {
                    let due_ms = self.after(self.timing.device_age_ms);
                    self.due_ms.insert((Due::Age, device), due_ms);
                }
            }
            (Event::Lock { path, .. }, _, Seen::Lock(after, _))
                if after.closed != Closed::ForRun =>
            {
                self.due_ms.remove(&(Due::Lock, *path));
            }
            _ => {}
        }
    }
}
