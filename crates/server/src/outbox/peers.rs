//! What is said of peers that take no letters: when that begins and when it is over, and not for
//! each try.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use bindproof::refusal::{Refusal, Retry};

use super::{Sender, Sent};
use crate::http::client::problem_said;
use crate::store::Due;

/// How many tries in a row fail before it is said: of what a network loses, the second try tells.
const IN_A_ROW: u32 = 2;
/// How many letters are known by name that a peer refuses.
const REFUSED_MAX: usize = 1_000;

/// What became of a try, as far as it tells of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// The peer takes letters.
    Takes,
    /// It takes letters, and refuses this one.
    Refuses(Refusal),
    /// It takes none: it refuses whoever asks, or does not answer.
    Fails(Trouble),
}

/// Why a peer takes no letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not reached, or does not answer in time.
    NoAnswer,
    /// It answers this: a status, and the code of a problem if there is one.
    Answers(String),
}

impl Trouble {
    /// As it stands in the log.
    fn name(&self) -> &str {
        match self {
            Self::NoAnswer => "no answer",
            Self::Answers(what) => what,
        }
    }
}

/// How it stands with each peer.
#[derive(Debug, Default)]
pub struct Peers(Mutex<BTreeMap<String, Lane>>);

#[derive(Debug, Default)]
struct Lane {
    /// How many tries in a row have failed in the way of the last one.
    in_a_row: u32,
    last: Option<Trouble>,
    /// What was said.
    said: Option<Trouble>,
    /// The letters of which it was said that they are refused.
    refused: BTreeSet<String>,
}

/// What is to be said of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Say {
    Nothing,
    /// The peer begins to take no letters, or does so for another reason.
    Begins,
    /// It takes letters again.
    Over,
    /// It refuses a letter, and takes others.
    Letter,
}

impl Lane {
    fn hears(&mut self, told: &Told, letter: &str) -> Say {
        let Told::Fails(trouble) = told else {
            (self.in_a_row, self.last) = (0, None);
            let was_said = self.said.take().is_some();
            let is_refused = matches!(told, Told::Refuses(_));
            if !is_refused {
                self.refused.remove(letter);
            }
            return match was_said {
                true => Say::Over,
                false if is_refused && self.is_new(letter) => Say::Letter,
                false => Say::Nothing,
            };
        };
        let same = self.last.as_ref() == Some(trouble) || self.said.is_none();
        self.in_a_row = if same { self.in_a_row + 1 } else { 1 };
        self.last = Some(trouble.clone());
        if self.in_a_row < IN_A_ROW || self.said.as_ref() == Some(trouble) {
            return Say::Nothing;
        }
        self.said = Some(trouble.clone());
        Say::Begins
    }

    /// Whether it was not yet said that a letter is refused.
    fn is_new(&mut self, letter: &str) -> bool {
        if self.refused.len() >= REFUSED_MAX {
            self.refused.clear();
        }
        self.refused.insert(letter.to_owned())
    }
}

impl Peers {
    fn hear(&self, lane: &str, told: &Told, letter: &str) -> Say {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.to_owned()).or_default().hears(told, letter)
    }
}

/// What a try tells of the peer; none if it was not asked, or was too early.
fn told(sent: &Sent) -> Option<Told> {
    match sent {
        Sent::Stepped | Sent::Delivered | Sent::StillOwed => Some(Told::Takes),
        Sent::Over => None,
        Sent::Unanswered(trouble, _) => Some(Told::Fails(trouble.clone())),
        // Requests are issued anew for each try: a stale one is that of a clock.
        Sent::Refused(
            refusal @ (Refusal::SignatureInvalid
            | Refusal::RequestMalformed
            | Refusal::RequestStale
            | Refusal::OriginNotAllowed),
        ) => Some(Told::Fails(Trouble::Answers(problem_said(*refusal)))),
        Sent::Refused(refusal) if refusal.retry() == Retry::SameKey => Some(Told::Takes),
        Sent::Refused(refusal) => Some(Told::Refuses(*refusal)),
    }
}

/// Says of a try what an operator has to know.
pub(super) async fn note<S: Sender>(server: &S, due: &Due, letter: &str, sent: &Sent) {
    if let Sent::Unanswered(_, why) = sent {
        tracing::info!(letter, attempts = due.owed.attempts, error = %why, "not delivered");
    }
    if let Sent::Refused(refusal) = sent {
        tracing::info!(letter, attempts = due.owed.attempts, %refusal, "refused");
    }
    let Some(told) = told(sent) else { return };
    let (node, lane) = (server.node(), due.owed.lane.as_str());
    let peer = server.peer(lane);
    match (node.peers.hear(lane, &told, &due.owed.idempotency_key), &told) {
        (Say::Begins, Told::Fails(trouble)) => {
            let problem = trouble.name();
            let error = match sent {
                Sent::Unanswered(_, why) => why.as_str(),
                _ => "",
            };
            let queues = node.store.queues().await.unwrap_or_default();
            let waiting = queues.iter().find(|queue| queue.lane == lane).map(|queue| queue.waiting);
            let said = "a peer takes no letters; they are sent again until it does";
            tracing::warn!(peer, problem, error, waiting, "{said}");
        }
        (Say::Over, _) => tracing::info!(peer, "a peer takes letters again"),
        (Say::Letter, Told::Refuses(refusal)) => {
            let (problem, key) = (problem_said(*refusal), due.owed.key);
            tracing::warn!(peer, problem, letter, %key, "a peer refuses a letter");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(trouble: &Trouble) -> Told {
        Told::Fails(trouble.clone())
    }

    #[test]
    fn of_a_peer_that_takes_no_letters_is_said_when_that_begins_changes_and_ends() {
        let (silent, refuses) = (Trouble::NoAnswer, Trouble::Answers("401".to_owned()));
        let peers = Peers::default();
        let hear = |told: &Told| peers.hear("bank north", told, "1");
        assert_eq!(hear(&Told::Takes), Say::Nothing);
        assert_eq!(hear(&fails(&silent)), Say::Nothing, "one may be lost on the way");
        assert_eq!(peers.hear("bank south", &fails(&silent), "2"), Say::Nothing);
        assert_eq!(hear(&fails(&silent)), Say::Begins);
        for _ in 0..100 {
            assert_eq!(hear(&fails(&silent)), Say::Nothing);
        }
        assert_eq!(hear(&fails(&refuses)), Say::Nothing);
        assert_eq!(hear(&fails(&refuses)), Say::Begins, "for another reason");
        assert_eq!(hear(&fails(&refuses)), Say::Nothing);
        assert_eq!(hear(&Told::Takes), Say::Over);
        assert_eq!(hear(&Told::Takes), Say::Nothing);
        assert_eq!(hear(&fails(&silent)), Say::Nothing);
        assert_eq!(hear(&fails(&refuses)), Say::Begins, "two in a row, whatever they are");
    }

    #[test]
    fn of_a_letter_that_is_refused_alone_is_said_once() {
        let (peers, refused) = (Peers::default(), Told::Refuses(Refusal::NotFound));
        let hear = |told: &Told, letter| peers.hear("bank north", told, letter);
        assert_eq!(hear(&refused, "1"), Say::Letter);
        assert_eq!(hear(&Told::Takes, "2"), Say::Nothing);
        assert_eq!(hear(&refused, "1"), Say::Nothing);
        assert_eq!(hear(&refused, "3"), Say::Letter);
        assert_eq!(hear(&Told::Takes, "1"), Say::Nothing);
        assert_eq!(hear(&refused, "1"), Say::Letter, "it was taken in between");
    }

    #[test]
    fn what_is_only_too_early_is_no_trouble_and_what_everybody_is_told_is_the_peers() {
        assert_eq!(told(&Sent::Refused(Refusal::BindingPending)), Some(Told::Takes));
        assert_eq!(told(&Sent::Over), None);
        let trouble = Trouble::Answers("401 signature_invalid".to_owned());
        assert_eq!(told(&Sent::Refused(Refusal::SignatureInvalid)), Some(fails(&trouble)));
        let refused = Some(Told::Refuses(Refusal::NotFound));
        assert_eq!(told(&Sent::Refused(Refusal::NotFound)), refused);
    }
}
