//! The wallet server's half.

mod carry;
mod ending;
mod facts;
mod link;
mod operation;
mod overview;
mod proof;
mod registration;
mod step_link;
mod step_operation;

use bindproof::journal::Event;
use bindproof::refusal::Refusal;
use bindproof::settings::Settings;
use bindproof::verdict::Verdict;
use bindproof::wallet::account::Account;
use bindproof::wallet::device::{self, Device};
use bindproof::wallet::facts::waiting;
use bindproof::wallet::lock::{self, Closed, Lock};
use bindproof::wallet::operation::Input;
use bindproof::wallet::person::{Matched, is_claimed, matched};
use bindproof::wallet::{link as link_step, lock::Path};
use bindproof::wire::{AccountAnswer, AccountId, DeviceKey, Found, PersonRef};

pub use carry::Carried;
pub use link::{BankAsked, Told};
pub use operation::{OperationTold, Requested};
pub use overview::{DeviceShown, LinkShown, PaymentShown, WalletOverview};
pub use proof::{Shown, coded};

use super::settle;
use crate::clock::World;
use crate::codes;
use crate::defect::steps::CONTROLS;
use crate::defect::{Defect, planted};
use crate::key::Key;
use crate::record::{Accounts, Devices, Kept, Links, Locks, Operations, RecordKind};
use crate::store::{Shard, StoreError, Timer};
use crate::verifier::Verifier;

/// The scope of binding ids in the wallet's directory; its value is the bank.
pub const LINK: &str = "link";
/// The scope of account ids in the directory.
pub const ACCOUNT: &str = "account";
/// The scope of operation ids in the directory.
pub const OPERATION: &str = "operation";
/// The scope of persons: whose records are in which shard. Written with her first verified account.
pub const PERSON: &str = "person";
/// The scope of ids of operations that began for nobody known, once it is proved whose they are.
pub const PROVED: &str = "proved";
/// The scope of challenge ids in the directory; its value is the operation.
pub const CHALLENGE: &str = "challenge";

/// One day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One person's records at the wallet, and what happens to them.
pub struct WalletDrive<'a> {
    /// Her records.
    pub shard: &'a mut Shard,
    /// The rules.
    pub rules: &'a Settings,
    /// Time and chance.
    pub world: &'a World,
    /// What checks factors.
    pub verifier: &'a dyn Verifier,
    /// What one-time codes are derived from.
    pub code_key: &'a [u8; 32],
    /// Whose records these are: who is named with them, or is to be from this transaction on.
    pub person: Option<PersonRef>,
    /// That person's records are elsewhere.
    pub elsewhere: bool,
}

impl WalletDrive<'_> {
    /// An account query leaves no trace.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn account_query(&self) -> Result<AccountAnswer, StoreError> {
        let found = match self.matched()?.key {
            Some(account) => Found::Registered(account),
            None if planted(Defect::AccountInvented) => {
                Found::Registered(AccountId::from_bytes(self.world.uuid()))
            }
            None => Found::Unregistered,
        };
        Ok(AccountAnswer { found })
    }

    /// Which account is the person's.
    fn matched(&self) -> Result<Matched<AccountId>, StoreError> {
        let accounts = self.shard.each::<Accounts>()?;
        let accounts = accounts.into_iter().map(|(key, kept)| (AccountId::from(key), kept.state));
        Ok(matched(CONTROLS, accounts))
    }

    /// Whether these records are a person's already. They are from the first verified account on.
    fn is_claimed(&self) -> Result<bool, StoreError> {
        let accounts = self.shard.each::<Accounts>()?;
        Ok(is_claimed(accounts.iter().map(|(_, kept)| kept.state)))
    }

    /// Somebody has proved to be `person`: these records are hers if they are `here`, and may
    /// become hers if they are nobody's; `elsewhere` says that hers are in another shard.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn meet(
        &mut self,
        person: PersonRef,
        here: bool,
        elsewhere: bool,
    ) -> Result<(), StoreError> {
        if here || (self.person.is_none() && !self.is_claimed()?) {
            self.person = Some(person);
            self.elsewhere = elsewhere;
        }
        Ok(())
    }

    /// The person's key is claimed for these records, if it was not before; `unclaimed` is what was
    /// found before anything was written.
    fn claim_person(&mut self, unclaimed: bool) -> Result<(), StoreError> {
        if !unclaimed {
            return Ok(());
        }
        let nobody = || StoreError::corrupt("an account", "it is verified to be nobody's");
        let person = self.person.ok_or_else(nobody)?;
        self.shard.claim(PERSON, person.as_str().to_owned(), String::new());
        Ok(())
    }

    /// Whether this is a device of hers.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn knows(&self, device: DeviceKey) -> Result<bool, StoreError> {
        let devices = self.shard.each::<Devices>()?;
        let hers = |kept: &Kept<Devices>| kept.state.is_trusted() && kept.refs.device == device;
        Ok(devices.iter().any(|(_, kept)| hers(kept)))
    }

    fn account(&self, account: Option<AccountId>) -> Result<Account, StoreError> {
        let Some(account) = account else { return Ok(Account::Absent) };
        let kept = self.shard.find::<Accounts>(account.into())?;
        Ok(kept.map_or(Account::Absent, |kept| kept.state))
    }

    /// Steps every deadline that has passed, in a fixed order.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn overdue(&mut self) -> Result<(), StoreError> {
        while let Some((kind, key, what)) = self.shard.first_overdue() {
            self.shard.disarm(kind, key, what);
            match (kind, what) {
                (RecordKind::Link, Timer::State) => self.approval_deadline(key)?,
                (RecordKind::Link, Timer::Code) => self.code_renewed(key)?,
                (RecordKind::Operation, Timer::State) => self.operation_deadline(key)?,
                (RecordKind::Device, Timer::Aged) => self.step_device(key, device::Input::Aged)?,
                (RecordKind::Device, Timer::Idle) => {
                    self.step_device(key, device::Input::SessionEnded)?;
                }
                (RecordKind::Lock, Timer::Run) => self.step_lock(key, lock::Input::LockEnded)?,
                (RecordKind::Lock, Timer::Day) => self.step_lock(key, lock::Input::DayEnded)?,
                _ => tracing::warn!(?kind, %key, ?what, "a deadline of nothing"),
            }
        }
        Ok(())
    }

    fn approval_deadline(&mut self, key: Key) -> Result<(), StoreError> {
        let Some(kept) = self.shard.find::<Links>(key)? else { return Ok(()) };
        let last = self.is_last_link(key, kept.refs.account)?;
        let input = link_step::Input::Expired { last };
        self.step_link(key, kept.refs, input, None).map(|_| ())
    }

    fn code_renewed(&mut self, key: Key) -> Result<(), StoreError> {
        let Some(kept) = self.shard.find::<Links>(key)? else { return Ok(()) };
        self.step_link(key, kept.refs, link_step::Input::CodeRenewed, None).map(|_| ())
    }

    /// Notes that the code of a link was presented, right or wrong: the codes up to this period are
    /// spent, and the next one is current when the next period begins.
    fn code_presented(&mut self, key: Key) -> Result<(), StoreError> {
        if planted(Defect::SpentCodeAccepted) {
            return Ok(());
        }
        let Some(mut kept) = self.shard.find::<Links>(key)? else { return Ok(()) };
        let period = codes::period(self.shard.now_ms());
        kept.refs.spent_through = period;
        // A link that has ended meanwhile has no code to spend.
        let _ = self.step_link(key, kept.refs, link_step::Input::CodePresented, None)?;
        let spent = self.shard.find::<Links>(key)?.is_some_and(|kept| kept.state.code_spent);
        if spent {
            let next_ms = (period + 1).saturating_mul(codes::PERIOD_MS);
            self.shard.arm_at(RecordKind::Link, key, Timer::Code, next_ms);
        }
        Ok(())
    }

    fn operation_deadline(&mut self, key: Key) -> Result<(), StoreError> {
        let Some(kept) = self.shard.find::<Operations>(key)? else { return Ok(()) };
        let waiting = waiting(kept.state);
        self.step_operation(key, kept.refs, Input::Expired(waiting), Path::Strangers, None)?;
        Ok(())
    }

    /// Steps one device of an account; one that was never known has no record.
    fn step_device(&mut self, key: Key, input: device::Input) -> Result<(), StoreError> {
        let Some(kept) = self.shard.find::<Devices>(key)? else { return Ok(()) };
        let verdict = device::step(kept.state, input);
        let event = Event::Device { id: key, input };
        let refs = kept.refs;
        settle(self.shard, event, verdict, |shard, state| {
            shard.put::<Devices>(key, &Kept { state, refs })
        })?;
        self.time_device(key, kept.state)
    }

    /// Arms and disarms what time does to a device that was `before`.
    fn time_device(&mut self, key: Key, before: Device) -> Result<(), StoreError> {
        let device = self.shard.find::<Devices>(key)?.map_or(Device::Unknown, |kept| kept.state);
        let timing = &self.rules.timing;
        match (before.is_trusted(), device.is_trusted()) {
            (false, true) => {
                self.shard.arm(RecordKind::Device, key, Timer::Aged, timing.device_age_ms);
            }
            (true, false) => self.shard.disarm(RecordKind::Device, key, Timer::Aged),
            _ => {}
        }
        match (before.in_session(), device.in_session()) {
            (false, true) => self.keep_session(key),
            (true, false) => self.shard.disarm(RecordKind::Device, key, Timer::Idle),
            _ => {}
        }
        Ok(())
    }

    /// A session in which something is done goes on.
    fn keep_session(&mut self, key: Key) {
        let idle_ms = self.rules.timing.session_idle_ms;
        self.shard.arm(RecordKind::Device, key, Timer::Idle, idle_ms);
    }

    fn step_lock(&mut self, key: Key, input: lock::Input) -> Result<(), StoreError> {
        let before = self.lock(key)?;
        let event = Event::Lock { path: key, input };
        let verdict: Verdict<_, _> = lock::step(before, input);
        settle(self.shard, event, verdict, |shard, state| {
            shard.put::<Locks>(key, &Kept { state, refs: () })
        })?;
        self.time_lock(key, before)
    }

    fn lock(&self, key: Key) -> Result<Lock, StoreError> {
        Ok(self.shard.find::<Locks>(key)?.map_or(Lock::OPEN, |kept| kept.state))
    }

    /// Arms and disarms what time does to a lock that was `before`.
    fn time_lock(&mut self, key: Key, before: Lock) -> Result<(), StoreError> {
        let after = self.lock(key)?;
        if after.closed == Closed::ForRun && before.closed != Closed::ForRun {
            self.shard.arm(RecordKind::Lock, key, Timer::Run, self.rules.timing.lock_run_ms);
        }
        if after.closed != Closed::ForRun {
            self.shard.disarm(RecordKind::Lock, key, Timer::Run);
        }
        let counted = after.day > 0 || after.closed == Closed::ForDay;
        if counted && self.shard.armed(RecordKind::Lock, key, Timer::Day).is_none() {
            let midnight_ms = (self.shard.now_ms().div_euclid(DAY_MS) + 1).saturating_mul(DAY_MS);
            self.shard.arm_at(RecordKind::Lock, key, Timer::Day, midnight_ms);
        }
        Ok(())
    }

    /// The bank decided a debit that was asked for; `own` says that it was the bank that was asked.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn debit_decided(
        &mut self,
        operation: Key,
        own: bool,
        accepted: bool,
    ) -> Result<Option<Refusal>, StoreError> {
        let Some(kept) = self.shard.find::<Operations>(operation)? else {
            return Ok(Some(Refusal::NotFound));
        };
        let input = Input::DebitDecided { own, accepted };
        self.step_operation(operation, kept.refs, input, Path::Strangers, None)
    }
}
