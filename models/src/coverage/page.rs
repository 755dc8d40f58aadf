//! The page of what the default scopes cover.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use bindproof::message::Party;

use super::{ByScope, Gap, Which, Why};
use crate::scopes::DEFAULT;
use crate::table::{self, Tuple};

/// What the page says of itself.
const HEAD: &str = "\
# Coverage

Generated from the default scopes and the state tables; do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test --release -p bindproof-tests --test it reach`.

Counted are pairs of a state and a kind of input, as [the state tables](tables.md) name them: of a
request or an answer the kind, without the facts about it; of everything else the input as it is.
Reached is what some step sees in some reachable state of some default scope. Every pair that is
not reached is listed below with a reason; a pair that is listed and reached is an error too.
";

/// The whole page `docs/generated/coverage.md`.
pub fn markdown(by_scope: &ByScope, gaps: &[Gap]) -> String {
    let all = table::tuples();
    let reached: BTreeSet<&Tuple> = by_scope.values().flatten().collect();
    let mut text = HEAD.to_owned();
    text.push_str(&counts(&all, &reached, gaps));
    text.push_str(&scopes(by_scope));
    for why in [Why::LeftOut, Why::Impossible] {
        text.push_str(&listed(&all, gaps, why));
    }
    text
}

/// How many pairs there are and are reached, by machine, by party and in all.
fn counts(all: &BTreeSet<Tuple>, reached: &BTreeSet<&Tuple>, gaps: &[Gap]) -> String {
    let mut text = "\n## Counts\n\n".to_owned();
    text.push_str("| party | machine | pairs | reached | left out of the model | impossible |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    let mut row = |party: &str, machine: &str, of: &dyn Fn(&&Tuple) -> bool| {
        let there: Vec<&Tuple> = all.iter().filter(of).collect();
        let hit = there.iter().filter(|tuple| reached.contains(*tuple)).count();
        let because = |why: Why| {
            let gaps = gaps.iter().filter(|gap| gap.why == why);
            gaps.map(|gap| there.iter().filter(|tuple| gap.has(tuple)).count()).sum::<usize>()
        };
        _ = writeln!(
            text,
            "| {party} | {machine} | {} | {hit} | {} | {} |",
            there.len(),
            because(Why::LeftOut),
            because(Why::Impossible),
        );
    };
    for party in Party::ALL {
        let name = party.name().replace('_', " ");
        let own = all.iter().filter(|tuple| tuple.party == *party);
        let machines: BTreeSet<&str> = own.map(|tuple| tuple.machine).collect();
        for machine in &machines {
            row(&name, machine, &|t: &&Tuple| t.party == *party && t.machine == *machine);
        }
        if machines.len() > 1 {
            row(&format!("**{name}**"), "**all**", &|t: &&Tuple| t.party == *party);
        }
    }
    row("**all**", "**all**", &|_: &&Tuple| true);
    text
}

/// What each scope reaches, and what no other does.
fn scopes(by_scope: &ByScope) -> String {
    let mut text = "\n## Scopes\n\n".to_owned();
    text.push_str("| scope | pairs | in this scope alone | such as |\n|---|---|---|---|\n");
    let mut scopes: BTreeMap<&Tuple, usize> = BTreeMap::new();
    for tuple in by_scope.values().flatten() {
        *scopes.entry(tuple).or_default() += 1;
    }
    for name in DEFAULT {
        let Some(tuples) = by_scope.get(name) else { continue };
        let alone: Vec<&Tuple> = tuples.iter().filter(|tuple| scopes[tuple] == 1).collect();
        let such = alone.first().map(ToString::to_string).unwrap_or_default();
        _ = writeln!(text, "| {name} | {} | {} | {such} |", tuples.len(), alone.len());
    }
    text
}

/// The pairs that are not reached for this kind of reason.
fn listed(all: &BTreeSet<Tuple>, gaps: &[Gap], why: Why) -> String {
    let mut text = match why {
        Why::LeftOut => {
            "\n## Left out of the model\n\nThe model does not bring these about; the state tables \
             and the tests of the\nsteps have them.\n"
        }
        Why::Impossible => {
            "\n## Impossible in the order of things\n\nWhat went before keeps these from \
             happening, as far as the scopes show.\n"
        }
    }
    .to_owned();
    text.push_str("\n| machine | in | on | pairs | because |\n|---|---|---|---|---|\n");
    for gap in gaps.iter().filter(|gap| gap.why == why) {
        let pairs = all.iter().filter(|tuple| gap.has(tuple)).count();
        let (states, inputs) = (words(gap.states), words(gap.inputs));
        _ = writeln!(text, "| {} | {states} | {inputs} | {pairs} | {} |", gap.machine, gap.reason);
    }
    text
}

/// The names in words; `…` stands for any ending.
fn words(which: Which) -> String {
    let list = |names: &[&str]| names.join("; ").replace('*', "…");
    match which {
        Which::All => "any".to_owned(),
        Which::These(names) => list(names),
        Which::But(names) => format!("any but {}", list(names)),
    }
}
