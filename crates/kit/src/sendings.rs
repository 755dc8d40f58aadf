//! Each sending of a message, compared with those before: one key for one effect, and new each time
//! whatever is of a sending only.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::settings::SKEW_MS;
use bindproof::wire::{self, Envelope, IdempotencyKey, RequestId};

use crate::oracle::Within;

/// Two sendings that arrive so far apart, in milliseconds, have no time of issue in common.
const APART_MS: i64 = 50;

/// One sending of a message.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The message's name.
    pub name: &'static str,
    /// What it says, without what is of this sending only.
    pub said: String,
    /// Under which key.
    pub key: Option<IdempotencyKey>,
    /// The id of the request.
    pub request: RequestId,
    /// When it says that it was issued, in milliseconds since 1970.
    pub issued_ms: i64,
    /// When it arrived.
    pub at: Within,
}

impl Sending {
    /// The sending of this message that arrived then.
    pub fn of<M: wire::Request>(envelope: &Envelope<M>, at: Within) -> Self {
        Self {
            name: M::NAME.name(),
            said: serde_json::to_string(&envelope.message).unwrap_or_default(),
            key: envelope.idempotency_key,
            request: envelope.request_id,
            issued_ms: envelope.issued_at.ms(),
            at,
        }
    }
}

/// What one side has sent so far.
#[derive(Debug, Default)]
pub struct Sendings {
    requests: BTreeSet<RequestId>,
    keys: BTreeMap<(&'static str, IdempotencyKey), String>,
    effects: BTreeMap<(&'static str, String), Sending>,
}

impl Sendings {
    /// Takes one more; what is wrong with it, if anything is.
    pub fn take(&mut self, sending: &Sending) -> Option<String> {
        let wrong = self
            .is_issued_now(sending)
            .or_else(|| self.has_its_own_id(sending))
            .or_else(|| self.key_has_one_body(sending))
            .or_else(|| self.effect_has_one_key(sending));
        wrong.map(|why| format!("{}: {why}", sending.name))
    }

    fn is_issued_now(&self, sending: &Sending) -> Option<String> {
        let near = sending.at.from_ms - SKEW_MS..=sending.at.to_ms + SKEW_MS;
        let off_ms = sending.at.to_ms - sending.issued_ms;
        (!near.contains(&sending.issued_ms))
            .then(|| format!("it says that it was issued {off_ms} ms before it arrived"))
    }

    fn has_its_own_id(&mut self, sending: &Sending) -> Option<String> {
        let is_new = self.requests.insert(sending.request);
        (!is_new).then(|| format!("the request id {} comes twice", sending.request))
    }

    fn key_has_one_body(&mut self, sending: &Sending) -> Option<String> {
        let scope = (sending.name, sending.key?);
        let said = self.keys.entry(scope).or_insert_with(|| sending.said.clone());
        (*said != sending.said).then(|| "its key stands for another body".to_owned())
    }

    fn effect_has_one_key(&mut self, sending: &Sending) -> Option<String> {
        let effect = (sending.name, sending.said.clone());
        let before = self.effects.insert(effect, sending.clone())?;
        if before.key != sending.key {
            return Some("what is sent again has another key than before".to_owned());
        }
        let apart = sending.at.from_ms - before.at.to_ms >= APART_MS;
        let reissued = before.issued_ms != sending.issued_ms;
        (sending.key.is_some() && apart && !reissued)
            .then(|| "what is sent again has the time of issue of before".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_767_225_600_000;

    fn sending(number: u8, at_ms: i64) -> Sending {
        Sending {
            name: "link_end",
            said: "{}".to_owned(),
            key: Some("key-1".parse().expect("a plain key")),
            request: RequestId::from_bytes([number; 16]),
            issued_ms: NOW_MS + at_ms,
            at: Within { from_ms: NOW_MS + at_ms, to_ms: NOW_MS + at_ms + 5 },
        }
    }

    fn second(of: Sending) -> String {
        let mut sendings = Sendings::default();
        assert_eq!(sendings.take(&sending(1, 0)), None);
        sendings.take(&of).unwrap_or_default()
    }

    #[test]
    fn what_is_sent_again_has_the_same_key_and_everything_else_anew() {
        assert_eq!(second(sending(2, 200)), "");
        let other_key = Some("key-2".parse().expect("a plain key"));
        let other_body = "{\"a\":1}".to_owned();
        for (wrong, why) in [
            (sending(1, 200), "comes twice"),
            (Sending { key: other_key, ..sending(2, 200) }, "another key than before"),
            (Sending { said: other_body.clone(), ..sending(2, 200) }, "stands for another body"),
            (Sending { issued_ms: NOW_MS, ..sending(2, 200) }, "the time of issue of before"),
            (Sending { issued_ms: NOW_MS - 11_000, ..sending(2, 200) }, "issued 11205 ms before"),
            (Sending { issued_ms: NOW_MS + 11_000, ..sending(2, 200) }, "issued -10795 ms before"),
        ] {
            assert!(second(wrong).contains(why), "{why}");
        }
    }

    #[test]
    fn a_key_counts_for_one_kind_of_message_and_two_at_once_may_have_one_time() {
        let other_kind = Sending { name: "link_suspend", ..sending(2, 200) };
        assert_eq!(second(other_kind), "");
        let at_once = Sending { issued_ms: NOW_MS, ..sending(2, 20) };
        assert_eq!(second(at_once), "");
        let other_key = Some("key-2".parse().expect("a plain key"));
        let other_effect =
            Sending { key: other_key, said: "{\"a\":1}".to_owned(), ..sending(2, 200) };
        assert_eq!(second(other_effect), "");
    }
}
