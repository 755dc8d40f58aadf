//! What was paid on an account, as long as it counts towards a total.

use std::collections::VecDeque;

use crate::key::Key;

/// The payments of one account, in the order in which they were sent.
#[derive(Debug, Default)]
pub struct Payments {
    sent: VecDeque<(i64, u64, Key)>,
    sum: u64,
}

impl Payments {
    /// This one was sent then.
    pub fn add(&mut self, sent_ms: i64, amount_minor: u64, operation: Key) {
        self.sum = self.sum.saturating_add(amount_minor);
        self.sent.push_back((sent_ms, amount_minor, operation));
    }

    /// The bank has refused this one: one of the last.
    pub fn take_back(&mut self, operation: Key) {
        let at = self.sent.iter().rposition(|(_, _, other)| *other == operation);
        if let Some((_, amount, _)) = at.and_then(|at| self.sent.remove(at)) {
            self.sum = self.sum.saturating_sub(amount);
        }
    }

    /// Forgets what was sent before then.
    pub fn forget(&mut self, since_ms: i64) {
        while let Some((at_ms, amount, _)) = self.sent.front().copied()
            && at_ms < since_ms
        {
            self.sent.pop_front();
            self.sum = self.sum.saturating_sub(amount);
        }
    }

    /// The sum of what was sent since then.
    pub fn since(&self, since_ms: i64) -> u64 {
        let old = self.sent.iter().take_while(|(at_ms, _, _)| *at_ms < since_ms);
        old.fold(self.sum, |sum, (_, amount, _)| sum.saturating_sub(*amount))
    }
}
