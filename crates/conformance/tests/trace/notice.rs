//! A notice says what it is owed for, and not where its link stands when it is sent.

use bindproof::policy::Policy;
use bindproof_conformance::record::{Chance, Journal, Recorder, decide};
use bindproof_conformance::trace::Fault;
use bindproof_models::action::{Action, Answer};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::Scope;
use stateright::Model;

use crate::good::scope;
use crate::{Extent, checked, told};

/// How many runs are looked at, and how far each goes.
const RUNS: u64 = 400;
const STEPS: usize = 200;

/// Whether an action brings a run forward to an approval, or behind it.
fn brings_forward(action: &Action) -> bool {
    matches!(
        action,
        Action::Deliver { .. }
            | Action::Request { .. }
            | Action::Execute(_)
            | Action::Answer { answer: Answer::Best, .. }
    )
}

/// An arbitrary run up to a notice that says where its link stands by then.
struct Late<'a>(u64, &'a mut Chance);

impl Job for Late<'_> {
    /// The journals, if there is such a notice.
    type Output = Option<Vec<(String, String)>>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let Self(run, chance) = self;
        let without = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, without);
        let decide = decide(model.terms());
        let mut recorder = Recorder::new(&model, &decide, run, 1_700_000_000_000);
        let mut possible = Vec::new();
        for _ in 0..STEPS {
            possible.clear();
            model.actions(&recorder.world, &mut possible);
            let notice = |action: &&Action| matches!(action, Action::Notice { .. });
            let late = possible.iter().filter(notice).find(|action| !recorder.can(**action));
            if let Some(late) = late {
                recorder.act(*late);
                let named = |journal: &Journal| {
                    (format!("{}.ndjson", journal.header.server), journal.text())
                };
                return Some(recorder.journals().iter().map(named).collect());
            }
            possible.retain(|action| recorder.can(*action) && !notice(&action));
            let forward: Vec<Action> = possible.iter().copied().filter(brings_forward).collect();
            let from = match chance.below(8) {
                0 => &possible,
                _ if forward.is_empty() => &possible,
                _ => &forward,
            };
            recorder.act(*from.get(chance.below(from.len()))?);
        }
        None
    }
}

#[test]
fn a_notice_that_says_where_its_link_stands_later_is_found() {
    let scopes = ["approval", "suspend", "end", "rebind"].map(scope);
    let mut chance = Chance::new(19);
    let mut found = 0;
    for (run, scope) in (0..RUNS).zip(scopes.iter().cycle()) {
        let late = in_capacity("test", scope, Late(run, &mut chance)).expect("fits");
        let Some(journals) = late else { continue };
        let report = checked(&journals, Extent::Whole);
        let wrong = report.findings.first().map(|finding| &finding.wrong);
        let wrong = wrong.map(|wrong| (wrong.fault, wrong.requirement, wrong.what.as_str()));
        assert_eq!(wrong, Some((Fault::SentOtherwise, 71, "link_notice")), "{}", told(&report));
        found += 1;
    }
    assert!(found > 3, "{found}");
}
