//! Journals of servers that lack one guard: every attack that the model knows, written down by
//! servers which let it happen. The checker has to say so, and name the property that fails.

use bindproof::bank::{binding, debit};
use bindproof::control::Control;
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof::wallet::{device, link, lock, operation};
use bindproof_conformance::record::{Chance, Journal, Recorder, Stepped, stepped, wander};
use bindproof_conformance::trace::guards::property_of;
use bindproof_conformance::trace::line::Ordered;
use bindproof_conformance::trace::{Fault, Report};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::mutants;
use bindproof_models::replay::Replay;
use bindproof_models::scope::Scope;
use bindproof_models::views::Seen;

use crate::good::{scope, walks};
use crate::{Extent, checked, told};

/// In an attack of this name something happens that no journal has, or that none shows.
type Unseen = (&'static str, &'static str);

/// A server that is stopped between two writes.
const STEP_BY_STEP: &str = "The server stops half way; what is left is one journal cut off, which \
                            `what_was_answered_and_not_committed_is_found` has.";
/// What never comes.
const NEVER: &str = "Something never comes, and a journal has an end.";
/// Time.
const LATER: &str = "Another deadline would have passed before.";

/// Attacks that no journal shows, with the reason.
const UNSEEN: &[Unseen] = &[
    (
        "bank-namespace--bank-touches-only-its-own",
        "The bank speaks of a binding that its own bank has not spoken of yet: it is this bank's.",
    ),
    ("challenge-expires--every-challenge-settles", NEVER),
    ("commit-before-answer--acknowledged-is-durable", STEP_BY_STEP),
    ("commit-before-answer--ledgers-come-to-agree", STEP_BY_STEP),
    ("debit-owed-until-answer--every-challenge-settles", NEVER),
    ("end-refuses-operations--no-live-challenge-after-the-end", LATER),
    ("ends-exempt-from-window--every-request-settles", NEVER),
    ("ends-exempt-from-window--quiescent-agreement", NEVER),
    ("guarded-write--one-account-per-person", STEP_BY_STEP),
    ("notice-always-receipted--every-request-settles", LATER),
    ("notice-always-receipted--quiescent-agreement", LATER),
    ("notice-owed-until-receipt--an-end-reaches-both-sides", NEVER),
    ("notice-owed-until-receipt--quiescent-agreement", NEVER),
    (
        "own-decision--no-debit-unless-active-on-both-sides",
        "An answer is heard twice, which no server can: it has asked once.",
    ),
];

/// Guards of which no attack above is found, and scopes in whose runs their loss shows.
const IN_RUNS: &[(Control, &str)] = &[
    (Control::BankNamespace, "hostile"),
    (Control::EndsExemptFromWindow, "registration"),
    (Control::NoticeAlwaysReceipted, "approval"),
    (Control::OwnDecision, "suspend-pay"),
];

/// How many runs of a server that lacks a guard are looked at, and how far each goes.
const RUNS: u64 = 64;
const STEPS: usize = 120;

/// An arbitrary run of servers that lack a guard.
struct Lacking<'a>(Control, u64, &'a mut Chance);

impl Job for Lacking<'_> {
    type Output = Vec<(String, String)>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let Self(control, run, chance) = self;
        let without = Without::these(&[control]);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let terms = model.terms();
        let decide = |seen: &Seen| defective(without, terms, seen);
        let mut recorder = Recorder::new(&model, &decide, run, 1_700_000_000_000);
        wander(&model, &mut recorder, STEPS, chance);
        texts(recorder.journals())
    }
}

fn texts(journals: Vec<Journal>) -> Vec<(String, String)> {
    let named = |journal: &Journal| (format!("{}.ndjson", journal.header.server), journal.text());
    journals.iter().map(named).collect()
}

/// A run of servers that lack some guards, as far as journals can have it.
struct Attack<'a>(&'a Replay);

impl Job for Attack<'_> {
    /// The journals, and how many of the actions are in them.
    type Output = (Vec<(String, String)>, usize);

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let without = Without::these(&self.0.without);
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let terms = model.terms();
        let decide = |seen: &Seen| defective(without, terms, seen);
        let mut recorder = Recorder::new(&model, &decide, 1, 1_700_000_000_000);
        let mut done = 0;
        for action in &self.0.actions {
            if !recorder.can(*action) {
                break;
            }
            recorder.act(*action);
            done += 1;
        }
        (texts(recorder.journals()), done)
    }
}

/// The step of a server that lacks some guards.
fn defective(without: Without, terms: operation::Terms<'_>, seen: &Seen) -> Stepped {
    match *seen {
        Seen::Binding(state, input) => {
            let verdict = binding::step_with(without, state, input);
            stepped(seen, verdict, |after| Seen::Binding(after, input))
        }
        Seen::Debit(state, input) => {
            let verdict = debit::step_with(without, state, input);
            stepped(seen, verdict, |after| Seen::Debit(after, input))
        }
        Seen::Link(view, input) => {
            let verdict = link::step_with(without, view, input);
            stepped(seen, verdict, |after| Seen::Link(after, input))
        }
        Seen::Operation(view, input) => {
            let verdict = operation::step_with(without, terms, view, input);
            stepped(seen, verdict, |after| Seen::Operation(after, input))
        }
        Seen::Device(state, input) => {
            stepped(seen, device::step(state, input), |after| Seen::Device(after, input))
        }
        Seen::Lock(state, input) => {
            stepped(seen, lock::step(state, input), |after| Seen::Lock(after, input))
        }
        Seen::BankClient(..) | Seen::WalletClient(..) => Stepped {
            decided: Decided::Refused(bindproof::refusal::Refusal::NotFound),
            orders: Ordered::Nothing,
            before: *seen,
            after: *seen,
        },
    }
}

/// Every kept attack, with its name; but those in two worlds side by side.
fn attacks() -> Vec<(String, Replay)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/replays");
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        let replay = Replay::parse(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        (name, replay)
    };
    files.into_iter().map(read).filter(|(_, replay)| replay.pair.is_none()).collect()
}

/// What the checker says of an attack, and how many of its actions it was shown.
pub fn of_attack(replay: &Replay) -> (Report, usize) {
    let scope = scope(&replay.scope);
    let (journals, done) = in_capacity("test", &scope, Attack(replay)).expect("fits");
    (checked(&journals, Extent::Whole), done)
}

#[test]
fn every_attack_that_a_server_lets_happen_is_found_in_its_journals() {
    let (mut found, mut named) = (0, 0);
    let mut faults = Vec::new();
    let attacks = attacks();
    for (name, replay) in &attacks {
        let (report, done) = of_attack(replay);
        let reason = UNSEEN.iter().find(|(unseen, _)| unseen == name);
        let seen = report.found > 0;
        let of = replay.actions.len();
        println!("{name}: {done} of {of} actions in journals, found: {seen}");
        match (seen, reason) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => faults.push(format!("{name} is found, and a reason says it is not")),
            (false, None) => faults.push(format!("{name} is not found: {}", told(&report))),
        }
        found += u32::from(seen);
        let properties = report.findings.iter().filter_map(|finding| finding.wrong.property);
        named += u32::from(properties.into_iter().any(|p| Some(p) == replay.violates));
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    assert!(found as usize + UNSEEN.len() == attacks.len() && named > 30, "{found} {named}");
}

#[test]
fn the_property_that_a_finding_names_for_a_guard_is_one_that_the_model_has_it_for() {
    for control in Control::ALL {
        let property = property_of(*control);
        let known = mutants::all().any(|m| m.controls.contains(control) && m.property == property);
        assert!(known, "{} is not there for {property}", control.name());
    }
}

#[test]
fn what_no_attack_shows_is_found_in_arbitrary_runs_of_servers_that_lack_the_guard() {
    let mut faults = Vec::new();
    for (control, name) in IN_RUNS {
        let scope = scope(name);
        let mut chance = Chance::new(7);
        let mut found = 0;
        for run in 0..RUNS {
            let job = Lacking(*control, run, &mut chance);
            let journals = in_capacity("test", &scope, job).expect("fits");
            found += u64::from(checked(&journals, Extent::Whole).found > 0);
        }
        println!("{}: found in {found} of {RUNS} runs", control.name());
        if found == 0 {
            faults.push(format!("without {} nothing is found in {name}", control.name()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_was_answered_and_not_committed_is_found() {
    // The wallet has answered, and stopped before it had written: its journal ends before that, and
    // its end says so. Whoever heard the answer has it in its own.
    let mut found = 0;
    for run in walks().iter().filter(|run| run.name.starts_with("registration ")) {
        let (name, text) = run.journals.last().expect("the wallet's");
        let lines: Vec<&str> = text.lines().collect();
        for kept in 1..lines.len() - 1 {
            let end =
                format!("{{\"end\":{{\"lines\":{},\"persons\":{}}}}}", kept - 1, kept.min(2) - 1);
            let cut = format!("{}\n{end}\n", lines[..kept].join("\n"));
            let mut journals = run.journals.clone();
            *journals.last_mut().expect("the wallet's") = (name.clone(), cut);
            let report = checked(&journals, Extent::Whole);
            let faults = report.findings.iter().map(|finding| finding.wrong.fault);
            found += u32::from(faults.into_iter().any(|fault| fault == Fault::NeverSent));
        }
    }
    assert!(found > 3, "{found}");
}
