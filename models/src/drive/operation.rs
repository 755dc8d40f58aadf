//! The wallet client and the wallet server's operations.

use bindproof::control::{AllOn, Control, Controls};
use bindproof::policy::Requirement;
use bindproof::rule::Rule;
use bindproof::wallet::client;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::facts::{path_of_answer, path_of_request, waiting};
use bindproof::wallet::kind::Kind;
use bindproof::wallet::link;
use bindproof::wallet::lock::{Lock, Path};
use bindproof::wallet::operation::{self, Asked, Input, Operation, Order, View};
use bindproof::wallet::proof::{Demand, Proof, Tie};

use super::{Drive, Key, Record, index, reference};
use crate::action::{Answer, PathOf};
use crate::shown::Shown;
use crate::views::Seen;
use crate::world::{Actor, NONE};
use bindproof::journal::{Decided, Event};

/// The moves that execute an operation (for a payment: send it for debit).
const EXECUTIONS: [Rule; 10] = [
    Rule::SignedIn,
    Rule::BindingApproved,
    Rule::BindingDeclined,
    Rule::PaymentSent,
    Rule::LinkEnded,
    Rule::AuthenticatorAdded,
    Rule::OtherDeviceRevoked,
    Rule::IdentityVerified,
    Rule::Recovered,
    Rule::AccountClosed,
];

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'_, B, O, A, D, S>
{
    pub(super) fn start(&mut self, o: u8) {
        self.step_asker(o, client::Input::Start);
    }

    fn step_asker(&mut self, o: u8, input: client::Input) {
        let before = self.world.askers[usize::from(o)];
        let verdict = client::step(before, input);
        self.note_view(Decided::of(&verdict), || Seen::WalletClient(before, input));
        self.settle(Record::Asker(o), verdict, |drive, state| {
            drive.world.askers[usize::from(o)] = state;
        });
    }

    /// An attacker's operation that is over makes room for a new one under a new id.
    pub(super) fn start_another(&mut self, o: u8) {
        let at = usize::from(o);
        self.world.operations[at] = Operation::Absent;
        self.world.operation_account[at] = NONE;
        self.world.askers[at] = client::State::Idle;
        self.world.history.proved_by[at] = Actor::Nobody;
        self.world.history.shown[at] = Shown::Nothing;
        self.world.history.executions[at] = 0;
        self.step_asker(o, client::Input::Start);
    }

    /// `OperationRequest` reaches the wallet server.
    pub(super) fn request(&mut self, o: u8, heard: bool) {
        let at = usize::from(o);
        let context = self.model.context(self.model.controls, self.world, at);
        let (account, _) = self.model.account_of(self.model.controls, self.world, at);
        if self.world.operations[at] == Operation::Absent {
            self.world.operation_account[at] = account.map_or(NONE, |a| a as u8);
        }
        let path = path_of_request(self.model.controls, self.device(at));
        self.step_operation(at, Input::Requested { context, asked: Asked::PROPER }, path, NONE);
        if self.world.operations[at] == Operation::Absent {
            self.world.operation_account[at] = NONE;
        }
        if heard {
            let refused = self.fired.steps().any(|(_, tag)| matches!(tag, Decided::Refused(_)));
            match self.world.operations[at] {
                Operation::Challenged { .. } => self.step_asker(o, client::Input::Challenged),
                state if state.is_over() || refused => self.step_asker(o, client::Input::Told),
                _ => {}
            }
        }
    }

    /// `ChallengeAnswer` reaches the wallet server.
    pub(super) fn answer(&mut self, o: u8, answer: Answer) {
        let at = usize::from(o);
        let before = self.world.operations[at];
        let Operation::Challenged { demand, .. } = before else {
            let context = self.model.context(self.model.controls, self.world, at);
            let (proof, _) = self.proof(at, Demand::Decoy, answer);
            let input = Input::Answered { context, proof, path: Path::Strangers };
            self.step_operation(at, input, Path::Strangers, NONE);
            return;
        };
        let (proof, code_of) = self.proof(at, demand, answer);
        let context = self.model.context(self.model.controls, self.world, at);
        let device = self.device(at);
        let path = path_of_answer(self.model.controls, before, device, proof);
        let input = Input::Answered { context, proof, path };
        self.step_operation(at, input, path, code_of);
        self.present_code(code_of);
        let refused = self.fired.steps().any(|(_, tag)| matches!(tag, Decided::Refused(_)));
        if !refused {
            let true_path = path_of_answer(AllOn, before, device, proof);
            self.observe_answer(at, demand, answer, proof, true_path, code_of);
        }
    }

    /// A code is spent when it is presented, whatever becomes of the answer, and whoever watches
    /// has seen it.
    fn present_code(&mut self, code_of: u8) {
        let Some(b) = index(code_of) else { return };
        let hangs_on = index(self.world.link_account[b]);
        self.step_link(code_of, link::Input::CodePresented, hangs_on, NONE);
        if self.model.scope.adversary.sees_codes {
            self.world.history.code_leaked[b] = true;
        }
    }

    pub(super) fn execute(&mut self, o: u8) {
        let at = usize::from(o);
        let context = self.model.context(self.model.controls, self.world, at);
        let (path, code_of) = match self.world.operations[at] {
            Operation::Authenticated { path, .. } => {
                (path, self.demanded_binding(at).map_or(NONE, |b| b as u8))
            }
            _ => (Path::Strangers, NONE),
        };
        self.step_operation(at, Input::Executing(context), path, code_of);
    }

    pub(super) fn operation_deadline(&mut self, o: u8) {
        let waiting = waiting(self.world.operations[usize::from(o)]);
        self.step_operation(usize::from(o), Input::Expired(waiting), Path::Strangers, NONE);
    }

    pub(super) fn debit_answer(&mut self, o: u8, accepted: bool) {
        self.step_operation(
            usize::from(o),
            Input::DebitDecided { own: true, accepted },
            Path::Strangers,
            NONE,
        );
    }

    pub(super) fn hostile_debit_answer(&mut self, o: u8, accepted: bool) {
        let input = Input::DebitDecided { own: false, accepted };
        self.step_operation(usize::from(o), input, Path::Strangers, NONE);
    }

    /// Steps an operation with the lock of `path`; `code_of` is the binding whose code is
    /// presented or was.
    pub(super) fn step_operation(&mut self, at: usize, input: Input, path: Path, code_of: u8) {
        let model = self.model;
        let scope = &model.scope.operation[at];
        let d = usize::from(scope.device);
        let (account, seen_account) = model.account_of(model.controls, self.world, at);
        let lock_of = PathOf::counted(seen_account, path, scope.device, reference(code_of));
        let view = View {
            operation: self.world.operations[at],
            account: seen_account,
            device: account.map_or(Device::Unknown, |a| self.world.devices[a][d]),
            lock: lock_of.map_or(Lock::OPEN, |path| *self.path_mut(path).0),
        };
        let verdict = operation::step_with(model.controls, model.terms(), view, input);
        self.note_view(Decided::of(&verdict), || Seen::Operation(view, input));
        let claims =
            verdict.orders().any(|order| order == Order::ClaimPerson) && !seen_account.is_open();
        let account = if claims { Some(self.claimed_account()) } else { account };
        self.write_journal(Decided::of(&verdict), || Event::Operation {
            id: Key::Operation(at as u8),
            account: account.map(|a| Key::Account(a as u8)),
            device: account.map(|a| Key::Device(a as u8, d as u8)),
            path: lock_of.map(Key::Path),
            input,
        });
        let rule = match &verdict {
            bindproof::verdict::Verdict::Apply(step) => Some(step.rule),
            _ => None,
        };
        let orders = self.settle(Record::Operation(at as u8), verdict, |drive, state| {
            drive.world.operations[at] = state.operation;
            if let Some(path) = lock_of {
                *drive.path_mut(path).0 = state.lock;
            }
            if let Some(a) = account {
                if state.account != seen_account {
                    drive.world.accounts[a] = state.account;
                }
                if state.device != view.device {
                    drive.world.devices[a][d] = state.device;
                }
                if claims {
                    drive.world.operation_account[at] = a as u8;
                }
            }
        });
        for order in orders.iter() {
            self.obey_operation(at, order, account);
        }
        if rule == Some(Rule::PaymentRefused) {
            let total = &mut self.world.history.sent_total;
            *total = total.saturating_sub(model.scope.operation[at].amount);
        }
        if rule.is_some_and(|rule| EXECUTIONS.contains(&rule)) {
            self.observe_execution(at, account);
        }
        self.world.history.went_through[at] |= rule == Some(Rule::PaymentExecuted);
    }

    fn obey_operation(&mut self, at: usize, order: Order, account: Option<usize>) {
        let scope = self.model.scope.operation[at];
        match order {
            Order::StepLink(input) => {
                let hangs_on = index(self.world.link_account[usize::from(scope.binding)]);
                self.step_link(scope.binding, input, hangs_on, NONE);
            }
            Order::SendDebitRequest => {
                //= BIND-150 a debit is asked for until the bank has answered
                let owed = self.model.controls.on(Control::DebitOwedUntilAnswer);
                let mail = &mut self.world.debit_mail[at];
                (mail.sent, mail.owed) = (true, owed);
            }
            Order::StopDebitRequest => self.world.debit_mail[at].owed = false,
            Order::RevokeNamedDevice => {
                if let Some(a) = account {
                    self.revoke(a, usize::from(scope.other_device), at);
                }
            }
            Order::StartAfresh => {
                if let Some(a) = account {
                    self.start_afresh(a, at);
                }
            }
            Order::LeaveAccount => self.leave_account(account, Some(at)),
            Order::ClaimPerson
            | Order::SendChallenge(_)
            | Order::TellOutcome
            | Order::ArmDeadline => {}
        }
    }

    /// Revokes one device and refuses the operations under way on it, but recoveries.
    fn revoke(&mut self, a: usize, d: usize, by: usize) {
        self.step_device(a, d, device::Input::Revoked);
        for o in 0..self.model.scope.operation.len() {
            let operation = &self.model.scope.operation[o];
            let on_it = usize::from(operation.device) == d
                && index(self.world.operation_account[o]) == Some(a);
            if on_it && o != by && !operation.kind.is_the_persons() {
                self.end_operation(o);
            }
        }
    }

    /// Proved identity: every other device goes, every link, every other operation.
    fn start_afresh(&mut self, a: usize, at: usize) {
        let own = usize::from(self.model.scope.operation[at].device);
        //= BIND-091 proved identity revokes every other device
        if self.model.controls.on(Control::ProvenIdentityRevokes) {
            for d in (0..self.model.scope.device.len()).filter(|d| *d != own) {
                self.step_device(a, d, device::Input::Revoked);
            }
        }
        self.end_links(a);
        self.end_operations(a, Some(at));
    }

    /// Notes who truly proved what, and counts wrong answers where they truly belong.
    fn observe_answer(
        &mut self,
        at: usize,
        demand: Demand,
        answer: Answer,
        proof: Proof,
        path: Path,
        code_of: u8,
    ) {
        let met = demand.is_met(AllOn, proof) && answer != Answer::FromElsewhere;
        if matches!(self.world.operations[at], Operation::Authenticated { .. }) {
            let own = matches!(answer, Answer::Best | Answer::CodeInVain);
            let actor = if own { self.actor(at) } else { Actor::Attacker };
            self.world.history.proved_by[at] = actor;
            self.world.history.shown[at] = self.truly_shown(at, proof, code_of);
        }
        let kind = self.model.scope.operation[at].kind;
        if demand.shown_as(AllOn, kind) == Requirement::TwoFactorAndIdentity {
            return;
        }
        let (_, account) = self.model.account_of(self.model.controls, self.world, at);
        let device = self.model.scope.operation[at].device;
        let counted = PathOf::counted(account, path, device, reference(code_of));
        let Some(path) = counted else { return };
        let limits = self.model.limits;
        let wrong = self.path_mut(path).1;
        if met {
            // On the strangers' path a success ends nobody else's run.
            wrong.run = if path == PathOf::Strangers { wrong.run } else { 0 };
        } else {
            // One past the limit is enough to see that it was passed.
            wrong.run = (wrong.run + 1).min(limits.run + 1);
            wrong.day = (wrong.day + 1).min(limits.day + 1);
        }
    }

    /// What an answer truly showed, whatever was demanded; `code_of` is the binding whose code it
    /// presented.
    fn truly_shown(&self, at: usize, proof: Proof, code_of: u8) -> Shown {
        let about = self.model.truly_about(self.world, at);
        let code = proof.code != Tie::None && index(code_of) == about;
        let contact = proof.contact == Tie::Demanded && self.demanded_binding(at) == about;
        Shown::of(proof, about.is_some() && code && contact)
    }

    /// Counts an execution and what a payment sends for debit, and notes on which account the
    /// holder has proved who she is: only now it is known which, if the step has made it.
    fn observe_execution(&mut self, at: usize, account: Option<usize>) {
        self.fired.executed = Some(at as u8);
        let executions = &mut self.world.history.executions[at];
        *executions = (*executions + 1).min(2);
        let scope = &self.model.scope.operation[at];
        let history = &mut self.world.history;
        let hers = history.proved_by[at] == Actor::Holder && history.shown[at] == Shown::Identity;
        if let Some(a) = account.filter(|_| scope.kind.proves_identity() && hers) {
            history.reclaimed[a] = true;
        }
        if scope.kind == Kind::Pay {
            let total = &mut self.world.history.sent_total;
            *total = total.saturating_add(scope.amount);
        }
    }
}
