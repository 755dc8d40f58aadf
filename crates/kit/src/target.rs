//! What is done with a server under test whichever it is: waited for, started again, and asked for
//! what it has to refuse.

use bindproof::limits::Timing;
use bindproof::refusal::Refusal;
use bindproof_http::client::BODY_MAX;
use bindproof_http::signature::TAG_REQUEST;
use http_body_util::Full;
use hyper::Request;
use hyper::body::{Body as _, Bytes};

use crate::call::{Line, Reply, problem, shown};
use crate::oracle::Within;
use crate::restart::restart;
use crate::trouble::{Tried, Trouble};

/// What a deadline has to go when the kit looks a last time before it passes, in milliseconds.
pub const SHORTLY_MS: u64 = 500;

/// What it has to go each time that the kit looks whether it has passed already, in milliseconds.
/// One look alone, and that late, would excuse too much: if the answer to it takes a moment, it is
/// no longer too early.
pub const TO_GO_MS: [u64; 9] = [2_500, 2_250, 2_000, 1_750, 1_500, 1_250, 1_000, 750, SHORTLY_MS];

/// For how many of the longest pauses is waited until an answer has been heard.
const SETTLE: u64 = 3;

/// And how many of them nothing is sent then.
const QUIET: u64 = 5;

/// Waits for so many of the longest pauses between two sendings, and a second.
async fn pauses(timing: &Timing, times: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(pauses_ms(timing, times))).await;
}

fn pauses_ms(timing: &Timing, times: u64) -> u64 {
    timing.longest_retry_ms.saturating_mul(times).saturating_add(1_000)
}

impl Line {
    /// Now.
    pub(crate) fn now(&self) -> Within {
        let now_ms = self.world.now_ms();
        Within { from_ms: now_ms, to_ms: now_ms }
    }

    /// Whether something that has to come by itself has not come for too long.
    pub(crate) fn is_late(&self, since_ms: i64) -> bool {
        let waited = self.world.now_ms() - since_ms;
        waited > i64::try_from(self.patience_ms).unwrap_or(i64::MAX)
    }

    /// A time of the server that a case waits for.
    ///
    /// # Errors
    /// The case is skipped if that is longer than the kit's patience.
    pub(crate) fn within_patience(&self, what: &str, ms: u64) -> Tried {
        let patience = self.patience_ms;
        if ms <= patience {
            return Ok(());
        }
        Err(Trouble::Skipped(format!("{what} is {ms} ms, the kit's patience is {patience} ms")))
    }

    /// The case waits for what is sent again.
    ///
    /// # Errors
    /// It is skipped if the pause before that may be longer than the kit's patience.
    pub(crate) fn leans_on_repetition(&self, timing: &Timing) -> Tried {
        self.within_patience("longest_retry_ms", timing.longest_retry_ms)
    }

    /// The case looks at something when what was answered has been heard, and before a time of the
    /// server has passed that began shortly before.
    ///
    /// # Errors
    /// It is skipped if that time may be over before.
    pub(crate) fn settles_before(&self, what: &str, timing: &Timing, ms: u64) -> Tried {
        let settled_ms = pauses_ms(timing, SETTLE);
        if settled_ms + 2 * SHORTLY_MS < ms {
            return Ok(());
        }
        let why = format!("{what} is {ms} ms, and an answer may take {settled_ms} ms to be heard");
        Err(Trouble::Skipped(why))
    }

    /// Waits until a time that began at `since_ms` has only so much to go.
    pub(crate) async fn waits_until_before(&self, since_ms: i64, ms: u64, to_go_ms: u64) {
        let passed = (self.world.now_ms() - since_ms).unsigned_abs() + to_go_ms;
        tokio::time::sleep(std::time::Duration::from_millis(ms.saturating_sub(passed))).await;
    }

    /// Waits until what was answered has been heard, for a few of the longest pauses.
    pub(crate) async fn lets_settle(&self, timing: &Timing) {
        pauses(timing, SETTLE).await;
    }

    /// Waits for several of the longest pauses, in which what is still owed would come.
    pub(crate) async fn stays_quiet(&self, timing: &Timing) {
        pauses(timing, QUIET).await;
    }

    /// The case waits twice for what must not come.
    ///
    /// # Errors
    /// It is skipped if that takes longer than the kit's patience.
    pub(crate) fn leans_on_quiet(&self, timing: &Timing) -> Tried {
        let ms = timing.longest_retry_ms.saturating_mul(SETTLE + QUIET);
        self.within_patience(&format!("{} times longest_retry_ms", SETTLE + QUIET), ms)
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// The case is skipped if nobody said how.
    pub(crate) async fn start_again(&self, log: &mut Vec<String>) -> Tried {
        let Some(command) = &self.restart else {
            return Err(Trouble::Skipped("there is no --restart-command".to_owned()));
        };
        log.push("(the server is started again)".to_owned());
        restart(command, self).await
    }

    /// Sends a request as it is; it has to be refused with this, exactly, and to a server whose
    /// signature holds under a signature.
    ///
    /// # Errors
    /// If it is not.
    pub(crate) async fn refuses(
        &self,
        log: &mut Vec<String>,
        step: &str,
        request: Request<Full<Bytes>>,
        wanted: Refusal,
    ) -> Tried {
        let is_tied = wanted != Refusal::SignatureInvalid && is_answered_signed(&request);
        let reply = self.deliver(request).await?;
        let found = match problem(&reply) {
            Ok(found) => found,
            Err(_) if reply.status == 200 => {
                return Err(Trouble::wrong(step, wanted, shown(&reply)));
            }
            Err(error) => return Err(Trouble::wrong(step, wanted, error)),
        };
        log.push(format!("{step} -> problem {found}"));
        if found != wanted {
            return Err(Trouble::wrong(step, wanted, found));
        }
        if is_tied { signed(step, &reply) } else { Ok(()) }
    }

    /// Sends a request as it is, and it is answered, to a server under a signature.
    ///
    /// # Errors
    /// If it is not.
    pub(crate) async fn accepts(
        &self,
        log: &mut Vec<String>,
        step: &str,
        request: Request<Full<Bytes>>,
    ) -> Tried {
        let is_tied = is_answered_signed(&request);
        let reply = self.deliver(request).await?;
        log.push(format!("{step} -> status {}", reply.status));
        if reply.status != 200 {
            return Err(Trouble::wrong(step, "200", shown(&reply)));
        }
        if is_tied { signed(step, &reply) } else { Ok(()) }
    }
}

/// An answer to a server is signed, a problem as well.
///
/// # Errors
/// If it is not.
pub fn signed(step: &str, reply: &Reply) -> Tried {
    let wrong = |error| Trouble::wrong(step, "an answer that is signed for this request", error);
    reply.signature.clone().map_err(wrong)
}

/// Whether what answers this is signed: a server has signed it, and it is read to its end.
fn is_answered_signed(request: &Request<Full<Bytes>>) -> bool {
    let input = request.headers().get("signature-input").and_then(|input| input.to_str().ok());
    let by_server = input.is_some_and(|input| input.contains(&format!("tag=\"{TAG_REQUEST}\"")));
    by_server && request.body().size_hint().exact().is_some_and(|bytes| bytes <= BODY_MAX as u64)
}
