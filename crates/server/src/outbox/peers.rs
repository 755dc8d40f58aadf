//! What is said of peers that take no letters: when that begins, now and then while it lasts, and
//! when it is over, and not for each try.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bindproof::refusal::{Refusal, Retry};
use tokio::time::Instant;

use super::{Sender, Sent};
use crate::http::client::problem_said;
use crate::store::Due;

/// How many tries in a row fail before it is said: of what a network loses, the second try tells.
const IN_A_ROW: u32 = 2;
/// How often a letter has failed while others were taken when it is not the peer that fails: once
/// may be a peer that came back for a moment.
const ALONE: u32 = 2;
/// How often it is said while it lasts.
const AGAIN: Duration = Duration::from_secs(600);
/// How many letters of a kind are known by name: then they are forgotten, and may be said again.
const LETTERS_MAX: usize = 1_000;

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
    /// What was said, and when.
    said: Option<(Trouble, Instant)>,
    /// When the peer was last seen to take letters.
    took: Option<Instant>,
    /// The letters that have failed since then.
    failed: BTreeSet<String>,
    /// How often a letter that is still to be taken had failed when others were.
    alone: BTreeMap<String, u32>,
    /// The letters of which it was said that they are refused, or fail alone.
    told_of: BTreeSet<String>,
}

/// What is to be said of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Say {
    Nothing,
    /// The peer begins to take no letters, or does so for another reason.
    Begins,
    /// It has taken none for a while now.
    Lasts,
    /// It takes letters again.
    Over,
    /// It refuses a letter, or the letter fails, while it takes others.
    Letter,
}

impl Lane {
    /// Hears of a try with a letter that began then.
    fn hears(&mut self, told: &Told, letter: &str, began: Instant, now: Instant) -> Say {
        match told {
            Told::Fails(trouble) => self.fails(trouble, letter, began, now),
            Told::Takes | Told::Refuses(_) => self.takes(told, letter, now),
        }
    }

    fn takes(&mut self, told: &Told, letter: &str, now: Instant) -> Say {
        (self.in_a_row, self.last, self.took) = (0, None, Some(now));
        self.failed.remove(letter);
        self.alone.remove(letter);
        for letter in std::mem::take(&mut self.failed) {
            self.fails_alone(&letter);
        }
        let is_refused = matches!(told, Told::Refuses(_));
        if !is_refused {
            self.told_of.remove(letter);
        }
        match self.said.take() {
            Some(_) => Say::Over,
            None if is_refused && is_new(&mut self.told_of, letter) => Say::Letter,
            None => Say::Nothing,
        }
    }

    fn fails(&mut self, trouble: &Trouble, letter: &str, began: Instant, now: Instant) -> Say {
        // What was on its way when the peer took another tells nothing of the peer as it is now.
        if self.took.is_some_and(|took| began < took) {
            self.fails_alone(letter);
            return self.of_a_letter_alone(letter);
        }
        is_new(&mut self.failed, letter);
        let is_alone = self.alone.get(letter).is_some_and(|times| *times >= ALONE);
        if is_alone && self.failed.len() == 1 {
            return self.of_a_letter_alone(letter);
        }
        let same = self.last.as_ref() == Some(trouble) || self.said.is_none();
        self.in_a_row = if same { self.in_a_row + 1 } else { 1 };
        self.last = Some(trouble.clone());
        let say = match &self.said {
            Some((_, at)) if now.duration_since(*at) >= AGAIN => Say::Lasts,
            Some((said, _)) if said == trouble => return Say::Nothing,
            _ if self.in_a_row < IN_A_ROW => return Say::Nothing,
            _ => Say::Begins,
        };
        self.said = Some((trouble.clone(), now));
        say
    }

    /// A letter has failed, and another was taken since.
    fn fails_alone(&mut self, letter: &str) {
        if self.alone.len() >= LETTERS_MAX && !self.alone.contains_key(letter) {
            self.alone.clear();
        }
        *self.alone.entry(letter.to_owned()).or_default() += 1;
    }

    /// That it is this letter and not the peer is said once.
    fn of_a_letter_alone(&mut self, letter: &str) -> Say {
        let often = self.alone.get(letter).is_some_and(|times| *times >= ALONE);
        if often && is_new(&mut self.told_of, letter) { Say::Letter } else { Say::Nothing }
    }
}

/// Puts a letter among others, and says whether it was not there.
fn is_new(among: &mut BTreeSet<String>, letter: &str) -> bool {
    if among.len() >= LETTERS_MAX && !among.contains(letter) {
        among.clear();
    }
    among.insert(letter.to_owned())
}

impl Peers {
    fn hear(&self, lane: &str, told: &Told, letter: &str, began: Instant, now: Instant) -> Say {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(lane.to_owned()).or_default().hears(told, letter, began, now)
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

/// Says of a try that began then what an operator has to know.
pub(super) async fn note<S: Sender>(
    server: &S,
    due: &Due,
    letter: &str,
    sent: &Sent,
    began: Instant,
) {
    let error = match sent {
        Sent::Unanswered(_, why) => {
            tracing::info!(letter, attempts = due.owed.attempts, error = %why, "not delivered");
            why.as_str()
        }
        Sent::Refused(refusal) => {
            tracing::info!(letter, attempts = due.owed.attempts, %refusal, "refused");
            ""
        }
        _ => "",
    };
    let Some(told) = told(sent) else { return };
    let problem = match &told {
        Told::Takes => String::new(),
        Told::Refuses(refusal) => problem_said(*refusal),
        Told::Fails(trouble) => trouble.name().to_owned(),
    };
    let (node, lane, key) = (server.node(), due.owed.lane.as_str(), due.owed.key);
    let peer = server.peer(lane);
    let now = Instant::now();
    match (node.peers.hear(lane, &told, &due.owed.idempotency_key, began, now), &told) {
        (Say::Nothing, _) => {}
        (Say::Begins, _) => {
            let waiting = waiting(server, lane).await;
            let said = "a peer takes no letters; they are sent again until it does";
            tracing::warn!(peer, problem, error, waiting, "{said}");
        }
        (Say::Lasts, _) => {
            let waiting = waiting(server, lane).await;
            tracing::warn!(peer, problem, error, waiting, "a peer still takes no letters");
        }
        (Say::Over, _) => tracing::warn!(peer, "a peer takes letters again"),
        (Say::Letter, Told::Fails(_)) => {
            tracing::warn!(peer, problem, error, letter, %key, "a letter fails, and others do not");
        }
        (Say::Letter, _) => {
            tracing::warn!(peer, problem, letter, %key, "a peer refuses a letter");
        }
    }
}

/// How many letters wait in a lane; none if the store does not say.
async fn waiting<S: Sender>(server: &S, lane: &str) -> Option<i64> {
    let queues = server.node().store.queues().await.unwrap_or_default();
    queues.iter().find(|queue| queue.lane == lane).map(|queue| queue.waiting)
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
        let now = Instant::now();
        let hear = |told: &Told| peers.hear("bank north", told, "1", now, now);
        assert_eq!(hear(&Told::Takes), Say::Nothing);
        assert_eq!(hear(&fails(&silent)), Say::Nothing, "one may be lost on the way");
        assert_eq!(peers.hear("bank south", &fails(&silent), "2", now, now), Say::Nothing);
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
        let now = Instant::now();
        let hear = |told: &Told, letter| peers.hear("bank north", told, letter, now, now);
        assert_eq!(hear(&refused, "1"), Say::Letter);
        assert_eq!(hear(&Told::Takes, "2"), Say::Nothing);
        assert_eq!(hear(&refused, "1"), Say::Nothing);
        assert_eq!(hear(&refused, "3"), Say::Letter);
        assert_eq!(hear(&Told::Takes, "1"), Say::Nothing);
        assert_eq!(hear(&refused, "1"), Say::Letter, "it was taken in between");
    }

    #[test]
    fn a_peer_that_stays_away_is_spoken_of_again_and_again() {
        let (peers, silent, start) = (Peers::default(), Trouble::NoAnswer, Instant::now());
        let hear = |after: Duration| {
            let at = start + after;
            peers.hear("bank north", &fails(&silent), "1", at, at)
        };
        assert_eq!(hear(Duration::ZERO), Say::Nothing);
        assert_eq!(hear(Duration::ZERO), Say::Begins);
        assert_eq!(hear(AGAIN - Duration::from_secs(1)), Say::Nothing);
        assert_eq!(hear(AGAIN), Say::Lasts);
        assert_eq!(hear(AGAIN + Duration::from_secs(1)), Say::Nothing);
        assert_eq!(hear(2 * AGAIN), Say::Lasts);
    }

    #[test]
    fn a_letter_that_fails_while_others_are_taken_is_its_own_trouble_and_is_said_once() {
        let (peers, now) = (Peers::default(), Instant::now());
        let hear = |told: &Told, letter| peers.hear("bank north", told, letter, now, now);
        let fault = fails(&Trouble::Answers("500".to_owned()));
        for _ in 0..ALONE {
            assert_eq!(hear(&fault, "bad"), Say::Nothing);
            assert_eq!(hear(&Told::Takes, "good"), Say::Nothing);
        }
        assert_eq!(hear(&fault, "bad"), Say::Letter);
        for _ in 0..10 {
            assert_eq!(hear(&fault, "bad"), Say::Nothing);
        }
        assert_eq!(hear(&fault, "other"), Say::Nothing);
        assert_eq!(hear(&fault, "bad"), Say::Begins, "with another one it is the peer");
        assert_eq!(hear(&Told::Takes, "bad"), Say::Over);
    }

    #[test]
    fn a_peer_that_comes_back_for_a_moment_is_not_taken_for_letters_that_fail() {
        let (peers, now) = (Peers::default(), Instant::now());
        let hear = |told: &Told, letter| peers.hear("bank north", told, letter, now, now);
        let silent = fails(&Trouble::NoAnswer);
        assert_eq!(hear(&silent, "1"), Say::Nothing);
        assert_eq!(hear(&silent, "2"), Say::Begins);
        assert_eq!(hear(&silent, "3"), Say::Nothing);
        assert_eq!(hear(&Told::Takes, "1"), Say::Over);
        assert_eq!(hear(&silent, "2"), Say::Nothing);
        assert_eq!(hear(&silent, "3"), Say::Begins);
    }

    #[test]
    fn a_letter_that_hangs_while_others_are_taken_is_said_once() {
        let (peers, start) = (Peers::default(), Instant::now());
        let later = start + Duration::from_secs(1);
        for round in 0..5 {
            peers.hear("bank north", &Told::Takes, "good", start, later);
            let said = peers.hear("bank north", &fails(&Trouble::NoAnswer), "bad", start, later);
            assert_eq!(said, if round == 1 { Say::Letter } else { Say::Nothing }, "{round}");
        }
    }

    #[test]
    fn a_peer_that_fails_now_in_this_way_and_now_in_that_is_spoken_of_again() {
        let (peers, start) = (Peers::default(), Instant::now());
        let hear = |answers: &str, after| {
            let (told, at) = (fails(&Trouble::Answers(answers.to_owned())), start + after);
            peers.hear("bank north", &told, "1", at, at)
        };
        assert_eq!(hear("502", Duration::ZERO), Say::Nothing);
        assert_eq!(hear("503", Duration::ZERO), Say::Begins);
        assert_eq!(hear("502", AGAIN / 2), Say::Nothing);
        assert_eq!(hear("503", AGAIN / 2), Say::Nothing);
        assert_eq!(hear("502", AGAIN), Say::Lasts);
    }

    #[test]
    fn what_was_on_its_way_when_the_peer_came_back_does_not_take_it_away_again() {
        let (peers, start) = (Peers::default(), Instant::now());
        let silent = fails(&Trouble::NoAnswer);
        let hear = |told: &Told, letter, began_ms, ms| {
            let at = |ms| start + Duration::from_millis(ms);
            peers.hear("bank north", told, letter, at(began_ms), at(ms))
        };
        assert_eq!(hear(&silent, "1", 0, 100), Say::Nothing);
        assert_eq!(hear(&silent, "2", 0, 100), Say::Begins);
        assert_eq!(hear(&Told::Takes, "3", 150, 200), Say::Over);
        assert_eq!(hear(&silent, "4", 150, 250), Say::Nothing);
        assert_eq!(hear(&silent, "5", 150, 250), Say::Nothing);
        assert_eq!(hear(&silent, "4", 200, 300), Say::Nothing);
        assert_eq!(hear(&silent, "5", 200, 300), Say::Begins);
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
