//! A case against a wallet server, as it is played: what is said, what comes back, and whether the
//! specification's steps would have said the same.

mod ask;
mod heard;
mod own;
mod phone;
mod proof;
mod raw;

use bindproof::settings::Settings;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bindproof::message::LinkStatus;
use bindproof::wire::{
    AccountId, AccountQuery, AccountRegistration, BindingCode, BindingId, Consent, ContactRef,
    IdempotencyKey, InstrumentRef, LinkEnd, LinkQuery, LinkRequest, LinkResume, LinkSuspend,
    PersonRef, Secret,
};
use bindproof_http::codes;
use bindproof_http::signature::Signer;
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
    said: Value,
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
            said: Value::Null,
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

    fn unfit(&self, step: &str, wanted: impl std::fmt::Display, told: Told) -> Trouble {
        Trouble::wrong(step, wanted, told)
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

    /// The code of a binding that its client shows now.
    pub fn code(&self, binding: &Binding) -> BindingCode {
        let period = codes::period(self.kit.line.world.now_ms());
        codes::binding_code(&binding.secret, binding.id, period)
    }

    /// Waits until a binding has a new code: the one before is spent.
    pub async fn next_code(&mut self, binding: &Binding) {
        let period = codes::period(self.kit.line.world.now_ms());
        self.log.push("(waits for the next binding code)".to_owned());
        while codes::period(self.kit.line.world.now_ms()) == period {
            tokio::time::sleep(LOOK).await;
        }
        // Its clock may be a little behind.
        tokio::time::sleep(10 * LOOK).await;
        let renewed = bindproof::wallet::link::Input::CodeRenewed;
        self.worlds.note(|wallet| {
            wallet.step_own(binding.id, renewed);
        });
    }

    /// Waits until a period of the binding codes has no more than so long to go, and yet long
    /// enough for what is done in it.
    pub async fn late_in_period(&mut self, left_ms: i64) {
        self.log.push("(waits for the end of a period of the binding codes)".to_owned());
        let enough = left_ms / 2..=left_ms;
        let left = |now_ms: i64| codes::PERIOD_MS - now_ms.rem_euclid(codes::PERIOD_MS);
        while !enough.contains(&left(self.kit.line.world.now_ms())) {
            tokio::time::sleep(LOOK).await;
        }
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
