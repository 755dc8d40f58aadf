//! The ferryman, the wolf, the goat and the cabbage: a model for stateright.

use bindproof_checker::Check;
use stateright::{Model, Property};

/// A river with a boat for two.
struct River;

/// Who is across: the ferryman, the wolf, the goat, the cabbage.
type Across = [bool; 4];

impl Model for River {
    type State = Across;
    type Action = usize;

    fn init_states(&self) -> Vec<Across> {
        vec![[false; 4]]
    }

    fn actions(&self, across: &Across, actions: &mut Vec<usize>) {
        // Alone, which is 0, or with somebody from his side.
        actions.extend((0..4).filter(|who| across[*who] == across[0]));
    }

    fn next_state(&self, across: &Across, who: usize) -> Option<Across> {
        let mut after = *across;
        after[0] = !after[0];
        after[who] = after[0];
        let [ferryman, wolf, goat, cabbage] = after;
        let eaten = goat != ferryman && (goat == wolf || goat == cabbage);
        (!eaten).then_some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the goat is minded", |_, [ferryman, wolf, goat, _]: &Across| {
                goat == ferryman || goat != wolf
            }),
            Property::sometimes("all are across", |_, across: &Across| *across == [true; 4]),
        ]
    }
}

/// Checks it.
pub fn main() {
    River.check().threads(2).run().assert_exhausted();
}
