//! Letters that are sent by the instance that decided them. They are leased in the transaction that
//! owes them, and so need not be looked for; whatever becomes of the instance, they are found as
//! every other letter is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::key::Person;
use crate::store::{Due, OwedRow};

/// How many letters of one lane are sent at once. Each lane has places of its own, so that a peer
/// that is slow to answer takes none from another.
pub(super) const PLACES: i64 = 32;

/// How many letters of each lane are being sent.
type Lanes = Arc<Mutex<BTreeMap<String, i64>>>;

/// What an instance has in its hands to send.
#[derive(Debug)]
pub struct Hands {
    lanes: Lanes,
    /// To whoever sends; none while nobody does.
    to: Mutex<Option<UnboundedSender<Handed>>>,
    /// Letters may wait in the store, which come before new ones.
    behind: AtomicBool,
}

impl Default for Hands {
    fn default() -> Self {
        let behind = AtomicBool::new(true);
        Self { lanes: Lanes::default(), to: Mutex::default(), behind }
    }
}

/// A letter and its place in its lane.
#[derive(Debug)]
pub(super) struct Handed {
    pub due: Due,
    pub place: Place,
}

/// Letters that are sent once their decision is durable. If this is dropped, they are not: then
/// they were not written either, or are found in the store.
#[derive(Debug)]
pub struct Hold {
    letters: Vec<Handed>,
    to: UnboundedSender<Handed>,
}

impl Hold {
    /// The decision is durable: sends them.
    pub fn send(self) {
        for letter in self.letters {
            // If nobody sends any more, the lease runs out, or is let go of at the next start.
            drop(self.to.send(letter));
        }
    }
}

impl Hands {
    /// Takes these letters of a person, if all of them can be sent at once.
    pub fn take(&self, person: &Person, letters: Vec<OwedRow>) -> Option<Hold> {
        if letters.is_empty() || self.behind.load(Ordering::Relaxed) {
            return None;
        }
        let to = self.to.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let held = letters.into_iter().map(|owed| {
            let place = self.place(&owed.lane)?;
            Some(Handed { due: Due { person: person.clone(), owed }, place })
        });
        let letters = held.collect::<Option<Vec<Handed>>>()?;
        (!to.is_closed()).then_some(Hold { letters, to })
    }

    /// What is handed over from now on.
    pub(super) fn open(&self) -> UnboundedReceiver<Handed> {
        let (to, handed) = unbounded_channel();
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = Some(to);
        handed
    }

    /// Nothing is handed over any more but what is held already.
    pub(super) fn close(&self) {
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether letters may wait in the store.
    pub(super) fn fall_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// How many places of a lane are free.
    pub(super) fn free(&self, lane: &str) -> i64 {
        let taken = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        PLACES - taken.get(lane).copied().unwrap_or(0)
    }

    /// A place in a lane, if one is free.
    fn place(&self, lane: &str) -> Option<Place> {
        self.place_below(lane, PLACES)
    }

    /// The place of a letter that was claimed. Those that were decided meanwhile may have taken the
    /// places that were free: it is sent all the same.
    pub(super) fn claimed(&self, lane: &str) -> Place {
        self.place_below(lane, i64::MAX).expect("there is always one more")
    }

    fn place_below(&self, lane: &str, most: i64) -> Option<Place> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lanes.entry(lane.to_owned()).or_insert(0);
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Place { lanes: Arc::clone(&self.lanes), lane: lane.to_owned() })
    }
}

/// A letter's place in its lane, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    lanes: Lanes,
    lane: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = taken.get_mut(&self.lane) {
            *taken -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::store::Slot;

    fn letters(number: u8) -> Vec<OwedRow> {
        vec![OwedRow {
            slot: Slot::Notice,
            key: Key::from_bytes([number; 16]),
            lane: "lane".to_owned(),
            letter: String::new(),
            idempotency_key: String::new(),
            attempts: 0,
            next_ms: 0,
            forever: false,
            dead: false,
            since_ms: 0,
        }]
    }

    #[test]
    fn letters_are_taken_in_hand_only_if_somebody_sends_them_and_none_waits() {
        let (hands, person) = (Hands::default(), Person::from_store("person".to_owned()));
        let take = |number| hands.take(&person, letters(number));
        let handed = hands.open();
        assert!(take(0).is_none(), "nobody has looked yet whether letters wait");
        hands.fall_behind(false);
        assert!(take(0).is_some());
        drop(handed);
        assert!(take(0).is_none(), "nobody sends");
        let mut handed = hands.open();
        let held: Vec<Hold> = (0..PLACES as u8).filter_map(take).collect();
        assert_eq!((held.len() as i64, hands.free("lane")), (PLACES, 0));
        assert!(take(99).is_none(), "there is no place");
        held.into_iter().take(1).for_each(Hold::send);
        assert_eq!(hands.free("lane"), PLACES - 1, "those that were dropped are not sent");
        hands.close();
        assert!(take(99).is_none(), "no more is taken");
        assert!(handed.try_recv().is_ok_and(|one| one.due.owed.key == Key::from_bytes([0; 16])));
        assert!(handed.try_recv().is_err());
    }
}
