//! Random models against a naive reference and against stateright's own search: counts, verdicts,
//! shortest lengths, and whether what is shown shows it. Fixed seed; thousands of models.

mod model;
mod naive;

use std::cell::RefCell;
use std::collections::BTreeMap;

use bindproof_checker::{Doubt, Evidence, Finding, Report};
use model::{At, Edge, Random, Role, asked, models};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use stateright::{Checker as _, Model as _};

type Checked = Report<At, Edge>;
type Shown = Evidence<At, Edge>;

/// How often each property was violated.
type Tally = BTreeMap<&'static str, u32>;

fn each_model(seed: u8, cases: u32, test: impl Fn(Random) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    runner.run(&models(), test).unwrap_or_else(|error| panic!("{error}"));
}

/// That a property is violated if and only if there is a shortest run, that the run shown is as
/// long, and that it was confirmed. `premise`: whether it speaks of anything.
fn decided<'r>(
    report: &'r Checked,
    name: &str,
    premise: bool,
    shortest: Option<u32>,
    tally: &RefCell<Tally>,
) -> Result<Option<&'r Shown>, TestCaseError> {
    let property = report.property(name).expect("asked");
    let Some(shortest) = shortest else {
        let expected = if premise {
            Finding::Holds
        } else {
            Finding::Undecided(Some(Doubt::PremiseNever(name.to_owned())))
        };
        prop_assert_eq!(&property.finding, &expected, "{}", name);
        return Ok(None);
    };
    prop_assert_eq!(&property.finding, &Finding::Violated, "{}", name);
    let evidence = property.evidence.as_ref().expect("shown");
    prop_assert!(evidence.confirmed, "{}", name);
    let shown = evidence.loop_from.map_or(evidence.len(), |from| from + 1);
    prop_assert_eq!(shown as u32, shortest, "{}", name);
    let asked = [
        "never bad",
        "no step",
        "rest",
        "way",
        "game",
        "progress",
        "ceased",
        "for good",
        "in the end",
    ];
    let name = asked.into_iter().find(|asked| *asked == name).expect("known");
    *tally.borrow_mut().entry(name).or_default() += 1;
    Ok(Some(evidence))
}

/// That a path is one.
fn is_path(model: &Random, evidence: &Shown) -> Result<(), TestCaseError> {
    let Shown { path, .. } = evidence;
    prop_assert_eq!(path.states[0], At(0));
    prop_assert_eq!(path.states.len(), path.actions.len() + 1);
    for (states, edge) in path.states.windows(2).zip(&path.actions) {
        prop_assert!(model.edges.contains(edge));
        prop_assert_eq!((edge.from, edge.to), (states[0].0, states[1].0));
    }
    Ok(())
}

/// That a path is the very one that an ordinary queue finds first.
fn is_first(
    model: &Random,
    evidence: &Shown,
    wanted: impl Fn(u8) -> bool,
) -> Result<(), TestCaseError> {
    is_path(model, evidence)?;
    let states: Vec<u8> = evidence.path.states.iter().map(|state| state.0).collect();
    prop_assert_eq!(Some(states), model.first(wanted));
    Ok(())
}

/// That a lasso never sees the goal after some state 1, that no request is made on its way round if
/// they have ceased, and that going round it for ever is fair.
fn is_fair_lasso(model: &Random, evidence: &Shown, ceased: bool) -> Result<(), TestCaseError> {
    let path = &evidence.path;
    let from = evidence.loop_from.expect("a lasso");
    let allowed = |edge: &Edge| !(ceased && edge.role == Role::Request);
    let waits = (0..=from).any(|start| {
        path.states[start] == At(1)
            && path.states[start..].iter().all(|state| state.0 != model.goal)
    });
    prop_assert!(waits);
    prop_assert!(path.actions[from..].iter().all(allowed));
    is_fair_round(model, evidence, allowed)
}

/// That a lasso comes by state 1, that the goal is missing on its way round, and that going round
/// it for ever is fair.
fn leaves_again_and_again(model: &Random, evidence: &Shown) -> Result<(), TestCaseError> {
    let states = &evidence.path.states;
    let from = evidence.loop_from.expect("a lasso");
    prop_assert!(states[..=from].contains(&At(1)));
    prop_assert!(states[from..].iter().any(|state| state.0 != model.goal));
    is_fair_round(model, evidence, |_| true)
}

/// That a lasso goes round, and that to do so for ever keeps every promise.
fn is_fair_round(
    model: &Random,
    evidence: &Shown,
    allowed: impl Fn(&Edge) -> bool + Copy,
) -> Result<(), TestCaseError> {
    is_path(model, evidence)?;
    let path = &evidence.path;
    let from = evidence.loop_from.expect("a lasso");
    prop_assert_eq!(path.states[from], path.states[path.states.len() - 1]);
    let taken = |class: u8| {
        path.actions[from..].iter().any(|edge| edge.class == class && edge.from != edge.to)
    };
    let can = |state: &At, class: u8| model.can(state.0, class, allowed);
    let round = &path.states[from..];
    prop_assert!(taken(0) || round.iter().any(|state| !can(state, 0)), "weak");
    prop_assert!(taken(1) || round.iter().all(|state| !can(state, 1)), "strong");
    Ok(())
}

/// That the adversary's strategy answers every move that leads elsewhere, by moves of his own, with
/// a position of the strategy, and that none of them is the goal: so nobody ever gets there.
fn loses(model: &Random, evidence: &Shown) -> Result<(), TestCaseError> {
    let strategy = evidence.strategy.as_ref().expect("a strategy");
    prop_assert!(strategy.complete);
    prop_assert_eq!(Some(&strategy.positions[0].state), evidence.path.states.last());
    for position in &strategy.positions {
        let at = position.state.0;
        prop_assert!(at != model.goal);
        let own = |edge: &&Edge| edge.role != Role::Adversary && edge.to != at;
        let moves: Vec<&Edge> = model.from(at).filter(own).collect();
        prop_assert_eq!(moves.len(), position.moves.len());
        for (edge, answered) in moves.into_iter().zip(&position.moves) {
            let action = answered.action.expect("named");
            prop_assert_eq!((action.from, action.to), (edge.from, edge.to));
            prop_assert!(action.role != Role::Adversary);
            let mut end = edge.to;
            for answer in &answered.answer {
                prop_assert!(answer.role == Role::Adversary && answer.from == end);
                prop_assert!(model.edges.contains(answer));
                end = answer.to;
            }
            let then = answered.then.expect("nothing is left out");
            prop_assert_eq!(strategy.positions[then].state, At(end));
        }
    }
    Ok(())
}

#[test]
fn random_models_are_decided_as_a_naive_search_decides_them() {
    let tally = RefCell::new(Tally::new());
    each_model(7, 12_000, |model| {
        let report = asked(&model).run();
        let far = model.distances();
        let generated = model.reachable().map(|state| model.from(state).count()).sum::<usize>();
        prop_assert_eq!(report.distinct, model.reachable().count() as u64);
        prop_assert_eq!(report.generated, 1 + generated as u64);
        prop_assert_eq!(report.depth, far.into_iter().max().unwrap_or(0));

        let decide = |name: &str, premise: bool, shortest: Option<u32>| {
            decided(&report, name, premise, shortest, &tally)
        };
        let bad = |state| state == model.bad;
        if let Some(evidence) = decide("never bad", true, model.shortest(bad))? {
            is_first(&model, evidence, bad)?;
        }
        let lost = |state| !model.reaches(state, model.goal);
        if let Some(evidence) = decide("way", true, model.shortest(lost))? {
            is_first(&model, evidence, lost)?;
        }
        let step = model.from(model.bad).any(|edge| edge.to == model.goal);
        let step = model.shortest(|state| step && state == model.bad).map(|before| before + 1);
        if let Some(evidence) = decide("no step", generated > 0, step)? {
            is_path(&model, evidence)?;
        }
        let rests = model.reachable().any(|state| model.rests(state));
        let stuck = |state| model.rests(state) && state != model.goal;
        if let Some(evidence) = decide("rest", rests, model.shortest(stuck))? {
            is_first(&model, evidence, stuck)?;
        }
        let won = model.won(model::STATES);
        let lost = |state: u8| won & 1 << state == 0;
        if let Some(evidence) = decide("game", true, model.shortest(lost))? {
            is_first(&model, evidence, lost)?;
            loses(&model, evidence)?;
        }
        for (name, ceased) in [("progress", false), ("ceased", true)] {
            if let Some(evidence) = decide(name, far[1] > 0, model.avoids(ceased))? {
                is_fair_lasso(&model, evidence, ceased)?;
            }
        }
        if let Some(evidence) = decide("for good", far[1] > 0, model.leaves())? {
            leaves_again_and_again(&model, evidence)?;
        }
        if model.eventually
            && let Some(evidence) = decide("in the end", true, model.never())?
        {
            is_path(&model, evidence)?;
            prop_assert!(evidence.path.states.iter().all(|state| state.0 != model.goal));
            let from = evidence.loop_from.expect("a lasso");
            let end = evidence.path.states[evidence.len() - 1];
            prop_assert_eq!(evidence.path.states[from], end);
            prop_assert!(from + 1 < evidence.len() || model.from(end.0).next().is_none());
        }
        Ok(())
    });
    let tally = tally.into_inner();
    assert_eq!(tally.len(), 9, "{tally:?}");
    assert!(tally.values().all(|count| *count > 300), "{tally:?}");
}

/// What must not depend on the number of threads.
fn essence(report: &Checked) -> String {
    let Checked { verdict, distinct, generated, depth, rests, edges, properties, .. } = report;
    let figures = (distinct, generated, depth, rests, edges);
    format!("{verdict:?} {figures:?} {properties:?}")
}

/// What is found of each property, and how long the run is that shows it.
fn found(report: &Checked) -> Vec<(&str, &Finding, Option<usize>)> {
    let len = |evidence: &Shown| evidence.loop_from.map_or(evidence.len(), |from| from + 1);
    let properties = report.properties.iter();
    properties.map(|p| (p.name.as_str(), &p.finding, p.evidence.as_ref().map(len))).collect()
}

#[test]
fn neither_threads_nor_packing_nor_hashing_change_what_is_found() {
    each_model(8, 2_000, |model| {
        let plain = asked(&model).run();
        prop_assert_eq!(essence(&asked(&model).threads(3).run()), essence(&plain));
        let packed = asked(&model).threads(2).run_packed();
        prop_assert_eq!(found(&packed), found(&plain));
        prop_assert!(
            packed.properties.iter().filter_map(|p| p.evidence.as_ref()).all(|e| e.confirmed)
        );
        let hashed = asked(&model).threads(2).run_hashed_audited(5);
        for other in [&packed, &hashed] {
            prop_assert_eq!(
                (other.distinct, other.generated, other.depth, other.rests),
                (plain.distinct, plain.generated, plain.depth, plain.rests)
            );
        }
        for (hashed, plain) in found(&hashed).into_iter().zip(found(&plain)) {
            if ["never bad", "no step", "rest"].contains(&hashed.0) {
                prop_assert_eq!(hashed, plain);
            } else {
                prop_assert_eq!(hashed.1, &Finding::Undecided(None));
            }
        }
        Ok(())
    });
}

#[test]
fn stateright_counts_the_same_states_where_it_looks_at_all() {
    each_model(9, 1_000, |model| {
        let ours = asked(&model).run();
        let theirs = model.clone().checker().spawn_bfs().join();
        let violated = ours.property("never bad").expect("asked").finding == Finding::Violated;
        prop_assert_eq!(theirs.discovery("never bad").is_some(), violated);
        if !violated {
            // Else it may stop before it has seen everything.
            prop_assert_eq!(theirs.unique_state_count() as u64, ours.distinct);
            prop_assert_eq!(theirs.state_count() as u64, ours.generated);
        }
        Ok(())
    });
}
