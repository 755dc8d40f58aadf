//! Sessions of bank clients, and the holder's fresh authentication. A bank does both in its own
//! way; these are for development, say so, and are not offered in production.

use bindproof::wire::{InstrumentRef, Opaque, PersonRef};

use crate::codes::{keyed, same};
use crate::defect::{Defect, planted};
use crate::hex;
use crate::site::{Asked, Customers, ready};

/// How long a fresh authentication is fresh.
const FRESH_MS: i64 = 60_000;

/// Makes and checks tokens that carry who, until when, and a digest under the server's key.
#[derive(Clone)]
pub struct Sessions {
    key: [u8; 32],
    idle_ms: i64,
}

impl Sessions {
    /// Sessions under this key that last `idle_ms`.
    pub const fn new(key: [u8; 32], idle_ms: i64) -> Self {
        Self { key, idle_ms }
    }

    /// A token for this person.
    pub fn open(&self, person: PersonRef, now_ms: i64) -> String {
        let until_ms = now_ms.saturating_add(self.idle_ms);
        let digest = self.digest("session", until_ms, &[person.as_str()]);
        format!("{}.{until_ms}.{digest}", hex::encode(person.as_str().as_bytes()))
    }

    /// Whose token this is, if it still holds.
    pub fn person(&self, token: &str, now_ms: i64) -> Option<PersonRef> {
        let mut parts = token.splitn(3, '.');
        let person = String::from_utf8(hex::decode(parts.next()?)?).ok()?;
        let until_ms: i64 = parts.next()?.parse().ok()?;
        let expected = self.digest("session", until_ms, &[&person]);
        let given = same(&expected, parts.next()?) || planted(Defect::SessionMadeUp);
        let holds = given && until_ms > now_ms;
        holds.then(|| person.parse().ok()).flatten()
    }

    /// What says that the holder has just authenticated for binding this instrument.
    pub fn authenticate(
        &self,
        person: PersonRef,
        instrument: InstrumentRef,
        now_ms: i64,
        nonce: &[u8; 16],
    ) -> String {
        let until_ms = now_ms.saturating_add(FRESH_MS);
        let nonce = hex::encode(nonce);
        let of = [person.as_str(), instrument.as_str(), &nonce];
        let digest = self.digest("authentication", until_ms, &of);
        format!("{until_ms}.{nonce}.{digest}")
    }

    /// Whether `said` is the holder's fresh authentication for this very instrument, and until when
    /// it has to be remembered that it was used.
    pub fn is_fresh(
        &self,
        person: PersonRef,
        instrument: InstrumentRef,
        said: &Opaque,
        now_ms: i64,
    ) -> Option<i64> {
        let mut parts = said.as_str().splitn(3, '.');
        let until_ms: i64 = parts.next()?.parse().ok()?;
        let nonce = parts.next()?;
        let of = [person.as_str(), instrument.as_str(), nonce];
        let expected = self.digest("authentication", until_ms, &of);
        (same(&expected, parts.next()?) && until_ms > now_ms).then_some(until_ms)
    }

    fn digest(&self, what: &str, until_ms: i64, of: &[&str]) -> String {
        let until = until_ms.to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![what.as_bytes(), &until];
        parts.extend(of.iter().map(|part| part.as_bytes()));
        hex::encode(&keyed(&self.key, &parts))
    }
}

impl Customers for Sessions {
    fn person<'a>(&'a self, token: &'a str, now_ms: i64) -> Asked<'a, Option<PersonRef>> {
        ready(self.person(token, now_ms))
    }

    fn is_fresh<'a>(
        &'a self,
        person: PersonRef,
        instrument: InstrumentRef,
        said: &'a Opaque,
        now_ms: i64,
    ) -> Asked<'a, Option<i64>> {
        ready(self.is_fresh(person, instrument, said, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        Sessions::new([5; 32], 1000)
    }

    #[test]
    fn a_session_is_its_persons_until_it_runs_out_and_nobody_elses() {
        let ada: PersonRef = "ada".parse().unwrap();
        let token = sessions().open(ada, 10);
        assert_eq!(sessions().person(&token, 1009), Some(ada));
        assert_eq!(sessions().person(&token, 1010), None);
        let bob = token.replacen(&hex::encode(b"ada"), &hex::encode(b"bob"), 1);
        assert_eq!(sessions().person(&bob, 11), None);
        assert_eq!(Sessions::new([6; 32], 1000).person(&token, 11), None);
        for damaged in ["", ".", "..", "61.1", "zz.1.00"] {
            assert_eq!(sessions().person(damaged, 0), None);
        }
    }

    #[test]
    fn an_authentication_is_for_one_instrument_and_one_minute() {
        let ada: PersonRef = "ada".parse().unwrap();
        let card: InstrumentRef = "card-a".parse().unwrap();
        let other: InstrumentRef = "card-b".parse().unwrap();
        let said: Opaque = sessions().authenticate(ada, card, 0, &[1; 16]).parse().unwrap();
        assert_eq!(sessions().is_fresh(ada, card, &said, 1), Some(FRESH_MS));
        assert_eq!(sessions().is_fresh(ada, other, &said, 1), None);
        assert_eq!(sessions().is_fresh(ada, card, &said, FRESH_MS), None);
    }
}
