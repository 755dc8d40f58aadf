//! The bank client and the bank server.

use bindproof::bank::binding::{self, Asked, Binding, Input, Order, State};
use bindproof::bank::facts::{Bound, is_instrument_free};
use bindproof::bank::{client, debit};
use bindproof::journal::{Decided, Event};

use super::{Drive, Key, Record};
use crate::network::{ToBank, ToWallet};
use crate::scope::Owner;
use crate::server::{Reply, Snapshot, Told};
use crate::views::Seen;
use crate::world::{Authentication, NONE};

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Drive<'_, B, O, A, D, S>
{
    pub(super) fn client_asks(&mut self, b: u8) {
        self.step_client(b, client::Input::Ask);
    }

    pub(super) fn client_leaves(&mut self, b: u8) {
        self.step_client(b, client::Input::Leave);
    }

    fn step_client(&mut self, b: u8, input: client::Input) {
        let before = self.world.clients[usize::from(b)];
        let verdict = client::step(before, input);
        self.note_view(Decided::of(&verdict), || Seen::BankClient(before, input));
        // The client's orders need no message bits: what it has ever asked may arrive at any time.
        self.settle(Record::Client(b), verdict, |drive, state| {
            drive.world.clients[usize::from(b)] = state;
        });
    }

    /// `BindRequest` reaches the bank server.
    pub(super) fn ask(&mut self, b: u8, same_body: bool) {
        let at = usize::from(b);
        let scope = &self.model.scope;
        let terms = scope.binding[at];
        let bindings = (0u8..).zip(&scope.binding).map(|(other, binding)| Bound {
            binding: other,
            instrument: Some((binding.bank, binding.instrument)),
            state: self.world.bindings[usize::from(other)].state,
        });
        let instrument = (terms.bank, terms.instrument);
        let presented = self.presented(b);
        let asked = Asked {
            fresh: true,
            same_body,
            // Of the holder, and for this binding: what she authenticated for another counts for
            // nothing.
            authenticated: presented == Authentication::OfThis,
            holder_matches: terms.instrument_of == Owner::Holder,
            consent: terms.consent,
            instrument_free: is_instrument_free(instrument, Some(b), bindings),
            instrument_usable: true,
        };
        let before = self.world.bindings[at].state;
        self.step_binding(b, Input::Asked(asked), NONE);
        if before == State::Absent && self.world.bindings[at].state != State::Absent {
            self.world.history.begun_on[at] = presented;
        }
    }

    /// What a request for binding `b` presents. Whoever is not the instrument's holder has at most
    /// what the holder made at that bank for another binding.
    fn presented(&self, b: u8) -> Authentication {
        let bindings = &self.model.scope.binding;
        let made = |of: usize| {
            let asked = self.world.clients[of] != client::State::Idle;
            asked && bindings[of].asked_by == bindings[of].instrument_of
        };
        let b = usize::from(b);
        let at = |of: usize| (bindings[of].bank, bindings[of].instrument_of);
        match (0..bindings.len()).find(|of| at(*of) == at(b) && made(*of)) {
            _ if made(b) => Authentication::OfThis,
            Some(_) => Authentication::OfAnother,
            None => Authentication::Nobodys,
        }
    }

    /// `BindCancel` or `UnbindRequest` reaches the bank server.
    pub(super) fn leave(&mut self, b: u8, own: bool) {
        self.step_binding(b, Input::LeaveAsked { own }, NONE);
    }

    /// `BindingQuery` reaches the bank server.
    pub(super) fn ask_status(&mut self, b: u8, own: bool) {
        self.step_binding(b, Input::StatusAsked { own }, NONE);
    }

    pub(super) fn block(&mut self, b: u8, blocked: bool) {
        let input = if blocked { Input::InstrumentBlocked } else { Input::InstrumentUnblocked };
        self.world.history.blocked[usize::from(b)] = blocked;
        self.step_binding(b, input, NONE);
    }

    pub(super) fn bank_deadline(&mut self, b: u8) {
        let state = self.world.bindings[usize::from(b)].state;
        self.step_binding(b, Input::Expired(state), NONE);
    }

    /// The bank asks where the link stands: a question that changes nothing on its side.
    pub(super) fn reconcile(&mut self, b: u8) {
        self.world.to_wallet[usize::from(b)].sent |= ToWallet::LinkQuery.bit();
    }

    /// An answer of the wallet reaches the bank server.
    pub(super) fn bank_receives(&mut self, b: u8, answer: ToBank) {
        let at = usize::from(b);
        if !self.model.scope.faults.duplicates {
            self.world.to_bank[at] &= !answer.bit();
        }
        let (input, account) = match answer {
            ToBank::Unregistered => (Input::AccountMissing, NONE),
            ToBank::Registered(account) => (Input::AccountFound, account),
            ToBank::Created(account) | ToBank::Existing(account) => {
                (Input::AccountRegistered, account)
            }
            ToBank::RegistrationRefused(reason) => (Input::RegistrationRefused(reason), NONE),
            ToBank::Link(status) => (Input::LinkHeard(status), NONE),
            ToBank::NotFound => (Input::LinkNotFound, NONE),
        };
        self.step_binding(b, input, account);
    }

    /// The wallet's notice reaches the bank server, and perhaps the receipt the wallet.
    pub(super) fn notice(&mut self, b: u8, receipted: bool) {
        let at = usize::from(b);
        let Some(status) = self.world.links[at].status() else { return };
        let before = self.fired.steps().count();
        self.step_binding(b, Input::LinkHeard(status), NONE);
        let refused =
            self.fired.steps().skip(before).any(|(_, tag)| matches!(tag, Decided::Refused(_)));
        if receipted && !refused {
            self.world.notices[at] = false;
        }
        // The copy that was just delivered may arrive again.
        self.world.to_bank[at] |= ToBank::Link(status).bit();
    }

    /// Steps a binding; `account` is the one that the wallet named, if it named any.
    fn step_binding(&mut self, b: u8, input: Input, account: u8) {
        let at = usize::from(b);
        let binding = match self.seen {
            Some(Snapshot::Bank(seen)) => seen,
            _ => self.world.bindings[at],
        };
        let verdict = binding::step_with(self.model.controls, binding, input);
        self.note_view(Decided::of(&verdict), || Seen::Binding(binding, input));
        self.write_journal(Decided::of(&verdict), || Event::Binding { id: Key::Binding(b), input });
        if verdict.refusal().is_some() {
            self.reply = Some(Reply::ToClient(b, Told::Problem));
        }
        let orders = self.settle(Record::Binding(b), verdict, |drive, state| {
            drive.world.bindings[at] = state;
        });
        for order in orders.iter() {
            self.obey_binding(b, order, account);
        }
    }

    fn obey_binding(&mut self, b: u8, order: Order, account: u8) {
        let at = usize::from(b);
        let message = match order {
            Order::SendAccountQuery => ToWallet::AccountQuery,
            Order::SendAccountRegistration => ToWallet::AccountRegistration,
            Order::SendLinkRequest => {
                self.world.binding_account[at] = account;
                ToWallet::LinkRequest
            }
            Order::SendLinkSuspend(revision) | Order::SendLinkResume(revision) => {
                ToWallet::Decision(revision)
            }
            Order::SendLinkEnd => ToWallet::LinkEnd,
            Order::StopSending => {
                self.world.to_wallet[at].owed = 0;
                return;
            }
            Order::TellOutcome => {
                let told = told(self.world.bindings[at]);
                self.reply = Some(Reply::ToClient(b, told));
                return;
            }
            // Deadlines pass whenever the state waits; the receipt is the answer to the notice.
            Order::ArmDeadline(_) | Order::Receipt => return,
        };
        let mail = &mut self.world.to_wallet[at];
        mail.sent |= message.bit();
        mail.owed |= message.bit();
    }

    /// The answer of the server that decided goes out; a client may hear it or not.
    pub(super) fn send_reply(&mut self, heard: bool) {
        match self.reply.take() {
            Some(Reply::ToBank(b, answer)) => {
                self.world.to_bank[usize::from(b)] |= answer.bit();
            }
            Some(Reply::ToClient(b, told)) if heard => {
                let at = usize::from(b);
                let outcome = match told {
                    Told::Pending => client::Outcome::Pending,
                    Told::Active => client::Outcome::Active,
                    Told::Over | Told::Problem => client::Outcome::Over,
                };
                // What was told is noted when it is told, whoever listens.
                self.world.history.told_active[at] |= told == Told::Active;
                self.world.history.told_over[at] |= told == Told::Over;
                self.step_client(b, client::Input::Told(outcome));
            }
            _ => {}
        }
    }

    /// `DebitRequest` reaches the bank server of the link's binding.
    pub(super) fn debit_request(&mut self, o: u8) {
        let at = usize::from(o);
        let operation = self.model.scope.operation[at];
        let binding = self.world.bindings[usize::from(operation.binding)];
        let input = debit::Input {
            own: true,
            same_content: true,
            binding: binding.state,
            covered: operation.covered,
        };
        let before = self.world.debits[at];
        let verdict = debit::step_with(self.model.controls, before, input);
        self.note_view(Decided::of(&verdict), || Seen::Debit(before, input));
        self.write_journal(Decided::of(&verdict), || Event::Debit {
            operation: Key::Operation(o),
            input,
        });
        let orders = self.settle(Record::Debit(o), verdict, |drive, state| {
            drive.world.debits[at] = state;
        });
        for debit::Order::AnswerDebit in orders.iter() {
            let mail = &mut self.world.debit_mail[at];
            match self.world.debits[at] {
                debit::Debit::Accepted => mail.accepted = true,
                debit::Debit::Refused => mail.refused = true,
                debit::Debit::Absent => {}
            }
        }
    }
}

/// What the bank client is told of a binding.
fn told(binding: Binding) -> Told {
    match binding.state {
        State::Active | State::Suspended => Told::Active,
        State::Absent | State::Ending(_) | State::Closed(_) => Told::Over,
        _ => Told::Pending,
    }
}
