use std::collections::BTreeSet;

use bindproof::message::Party;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;

use super::render::{Cell, Decision, Entry, Layout, Machine, Place};
use super::{all, bank, link, machines, markdown, refusals, rules};

/// What no step gives: the edge refuses it before a step, or it is only ever the reason for which
/// an operation or a binding ended.
const NOT_BY_A_STEP: &[Refusal] = &[
    Refusal::IdempotencyInProgress,
    Refusal::OriginNotAllowed,
    Refusal::BindingLimitReached,
    Refusal::AccountUnavailable,
    Refusal::AccountExistsApprovalRequired,
    Refusal::ChallengeLimitReached,
    Refusal::ChallengeInvalid,
    Refusal::StepUpRequired,
    Refusal::StateTimeout,
    Refusal::RequestMalformed,
];

#[test]
fn every_rule_is_in_the_tables() {
    let reached = rules();
    let missing: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !reached.contains(rule)).collect();
    assert!(missing.is_empty(), "no cell fires {missing:?}");
}

#[test]
fn every_refusal_is_either_in_the_tables_or_given_by_no_step() {
    let given = refusals();
    let missing: Vec<&Refusal> =
        Refusal::ALL.iter().filter(|r| !given.contains(r) && !NOT_BY_A_STEP.contains(r)).collect();
    assert!(missing.is_empty(), "no cell gives {missing:?}");
    let both: Vec<&Refusal> = NOT_BY_A_STEP.iter().filter(|r| given.contains(r)).collect();
    assert!(both.is_empty(), "a step does give {both:?}");
}

#[test]
fn every_state_stands_against_every_input() {
    for machine in Party::ALL.iter().flat_map(|party| machines(*party)) {
        let places = |of: fn(&Entry) -> String| -> BTreeSet<String> {
            machine.entries.iter().map(of).collect()
        };
        let states = places(|entry| entry.state.to_string());
        let inputs = places(|entry| entry.input.clone());
        let pairs: BTreeSet<(String, String)> = machine
            .entries
            .iter()
            .map(|entry| (entry.state.to_string(), entry.input.clone()))
            .collect();
        assert_eq!(pairs.len(), states.len() * inputs.len(), "{}", machine.name);
    }
}

#[test]
fn a_list_says_every_decision_and_every_order_that_was_found() {
    for party in Party::ALL {
        let text = markdown(*party);
        for entry in machines(*party).into_iter().flat_map(|machine| machine.entries) {
            let Decision { cell, orders } = entry.decision;
            assert!(text.contains(&cell.to_string()), "{party}: {cell}");
            for order in orders {
                assert!(text.contains(&format!("`{order}`")), "{party}: {order}");
            }
        }
    }
}

#[test]
fn a_graph_has_every_state_that_a_move_leaves_or_enters() {
    for machine in Party::ALL.iter().flat_map(|party| machines(*party)) {
        let text = machine.markdown();
        for (from, to) in machine.edges().keys() {
            assert!(text.contains(&format!("    {from} --> {to} : ")), "{from} {to}");
        }
    }
}

#[test]
fn what_makes_no_difference_is_not_said_and_what_does_is() {
    let entry = |input: &str, when: [&str; 2], cell| Entry {
        state: Place::plain("s"),
        input: input.to_owned(),
        when: when.map(str::to_owned).to_vec(),
        decision: Decision { cell, orders: Vec::new() },
    };
    let (yes, no) = (Cell::Same(Rule::ClientWaits), Cell::No(Refusal::NotFound));
    let entries = vec![
        entry("a: x", ["red", "hot"], yes.clone()),
        entry("a: x", ["red", "cold"], no.clone()),
        entry("a: x", ["blue", "hot"], yes.clone()),
        entry("a: x", ["blue", "cold"], no.clone()),
        entry("a: y", ["red", "hot"], no.clone()),
        entry("a: y", ["blue", "hot"], no),
    ];
    let text =
        Machine { name: "m", about: "", layout: Layout::List, entries: entries.clone() }.markdown();
    assert!(text.contains("| a: y | always | no: `not_found` | – |"), "{text}");
    assert!(!text.contains("red") && !text.contains("blue"), "{text}");
    assert!(text.contains("| a: x | cold | no: `not_found` | – |"), "{text}");
    assert!(text.contains("| a: x | otherwise | same (`client.waits`) | – |"), "{text}");
}

#[test]
fn the_tables_run_over_every_state_of_a_binding_and_of_a_link() {
    assert_eq!(bank::states().collect::<BTreeSet<_>>().len(), 7 + 9 + 9);
    assert_eq!(link::states().collect::<BTreeSet<_>>().len(), 7 + 5);
    assert_eq!(link::accounts().into_iter().collect::<BTreeSet<_>>().len(), 10);
}

#[test]
fn the_page_is_the_same_each_time_and_has_a_section_for_each_party() {
    let page = all();
    assert_eq!(page, all());
    assert_eq!(page.matches("\n## ").count(), Party::ALL.len());
    assert!(page.ends_with('\n'));
}

#[test]
fn what_is_ordered_differently_is_decided_differently() {
    let entry = |when: &str, orders: &[&str]| Entry {
        state: Place::plain("s"),
        input: "a: x".to_owned(),
        when: vec![when.to_owned()],
        decision: Decision {
            cell: Cell::Same(Rule::ClientWaits),
            orders: orders.iter().map(|&order| order.to_owned()).collect(),
        },
    };
    let entries = vec![entry("red", &["stop_sending", "receipt"]), entry("blue", &[])];
    let list = Machine { name: "m", about: "", layout: Layout::List, entries };
    let text = list.markdown();
    assert!(
        text.contains("| a: x | blue | same (`client.waits`) | – |")
            && text.contains(
                "| a: x | otherwise | same (`client.waits`) | `stop_sending`, `receipt` |"
            ),
        "{text}"
    );
    let text = Machine { layout: Layout::Matrix, ..list }.markdown();
    let cell = "red: same (`client.waits`); `stop_sending`, `receipt`";
    assert!(text.contains(&format!("| s | {cell}<br>blue: same (`client.waits`) |")), "{text}");
}

#[test]
fn an_order_is_named_with_what_it_carries() {
    let text = bank::binding().markdown();
    for order in ["`stop_sending`, `send_link_suspend(revision)`", "`arm_deadline(looking)`"] {
        assert!(text.contains(order), "{order} is not there");
    }
}
