//! What is done with a server under test whichever it is: waited for, started again, and asked for
//! what it has to refuse.

use bindproof::limits::Timing;
use bindproof::refusal::Refusal;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use crate::call::{Line, problem, shown};
use crate::oracle::Within;
use crate::restart::restart;
use crate::trouble::{Tried, Trouble};

impl Line {
    /// Now.
    pub fn now(&self) -> Within {
        let now_ms = self.world.now_ms();
        Within { from_ms: now_ms, to_ms: now_ms }
    }

    /// Whether something that has to come by itself has not come for too long.
    pub fn is_late(&self, since_ms: i64) -> bool {
        let waited = self.world.now_ms() - since_ms;
        waited > i64::try_from(self.patience_ms).unwrap_or(i64::MAX)
    }

    /// A time of the server that a case waits for.
    ///
    /// # Errors
    /// The case is skipped if that is longer than the kit's patience.
    pub fn within_patience(&self, what: &str, ms: u64) -> Tried {
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
    pub fn leans_on_repetition(&self, timing: &Timing) -> Tried {
        self.within_patience("longest_retry_ms", timing.longest_retry_ms)
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// The case is skipped if nobody said how.
    pub async fn start_again(&self, log: &mut Vec<String>) -> Tried {
        let Some(command) = &self.restart else {
            return Err(Trouble::Skipped("there is no --restart-command".to_owned()));
        };
        log.push("(the server is started again)".to_owned());
        restart(command, self).await
    }

    /// Sends a request as it is; it has to be refused with this, exactly.
    ///
    /// # Errors
    /// If it is not.
    pub async fn refuses(
        &self,
        log: &mut Vec<String>,
        step: &str,
        request: Request<Full<Bytes>>,
        wanted: Refusal,
    ) -> Tried {
        let reply = self.deliver(request).await?;
        let found = match problem(&reply) {
            Ok(found) => found,
            Err(_) if reply.status == 200 => {
                return Err(Trouble::wrong(step, wanted, shown(&reply)));
            }
            Err(error) => return Err(Trouble::wrong(step, wanted, error)),
        };
        log.push(format!("{step} -> problem {found}"));
        if found == wanted { Ok(()) } else { Err(Trouble::wrong(step, wanted, found)) }
    }
}
