//! Progress under fairness, ways and games, on graphs small enough to see what is true.

use bindproof_checker::{Check, Checker, Doubt, Fair, Finding, LeadsTo, Verdict};
use stateright::{Model, Property};

/// A graph: from, to, and the name of the action, which is its fairness class too.
struct Graph {
    edges: &'static [(u8, u8, u16)],
}

impl Model for Graph {
    type State = u8;
    type Action = (u8, u16);

    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn actions(&self, state: &u8, actions: &mut Vec<(u8, u16)>) {
        let from = self.edges.iter().filter(|(from, _, _)| from == state);
        actions.extend(from.map(|(_, to, name)| (*to, *name)));
    }

    fn next_state(&self, _: &u8, (to, _): (u8, u16)) -> Option<u8> {
        Some(to)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }
}

fn asked(graph: &Graph, classes: Vec<Fair>) -> Checker<'_, Graph> {
    let count = classes.len() as u16;
    graph.check().fair(classes, move |_, _, (_, name)| (*name < count).then_some(*name)).leads_to(
        "goal",
        |_, state| *state == 0,
        |_, state| *state == 9,
    )
}

#[test]
fn without_fairness_nothing_has_to_happen() {
    let graph = Graph { edges: &[(0, 9, 0)] };
    let report = asked(&graph, Vec::new()).run();
    let evidence = report.properties[0].evidence.as_ref().expect("it stays where it is");
    assert_eq!((evidence.loop_from, evidence.path.actions.len()), (Some(0), 0));
    assert!(evidence.confirmed);
    asked(&graph, vec![Fair::weak("go")]).run().assert_exhausted();
}

#[test]
fn weak_fairness_does_not_help_what_is_interrupted_and_strong_fairness_does() {
    // 0 and 1 go round; the goal can be reached from 1 only.
    let graph = Graph { edges: &[(0, 1, 1), (1, 0, 1), (1, 9, 0)] };
    let weak = asked(&graph, vec![Fair::weak("go"), Fair::weak("round")]).run();
    let evidence = weak.properties[0].evidence.as_ref().expect("it goes round");
    assert!(evidence.confirmed);
    assert_eq!((evidence.loop_from, evidence.path.states.clone()), (Some(0), vec![0, 1, 0]));
    asked(&graph, vec![Fair::strong("go"), Fair::weak("round")]).run().assert_exhausted();
}

#[test]
fn progress_is_not_decided_under_symmetry_nor_for_what_never_occurs() {
    let graph = Graph { edges: &[(0, 9, 0)] };
    let report = asked(&graph, vec![Fair::weak("go")]).symmetry(|_, state| *state).run();
    assert!(matches!(
        report.properties[0].finding,
        Finding::Undecided(Some(Doubt::Unsound(_, "under symmetry")))
    ));
    let report = graph.check().leads_to("never", |_, state| *state == 5, |_, _| true).run();
    assert_eq!(report.verdict, Verdict::Undecided(vec![Doubt::PremiseNever("never".into())]));
}

#[test]
fn once_requests_cease_only_paths_without_them_count() {
    let graph = Graph { edges: &[(0, 1, 5), (1, 0, 5), (1, 9, 0), (0, 9, 0)] };
    let ask = |graph: &'static Graph| {
        graph.check().fair(vec![Fair::weak("go")], |_, _, (_, name)| (*name == 0).then_some(0))
    };
    let graph: &'static Graph = Box::leak(Box::new(graph));
    // The class is possible everywhere, so even with requests going on it has to happen.
    let both = ask(graph).leads_to("always", |_, _| true, |_, state| *state == 9).run();
    both.assert_exhausted();
    let ceased = ask(graph).leads_to_once_ceased(
        "ceased",
        |_, _, (_, name)| *name == 5,
        |_, _| true,
        |_, state| *state == 9,
    );
    ceased.run().assert_exhausted();
}

#[test]
fn what_must_follow_for_good_may_not_be_left_again_and_again() {
    // The goal 9 is reached from 0, but it can be left and reached again without end.
    let graph = Graph { edges: &[(0, 9, 0), (9, 1, 1), (1, 9, 0)] };
    let asked = |for_good: bool, fair: Vec<Fair>| {
        let asked = LeadsTo::new(|_, state| *state == 0, |_: &Graph, state| *state == 9);
        let asked = if for_good { asked.for_good() } else { asked };
        let count = fair.len() as u16;
        let class =
            move |_: &Graph, _: &u8, (_, name): &(u8, u16)| (*name < count).then_some(*name);
        graph.check().fair(fair, class).follows("goal", asked).run()
    };
    asked(false, vec![Fair::weak("go")]).assert_exhausted();
    let left = asked(true, vec![Fair::weak("go")]);
    let evidence = left.properties[0].evidence.as_ref().expect("it is left");
    assert!(evidence.confirmed);
    assert_eq!((evidence.loop_from, evidence.path.states.clone()), (Some(2), vec![0, 9, 1, 9, 1]));
    // Once what leaves it has ceased, it stays.
    let ceased = LeadsTo::new(|_, state| *state == 0, |_: &Graph, state| *state == 9)
        .for_good()
        .once_ceased(|_, _, (_, name)| *name == 1);
    let fair = vec![Fair::weak("go")];
    let class = |_: &Graph, _: &u8, (_, name): &(u8, u16)| (*name == 0).then_some(0);
    graph.check().fair(fair, class).follows("goal", ceased).run().assert_exhausted();
}

#[test]
fn each_part_waits_for_itself_and_only_all_together_are_empty() {
    // 1 and 2 take turns: what waits in one part is met in it, and never in both at once.
    let graph = Graph { edges: &[(0, 1, 0), (1, 2, 0), (2, 1, 0)] };
    let ask = |parts: &'static [(u8, u8)]| {
        let asked = LeadsTo::each(
            parts.len(),
            |_: &Graph, state, part| *state == parts[part].0,
            |_, state, part| *state == parts[part].1,
        );
        let fair = vec![Fair::weak("go")];
        graph.check().fair(fair, |_, _, (_, name)| Some(*name)).follows("turns", asked).run()
    };
    ask(&[(1, 2), (2, 1)]).assert_exhausted();
    // A part that never waits leaves no doubt beside one that does.
    ask(&[(7, 8), (2, 1)]).assert_exhausted();
    let empty = ask(&[(7, 8), (8, 7)]);
    assert_eq!(empty.verdict, Verdict::Undecided(vec![Doubt::PremiseNever("turns".into())]));
    let broken = ask(&[(1, 2), (2, 9)]);
    let evidence = broken.properties[0].evidence.as_ref().expect("9 is not there");
    assert_eq!((evidence.confirmed, evidence.loop_from, evidence.part), (true, Some(2), Some(1)));
}

#[test]
fn a_way_that_the_adversary_can_bar_is_possible_and_no_win() {
    // From 1 the adversary (name 7) can go to 2, from where there is no way.
    let graph = Graph { edges: &[(0, 1, 0), (1, 9, 0), (1, 2, 7)] };
    let from = |_: &Graph, state: &u8| *state == 0;
    let to = |_: &Graph, state: &u8| *state == 9;
    graph.check().possible("way", from, to).run().assert_exhausted();
    let lost = graph.check().adversary(|_, _, (_, name)| *name == 7).game("game", from, to).run();
    let evidence = lost.properties[0].evidence.as_ref().expect("it is lost");
    let strategy = evidence.strategy.as_ref().expect("the adversary has a strategy");
    assert!(strategy.complete && evidence.confirmed);
    assert_eq!(strategy.positions[0].state, 0);
    assert_eq!(strategy.positions[0].moves[0].action, Some((1, 0)));
    assert_eq!(strategy.positions[0].moves[0].answer, [(2, 7)]);
}

#[test]
fn requests_may_be_made_until_they_cease() {
    // One request (name 5), and nothing follows any more; where none is made the goal is fair.
    let graph = Graph { edges: &[(0, 1, 5), (0, 9, 0)] };
    let ceased = |graph: &'static Graph, from: u8| {
        let classes = vec![Fair::weak("go")];
        let class = |_: &Graph, _: &u8, (_, name): &(u8, u16)| (*name == 0).then_some(0);
        let request = |_: &Graph, _: &u8, (_, name): &(u8, u16)| *name == 5;
        let from = move |_: &Graph, state: &u8| *state == from;
        let asked = graph.check().fair(classes, class);
        asked.leads_to_once_ceased("ceased", request, from, |_, state| *state == 9).run()
    };
    let graph: &'static Graph = Box::leak(Box::new(graph));
    let report = ceased(graph, 0);
    let evidence = report.properties[0].evidence.as_ref().expect("nothing follows");
    assert!(evidence.confirmed);
    assert_eq!((evidence.loop_from, evidence.path.states.clone()), (Some(1), vec![0, 1]));
    // Requests that are made for ever are no excuse: from 1 there is another way on.
    const ROUND: Graph = Graph { edges: &[(0, 1, 5), (1, 0, 5), (0, 9, 0), (1, 9, 0)] };
    ceased(&ROUND, 0).assert_exhausted();
    // Nor does a loop count in which one is made again and again.
    const AGAIN: Graph = Graph { edges: &[(0, 1, 5), (1, 2, 0), (2, 1, 5), (2, 9, 0)] };
    ceased(&AGAIN, 1).assert_exhausted();
    let plain =
        AGAIN.check().fair(vec![Fair::weak("go")], |_, _, (_, name)| (*name == 0).then_some(0));
    let plain = plain.leads_to("always", |_, state| *state == 1, |_, state| *state == 9).run();
    assert_eq!(plain.properties[0].finding, Finding::Violated);
}
