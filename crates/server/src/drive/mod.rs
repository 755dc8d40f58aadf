//! Carries out what happens to one person's records: derives the facts, calls the specification's
//! step, writes the view back, and turns orders into deadlines and letters. Nothing here decides
//! about the protocol. It is the server's side of what `models/src/drive` is to the model.

pub mod bank;
mod transact;
pub mod wallet;

use bindproof::journal::{Decided, Event};
use bindproof::message::Message;
use bindproof::refusal::Refusal;
use bindproof::settings::Settings;
use bindproof::verdict::{Orders, Verdict};
use bindproof::wire::IssuedAt;
use bindproof_conformance::trace::line::{Ordered, Owed};

pub use transact::{Step, transact};

use crate::clock::World;
use crate::defect::{Defect, planted};
use crate::key::Key;
use crate::letter::Letter;
use crate::store::{OwedRow, Shard, Slot, StoreError};

/// What was decided about a request: its answer, or the refusal; or the store could not be relied
/// on, and there is no answer at all.
pub type Said<T> = Result<Result<T, Refusal>, StoreError>;

/// Whether a request was issued within the window, by the receiver's clock.
fn is_fresh(settings: &Settings, issued_at: IssuedAt, now_ms: i64) -> bool {
    planted(Defect::DateNotChecked) || settings.is_fresh(issued_at.ms(), now_ms)
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
        forever: letter.is_never_given_up(),
        dead: false,
        since_ms: now_ms,
    });
    if let Some(message) = Message::from_name(letter.name()) {
        shard.name_letter(slot, key, Owed { message, about: key, key: idempotency_key });
    }
    Ok(())
}
