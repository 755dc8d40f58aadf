//! Arbitrary runs, from a fixed seed.

use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof_models::action::{Action, Answer, Delivery};
use bindproof_models::capacity::{Job, in_capacity};
use bindproof_models::model::{Protocol, Without};
use bindproof_models::scope::{Scope, ScopeError};
use bindproof_models::world::World;
use stateright::Model;

use super::names::mixed;
use super::{Journal, Recorder, decide};

/// When runs begin, in milliseconds since 1970.
const START_MS: i64 = 1_700_000_000_000;
/// How far runs that follow each other are apart.
const APART_MS: i64 = 1_000;

/// How many actions are looked at for one that moves something, how many of those that are taken
/// may move nothing, and how many may follow each other.
const IDLE: usize = 8;

/// Whether a server steps, and moves nothing.
fn is_idle<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    world: &World<B, O, A, D, S>,
    action: Action,
) -> bool {
    let (_, records) = model.fire_with_records(world, action);
    let moves = |decided| matches!(decided, Decided::Applied(_));
    !records.is_empty() && !records.iter().any(|(_, view)| moves(view.decided))
}

/// Chance from a seed: the same in every run and on every machine.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// One of `count`, which is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        (self.word() % count.max(1) as u64) as usize
    }
}

/// One of the possible actions: what brings things forward more often than what ends them.
fn chosen(possible: &[Action], chance: &mut Chance) -> Action {
    let weight = |action: &Action| match action {
        Action::Deliver {
            delivery: Delivery::ToWallet { .. } | Delivery::ToBank { .. }, ..
        }
        | Action::Notice { .. }
        | Action::Request { .. }
        | Action::Execute(_)
        | Action::DebitRequest(_)
        | Action::DebitAnswer { .. } => 16,
        Action::Answer { answer: Answer::Best, .. } => 24,
        Action::Ask(_) | Action::Start(_) => 8,
        _ => 1,
    };
    let mut left = chance.below(possible.iter().map(weight).sum());
    for action in possible {
        match left.checked_sub(weight(action)) {
            Some(less) => left = less,
            None => return *action,
        }
    }
    possible[possible.len() - 1]
}

struct Walk<'a> {
    run: u64,
    steps: usize,
    chance: &'a mut Chance,
}

/// An arbitrary run of at most so many steps in `scope`, with what each server of it would have
/// written: the honest banks and the wallet. Copies of what was sent once do not arrive again: a
/// request that is repeated is sent anew.
///
/// # Errors
/// If no compiled capacity holds the scope.
pub fn walk(
    scope: &Scope,
    run: u64,
    steps: usize,
    chance: &mut Chance,
) -> Result<Vec<Journal>, ScopeError> {
    let mut scope = scope.clone();
    scope.faults.duplicates = false;
    in_capacity(&scope.name.clone(), &scope, Walk { run, steps, chance })
}

impl Job for Walk<'_> {
    type Output = Vec<Journal>;

    fn run<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
        self,
        scope: &Scope,
    ) -> Vec<Journal> {
        let nothing_off = Without::default();
        let model = Protocol::<B, O, A, D, S>::new(scope.clone(), Policy::DEFAULT, nothing_off);
        let decide = decide(model.terms());
        let start_ms = START_MS + i64::try_from(self.run).unwrap_or(0) * APART_MS;
        let mut recorder = Recorder::new(&model, &decide, mixed(self.run), start_ms);
        wander(&model, &mut recorder, self.steps, self.chance);
        recorder.journals()
    }
}

/// Goes on with a run in an arbitrary way, for at most so many actions: until nothing is possible,
/// or nothing moves for long.
pub fn wander<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    model: &Protocol<B, O, A, D, S>,
    recorder: &mut Recorder<'_, B, O, A, D, S>,
    steps: usize,
    chance: &mut Chance,
) {
    let (mut possible, mut idle) = (Vec::new(), 0);
    for _ in 0..steps {
        possible.clear();
        model.actions(&recorder.world, &mut possible);
        possible.retain(|action| recorder.can(*action));
        if possible.is_empty() || idle == IDLE {
            return;
        }
        let mut action = chosen(&possible, chance);
        idle += 1;
        // What moves nothing is a repetition or a refusal; most runs go on.
        for _ in 0..IDLE {
            if !is_idle(model, &recorder.world, action) {
                idle = 0;
                break;
            }
            if chance.below(IDLE) == 0 {
                break;
            }
            action = chosen(&possible, chance);
        }
        recorder.act(action);
    }
}
