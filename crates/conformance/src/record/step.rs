//! What a step saw, as a server would have it, and what it decides.

use bindproof::bank::{binding, debit};
use bindproof::journal::{Decided, Event};
use bindproof::message::Message;
use bindproof::verdict::{Orders, Verdict};
use bindproof::wallet::account::Account;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::link::{self, Request};
use bindproof::wallet::lock::{self, Lock};
use bindproof::wallet::operation::{self, Context, Operation};
use bindproof::wallet::proof::Tie;
use bindproof_models::action::{Action, Delivery};
use bindproof_models::drive::{Key as ModelKey, index};
use bindproof_models::network::ToWallet;
use bindproof_models::views::{LocalView, Seen};
use bindproof_models::world::NONE;

use super::Recorder;
use crate::key::Key;
use crate::trace::line::{Instrument, Ordered, Touch, Touched};

/// What a step decided, ordered, and left behind.
#[derive(Clone, Copy, Debug)]
pub struct Stepped {
    /// What it decided.
    pub decided: Decided,
    /// What it ordered.
    pub orders: Ordered,
    /// The records before it.
    pub before: Seen,
    /// The records after it, with the same input.
    pub after: Seen,
}

/// The step that a run is carried out with.
pub type Decide<'a> = &'a dyn Fn(&Seen) -> Stepped;

/// The specification's own step, under these terms.
pub fn decide<'a>(terms: operation::Terms<'a>) -> impl Fn(&Seen) -> Stepped + 'a {
    move |seen| match *seen {
        Seen::Binding(state, input) => {
            stepped(seen, binding::step(state, input), |after| Seen::Binding(after, input))
        }
        Seen::Debit(state, input) => {
            stepped(seen, debit::step(state, input), |after| Seen::Debit(after, input))
        }
        Seen::Link(view, input) => {
            stepped(seen, link::step(view, input), |after| Seen::Link(after, input))
        }
        Seen::Operation(view, input) => {
            let verdict = operation::step(terms, view, input);
            stepped(seen, verdict, |after| Seen::Operation(after, input))
        }
        Seen::Device(state, input) => {
            stepped(seen, device::step(state, input), |after| Seen::Device(after, input))
        }
        Seen::Lock(state, input) => {
            stepped(seen, lock::step(state, input), |after| Seen::Lock(after, input))
        }
        Seen::BankClient(..) | Seen::WalletClient(..) => Stepped {
            decided: Decided::Refused(bindproof::refusal::Refusal::NotFound),
            orders: Ordered::Nothing,
            before: *seen,
            after: *seen,
        },
    }
}

/// What became of a verdict on what was `seen`.
pub fn stepped<S: Copy, O: Copy>(
    seen: &Seen,
    verdict: Verdict<S, O>,
    after: impl FnOnce(S) -> Seen,
) -> Stepped
where
    Ordered: From<Orders<O>>,
{
    let decided = Decided::of(&verdict);
    let (orders, after) = match verdict {
        Verdict::Apply(step) => (step.orders, after(step.state)),
        Verdict::Replay(_, orders) => (orders, *seen),
        Verdict::Refuse(_) => (Orders::none(), *seen),
    };
    Stepped { decided, orders: orders.into(), before: *seen, after }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Recorder<'_, B, O, A, D, S>
{
    /// A step with the facts that no step reads as a server would have put them: the model puts
    /// there what is easiest.
    pub(super) fn as_a_server_has_it(
        &self,
        action: Action,
        event: Event<ModelKey>,
        view: LocalView,
        presented: Option<u8>,
        foreign: bool,
    ) -> (Event<ModelKey>, LocalView) {
        let (event, seen) = match (event, view.seen) {
            (Event::Binding { id, input }, Seen::Binding(state, _)) => {
                let here = state.state != binding::State::Absent;
                let input = match input {
                    binding::Input::Asked(asked) => {
                        let instrument_usable = !self.is_blocked(id);
                        binding::Input::Asked(binding::Asked { instrument_usable, ..asked })
                    }
                    binding::Input::StatusAsked { own } => {
                        binding::Input::StatusAsked { own: own && here }
                    }
                    other => other,
                };
                // What is another's is nowhere in one's own records.
                let state = if foreign { binding::Binding::ABSENT } else { state };
                (Event::Binding { id, input }, Seen::Binding(state, input))
            }
            (Event::Link { id, account, input }, Seen::Link(mut seen, _)) => {
                let input = self.link_input(action, id, input);
                let account = account.filter(|_| self.hangs_or_names(id, &input));
                if account.is_none() && !matches!(input, link::Input::RegistrationAsked(_)) {
                    seen.account = Account::Absent;
                }
                (Event::Link { id, account, input }, Seen::Link(seen, input))
            }
            (Event::Operation { id, account, device, path, input }, Seen::Operation(seen, _)) => {
                let there = |context: Context| match account {
                    Some(_) => context,
                    None => Context { link: link::State::Absent, ..context },
                };
                use operation::Input;
                let input = match input {
                    Input::Requested { context, asked } => {
                        Input::Requested { context: there(context), asked }
                    }
                    Input::Answered { context, mut proof, path } => {
                        let challenged = matches!(seen.operation, Operation::Challenged { .. });
                        if presented.is_none() && !challenged {
                            proof.code = Tie::None;
                        }
                        Input::Answered { context: there(context), proof, path }
                    }
                    Input::Executing(context) => Input::Executing(there(context)),
                    Input::TargetEnded(context) => Input::TargetEnded(there(context)),
                    other => other,
                };
                let event = Event::Operation { id, account, device, path, input };
                (event, Seen::Operation(seen, input))
            }
            (event, seen) => (event, seen),
        };
        (event, LocalView { seen, ..view })
    }

    /// Whether the instrument of a binding is blocked.
    pub(super) fn is_blocked(&self, id: ModelKey) -> bool {
        let ModelKey::Binding(b) = id else { return false };
        let terms = self.model.scope.binding[usize::from(b)];
        let bindings = self.model.scope.binding.iter().enumerate();
        let same = bindings
            .filter(|(_, other)| (other.bank, other.instrument) == (terms.bank, terms.instrument));
        same.into_iter().any(|(other, _)| self.world.history.blocked[other])
    }

    /// The instrument of the binding that an event is about.
    fn instrument_of(&self, event: &Event<Key>) -> Option<Key> {
        let Event::Binding { id, .. } = event else { return None };
        let bindings = (0u8..).zip(&self.model.scope.binding);
        let mut own = bindings.filter(|(b, _)| self.names.binding(*b) == *id);
        own.next().map(|(_, terms)| self.names.instrument(terms.bank, terms.instrument))
    }

    /// Whether a step on a link sees an account: the one it hangs on, or the one that is named or
    /// made. The model has a bank's other messages name one, too.
    fn hangs_or_names(&self, id: ModelKey, input: &link::Input) -> bool {
        let ModelKey::Binding(b) = id else { return false };
        let names = matches!(input, link::Input::RegistrationAsked(_) | link::Input::LinkAsked(_));
        names || self.world.link_account[usize::from(b)] != NONE
    }

    fn link_input(&self, action: Action, id: ModelKey, input: link::Input) -> link::Input {
        let (bank, named) = match action {
            Action::Hostile { message, account, .. } => {
                let hostile = self.model.scope.bank.iter().position(|bank| !bank.honest);
                let named = (message == ToWallet::LinkRequest).then_some(account);
                (hostile.unwrap_or(0) as u8, named)
            }
            Action::Deliver { delivery: Delivery::ToWallet { binding, message, .. }, .. } => {
                let at = usize::from(binding);
                let account = self.world.binding_account[at];
                let named = (message == ToWallet::LinkRequest).then_some(account);
                (self.model.scope.binding[at].bank, named)
            }
            _ => return input,
        };
        let ModelKey::Binding(b) = id else { return input };
        let request = |request: Request, message: Message| {
            let hangs_on = index(self.world.link_account[usize::from(b)]);
            let account = hangs_on.or(named.filter(|a| *a != NONE).map(usize::from));
            let created_for = account.map_or(NONE, |a| self.world.created_for[a]);
            let by_bank = index(created_for).map(|c| self.model.scope.binding[c].bank);
            let links = message == Message::LinkRequest;
            let registers = message == Message::AccountRegistration;
            Request {
                same_account: !links || request.same_account,
                consent: registers && request.consent,
                account_matches: links && request.account_matches,
                created_for: created_for == b,
                created_for_bank: by_bank == Some(bank),
                may_wait: links && request.may_wait,
                ..request
            }
        };
        use link::Input;
        match input {
            Input::RegistrationAsked(r) => {
                Input::RegistrationAsked(request(r, Message::AccountRegistration))
            }
            Input::LinkAsked(r) => Input::LinkAsked(request(r, Message::LinkRequest)),
            Input::SuspendAsked { request: r, revision } => {
                Input::SuspendAsked { request: request(r, Message::LinkSuspend), revision }
            }
            Input::ResumeAsked { request: r, revision } => {
                Input::ResumeAsked { request: request(r, Message::LinkResume), revision }
            }
            Input::EndAsked { request: r, last } => {
                Input::EndAsked { request: request(r, Message::LinkEnd), last }
            }
            Input::StatusAsked(r) => Input::StatusAsked(request(r, Message::LinkQuery)),
            other => other,
        }
    }

    /// The records that a step has written, the one that the event is about first.
    pub(super) fn touched(
        &mut self,
        of: super::Of,
        event: &Event<Key>,
        stepped: &Stepped,
    ) -> Vec<Touched<Key>> {
        let instrument = self.instrument_of(event);
        let server = self.server(of);
        let mut touch = Touching { server, after: Vec::new() };
        let applied = matches!(stepped.decided, Decided::Applied(_));
        match (event, stepped.before, stepped.after) {
            _ if !applied => {}
            (Event::Binding { id, .. }, _, Seen::Binding(state, _)) => {
                touch
                    .put("binding", *id, |version| Touched::Binding(of_state(*id, version, state)));
            }
            (Event::Debit { operation, .. }, _, Seen::Debit(state, _)) => {
                let key = *operation;
                touch.put("debit", key, |version| Touched::Debit(of_state(key, version, state)));
            }
            (Event::Link { id, account, .. }, Seen::Link(old, _), Seen::Link(new, _)) => {
                touch.put("link", *id, |version| Touched::Link(of_state(*id, version, new.link)));
                if let Some(key) = account.filter(|_| old.account != new.account) {
                    touch.account(key, new.account);
                }
            }
            (
                Event::Operation { id, account, device, path, .. },
                Seen::Operation(old, _),
                Seen::Operation(new, _),
            ) => {
                touch.put("operation", *id, |version| {
                    Touched::Operation(of_state(*id, version, new.operation))
                });
                if let Some(key) = account.filter(|_| old.account != new.account) {
                    touch.account(key, new.account);
                }
                if let Some(key) = device.filter(|_| old.device != new.device) {
                    touch.device(key, new.device);
                }
                if let Some(key) = path.filter(|_| old.lock != new.lock) {
                    touch.lock(key, new.lock);
                }
            }
            (Event::Device { id, .. }, _, Seen::Device(state, _)) => touch.device(*id, state),
            (Event::Lock { path, .. }, _, Seen::Lock(state, _)) => touch.lock(*path, state),
            _ => {}
        }
        let blocks = match event {
            Event::Binding { input: binding::Input::InstrumentBlocked, .. } => Some(true),
            Event::Binding { input: binding::Input::InstrumentUnblocked, .. } => Some(false),
            _ => None,
        };
        if let Some((blocked, key)) = blocks.zip(instrument) {
            let state = Instrument { blocked };
            touch.put("instrument", key, |version| {
                Touched::Instrument(of_state(key, version, state))
            });
        }
        touch.after
    }
}

fn of_state<S>(key: Key, version: u64, state: S) -> Touch<Key, S> {
    Touch { key, version, state }
}

/// Writes records, each with the version that it has then.
pub(super) struct Touching<'a> {
    pub server: &'a mut super::Server,
    pub after: Vec<Touched<Key>>,
}

impl Touching<'_> {
    fn put(&mut self, kind: &'static str, key: Key, touched: impl FnOnce(u64) -> Touched<Key>) {
        let version = self.server.version(kind, key);
        self.after.push(touched(version));
    }

    pub fn account(&mut self, key: Key, state: Account) {
        self.put("account", key, |version| Touched::Account(of_state(key, version, state)));
    }

    pub fn device(&mut self, key: Key, state: Device) {
        self.put("device", key, |version| Touched::Device(of_state(key, version, state)));
    }

    fn lock(&mut self, key: Key, state: Lock) {
        self.put("lock", key, |version| Touched::Lock(of_state(key, version, state)));
    }
}
