//! What both servers are made of.

use bindproof::settings::Settings;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bindproof::wire::Issuer;
use tokio::sync::Notify;

use crate::clock::World;
use crate::codes::same;
use crate::drive::{Step, transact};
use crate::http::accept::{Connections, Door};
use crate::http::client::Outgoing;
use crate::http::rate::Meter;
use crate::key::{Key, Person};
use crate::metrics::Metrics;
use crate::outage::Outage;
use crate::outbox::{Hands, Hold, LEASE_MS, Peers, Saving};
use crate::record::RecordKind;
use crate::signature::Signer;
use crate::signing::Registry;
use crate::store::{Change, Lease, Saved, Shard, Store, StoreError, Task};

/// How many times a decision is begun anew because an id turned out to be somebody's already.
pub const ROUTES: usize = 8;

/// One server, bank or wallet.
pub struct Node {
    /// The name that it issues its answers under.
    pub name: Issuer,
    /// The name of this instance among those on its store, the same when it starts again.
    pub instance: String,
    /// The records.
    pub store: Arc<dyn Store>,
    /// Time and chance.
    pub world: World,
    /// The rules.
    pub rules: Settings,
    /// Who it speaks with.
    pub registry: Registry,
    /// Its own key.
    pub signer: Signer,
    /// What it sends by.
    pub outgoing: Outgoing,
    /// The hosts that it answers to; any, if there are none.
    pub authorities: Vec<String>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The token of its operator, if it has one.
    pub operator: Option<String>,
    /// How many connections it takes.
    pub connections: Connections,
    /// Counts what each client sends.
    pub meter: Meter,
    /// Counts what strangers send to each person.
    pub strangers: Meter,
    /// Rung whenever something new is owed.
    pub owed: Notify,
    /// Letters that are sent without being looked for.
    pub hands: Hands,
    /// How it stands with those that letters are sent to.
    pub peers: Peers,
    /// Whether the store fails.
    pub outage: Outage,
    /// Requests under a key that are being worked on.
    pub in_hand: InHand,
}

impl Node {
    /// The door of a listener.
    pub fn door(&self) -> Door {
        Door::new(self.connections, Arc::clone(&self.metrics))
    }

    /// Whether this token is its operator's.
    pub fn is_operator(&self, token: Option<&str>) -> bool {
        match (&self.operator, token) {
            (Some(own), Some(token)) => same(own, token),
            _ => false,
        }
    }

    /// One transaction on one person.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn transact<T>(
        &self,
        person: &Person,
        names: &[(RecordKind, Key)],
        mut decide: impl FnMut(&mut Shard) -> Result<T, StoreError>,
    ) -> Result<Step<T>, StoreError> {
        let noting = |shard: &mut Shard| {
            let decided = decide(shard)?;
            let letters = shard.owed();
            let owes = !letters.is_empty();
            let hold = self.hands.take(shard.person(), letters);
            if hold.is_some() {
                let until_ms = shard.now_ms().saturating_add(LEASE_MS);
                shard.lease(Lease { until_ms, owner: self.instance.clone() });
            }
            Ok(Noted { decided, looked_for: owes && hold.is_none(), hold })
        };
        let save = |change, noted: &mut Noted<T>| self.save(change, noted.hold.take());
        let (store, world) = (&*self.store, &self.world);
        let step = transact(store, world, &self.metrics, person, names, noting, save).await?;
        Ok(match step {
            Step::Done(Noted { decided, looked_for, .. }) => {
                // To look for letters is dear: it is done when there may be some.
                if looked_for {
                    self.owed.notify_one();
                }
                Step::Done(decided)
            }
            Step::Elsewhere => Step::Elsewhere,
        })
    }

    /// Writes a change. If it leases letters to this instance, it is written and they are sent
    /// whether or not anybody waits for it.
    fn save(&self, change: Change, hold: Option<Hold>) -> Task<'_, Saved> {
        let Some(hold) = hold else { return self.store.save(change) };
        let store = Arc::clone(&self.store);
        Box::pin(Saving::new(Box::pin(async move { store.save(change).await }), hold))
    }
}

/// What was decided, and what is to be done about its letters.
struct Noted<T> {
    decided: T,
    /// It owes some that are not in hand.
    looked_for: bool,
    /// Those that are.
    hold: Option<Hold>,
}

/// Requests under a key that are being worked on in this instance. What another instance works on
/// is decided by the store: one of the two is written, and the other sees it.
#[derive(Debug, Default)]
pub struct InHand {
    keys: Mutex<BTreeSet<(String, String)>>,
}

impl InHand {
    /// Takes a request in hand; none if it is already.
    pub fn take(&self, scope: &str, key: &str) -> Option<Held<'_>> {
        let place = (scope.to_owned(), key.to_owned());
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = keys.insert(place.clone());
        drop(keys);
        // Made only if it is: one that is made lets go of its place when it is dropped.
        is_new.then(|| Held { of: self, place })
    }
}

/// A request that is in hand until this is dropped.
#[derive(Debug)]
pub struct Held<'a> {
    of: &'a InHand,
    place: (String, String),
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut keys = self.of.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_hand_is_taken_by_nobody_else_until_it_is_let_go_of() {
        let in_hand = InHand::default();
        let held = in_hand.take("ada", "key-1");
        assert!(held.is_some());
        for _ in 0..2 {
            assert!(in_hand.take("ada", "key-1").is_none(), "twice at once");
        }
        assert!(in_hand.take("ben", "key-1").is_some() && in_hand.take("ada", "key-2").is_some());
        drop(held);
        assert!(in_hand.take("ada", "key-1").is_some());
    }
}
