//! What a network may do to a request and its answer, as often as a seed says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Response;

use crate::random::Random;

impl Random {
    /// A time from `least` up to `most` milliseconds.
    pub const fn pause(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least + 1))
    }
}

/// A fault of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives.
    LoseRequest,
    /// The request is carried out, and its answer never arrives.
    LoseReply,
    /// The request arrives twice at once.
    Duplicate,
    /// The request arrives once more, much later.
    Replay,
    /// The request is held up, and others overtake it.
    Delay,
    /// The answer breaks off in the middle.
    Truncate,
    /// The answer is that of another request. Only between servers, whose answers are signed for
    /// their requests.
    Swap,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::LoseRequest,
        Self::LoseReply,
        Self::Duplicate,
        Self::Replay,
        Self::Delay,
        Self::Truncate,
        Self::Swap,
    ];

    const fn place(self) -> usize {
        self as usize
    }
}

/// How many of a thousand requests come to harm.
const PERMILLE: u64 = 280;

/// Harm that is done from a seed, and how much of it was done.
#[derive(Debug)]
pub struct Disturbance {
    random: Mutex<Random>,
    done: [AtomicU64; 7],
    /// Copies of signed requests that a server carried out as if they were new.
    pub carried_out_twice: AtomicU64,
    last: Mutex<Option<Response<Bytes>>>,
}

impl Disturbance {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Mutex::new(Random::new(seed)),
            done: Default::default(),
            carried_out_twice: AtomicU64::new(0),
            last: Mutex::new(None),
        }
    }

    /// What happens to the next request.
    pub fn draw(&self, between_servers: bool) -> Option<Fault> {
        let mut random = self.random.lock().unwrap();
        let harmed = random.below(1000) < PERMILLE;
        let fault = Fault::ALL[usize::try_from(random.below(7)).unwrap()];
        let possible = between_servers || fault != Fault::Swap;
        (harmed && possible).then_some(fault)
    }

    /// A time from `least` up to `most` milliseconds.
    pub fn pause(&self, least: u64, most: u64) -> Duration {
        self.random.lock().unwrap().pause(least, most)
    }

    /// A fault has come about.
    pub fn note(&self, fault: Fault) {
        self.done[fault.place()].fetch_add(1, Ordering::SeqCst);
    }

    /// How often a fault has come about.
    pub fn done(&self, fault: Fault) -> u64 {
        self.done[fault.place()].load(Ordering::SeqCst)
    }

    /// The answer of the request before, in exchange for this one.
    pub fn swap(&self, answer: Response<Bytes>) -> Option<Response<Bytes>> {
        self.last.lock().unwrap().replace(answer)
    }
}
