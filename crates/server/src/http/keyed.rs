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
    let taken = Taken::of(node, caller, envelope)?;
    let body = match taken.place() {
        Some((scope, id)) => node.store.key(scope, id).await?,
        None => None,
    };
    taken.stands_for(body)
}

/// A request that is in hand, before it is known what its key stands for.
#[must_use = "the key is compared once the store has said what it stands for"]
pub struct Taken<'a> {
    row: Option<KeyRow>,
    held: Option<Held<'a>>,
}

impl<'a> Taken<'a> {
    /// Takes a request of `caller` in hand.
    ///
    /// # Errors
    /// If a request under its key is being worked on.
    pub fn of<M: wire::Request>(
        node: &'a Node,
        caller: &str,
        envelope: &Envelope<M>,
    ) -> Result<Self, Barred> {
        let Some(key) = envelope.idempotency_key else {
            return Ok(Self { row: None, held: None });
        };
        let scope = format!("{caller} {}", M::NAME.name());
        let id = key.as_str().to_owned();
        let held = node.in_hand.take(&scope, &id).ok_or(Refusal::IdempotencyInProgress)?;
        let digest = digest_of(&envelope.message);
        let kept_ms = i64::try_from(node.rules.timing.key_retention_ms).unwrap_or(i64::MAX);
        let until_ms = node.world.now_ms().saturating_add(kept_ms);
        let row = Some(KeyRow { scope, id, digest, until_ms });
        Ok(Self { row, held: Some(held) })
    }

    /// Where the key is looked for.
    pub fn place(&self) -> Option<(&str, &str)> {
        self.row.as_ref().map(|row| (row.scope.as_str(), row.id.as_str()))
    }

    /// The store knows this body, or none, by the key.
    ///
    /// # Errors
    /// If it is another one.
    pub fn stands_for(self, body: Option<String>) -> Result<Keyed<'a>, Barred> {
        let row = self.row;
        let other = row.as_ref().zip(body.as_ref()).is_some_and(|(row, body)| row.digest != *body);
        if other && !planted(Defect::SameKeyOtherBody) {
            return Err(Refusal::IdempotencyConflict.into());
        }
        Ok(Keyed { row, known: body.is_some(), _held: self.held })
    }
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
