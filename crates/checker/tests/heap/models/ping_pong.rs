//! Two actors of stateright's who play ping-pong, over each of its networks.

use std::borrow::Cow;

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out};

/// Serves or answers.
#[derive(Clone)]
pub struct Player {
    /// Whom it serves to, if it begins.
    serves: Option<Id>,
}

/// What goes to and fro, with the number of the stroke.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ball {
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
pub struct Match {
    /// How many.
    pub strokes: u8,
}

/// Two players.
pub type Game = ActorModel<Player, Match, (u8, u8)>;

/// A game of so many strokes over a network that may lose balls, with players who may crash.
pub fn game(network: Network<Ball>, lossy: LossyNetwork, crashes: usize, strokes: u8) -> Game {
    ActorModel::new(Match { strokes }, (0, 0))
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
