//! Idempotency keys: same key, same body; one at a time.

use bindproof::refusal::Refusal;
use bindproof::wire::{self, Envelope};

use super::edge::{Barred, digest_of};
use crate::defect::{Defect, planted};
use crate::node::{Held, Node};
use crate::store::{KeyRow, Shard};

/// A request under its key, in hand until this is dropped.
#[derive(Debug)]
pub struct Keyed<'a> {
    row: Option<KeyRow>,
    known: bool,
    _held: Option<Held<'a>>,
}

/// Takes a request of `caller` in hand under its key.
///
/// # Errors
/// If the key stood for another body before, or a request under it is being worked on.
pub async fn keyed<'a, M: wire::Request>(
    node: &'a Node,
    caller: &str,
    envelope: &Envelope<M>,
) -> Result<Keyed<'a>, Barred> {
    let Some(key) = envelope.idempotency_key else {
        return Ok(Keyed { row: None, known: false, _held: None });
    };
    let scope = format!("{caller} {}", M::NAME.name());
    let id = key.as_str().to_owned();
    let held = node.in_hand.take(&scope, &id).ok_or(Refusal::IdempotencyInProgress)?;
    let digest = digest_of(&envelope.message);
    let known = node.store.key(&scope, &id).await?;
    let compared = !planted(Defect::SameKeyOtherBody);
    if compared && known.as_ref().is_some_and(|known| *known != digest) {
        return Err(Refusal::IdempotencyConflict.into());
    }
    let kept_ms = i64::try_from(node.rules.timing.key_retention_ms).unwrap_or(i64::MAX);
    let until_ms = node.world.now_ms().saturating_add(kept_ms);
    let row = Some(KeyRow { scope, id, digest, until_ms });
    Ok(Keyed { row, known: known.is_some(), _held: Some(held) })
}

impl Keyed<'_> {
    /// Whether the same request was decided before: then it changes nothing more.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Remembers the key with what was decided, in the same transaction.
    pub fn remember(&self, shard: &mut Shard) {
        if let (Some(row), false) = (&self.row, self.known) {
            shard.remember(row.clone());
        }
    }
}
