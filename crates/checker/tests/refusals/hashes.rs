//! Searches that tell states apart by fingerprints.

use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use bindproof_checker::{Check, Doubt, Mode, Verdict};
use stateright::{Model, Property};

use crate::{Grid, refused};

#[test]
fn fingerprints_alone_are_in_doubt_and_say_how_much() {
    let report = Grid.check().run_hashed(1);
    let probability = 10_000.0 * 9_999.0 / 2.0 / 2f64.powi(64);
    refused(&report, &Verdict::Undecided(vec![Doubt::Fingerprints { probability }]));
    let audited = Grid.check().run_hashed_audited(1);
    audited.assert_exhausted();
    let mode = Mode::Hashed { probability, audited: Some(10_000), forgotten: 0 };
    assert_eq!(audited.mode, mode);
}

#[test]
fn a_second_hash_that_was_cut_short_has_not_agreed() {
    let most = AtomicU64::new(0);
    let report = Grid
        .check()
        .watch(|moment| {
            // Fewer states than before: the second search has begun.
            if most.fetch_max(moment.distinct, Ordering::Relaxed) > moment.distinct {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .run_hashed_audited(1);
    assert_eq!(report.distinct, 10_000);
    assert!(matches!(report.mode, Mode::Hashed { audited: None, .. }));
    assert!(matches!(
        &report.verdict,
        Verdict::Undecided(doubts) if matches!(doubts[..], [Doubt::Fingerprints { .. }])
    ));
}

/// What a bad hash does.
const FORGETS: u8 = 0;
const FORGETS_BY_SEED: u8 = 1;

/// A number below 200 that is not hashed as it should be.
#[derive(Clone, Debug, PartialEq)]
struct Badly<const FAULT: u8>(u32);

impl<const FAULT: u8> Hash for Badly<FAULT> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let forgets = match FAULT {
            FORGETS => true,
            // The seed is all that the hasher knows by now.
            _ => state.finish().is_multiple_of(2),
        };
        if forgets { (self.0 / 2).hash(state) } else { self.0.hash(state) }
    }
}

/// Jumps by two or three, perhaps onto a bad number.
#[derive(Clone, Copy)]
struct Jumps<const FAULT: u8> {
    bad: bool,
}

impl<const FAULT: u8> Model for Jumps<FAULT> {
    type State = Badly<FAULT>;
    type Action = u32;

    fn init_states(&self) -> Vec<Badly<FAULT>> {
        vec![Badly(0)]
    }

    fn actions(&self, _: &Badly<FAULT>, actions: &mut Vec<u32>) {
        actions.extend([2, 3]);
    }

    fn next_state(&self, state: &Badly<FAULT>, by: u32) -> Option<Badly<FAULT>> {
        (state.0 + by < 200).then_some(Badly(state.0 + by))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("not 101", |model: &Self, state: &Badly<FAULT>| {
            !model.bad || state.0 != 101
        })]
    }
}

#[test]
fn a_hash_that_forgets_for_every_seed_alike_is_no_success() {
    let (model, bad) = (Jumps::<FORGETS> { bad: false }, Jumps::<FORGETS> { bad: true });
    model.check().run().assert_exhausted();
    let exact = Verdict::Violated { property: "not 101".into(), states: 35 };
    refused(&bad.check().run(), &exact);
    for threads in [1, 3] {
        for seed in 0..5 {
            for model in [model, bad] {
                let report = model.check().threads(threads).run_hashed_audited(seed);
                assert!(report.distinct < 199, "states are taken for one another");
                assert!(!report.verdict.is_success(), "{}", report.verdict);
            }
            let report = model.check().threads(threads).run_hashed_audited(seed);
            refused(&report, &Verdict::Undecided(vec![Doubt::HashForgets]));
            assert!(matches!(report.mode, Mode::Hashed { forgotten: 1.., .. }));
        }
    }
}

#[test]
fn a_hash_that_forgets_for_some_seeds_is_no_success_for_them() {
    let model = Jumps::<FORGETS_BY_SEED> { bad: false };
    let (mut fine, mut differs, mut forgets) = (0, 0, 0);
    for seed in 0..40 {
        let report = model.check().run_hashed_audited(seed);
        match &report.verdict {
            Verdict::Exhausted => fine += u32::from(report.distinct == 199),
            Verdict::Undecided(doubts) => match doubts[..] {
                [Doubt::AuditDiffers { first, second }] => {
                    assert!(first != second && first.max(second) == 199);
                    differs += 1;
                }
                [Doubt::HashForgets] => forgets += 1,
                _ => panic!("{}", report.verdict),
            },
            _ => panic!("{}", report.verdict),
        }
    }
    assert_eq!(fine + differs + forgets, 40, "no success was wrong");
    assert!(fine > 0 && differs > 0 && forgets > 0, "{fine} {differs} {forgets}");
}

#[test]
fn what_needs_the_graph_is_not_decided_by_fingerprints() {
    let report = Grid.check().possible("way", |_, _| true, |_, _| true).run_hashed_audited(1);
    refused(&report, &Verdict::Undecided(vec![Doubt::GraphMissing("way".into())]));
}

#[test]
fn a_violation_that_only_the_second_hash_meets_is_one() {
    let model = Jumps::<FORGETS_BY_SEED> { bad: true };
    let (mut first, mut second) = (0, 0);
    for seed in 0..40 {
        let alone = model.check().run_hashed(seed);
        let both = model.check().run_hashed_audited(seed);
        let Mode::Hashed { audited, .. } = both.mode else { panic!("by hashes") };
        if alone.distinct < 199 && audited < Some(199) {
            continue;
        }
        // One of them tells all states apart.
        refused(&both, &Verdict::Violated { property: "not 101".into(), states: 35 });
        assert!(both.properties[0].evidence.as_ref().is_some_and(|shown| shown.confirmed));
        let violated = alone.verdict.exit_code() == 1;
        first += u32::from(violated);
        second += u32::from(!violated);
    }
    assert!(first > 0 && second > 0, "{first} {second}");
}
