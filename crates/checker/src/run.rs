//! Runs a check, and puts its report together.

use std::collections::BTreeSet;
use std::hash::Hash;

use stateright::Model;

use crate::checker::Checker;
use crate::clock;
use crate::coverage::Coverage;
use crate::decide::{Decided, Decider};
use crate::firing::Firing;
use crate::limits::{Bounds, Cut, Limits};
use crate::monitor::{States, Steps};
use crate::property::Kind;
use crate::report::{Finding, Mode, PropertyReport, Report};
use crate::search::keep::{Fingerprint, Keep, Packed, Small, Whole};
use crate::search::shard::Id;
use crate::search::{Searched, SelfLoops, Task, search};
use crate::verdict::{Doubt, Verdict};

/// How many states, about, of a hashed search are looked at in full.
const SAMPLE: u64 = 10_000;

/// The report of a check of this model.
type ReportOf<M> = Report<<M as Model>::State, <M as Model>::Action>;

/// What a search gave.
pub(crate) struct Outcome<K, R> {
    pub(crate) searched: Searched<K, R>,
    /// Where each property was first found.
    pub(crate) places: Vec<Option<Id>>,
    pub(crate) rests: u64,
    hits: Vec<Vec<u64>>,
}

impl<M, F> Checker<'_, M, F>
where
    M: Model + Sync,
    M::State: Clone + PartialEq + Hash + Send + Sync,
    F: Firing<M>,
{
    /// Visits every reachable state, each stored and compared in full, and decides every property.
    pub fn run(&self) -> ReportOf<M> {
        self.run_keeping(&Whole)
    }

    /// The same, with the states stored packed.
    pub fn run_packed(&self) -> ReportOf<M>
    where
        M::State: Packed,
    {
        self.run_keeping(&Small)
    }

    /// For spaces that do not fit: tells states apart by 64 bits of hash under `seed`. Properties
    /// that need the whole graph are not decided, and a complete search is still undecided: the
    /// report says how probable it is that two states had the same hash.
    pub fn run_hashed(&self, seed: u64) -> ReportOf<M> {
        self.hashed(seed, false)
    }

    /// The same, and then once more under another seed, and the first few thousand states once more
    /// in full. If both seeds find the same number of states, and no two of those in full have the
    /// same hash, a complete search is a success.
    pub fn run_hashed_audited(&self, seed: u64) -> ReportOf<M> {
        self.hashed(seed, true)
    }

    fn run_keeping<K>(&self, keep: &K) -> ReportOf<M>
    where
        K: Keep<M::State, Rest = ()>,
    {
        let started = clock::now();
        let limits = self.bounds.begin();
        let mut outcome = self.search(keep, self.self_loops(), &limits);
        let edges = outcome.searched.edges.take();
        let decided = Decider::new(self, keep, &outcome).exactly(edges, &limits);
        self.report(started, &outcome, decided, Mode::Exact)
    }

    fn hashed(&self, seed: u64, audit: bool) -> ReportOf<M> {
        let started = clock::now();
        let keep = Fingerprint::new(seed);
        let outcome = self.search(&keep, None, &self.bounds.begin());
        let mut decided = Decider::new(self, &keep, &outcome).without_graph();
        let distinct = outcome.searched.distinct();
        // A bound, after Boole: each pair is the same with probability 2^-64.
        let probability =
            (distinct as f64 * (distinct as f64 - 1.0) / 2.0 / 2f64.powi(64)).max(0.0);
        let (mut audited, mut forgotten) = (None, 0);
        if audit && outcome.searched.cut.is_none() {
            let keep = Fingerprint::new(crate::hash::hash(seed, &seed) | 1);
            let again = self.search(&keep, None, &self.bounds.begin());
            // Of how many there are, one that was cut short says nothing.
            audited = again.searched.cut.is_none().then(|| again.searched.distinct());
            decided.add(Decider::new(self, &keep, &again).without_graph());
            let few = Bounds { states: Some(SAMPLE), ..Bounds::default() };
            let sample = self.search(&Whole, None, &few.begin());
            forgotten = Self::forgotten(&sample.searched, seed);
            decided.add(Decider::new(self, &Whole, &sample).without_graph());
        }
        self.report(started, &outcome, decided, Mode::Hashed { probability, audited, forgotten })
    }

    /// Of the first few thousand states, compared in full: how many have the fingerprint of another
    /// one. By chance none has; a `Hash` that leaves a part of the state out has no other way to be
    /// noticed, for it deceives every seed alike.
    fn forgotten(sample: &Searched<M::State, ()>, seed: u64) -> u64 {
        let states = sample.order.iter().map(|(id, _)| sample.shards[id.shard()].key(id.local()));
        let hashes: BTreeSet<u64> = states.map(|state| crate::hash::hash(seed, state)).collect();
        sample.distinct() - hashes.len() as u64
    }

    /// Whether edges are wanted, and which.
    fn self_loops(&self) -> Option<SelfLoops> {
        let asked = |kind: Kind| self.properties.iter().any(|property| property.kind == kind);
        if asked(Kind::Eventually) {
            Some(SelfLoops::Recorded)
        } else if self.properties.iter().any(|property| property.kind.needs_graph()) {
            Some(SelfLoops::LeftOut)
        } else {
            None
        }
    }

    fn search<K: Keep<M::State>>(
        &self,
        keep: &K,
        edges: Option<SelfLoops>,
        limits: &Limits<'_>,
    ) -> Outcome<K::Key, K::Rest> {
        let represent = self.representative.as_ref();
        let represent =
            represent.map(|represent| move |state: &M::State| represent(self.model, state));
        let task = Task {
            model: self.model,
            representative: represent
                .as_ref()
                .map(|r| r as &(dyn Fn(&M::State) -> M::State + Sync)),
            threads: self.threads,
            limits,
            edges,
        };
        match self.keep_action {
            Some(keep_action) => {
                let steps = Steps::new(self, keep_action);
                let searched = search(&task, &steps, keep);
                let rests = steps.rests.into_inner();
                let hits = steps.hits.into_inner().unwrap_or_default();
                Outcome { searched, places: steps.states.found.into_places(), rests, hits }
            }
            None => {
                let states = States::new(self);
                let searched = search(&task, &states, keep);
                let hits = Vec::new();
                Outcome { searched, places: states.found.into_places(), rests: 0, hits }
            }
        }
    }

    fn report<K: PartialEq, R>(
        &self,
        started: std::time::Instant,
        outcome: &Outcome<K, R>,
        decided: Decided<M::State, M::Action>,
        mode: Mode,
    ) -> ReportOf<M> {
        let searched = &outcome.searched;
        let cut = searched.cut.or_else(|| {
            let violated = decided.properties.iter().any(|p| p.finding == Finding::Violated);
            (self.stop_at_violation && violated).then_some(Cut::FirstViolation)
        });
        let mut coverage = Coverage::new();
        coverage.complete = cut.is_none() && searched.panic.is_none();
        let cut = cut.or(decided.cut);
        for (family, hits) in self.families.iter().zip(&outcome.hits) {
            coverage.open(&family.name);
            for (thing, count) in family.names.iter().zip(hits) {
                coverage.add(&family.name, thing, *count);
            }
        }
        Report {
            verdict: self.verdict(searched, cut, &decided.properties, mode),
            cut,
            distinct: searched.distinct(),
            generated: searched.generated,
            depth: searched.depth,
            beyond: searched.beyond,
            boundary_reason: self.boundary_reason.clone(),
            rests: outcome.rests,
            mode,
            bytes: searched.bytes,
            state_bytes: size_of::<M::State>(),
            edges: decided.edges,
            seconds: (clock::now() - started).as_secs_f64(),
            threads: searched.threads,
            properties: decided.properties,
            coverage,
        }
    }

    /// The verdict: violated beats cut short, which beats whatever is in doubt.
    fn verdict<K: PartialEq, R>(
        &self,
        searched: &Searched<K, R>,
        cut: Option<Cut>,
        properties: &[PropertyReport<M::State, M::Action>],
        mode: Mode,
    ) -> Verdict {
        let violated = properties.iter().find(|property| property.finding == Finding::Violated);
        if let Some(property) = violated {
            let states = property.evidence.as_ref().map_or(0, |evidence| evidence.len());
            return Verdict::Violated { property: property.name.clone(), states };
        }
        if let Some(cut) = cut {
            return Verdict::Truncated(cut);
        }
        if searched.beyond > 0 && self.boundary_reason.is_none() {
            return Verdict::BoundaryCut(searched.beyond);
        }
        let doubts = self.doubts(searched, properties, mode);
        if doubts.is_empty() { Verdict::Exhausted } else { Verdict::Undecided(doubts) }
    }

    fn doubts<K: PartialEq, R>(
        &self,
        searched: &Searched<K, R>,
        properties: &[PropertyReport<M::State, M::Action>],
        mode: Mode,
    ) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if properties.is_empty() {
            doubts.push(Doubt::NothingAsked);
        }
        if searched.distinct() == 0 {
            doubts.push(Doubt::NoState);
        }
        for (report, asked) in properties.iter().zip(&self.properties) {
            match &report.finding {
                Finding::Unreached if !asked.dispensable => {
                    doubts.push(Doubt::Unreached(report.name.clone()));
                }
                Finding::Undecided(doubt) => {
                    let unknown = Doubt::GraphMissing(report.name.clone());
                    doubts.push(doubt.clone().unwrap_or(unknown));
                }
                _ => {}
            }
            let shown = report.evidence.as_ref();
            let unshown = report.finding == Finding::Witnessed && shown.is_none();
            if unshown || shown.is_some_and(|evidence| !evidence.confirmed) {
                doubts.push(Doubt::Unconfirmed(report.name.clone()));
            }
        }
        let distinct = searched.distinct();
        match mode {
            Mode::Exact => {}
            Mode::Hashed { probability, audited: None, .. } => {
                doubts.push(Doubt::Fingerprints { probability });
            }
            Mode::Hashed { audited: Some(second), .. } if second != distinct => {
                doubts.push(Doubt::AuditDiffers { first: distinct, second });
            }
            Mode::Hashed { forgotten: 1.., .. } => doubts.push(Doubt::HashForgets),
            Mode::Hashed { .. } => {}
        }
        let pinned = |what: &str, pinned: Option<u64>, found: u64| {
            let differs = pinned.filter(|pinned| *pinned != found);
            differs
                .map(|pinned| Doubt::PinDiffers(format!("{what}: pinned {pinned}, found {found}")))
        };
        doubts.extend(pinned("distinct states", self.pins.distinct, distinct));
        doubts.extend(pinned("generated states", self.pins.generated, searched.generated));
        let depth = self.pins.depth.map(u64::from);
        doubts.extend(pinned("depth", depth, u64::from(searched.depth)));
        doubts
    }
}
