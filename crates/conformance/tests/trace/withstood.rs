//! Journals of servers that lack one guard: every attack that the model knows, written down by
//! servers which let it happen. The checker has to say so, and name the property that fails.

use bindproof::bank::{binding, debit};
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof::wallet::{device, link, lock, operation};
use bindproof_conformance::record::{Recorder, Stepped, stepped};
use bindproof_conformance::trace::Report;
use bindproof_conformance::trace::line::Ordered;
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::replay::Replay;
use bindproof_models::scope::Scope;
use bindproof_models::views::Seen;

use crate::good::scope;
use crate::{checked, told};

/// Guards whose loss no journal shows, with the reason.
const UNSEEN: &[(&str, &str)] = &[];

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
        let named = |journal: &bindproof_conformance::record::Journal| {
            (format!("{}.ndjson", journal.header.server), journal.text())
        };
        (recorder.journals().iter().map(named).collect(), done)
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
    (checked(&journals, true), done)
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
        println!(
            "{name}: {done}/{} {seen} {:?}",
            replay.actions.len(),
            report.findings.first().map(|f| (f.wrong.fault, f.wrong.property))
        );
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
