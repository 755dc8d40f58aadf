//! The wallet that the kit is, as a bank server under test sees it. It keeps a wallet's records and
//! answers what the specification's steps have it answer, unless a case has it lie or say nothing.

use bindproof::settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::bank::binding::Input;
use bindproof::refusal::Refusal;
use bindproof::wallet::link;
use bindproof::wire::{
    self, AccountAnswer, AccountId, AccountQuery, AccountRegistration, BindingId, Envelope, Found,
    Issuer, LinkAnswer, LinkEnd, LinkQuery, LinkReport, LinkRequest, LinkResume, LinkSuspend,
    PersonRef, Registered, RegistrationAnswer, Secret,
};
use bindproof_http::clock::World;

use crate::listen::{Back, Desk, Post};
use crate::oracle::Told;
use crate::oracle::bank::{Heard, Sent};
use crate::oracle::wallet::{Arrived, FromBank, Wallet};

/// How the kit's wallet treats what a bank sends about one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As the steps have it.
    Honest,
    /// It decides and says nothing, as if its answers were lost.
    Silent,
    /// It answers that it knows no such link, whatever it knows.
    KnowsNothing,
}

/// What a bank has sent about a person.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What.
    pub sent: Sent,
    /// About which binding; a question for an account names none.
    pub binding: Option<BindingId>,
    /// Under which key.
    pub key: Option<String>,
    /// What it said, without what is of this sending only.
    pub said: String,
    /// What it was answered, if it was.
    pub heard: Option<Heard>,
}

/// The desk.
pub struct WalletDesk {
    name: Issuer,
    world: World,
    kept: Mutex<Kept>,
}

struct Kept {
    wallet: Wallet,
    manners: BTreeMap<PersonRef, Manner>,
    arrivals: BTreeMap<PersonRef, Vec<Arrival>>,
    persons: BTreeMap<BindingId, PersonRef>,
    secrets: BTreeMap<BindingId, Secret>,
    faults: Vec<String>,
}

impl WalletDesk {
    /// The desk of the wallet with this name.
    pub fn new(name: Issuer, rules: Arc<Settings>) -> Self {
        let kept = Kept {
            wallet: Wallet::new(rules),
            manners: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            persons: BTreeMap::new(),
            secrets: BTreeMap::new(),
            faults: Vec::new(),
        };
        Self { name, world: World::system(), kept: Mutex::new(kept) }
    }

    fn kept<T>(&self, of: impl FnOnce(&mut Kept) -> T) -> T {
        of(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on the wallet treats what is about this person so.
    pub fn treat(&self, person: PersonRef, manner: Manner) {
        self.kept(|kept| kept.manners.insert(person, manner));
    }

    /// Everything that has arrived about a person so far.
    pub fn arrivals(&self, person: PersonRef) -> Vec<Arrival> {
        self.kept(|kept| kept.arrivals.get(&person).cloned().unwrap_or_default())
    }

    /// What was wrong with what arrived, since the last time that it was looked at.
    pub fn faults(&self) -> Vec<String> {
        self.kept(|kept| std::mem::take(&mut kept.faults))
    }

    /// What the codes of a binding are derived from, as the bank has said.
    pub fn secret(&self, binding: BindingId) -> Option<Secret> {
        self.kept(|kept| kept.secrets.get(&binding).copied())
    }

    /// Where the link of a binding stands in the wallet's records.
    pub fn status(&self, binding: BindingId) -> Option<bindproof::message::LinkStatus> {
        self.kept(|kept| kept.wallet.link(binding).status())
    }

    /// The holder or time does this to the link of a binding; where it stands then.
    pub fn step(&self, binding: BindingId, input: link::Input) -> Told {
        self.kept(|kept| {
            kept.wallet.step_own(binding, input);
            let status = kept.wallet.link(binding).status();
            status.map_or(Told::Problem(Refusal::NotFound), Told::Link)
        })
    }

    /// The person has an account here before any bank speaks of her.
    pub fn has_account(&self, person: PersonRef) -> AccountId {
        let account = AccountId::from_bytes(self.world.uuid());
        let record = crate::oracle::wallet::AccountRecord {
            person,
            state: bindproof::wallet::account::Account::RECOVERED,
            created_for: None,
            bank: None,
        };
        self.kept(|kept| kept.wallet.accounts.insert(account, record));
        account
    }

    fn read(post: &Post) -> Result<(wire::RequestId, FromBank), String> {
        fn of<M: wire::Request>(
            post: &Post,
            said: impl FnOnce(M) -> FromBank,
        ) -> Result<(wire::RequestId, FromBank), String> {
            let envelope: Envelope<M> = post.message()?;
            Ok((envelope.request_id, said(envelope.message)))
        }
        match post.path.as_str() {
            "/v1/account_query" => of::<AccountQuery>(post, FromBank::Account),
            "/v1/account_registration" => of::<AccountRegistration>(post, FromBank::Register),
            "/v1/link_request" => of::<LinkRequest>(post, FromBank::Link),
            "/v1/link_suspend" => of::<LinkSuspend>(post, FromBank::Suspend),
            "/v1/link_resume" => of::<LinkResume>(post, FromBank::Resume),
            "/v1/link_end" => of::<LinkEnd>(post, FromBank::End),
            "/v1/link_query" => of::<LinkQuery>(post, FromBank::Status),
            other => Err(format!("a wallet answers to nothing at {other}")),
        }
    }

    fn decide(&self, post: &Post, request: wire::RequestId, said: &FromBank) -> Back {
        let named = AccountId::from_bytes(self.world.uuid());
        let (told, manner) = self.kept(|kept| {
            kept.meet(said);
            let bank = self.name;
            let arrived = Arrived { bank, fresh: true, at: post.at, named };
            let told = kept.wallet.hear(arrived, said);
            let manner = kept.person(said).and_then(|person| kept.manners.get(&person).copied());
            let told = match manner {
                Some(Manner::KnowsNothing) => Told::Problem(Refusal::NotFound),
                _ => told,
            };
            let manner = manner.unwrap_or(Manner::Honest);
            kept.note(post, said, (manner != Manner::Silent).then_some(told));
            (told, manner)
        });
        match manner {
            Manner::Silent => Back::Fault,
            _ => self.back(request, said, told),
        }
    }

    fn back(&self, request: wire::RequestId, said: &FromBank, told: Told) -> Back {
        let issuer = self.name;
        let registered = |registered| {
            let binding = said.binding().unwrap_or(BindingId::from_bytes([0; 16]));
            Back::answer(issuer, request, RegistrationAnswer { binding, registered })
        };
        match told {
            Told::Account(account) => {
                let found = account.map_or(Found::Unregistered, Found::Registered);
                Back::answer(issuer, request, AccountAnswer { found })
            }
            Told::Created(account) => registered(Registered::Created(account)),
            Told::Existing(account) => registered(Registered::Existing(account)),
            Told::NotRegistered(reason) => registered(Registered::Refused(reason)),
            Told::Link(status) => {
                let binding = said.binding().unwrap_or(BindingId::from_bytes([0; 16]));
                Back::answer(issuer, request, LinkAnswer(LinkReport { binding, status }))
            }
            Told::Problem(refusal) => Back::Problem(refusal),
            _ => Back::Fault,
        }
    }
}

impl Kept {
    /// Whose a binding is, as the bank says it.
    fn meet(&mut self, said: &FromBank) {
        let (binding, person, secret) = match said {
            FromBank::Register(said) => (said.binding, said.person, said.secret),
            FromBank::Link(said) => (said.binding, said.person, said.secret),
            _ => return,
        };
        self.persons.entry(binding).or_insert(person);
        let before = *self.secrets.entry(binding).or_insert(secret);
        if before != secret {
            self.faults.push(format!("binding {binding} has two secrets"));
        }
    }

    fn person(&self, said: &FromBank) -> Option<PersonRef> {
        match said {
            FromBank::Account(said) => Some(said.person),
            _ => self.persons.get(&said.binding()?).copied(),
        }
    }

    /// Notes what arrived, and what the bank hears in answer.
    fn note(&mut self, post: &Post, said: &FromBank, told: Option<Told>) {
        let sent = match said {
            FromBank::Account(_) => Sent::Query,
            FromBank::Register(_) => Sent::Registration,
            FromBank::Link(said) => Sent::Link(said.account),
            FromBank::Suspend(said) => Sent::Suspend(said.bank_revision),
            FromBank::Resume(said) => Sent::Resume(said.bank_revision),
            FromBank::End(_) => Sent::End,
            FromBank::Status(_) => return,
        };
        let heard = told.and_then(|told| match told {
            Told::Account(None) => Some((Input::AccountMissing, None)),
            Told::Account(account) => Some((Input::AccountFound, account)),
            Told::Created(account) | Told::Existing(account) => {
                Some((Input::AccountRegistered, Some(account)))
            }
            Told::NotRegistered(reason) => Some((Input::RegistrationRefused(reason), None)),
            Told::Link(status) => Some((Input::LinkHeard(status), None)),
            Told::Problem(Refusal::NotFound) => Some((Input::LinkNotFound, None)),
            _ => None,
        });
        let said_form = post.body.get("message").map(ToString::to_string).unwrap_or_default();
        let (binding, key) = (said.binding(), post.key.clone());
        let arrival = Arrival { sent, binding, key, said: said_form, heard };
        if let Some(person) = self.person(said) {
            self.arrivals.entry(person).or_default().push(arrival);
        }
    }
}

impl Desk for WalletDesk {
    fn take(&self, post: &Post) -> Back {
        match Self::read(post) {
            Ok((request, said)) => self.decide(post, request, &said),
            Err(error) => {
                self.kept(|kept| kept.faults.push(format!("{}: {error}", post.path)));
                Back::Problem(Refusal::RequestMalformed)
            }
        }
    }

    fn untrusted(&self, post: &Post) {
        let why = post.signature.as_ref().err().map(ToString::to_string).unwrap_or_default();
        self.kept(|kept| kept.faults.push(format!("{}: {why}", post.path)));
    }
}
