//! The eleventh of `stateright/main.rs`: what a search allocates, against the depth of the model.
//! Alone in its file, for it counts the bytes of the whole program.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use bindproof_checker::Check as _;
use stateright::{Checker as _, Model, Property};

/// Bytes that were asked for since the program began.
static ASKED: AtomicU64 = AtomicU64::new(0);

struct Counting;

#[expect(unsafe_code, reason = "only an allocator sees what is allocated; it hands all on")]
// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer comes from the system's allocator, by `alloc` above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn asked(run: impl FnOnce()) -> u64 {
    let before = ASKED.load(Ordering::Relaxed);
    run();
    ASKED.load(Ordering::Relaxed) - before
}

/// So many states, one after the other.
#[derive(Clone, Copy)]
struct Chain(u32);

impl Model for Chain {
    type State = u32;
    type Action = ();

    fn init_states(&self) -> Vec<u32> {
        vec![0]
    }

    fn actions(&self, state: &u32, actions: &mut Vec<()>) {
        if *state < self.0 {
            actions.push(());
        }
    }

    fn next_state(&self, state: &u32, (): ()) -> Option<u32> {
        Some(state + 1)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("a number", |_, state| *state < u32::MAX)]
    }
}

#[test]
fn twice_the_depth_costs_twice_as_much_and_not_four_times() {
    let (short, long) = (Chain(4_000), Chain(8_000));
    let breadth_first = |chain: Chain| asked(|| drop(chain.checker().spawn_bfs().join()));
    let depth_first = |chain: Chain| asked(|| drop(chain.checker().spawn_dfs().join()));
    let ours = |chain: Chain| asked(|| chain.check().run().assert_exhausted());
    assert!(breadth_first(long) > 3 * breadth_first(short), "stateright: quadratic");
    assert!(depth_first(long) > 3 * depth_first(short), "stateright: quadratic");
    let (at_first, then) = (ours(short), ours(long));
    assert!(then < 5 * at_first / 2, "{at_first}, then {then}");
    assert!(then < breadth_first(long) / 20);
}
