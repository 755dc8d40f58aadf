//! A case against a wallet server, as it is played: what is said, what comes back, and whether the
//! specification's steps would have said the same.

mod ask;
mod at_once;
mod clock;
mod heard;
mod own;
mod phone;
mod proof;
mod raw;

use bindproof::settings::Settings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bindproof::message::{LinkStatus, Reason};
use bindproof::policy::{Policy, Requirement};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    AccountId, AccountQuery, AccountRegistration, BindingId, Challenge, Consent, ContactRef,
    IdempotencyKey, InstrumentRef, LinkEnd, LinkQuery, LinkRequest, LinkResume, LinkSuspend,
    PersonRef, Secret,
};
use bindproof_http::signature::Signer;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use serde_json::Value;

use crate::banks::BankDesk;
use crate::call::Line;
use crate::listen::Listener;
use crate::oracle::wallet::{FromBank, Wallet};
use crate::oracle::{Told, Within, Worlds};
use crate::trouble::{Tried, Trouble};

pub use ask::How;
pub use phone::{Phone, nonce, wrong_code};
pub use proof::{Code, Contact, Given};

/// How long is waited between two looks.
pub const LOOK: Duration = Duration::from_millis(40);

/// One of the kit's banks.
pub struct BankPeer {
    /// What it signs with.
    pub signer: Signer,
    /// Where it listens.
    pub listener: Listener<BankDesk>,
    /// Its name.
    pub name: bindproof::wire::Issuer,
}

/// The kit against a wallet server.
pub struct WalletKit {
    /// The line to it.
    pub line: Line,
    /// The kit's banks.
    pub banks: Vec<BankPeer>,
    /// Under what it runs.
    pub rules: Arc<Settings>,
}

/// A person whom nobody has seen before.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// Her reference.
    pub person: PersonRef,
}

/// A binding of one of the kit's banks.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Its id.
    pub id: BindingId,
    /// Which of the kit's banks.
    pub bank: usize,
    /// Whose.
    pub person: PersonRef,
    /// The contact that the bank has verified.
    pub contact: ContactRef,
    /// What is bound.
    pub instrument: InstrumentRef,
    /// What its codes are derived from.
    pub secret: Secret,
}

/// A case as it is played.
pub struct Play<'a> {
    /// The kit.
    pub kit: &'a WalletKit,
    /// What the wallet may be.
    pub worlds: Worlds<Wallet>,
    /// What happened, a line a step.
    pub log: Vec<String>,
    keys: BTreeMap<(String, IdempotencyKey), (String, Told)>,
    bindings: Vec<(usize, BindingId)>,
    codes_seen: BTreeMap<ContactRef, u64>,
    /// Through which period the codes of a binding are spent.
    spent: BTreeMap<BindingId, i64>,
    said: Value,
    sent: Option<Request<Full<Bytes>>>,
}

impl<'a> Play<'a> {
    /// A new one: the wallet knows nobody in it yet.
    pub fn new(kit: &'a WalletKit) -> Self {
        Self {
            kit,
            worlds: Worlds::new(Wallet::new(Arc::clone(&kit.rules))),
            log: Vec::new(),
            keys: BTreeMap::new(),
            bindings: Vec::new(),
            codes_seen: BTreeMap::new(),
            spent: BTreeMap::new(),
            said: Value::Null,
            sent: None,
        }
    }

    fn tag(&self) -> String {
        bindproof_http::hex::encode(&self.kit.line.world.bytes::<6>())
    }

    /// A person whom nobody has seen before.
    pub fn person(&self) -> Person {
        // Letters and digits are a reference.
        let person = format!("kit-{}", self.tag()).parse().expect("a plain reference");
        Person { person }
    }

    /// A binding that one of the banks begins for her: nobody has heard of it yet.
    pub fn binding(&mut self, bank: usize, of: Person) -> Binding {
        let tag = self.tag();
        let id = BindingId::from_bytes(self.kit.line.world.uuid());
        self.bindings.push((bank, id));
        Binding {
            id,
            bank,
            person: of.person,
            contact: format!("tel:kit-{tag}").parse().expect("a plain reference"),
            instrument: format!("card-{tag}").parse().expect("a plain reference"),
            secret: Secret::from_bytes(self.kit.line.world.bytes()),
        }
    }

    /// A second bank.
    ///
    /// # Errors
    /// The case is skipped if the kit is one bank only.
    pub fn second_bank(&self) -> Tried<usize> {
        match self.kit.banks.len() {
            0 | 1 => Err(Trouble::Skipped("the kit plays one bank only".to_owned())),
            _ => Ok(1),
        }
    }

    /// Now.
    pub fn now(&self) -> Within {
        self.kit.line.now()
    }

    /// A bank asks whether a person has an account.
    pub async fn query(&mut self, bank: usize, person: Person) -> Tried<Option<AccountId>> {
        let said = FromBank::Account(AccountQuery { person: person.person });
        match self.say(&How::of(bank), said).await? {
            Told::Account(account) => Ok(account),
            _ => Ok(None),
        }
    }

    /// What a bank says to have an account registered.
    pub fn registration(&self, binding: &Binding) -> FromBank {
        FromBank::Register(AccountRegistration {
            binding: binding.id,
            person: binding.person,
            registration: "kit".parse().expect("a plain text"),
            contact: binding.contact,
            secret: binding.secret,
            consent: Consent { bind: true, register: true },
        })
    }

    /// What a bank says to have the link.
    pub const fn link(&self, binding: &Binding, account: AccountId) -> FromBank {
        FromBank::Link(LinkRequest {
            binding: binding.id,
            account,
            instrument: binding.instrument,
            person: binding.person,
            contact: binding.contact,
            secret: binding.secret,
        })
    }

    /// A bank has an account registered for a binding.
    pub async fn register(&mut self, binding: &Binding) -> Tried<AccountId> {
        let said = self.registration(binding);
        match self.say(&How::of(binding.bank), said).await? {
            Told::Created(account) | Told::Existing(account) => Ok(account),
            told => Err(self.unfit("a registration", "an account", told)),
        }
    }

    /// A bank asks for the link.
    pub async fn ask_link(&mut self, binding: &Binding, account: AccountId) -> Tried<Told> {
        let said = self.link(binding, account);
        self.say(&How::of(binding.bank), said).await
    }

    /// A person whom the wallet has never seen gets an active binding; her account.
    pub async fn bound(&mut self, bank: usize, person: Person) -> Tried<(Binding, AccountId)> {
        let binding = self.binding(bank, person);
        let account = self.register(&binding).await?;
        let told = self.ask_link(&binding, account).await?;
        self.want("the link of a new account", told, Told::Link(ACTIVE))?;
        Ok((binding, account))
    }

    /// The wallet says that this is so; the steps have said the same already.
    pub fn want(&self, step: &str, told: Told, wanted: Told) -> Tried {
        if told == wanted { Ok(()) } else { Err(self.unfit(step, wanted, told)) }
    }

    /// What a first wrong answer to a challenge is told.
    pub fn wrong_once(&self) -> Told {
        match self.kit.rules.limits.tries {
            1 => Told::Refused(Refusal::ChallengeLimitReached),
            _ => Told::Problem(Refusal::ChallengeInvalid),
        }
    }

    /// The steps have told the same, and the case needs something else: the limits or the policy
    /// under which the server runs leave no room for it, a time was too short, or it is wrong.
    fn unfit(&self, step: &str, wanted: impl std::fmt::Display, told: Told) -> Trouble {
        let Settings { limits, timing, policy, .. } = &*self.kit.rules;
        let limit = match told {
            Told::Refused(Refusal::ChallengeLimitReached) => format!("tries is {}", limits.tries),
            Told::Problem(Refusal::StepUpLocked) => {
                format!("run is {} and day is {}", limits.run, limits.day)
            }
            Told::Problem(Refusal::LimitExceeded) => format!(
                "operations_open_max is {} and devices_per_account_max is {}",
                limits.operations_open_max, limits.devices_per_account_max
            ),
            Told::Link(LinkStatus::Refused { reason: Reason::BindingLimitReached }) => format!(
                "approvals_waiting is {} and links_per_account_max is {}",
                limits.approvals_waiting, limits.links_per_account_max
            ),
            Told::Problem(Refusal::ChallengeExpired) | Told::Expired => {
                let why = format!("challenge_ms is {}, and has passed", timing.challenge_ms);
                return Trouble::Undecided(format!("{why}: {step}, {wanted}"));
            }
            _ if *policy != Policy::DEFAULT => {
                let why = "under this policy the case comes out otherwise";
                return Trouble::Skipped(format!("{why}: {step}, {wanted}, and not {told}"));
            }
            _ => return Trouble::wrong(step, wanted, told),
        };
        Trouble::Skipped(format!("{limit}, too few for this case: {step}, {wanted}"))
    }

    /// A challenge asks for this.
    ///
    /// # Errors
    /// If it asks for something else: the case is skipped if that is the policy's.
    pub fn requires(&self, step: &str, challenge: &Challenge, wanted: Requirement) -> Tried {
        let told = Told::Challenge(challenge.required);
        self.want(step, told, Told::Challenge(wanted))
    }

    /// A bank ends a binding.
    pub async fn end(&mut self, binding: &Binding) -> Tried<Told> {
        let said = FromBank::End(LinkEnd { binding: binding.id });
        self.say(&How::of(binding.bank), said).await
    }

    /// A bank asks where the link of a binding stands.
    pub async fn status(&mut self, binding: &Binding) -> Tried<Told> {
        let said = FromBank::Status(LinkQuery { binding: binding.id });
        self.say(&How::of(binding.bank), said).await
    }

    /// A bank suspends a link by its decision of this number, or resumes it.
    pub async fn decide(&mut self, binding: &Binding, number: u8, suspends: bool) -> Tried<Told> {
        let (id, bank_revision) = (binding.id, number);
        let said = match suspends {
            true => FromBank::Suspend(LinkSuspend { binding: id, bank_revision }),
            false => FromBank::Resume(LinkResume { binding: id, bank_revision }),
        };
        self.say(&How::of(binding.bank), said).await
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// The case is skipped if nobody said how.
    pub async fn restart(&mut self) -> Tried {
        self.kit.line.start_again(&mut self.log).await
    }
}

/// An active link without any decision of its bank.
pub const ACTIVE: LinkStatus = LinkStatus::Active { bank_revision: 0 };
