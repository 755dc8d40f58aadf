//! One line of play of a lost game, as a story: what is tried, and how the adversary answers.

use std::collections::{BTreeMap, VecDeque};

use bindproof_checker::Strategy;

use crate::action::Action;
use crate::model::Protocol;
use crate::report::{Play, PlayEnd, Turn};
use crate::story;
use crate::world::World;

/// So many answers of the adversary are told, if there are as many.
const ANSWERS: usize = 3;
/// So many moves are told of what neither ends nor goes round.
const MOVES: usize = 6;

/// The adversary's strategy in a world of this capacity.
type Of<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize> =
    Strategy<World<B, O, A, D, S>, Action>;

/// A move of a strategy: its position, and its place there.
type Place = (usize, usize);

/// A line of play from the first position: by the shortest ways from answer to answer of the
/// adversary, and then to where nothing is left to try, or round.
pub fn play<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    strategy: &Of<B, O, A, D, S>,
) -> Option<Play> {
    let (places, round) = line(strategy);
    let mut world = strategy.positions.first()?.state;
    let mut turns = Vec::new();
    // After how many turns each position of the line comes up.
    let mut after: Vec<(usize, usize)> = vec![(0, 0)];
    for (position, place) in &places {
        let answered = &strategy.positions[*position].moves[*place];
        let mut turn = |answers: bool, action: Action| {
            let (next, fired) = model.fire(&world, action);
            let changes = story::changes(&world, &next, &fired);
            let sentence = story::sentence(&model.scope, action);
            turns.push(Turn { answers, sentence, changes });
            world = next;
        };
        // What cannot be told is not told further.
        turn(false, answered.action?);
        answered.answer.iter().for_each(|action| turn(true, *action));
        after.extend(answered.then.map(|then| (then, turns.len())));
    }
    let end = after.last().map_or(0, |(position, _)| *position);
    let first = after.iter().find(|(position, _)| *position == end);
    let end = match first {
        _ if strategy.positions[end].moves.is_empty() => PlayEnd::NothingLeft,
        Some((_, turns)) if round => PlayEnd::AsAfter(*turns),
        _ => PlayEnd::GoesOn,
    };
    Some(Play { turns, end })
}

/// The moves of the line, and whether the last leads back to a position of it.
fn line<S, A>(strategy: &Strategy<S, A>) -> (Vec<Place>, bool) {
    let mut line: Vec<Place> = Vec::new();
    let mut seen = vec![0];
    let mut at = 0;
    let mut go = |at: &mut usize, seen: &mut Vec<usize>, way: Option<Vec<Place>>| {
        let found = way.is_some();
        for (position, place) in way.unwrap_or_default() {
            line.push((position, place));
            *at = strategy.positions[position].moves[place].then.unwrap_or(*at);
            seen.push(*at);
        }
        found
    };
    for _ in 0..ANSWERS {
        let here = seen.clone();
        let answered = |(position, place): Place| {
            let answered = &strategy.positions[position].moves[place];
            !answered.answer.is_empty() && answered.then.is_some_and(|then| !here.contains(&then))
        };
        let way = way(strategy, at, answered);
        if !go(&mut at, &mut seen, way) {
            break;
        }
    }
    let then = |(position, place): Place| strategy.positions[position].moves[place].then;
    let nothing_left =
        |place: Place| then(place).is_some_and(|then| strategy.positions[then].moves.is_empty());
    let out = way(strategy, at, nothing_left);
    if go(&mut at, &mut seen, out) || strategy.positions[at].moves.is_empty() {
        return (line, false);
    }
    for _ in 0..MOVES {
        let here = seen.clone();
        let known = |place: Place| then(place).is_some_and(|then| here.contains(&then));
        let back = way(strategy, at, known);
        if go(&mut at, &mut seen, back) {
            return (line, true);
        }
        let on = way(strategy, at, |place| then(place).is_some());
        go(&mut at, &mut seen, on);
    }
    (line, false)
}

/// The shortest way from a position by moves of which `wanted` is the last.
fn way<S, A>(
    strategy: &Strategy<S, A>,
    from: usize,
    wanted: impl Fn(Place) -> bool,
) -> Option<Vec<Place>> {
    let mut came: BTreeMap<usize, Option<Place>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(position) = open.pop_front() {
        for (place, answered) in strategy.positions[position].moves.iter().enumerate() {
            if wanted((position, place)) {
                let mut way = vec![(position, place)];
                let mut at = position;
                while let Some((before, place)) = came.get(&at).copied().flatten() {
                    way.push((before, place));
                    at = before;
                }
                way.reverse();
                return Some(way);
            }
            if let Some(then) = answered.then.filter(|_| answered.action.is_some()) {
                came.entry(then).or_insert_with(|| {
                    open.push_back(then);
                    Some((position, place))
                });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use bindproof_checker::{Move, Position};

    /// A strategy of these positions: each move with how many answers it has, and where it leads.
    fn strategy(positions: &[&[(usize, usize)]]) -> Strategy<(), u8> {
        let position = |moves: &&[(usize, usize)]| Position {
            state: (),
            moves: moves
                .iter()
                .map(|(answers, then)| Move {
                    action: Some(0),
                    answer: vec![1; *answers],
                    then: Some(*then),
                })
                .collect(),
        };
        Strategy { positions: positions.iter().map(position).collect(), complete: true }
    }

    #[test]
    fn a_line_goes_from_answer_to_answer_and_then_to_where_nothing_is_left() {
        let lost = strategy(&[&[(0, 1), (0, 2)], &[(0, 4)], &[(2, 3)], &[(0, 4)], &[]]);
        assert_eq!(line(&lost), (vec![(0, 1), (2, 0), (3, 0)], false));
    }

    #[test]
    fn a_line_that_never_ends_goes_round() {
        let lost = strategy(&[&[(0, 1)], &[(1, 2)], &[(0, 1)]]);
        assert_eq!(line(&lost), (vec![(0, 0), (1, 0), (2, 0)], true));
        assert_eq!(line(&strategy(&[&[(1, 0)]])), (vec![(0, 0)], true));
    }

    #[test]
    fn a_line_that_ends_nowhere_that_is_told_is_told_for_a_while() {
        let on: Vec<[(usize, usize); 1]> = (1..=9).map(|then| [(0, then)]).collect();
        let mut positions: Vec<&[(usize, usize)]> = on.iter().map(|moves| &moves[..]).collect();
        positions.push(&[(0, 10)]);
        let mut lost = strategy(&positions);
        lost.positions[9].moves[0].then = None;
        let first: Vec<Place> = (0..MOVES).map(|position| (position, 0)).collect();
        assert_eq!(line(&lost), (first, false));
    }

    #[test]
    fn where_nothing_can_be_tried_there_is_no_line() {
        assert_eq!(line(&strategy(&[&[]])), (Vec::new(), false));
    }
}
