//! Requests about which the server could not decide.

use std::time::Duration;

use bindproof::refusal::Refusal;
use bindproof_http::client::BODY_MAX;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

use crate::call::{Line, Reply, problem};
use crate::oracle::Within;
use crate::trouble::{Tried, Trouble};

/// How often a request is repeated at most.
const AGAIN: u32 = 5;

/// The first pause before that; each one after it is twice as long.
const PAUSE: Duration = Duration::from_millis(40);

impl Line {
    /// Sends what `form` makes. If the server could not decide, nothing is known of it, and as any
    /// honest client does the kit repeats it a few times: signed afresh, under the same key.
    ///
    /// # Errors
    /// If the server still cannot decide.
    pub(crate) async fn until_decided<T>(
        &self,
        form: impl Fn() -> Tried<(T, Request<Full<Bytes>>)>,
    ) -> Tried<(T, Reply)> {
        self.until_decided_for(BODY_MAX, form).await
    }

    /// The same where the answer may have so many bytes.
    pub(crate) async fn until_decided_for<T>(
        &self,
        largest: usize,
        form: impl Fn() -> Tried<(T, Request<Full<Bytes>>)>,
    ) -> Tried<(T, Reply)> {
        let from_ms = self.world.now_ms();
        let mut tried = 0;
        loop {
            let (made, request) = form()?;
            let last = tried == AGAIN || self.is_late(from_ms);
            match self.deliver_for(request, largest).await {
                // The first one may still be worked on.
                Ok(reply) if tried > 0 && !last && is_worked_on(&reply) => {}
                Ok(reply) => {
                    // It may have been decided whenever it was sent.
                    let at = Within { from_ms, ..reply.at };
                    return Ok((made, Reply { at, again: tried > 0, ..reply }));
                }
                Err(Trouble::Undecided(_)) if !last => {}
                Err(trouble) => return Err(trouble),
            }
            tokio::time::sleep(PAUSE * 2_u32.pow(tried)).await;
            tried += 1;
        }
    }
}

fn is_worked_on(reply: &Reply) -> bool {
    reply.status != 200 && problem(reply) == Ok(Refusal::IdempotencyInProgress)
}
