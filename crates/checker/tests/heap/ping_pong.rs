//! Two actors of stateright's who play ping-pong, over each of its networks.

use bindproof_checker::{Check as _, Kind, Verdict};
use stateright::actor::{LossyNetwork, Network};

use crate::both;
use crate::models::ping_pong::game;

#[test]
fn every_network_has_the_same_states_for_both() {
    let networks = [
        Network::new_unordered_duplicating([]),
        Network::new_unordered_nonduplicating([]),
        Network::new_ordered([]),
    ];
    let mut figures = Vec::new();
    for network in networks {
        for lossy in [LossyNetwork::No, LossyNetwork::Yes] {
            for crashes in [0, 1] {
                let (report, compared) = both(&game(network.clone(), lossy, crashes, 5));
                assert!(compared, "something holds");
                figures.push(report.distinct);
            }
        }
    }
    assert_eq!(figures.len(), 12);
    assert!(figures.iter().all(|distinct| *distinct > 5), "{figures:?}");
    assert!(figures.iter().any(|distinct| *distinct > 500), "{figures:?}");
}

#[test]
fn what_stateright_cannot_be_asked_can_be_asked_of_actors() {
    let network = Network::new_unordered_nonduplicating([]);
    let game = game(network, LossyNetwork::Yes, 0, 5);
    let report = game
        .check()
        .only(|name| name == "at most one ahead")
        .boundary_is_meant("five strokes are a match")
        .step("nobody takes a stroke back", |_, step| {
            let strokes = step.before.actor_states.iter().zip(&step.after.actor_states);
            strokes.into_iter().all(|(before, after)| before <= after)
        })
        .no_deadlock("the ball stays in the air", |_, _| false)
        .run();
    assert_eq!(
        report.verdict,
        Verdict::Violated { property: "the ball stays in the air".into(), states: 2 },
        "it is lost at once"
    );
    assert_eq!(report.properties[2].kind, Kind::AtRest);
    assert!(report.properties[2].evidence.as_ref().is_some_and(|evidence| evidence.confirmed));
}
