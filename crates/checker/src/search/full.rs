//! A search whose numbers run out says the same on any number of threads.

use stateright::{Model, Property};

use crate::limits::Cut;
use crate::{Check, Report};

/// Three counters up to 30, one step each.
struct Grid {
    /// Whether it begins anywhere on its first side, and not in a corner.
    anywhere: bool,
}

impl Model for Grid {
    type State = [u8; 3];
    type Action = usize;

    fn init_states(&self) -> Vec<[u8; 3]> {
        let most = if self.anywhere { 30 } else { 0 };
        (0..=most).flat_map(|one| (0..=most).map(move |other| [one, other, 0])).collect()
    }

    fn actions(&self, _: &[u8; 3], actions: &mut Vec<usize>) {
        actions.extend(0..3);
    }

    fn next_state(&self, state: &[u8; 3], which: usize) -> Option<[u8; 3]> {
        let mut next = *state;
        next[which] += 1;
        (next[which] <= 30).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("small", |_, state: &[u8; 3]| state.iter().all(|count| *count <= 30))]
    }
}

fn searched(anywhere: bool, local: Option<u32>, threads: usize) -> Report<[u8; 3], usize> {
    let grid = Grid { anywhere };
    let mut check = grid.check().threads(threads);
    check.bounds.local = local;
    check.run()
}

#[test]
fn what_counts_as_found_before_a_shard_is_full_depends_on_no_thread() {
    // How far the others get when one shard is full is not the same for one thread, which lets in
    // all shards together and piece by piece, and for several.
    for (anywhere, local) in [(false, 5), (false, 60), (false, 200), (false, 300), (true, 5)] {
        let whole = searched(anywhere, None, 1);
        assert_eq!((whole.distinct, whole.cut), (31 * 31 * 31, None));
        let alone = searched(anywhere, Some(local), 1);
        assert_eq!(alone.cut, Some(Cut::Full), "{local}");
        assert!(alone.distinct < whole.distinct, "{local}");
        for threads in [2, 3, 5] {
            let several = searched(anywhere, Some(local), threads);
            let said = |report: &Report<_, _>| {
                let counts = (report.distinct, report.generated, report.depth);
                (report.cut, counts, report.verdict.exit_code())
            };
            assert_eq!(said(&several), said(&alone), "{local} numbers, {threads} threads");
        }
    }
}
