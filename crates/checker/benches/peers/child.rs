//! One measurement, in a process of its own: searches once, and says what it found and took.

use std::fmt::Debug;
use std::hash::Hash;

use bindproof::policy::Policy;
use bindproof_checker::{Check as _, Report};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::Scope;
use stateright::actor::{LossyNetwork, Network};
use stateright::{Checker as _, Model};

use crate::figures::{Said, Tool};
use crate::heap::{ping_pong, register, two_phase as heap_two_phase};
use crate::subject::{Subject, scope_text};
use crate::two_phase::TwoPhase;

/// The argument that makes a process of this program a measurement.
pub const FLAG: &str = "--child";

/// The arguments of a measurement.
pub fn arguments(tool: Tool, threads: usize, subject: &Subject) -> [String; 4] {
    [FLAG.into(), tool.name().into(), threads.to_string(), subject.name()]
}

/// Searches once, and prints what it found.
///
/// # Errors
/// If the arguments are not those of a measurement, or the search was not complete.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let [tool, threads, subject] = arguments else {
        return Err(format!("{FLAG} needs a tool, a number of threads and a subject"));
    };
    let tool = Tool::ALL.into_iter().find(|known| known.name() == tool).ok_or("no such tool")?;
    let threads = threads.parse().map_err(|_| "no number of threads")?;
    let search = Search { tool, threads };
    let subject = Subject::named(subject).ok_or("no such subject")?;
    let said = match subject {
        Subject::TwoPhase(managers) => search.of(TwoPhase { managers }, plain),
        Subject::Scope(name) => search.of_scope(name),
        Subject::HeapTwoPhase(managers) => {
            search.of(heap_two_phase::Commit { managers: managers.into() }, plain)
        }
        Subject::PingPong(strokes) => {
            let network = Network::new_unordered_duplicating([]);
            search.of(ping_pong::game(network, LossyNetwork::Yes, 1, strokes), plain)
        }
        Subject::Register(clients) => {
            let network = Network::new_unordered_nonduplicating([]);
            search.of(register::shop(clients.into(), 1, network), plain)
        }
    }?;
    println!("{}", said.line());
    Ok(())
}

/// How our search is run on a model, on so many threads.
type Run<M> = fn(&M, usize) -> Report<<M as Model>::State, <M as Model>::Action>;

/// As any model of stateright's is searched.
fn plain<M>(model: &M, threads: usize) -> Report<M::State, M::Action>
where
    M: Model + Sync,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync,
    M::Action: Clone + Debug + PartialEq,
{
    model.check().threads(threads).boundary_is_meant(AS_STATERIGHT).run()
}

/// Why a boundary that cuts steps off is no reason for doubt.
const AS_STATERIGHT: &str = "as stateright does";

/// Who searches, on how many threads.
#[derive(Clone, Copy)]
struct Search {
    tool: Tool,
    threads: usize,
}

impl Search {
    /// Asks of the model what it asks of itself, which is what every tool is asked here; ours by
    /// `run`.
    fn of<M>(self, model: M, run: Run<M>) -> Result<Said, String>
    where
        M: Model + Send + Sync + 'static,
        M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
        M::Action: Clone + Debug + PartialEq,
    {
        let distinct = match self.tool {
            Tool::Ours => {
                let report = run(&model, self.threads);
                if report.cut.is_some() {
                    return Err(format!("the search was not complete: {}", report.verdict));
                }
                report.distinct
            }
            Tool::Bfs => {
                let search = model.checker().threads(self.threads).spawn_bfs().join();
                search.unique_state_count() as u64
            }
            Tool::Dfs => {
                let search = model.checker().threads(self.threads).spawn_dfs().join();
                search.unique_state_count() as u64
            }
            Tool::Spin | Tool::Tlc => return Err("that is another program".into()),
        };
        let state = Some(size_of::<M::State>() as u64);
        Ok(Said { distinct, peak: Some(peak()?), state })
    }

    fn of_scope(self, name: &str) -> Result<Said, String> {
        let text = scope_text(name).ok_or("no such scope")?;
        let scope = Scope::parse(name, text).map_err(|why| why.to_string())?;
        in_capacity(name, &scope, self).map_err(|why| why.to_string())?
    }
}

impl Job for Search {
    type Output = Result<Said, String>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Self::Output {
        let policy = Policy::DEFAULT;
        // States are made where they are looked at and stored packed, as the model knows how.
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), policy, Without::default());
        self.of(model, |model, threads| {
            model.check_tagged().threads(threads).boundary_is_meant(AS_STATERIGHT).run_packed()
        })
    }
}

/// The most memory that was resident in this process, in bytes.
fn peak() -> Result<u64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|why| why.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| "the memory is not told".into())
}
