//! Every built-in scope, whole: what it says of itself, its pinned figures, and what it covers.

use std::collections::BTreeSet;
use std::sync::Mutex;

use bindproof::policy::Policy;
use bindproof_checker::Coverage;
use bindproof_models::check::cover::UNREACHED;
use bindproof_models::check::{Options, check};
use bindproof_models::properties::{ALL, Kind, witness_names};
use bindproof_models::report::{PropertyVerdict, Report, Verdict};
use bindproof_models::scope::Scope;
use bindproof_models::scopes::{BUILT_IN, DEFAULT, find};

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

/// Checks the default scopes on two threads.
fn reports() -> Vec<Report> {
    let policy = Policy::DEFAULT;
    let next = Mutex::new(DEFAULT.iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let Some(name) = next.lock().expect("not poisoned").next() else { return };
                    let options =
                        Options { most: 2_000_000, ..Options::under(("default", &policy)) };
                    let report = check(name, &parse(name), &options).expect("fits");
                    done.lock().expect("not poisoned").push(report);
                }
            });
        }
    });
    done.into_inner().expect("not poisoned")
}

#[test]
fn every_default_scope_is_exhausted_with_its_pinned_figures_and_covers_what_there_is() {
    let reports = reports();
    assert_eq!(reports.len(), DEFAULT.len());
    let mut coverage = Coverage::new();
    let mut held = BTreeSet::new();
    for report in &reports {
        assert_eq!(report.verdict, Verdict::Exhausted, "{report:#?}");
        assert_eq!(report.pinned_differs, None, "{}", report.scope);
        coverage.merge(&report.coverage);
        let holds = report.properties.iter().filter(|p| p.verdict == PropertyVerdict::Holds);
        held.extend(holds.map(|property| property.name));
    }
    // What is asked of two worlds is asked of every pair.
    for (_, name, kind) in ALL.iter().filter(|(_, _, kind)| *kind != Kind::Pair) {
        assert!(held.contains(name), "{name}, a {}, is checked in no default scope", kind.name());
    }
    assert_eq!(coverage.doubts(UNREACHED), []);
}

#[test]
fn a_rule_that_is_never_applied_and_one_that_is_though_it_is_said_not_to_be_are_told() {
    let options = Options::under(("default", &Policy::DEFAULT));
    let report = check("test", &parse("smoke"), &options).expect("fits");
    let doubts = |explained| -> Vec<String> {
        report.coverage.doubts(explained).iter().map(ToString::to_string).collect()
    };
    let all = doubts(UNREACHED);
    assert!(all.iter().any(|doubt| doubt == "rule link.approved never happens"), "{all:#?}");
    for fact in ["amount: large", "environment: changed", "total: medium", "device: revoked"] {
        let never = format!("fact {fact} never happens");
        assert!(all.contains(&never), "{never}: {all:#?}");
    }
    let wrong = doubts(&[("rule", "binding.asked", "nobody asks")]);
    assert!(wrong.iter().any(|doubt| doubt.contains("binding.asked")), "{wrong:#?}");
}

#[test]
fn every_witness_is_asked_for_by_some_default_scope() {
    let asked: BTreeSet<String> = DEFAULT.iter().flat_map(|name| parse(name).witnesses).collect();
    for name in witness_names() {
        assert!(asked.contains(name), "no default scope asks for {name}");
    }
}

#[test]
fn every_scope_is_called_like_its_file_and_pinned() {
    for built_in in BUILT_IN {
        let scope = Scope::parse(built_in.file, built_in.text).expect("parses");
        assert_eq!(scope.name, built_in.name);
        assert!(scope.pinned.is_some(), "{}", scope.name);
    }
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scopes")).expect("there");
    assert_eq!(files.count(), BUILT_IN.len(), "every file is built in");
}

#[test]
fn a_scope_that_expects_other_figures_is_not_exhausted() {
    let mut scope = parse("smoke");
    scope.pinned.as_mut().expect("pinned").distinct += 1;
    assert_eq!(verdict_of(&scope, 2_000_000), Verdict::Undecided);
}

#[test]
fn a_scope_whose_witness_is_out_of_reach_is_not_exhausted() {
    let mut scope = parse("smoke");
    scope.witnesses.push("recovered".into());
    assert_eq!(verdict_of(&scope, 2_000_000), Verdict::Undecided);
}

#[test]
fn a_border_that_the_policy_may_not_have_is_refused_by_its_field() {
    let mut scope = parse("small-payments");
    scope.limits.total_medium_from = u8::MAX;
    let policy = Policy::DEFAULT;
    let options = Options { most: 10, ..Options::under(("default", &policy)) };
    let error = check("test", &scope, &options).expect_err("too far up").to_string();
    assert!(error.starts_with("test: limits.total_medium_from: "), "{error}");
}

#[test]
fn a_search_that_is_cut_short_is_truncated() {
    assert_eq!(verdict_of(&parse("smoke"), 100), Verdict::Truncated);
}

fn verdict_of(scope: &Scope, most: u64) -> Verdict {
    let policy = Policy::DEFAULT;
    let options = Options { most, ..Options::under(("default", &policy)) };
    check("test", scope, &options).expect("fits").verdict
}

#[test]
fn safety_alone_finds_the_same_of_what_it_runs_and_says_what_it_did_not() {
    let policy = Policy::DEFAULT;
    let whole = Options::under(("default", &policy));
    let safety = Options { safety: true, threads: 2, ..whole };
    let mut left_out = 0;
    for name in ["smoke", "approval", "hostile-code"] {
        let [whole, safety] = [whole, safety].map(|o| check(name, &parse(name), &o).expect("fits"));
        assert_eq!(safety.verdict, Verdict::Exhausted, "{name}");
        let figures = |report: &Report| (report.distinct, report.generated, report.depth);
        assert_eq!(figures(&safety), figures(&whole), "{name}");
        for (alone, all) in safety.properties.iter().zip(&whole.properties) {
            assert_eq!(alone.name, all.name);
            if matches!(all.kind, Kind::Possibility | Kind::Game | Kind::Progress) {
                assert_eq!(alone.verdict, PropertyVerdict::NotRun, "{name}: {}", all.name);
                left_out += usize::from(all.verdict != PropertyVerdict::NotRun);
            } else {
                assert_eq!(alone.verdict, all.verdict, "{name}: {}", all.name);
            }
        }
    }
    assert!(left_out > 0, "nothing was left out");
}
