//! A recovery that names no account, or one that is nobody's. It begins in a shard of its own, for
//! nobody that is known; once identity is proved it goes on among the records of the person whose
//! it is.

use bindproof::wallet::facts::path_of_request;
use bindproof::wallet::operation::{Asked, Input, Operation};
use bindproof::wire::DeviceKey;

use super::WalletDrive;
use crate::defect::steps::CONTROLS;
use crate::drive::Said;
use crate::key::Key;
use crate::received;
use crate::record::{OperationRefs, Operations, RecordKind};
use crate::store::{StoreError, Timer};

/// An operation that waits for its answer, as it goes over to its person.
#[derive(Clone, Debug)]
pub struct Carried {
    refs: OperationRefs,
    due_ms: Option<i64>,
}

impl Carried {
    /// Whether this device asked for it.
    pub fn is_of(&self, device: DeviceKey) -> bool {
        self.refs.request.device == device
    }

    /// Whether it is a recovery: it belongs to the person, and to no account.
    pub fn is_recovery(&self) -> bool {
        self.refs.request.action.kind().is_the_persons()
    }
}

impl WalletDrive<'_> {
    /// The operation, if it waits for its answer here.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn waiting(&self, operation: Key) -> Result<Option<Carried>, StoreError> {
        let kept = self.shard.find::<Operations>(operation)?;
        let kept = kept.filter(|kept| matches!(kept.state, Operation::Challenged { .. }));
        let due_ms = self.shard.armed(RecordKind::Operation, operation, Timer::State);
        Ok(kept.map(|kept| Carried { refs: kept.refs, due_ms }))
    }

    /// The operation begins among this person's records, if it has not: with the challenge that is
    /// open, and until the same time. That the request was fresh was found when it came.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn carry_over(&mut self, operation: Key, carried: &Carried) -> Said<()> {
        if self.shard.find::<Operations>(operation)?.is_some() {
            return Ok(Ok(()));
        }
        let refs = OperationRefs { account: self.matched()?.key, ..carried.refs.clone() };
        let asked = Asked { within_limits: self.is_within_limits(&refs)?, ..Asked::PROPER };
        let context = self.context(operation, &refs)?;
        let path = path_of_request(CONTROLS, self.device_of(refs.account, &refs)?);
        let (now_ms, until_ms) = (self.shard.now_ms(), carried.due_ms);
        let note = received::carried(&refs.request, refs.signed, now_ms, until_ms);
        self.shard.receive(note);
        let input = Input::Requested { context, asked };
        if let Some(refusal) = self.step_operation(operation, refs, input, path, None)? {
            return Ok(Err(refusal));
        }
        if let Some(due_ms) = until_ms {
            self.shard.arm_at(RecordKind::Operation, operation, Timer::State, due_ms);
        }
        Ok(Ok(()))
    }
}
