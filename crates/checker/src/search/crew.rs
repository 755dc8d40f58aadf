//! The threads of a search, which go through its phases side by side.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// How often a thread looks whether the others have arrived before it goes to sleep.
const LOOKS: u32 = 4_000;

/// A place where threads wait for each other, again and again. Waiting is short as a rule, so it
/// begins awake.
pub(crate) struct Meeting {
    threads: usize,
    arrived: AtomicUsize,
    /// How many times everybody has been there.
    times: AtomicUsize,
    door: Mutex<()>,
    bell: Condvar,
}

impl Meeting {
    /// For so many threads.
    pub(crate) fn of(threads: usize) -> Self {
        Self {
            threads,
            arrived: AtomicUsize::new(0),
            times: AtomicUsize::new(0),
            door: Mutex::new(()),
            bell: Condvar::new(),
        }
    }

    /// Waits until every thread is here. What each wrote before is seen by all afterwards.
    pub(crate) fn wait(&self) {
        if self.threads == 1 {
            return;
        }
        let times = self.times.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Release);
            // Behind the door, so that nobody falls asleep between looking and listening.
            let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
            self.times.store(times + 1, Ordering::Release);
            drop(door);
            self.bell.notify_all();
            return;
        }
        for look in 0..LOOKS {
            if self.times.load(Ordering::Acquire) != times {
                return;
            }
            if look % 64 == 63 {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        while self.times.load(Ordering::Acquire) == times {
            door = self.bell.wait(door).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Hands out the numbers below a bound, each once.
#[derive(Default)]
pub(crate) struct Turns(AtomicUsize);

impl Turns {
    /// The next number, if one is left.
    pub(crate) fn next(&self, bound: usize) -> Option<usize> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        (turn < bound).then_some(turn)
    }

    /// Begins anew. Nobody may be taking turns meanwhile.
    pub(crate) fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
