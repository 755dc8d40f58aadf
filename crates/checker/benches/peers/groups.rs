//! What is measured beside what.

use crate::figures::Tool;
use crate::subject::Subject;

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Two-phase commit, from few managers to many.
    TwoPhase,
    /// The protocol's own scopes, from small to large.
    Scopes,
    /// States on the heap.
    Heap,
}

/// Tools that search the same on as many threads, in turn.
#[derive(Clone, Debug)]
pub struct Group {
    /// Where on the page.
    pub part: Part,
    /// What they search.
    pub subject: Subject,
    /// On how many threads.
    pub threads: usize,
    /// Who.
    pub tools: &'static [Tool],
    /// The most runs of each tool: a few do where nothing is asked but how it compares with its
    /// neighbours, and one has to do where it takes minutes.
    pub most: usize,
}

impl Group {
    /// How often each tool is run, if what a bound is about is run so many times.
    pub fn runs(&self, runs: usize) -> usize {
        runs.min(self.most)
    }

    /// Who runs in this turn, the first being 1. No bound is about TLC, which takes longer than all
    /// others together: it runs once.
    pub fn tools(&self, turn: usize) -> impl Iterator<Item = Tool> {
        self.tools.iter().copied().filter(move |tool| turn == 1 || *tool != Tool::Tlc)
    }
}

/// Everything that is measured.
#[derive(Debug)]
pub struct Plan(pub Vec<Group>);

/// The managers of the two-phase commit that everybody is compared on.
pub const COMPARED: u8 = 8;
/// The runs where nothing is asked but how it compares with its neighbours.
const FEW: usize = 3;
/// The managers of the largest one, which is ours alone.
pub const CAPACITY: u8 = 10;

impl Plan {
    /// The whole page.
    pub fn full() -> Self {
        let mut groups = Vec::new();
        for managers in 5..CAPACITY {
            groups.extend([1, 2].map(|threads| two_phase(managers, threads)));
        }
        groups.push(Group { tools: &[Tool::Ours], most: 2, ..two_phase(CAPACITY, 2) });
        for scope in ["approval", "end", "rebind", "hostile", "crash", "race", "large"] {
            groups.extend([1, 2].map(|threads| scope_of(scope, threads)));
        }
        let heap = [Subject::HeapTwoPhase(7), Subject::PingPong(5), Subject::Register(3)];
        for subject in heap {
            groups.extend([1, 2].map(|threads| on_the_heap(subject, threads)));
        }
        Self(groups)
    }

    /// One of each kind, small.
    pub fn quick() -> Self {
        let mut groups = Vec::new();
        for threads in [1, 2] {
            let two_phase = two_phase(6, threads);
            let tools = if threads == 1 { &Tool::ALL[..] } else { two_phase.tools };
            groups.push(Group { tools, ..two_phase });
            groups.push(scope_of("smoke", threads));
            groups.push(on_the_heap(Subject::HeapTwoPhase(5), threads));
        }
        Self(groups)
    }
}

/// SPIN searches on one thread; TLC takes longer than all others together, and is
/// asked of one size only.
fn two_phase(managers: u8, threads: usize) -> Group {
    use Tool::{Bfs, Dfs, Ours, Spin, Tlc};
    let tools: &[Tool] = match (threads, managers) {
        (1, COMPARED) => &[Ours, Bfs, Dfs, Spin, Tlc],
        (1, _) => &[Ours, Bfs, Dfs, Spin],
        (_, COMPARED) => &[Ours, Bfs, Dfs, Tlc],
        _ => &[Ours, Bfs, Dfs],
    };
    let subject = Subject::TwoPhase(managers);
    let most = match managers {
        COMPARED => usize::MAX,
        ..COMPARED => FEW,
        _ => 1,
    };
    Group { part: Part::TwoPhase, subject, threads, tools, most }
}

fn scope_of(name: &'static str, threads: usize) -> Group {
    let tools = &[Tool::Ours, Tool::Bfs, Tool::Dfs];
    let subject = Subject::Scope(name);
    let most = if name == "large" { usize::MAX } else { FEW };
    Group { part: Part::Scopes, subject, threads, tools, most }
}

fn on_the_heap(subject: Subject, threads: usize) -> Group {
    let tools = &[Tool::Ours, Tool::Bfs];
    Group { part: Part::Heap, subject, threads, tools, most: usize::MAX }
}
