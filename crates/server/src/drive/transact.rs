//! A transaction on one person: load, decide, write if nothing has changed meanwhile, or again.

use crate::clock::World;
use crate::key::{Key, Person};
use crate::metrics::{Metrics, Written};
use crate::record::RecordKind;
use crate::store::{Change, Saved, Shard, Store, StoreError, Task};

/// How many times a decision is made again because others were faster.
const ATTEMPTS: usize = 32;

/// What became of a transaction.
#[derive(Debug)]
pub enum Step<T> {
    /// It is durable.
    Done(T),
    /// One of the ids is another person's by now: find out whose, and begin there.
    Elsewhere,
}

/// Loads a person's records, lets `decide` make of them what the specification says, and writes
/// all of it by `save` in one transaction, guarded by what was loaded. A lost race decides again.
///
/// # Errors
/// If the store fails, or if others were faster each time.
pub async fn transact<'a, T>(
    store: &dyn Store,
    world: &World,
    metrics: &Metrics,
    person: &Person,
    names: &[(RecordKind, Key)],
    mut decide: impl FnMut(&mut Shard) -> Result<T, StoreError>,
    mut save: impl FnMut(Change, &mut T) -> Task<'a, Saved>,
) -> Result<Step<T>, StoreError> {
    for _ in 0..ATTEMPTS {
        let loaded = store.load(person, names).await?;
        let mut shard = Shard::new(loaded, names, world.now_ms());
        let mut decided = decide(&mut shard)?;
        if !shard.is_changed() {
            return Ok(Step::Done(decided));
        }
        match save(shard.into_change()?, &mut decided).await? {
            Saved::Done => {
                metrics.decided(Written::Done);
                return Ok(Step::Done(decided));
            }
            Saved::Taken => {
                metrics.decided(Written::Taken);
                return Ok(Step::Elsewhere);
            }
            Saved::Lost => {
                metrics.decided(Written::Lost);
                tokio::task::yield_now().await;
            }
        }
    }
    Err(StoreError::Contended { attempts: ATTEMPTS })
}
