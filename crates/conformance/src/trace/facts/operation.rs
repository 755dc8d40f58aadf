//! The facts of a wallet's operations.

use bindproof::control::AllOn;
use bindproof::message::Message;
use bindproof::wallet::device::Device;
use bindproof::wallet::facts::{self, Beginning, Beside, path_of_answer, path_of_request, runs_on};
use bindproof::wallet::kind::Kind as OperationKind;
use bindproof::wallet::lock::Path;
use bindproof::wallet::operation::{Asked, Input, Operation, Waiting};
use bindproof::wallet::proof::{Proof, Tie};

use super::{Look, same};
use crate::key::Key;
use crate::trace::finding::{Fault, Wrong};
use crate::trace::line::Received;
use crate::trace::records::{Kind, OperationRefs, Records};

/// What is known of an operation from the request that began it.
pub fn begun(received: &Received<Key>, records: &Records) -> Option<OperationRefs> {
    let kind = received.kind?;
    let account = runs_on(kind, || received.account, || records.matched().key);
    Some(OperationRefs {
        kind,
        account,
        device: received.device,
        content: received.content,
        signed: received.signed.unwrap_or(false),
        environment: received.environment,
        binding: received.binding,
        revoked_device: received.revoked_device,
        amount_minor: received.amount_minor.unwrap_or(0),
        debited_ms: None,
        executions: 0,
        due_ms: None,
    })
}

/// The keys of the records around an operation, as an event has them.
#[derive(Clone, Copy)]
struct Around {
    account: Option<Key>,
    device: Option<Key>,
    path: Option<Key>,
}

/// That a request which asks the same names the same.
fn asks_the_same(refs: &OperationRefs, received: &Received<Key>) -> Result<(), Wrong> {
    let text = |key: Option<Key>| key.map_or_else(|| "none".to_owned(), |key| key.to_string());
    let account = received.account.filter(|_| !refs.kind.is_the_persons());
    let names = [
        ("account", refs.account, account),
        ("device", refs.device, received.device),
        ("binding", refs.binding, received.binding),
        ("revoked_device", refs.revoked_device, received.revoked_device),
    ];
    let other = names.into_iter().find(|(_, first, now)| now.is_some() && first != now);
    if let Some((what, first, now)) = other {
        return Err(Wrong::new(Fault::OtherFact, 98, what, text(first), text(now)));
    }
    if let Some(kind) = received.kind.filter(|kind| *kind != refs.kind) {
        let (expected, found) = (format!("{:?}", refs.kind), format!("{kind:?}"));
        return Err(Wrong::new(Fault::OtherFact, 98, "kind", expected, found));
    }
    match received.amount_minor.filter(|minor| *minor != refs.amount_minor) {
        None => Ok(()),
        Some(minor) => {
            let (expected, found) = (refs.amount_minor.to_string(), minor.to_string());
            Err(Wrong::new(Fault::OtherFact, 98, "amount_minor", expected, found))
        }
    }
}

impl Look<'_> {
    pub(super) fn operation(
        &self,
        id: Key,
        account: Option<Key>,
        device: Option<Key>,
        path: Option<Key>,
        input: &Input,
    ) -> Result<u64, Wrong> {
        let mut unlooked = 0;
        let known = self.records.operations.get(&id).copied();
        if !matches!(input, Input::Expired(_)) {
            self.not_overdue(known.and_then(|refs| refs.due_ms))?;
        }
        let received = match input {
            Input::Requested { .. } => self.received(&[Message::OperationRequest])?,
            Input::Answered { .. } => self.received(&[Message::ChallengeAnswer])?,
            Input::DebitDecided { .. } => self.received(&[Message::DebitAnswer])?,
            Input::Executing(_) | Input::TargetEnded(_) | Input::Expired(_) => {
                self.nothing_received()?;
                None
            }
        };
        let begins = received.filter(|r| r.message == Message::OperationRequest);
        let begun = || begins.and_then(|received| begun(received, self.records));
        // Without its beginning nobody knows what a request that comes again is compared with.
        let begun = begun().filter(|_| self.records.whole);
        let Some(refs) = known.or(begun) else { return Ok(1) };
        match input {
            Input::Requested { context, asked } => {
                self.context(id, &refs, *context, &mut unlooked)?;
                self.goes_over(known.is_none() && refs.kind == OperationKind::Recover)?;
                match received {
                    Some(received) => self.requested(&refs, *asked, received, &mut unlooked)?,
                    None => unlooked += 4,
                }
            }
            Input::Answered { context, proof, path } => {
                self.context(id, &refs, *context, &mut unlooked)?;
                match received {
                    Some(received) => {
                        self.answered(id, &refs, *proof, *path, received, &mut unlooked)?;
                    }
                    None => unlooked += 3,
                }
            }
            Input::Executing(context) | Input::TargetEnded(context) => {
                self.context(id, &refs, *context, &mut unlooked)?;
            }
            Input::DebitDecided { own, .. } => {
                let bank = refs.binding.and_then(|binding| self.records.links.get(&binding));
                let bank = bank.and_then(|refs| refs.bank);
                let own_bank = bank.zip(self.from).map(|(bank, from)| bank == from);
                same("own", 94, own_bank, *own, &mut unlooked)?;
            }
            Input::Expired(waiting) => self.expired(id, &refs, *waiting)?,
        }
        let around = Around { account, device, path };
        let presented = received.and_then(|received| received.binding);
        self.around(id, &refs, input, around, presented)?;
        Ok(unlooked)
    }

    fn requested(
        &self,
        refs: &OperationRefs,
        asked: Asked,
        received: &Received<Key>,
        unlooked: &mut u64,
    ) -> Result<(), Wrong> {
        let own = refs.device.zip(received.device).map(|(first, now)| first == now);
        same("own", 97, own, asked.own, unlooked)?;
        same("fresh", 99, self.is_fresh(received), asked.fresh, unlooked)?;
        let content = refs.content.zip(received.content).map(|(first, now)| first == now);
        same("same_content", 98, content, asked.same_content, unlooked)?;
        // What it leaves out, and the first one named, nobody can compare.
        let left_out =
            !refs.kind.is_the_persons() && refs.account.is_some() && received.account.is_none();
        *unlooked += u64::from(left_out);
        if content == Some(true) {
            asks_the_same(refs, received)?;
        }
        let within = self.records.whole.then(|| self.is_within_limits(refs));
        same("within_limits", 99, within, asked.within_limits, unlooked)
    }

    /// Only a recovery that `begins` here may have begun elsewhere before, and its challenge is
    /// still open and was made no later than now.
    fn goes_over(&self, begins: bool) -> Result<(), Wrong> {
        let until_ms = self.line.received.as_ref().and_then(|received| received.until_ms);
        let Some(until_ms) = until_ms else { return Ok(()) };
        let lasts_ms = i64::try_from(self.rules.timing.challenge_ms).unwrap_or(i64::MAX);
        let latest_ms = self.line.at_ms.saturating_add(lasts_ms);
        if begins && until_ms <= latest_ms {
            return self.not_overdue(Some(until_ms));
        }
        let expected = if begins { format!("{latest_ms} at most") } else { "none".to_owned() };
        let found = until_ms.to_string();
        Err(Wrong::new(Fault::Deadline, 25, "until_ms", expected, found))
    }

    /// An operation beside the account that it runs on.
    fn begins(&self, refs: &OperationRefs) -> Beginning<Key> {
        Beginning {
            kind: refs.kind,
            account: self.account_of(refs),
            device: self.device_of(refs).unwrap_or(Device::Unknown),
            signed: refs.signed,
        }
    }

    /// An operation that takes a place among the devices of its account finds one free.
    pub(super) fn finds_place(&self, refs: &OperationRefs) -> bool {
        let this = self.begins(refs);
        let device = |record| self.records.device(record);
        let devices = this.account.into_iter().flat_map(|account| {
            self.records.trusted_on(account).map(move |record| (account, device(record)))
        });
        this.finds_place(&self.rules.limits, devices)
    }

    /// Fewer operations are under way than the limit.
    fn is_within_limits(&self, refs: &OperationRefs) -> bool {
        let live = self.records.live.iter();
        let live = live.filter_map(|id| Some((id, self.records.operations.get(id)?)));
        let operations = live.map(|(id, other)| Beside {
            kind: other.kind,
            account: other.account,
            state: self.records.operation(*id),
            own: move || self.begins(other).is_own(),
        });
        self.begins(refs).is_within_limits(&self.rules.limits, operations)
    }

    fn answered(
        &self,
        id: Key,
        refs: &OperationRefs,
        proof: Proof,
        path: Path,
        received: &Received<Key>,
        unlooked: &mut u64,
    ) -> Result<(), Wrong> {
        let its_device = refs.device.zip(received.device).map(|(first, now)| first == now);
        let from_its_device = its_device.zip(received.signed).map(|(same, signed)| same && signed);
        same("from_its_device", 86, from_its_device, proof.from_its_device, unlooked)?;
        let demanded = self.demanded_binding(refs);
        let code = Tie::between(demanded, received.binding);
        let certain = self.records.whole || demanded.is_some();
        same("code", 45, certain.then_some(code), proof.code, unlooked)?;
        if !self.records.knows(Kind::Operation, id) {
            *unlooked += 1;
            return Ok(());
        }
        let operation = self.records.operation(id);
        // Where no challenge is open the device decides nothing.
        let open = matches!(operation, Operation::Challenged { .. });
        let device = self.device_of(refs).or((!open).then_some(Device::Unknown));
        let expected = device.map(|device| path_of_answer(AllOn, operation, device, proof));
        same("path", 39, expected, path, unlooked)
    }

    fn expired(&self, id: Key, refs: &OperationRefs, waiting: Waiting) -> Result<(), Wrong> {
        let operation = self.records.operation(id);
        let armed = operation.is_under_way() && facts::waiting(operation) == waiting;
        self.has_passed(refs.due_ms.filter(|_| armed))
    }

    /// The records that the step saw around the operation.
    fn around(
        &self,
        id: Key,
        refs: &OperationRefs,
        input: &Input,
        around: Around,
        presented: Option<Key>,
    ) -> Result<(), Wrong> {
        if !self.records.whole {
            return Ok(());
        }
        let other = |what: &str, expected: Option<Key>, found: Option<Key>| {
            let text = |key: Option<Key>| key.map_or_else(|| "none".to_owned(), |k| k.to_string());
            Err(Wrong::new(Fault::OtherFact, 98, what, text(expected), text(found)))
        };
        let account = self.account_of(refs);
        let new = around.account.is_some_and(|a| !self.records.has(Kind::Account, a));
        let recovers = refs.kind == OperationKind::Recover && account.is_none() && new;
        if around.account != account && !recovers {
            return other("account", account, around.account);
        }
        if let Some((on, device)) = around.account.zip(refs.device) {
            let known = self.records.device_of.get(&(on, device)).copied();
            let whose = around.device.and_then(|record| self.records.devices.get(&record));
            let elsewhere = whose.is_some_and(|w| (w.account, w.device) != (on, Some(device)));
            if elsewhere || (known.is_some() && known != around.device) || around.device.is_none() {
                return other("device", known, around.device);
            }
        } else if around.device.is_some() && around.account.is_none() {
            return other("device", None, around.device);
        }
        let (path, code_of) = match (input, self.records.operation(id)) {
            (Input::Requested { .. }, _) => {
                let device = self.device_of(refs).unwrap_or(Device::Unknown);
                (path_of_request(AllOn, device), None)
            }
            (Input::Answered { path, .. }, _) => (*path, presented),
            (Input::Executing(_), Operation::Authenticated { path, .. }) => {
                (path, self.demanded_binding(refs))
            }
            _ => (Path::Strangers, None),
        };
        match self.lock_of(refs, path, code_of) {
            Some(expected) if expected != around.path => other("path", expected, around.path),
            // The first of its kind is taken as it is, as long as it is no other path's.
            None if around.path.is_none() || around.path == refs.device => {
                other("path", None, around.path)
            }
            _ => Ok(()),
        }
    }
}
