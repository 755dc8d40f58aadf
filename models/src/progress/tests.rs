//! Progress in the default scopes; what each property rests on; and what breaks it.

use bindproof::control::Control;
use bindproof::policy::Policy;
use bindproof_checker::{Check as _, Fair, Finding, Verdict};

use crate::capacity::{Job, in_capacity};
use crate::fairness::{Fairness, Promise};
use crate::model::{Protocol, Without};
use crate::mutants::PROGRESS;
use crate::properties::progress::{named, speaks_of};
use crate::scope::{Faults, Scope, Slots};
use crate::scopes::{DEFAULT, find};

/// Default scopes in which nothing is asked: deadlines do not pass in them.
const TIMELESS: &[&str] = &[
    "small-payments",
    "amounts",
    "surroundings",
    "same-instrument",
    "second-binding",
    "hostile-approval",
    "hostile-code",
    "hostile-first",
    "hostile-first-contact",
    "race",
];

/// A promise, the scope that shows that a property needs it, and the properties.
const SHOWN: &[(Promise, &str, &[u8])] = &[
    (Promise::AskHeard, "smoke", &[25]),
    (Promise::LeaveHeard, "smoke", &[25]),
    (Promise::WalletReached, "smoke", &[25, 26, 27, 28]),
    (Promise::BankReached, "smoke", &[25, 26, 27, 28]),
    (Promise::NoticeReceipted, "false-device", &[25, 26]),
    (Promise::NoticeReceipted, "end", &[27, 28]),
    (Promise::BankDeadline, "false-device", &[25, 26, 27]),
    (Promise::BankDeadline, "hostile-debit", &[29]),
    (Promise::RequestHeard, "smoke", &[25]),
    (Promise::OperationDeadline, "closing", &[25, 29]),
    (Promise::DebitReached, "hostile-debit", &[25, 29]),
    (Promise::DebitAnswered, "hostile-debit", &[25, 26, 29]),
    (Promise::Taken, "crash", &[25, 26, 27, 28]),
    (Promise::Committed, "crash", &[25, 26, 27, 28]),
    (Promise::Replied, "crash", &[25, 26, 27, 28]),
];

fn parse(name: &str) -> Scope {
    let built_in = find(name).expect("built in");
    Scope::parse(built_in.file, built_in.text).expect("parses")
}

fn name_of(number: u8) -> &'static str {
    let known = named().find(|(known, ..)| *known == number);
    known.map(|(_, name, _)| *name).expect("a property of progress")
}

/// What is asked of a scope.
struct Ask<'a> {
    without: &'a [Control],
    /// Only this property.
    property: Option<&'a str>,
    promises: &'a [Promise],
    /// A strong promise that is only made weakly.
    weakly: Option<Promise>,
}

/// Everything, under everything that is promised.
const ALL: Ask<'_> = Ask { without: &[], property: None, promises: Promise::ALL, weakly: None };

/// What came of it: each property that was asked, whether it holds, and whether the run that breaks
/// it was confirmed.
#[derive(Debug)]
struct Told {
    verdict: Verdict,
    found: Vec<(String, Finding, bool)>,
}

impl Told {
    fn broken(&self, name: &str) -> bool {
        let broken = |(known, finding, confirmed): &(String, Finding, bool)| {
            known == name && *finding == Finding::Violated && *confirmed
        };
        self.found.iter().any(broken)
    }
}

impl Job for &Ask<'_> {
    type Output = Told;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Told {
        let without = Without::these(self.without);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let fairness = Fairness::of(scope).only(self.promises);
        let mut list = fairness.list();
        for (fair, class) in list.iter_mut().zip(fairness.classes()) {
            if Some(class.promise()) == self.weakly {
                *fair = Fair::weak(fair.name.clone());
            }
        }
        let wanted = |name: &str| self.property.is_none_or(|only| only == name);
        let asked = model.check_tagged().only(|_| false).threads(2);
        let asked = super::ask(asked, &model, wanted);
        let report = asked.fair(list, |model, w, action| fairness.class(model, w, *action)).run();
        let found = report.properties.iter().map(|property| {
            let confirmed = property
                .evidence
                .as_ref()
                .is_some_and(|run| run.confirmed && run.loop_from.is_some());
            (property.name.clone(), property.finding.clone(), confirmed)
        });
        Told { found: found.collect(), verdict: report.verdict }
    }
}

fn told(name: &str, ask: &Ask<'_>) -> Told {
    in_capacity(name, &parse(name), ask).expect("fits")
}

#[test]
fn every_property_of_progress_holds_in_every_default_scope_in_which_deadlines_pass() {
    let mut held: Vec<String> = Vec::new();
    for name in DEFAULT {
        assert_eq!(TIMELESS.contains(name), !parse(name).faults.deadlines, "{name}");
        let told = told(name, &ALL);
        if TIMELESS.contains(name) {
            assert!(told.found.is_empty(), "{name}: {told:?}");
            continue;
        }
        // Exhausted also says that what each property speaks of occurs.
        assert_eq!(told.verdict, Verdict::Exhausted, "{name}: {told:?}");
        held.extend(told.found.into_iter().map(|(name, ..)| name));
    }
    for (_, name, _) in named() {
        assert!(held.iter().any(|known| known == name), "{name} is asked nowhere");
    }
}

#[test]
fn progress_holds_with_two_instances_of_either_server_that_crash() {
    for slots in [Slots::TwoWallets, Slots::TwoBanks] {
        let mut scope = parse("crash");
        scope.faults = Faults { slots, crashes: true, lost_answers: true, ..scope.faults };
        let told = in_capacity("two instances", &scope, &ALL).expect("fits");
        assert_eq!((told.verdict.is_success(), told.found.len()), (true, 4), "{told:?}");
    }
}

#[test]
fn a_property_holds_under_the_promises_that_it_needs_alone() {
    let small = |name: &&&str| parse(name).pinned.is_some_and(|pinned| pinned.distinct < 100_000);
    let mut decided = 0;
    for name in DEFAULT.iter().filter(small).filter(|name| !TIMELESS.contains(name)) {
        for (_, property, _) in named().filter(|(_, name_of, _)| speaks_of(&parse(name), name_of)) {
            let promises = Promise::needed(property);
            let told = told(name, &Ask { property: Some(property), promises, ..ALL });
            let holds = |(_, finding, _): &(String, Finding, bool)| *finding == Finding::Holds;
            assert_eq!(told.found.len(), 1, "{name}: {told:?}");
            assert!(told.found.iter().all(holds), "{name}: {told:?}");
            decided += 1;
        }
    }
    assert!(decided >= 60, "only {decided} times");
}

#[test]
fn without_one_promise_that_it_needs_each_property_is_broken_by_a_fair_run() {
    for (promise, scope, numbers) in SHOWN {
        for number in *numbers {
            let property = name_of(*number);
            let needed = Promise::needed(property);
            let promises: Vec<Promise> =
                needed.iter().copied().filter(|needed| needed != promise).collect();
            assert!(promises.len() < needed.len(), "{property} does not need {promise:?}");
            let ask = Ask { property: Some(property), promises: &promises, ..ALL };
            let told = told(scope, &ask);
            assert!(told.broken(property), "{promise:?} in {scope}: {told:?}");
        }
    }
    for (number, property, _) in named() {
        for promise in Promise::needed(property) {
            let shown = |(known, _, numbers): &(Promise, &str, &[u8])| {
                known == promise && numbers.contains(number)
            };
            assert!(SHOWN.iter().any(shown), "nothing shows that {property} needs {promise:?}");
        }
    }
}

#[test]
fn what_is_promised_strongly_would_not_do_weakly() {
    for promise in Promise::ALL.iter().filter(|promise| promise.is_strong()) {
        let told = told("crash", &Ask { weakly: Some(*promise), ..ALL });
        assert!(told.broken("every-request-settles"), "{promise:?}: {told:?}");
    }
}

#[test]
fn every_mutant_of_progress_is_killed_by_a_run_that_goes_round() {
    for mutant in PROGRESS {
        let (without, property) = (mutant.controls, Some(mutant.property));
        let told = told(mutant.scope, &Ask { without, property, ..ALL });
        assert!(told.broken(mutant.property), "{}: {told:?}", mutant.name());
    }
    for (_, name, _) in named() {
        assert!(PROGRESS.iter().any(|mutant| mutant.property == *name), "{name} kills nothing");
    }
}

#[test]
fn the_page_says_which_property_rests_on_which_promise() {
    let page = include_str!("../../../docs/verification.md");
    for promise in Promise::ALL {
        let strength = if promise.is_strong() { "strong" } else { "weak" };
        let marks = named().map(|(_, property, _)| {
            let needs = Promise::needed(property).contains(promise);
            if needs { "×" } else { "–" }
        });
        let cells: Vec<&str> = [promise.name(), strength].into_iter().chain(marks).collect();
        let row = format!("| {} |", cells.join(" | "));
        assert!(page.lines().any(|line| line.starts_with(&row)), "no row {row:?}");
    }
}
