//! What a server's signed answers tell of its clock.

use crate::oracle::Within;

/// By how much a server's clock is ahead of the kit's, in milliseconds: at least and at most. A
/// signature has whole seconds; the more are seen, the closer it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerClock {
    ahead: Option<Within>,
}

impl ServerClock {
    /// An answer that was signed in this second of the server's, and within this here.
    pub fn heard(&mut self, created_s: i64, at: Within) {
        let signed_ms = created_s.saturating_mul(1_000);
        let (from_ms, to_ms) = (signed_ms - at.to_ms, signed_ms + 999 - at.from_ms);
        let before = self.ahead.unwrap_or(Within { from_ms, to_ms });
        let both = Within { from_ms: before.from_ms.max(from_ms), to_ms: before.to_ms.min(to_ms) };
        // A clock that was set anew is as the last answer says.
        let fits = both.from_ms <= both.to_ms;
        self.ahead = Some(if fits { both } else { Within { from_ms, to_ms } });
    }

    /// What time it is at the server when it is `now_ms` here; the same, before any answer.
    pub fn now(&self, now_ms: i64) -> Within {
        let ahead = self.ahead.unwrap_or(Within { from_ms: 0, to_ms: 0 });
        Within { from_ms: now_ms + ahead.from_ms, to_ms: now_ms + ahead.to_ms }
    }
}

/// The second in which what has this `signature-input` was signed.
pub fn created(signature_input: &str) -> Option<i64> {
    let (_, after) = signature_input.split_once("created=")?;
    let digits = after.split(|letter: char| !letter.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_answers_the_closer_a_clock_is_known_and_one_that_was_set_is_known_anew() {
        let mut clock = ServerClock::default();
        assert_eq!(clock.now(5_000), Within { from_ms: 5_000, to_ms: 5_000 });
        // The server is 3,200 ms behind.
        clock.heard(6, Within { from_ms: 10_000, to_ms: 10_010 });
        assert_eq!(clock.now(10_000), Within { from_ms: 5_990, to_ms: 6_999 });
        clock.heard(7, Within { from_ms: 10_210, to_ms: 10_220 });
        assert_eq!(clock.now(10_000), Within { from_ms: 6_780, to_ms: 6_999 });
        clock.heard(90, Within { from_ms: 10_300, to_ms: 10_310 });
        assert_eq!(clock.now(10_310), Within { from_ms: 90_000, to_ms: 91_009 });
    }

    #[test]
    fn when_an_answer_was_signed_is_read_from_its_input() {
        let input = r#"bindproof=("@status");created=1767225600;keyid="wallet-1""#;
        assert_eq!(created(input), Some(1_767_225_600));
        assert_eq!(created("bindproof=()"), None);
    }
}
