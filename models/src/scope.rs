//! A scope: how much of the world a check looks at, and under which faults and attacks. Scopes are
//! TOML files that can be copied and changed without compiling anything.

use bindproof::control::Control;
use bindproof::limits::Limits;
use bindproof::policy::{Bands, Environment, Origin, Policy, PolicyError};
use bindproof::wallet::kind::Kind;
use serde::Deserialize;

use crate::properties;

/// A scope, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Its name, the same as its file's.
    pub name: String,
    /// What it is for, in one sentence.
    pub about: String,
    /// The banks.
    pub bank: Vec<Bank>,
    /// The devices.
    pub device: Vec<DeviceScope>,
    /// The accounts that are there before anything happens.
    #[serde(default)]
    pub account: Vec<AccountScope>,
    /// The bindings that may be asked for.
    #[serde(default)]
    pub binding: Vec<BindingScope>,
    /// The operations that may be started.
    #[serde(default)]
    pub operation: Vec<OperationScope>,
    /// Counts, scaled down so that their ends are reached.
    #[serde(default)]
    pub limits: LimitsScope,
    /// What may go wrong.
    #[serde(default)]
    pub faults: Faults,
    /// What the attacker may do.
    #[serde(default)]
    pub adversary: Adversary,
    /// Properties that are checked only where a scope asks for them, by name.
    #[serde(default)]
    pub possibilities: Vec<String>,
    /// Witnesses that must be reached in this scope, by name.
    #[serde(default)]
    pub witnesses: Vec<String>,
    /// The figures that a complete check of this scope gives.
    #[serde(default)]
    pub pinned: Option<Pinned>,
}

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The one person of the model.
    Holder,
    /// Somebody else.
    Attacker,
}

/// A bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// It follows the protocol.
    pub honest: bool,
}

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceScope {
    /// In whose hands it is.
    pub owner: Owner,
}

/// An account that is there before anything happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountScope {
    /// Who set it up.
    pub owner: Owner,
    /// Who had it made.
    #[serde(default = "self_registered")]
    pub origin: Origin,
    /// Its holder's identity is verified.
    pub verified: bool,
    /// Devices that are trusted, with an authenticator each.
    #[serde(default)]
    pub devices: Vec<u8>,
    /// Those devices are signed in.
    #[serde(default = "yes")]
    pub session: bool,
}

const fn self_registered() -> Origin {
    Origin::SelfRegistered
}

/// A binding that may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingScope {
    /// Its bank.
    pub bank: u8,
    /// Its instrument, within the bank.
    #[serde(default)]
    pub instrument: u8,
    /// Who asks for it.
    pub asked_by: Owner,
    /// Whose the instrument is.
    #[serde(default = "holder")]
    pub instrument_of: Owner,
    /// Who is reached by the contact that the bank verified.
    #[serde(default = "holder")]
    pub contact_of: Owner,
    /// Consent is given.
    #[serde(default = "yes")]
    pub consent: bool,
}

const fn holder() -> Owner {
    Owner::Holder
}

const fn yes() -> bool {
    true
}

/// An operation that may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationScope {
    /// What it is.
    pub kind: Kind,
    /// Who starts it.
    pub by: Owner,
    /// The device on which it is started, or that it claims to be.
    pub device: u8,
    /// The binding whose link it names.
    #[serde(default)]
    pub binding: u8,
    /// The account it runs on; absent: whatever account is the person's.
    #[serde(default)]
    pub account: Option<u8>,
    /// The amount, in thousands of minor units.
    #[serde(default)]
    pub amount: u8,
    /// What the client claims about its environment.
    #[serde(default = "normal")]
    pub environment: Environment,
    /// The bank would cover the debit.
    #[serde(default = "yes")]
    pub covered: bool,
    /// The other device, for a revocation.
    #[serde(default)]
    pub other_device: u8,
    /// An attacker's operation that is over can be started again, as often as he likes.
    #[serde(default)]
    pub again: bool,
}

const fn normal() -> Environment {
    Environment::Normal
}

/// Counts, scaled down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsScope {
    /// Wrong answers that a challenge takes.
    pub tries: u8,
    /// Wrong answers in a row that close a path.
    pub run: u8,
    /// Wrong answers in a day that close a path.
    pub day: u8,
    /// Approvals that may wait per bank and account.
    pub approvals_waiting: u8,
    /// Where a medium running total begins, in thousands of minor units; 0 for the policy's own.
    pub total_medium_from: u8,
}

impl Default for LimitsScope {
    fn default() -> Self {
        Self { tries: 2, run: 2, day: 3, approvals_waiting: 1, total_medium_from: 0 }
    }
}

impl LimitsScope {
    /// The policy with the running total's border where the scope wants it.
    ///
    /// # Errors
    /// If the policy may not have it there.
    pub fn scaled(self, policy: &Policy) -> Result<Policy, PolicyError> {
        if self.total_medium_from == 0 {
            return Ok(policy.clone());
        }
        let total_medium_from = u64::from(self.total_medium_from) * 1000;
        Policy::new(policy.rules(), Bands { total_medium_from, ..policy.bands() })
    }

    /// The limits that the steps are run under.
    pub fn limits(self) -> Limits {
        Limits {
            tries: self.tries,
            run: self.run,
            day: self.day,
            approvals_waiting: self.approvals_waiting,
            ..Limits::DEFAULT
        }
    }
}

/// What may go wrong. Loss and reordering are always there: a message that may arrive may also
/// never arrive, and any other may arrive before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// What was ever sent may arrive again.
    pub duplicates: bool,
    /// Answers to the clients may be lost.
    pub lost_answers: bool,
    /// Copies may arrive when they are older than the freshness window.
    pub stale: bool,
    /// Deadlines pass.
    pub deadlines: bool,
    /// How often a bank may block or unblock an instrument, at most 3.
    pub blocks: u8,
    /// Banks ask where links stand.
    pub reconcile: bool,
    /// The holder gives up or ends bindings at the bank.
    pub leaves: bool,
    /// The holder mistypes, or presents the code without the rest.
    pub mistakes: bool,
    /// Locks and days end, codes are renewed.
    pub time: bool,
    /// Sessions run out.
    pub sessions: bool,
    /// Devices age into trust.
    pub ageing: bool,
    /// Which servers hold messages in their hands between taking and answering.
    pub slots: Slots,
    /// Those servers may crash at any point.
    pub crashes: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            duplicates: true,
            lost_answers: false,
            stale: false,
            deadlines: true,
            blocks: 0,
            reconcile: false,
            leaves: true,
            mistakes: false,
            time: false,
            sessions: false,
            ageing: false,
            slots: Slots::None,
            crashes: false,
        }
    }
}

/// Which server instances work step by step: take, decide, commit, answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slots {
    /// None: every server takes, decides, commits and answers at once.
    None,
    /// One bank server and one wallet server.
    OneEach,
    /// Two instances of the wallet server.
    TwoWallets,
    /// Two instances of the bank server.
    TwoBanks,
}

/// What the attacker may do. Replaying what was ever sent is `faults.duplicates`; a dishonest
/// bank client is a binding `asked_by` the attacker; operations `by` the attacker are those of a
/// dishonest wallet client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adversary {
    /// Uses another client's keys and bindings at the bank.
    pub meddles: bool,
    /// Guesses at the challenges of his own operations.
    pub guesses: bool,
    /// Answers other people's challenges.
    pub answers_for_others: bool,
    /// Presents the holder's proofs for his own operations.
    pub reuses_proofs: bool,
    /// Sees binding codes when they are presented.
    pub sees_codes: bool,
    /// Holds the holder's unlocked phone, without what she knows or is.
    pub holds_phone: bool,
    /// Claims to be a trusted device, without its key.
    pub false_device: bool,
}

/// The figures of a complete check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Distinct states.
    pub distinct: u64,
    /// States on the longest shortest path.
    pub depth: u32,
}

/// Why a scope cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// The text is not a scope.
    #[error("{file}: {message}")]
    Malformed {
        /// The file.
        file: String,
        /// Line, field and what is wrong with it.
        message: String,
    },
    /// A field points to something that is not there, or is beyond what the model can hold.
    #[error("{file}: {field}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// The field.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// No compiled capacity is large enough.
    #[error(
        "{file}: {field}: {asked} is more than the largest compiled model holds, which is {most}"
    )]
    TooLarge {
        /// The file.
        file: String,
        /// What there is too much of.
        field: &'static str,
        /// How many were asked for.
        asked: usize,
        /// How many fit.
        most: usize,
    },
}

impl Scope {
    /// Parses and validates a scope.
    ///
    /// # Errors
    /// Names the file, and the line or the field, of what is wrong.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScopeError> {
        let scope: Self = toml::from_str(text).map_err(|error| ScopeError::Malformed {
            file: file.to_owned(),
            message: at_line(text, &error),
        })?;
        scope.validate().map_err(|(field, message)| ScopeError::Invalid {
            file: file.to_owned(),
            field,
            message,
        })?;
        Ok(scope)
    }

    fn validate(&self) -> Result<(), (String, String)> {
        let within = |field: String, value: u8, count: usize, what: &str| {
            if usize::from(value) < count {
                Ok(())
            } else {
                Err((field, format!("there is no {what} {value}; there are {count}")))
            }
        };
        for (index, account) in self.account.iter().enumerate() {
            for device in &account.devices {
                within(format!("account[{index}].devices"), *device, self.device.len(), "device")?;
            }
        }
        self.validate_beginning()?;
        for (index, binding) in self.binding.iter().enumerate() {
            within(format!("binding[{index}].bank"), binding.bank, self.bank.len(), "bank")?;
        }
        for (index, operation) in self.operation.iter().enumerate() {
            let field = |name: &str| format!("operation[{index}].{name}");
            within(field("device"), operation.device, self.device.len(), "device")?;
            if operation.kind.names_link() {
                within(field("binding"), operation.binding, self.binding.len(), "binding")?;
            }
            if operation.kind == Kind::RevokeDevice {
                within(field("other_device"), operation.other_device, self.device.len(), "device")?;
            }
            if let Some(account) = operation.account {
                within(field("account"), account, self.account.len(), "account")?;
            }
            if operation.again && operation.by == Owner::Holder {
                return Err((field("again"), "only an attacker's operation starts again".into()));
            }
            if operation.again && operation.kind == Kind::Pay {
                return Err((field("again"), "a payment cannot start again".into()));
            }
            if operation.amount > 30 {
                return Err((field("amount"), "at most 30 (thousands of minor units)".into()));
            }
        }
        for (field, names, known) in [
            ("witnesses", &self.witnesses, properties::witness_names()),
            ("possibilities", &self.possibilities, properties::possibility_names()),
        ] {
            if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
                return Err((field.into(), format!("there is none that is called {unknown}")));
            }
        }
        if self.faults.blocks > 3 {
            return Err(("faults.blocks".into(), "at most 3".into()));
        }
        if self.limits.tries == 0 || self.limits.run == 0 || self.limits.day < self.limits.run {
            return Err(("limits".into(), "tries and run at least 1, day at least run".into()));
        }
        if self.limits.day > 100 {
            return Err(("limits.day".into(), "at most 100, and so is limits.run".into()));
        }
        if self.faults.crashes && self.faults.slots == Slots::None {
            return Err(("faults.crashes".into(), "needs faults.slots".into()));
        }
        Ok(())
    }

    /// A beginning that breaks a promise by itself says nothing about the protocol.
    fn validate_beginning(&self) -> Result<(), (String, String)> {
        let attackers = |device: &u8| self.device[usize::from(*device)].owner == Owner::Attacker;
        let mut verified = 0;
        for (index, account) in self.account.iter().enumerate().filter(|(_, a)| a.verified) {
            verified += 1;
            let strange = account.owner == Owner::Attacker || account.devices.iter().any(attackers);
            if strange {
                let why = "a verified account is the holder's, and so are its devices";
                return Err((format!("account[{index}]"), why.into()));
            }
        }
        if verified > 1 {
            return Err(("account".into(), "a person has at most one verified account".into()));
        }
        Ok(())
    }

    /// Whether the binding's bank follows the protocol.
    pub fn honest(&self, binding: usize) -> bool {
        self.bank[usize::from(self.binding[binding].bank)].honest
    }

    /// How many accounts can come to exist, with these controls off: those that are there and,
    /// unless there is a verified one that nothing closes and that keeps others from coming to be,
    /// one for each binding and one for each recovery. Two wallet servers whose writes are not
    /// guarded can make two for one binding.
    pub fn accounts_needed(&self, without: &[Control]) -> usize {
        let alone = !without.contains(&Control::OneAccountPerPerson);
        let there = alone && self.account.iter().any(|account| account.verified);
        let closes = self.operation.iter().any(|o| o.kind == Kind::CloseAccount);
        let recoveries = self.operation.iter().filter(|o| o.kind == Kind::Recover).count();
        let unguarded = without.contains(&Control::GuardedWrite);
        let twice = unguarded && self.faults.slots == Slots::TwoWallets;
        let each = (self.binding.len() + recoveries).max(if twice { 2 } else { 0 });
        let made = if there && !closes { 0 } else { each };
        (self.account.len() + made).max(1)
    }

    /// How many server instances work step by step.
    pub fn slots_needed(&self) -> usize {
        if self.faults.slots == Slots::None { 0 } else { 2 }
    }
}

/// "line 7, column 3: what is wrong", on one line.
pub fn at_line(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().replace('\n', " ");
    match error.span() {
        Some(span) => {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let source = text.lines().nth(line - 1).unwrap_or("").trim();
            format!("line {line}: {message} (in `{source}`)")
        }
        None => message,
    }
}
