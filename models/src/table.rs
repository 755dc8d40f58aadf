//! The total state tables, for people: every state of every machine against every input, decided
//! by the specification's own `step` and by nothing written down twice.
//!
//! Where a domain is large (the facts around an operation), the table runs over a reviewed finite
//! part of it: everything as it should be, and each single deviation from that. The tests show
//! that every rule, and every refusal that a step can give, is in it.

mod bank;
mod link;
mod operation;
mod render;
#[cfg(test)]
mod tests;
mod tuple;
mod wallet;

pub use tuple::Tuple;

use std::collections::BTreeSet;

use bindproof::message::Party;
use bindproof::refusal::Refusal;
use bindproof::rule::Rule;

use render::{Cell, Machine};

/// What the page says of itself.
const HEAD: &str = "\
# State tables

Generated from the specification's `step` functions; do not edit. Regenerate with
`BINDPROOF_BLESS=1 cargo test -p bindproof-tests --test it generated`.

Each table is total: every state stands against every input.

* `→ state (rule)`: the step applies; what follows the state is what it changes besides.
* `same (rule)`: nothing changes, and the same answer is given again.
* `no: refusal`: nothing changes, because of this.
* `R` stands for the reason given, `O` for the outcome of the state.
* *when* lists what else the step looks at, where it matters; *otherwise* is all the rest.
* An account is *verified*, *self-asserted* (open, and nobody has verified whose it is) or
  *registered by a bank, not yet authenticated*. That a step leaves an account *verified* or
  *authenticated* sets that member of its record, and `origin` stays as it was.
* *orders* are what the step orders, in this sequence; in the tables of clients they stand behind
  what is decided. What each has a server do is in [orders.md](orders.md). `revision` is the bank
  revision after the step.
";

/// The machines of one party.
fn machines(party: Party) -> Vec<Machine> {
    match party {
        Party::BankClient => vec![bank::client()],
        Party::BankServer => vec![bank::binding(), bank::debit()],
        Party::WalletServer => {
            vec![link::link(), operation::operation(), wallet::device(), wallet::lock()]
        }
        Party::WalletClient => vec![wallet::client()],
    }
}

/// The tables and graphs of one party's machines, in Markdown.
pub fn markdown(party: Party) -> String {
    let title = party.name().replace('_', " ");
    let mut text = format!("## The {title}\n");
    for machine in machines(party) {
        text.push('\n');
        text.push_str(&machine.markdown());
    }
    text
}

/// The whole page `docs/generated/tables.md`.
pub fn all() -> String {
    let mut text = HEAD.to_owned();
    for party in Party::ALL {
        text.push('\n');
        text.push_str(&markdown(*party));
    }
    text
}

/// Every state of every machine with every kind of input.
pub fn tuples() -> BTreeSet<Tuple> {
    let of_party = |party: &Party| {
        let party = *party;
        let tuples = move |machine: Machine| {
            machine.entries.into_iter().map(move |entry| Tuple {
                party,
                machine: machine.name,
                state: entry.state.to_string(),
                input: tuple::kind(machine.name, &entry.input).to_owned(),
            })
        };
        machines(party).into_iter().flat_map(tuples)
    };
    Party::ALL.iter().flat_map(of_party).collect()
}

/// Every cell of every table.
fn cells() -> impl Iterator<Item = Cell> {
    Party::ALL
        .iter()
        .flat_map(|party| machines(*party))
        .flat_map(|machine| machine.entries)
        .map(|entry| entry.decision.cell)
}

/// Every rule that some cell of the tables fires.
pub fn rules() -> BTreeSet<Rule> {
    cells().filter_map(|cell| cell.rule()).collect()
}

/// Every refusal that some cell of the tables gives.
pub fn refusals() -> BTreeSet<Refusal> {
    cells()
        .filter_map(|cell| match cell {
            Cell::No(refusal) => Some(refusal),
            _ => None,
        })
        .collect()
}
