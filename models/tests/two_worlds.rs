//! Property 33, `existence-not-disclosed`: two worlds side by side.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Mutex;

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof::wallet::kind::Kind;
use bindproof_models::check::{Moment, Options};
use bindproof_models::model::Without;
use bindproof_models::mutants::run;
use bindproof_models::report::{PropertyVerdict, Verdict};
use bindproof_models::two_worlds::{
    MUTANTS, PROPERTY, TwoWorlds, VARIANTS, Variant, check, decide, find, two_columns,
};
use stateright::{Checker, Model};

/// More pairs than any variant has.
const MOST: usize = 300_000;

fn options() -> Options<'static> {
    Options::under(("default", &Policy::DEFAULT))
}

fn model(variant: &Variant, kind: Kind, off: &[Control]) -> TwoWorlds {
    TwoWorlds::new(variant, kind, &Policy::DEFAULT, Without::these(off)).expect("parses")
}

//= BIND-133 what a stranger is told is the same in both worlds
#[test]
fn every_variant_is_exhausted_with_its_pinned_figures_and_discloses_nothing() {
    for variant in VARIANTS {
        let pins = [variant.distinct.len(), variant.depth.len()];
        assert_eq!(pins, [variant.kinds.len(); 2], "{}", variant.name);
        let report = check(variant, None, &Options { threads: 2, ..options() }).expect("parses");
        assert_eq!(report.verdict, Verdict::Exhausted, "{report:#?}");
        assert_eq!(report.pinned_differs, None, "{}", variant.name);
        assert_eq!(report.properties[0].name, PROPERTY);
        assert_eq!(report.properties[0].verdict, PropertyVerdict::Holds);
    }
}

#[test]
fn the_plain_search_sees_as_many_pairs_and_no_disclosure() {
    for name in ["pair-recovery", "pair-self-asserted", "pair-bank-client"] {
        let variant = find(name).expect("there");
        for (kind, distinct) in variant.kinds.iter().zip(variant.distinct) {
            let decision = decide(&model(variant, *kind, &[]), MOST);
            assert!(decision.holds(), "{name} {kind}: {:?}", decision.unreached);
            assert_eq!(decision.distinct, *distinct, "{name} {kind}");
        }
    }
}

#[test]
fn whoever_watches_a_pair_sees_one_search_that_goes_on() {
    let variant = find("pair-self-asserted").expect("there");
    let seen = Mutex::new(Vec::new());
    let progress = |moment: &Moment| {
        seen.lock().expect("not poisoned").push((moment.distinct, moment.generated, moment.depth));
        ControlFlow::Continue(())
    };
    let report = check(variant, None, &Options { progress: &progress, ..options() });
    let all = report.expect("parses");
    let seen = seen.into_inner().expect("not poisoned");
    assert!(seen.is_sorted_by_key(|(distinct, ..)| *distinct), "{seen:?}");
    assert!(seen.is_sorted_by_key(|(_, generated, _)| *generated), "{seen:?}");
    assert!(seen.is_sorted_by_key(|(.., depth)| *depth), "{seen:?}");
    assert_eq!(seen.last(), Some(&(all.distinct, all.generated, all.depth)));
}

#[test]
fn a_variant_that_is_cut_short_or_expects_other_figures_is_no_success() {
    let claimed = find("pair-claimed-device").expect("there");
    let few = Options { most: 100, ..options() };
    assert_eq!(check(claimed, None, &few).expect("parses").verdict, Verdict::Truncated);
    let other = Variant { distinct: &[1_166, 1_167, 1_166, 1_166], ..*claimed };
    let report = check(&other, None, &options()).expect("parses");
    assert_eq!(report.verdict, Verdict::Undecided);
    assert!(report.pinned_differs.is_some_and(|differs| differs.contains("1167")));
}

#[test]
fn a_stranger_tries_every_kind_of_operation_and_every_variant_holds_in_the_compiled_world() {
    let tried: BTreeSet<Kind> = VARIANTS.iter().flat_map(|v| v.kinds).copied().collect();
    assert_eq!(tried.len(), Kind::ALL.len());
    for variant in VARIANTS {
        let scope = model(variant, variant.kinds[0], &[]).with.scope;
        assert_eq!(scope.name, variant.name);
        assert!(scope.binding.len() <= 2 && scope.operation.len() <= 3, "{}", variant.name);
        assert!(scope.device.len() <= 3 && scope.accounts_needed(&[]) <= 2, "{}", variant.name);
    }
}

#[test]
fn every_control_that_keeps_an_account_from_being_disclosed_is_missed_when_it_is_off() {
    for mutant in MUTANTS {
        let variant = find(mutant.scope).expect("there");
        let kind = mutant.kind.expect("the kind of the stranger's operation");
        let model = model(variant, kind, mutant.controls);
        let moves = decide(&model, MOST).discloses.expect(mutant.about);
        let story = two_columns(&model, &moves);
        let report = run(mutant, &options()).expect("there");
        let length = report.run.as_ref().map(|run| run.story.len());
        assert!(report.killed, "{}: {story}", report.mutant);
        assert_eq!(length, Some(moves.len()), "{:?}\n{story}", mutant.controls);
        assert!(story.contains("in both worlds: "), "{story}");
    }
}

#[test]
fn a_run_that_discloses_is_told_in_two_columns_that_differ_in_what_the_stranger_is_told() {
    let variant = find("pair-account").expect("there");
    let model = model(variant, Kind::SignIn, &[Control::DecoyChallenges]);
    let moves = decide(&model, MOST).discloses.expect("discloses");
    let story = two_columns(&model, &moves);
    let rows = story.lines().filter_map(|line| line.split_once('|'));
    let (with, without): (Vec<&str>, Vec<&str>) = rows.unzip();
    let told = |side: &[&str], what: &str| side.iter().any(|row| row.contains(what));
    for (what, with_account) in [
        ("he is told a challenge for two_factor, tries left 2", true),
        ("he is told problem account_unavailable", false),
    ] {
        assert_eq!(told(&with, what), with_account, "{what}\n{story}");
        assert_eq!(told(&without, what), !with_account, "{what}\n{story}");
    }
}

#[test]
fn the_search_of_stateright_sees_as_many_pairs_and_the_same_disclosure() {
    for (name, kind) in
        [("pair-claimed-device", Kind::SignIn), ("pair-recovery", Kind::VerifyIdentity)]
    {
        let variant = find(name).expect("there");
        let at = variant.kinds.iter().position(|other| *other == kind).expect("there");
        let checker = model(variant, kind, &[]).checker().spawn_bfs().join();
        assert_eq!(checker.unique_state_count(), variant.distinct[at], "{name}");
        checker.assert_no_discovery(PROPERTY);
    }
    let variant = find("pair-claimed-device").expect("there");
    let off = model(variant, Kind::SignIn, &[Control::RevokedUntold]);
    off.checker().spawn_bfs().join().assert_any_discovery(PROPERTY);
}

#[test]
fn a_pair_that_was_not_seen_whole_or_whose_witness_is_out_of_reach_does_not_hold() {
    let variant = find("pair-claimed-device").expect("there");
    let mut model = model(variant, Kind::SignIn, &[]);
    assert!(!decide(&model, 100).holds(), "cut short");
    // A claimed device has not its key: its answers are never counted.
    model.witnesses.push("strangers-path-locked");
    assert_eq!(decide(&model, MOST).unreached, ["strangers-path-locked"]);
    assert!(!decide(&model, MOST).holds(), "unreached");
}

#[test]
fn a_witness_can_be_asked_for_alone_though_not_every_kind_asks_for_it() {
    let variant = find("pair-self-asserted").expect("there");
    let only = |property| {
        let options = Options { property: Some(property), ..options() };
        check(variant, None, &options).expect("parses")
    };
    let decoy = only("decoy-shown-where-a-challenge-is");
    assert_eq!((decoy.verdict, decoy.doubts.as_slice()), (Verdict::Exhausted, &[][..]));
    assert_eq!(decoy.properties.len(), 1);
    assert_eq!(decoy.properties[0].verdict, PropertyVerdict::Witnessed);
    // Recovery does not ask for it, and is not searched.
    assert_eq!(decoy.distinct as usize, variant.distinct[0] + variant.distinct[1]);
    // No kind asks for this one.
    assert_eq!(only("refused-at-the-bank").verdict, Verdict::Undecided);
}
