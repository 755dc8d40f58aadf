//! The server's clock, by which binding codes come and go.

use bindproof::wallet::link::Input;
use bindproof::wire::{BindingCode, BindingId};
use bindproof_http::codes;

use super::{Binding, LOOK, Play};
use crate::oracle::Within;

/// How long an answer may be under way that presents a code, in milliseconds.
const UNDER_WAY_MS: i64 = 1_000;

impl Play<'_> {
    /// What time it is at the server, as far as its signed answers tell.
    pub fn server_now(&self) -> Within {
        self.kit.line.server_now()
    }

    /// Waits until the server is in a period of the binding codes that lasts at least so long; that
    /// period.
    async fn period_for(&mut self, ms: i64) -> i64 {
        loop {
            let now = self.server_now();
            let period = codes::period(now.from_ms);
            if period == codes::period(now.to_ms + ms) {
                return period;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until what takes so long finds one period of the binding codes, the same at its end;
    /// that period. Whether it took longer [`Play::has_turned`] tells.
    pub async fn in_one_period(&mut self, ms: i64) -> i64 {
        self.log.push("(waits for a period of the binding codes that lasts)".to_owned());
        self.period_for(ms).await
    }

    /// Whether this period of the binding codes may be over.
    pub fn has_turned(&self, period: i64) -> bool {
        codes::period(self.server_now().to_ms) != period
    }

    /// The code of a binding that was shown so many periods ago, and the present period.
    pub async fn code_of_period(&mut self, binding: &Binding, ago: i64) -> BindingCode {
        let period = self.period_for(UNDER_WAY_MS).await;
        self.has_renewed(binding.id, period);
        codes::binding_code(&binding.secret, binding.id, period - ago)
    }

    /// A genuine code of this binding has reached the server: every one up to now is spent.
    pub(super) fn has_spent(&mut self, binding: BindingId) {
        let period = codes::period(self.server_now().to_ms);
        self.spent.insert(binding, period);
    }

    /// A new period begins with a new code.
    fn has_renewed(&mut self, binding: BindingId, period: i64) {
        if self.spent.get(&binding).is_some_and(|spent| *spent < period) {
            self.spent.remove(&binding);
            self.worlds.note(|wallet| {
                wallet.step_own(binding, Input::CodeRenewed);
            });
        }
    }

    /// Waits until a binding has a new code: the one before is spent.
    pub async fn next_code(&mut self, binding: &Binding) {
        let period = codes::period(self.server_now().to_ms);
        self.log.push("(waits for the next binding code)".to_owned());
        while codes::period(self.server_now().from_ms) <= period {
            tokio::time::sleep(LOOK).await;
        }
        self.has_renewed(binding.id, period + 1);
    }

    /// Waits until a period of the binding codes has no more than so long to go, and yet long
    /// enough for what is done in it; that period.
    pub async fn late_in_period(&mut self, left_ms: i64) -> i64 {
        self.log.push("(waits for the end of a period of the binding codes)".to_owned());
        let enough = left_ms / 2..=left_ms;
        let left = |now_ms: i64| codes::PERIOD_MS - now_ms.rem_euclid(codes::PERIOD_MS);
        while !enough.contains(&left(self.server_now().to_ms)) {
            tokio::time::sleep(LOOK).await;
        }
        codes::period(self.server_now().to_ms)
    }
}
