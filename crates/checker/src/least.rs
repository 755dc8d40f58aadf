//! Of several shortest runs, the one whose actions are offered first: a choice that depends on the
//! model alone, and neither on hashes nor on threads.
//!
//! A search finds a state first by whatever lies first in its shards, and that is by hash. What is
//! shown is looked for once more: in depth, in the order in which actions are offered, from level to
//! level only, and no state twice. The first run that gets there is the least of the shortest. This
//! costs at most as much as expanding, once, every state that is nearer than the end of the run.

/// The numbers of the states on the least way from one of `initial`, through states each of which is
/// a level deeper, to one at the level `last` that is `wanted`. Levels are counted from 1, as in
/// `depths`; `next` puts the successors of a state in their order.
pub(crate) fn least(
    initial: &[u32],
    depths: &[u32],
    last: u32,
    mut next: impl FnMut(u32, &mut Vec<u32>),
    mut wanted: impl FnMut(u32) -> bool,
) -> Option<Vec<u32>> {
    let mut seen = vec![false; depths.len()];
    let mut way: Vec<u32> = Vec::new();
    // For each state of the way, and before it, what is still to be tried; the first comes last.
    let mut open: Vec<Vec<u32>> = vec![initial.iter().rev().copied().collect()];
    while let Some(untried) = open.last_mut() {
        let Some(state) = untried.pop() else {
            open.pop();
            way.pop();
            continue;
        };
        let level = way.len() as u32 + 1;
        if depths[state as usize] != level || std::mem::replace(&mut seen[state as usize], true) {
            continue;
        }
        if level == last {
            if wanted(state) {
                way.push(state);
                return Some(way);
            }
            continue;
        }
        way.push(state);
        let mut successors = Vec::new();
        next(state, &mut successors);
        successors.reverse();
        open.push(successors);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least way in a graph of these edges, which are in their order.
    fn way(edges: &[(u32, u32)], depths: &[u32], last: u32, wanted: &[u32]) -> Option<Vec<u32>> {
        let next = |state: u32, successors: &mut Vec<u32>| {
            successors.extend(edges.iter().filter(|(from, _)| *from == state).map(|(_, to)| *to));
        };
        least(&[0], depths, last, next, |state| wanted.contains(&state))
    }

    #[test]
    fn of_several_shortest_ways_the_first_that_is_offered_is_taken() {
        let edges = [(0, 2), (0, 1), (1, 3), (2, 4), (2, 3)];
        let depths = [1, 2, 2, 3, 3];
        assert_eq!(way(&edges, &depths, 3, &[3]), Some(vec![0, 2, 3]));
        assert_eq!(way(&edges, &depths, 3, &[3, 4]), Some(vec![0, 2, 4]));
        assert_eq!(way(&edges, &depths, 2, &[1, 2]), Some(vec![0, 2]));
        assert_eq!(way(&edges, &depths, 1, &[0]), Some(vec![0]));
        assert_eq!(way(&edges, &depths, 3, &[9]), None);
    }

    #[test]
    fn what_does_not_lead_on_is_left_again_and_looked_at_once() {
        let edges = [(0, 1), (0, 2), (1, 3), (1, 0), (2, 3), (2, 4), (2, 2)];
        let mut looked = Vec::new();
        let next = |state: u32, successors: &mut Vec<u32>| {
            successors.extend(edges.iter().filter(|(from, _)| *from == state).map(|(_, to)| *to));
        };
        let wanted = |state: u32| {
            looked.push(state);
            state == 4
        };
        let way = least(&[0], &[1, 2, 2, 3, 3], 3, next, wanted);
        assert_eq!((way, looked), (Some(vec![0, 2, 4]), vec![3, 4]));
    }
}
