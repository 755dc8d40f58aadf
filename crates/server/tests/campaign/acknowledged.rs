//! What the servers have told their clients: all that may be relied on, and must never be otherwise
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use bindproof::wire::{
    Action, BindRequest, BindingId, IdempotencyKey, OperationId, Settled, Standing,
};

/// A binding that the bank has told of.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub customer: usize,
    pub key: IdempotencyKey,
    pub request: BindRequest,
    /// The furthest that it was seen.
    pub standing: Standing,
}

/// An operation that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Operated {
    pub customer: usize,
    pub action: Action,
    pub settled: Option<Settled>,
}

/// Everything that was said.
#[derive(Debug, Default)]
pub struct Acknowledged {
    pub bindings: Mutex<BTreeMap<BindingId, Bound>>,
    pub operations: Mutex<BTreeMap<OperationId, Operated>>,
    /// Every key under which anybody asked to bind, answered or not.
    pub keys: Mutex<BTreeSet<IdempotencyKey>>,
    /// What was said and then was otherwise.
    pub broken: Mutex<Vec<String>>,
}

/// How far a binding has come; from the last stage none leads on.
const fn stage(standing: &Standing) -> u8 {
    match standing {
        Standing::Pending { .. } => 0,
        Standing::Active { .. } => 1,
        Standing::Refused(_) | Standing::Ended(_) => 2,
    }
}

impl Acknowledged {
    /// Something that was said does not hold.
    pub fn broken(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }

    /// The bank has answered that this request began this binding.
    pub fn bound(&self, binding: BindingId, bound: Bound) {
        let mut bindings = self.bindings.lock().unwrap();
        let other = bindings.iter().find(|(id, known)| known.key == bound.key && **id != binding);
        if let Some((other, _)) = other {
            self.broken(format!("one request began two bindings: {other} and {binding}"));
        }
        bindings.entry(binding).or_insert(bound);
        drop(bindings);
        self.stands(binding, bound.standing);
    }

    /// The bank has answered where a binding stands.
    pub fn stands(&self, binding: BindingId, standing: Standing) {
        let mut bindings = self.bindings.lock().unwrap();
        let Some(known) = bindings.get_mut(&binding) else { return };
        let (before, now) = (stage(&known.standing), stage(&standing));
        if now < before || (before == 2 && known.standing != standing) {
            let (was, person) = (known.standing, known.customer);
            self.broken(format!("{binding} of {person} was {was:?} and is {standing:?}"));
        } else {
            known.standing = standing;
        }
    }

    /// An operation is sent.
    pub fn sent(&self, operation: OperationId, customer: usize, action: Action) {
        let operated = Operated { customer, action, settled: None };
        self.operations.lock().unwrap().insert(operation, operated);
    }

    /// The wallet has answered how an operation came out.
    pub fn settled(&self, operation: OperationId, settled: Settled) {
        let mut operations = self.operations.lock().unwrap();
        let Some(known) = operations.get_mut(&operation) else { return };
        match known.settled {
            Some(was) if was != settled => {
                self.broken(format!("{operation} was {was:?} and is {settled:?}"));
            }
            _ => known.settled = Some(settled),
        }
    }
}
