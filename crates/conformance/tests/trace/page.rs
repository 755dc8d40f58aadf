//! Thousands of changed journals, what became of each kind, and the few that are legal, with the
//! reason.

use std::collections::BTreeMap;
use std::fmt::Write;

use bindproof_conformance::record::Chance;
use bindproof_conformance::trace::Verdict;

use crate::checked;
use crate::good::{demonstration, walks};
use crate::mutate::{Kind, Mutant, Seen, mutant, parsed};
use crate::schema::compare;

/// How many mutants of each kind.
const EACH: u64 = 800;
/// Where chance begins, so that the mutants are the same in every run.
const SEED: u64 = 0x6d75_7461_6e74;

/// Why a changed journal is one of another legal run: what was changed, by a part of its
/// description, and the reason.
const LEGAL: &[(Kind, &str, &str)] = &[
    (
        Kind::Swap,
        "link code_presented (applied link.code-spent); operation executing",
        "A code is spent in the transaction in which it is presented, at whichever place.",
    ),
    (
        Kind::Field,
        "(applied operation.answered-wrong) /entry/event/operation/input/answered/proof",
        "What an answer proves is taken as said, and a wrong one stays wrong.",
    ),
    (
        Kind::Field,
        "(applied operation.authenticated) /entry/event/operation/input/answered/proof",
        "What an answer proves is taken as said, and more than was asked for is no less.",
    ),
    (
        Kind::Field,
        "binding status_asked (refused not_found) /entry/event/binding/id",
        "Whoever asks about any binding that is not his is told the same.",
    ),
    (
        Kind::Field,
        "operation answered (applied operation.authenticated) /received/issued_ms",
        "Nothing rests on the age of an answer: its challenge has a deadline.",
    ),
    (
        Kind::Field,
        "records found /after/0/account/state/open/authenticated",
        "What was there before is taken as the first line has it, and nothing rests on this.",
    ),
    (
        Kind::Field,
        "records found /after/1/device/state/trusted/authenticator",
        "What was there before is taken as the first line has it, and nothing rests on this.",
    ),
    (
        Kind::Field,
        "binding account_missing (applied binding.account-missing) /received/from",
        "Its sender has no journal here now; the check is undecided, and says so.",
    ),
    (
        Kind::Field,
        "operation requested (replayed operation.asked-again) /received/signed",
        "A repetition is compared by what it asks and answered from the record, signed or not.",
    ),
    (
        Kind::Field,
        "operation requested (applied operation.challenged) /received/signed",
        "The device is in no session, so that its signature counts for nothing.",
    ),
    (
        Kind::Field,
        "operation requested (refused not_found) /received/binding",
        "It names a link that is not there, as before.",
    ),
    (
        Kind::Field,
        "operation requested (applied operation.challenged) \
         /entry/event/operation/input/requested/context/person_free",
        "The account is nobody's; whether somebody has another one is taken as said.",
    ),
];

/// What became of the mutants of one kind.
#[derive(Default)]
struct Tally {
    made: u64,
    rejected: u64,
    by: BTreeMap<&'static str, u64>,
    survivors: Vec<String>,
}

impl Tally {
    fn count(&mut self, run: &str, made: &Mutant) {
        self.made += 1;
        let report = checked(&made.journals, true);
        if report.verdict() != Verdict::Violated {
            self.survivors.push(format!("{run}: {}", made.what));
            return;
        }
        self.rejected += 1;
        let fault = report.findings.first().map_or("", |finding| finding.wrong.fault.name());
        *self.by.entry(fault).or_default() += 1;
    }
}

fn tallied() -> BTreeMap<Kind, Tally> {
    let demonstration = demonstration();
    let runs: Vec<_> = walks().iter().chain([&demonstration]).collect();
    let parsed: Vec<_> = runs.iter().map(|run| parsed(run)).collect();
    let mut seen = Seen::default();
    parsed.iter().for_each(|journals| seen.note(journals));
    let mut chance = Chance::new(SEED);
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    for kind in Kind::ALL {
        let tally = tallies.entry(kind).or_default();
        while tally.made < EACH {
            // The run of real servers is taken for one in eight.
            let at = match chance.below(8) {
                0 => parsed.len() - 1,
                _ => chance.below(parsed.len()),
            };
            // Another run of the same scope.
            let other = (at + crate::good::WALKED.len()) % parsed.len();
            let made = mutant(kind, &parsed[at], &parsed[other], &seen, &mut chance);
            if let Some(made) = made {
                tally.count(&runs[at].name, &made);
            }
        }
    }
    tallies
}

/// The reason why a survivor is legal.
fn reason(kind: Kind, survivor: &str) -> Option<&'static str> {
    let fits = |(of, part, _): &&(Kind, &str, &str)| *of == kind && survivor.contains(part);
    LEGAL.iter().find(fits).map(|(.., reason)| *reason)
}

fn page(tallies: &BTreeMap<Kind, Tally>) -> String {
    let mut text = String::from(
        "# Changed journals\n\n\
         Generated by `crates/conformance/tests/trace/page.rs`; do not edit. Regenerate with\n\
         `BINDPROOF_BLESS=1 cargo test --release -p bindproof-conformance --test trace page`.\n\n\
         Good journals, of the servers' demonstration and of arbitrary runs of the model, each \
         with one thing\nchanged. Places and hashes are made anew after the change, so that it is \
         not the chain that gives them\naway; what the end says is left as it was where the tail \
         is cut, or the last line of a person taken out.\nAll are checked as whole journals.\n\n\
         What would change nothing is not tried: a new name in place of one that stands nowhere \
         else, a fact that\nis taken as said where nothing moves, the order in which a day ends \
         on two paths, and two bindings that\nchange places where neither moves any more. Three \
         changed values of four are in a line with which\nsomething moves.\n\n\
         | change | journals | rejected | by which fault first |\n|---|---|---|---|\n",
    );
    for (kind, tally) in tallies {
        let mut by: Vec<(&&str, &u64)> = tally.by.iter().collect();
        by.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), **name));
        let by: Vec<String> = by.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let (name, made, rejected) = (kind.name(), tally.made, tally.rejected);
        let _ = writeln!(text, "| {name} | {made} | {rejected} | {} |", by.join(", "));
    }
    let made: u64 = tallies.values().map(|tally| tally.made).sum();
    let rejected: u64 = tallies.values().map(|tally| tally.rejected).sum();
    let share = rejected as f64 * 100.0 / made as f64;
    let _ = writeln!(text, "| all | {made} | {rejected} | {share:.2} % |");
    text.push_str("\n## Those that are accepted\n\nEach is the journal of another legal run:\n\n");
    for (kind, tally) in tallies {
        for survivor in &tally.survivors {
            let why = reason(*kind, survivor).unwrap_or("no reason is given");
            let _ = writeln!(text, "* {}, {survivor}: {why}", kind.name());
        }
    }
    text
}

#[test]
fn nearly_every_changed_journal_is_rejected_and_the_others_are_legal() {
    let tallies = tallied();
    let text = page(&tallies);
    let unexplained: Vec<&str> =
        text.lines().filter(|line| line.ends_with("no reason is given")).collect();
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n"));
    let made: u64 = tallies.values().map(|tally| tally.made).sum();
    let rejected: u64 = tallies.values().map(|tally| tally.rejected).sum();
    assert!(made >= 5_000 && rejected * 1_000 >= made * 995, "{rejected} of {made}\n{text}");
    let used = |(kind, part, _): &&(Kind, &str, &str)| {
        tallies[kind].survivors.iter().any(|survivor| survivor.contains(part))
    };
    let unused: Vec<&str> =
        LEGAL.iter().filter(|reason| !used(reason)).map(|(_, part, _)| *part).collect();
    assert!(unused.is_empty(), "nothing that is accepted is like {unused:#?}");
    compare("docs/generated/trace-mutants.md", &text);
}
