//! Letters that are sent by the instance that decided them. They are leased in the transaction that
//! owes them, and so need not be looked for; whatever becomes of the instance, they are found as
//! every other letter is.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{Instrument, Span};

use crate::key::Person;
use crate::store::{Due, OwedRow, Saved, StoreError, Task};

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
pub(super) struct Placed {
    pub due: Due,
    pub place: Place,
}

/// What is handed over to whoever sends.
pub(super) enum Handed {
    /// A letter that is to be sent.
    Letter(Placed),
    /// A decision that nobody waits for any more.
    Saving(UnderWay),
    /// Letters that the store may have written before it failed.
    Doubtful(Hold),
}

/// Letters that are sent once their decision is durable.
pub struct Hold {
    letters: Vec<Placed>,
    to: UnboundedSender<Handed>,
}

impl Hold {
    /// What became of their decision: if it is durable they are sent.
    fn settle(self, saved: &Result<Saved, StoreError>) {
        match saved {
            Ok(Saved::Done) => self.send(|_| true),
            // They were not written either.
            Ok(Saved::Lost | Saved::Taken) => {}
            Err(_) => {
                let to = self.to.clone();
                // If nobody sends any more, they are found in the store, if they are there.
                drop(to.send(Handed::Doubtful(self)));
            }
        }
    }

    /// Sends those that are to be sent.
    pub(super) fn send(self, is_sent: impl Fn(&Due) -> bool) {
        for letter in self.letters.into_iter().filter(|letter| is_sent(&letter.due)) {
            // If nobody sends any more, the lease runs out, or is let go of at the next start.
            drop(self.to.send(Handed::Letter(letter)));
        }
    }

    /// Whose letters they are.
    pub(super) fn person(&self) -> Option<&Person> {
        self.letters.first().map(|letter| &letter.due.person)
    }
}

/// A decision on its way into the store, and the letters that it owes.
pub(super) struct UnderWay {
    saved: Task<'static, Saved>,
    hold: Hold,
    /// The piece of work that it is a part of, for what is said of it.
    part_of: Span,
}

impl UnderWay {
    /// Waits until it is there, and sends its letters; `failed` hears why it may not be there.
    pub async fn finish(self, failed: impl FnOnce(&StoreError)) {
        let saved = self.saved.instrument(self.part_of.clone()).await;
        if let Err(error) = &saved {
            let _within = self.part_of.enter();
            failed(error);
        }
        self.hold.settle(&saved);
    }
}

/// Waits for a decision on its way into the store, which leases its letters, and has them sent. If
/// this is dropped before it is there, because a client has gone, whoever sends waits for it.
pub struct Saving(Option<UnderWay>);

impl Saving {
    /// What `saved` writes owes the letters in `hold`.
    pub fn new(saved: Task<'static, Saved>, hold: Hold) -> Self {
        Self(Some(UnderWay { saved, hold, part_of: Span::current() }))
    }
}

impl Future for Saving {
    type Output = Result<Saved, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(under_way) = &mut self.0 else { return Poll::Ready(Err(StoreError::Closed)) };
        let saved = ready!(under_way.saved.as_mut().poll(context));
        if let Some(under_way) = self.0.take() {
            under_way.hold.settle(&saved);
        }
        Poll::Ready(saved)
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        if let Some(under_way) = self.0.take() {
            let to = under_way.hold.to.clone();
            // If nobody sends any more, the server is about to end, and its letters are let go of
            // at the next start.
            drop(to.send(Handed::Saving(under_way)));
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
            Some(Placed { due: Due { person: person.clone(), owed }, place })
        });
        let letters = held.collect::<Option<Vec<Placed>>>()?;
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

    /// Places of a lane for letters that wait, as many as are free. If none has been waiting, half
    /// of them are left to what is decided meanwhile.
    pub(super) fn reserve(&self, lane: &str) -> Vec<Place> {
        let free = self.free(lane);
        let left = if self.behind.load(Ordering::Relaxed) { 0 } else { free / 2 };
        (left..free).map_while(|_| self.place(lane)).collect()
    }

    /// How many places of a lane are free.
    fn free(&self, lane: &str) -> i64 {
        let taken = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        PLACES - taken.get(lane).copied().unwrap_or(0)
    }

    /// A place in a lane, if one is free.
    fn place(&self, lane: &str) -> Option<Place> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lanes.entry(lane.to_owned()).or_insert(0);
        if *taken >= PLACES {
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
    use crate::store::suite::letter as owed;

    fn letters(number: u8) -> Vec<OwedRow> {
        vec![owed(number, 0)]
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
        held.into_iter().take(1).for_each(|hold| hold.settle(&Ok(Saved::Done)));
        assert_eq!(hands.free("lane"), PLACES - 1, "those that were dropped are not sent");
        hands.close();
        assert!(take(99).is_none(), "no more is taken");
        assert_eq!(letter(&mut handed), Some(Key::from_bytes([0; 16])));
        assert!(handed.try_recv().is_err());
    }

    /// The key of the next letter that is handed over, if a letter is next.
    fn letter(handed: &mut UnboundedReceiver<Handed>) -> Option<Key> {
        match handed.try_recv() {
            Ok(Handed::Letter(letter)) => Some(letter.due.owed.key),
            _ => None,
        }
    }

    #[test]
    fn a_lane_has_no_more_letters_in_hand_than_places_whoever_takes_them() {
        let (hands, person) = (Hands::default(), Person::from_store("person".to_owned()));
        let _handed = hands.open();
        assert_eq!(hands.reserve("lane").len() as i64, PLACES, "all, as long as letters wait");
        assert_eq!(hands.free("lane"), PLACES, "what is not needed is given back");
        hands.fall_behind(false);
        let reserved = hands.reserve("lane");
        assert_eq!(reserved.len() as i64, PLACES / 2);
        let held: Vec<Hold> =
            (0..PLACES as u8).filter_map(|number| hands.take(&person, letters(number))).collect();
        assert_eq!(reserved.len() + held.len(), PLACES as usize);
        assert_eq!((hands.free("lane"), hands.reserve("lane").len()), (0, 0));
        drop((reserved, held));
        assert_eq!(hands.free("lane"), PLACES);
    }

    #[tokio::test]
    async fn a_decision_that_nobody_waits_for_is_handed_over_and_its_letters_are_sent() {
        let (hands, person) = (Hands::default(), Person::from_store("person".to_owned()));
        let mut handed = hands.open();
        hands.fall_behind(false);
        let saving = |number, saved: Task<'static, Saved>| {
            Saving::new(saved, hands.take(&person, letters(number)).unwrap())
        };
        for (number, saved) in [(1, Saved::Done), (2, Saved::Lost), (3, Saved::Taken)] {
            let said = saving(number, Box::pin(async move { Ok(saved) })).await;
            assert_eq!(said.unwrap(), saved);
        }
        assert_eq!(letter(&mut handed), Some(Key::from_bytes([1; 16])));
        assert!(handed.try_recv().is_err(), "what is not written is not sent");

        let (written, waits) = tokio::sync::oneshot::channel::<()>();
        let slow =
            Box::pin(async move { waits.await.map_or(Ok(Saved::Lost), |()| Ok(Saved::Done)) });
        drop(saving(4, slow));
        hands.close();
        let Ok(Handed::Saving(under_way)) = handed.try_recv() else { panic!("nobody has it") };
        written.send(()).unwrap();
        under_way.finish(|_| {}).await;
        assert_eq!(letter(&mut handed), Some(Key::from_bytes([4; 16])));
        assert!(handed.recv().await.is_none(), "and that is all");
    }
}
