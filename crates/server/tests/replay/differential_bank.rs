//! Arbitrary inputs for a bank.

use bindproof::message::{LinkStatus, Reason};
use bindproof::wire::{
    AccountId, Amount, BindCancel, BindRequest, BindingId, BindingQuery, Consent, DebitRequest,
    Found, IdempotencyKey, LinkNotice, LinkReport, Opaque, OperationId, PersonRef, Registered,
    UnbindRequest,
};
use bindproof_kit::call::By;
use bindproof_server::drive::Step;
use bindproof_server::drive::bank::Heard;
use bindproof_server::hex;
use bindproof_server::key::{Key, Person};
use bindproof_server::record::{Bindings, RecordKind};
use bindproof_server::store::Shard;

use crate::differential::{Alike, Crowd, one_of, percent};
use crate::names::instrument;
use crate::rig::Server;
use crate::seen::Seen;
use crate::servers::{WALLET, signer};

/// Two customers of a bank, and what they and the wallet say.
pub struct Customers {
    persons: [PersonRef; 2],
    keys: Vec<IdempotencyKey>,
    operations: Vec<OperationId>,
    accounts: [AccountId; 2],
    bindings: Vec<(PersonRef, BindingId)>,
}

/// A key of this number that looks like any other.
fn key(label: &str, episode: u64, number: u64) -> Key {
    Key::derived(label, &[&episode.to_be_bytes(), &number.to_be_bytes()])
}

/// An idempotency key of this number.
pub fn idempotency_key(label: &str, episode: u64, number: u64) -> IdempotencyKey {
    hex::encode(key(label, episode, number).as_bytes()).parse().unwrap()
}

impl Crowd for Customers {
    fn new(episode: u64) -> Self {
        let person = |name: &str| format!("{name}-{episode}").parse().unwrap();
        Self {
            persons: [person("ada"), person("ben")],
            keys: (0..5).map(|n| idempotency_key("request", episode, n)).collect(),
            operations: (0..4).map(|n| key("operation", episode, n).into()).collect(),
            accounts: [0, 1].map(|n| key("account", episode, n).into()),
            bindings: vec![("nobody".parse().unwrap(), key("binding", episode, 0).into())],
        }
    }

    async fn input(&mut self, alike: &mut Alike) -> Seen<()> {
        alike.names =
            self.operations.iter().map(|id| (RecordKind::Debit, Key::from(*id))).collect();
        match alike.random.below(20) {
            0..4 => self.binds(alike).await?,
            4..6 => self.leaves(alike).await?,
            6 => self.asks(alike).await?,
            7..13 => self.hears(alike).await?,
            13..15 => self.is_told(alike).await?,
            15..17 => self.debits(alike).await?,
            17 => self.blocks(alike).await?,
            18 => alike.letters().await?,
            _ => alike.pass().await?,
        }
        self.look(alike).await
    }
}

impl Customers {
    fn token(&self, alike: &mut Alike) -> (PersonRef, String) {
        let person = one_of(&mut alike.random, &self.persons);
        let Server::Bank(bank) = &alike.rigs[0].server else { panic!("a bank") };
        let stand_ins = bank.development.as_ref().unwrap();
        (person, stand_ins.sessions.open(person, alike.now_ms))
    }

    /// Which bindings there are now.
    async fn look(&mut self, alike: &Alike) -> Seen<()> {
        self.bindings.truncate(1);
        for person in self.persons {
            let store = alike.rigs[0].store();
            let loaded = store.load(&Person::known(person), &[]).await;
            let shard = Shard::new(loaded.map_err(|error| error.to_string())?, &[], alike.now_ms);
            let bindings = shard.each::<Bindings>().map_err(|error| error.to_string())?;
            self.bindings.extend(bindings.into_iter().map(|(key, _)| (person, key.into())));
        }
        Ok(())
    }

    async fn binds(&self, alike: &mut Alike) -> Seen<()> {
        let (person, token) = self.token(alike);
        let random = &mut alike.random;
        let holder = if percent(random, 90) { person } else { one_of(random, &self.persons) };
        let consent = Consent { bind: percent(random, 95), register: percent(random, 95) };
        let nonce = [random.below(4) as u8; 16];
        let until_ms = alike.now_ms - if percent(random, 90) { 0 } else { 120_000 };
        let key = one_of(random, &self.keys);
        let ago_ms = if percent(random, 95) { 0 } else { 86_400_000 };
        let Server::Bank(bank) = &alike.rigs[0].server else { panic!("a bank") };
        let sessions = &bank.development.as_ref().unwrap().sessions;
        let instrument = instrument(holder);
        let said = sessions.authenticate(person, instrument, until_ms, &nonce);
        let authentication: Opaque = said.parse().unwrap();
        let asked = BindRequest { instrument, consent, authentication };
        alike.post(&By::Session(&token), Some(key), ago_ms, asked).await
    }

    async fn leaves(&self, alike: &mut Alike) -> Seen<()> {
        let (_, token) = self.token(alike);
        let (_, binding) = one_of(&mut alike.random, &self.bindings);
        let own = one_of(&mut alike.random, &self.keys);
        let key = Some(one_of(&mut alike.random, &self.keys));
        let by = By::Session(&token);
        match alike.random.below(3) {
            0 => alike.post(&by, key, 0, BindCancel::Request(own)).await,
            1 => alike.post(&by, key, 0, BindCancel::Binding(binding)).await,
            _ => alike.post(&by, key, 0, UnbindRequest { binding }).await,
        }
    }

    async fn asks(&self, alike: &mut Alike) -> Seen<()> {
        let (_, token) = self.token(alike);
        let (_, binding) = one_of(&mut alike.random, &self.bindings);
        alike.post(&By::Session(&token), None, 0, BindingQuery { binding }).await
    }

    /// Where a link stands, as a wallet might say.
    fn status(alike: &mut Alike) -> LinkStatus {
        let bank_revision = alike.random.below(3) as u8;
        let reason = one_of(&mut alike.random, Reason::ALL);
        let all = [
            LinkStatus::Registered,
            LinkStatus::AwaitingApproval,
            LinkStatus::Active { bank_revision: 0 },
            LinkStatus::Active { bank_revision },
            LinkStatus::Suspended { bank_revision },
            LinkStatus::Ended,
            LinkStatus::Refused { reason },
        ];
        one_of(&mut alike.random, &all)
    }

    /// An answer of the wallet reaches the step, as the outbox brings it there.
    async fn hears(&self, alike: &mut Alike) -> Seen<()> {
        let (person, binding) = one_of(&mut alike.random, &self.bindings);
        let account = one_of(&mut alike.random, &self.accounts);
        let reason = one_of(&mut alike.random, Reason::ALL);
        let status = Self::status(alike);
        let all = [
            Heard::Account(Found::Unregistered),
            Heard::Account(Found::Registered(account)),
            Heard::Registered(Registered::Created(account)),
            Heard::Registered(Registered::Existing(account)),
            Heard::Registered(Registered::Refused(reason)),
            Heard::Link(status),
            Heard::Link(LinkStatus::Active { bank_revision: 0 }),
            Heard::NotFound,
        ];
        let heard = one_of(&mut alike.random, &all);
        let mut first = None;
        for rig in &alike.rigs {
            let Server::Bank(bank) = &rig.server else { panic!("a bank") };
            let whose = Person::known(person);
            let step = bank.transact(&whose, &[], |drive| drive.hear(binding, heard)).await;
            let Step::Done(said) = step.map_err(|error| error.to_string())? else {
                return Err(format!("{}: it is another's", rig.name));
            };
            if *first.get_or_insert(said) != said {
                return Err(format!("{} hears {said:?}, the first {first:?}", rig.name));
            }
        }
        Ok(())
    }

    async fn is_told(&self, alike: &mut Alike) -> Seen<()> {
        let (_, binding) = one_of(&mut alike.random, &self.bindings);
        let status = Self::status(alike);
        let key = Some(one_of(&mut alike.random, &self.keys));
        let notice = LinkNotice(LinkReport { binding, status });
        alike.post(&By::Server(signer(WALLET)), key, 0, notice).await
    }

    async fn debits(&self, alike: &mut Alike) -> Seen<()> {
        let (_, binding) = one_of(&mut alike.random, &self.bindings);
        let operation = one_of(&mut alike.random, &self.operations);
        let minor = 100 + alike.random.below(2);
        let amount = Amount::new(minor, "EUR".parse().unwrap()).unwrap();
        let key = Some(one_of(&mut alike.random, &self.keys));
        let request = DebitRequest { binding, operation, amount };
        alike.post(&By::Server(signer(WALLET)), key, 0, request).await
    }

    async fn blocks(&self, alike: &mut Alike) -> Seen<()> {
        let person = one_of(&mut alike.random, &self.persons);
        let blocked = percent(&mut alike.random, 50);
        for rig in &alike.rigs {
            let Server::Bank(bank) = &rig.server else { panic!("a bank") };
            let done = bank.block(person, instrument(person), blocked).await;
            done.map_err(|error| format!("{}: {error:?}", rig.name))?;
        }
        Ok(())
    }
}
