//! The wallet that the kit is, as a bank server under test sees it. It keeps a wallet's records and
//! answers what the specification's steps have it answer, unless a case has it lie or say nothing.

use bindproof::settings::Settings;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::bank::binding::Input;
use bindproof::refusal::Refusal;
use bindproof::wallet::link;
use bindproof::wire::{
    self, AccountAnswer, AccountId, AccountQuery, AccountRegistration, BindingId, Found, Issuer,
    LinkAnswer, LinkEnd, LinkQuery, LinkReport, LinkRequest, LinkResume, LinkSuspend, PersonRef,
    Registered, RegistrationAnswer, Secret,
};
use bindproof_http::clock::World;

use crate::config::Customer;
use crate::faults::{Faults, Mark};
use crate::listen::{Back, Desk, Post};
use crate::oracle::bank::{Heard, Sent};
use crate::oracle::wallet::{Arrived, FromBank, Wallet};
use crate::oracle::{Told, Within};
use crate::sendings::{Sending, Sendings};
use crate::terms::Terms;

/// How the kit's wallet treats what a bank sends about one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As the steps have it.
    Honest,
    /// It decides and says nothing, as if its answers were lost.
    Silent,
    /// It answers that it knows no such link, whatever it knows.
    KnowsNothing,
    /// Its answers have a member too many.
    MemberTooMany,
    /// Its answers have a member twice.
    MemberTwice,
    /// Its answers are not signed.
    Unsigned,
}

impl Manner {
    /// Whether the bank is to hear what is answered so.
    const fn is_heard(self) -> bool {
        matches!(self, Self::Honest | Self::KnowsNothing)
    }

    /// An answer as it goes out.
    fn spoil(self, back: Back) -> Back {
        match (self, back) {
            (Self::Silent, _) => Back::Fault,
            (Self::MemberTooMany, Back::Body(body)) => {
                Back::Body(body.replacen('{', "{\"more\":1,", 1))
            }
            (Self::MemberTwice, Back::Body(body)) => {
                let twice = format!("{{\"protocol\":\"{}\",", bindproof::PROTOCOL);
                Back::Body(body.replacen('{', &twice, 1))
            }
            (Self::Unsigned, Back::Body(body)) => Back::Unsigned(body),
            (_, back) => back,
        }
    }
}

/// What a bank has sent about a person.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What.
    pub sent: Sent,
    /// About which binding, if it names one.
    pub binding: Option<BindingId>,
    /// What it was answered, if it was.
    pub heard: Option<Heard>,
    /// When.
    pub at: Within,
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
    terms: Terms,
    sendings: Sendings,
    faults: Faults,
}

/// A message, and what is of this sending of it.
type Read = (Sending, FromBank);

impl WalletDesk {
    /// The desk of the wallet with this name.
    pub fn new(name: Issuer, rules: Arc<Settings>) -> Self {
        let kept = Kept {
            wallet: Wallet::new(rules),
            manners: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            terms: Terms::default(),
            sendings: Sendings::default(),
            faults: Faults::default(),
        };
        Self { name, world: World::system(), kept: Mutex::new(kept) }
    }

    fn kept<T>(&self, of: impl FnOnce(&mut Kept) -> T) -> T {
        of(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on the bank may speak of this customer.
    pub fn meet(&self, customer: Customer) {
        self.kept(|kept| kept.terms.meet(customer));
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
        self.kept(|kept| kept.faults.take())
    }

    /// A case about these persons has failed: what was wrong with what arrived is no other case's,
    /// nor is what is still wrong with what arrives about them.
    pub fn excuse(&self, persons: impl IntoIterator<Item = PersonRef>) {
        let persons: Vec<PersonRef> = persons.into_iter().collect();
        self.kept(|kept| {
            let bindings = kept.terms.bindings(&persons).map(Mark::binding);
            let marks: Vec<Mark> = bindings.collect();
            kept.faults.excuse(persons.iter().copied().map(Mark::person).chain(marks));
        });
    }

    /// What the codes of a binding are derived from, as the bank has said.
    pub fn secret(&self, binding: BindingId) -> Option<Secret> {
        self.kept(|kept| kept.terms.secret(binding))
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

    fn read(post: &Post) -> Result<Read, String> {
        fn of<M: wire::Request>(
            post: &Post,
            said: impl FnOnce(M) -> FromBank,
        ) -> Result<Read, String> {
            let envelope = post.message::<M>()?;
            Ok((Sending::of(&envelope, post.at), said(envelope.message)))
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

    fn decide(&self, sending: &Sending, said: &FromBank) -> Back {
        let named = AccountId::from_bytes(self.world.uuid());
        let (told, manner) = self.kept(|kept| {
            kept.compare(sending, said);
            let bank = self.name;
            let fresh = kept.wallet.rules.is_fresh(sending.issued_ms, sending.at.to_ms);
            let arrived = Arrived { bank, fresh, at: sending.at, named };
            let told = kept.wallet.hear(arrived, said);
            let manner = kept.person(said).and_then(|person| kept.manners.get(&person).copied());
            let told = match manner {
                Some(Manner::KnowsNothing) => Told::Problem(Refusal::NotFound),
                _ => told,
            };
            let manner = manner.unwrap_or(Manner::Honest);
            kept.note(said, manner.is_heard().then_some(told), sending.at);
            (told, manner)
        });
        manner.spoil(self.back(sending.request, said, told))
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
    /// Compares what arrived with what the bank was asked and with what it has sent before.
    fn compare(&mut self, sending: &Sending, said: &FromBank) {
        let otherwise = match said {
            FromBank::Account(said) => self.terms.query(said.person),
            FromBank::Register(said) => self.terms.registration(said),
            FromBank::Link(said) => self.terms.link(said),
            _ => None,
        };
        let otherwise = otherwise.map(|why| format!("{}: {why}", sending.name));
        let again = self.sendings.take(sending);
        let about = self.person(said).map(Mark::person);
        self.faults.found(about.as_ref(), otherwise.into_iter().chain(again));
    }

    fn person(&self, said: &FromBank) -> Option<PersonRef> {
        match said {
            FromBank::Account(said) => Some(said.person),
            _ => self.terms.person(said.binding()?),
        }
    }

    /// Notes what arrived, and what the bank hears in answer.
    fn note(&mut self, said: &FromBank, told: Option<Told>, at: Within) {
        let sent = match said {
            FromBank::Account(_) => Sent::Query,
            FromBank::Register(_) => Sent::Registration,
            FromBank::Link(said) => {
                Sent::Link { account: said.account, instrument: said.instrument }
            }
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
        let arrival = Arrival { sent, binding: said.binding(), heard, at };
        if let Some(person) = self.person(said) {
            self.arrivals.entry(person).or_default().push(arrival);
        }
    }
}

impl Desk for WalletDesk {
    fn take(&self, post: &Post) -> Back {
        match Self::read(post) {
            Ok((sending, said)) => self.decide(&sending, &said),
            Err(error) => {
                self.kept(|kept| kept.faults.unread(post, format!("{}: {error}", post.path)));
                Back::Problem(Refusal::RequestMalformed)
            }
        }
    }

    fn untrusted(&self, post: &Post) {
        let why = post.signature.as_ref().err().map(ToString::to_string).unwrap_or_default();
        self.kept(|kept| kept.faults.unread(post, format!("{}: {why}", post.path)));
    }
}

#[cfg(test)]
mod tests {
    use bindproof::wire::{Envelope, IssuedAt, RequestId, Version};

    use super::*;

    fn post(desk: &WalletDesk, path: &str, body: String) -> Post {
        let now_ms = desk.world.now_ms();
        Post {
            path: path.to_owned(),
            key: None,
            is_json: true,
            body: body.into(),
            signature: Ok(()),
            at: Within { from_ms: now_ms, to_ms: now_ms },
        }
    }

    fn query(desk: &WalletDesk, person: &str) -> Post {
        let envelope = Envelope {
            protocol: Version,
            request_id: RequestId::from_bytes(desk.world.uuid()),
            idempotency_key: None,
            issued_at: IssuedAt::new(desk.world.now_ms()).expect("a time"),
            message: AccountQuery { person: person.parse().expect("a reference") },
        };
        let body = serde_json::to_string(&envelope).expect("a form");
        post(desk, "/v1/account_query", body)
    }

    fn desk() -> WalletDesk {
        WalletDesk::new("wallet".parse().expect("a name"), Arc::new(Settings::DEFAULT))
    }

    #[test]
    fn what_cannot_be_read_strictly_is_a_fault() {
        let desk = desk();
        let good = String::from_utf8_lossy(&query(&desk, "ada").body).into_owned();
        let twice = good.replacen('{', "{\"protocol\":\"bindproof/1\",", 1);
        for (path, body, why) in [
            ("/v1/account_query", twice, "duplicate field"),
            ("/v1/link_query", good.clone(), "link_query"),
            ("/v1/bind_request", good.clone(), "answers to nothing"),
        ] {
            desk.take(&post(&desk, path, body));
            let faults = desk.faults();
            assert!(faults.len() == 1 && faults[0].contains(why), "{path}: {faults:?}");
        }
        desk.take(&Post { is_json: false, ..post(&desk, "/v1/account_query", good) });
        assert!(desk.faults()[0].contains("content-type"));
    }

    #[test]
    fn what_is_wrong_in_a_case_that_failed_is_charged_to_no_other() {
        let desk = desk();
        desk.take(&query(&desk, "eve"));
        assert!(desk.faults()[0].contains("eve, who has asked for nothing"));
        desk.take(&query(&desk, "eve"));
        desk.excuse(["eve".parse().expect("a reference")]);
        desk.take(&query(&desk, "eve"));
        let malformed = r#"{"message":{"person":"eve"}}"#.to_owned();
        desk.take(&post(&desk, "/v1/account_query", malformed));
        assert!(desk.faults().is_empty());
        desk.take(&query(&desk, "mallory"));
        assert_eq!(desk.faults().len(), 1);
    }
}
