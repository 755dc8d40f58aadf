//! What the other side may say. The records of both sides are kept here in the specification's own
//! types, and what becomes of them is decided by its own steps; there are no other rules.
//!
//! What the kit cannot see it keeps open: whether a deadline has passed at the other side, whether
//! an operation has been executed, whether an answer has arrived. So there are several worlds, and
//! an answer is right if it is right in one of them. The others are dropped.

pub mod bank;
pub mod wallet;

use std::fmt;

use bindproof::message::{LinkStatus, Reason};
use bindproof::policy::Requirement;
use bindproof::refusal::Refusal;
use bindproof::wire::{AccountId, Debit, Standing};

/// When something happened at the other side: between two moments here, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Within {
    /// Not before.
    pub from_ms: i64,
    /// Not after.
    pub to_ms: i64,
}

/// By how much a deadline may pass before its time here, in milliseconds: two clocks do not go
/// alike. When it was armed is known as a time within which that was, so that nothing else is left.
const EARLY_MS: i64 = 100;

/// How long after its time it may not have been stepped yet, in milliseconds.
const LATE_MS: i64 = 1_500;

impl Within {
    /// When something armed then passes.
    #[must_use]
    pub fn after(self, ms: u64) -> Self {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX / 4);
        Self { from_ms: self.from_ms + ms, to_ms: self.to_ms + ms }
    }

    /// A deadline that passes within this may have passed at `now`.
    pub const fn may_have_passed(self, now: Self) -> bool {
        self.from_ms - EARLY_MS <= now.to_ms
    }

    /// A deadline that passes within this has passed at `now`.
    pub const fn has_passed(self, now: Self) -> bool {
        self.to_ms + LATE_MS < now.from_ms
    }
}

/// What the other side says, without the names in it that only it chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The person has this account, or none.
    Account(Option<AccountId>),
    /// The account was made.
    Created(AccountId),
    /// The account was there.
    Existing(AccountId),
    /// The registration was decided against.
    NotRegistered(Reason),
    /// Where a link stands.
    Link(LinkStatus),
    /// What is asked of the person.
    Challenge(Requirement),
    /// An operation is executed.
    Executed,
    /// An operation is refused.
    Refused(Refusal),
    /// An operation has expired.
    Expired,
    /// Where a binding stands, without its code.
    Standing(Standing),
    /// A debit is decided.
    Debit(Debit),
    /// A notice is receipted.
    Receipt,
    /// A problem.
    Problem(Refusal),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(None) => f.write_str("no account"),
            Self::Account(Some(account)) => write!(f, "account {account}"),
            Self::Created(account) => write!(f, "account {account} created"),
            Self::Existing(account) => write!(f, "account {account} was there"),
            Self::NotRegistered(reason) => write!(f, "not registered: {reason}"),
            Self::Link(status) => write!(f, "link {}", link_words(*status)),
            Self::Challenge(required) => write!(f, "a challenge: {required}"),
            Self::Executed => f.write_str("executed"),
            Self::Refused(refusal) => write!(f, "outcome refused: {refusal}"),
            Self::Expired => f.write_str("expired"),
            Self::Standing(standing) => f.write_str(&standing_words(*standing)),
            Self::Debit(Debit::Accepted) => f.write_str("debit accepted"),
            Self::Debit(Debit::Refused(reason)) => write!(f, "debit refused: {reason}"),
            Self::Receipt => f.write_str("a receipt"),
            Self::Problem(refusal) => write!(f, "problem {refusal} ({})", refusal.status()),
        }
    }
}

/// A link's status in words.
pub fn link_words(status: LinkStatus) -> String {
    match status {
        LinkStatus::Registered => "registered".to_owned(),
        LinkStatus::AwaitingApproval => "awaiting approval".to_owned(),
        LinkStatus::Active { bank_revision } => format!("active at revision {bank_revision}"),
        LinkStatus::Suspended { bank_revision } => format!("suspended at revision {bank_revision}"),
        LinkStatus::Ended => "ended".to_owned(),
        LinkStatus::Refused { reason } => format!("refused: {reason}"),
    }
}

fn standing_words(standing: Standing) -> String {
    match standing {
        Standing::Pending { .. } => "pending".to_owned(),
        Standing::Active { .. } => "active".to_owned(),
        Standing::Refused(reason) => format!("refused: {reason}"),
        Standing::Ended(reason) => format!("ended: {reason}"),
    }
}

/// What can happen to the records of the other side without anybody saying so.
pub trait World: Clone + PartialEq {
    /// Each world that this one may have become by one such move within `now`.
    fn moves(&self, now: Within) -> Vec<Self>;

    /// Whether something must have happened in this world by `now` that has not.
    fn is_overdue(&self, now: Within) -> bool;
}

/// How many worlds are kept. A case that needs more could tell nothing apart.
const WORLDS_MAX: usize = 512;

/// Every world that may be the true one.
#[derive(Clone, Debug)]
pub struct Worlds<W> {
    possible: Vec<W>,
}

impl<W: World> Worlds<W> {
    /// At first there is one.
    pub fn new(world: W) -> Self {
        Self { possible: vec![world] }
    }

    /// Every world that may be the true one at `now`.
    pub fn at(&self, now: Within) -> Vec<W> {
        let mut found = self.possible.clone();
        let mut next = 0;
        while next < found.len() && found.len() < WORLDS_MAX {
            for moved in found[next].moves(now) {
                if !found.contains(&moved) {
                    found.push(moved);
                }
            }
            next += 1;
        }
        found.retain(|world| !world.is_overdue(now));
        found
    }

    /// Takes what the other side said; `tell` is what a world says there.
    ///
    /// # Errors
    /// If no world says that: what they say instead.
    pub fn hear(
        &mut self,
        now: Within,
        found: Told,
        mut tell: impl FnMut(&mut W) -> Told,
    ) -> Result<(), Vec<Told>> {
        self.hear_any(now, found, |mut world| {
            let told = tell(&mut world);
            vec![(world, told)]
        })
    }

    /// Takes what the other side said where a world may say one of several things, each of them in
    /// what it is then.
    ///
    /// # Errors
    /// If no world says that: what they say instead.
    pub fn hear_any(
        &mut self,
        now: Within,
        found: Told,
        tell: impl FnMut(W) -> Vec<(W, Told)>,
    ) -> Result<(), Vec<Told>> {
        let (mut kept, mut expected) = (Vec::new(), Vec::new());
        for (world, told) in self.at(now).into_iter().flat_map(tell) {
            if told == found {
                if !kept.contains(&world) {
                    kept.push(world);
                }
            } else if !expected.contains(&told) {
                expected.push(told);
            }
        }
        if kept.is_empty() {
            return Err(expected);
        }
        self.possible = kept;
        Ok(())
    }

    /// Notes in every world what the kit itself knows.
    pub fn note(&mut self, mut note: impl FnMut(&mut W)) {
        for world in &mut self.possible {
            note(world);
        }
    }

    /// Whether some world has this property at `now`.
    pub fn may(&self, now: Within, is_so: impl Fn(&W) -> bool) -> bool {
        self.at(now).iter().any(is_so)
    }

    /// Keeps only the worlds with this property, which is known to be so.
    pub fn know(&mut self, now: Within, is_so: impl Fn(&W) -> bool) {
        let mut kept = self.at(now);
        kept.retain(is_so);
        if !kept.is_empty() {
            self.possible = kept;
        }
    }

    /// It is one of these, at least one.
    pub fn become_one_of(&mut self, worlds: Vec<W>) {
        if worlds.is_empty() {
            return;
        }
        self.possible.clear();
        for world in worlds {
            if !self.possible.contains(&world) {
                self.possible.push(world);
            }
        }
    }

    /// One of them.
    pub fn one(&self) -> &W {
        &self.possible[0]
    }
}
