//! Properties of every step: before, action, what fired, after.

use bindproof::bank::binding::State as Bank;
use bindproof::bank::debit::Debit;
use bindproof::control::AllOn;
use bindproof::policy::{Facts, Requirement, required};
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;
use bindproof::wallet::account::Account;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link::{Link, State};
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::{Demand, Tie};

use super::order;
use crate::action::{Action, Answer, Delivery};
use crate::drive::{Fired, index};
use crate::model::Protocol;
use crate::network::{ToBank, ToWallet};
use crate::scope::Owner;
use crate::shown::Shown;
use crate::world::{Actor, NONE, World};
use bindproof::journal::Decided;

/// One step between two states.
pub struct Step<'a, const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
{
    /// The state before.
    pub before: &'a World<B, O, A, D, S>,
    /// What happened.
    pub action: Action,
    /// Which rules and refusals fired.
    pub fired: &'a Fired,
    /// The state after.
    pub after: &'a World<B, O, A, D, S>,
}

/// A property of one step.
pub type StepProperty<
    const B: usize,
    const O: usize,
    const A: usize,
    const D: usize,
    const S: usize,
> = fn(&Protocol<B, O, A, D, S>, &Step<'_, B, O, A, D, S>) -> bool;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// The step properties by name.
    pub const STEP: [(&'static str, StepProperty<B, O, A, D, S>); 14] = [
        ("always-authenticated-when-condition-met", Self::always_authenticated),
        ("existing-account-needs-approval", Self::existing_account_needs_approval),
        ("proof-fits-its-operation", Self::proof_fits_its_operation),
        ("no-weaker-proof-accepted", Self::no_weaker_proof_accepted),
        ("closed-account-and-locked-path-do-nothing", Self::closed_and_locked_do_nothing),
        ("no-debit-unless-active-on-both-sides", Self::no_debit_unless_active),
        ("running-total-counts", Self::running_total_counts),
        ("bank-touches-only-its-own", Self::bank_touches_only_its_own),
        ("only-its-parties-see-or-end-it", Self::only_its_parties),
        ("ended-stays-ended", Self::ended_stays_ended),
        ("identity-never-changes", Self::identity_never_changes),
        ("refusal-changes-nothing", Self::refusal_changes_nothing),
        ("same-key-same-answer", Self::same_key_same_answer),
        ("order-cannot-be-skipped", Self::order_cannot_be_skipped),
    ];

    //= BIND-102 executed while the condition is met means a passed challenge was spent on it
    fn always_authenticated(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let Some(o) = step.fired.executed.map(usize::from) else { return true };
        let world = step.before;
        let required = self.truly_required(world, o);
        // That a challenge was passed is not enough: what passed it must have been enough for what
        // is required now, and given by whoever runs the operation.
        let own = match self.scope.operation[o].by {
            Owner::Holder => Actor::Holder,
            Owner::Attacker => Actor::Attacker,
        };
        let passed = matches!(world.operations[o], Operation::Authenticated { .. });
        let first = self.would_be_first(world, o);
        let enough = world.history.shown[o].suffices(self.scope.operation[o].kind, first, required);
        required == Requirement::None || (passed && enough && world.history.proved_by[o] == own)
    }

    //= BIND-107 no link becomes active on an account not created for it unapproved by its holder
    fn existing_account_needs_approval(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        (0..self.scope.binding.len()).all(|b| {
            let before = step.before.links[b].state;
            let activated = step.after.links[b].state == State::Active
                && !matches!(before, State::Active | State::Suspended);
            let created_for = index(step.after.link_account[b])
                .is_some_and(|a| usize::from(step.after.created_for[a]) == b);
            !activated || created_for || self.approves(step, b)
        })
    }

    /// The step is the true holder's approval of binding `b`, proved with its code, its contact and
    /// her own two factors, whatever was demanded.
    fn approves(&self, step: &Step<'_, B, O, A, D, S>, b: usize) -> bool {
        step.fired.executed.map(usize::from).is_some_and(|o| {
            let operation = &self.scope.operation[o];
            operation.kind == Kind::ApproveBinding
                && usize::from(operation.binding) == b
                && step.before.history.proved_by[o] == Actor::Holder
                && step.before.history.shown[o] == Shown::CodeAndTwoFactors
        })
    }

    //= BIND-110 an answer counts for the operation it was made for, and from its device only
    fn proof_fits_its_operation(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let Action::Answer { operation, answer } = step.action else { return true };
        let o = usize::from(operation);
        let passed = matches!(step.after.operations[o], Operation::Authenticated { .. })
            && matches!(step.before.operations[o], Operation::Challenged { .. });
        match answer {
            Answer::FromElsewhere => step.before.operations[o] == step.after.operations[o],
            Answer::ProofOfAnother => !passed,
            _ => true,
        }
    }

    //= BIND-111 what passes is of at least the class that was demanded
    fn no_weaker_proof_accepted(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let Action::Answer { operation, answer } = step.action else { return true };
        let o = usize::from(operation);
        let passed = matches!(step.after.operations[o], Operation::Authenticated { .. })
            && matches!(step.before.operations[o], Operation::Challenged { .. });
        let own = matches!(answer, Answer::Best | Answer::CodeInVain | Answer::Wrong);
        let Operation::Challenged { demand, .. } = step.before.operations[o] else { return true };
        let (kind, first) = (self.scope.operation[o].kind, demand == Demand::CodeAndContact);
        let shown = step.after.history.shown[o];
        !(passed && own) || shown.suffices(kind, first, demand.requirement())
    }

    //= BIND-114 nothing is compared or executed on a closed account, revoked key or closed path
    fn closed_and_locked_do_nothing(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let compared = match step.action {
            Action::Answer { operation, .. } => {
                let o = usize::from(operation);
                (step.before.operations[o] != step.after.operations[o]).then_some(o)
            }
            _ => None,
        };
        let executed = step.fired.executed.map(usize::from);
        [compared, executed].into_iter().flatten().all(|o| {
            let scope = &self.scope.operation[o];
            let recovers = scope.kind == Kind::Recover;
            let (account, _) = self.account_of(AllOn, step.before, o);
            let open = account.is_some_and(|a| step.before.accounts[a].is_open());
            let d = usize::from(scope.device);
            let revoked = account.is_some_and(|a| {
                step.before.devices[a][d] == bindproof::wallet::device::Device::Revoked
            });
            // Comparing an answer with a decoy does nothing but count it.
            let absent = executed != Some(o) || open || recovers;
            absent && !revoked && (scope.kind.proves_identity() || !self.on_closed_path(step, o))
        })
    }

    /// The path by which the answer came, or by which the proof that is spent came, is closed.
    fn on_closed_path(&self, step: &Step<'_, B, O, A, D, S>, o: usize) -> bool {
        let world = step.before;
        let d = usize::from(self.scope.operation[o].device);
        let (account, record) = self.account_of(AllOn, world, o);
        if record.is_nobodys() {
            return false;
        }
        let path = match (world.operations[o], step.after.operations[o]) {
            (Operation::Authenticated { path, .. }, _)
            | (_, Operation::Authenticated { path, .. }) => path,
            _ => {
                let trusted = account.is_some_and(|a| world.devices[a][d].is_trusted());
                let demand = match world.operations[o] {
                    Operation::Challenged { demand, .. } => demand,
                    _ => Demand::Nothing,
                };
                let presented = step.fired.applied(Rule::CodeSpent);
                let code = if presented { Tie::Demanded } else { Tie::None };
                Path::of(AllOn, demand, code, trusted)
            }
        };
        let lock = match path {
            Path::Strangers => world.strangers,
            Path::Device => world.device_locks[d],
            Path::Code => match self.truly_about(world, o) {
                Some(b) => world.code_locks[b],
                None => return false,
            },
        };
        !lock.is_open()
    }

    //= BIND-115 the bank accepts only while active, and only what was asked while the link was
    fn no_debit_unless_active(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let debits = (0..self.scope.operation.len()).all(|o| {
            let accepted =
                step.after.debits[o] == Debit::Accepted && step.before.debits[o] != Debit::Accepted;
            let b = usize::from(self.scope.operation[o].binding);
            let bound = step.before.bindings.get(b).is_some_and(|binding| {
                binding.state == Bank::Active && !step.before.history.blocked[b]
            });
            !accepted || (bound && step.before.history.executions[o] > 0)
        });
        let sent = step.fired.executed.map(usize::from).is_none_or(|o| {
            let scope = &self.scope.operation[o];
            scope.kind != Kind::Pay
                || step.before.links[usize::from(scope.binding)].state == State::Active
        });
        // The bank's decisions count in the order in which the bank made them.
        let ordered = (0..self.scope.binding.len())
            .all(|b| step.after.links[b].bank_revision >= step.before.links[b].bank_revision);
        debits && sent && ordered
    }

    //= BIND-116 what goes without authentication keeps the whole sum sent small
    fn running_total_counts(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let Some(o) = step.fired.executed.map(usize::from) else { return true };
        let unproved = !step.before.operations[o].is_under_way();
        if self.scope.operation[o].kind != Kind::Pay || !unproved {
            return true;
        }
        let sum = u64::from(step.after.history.sent_total) * 1000;
        let total = self.policy.bands().total(sum);
        let facts = Facts { total, ..self.true_facts(step.before, o) };
        required(&self.policy, facts) == Requirement::None
    }

    //= BIND-117 a bank reaches its own links, and no other's
    fn bank_touches_only_its_own(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        if matches!(step.action, Action::HostileDebitAnswer { .. }) {
            return step.before == step.after;
        }
        let Action::Hostile { binding, .. } = step.action else { return true };
        let own = |b: usize| !self.scope.honest(b);
        if !own(usize::from(binding)) {
            return step.before == step.after;
        }
        let links = (0..self.scope.binding.len()).filter(|b| !own(*b)).all(|b| {
            step.before.links[b] == step.after.links[b]
                && step.before.notices[b] == step.after.notices[b]
        });
        links && step.before.devices == step.after.devices
    }

    //= BIND-118 a client that is not the binding's own changes nothing and learns nothing
    fn only_its_parties(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        match step.action {
            Action::LeaveForeign(_) => step.before == step.after,
            Action::Status { own: false, .. } => {
                step.before == step.after && step.fired.refused(Refusal::NotFound)
            }
            _ => true,
        }
    }

    //= BIND-120 terminal states absorb
    fn ended_stays_ended(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let (before, after) = (step.before, step.after);
        let again = |o: usize| step.action == Action::StartAnother(o as u8);
        let bindings = (0..self.scope.binding.len()).all(|b| {
            (!before.bindings[b].state.is_closed() || before.bindings[b] == after.bindings[b])
                && (!before.links[b].state.is_over()
                    || before.links[b].state == after.links[b].state)
        });
        let operations = (0..self.scope.operation.len()).all(|o| {
            (!before.operations[o].is_over()
                || before.operations[o] == after.operations[o]
                || again(o))
                && (before.debits[o] == Debit::Absent || before.debits[o] == after.debits[o])
        });
        let accounts = (0..A)
            .all(|a| before.accounts[a] != Account::Closed || after.accounts[a] == Account::Closed);
        let revoked = bindproof::wallet::device::Device::Revoked;
        let devices = before.devices.iter().flatten().zip(after.devices.iter().flatten());
        let keys = devices.into_iter().all(|(old, new)| *old != revoked || *new == revoked);
        bindings && operations && accounts && keys
    }

    //= BIND-121 references are set once
    fn identity_never_changes(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let kept = |before: &[u8], after: &[u8]| {
            before.iter().zip(after).all(|(before, after)| *before == NONE || before == after)
        };
        let (before, after) = (step.before, step.after);
        kept(&before.binding_account, &after.binding_account)
            && kept(&before.link_account, &after.link_account)
            && kept(&before.created_for, &after.created_for)
    }

    //= BIND-122 a refusal changes nothing but that a code is spent which was presented
    fn refusal_changes_nothing(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let (before, after) = (step.before, step.after);
        let applied = step.fired.steps().any(|(_, tag)| matches!(tag, Decided::Applied(_)));
        let refused = step.fired.steps().any(|(_, tag)| matches!(tag, Decided::Refused(_)));
        // Who presents a code in an answer that is refused has spent it all the same.
        let links = before.links.iter().zip(&after.links).all(|(before, after)| {
            let code_spent = before.code_spent || (refused && after.code_spent);
            *after == Link { code_spent, ..*before }
        });
        let paths = before.strangers == after.strangers
            && before.device_locks == after.device_locks
            && before.code_locks == after.code_locks;
        let records = links
            && paths
            && before.bindings == after.bindings
            && before.debits == after.debits
            && before.accounts == after.accounts
            && before.devices == after.devices
            && before.operations == after.operations;
        // What is too old to begin something new is a problem, whatever the server calls it.
        let too_old = match step.action {
            Action::Deliver {
                delivery:
                    Delivery::ToWallet {
                        binding,
                        message: ToWallet::AccountRegistration | ToWallet::LinkRequest,
                        fresh: false,
                    },
                ..
            } => before.links[usize::from(binding)].state == State::Absent,
            _ => false,
        };
        let again = matches!(step.action, Action::StartAnother(_));
        (applied && !refused && !too_old) || again || records
    }

    //= BIND-123 the same key with another body is refused and changes nothing
    fn same_key_same_answer(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        // The answers to one registration name one account.
        let registrations = (0..self.scope.binding.len()).all(|b| {
            let named = ToBank::in_mask(step.after.to_bank[b])
                .filter(|answer| matches!(answer, ToBank::Created(_) | ToBank::Existing(_)));
            named.count() <= 1
        });
        let requests = match step.action {
            Action::AskOtherBody(b) => {
                let known = step.before.bindings[usize::from(b)].state != Bank::Absent;
                !known
                    || (step.fired.refused(Refusal::IdempotencyConflict)
                        && step.before == step.after)
            }
            Action::Deliver { delivery: Delivery::Ask(b), .. } => {
                let b = usize::from(b);
                step.before.bindings[b].state == Bank::Absent
                    || step.before.bindings[b] == step.after.bindings[b]
            }
            _ => true,
        };
        registrations && requests
    }

    //= BIND-124 no state is skipped
    fn order_cannot_be_skipped(&self, step: &Step<'_, B, O, A, D, S>) -> bool {
        let (before, after) = (step.before, step.after);
        let bindings = (0..self.scope.binding.len()).all(|b| {
            order::binding(before.bindings[b].state, after.bindings[b].state)
                && order::link(before.links[b].state, after.links[b].state)
        });
        let again = |o: usize| step.action == Action::StartAnother(o as u8);
        let operations = (0..self.scope.operation.len())
            .all(|o| again(o) || order::operation(before.operations[o], after.operations[o]));
        // Before its first authentication an account does nothing but recover.
        let first = step.fired.executed.map(usize::from).is_none_or(|o| {
            let waits = index(before.operation_account[o])
                .is_some_and(|a| before.accounts[a].awaits_first_authentication());
            let kind = self.scope.operation[o].kind;
            !waits || matches!(kind, Kind::SignIn | Kind::Recover)
        });
        bindings && operations && first
    }
}
