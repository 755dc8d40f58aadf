//! Two actors of stateright's who play ping-pong, over each of its networks.

use std::borrow::Cow;

use bindproof_checker::{Check as _, Kind, Verdict};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out};

use crate::both;

#[derive(Clone)]
struct Player {
    /// Whom it serves to, if it begins.
    serves: Option<Id>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Ball {
    Ping(u8),
    Pong(u8),
}

impl Actor for Player {
    type Msg = Ball;
    type State = u8;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
        if let Some(other) = self.serves {
            out.send(other, Ball::Ping(0));
        }
        0
    }

    fn on_msg(&self, _: Id, state: &mut Cow<u8>, from: Id, ball: Ball, out: &mut Out<Self>) {
        match ball {
            Ball::Ping(count) if **state == count => {
                out.send(from, Ball::Pong(count));
                *state.to_mut() += 1;
            }
            Ball::Pong(count) if **state == count => {
                out.send(from, Ball::Ping(count + 1));
                *state.to_mut() += 1;
            }
            _ => {}
        }
    }
}

/// Up to so many strokes each. The history counts balls in the air: sent and received.
#[derive(Clone)]
struct Match {
    strokes: u8,
}

type Game = ActorModel<Player, Match, (u8, u8)>;

fn game(network: Network<Ball>, lossy: LossyNetwork, crashes: usize) -> Game {
    ActorModel::new(Match { strokes: 5 }, (0, 0))
        .actor(Player { serves: Some(1.into()) })
        .actor(Player { serves: None })
        .init_network(network)
        .lossy_network(lossy)
        .max_crashes(crashes)
        .record_msg_in(|_, (sent, received), _| Some((*sent, received + 1)))
        .record_msg_out(|_, (sent, received), _| Some((sent + 1, *received)))
        .within_boundary(|game, state| {
            let (sent, received) = state.history;
            let strokes = state.actor_states.iter().all(|count| **count <= game.strokes);
            strokes && sent <= 2 * game.strokes && received <= 2 * game.strokes
        })
        .property(Expectation::Always, "at most one ahead", |_, state| {
            state.actor_states[0].abs_diff(*state.actor_states[1]) <= 1
        })
        .property(Expectation::Always, "no more received than sent", |_, state| {
            state.history.1 <= state.history.0
        })
        .property(Expectation::Sometimes, "to the end", |game, state| {
            state.actor_states.iter().any(|count| **count == game.cfg.strokes)
        })
        .property(Expectation::Sometimes, "beyond the end", |game, state| {
            state.actor_states.iter().any(|count| **count > game.cfg.strokes)
        })
}

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
                let (report, compared) = both(&game(network.clone(), lossy, crashes));
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
    let game = game(network, LossyNetwork::Yes, 0);
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
