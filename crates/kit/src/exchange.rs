//! What was said over HTTP while a case ran, for whoever has to find out why it failed.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::HeaderMap;

/// How many are kept: the last ones, which lead to what is wrong.
const KEPT: usize = 100;

/// A request and its answer, each as it went over the line: a first line, the fields, an empty
/// line, the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Who asked.
    pub asks: Asks,
    /// The request.
    pub said: String,
    /// The answer, or why there is none.
    pub answered: String,
    /// How often the same was said and answered, one after the other.
    pub times: u32,
}

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The kit, as a client or a server.
    Kit,
    /// The server under test.
    Server,
}

impl Asks {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Kit => "the kit asks the server",
            Self::Server => "the server asks the kit",
        }
    }
}

/// What has been said since it was last taken; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    last: Arc<Mutex<VecDeque<Exchange>>>,
}

impl Transcript {
    /// One more.
    pub fn note(&self, asks: Asks, said: String, answered: String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = last.back_mut()
            && (before.asks, &before.said, &before.answered) == (asks, &said, &answered)
        {
            before.times += 1;
            return;
        }
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(Exchange { asks, said, answered, times: 1 });
    }

    /// Everything that is kept, the oldest first; nothing is kept then.
    pub fn take(&self) -> Vec<Exchange> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *last).into()
    }
}

/// A request or an answer as it goes over the line.
pub fn spoken(first: &str, fields: &HeaderMap, body: &[u8]) -> String {
    let mut text = format!("{first}\n");
    for (name, value) in fields {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    if !body.is_empty() {
        let _ = write!(text, "\n{}", String::from_utf8_lossy(body));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_counted_and_only_the_last_are_kept() {
        let transcript = Transcript::default();
        let note = |said: &str| transcript.note(Asks::Kit, said.to_owned(), "200\n".to_owned());
        for number in 0..=KEPT {
            note(&number.to_string());
        }
        note(&KEPT.to_string());
        transcript.note(Asks::Server, KEPT.to_string(), "200\n".to_owned());
        let kept = transcript.take();
        assert_eq!((kept.len(), kept[0].said.as_str()), (KEPT, "2"));
        assert_eq!((kept[KEPT - 2].times, kept[KEPT - 1].times), (2, 1));
        assert!(transcript.take().is_empty());
    }

    #[test]
    fn a_message_is_its_first_line_its_fields_and_its_body() {
        let mut fields = HeaderMap::new();
        fields.insert("content-type", "application/json".parse().expect("a value"));
        let text = spoken("POST /v1/link_end", &fields, b"{}");
        assert_eq!(text, "POST /v1/link_end\ncontent-type: application/json\n\n{}");
        assert_eq!(spoken("200", &HeaderMap::new(), b""), "200\n");
    }
}
