//! Carries out what happens to one person's records: derives the facts, calls the specification's
//! step, writes the view back, and turns orders into deadlines and letters. Nothing here decides
//! about the protocol. It is the server's side of what `models/src/drive` is to the model.

pub mod bank;
mod transact;
pub mod wallet;

use bindproof::journal::{Decided, Event};
use bindproof::limits::{Limits, Timing};
use bindproof::message::Message;
use bindproof::policy::Policy;
use bindproof::refusal::Refusal;
use bindproof::verdict::{Orders, Verdict};
use bindproof::wallet::operation::Terms;
use bindproof::wire::IssuedAt;
use bindproof_conformance::trace::line::{Ordered, Owed};

pub use transact::{Step, transact};

use crate::clock::World;
use crate::defect::{Defect, planted};
use crate::key::Key;
use crate::letter::Letter;
use crate::store::{OwedRow, Shard, Slot, StoreError};

/// How far a sender's clock may be ahead.
pub const SKEW_MS: i64 = 10_000;

/// What was decided about a request: its answer, or the refusal; or the store could not be relied
/// on, and there is no answer at all.
pub type Said<T> = Result<Result<T, Refusal>, StoreError>;

/// The rules that a server runs under.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Counts.
    pub limits: Limits,
    /// Times.
    pub timing: Timing,
    /// The condition.
    pub policy: Policy,
}

impl Rules {
    /// The terms of the wallet's steps.
    pub const fn terms(&self) -> Terms<'_> {
        Terms { policy: &self.policy, limits: &self.limits }
    }

    /// Whether a request was issued within the window, by the receiver's clock.
    pub fn is_fresh(&self, issued_at: IssuedAt, now_ms: i64) -> bool {
        if planted(Defect::DateNotChecked) {
            return true;
        }
        let age_ms = now_ms - issued_at.ms();
        let freshness_ms = i64::try_from(self.timing.freshness_ms).unwrap_or(i64::MAX);
        (-SKEW_MS..=freshness_ms).contains(&age_ms)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self { limits: Limits::DEFAULT, timing: Timing::DEFAULT, policy: Policy::DEFAULT }
    }
}

/// What became of a step.
pub(crate) struct Settled<O> {
    /// The orders given.
    pub orders: Orders<O>,
    /// The refusal, if it was one.
    pub refusal: Option<Refusal>,
    /// Whether anything was written.
    pub applied: bool,
}

/// Writes the state of a verdict through `write`, and the decision into the journal.
pub(crate) fn settle<S: Copy, O: Copy>(
    shard: &mut Shard,
    event: Event<Key>,
    verdict: Verdict<S, O>,
    write: impl FnOnce(&mut Shard, S) -> Result<(), StoreError>,
) -> Result<Settled<O>, StoreError>
where
    Ordered: From<Orders<O>>,
{
    let decided = Decided::of(&verdict);
    tracing::debug!(person = shard.person().as_str(), %decided, "step");
    let refusal = verdict.refusal();
    let (orders, applied) = match verdict {
        Verdict::Apply(step) => {
            write(shard, step.state)?;
            (step.orders, true)
        }
        Verdict::Replay(_, orders) => (orders, false),
        Verdict::Refuse(_) => (Orders::none(), false),
    };
    shard.enter(event, decided, orders.into())?;
    Ok(Settled { orders, refusal, applied })
}

/// Owes a letter from now on, in place of what its slot held.
pub(crate) fn owe(
    shard: &mut Shard,
    world: &World,
    slot: Slot,
    key: Key,
    letter: &Letter,
) -> Result<(), StoreError> {
    let form = serde_json::to_string(letter).map_err(|e| StoreError::corrupt("a letter", e))?;
    let now_ms = shard.now_ms();
    let idempotency_key = crate::hex::encode(&world.uuid());
    shard.owe(OwedRow {
        slot,
        key,
        lane: letter.lane(),
        letter: form,
        idempotency_key: idempotency_key.clone(),
        attempts: 0,
        next_ms: now_ms,
        forever: letter.is_end(),
        dead: false,
        since_ms: now_ms,
    });
    if let Some(message) = Message::from_name(letter.name()) {
        shard.name_letter(slot, key, Owed { message, about: key, key: idempotency_key });
    }
    Ok(())
}
