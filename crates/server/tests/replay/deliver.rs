//! Brings an input of the model to a server as the other side or a client would, and says in the
//! model's types what was told.

use std::sync::Arc;

use bindproof::message::LinkStatus;
use bindproof::wallet::operation::Operation;
use bindproof::wire::{
    AccountAnswer, BindCancel, BindOutcome, BindRequest, BindingQuery, Found, LinkNotice,
    LinkReport, Opaque, Registered, Standing, UnbindRequest,
};
use bindproof_kit::call::By;
use bindproof_models::network::ToBank;
use bindproof_server::bank::Bank;
use bindproof_server::drive::bank::Heard;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::RecordKind;
use bindproof_server::store::{Change, Store, Timer, TimerRow};

use crate::expected::Told;
use crate::line::Wire;
use crate::names::{CONSENT, Names, instrument};
use crate::seen::Seen;
use crate::servers::{WALLET, signer};
use crate::view::ToTheBank;

/// A bank, and how it is spoken to.
pub struct BankSide {
    /// The bank.
    pub bank: Arc<Bank>,
    /// How it is spoken to.
    pub wire: Wire,
}

/// An account by its number.
fn account(names: &Names, number: u8) -> Seen<bindproof::wire::AccountId> {
    let account = names.accounts.get(usize::from(number)).copied();
    account.ok_or_else(|| format!("there is no account {number}"))
}

/// What the wallet answered, as the bank's outbox hears it.
pub fn heard(names: &Names, answer: ToBank) -> Seen<Heard> {
    Ok(match answer {
        ToBank::Unregistered => Heard::Account(Found::Unregistered),
        ToBank::Registered(a) => Heard::Account(Found::Registered(account(names, a)?)),
        ToBank::Created(a) => Heard::Registered(Registered::Created(account(names, a)?)),
        ToBank::Existing(a) => Heard::Registered(Registered::Existing(account(names, a)?)),
        ToBank::RegistrationRefused(reason) => Heard::Registered(Registered::Refused(reason)),
        ToBank::Link(status) => Heard::Link(status),
        ToBank::NotFound => Heard::NotFound,
    })
}

/// The same, the other way.
pub fn answered(names: &Names, heard: Heard) -> Seen<ToBank> {
    let number = |account| {
        let number = names.account(account);
        number.ok_or_else(|| format!("account {account} is not known"))
    };
    Ok(match heard {
        Heard::Account(Found::Unregistered) => ToBank::Unregistered,
        Heard::Account(Found::Registered(account)) => ToBank::Registered(number(account)?),
        Heard::Registered(Registered::Created(account)) => ToBank::Created(number(account)?),
        Heard::Registered(Registered::Existing(account)) => ToBank::Existing(number(account)?),
        Heard::Registered(Registered::Refused(reason)) => ToBank::RegistrationRefused(reason),
        Heard::Link(status) => ToBank::Link(status),
        Heard::NotFound => ToBank::NotFound,
    })
}

/// Lets a deadline that is armed pass now, and no other. It has to be armed: in the model a
/// deadline passes only where it is.
pub async fn let_pass(
    store: &dyn Store,
    person: &Person,
    (kind, key): (RecordKind, Key),
    now_ms: i64,
) -> Seen<()> {
    let failed = |error| format!("{error}");
    let loaded = store.load(person, &[]).await.map_err(failed)?;
    let armed =
        |timer: &&TimerRow| (timer.kind, timer.key, timer.what) == (kind, key, Timer::State);
    let Some(timer) = loaded.timers.iter().find(armed) else {
        return Err(format!("no deadline of {} {key} is armed", kind.name()));
    };
    let timer = TimerRow { due_ms: now_ms, ..timer.clone() };
    let after = loaded.head.clone();
    let change =
        Change { armed: vec![timer], ..Change::nothing(person.clone(), loaded.head, after) };
    store.save(change).await.map_err(failed).map(|_| ())
}

impl BankSide {
    fn store(&self) -> &dyn Store {
        &*self.bank.node.store
    }

    /// A fresh authentication of hers; another `nonce` makes another body.
    fn authentication(&self, names: &Names, nonce: u8) -> Opaque {
        let stand_ins = self.bank.development.as_ref().unwrap();
        let (person, at_ms) = (names.person, names.started_ms);
        let said = stand_ins.sessions.authenticate(person, instrument(person), at_ms, &[nonce; 16]);
        said.parse().unwrap()
    }

    fn session(&self, person: bindproof::wire::PersonRef) -> String {
        let stand_ins = self.bank.development.as_ref().unwrap();
        stand_ins.sessions.open(person, self.wire.now_ms())
    }

    /// Brings an input; what is told. `settled` says that the binding waits for nothing any more:
    /// its client ends it then, and does not cancel it.
    pub async fn deliver(&self, names: &Names, input: ToTheBank, settled: bool) -> Seen<Told> {
        match input {
            ToTheBank::Ask { same_body } => self.ask(names, same_body).await,
            ToTheBank::Leave { own } => self.leave(names, own, settled).await,
            ToTheBank::Status { own } => self.status(names, own).await,
            ToTheBank::Notice(status) => self.notice(names, status).await,
            ToTheBank::Hear(answer) => self.hear(names, answer).await,
            ToTheBank::Deadline => {
                let person = Person::known(names.person);
                let of = (RecordKind::Binding, names.binding.into());
                let_pass(self.store(), &person, of, self.wire.now_ms()).await?;
                self.bank.overdue(&person).await.map_err(|error| error.to_string())?;
                Ok(Told::Nothing)
            }
        }
    }

    async fn ask(&self, names: &Names, same_body: bool) -> Seen<Told> {
        let authentication = self.authentication(names, if same_body { 1 } else { 2 });
        let instrument = instrument(names.person);
        let asked = BindRequest { instrument, consent: CONSENT, authentication };
        let token = self.session(names.person);
        let answer = self.wire.ask(&By::Session(&token), Some(names.request), asked).await?;
        Ok(outcome(answer))
    }

    async fn leave(&self, names: &Names, own: bool, settled: bool) -> Seen<Told> {
        let token = self.session(if own { names.person } else { names.stranger });
        let by = By::Session(&token);
        let key = Some(self.wire.key());
        // What is another's can be named by its id alone.
        let answer = match settled || !own {
            true => {
                let unbind = UnbindRequest { binding: names.binding };
                self.wire.ask(&by, key, unbind).await?
            }
            false => self.wire.ask(&by, key, BindCancel::Request(names.request)).await?,
        };
        Ok(outcome(answer))
    }

    async fn status(&self, names: &Names, own: bool) -> Seen<Told> {
        let token = self.session(if own { names.person } else { names.stranger });
        let query = BindingQuery { binding: names.binding };
        Ok(outcome(self.wire.ask(&By::Session(&token), None, query).await?))
    }

    async fn notice(&self, names: &Names, status: LinkStatus) -> Seen<Told> {
        let notice = LinkNotice(LinkReport { binding: names.binding, status });
        let said =
            self.wire.say(&By::Server(signer(WALLET)), Some(self.wire.key()), notice).await?;
        Ok(said.map_or_else(Told::Problem, |()| Told::Receipt))
    }

    /// An answer reaches the step as the outbox brings it there.
    async fn hear(&self, names: &Names, answer: ToBank) -> Seen<Told> {
        let heard = heard(names, answer)?;
        let person = Person::known(names.person);
        let step = self.bank.transact(&person, &[], |drive| drive.hear(names.binding, heard));
        match step.await.map_err(|error| error.to_string())? {
            bindproof_server::drive::Step::Done(said) => {
                Ok(said.map_or_else(Told::Problem, |()| Told::Nothing))
            }
            bindproof_server::drive::Step::Elsewhere => Err("it is another's".to_owned()),
        }
    }
}

/// What the bank's client is told.
fn outcome(answer: Result<BindOutcome, bindproof::refusal::Refusal>) -> Told {
    match answer.map(|outcome| outcome.standing) {
        Err(refusal) => Told::Problem(refusal),
        Ok(Standing::Pending { .. }) => Told::Pending,
        Ok(Standing::Active { .. }) => Told::Active,
        Ok(Standing::Refused(_) | Standing::Ended(_)) => Told::Over,
    }
}

/// What the wallet said of an account.
pub fn of_account(names: &Names, answer: AccountAnswer) -> Seen<Told> {
    answered(names, Heard::Account(answer.found)).map(Told::Bank)
}

/// What became of an operation.
pub const fn settled(settled: bindproof::wire::Settled) -> Operation {
    use bindproof::wire::Settled;
    match settled {
        Settled::Executed => Operation::Executed,
        Settled::Refused(refusal) => Operation::Refused(refusal),
        Settled::Expired => Operation::Expired,
    }
}
