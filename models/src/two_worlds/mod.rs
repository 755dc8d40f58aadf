//! Two worlds side by side, for `existence-not-disclosed`: in one the person has an account, or
//! comes to have one, and lives with it; in the other there is none and nothing happens. A stranger
//! makes the same moves in both. Whatever he is told must be the same.
//!
//! The world without the account is *quiet*: nothing hidden happens in it, so that what a stranger
//! is told there is a function of his own moves and of time alone. Every world that tells him the
//! same as the quiet one, whatever is hidden in it, tells him the same as every other such world.
//!
//! Both worlds are driven by the very same [`Protocol::fire`]; no rule is written twice.

mod check;
mod decide;
mod moves;
mod mutants;
mod observation;
mod retold;
mod story;
mod variants;

use bindproof::policy::Policy;
use bindproof::refusal::Refusal;
use bindproof::wallet::account::Account;
use bindproof::wallet::kind::Kind;
use bindproof::wallet::operation::Operation;
use bindproof::wallet::proof::Demand;

pub use check::check;
pub use decide::{Decision, decide};
pub use moves::{Move, PairRun};
pub use mutants::MUTANTS;
pub use observation::Observation;
pub use retold::carry_out;
pub use story::two_columns;
pub use variants::{VARIANTS, Variant, find};

use crate::drive::{Fired, index};
use crate::model::{Protocol, Without};
use crate::scope::{Owner, Scope, ScopeError};

/// The name of the property, as the specification has it.
pub const PROPERTY: &str = "existence-not-disclosed";

/// One world: two bindings, three operations, two accounts, three devices; servers answer at once.
pub type World = crate::world::World<2, 3, 2, 3, 0>;
/// The protocol in a world of that capacity.
pub type Side = Protocol<2, 3, 2, 3, 0>;

/// A pair of worlds, and what the stranger was told by his last move in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Worlds {
    /// The world in which there is an account, or comes to be one.
    pub with: World,
    /// The quiet world: no account, and nothing but the stranger's moves and time.
    pub without: World,
    /// What the stranger was told in the first world.
    pub told_with: Observation,
    /// What he was told in the second.
    pub told_without: Observation,
}

/// A variant of the pair, with the stranger's operation of one kind, and with every control but at
/// most two.
#[derive(Clone, Debug)]
pub struct TwoWorlds {
    /// The world with the account.
    pub with: Side,
    /// The quiet world.
    pub without: Side,
    /// The witnesses that are asked for, by name.
    pub witnesses: Vec<&'static str>,
}

/// Something that must be reachable.
struct Witness {
    name: &'static str,
    holds: fn(&TwoWorlds, &Worlds) -> bool,
    /// The kinds of the stranger's operation for which it is asked.
    of: fn(Kind) -> bool,
}

/// What must be reachable.
const WITNESSES: &[Witness] = &[
    Witness {
        name: "decoy-shown-where-a-challenge-is",
        holds: decoy_shown_where_a_challenge_is,
        // A recovery is challenged alike by its nature: it needs no account.
        of: |kind| kind != Kind::Recover,
    },
    Witness {
        name: "strangers-path-locked",
        holds: strangers_path_locked,
        // Identity is neither counted nor locked.
        of: |kind| !kind.proves_identity(),
    },
    Witness {
        name: "account-closed-under-a-challenge",
        holds: account_closed_under_a_challenge,
        of: |_| true,
    },
    Witness {
        name: "somebody-came-in-meanwhile",
        holds: somebody_came_in_meanwhile,
        of: |kind| !kind.proves_identity(),
    },
    Witness { name: "refused-at-the-bank", holds: refused_at_the_bank, of: |_| true },
];

impl TwoWorlds {
    /// The pair of `variant`, in which the stranger's operation is of `kind`.
    ///
    /// # Errors
    /// If the variant's text is not a scope; the tests keep that from happening.
    pub fn new(
        variant: &Variant,
        kind: Kind,
        policy: &Policy,
        without: Without,
    ) -> Result<Self, ScopeError> {
        let mut scope = Scope::parse(variant.name, variant.text)?;
        let first = scope.operation.first_mut().filter(|first| first.by == Owner::Attacker);
        if let Some(strangers) = first {
            strangers.kind = kind;
        }
        let quiet = Scope { account: Vec::new(), ..scope.clone() };
        Ok(Self {
            with: Protocol::new(scope, policy.clone(), without),
            without: Protocol::new(quiet, policy.clone(), without),
            witnesses: WITNESSES
                .iter()
                .filter(|witness| variant.witnesses.contains(&witness.name) && (witness.of)(kind))
                .map(|witness| witness.name)
                .collect(),
        })
    }

    /// Whether this witness is asked for.
    fn asks(&self, witness: &str) -> bool {
        self.witnesses.contains(&witness)
    }

    /// Carries out one move: the pair after it, and what fired in each world.
    pub fn fire(&self, pair: &Worlds, what: Move) -> (Worlds, Fired, Option<Fired>) {
        match what {
            Move::Hidden(action) => {
                let (with, fired) = self.with.fire(&pair.with, action);
                let nothing = Observation::Nothing;
                let after = Worlds { with, told_with: nothing, told_without: nothing, ..*pair };
                (after, fired, None)
            }
            Move::Both(action) => {
                let (with, fired) = self.with.fire(&pair.with, action);
                let (without, quietly) = self.without.fire(&pair.without, action);
                let after = Worlds {
                    with,
                    without,
                    told_with: observation::told(&self.with, &with, &fired, action),
                    told_without: observation::told(&self.without, &without, &quietly, action),
                };
                (after, fired, Some(quietly))
            }
        }
    }

    /// The numbers of the stranger's operations.
    fn strangers(&self) -> impl Iterator<Item = usize> + '_ {
        let operations = self.with.scope.operation.iter().enumerate();
        operations.filter(|(_, operation)| operation.by == Owner::Attacker).map(|(o, _)| o)
    }
}

//= BIND-133 what a stranger is told is the same in both worlds
/// The stranger was told the same in both worlds.
fn existence_not_disclosed(_: &TwoWorlds, pair: &Worlds) -> bool {
    pair.told_with == pair.told_without
}

/// He was shown a decoy in the quiet world, where a challenge was shown that could be met.
fn decoy_shown_where_a_challenge_is(model: &TwoWorlds, pair: &Worlds) -> bool {
    let decoy =
        |operation| matches!(operation, Operation::Challenged { demand: Demand::Decoy, .. });
    let shown = matches!(pair.told_with, Observation::Challenge { .. });
    shown
        && model.strangers().any(|o| {
            let real = pair.with.operations[o];
            matches!(real, Operation::Challenged { .. })
                && !decoy(real)
                && decoy(pair.without.operations[o])
        })
}

/// He has locked the strangers' path, and is told so in both worlds.
fn strangers_path_locked(_: &TwoWorlds, pair: &Worlds) -> bool {
    let locked = Observation::Problem(Refusal::StepUpLocked);
    (pair.told_with, pair.told_without) == (locked, locked)
}

/// His challenge stands open on an account that has closed since it was made.
fn account_closed_under_a_challenge(model: &TwoWorlds, pair: &Worlds) -> bool {
    model.strangers().any(|o| {
        let account = index(pair.with.operation_account[o]);
        account.is_some_and(|a| pair.with.accounts[a] == Account::Closed)
            && matches!(pair.with.operations[o], Operation::Challenged { .. })
    })
}

/// The holder has come in while his challenge stands open, and he has guessed in vain.
fn somebody_came_in_meanwhile(model: &TwoWorlds, pair: &Worlds) -> bool {
    let holder = model.with.scope.operation.iter().enumerate();
    let in_now = holder
        .filter(|(_, operation)| operation.by == Owner::Holder)
        .any(|(o, _)| pair.with.operations[o] == Operation::Executed);
    in_now
        && pair.with.strangers.day > 0
        && model.strangers().any(|o| pair.with.operations[o].is_under_way())
}

/// A stranger in the bank client was refused in both worlds.
fn refused_at_the_bank(model: &TwoWorlds, pair: &Worlds) -> bool {
    let problem = |told| matches!(told, Observation::Problem(_));
    model.strangers().next().is_none() && problem(pair.told_with) && problem(pair.told_without)
}

impl stateright::Model for TwoWorlds {
    type State = Worlds;
    type Action = Move;

    fn init_states(&self) -> Vec<Worlds> {
        vec![Worlds {
            with: self.with.initial(),
            without: self.without.initial(),
            told_with: Observation::Nothing,
            told_without: Observation::Nothing,
        }]
    }

    fn actions(&self, pair: &Worlds, actions: &mut Vec<Move>) {
        moves::possible(self, pair, actions);
    }

    fn next_state(&self, pair: &Worlds, what: Move) -> Option<Worlds> {
        Some(self.fire(pair, what).0)
    }

    fn format_action(&self, what: &Move) -> String {
        story::sentence(self, *what)
    }

    fn format_step(&self, pair: &Worlds, what: Move) -> Option<String> {
        Some(story::step(self, pair, what))
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        let asked = WITNESSES.iter().filter(|witness| self.witnesses.contains(&witness.name));
        core::iter::once(stateright::Property::always(PROPERTY, existence_not_disclosed))
            .chain(asked.map(|w| stateright::Property::sometimes(w.name, w.holds)))
            .collect()
    }
}

impl crate::search::Fires for TwoWorlds {
    type Fired = (Fired, Option<Fired>);

    fn fires(&self, pair: &Worlds, what: &Move) -> (Worlds, Self::Fired) {
        let (after, with, without) = self.fire(pair, *what);
        (after, (with, without))
    }
}
