//! Complete searches that say nothing, or something else than they should.

use bindproof_checker::{Check, Doubt, Finding, Pins, Verdict};
use stateright::{Model, Property};

use crate::{Grid, refused};

#[test]
fn a_figure_that_is_not_the_pinned_one_is_in_doubt() {
    let right = Pins { distinct: Some(10_000), generated: Some(19_801), depth: Some(199) };
    Grid.check().pinned(right).run().assert_exhausted();
    for (wrong, said) in [
        (Pins { distinct: Some(1), ..right }, "distinct states: pinned 1, found 10000"),
        (Pins { generated: Some(2), ..right }, "generated states: pinned 2, found 19801"),
        (Pins { depth: Some(198), ..right }, "depth: pinned 198, found 199"),
    ] {
        let expected = Verdict::Undecided(vec![Doubt::PinDiffers(said.into())]);
        refused(&Grid.check().pinned(wrong).run(), &expected);
    }
    let all = Pins { distinct: Some(1), generated: Some(1), depth: Some(1) };
    let report = Grid.check().pinned(all).run();
    assert!(matches!(&report.verdict, Verdict::Undecided(doubts) if doubts.len() == 3));
}

#[test]
fn a_check_that_asks_nothing_is_in_doubt() {
    let nothing = Grid.check().only(|_| false).run();
    refused(&nothing, &Verdict::Undecided(vec![Doubt::NothingAsked]));
    assert_eq!(nothing.distinct, 10_000);
}

#[test]
fn a_model_without_states_is_in_doubt() {
    struct Nowhere;
    impl Model for Nowhere {
        type State = u8;
        type Action = ();
        fn init_states(&self) -> Vec<u8> {
            Vec::new()
        }
        fn actions(&self, _: &u8, _: &mut Vec<()>) {}
        fn next_state(&self, _: &u8, (): ()) -> Option<u8> {
            None
        }
        fn properties(&self) -> Vec<Property<Self>> {
            vec![Property::always("fine", |_, _| true)]
        }
    }
    refused(&Nowhere.check().run(), &Verdict::Undecided(vec![Doubt::NoState]));
}

#[test]
fn a_witness_that_is_not_reached_is_in_doubt_unless_it_may_be_missing() {
    let asked = || Grid.check().sometimes("off", |_, (x, _)| *x == 100);
    refused(&asked().run(), &Verdict::Undecided(vec![Doubt::Unreached("off".into())]));
    let step = Grid.check().witness("twice", |_, step| step.before.0 + 1 < step.after.0).run();
    refused(&step, &Verdict::Undecided(vec![Doubt::Unreached("twice".into())]));
    let noticed = Grid.check().notice("twice", |_, step| step.before.0 + 1 < step.after.0).run();
    noticed.assert_exhausted();
    assert_eq!(noticed.properties[1].finding, Finding::Unreached);
    let reached = Grid.check().witness("right", |_, step| !step.action).run();
    reached.assert_exhausted();
    assert_eq!(reached.properties[1].evidence.as_ref().map(|shown| shown.len()), Some(2));
}

#[test]
fn what_speaks_of_nothing_is_in_doubt() {
    let never = |_: &Grid, (x, _): &(u8, u8)| *x == 100;
    let always = |_: &Grid, _: &(u8, u8)| true;
    let vacuous = Verdict::Undecided(vec![Doubt::PremiseNever("vacuous".into())]);
    refused(&Grid.check().possible("vacuous", never, always).run(), &vacuous);
    refused(&Grid.check().game("vacuous", never, always).run(), &vacuous);
    refused(&Grid.check().leads_to("vacuous", never, always).run(), &vacuous);
    let ceased = Grid.check().leads_to_once_ceased("vacuous", |_, _, _| false, never, always);
    refused(&ceased.run(), &vacuous);
    // Going on is meant to be possible always; being right at rest is not.
    let round = || {
        struct Round;
        impl Model for Round {
            type State = u8;
            type Action = ();
            fn init_states(&self) -> Vec<u8> {
                vec![0]
            }
            fn actions(&self, _: &u8, actions: &mut Vec<()>) {
                actions.push(());
            }
            fn next_state(&self, state: &u8, (): ()) -> Option<u8> {
                Some((state + 1) % 3)
            }
            fn properties(&self) -> Vec<Property<Self>> {
                Vec::new()
            }
        }
        Round
    };
    refused(&round().check().at_rest("vacuous", |_, _| true).run(), &vacuous);
    round().check().no_deadlock("goes on", |_, _| false).run().assert_exhausted();
}

#[test]
fn a_property_of_steps_where_there_is_none_is_in_doubt() {
    struct Still;
    impl Model for Still {
        type State = u8;
        type Action = bool;
        fn init_states(&self) -> Vec<u8> {
            vec![0]
        }
        fn actions(&self, _: &u8, actions: &mut Vec<bool>) {
            actions.extend([false, true]);
        }
        fn next_state(&self, _: &u8, beyond: bool) -> Option<u8> {
            beyond.then_some(1)
        }
        fn within_boundary(&self, state: &u8) -> bool {
            *state == 0
        }
    }
    let asked = Still.check().boundary_is_meant("nothing happens within");
    let report = asked.step("vacuous", |_, _| false).run();
    refused(&report, &Verdict::Undecided(vec![Doubt::PremiseNever("vacuous".into())]));
}

#[test]
fn more_kinds_of_requests_than_can_be_told_apart_are_a_mistake() {
    let ask = |count: usize| {
        (0..count).fold(Grid.check(), |check, _| {
            check.leads_to_once_ceased("x", |_, _, _| false, |_, _| true, |_, _| true)
        })
    };
    ask(14).run().assert_exhausted();
    let more = std::panic::catch_unwind(|| drop(ask(15)));
    assert!(more.is_err());
}
