//! A register with its test of linearizability: the same states and verdicts for both.

use stateright::actor::Network;

use crate::both;
use crate::models::register::shop;

#[test]
fn one_server_is_linearizable_and_has_the_published_number_of_states() {
    let (report, compared) = both(&shop(2, 1, Network::new_unordered_nonduplicating([])));
    assert!(compared && report.verdict.is_success(), "{}", report.verdict);
    assert_eq!(report.distinct, 93);
    let (report, compared) = both(&shop(2, 1, Network::new_ordered([])));
    assert!(compared && report.verdict.is_success(), "{}", report.verdict);
    // A letter that is delivered again writes again what was overwritten meanwhile.
    let (report, compared) = both(&shop(2, 1, Network::new_unordered_duplicating([])));
    assert!(compared);
    let violated: Vec<&str> = report.violations().map(|property| property.name.as_str()).collect();
    assert_eq!(violated, ["linearizable"]);
}

#[test]
fn two_servers_are_not_linearizable_and_a_shortest_run_shows_it() {
    let (report, compared) = both(&shop(2, 2, Network::new_unordered_nonduplicating([])));
    assert!(compared);
    let violated: Vec<&str> = report.violations().map(|property| property.name.as_str()).collect();
    assert_eq!(violated, ["linearizable"]);
    // Put, its answer, get, its answer: five states, and no shorter one.
    assert_eq!(report.properties[0].evidence.as_ref().map(|evidence| evidence.len()), Some(5));
}
