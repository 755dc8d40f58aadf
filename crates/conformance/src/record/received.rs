//! The messages of a run: what each action brings to a server, with ids and keys.

use std::collections::{BTreeMap, VecDeque};

use bindproof::bank::debit::Debit;
use bindproof::bank::{binding, debit};
use bindproof::journal::{Decided, Event};
use bindproof::message::{LinkStatus, Message};
use bindproof::refusal::Refusal;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::{link, operation};
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::drive::{Key as ModelKey, index};
use bindproof_models::network::{ToBank, ToWallet};
use bindproof_models::views::Seen;
use bindproof_models::world::NONE;

use super::Recorder;
use super::names::{self, Names, WALLET};
use super::step::Stepped;
use crate::key::Key;
use crate::trace::line::{Ordered, Owed, Received};

/// The most that a request may be late and still be fresh, and a little more.
const STALE_MS: i64 = 1_000;

/// Where something is owed: the kind of the letter's place, and the number of its record.
type Place = (u8, u8);

/// What is on its way.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The key of the last letter of a name about a binding or operation.
    letters: BTreeMap<(Message, u8), String>,
    /// Where the link stood that the last notice about a binding is owed for.
    noticed: BTreeMap<u8, Option<LinkStatus>>,
    /// Requests of a bank that were answered so and not heard yet.
    unheard: BTreeMap<(u8, ToBank), VecDeque<Key>>,
    /// Requests for a debit that were answered so and not heard yet.
    decided: BTreeMap<(u8, bool), VecDeque<Key>>,
}

impl Mail {
    /// Notes how a request is answered.
    pub fn answer(
        &mut self,
        event: &Event<ModelKey>,
        stepped: &Stepped,
        link_account: &[u8],
        request: Key,
    ) {
        match (event, stepped.orders, stepped.after) {
            (
                Event::Link { id: ModelKey::Binding(b), input, .. },
                Ordered::Link(orders),
                Seen::Link(after, _),
            ) => {
                let account = link_account[usize::from(*b)];
                let not_found = stepped.decided == Decided::Refused(Refusal::NotFound);
                let asks = matches!(input, link::Input::StatusAsked(_));
                let answers = orders.iter().filter_map(|order| match order {
                    link::Order::AnswerCreated => Some(ToBank::Created(account)),
                    link::Order::AnswerExisting => Some(ToBank::Existing(account)),
                    link::Order::AnswerRegistrationRefused(reason) => {
                        Some(ToBank::RegistrationRefused(reason))
                    }
                    link::Order::AnswerLinkRefused(reason) => {
                        Some(ToBank::Link(LinkStatus::Refused { reason }))
                    }
                    link::Order::AnswerLink => {
                        Some(ToBank::Link(after.link.status().unwrap_or(LinkStatus::Ended)))
                    }
                    _ => None,
                });
                let answer = answers.last().or((not_found && asks).then_some(ToBank::NotFound));
                if let Some(answer) = answer {
                    self.unheard.entry((*b, answer)).or_default().push_back(request);
                }
            }
            (
                Event::Debit { operation: ModelKey::Operation(o), .. },
                Ordered::Debit(orders),
                Seen::Debit(after, _),
            ) => {
                let answers = orders.iter().any(|debit::Order::AnswerDebit| true);
                if answers {
                    let place = (*o, after == Debit::Accepted);
                    self.decided.entry(place).or_default().push_back(request);
                }
            }
            _ => {}
        }
    }

    /// Notes what a step owes from now on, in its place.
    pub fn owe(
        &mut self,
        names: &mut Names,
        event: &Event<ModelKey>,
        stepped: &Stepped,
        owed: &mut BTreeMap<Place, Option<Owed<Key>>>,
    ) {
        for (place, message) in ordered(event, stepped) {
            let about = match place {
                (DEBIT, o) => names.operation(o),
                (_, b) => names.binding(b),
            };
            let letter = message.map(|message| {
                let key = names.letter();
                self.letters.insert((message, place.1), key.clone());
                if let (Message::LinkNotice, Seen::Link(after, _)) = (message, stepped.after) {
                    self.noticed.insert(place.1, after.link.status());
                }
                Owed { message, about, key }
            });
            owed.insert(place, letter);
        }
    }

    /// The key under which a message about a binding or operation is sent.
    fn letter(&self, message: Message, about: u8) -> Option<String> {
        self.letters.get(&(message, about)).cloned()
    }

    /// Whether a bank can hear this now: somebody has answered so, or a notice says so.
    pub fn can_hear(&self, b: u8, answer: ToBank) -> bool {
        let asked = !matches!(answer, ToBank::Unregistered | ToBank::Registered(_));
        let unheard = self.unheard.get(&(b, answer));
        !asked || unheard.is_some_and(|requests| !requests.is_empty())
    }

    /// Whether the notice that is owed about a binding says that its link stands so.
    fn notices(&self, b: u8, status: Option<LinkStatus>) -> bool {
        self.noticed.get(&b).is_some_and(|noticed| *noticed == status)
    }

    /// Whether a wallet can hear this of a debit now.
    pub fn can_be_decided(&self, o: u8, accepted: bool) -> bool {
        self.decided.get(&(o, accepted)).is_some_and(|requests| !requests.is_empty())
    }
}

/// The places of letters to the wallet, of notices, and of requests for a debit.
const TO_WALLET: u8 = 0;
const NOTICE: u8 = 1;
const DEBIT: u8 = 2;

/// What a step puts where, or takes from there.
fn ordered(event: &Event<ModelKey>, stepped: &Stepped) -> Vec<(Place, Option<Message>)> {
    match (event, stepped.orders) {
        (Event::Binding { id: ModelKey::Binding(b), .. }, Ordered::Binding(orders)) => {
            use binding::Order;
            let each = orders.iter().filter_map(|order| {
                Some(match order {
                    Order::StopSending => None,
                    Order::SendAccountQuery => Some(Message::AccountQuery),
                    Order::SendAccountRegistration => Some(Message::AccountRegistration),
                    Order::SendLinkRequest => Some(Message::LinkRequest),
                    Order::SendLinkSuspend(_) => Some(Message::LinkSuspend),
                    Order::SendLinkResume(_) => Some(Message::LinkResume),
                    Order::SendLinkEnd => Some(Message::LinkEnd),
                    Order::ArmDeadline(_) | Order::TellOutcome | Order::Receipt => return None,
                })
            });
            each.map(|message| ((TO_WALLET, *b), message)).collect()
        }
        (Event::Link { id: ModelKey::Binding(b), .. }, Ordered::Link(orders)) => {
            let notices = orders.iter().filter(|order| *order == link::Order::OweNotice);
            notices.map(|_| ((NOTICE, *b), Some(Message::LinkNotice))).collect()
        }
        (Event::Operation { id: ModelKey::Operation(o), .. }, Ordered::Operation(orders)) => {
            let each = orders.iter().filter_map(|order| match order {
                operation::Order::SendDebitRequest => Some(Some(Message::DebitRequest)),
                operation::Order::StopDebitRequest => Some(None),
                _ => None,
            });
            each.map(|message| ((DEBIT, *o), message)).collect()
        }
        _ => Vec::new(),
    }
}

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Recorder<'_, B, O, A, D, S>
{
    /// Whether a journal can have this action now: what is heard was answered and not heard before,
    /// a notice says what it is owed for, deadlines pass in their order, and nobody speaks of
    /// another bank's binding before it is there. Servers that work step by step are left out.
    pub fn can(&self, action: Action) -> bool {
        let heard = match action {
            Action::Deliver { delivery: Delivery::ToBank { binding, answer }, .. } => {
                self.mail.can_hear(binding, answer)
            }
            // The model sends where the link stands now.
            Action::Notice { binding, .. } => {
                self.mail.notices(binding, self.world.links[usize::from(binding)].status())
            }
            Action::DebitAnswer { operation, accepted } => {
                self.mail.can_be_decided(operation, accepted)
            }
            Action::Hostile { binding, .. } => {
                let at = usize::from(binding);
                !self.model.scope.honest(at) || self.world.links[at] != link::Link::ABSENT
            }
            // A bank that has blocked an instrument begins nothing with it; the model does.
            Action::Deliver { delivery: Delivery::Ask(b), .. } => {
                let new = self.world.bindings[usize::from(b)].state == binding::State::Absent;
                !new || !self.is_blocked(ModelKey::Binding(b))
            }
            // A binding that only its cancel has begun has no body to compare another with.
            Action::AskOtherBody(b) => {
                let new = self.world.bindings[usize::from(b)].state == binding::State::Absent;
                new || self.asked.contains(&b)
            }
            // What waits for nothing has no deadline; where one passes all the same it means
            // nothing.
            Action::BankDeadline(b) if !self.world.bindings[usize::from(b)].state.waits() => {
                return true;
            }
            Action::Take { .. } | Action::Commit(_) | Action::Reply { .. } | Action::Crash(_) => {
                false
            }
            _ => true,
        };
        heard && self.clock.may(&self.names, action)
    }

    /// What an action brings to the server that it reaches, if that is a message.
    pub(super) fn received(&mut self, action: Action) -> Option<Received<Key>> {
        let request = self.names.request();
        let issued_ms = Some(self.clock.now_ms());
        let plain = Received::new;
        let issued = |message| Received { issued_ms, ..Received::new(message) };
        Some(match action {
            Action::Deliver { delivery: Delivery::Ask(b), .. } => self.asked(issued, b, false),
            Action::AskOtherBody(b) => self.asked(issued, b, true),
            Action::Deliver { delivery: Delivery::Leave(b), .. } => {
                let state = self.world.bindings[usize::from(b)].state;
                let cancels = state == binding::State::Absent || state.waits();
                plain(if cancels { Message::BindCancel } else { Message::UnbindRequest })
            }
            Action::LeaveForeign(_) => plain(Message::UnbindRequest),
            Action::Status { .. } => plain(Message::BindingQuery),
            Action::Deliver {
                delivery: Delivery::ToWallet { binding, message, fresh }, ..
            } => {
                let at = usize::from(binding);
                let bank = usize::from(self.model.scope.binding[at].bank);
                let account = self.world.binding_account[at];
                self.sent((issued, request), bank, binding, (message, account), fresh)?
            }
            Action::Hostile { binding, message, account } => {
                let bank = self.model.scope.bank.iter().position(|bank| !bank.honest);
                let bank = bank.unwrap_or(0);
                let about = (message, account);
                let said = self.sent((issued, request), bank, binding, about, true)?;
                let key = (said.message != Message::LinkQuery).then(|| self.names.letter());
                Received { key, ..said }
            }
            Action::Deliver { delivery: Delivery::ToBank { binding, answer }, .. } => {
                self.heard(binding, answer)
            }
            Action::Notice { binding, .. } => Received {
                from: Some(WALLET.into()),
                key: self.mail.letter(Message::LinkNotice, binding),
                request: Some(request),
                ..plain(Message::LinkNotice)
            },
            Action::Request { operation, .. } => self.requested(issued, operation),
            Action::Answer { operation, answer } => {
                let d = self.model.scope.operation[usize::from(operation)].device;
                let elsewhere = answer == Answer::FromElsewhere;
                Received {
                    device: Some(self.names.device_key(if elsewhere { u8::MAX } else { d })),
                    signed: Some(elsewhere || self.model.has_key(usize::from(operation))),
                    ..plain(Message::ChallengeAnswer)
                }
            }
            Action::DebitRequest(o) => {
                let scope = &self.model.scope.operation[usize::from(o)];
                Received {
                    from: Some(WALLET.into()),
                    key: self.mail.letter(Message::DebitRequest, o),
                    request: Some(request),
                    binding: Some(self.names.binding(scope.binding)),
                    amount_minor: Some(u64::from(scope.amount) * 1000),
                    ..plain(Message::DebitRequest)
                }
            }
            Action::DebitAnswer { operation, accepted } => {
                let place = (operation, accepted);
                let request = self.mail.decided.get_mut(&place).and_then(VecDeque::pop_front)?;
                let b = self.model.scope.operation[usize::from(operation)].binding;
                let bank = self.model.scope.binding[usize::from(b)].bank;
                let from = Some(names::bank(usize::from(bank)));
                Received { from, request: Some(request), ..plain(Message::DebitAnswer) }
            }
            Action::HostileDebitAnswer { .. } => {
                let bank = self.model.scope.bank.iter().position(|bank| !bank.honest);
                let from = Some(names::bank(bank.unwrap_or(0)));
                Received { from, request: Some(request), ..plain(Message::DebitAnswer) }
            }
            _ => return None,
        })
    }

    fn asked(&self, plain: impl Fn(Message) -> Received<Key>, b: u8, other: bool) -> Received<Key> {
        let terms = self.model.scope.binding[usize::from(b)];
        Received {
            instrument: Some(self.names.instrument(terms.bank, terms.instrument)),
            content: Some(self.names.body(b, other)),
            consent: Some(terms.consent),
            ..plain(Message::BindRequest)
        }
    }

    fn sent(
        &self,
        (plain, request): (impl Fn(Message) -> Received<Key>, Key),
        bank: usize,
        b: u8,
        (message, account): (ToWallet, u8),
        fresh: bool,
    ) -> Option<Received<Key>> {
        let name = match message {
            ToWallet::AccountQuery => return None,
            ToWallet::AccountRegistration => Message::AccountRegistration,
            ToWallet::LinkRequest => Message::LinkRequest,
            ToWallet::LinkEnd => Message::LinkEnd,
            ToWallet::LinkQuery => Message::LinkQuery,
            ToWallet::Decision(revision) if revision % 2 == 1 => Message::LinkSuspend,
            ToWallet::Decision(_) => Message::LinkResume,
        };
        let said = plain(name);
        let late_ms = i64::try_from(self.clock.freshness_ms()).unwrap_or(0) + STALE_MS;
        let issued_ms = said.issued_ms.map(|ms| if fresh { ms } else { ms - late_ms });
        let registers = message == ToWallet::AccountRegistration;
        let links = message == ToWallet::LinkRequest;
        let named = index(account).filter(|_| links).map(|a| self.names.account(a as u8));
        Some(Received {
            from: Some(names::bank(bank)),
            request: Some(request),
            // A query asks for no effect and has no key.
            key: self.mail.letter(name, b).filter(|_| name != Message::LinkQuery),
            issued_ms,
            person: (registers || links).then(|| self.names.person()),
            account: named,
            consent: registers.then_some(self.model.scope.binding[usize::from(b)].consent),
            ..said
        })
    }

    fn heard(&mut self, b: u8, answer: ToBank) -> Received<Key> {
        let (message, account) = match answer {
            ToBank::Unregistered => (Message::AccountAnswer, NONE),
            ToBank::Registered(account) => (Message::AccountAnswer, account),
            ToBank::Created(account) | ToBank::Existing(account) => {
                (Message::RegistrationAnswer, account)
            }
            ToBank::RegistrationRefused(_) => (Message::RegistrationAnswer, NONE),
            ToBank::Link(_) | ToBank::NotFound => (Message::LinkAnswer, NONE),
        };
        let answered = self.mail.unheard.get_mut(&(b, answer)).and_then(VecDeque::pop_front);
        Received {
            from: Some(WALLET.into()),
            account: index(account).map(|a| self.names.account(a as u8)),
            request: answered,
            ..Received::new(message)
        }
    }

    fn requested(&self, plain: impl Fn(Message) -> Received<Key>, o: u8) -> Received<Key> {
        let at = usize::from(o);
        let scope = &self.model.scope.operation[at];
        let (account, _) = self.model.account_of(bindproof::control::AllOn, &self.world, at);
        let account = account.filter(|_| scope.kind != Kind::Recover);
        let revokes = scope.kind == Kind::RevokeDevice;
        let pays = scope.kind == Kind::Pay;
        Received {
            account: account.map(|a| self.names.account(a as u8)),
            content: Some(self.names.content(o)),
            kind: Some(scope.kind),
            device: Some(self.names.device_key(scope.device)),
            signed: Some(self.model.has_key(at)),
            environment: Some(scope.environment),
            binding: scope.kind.names_link().then(|| self.names.binding(scope.binding)),
            revoked_device: revokes.then(|| self.names.device_key(scope.other_device)),
            amount_minor: pays.then(|| u64::from(scope.amount) * 1000),
            ..plain(Message::OperationRequest)
        }
    }
}
