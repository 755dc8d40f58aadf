//! Step vectors: one step each.

use std::collections::{BTreeMap, BTreeSet};

use bindproof::PROTOCOL;
use bindproof::journal::Decided;
use bindproof::policy::Policy;
use bindproof_models::hunt::shown;
use bindproof_models::scope::Scope;
use bindproof_models::scopes::find as built_in;
use bindproof_models::table::Tuple;
use bindproof_models::views::{LocalView, Seen};
use serde::Serialize;
use serde_json::{Value, json};

use super::find::{At, Found, machine};
use super::targets::SCOPES;
use super::{File, STEPS, notes, text};
use crate::record::{Stepped, decide};
use crate::requirements;

/// Everything has a form.
fn form<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The files of step vectors, one a machine.
pub fn files(found: &Found) -> Vec<File> {
    // One step may show several things; it is one vector.
    let mut steps: BTreeMap<&'static str, BTreeMap<LocalView, At>> = BTreeMap::new();
    for at in found.steps.values() {
        let of = steps.entry(machine(&at.view.seen)).or_default();
        let known = of.entry(at.view).or_insert(*at);
        if known.depth > at.depth {
            *known = *at;
        }
    }
    steps.into_iter().map(|(machine, of)| file(machine, of.into_values().collect())).collect()
}

fn file(machine: &'static str, mut steps: Vec<At>) -> File {
    // The nearest first, so that a reader begins with what happens first.
    steps.sort_by_key(|at| (at.depth, at.scope, at.view));
    let mut flags: BTreeSet<&'static str> = BTreeSet::new();
    let vectors: Vec<Value> =
        (1..).zip(&steps).map(|(number, at)| vector(machine, number, at, &mut flags)).collect();
    let about = [
        ("format", json!(STEPS)),
        ("protocol", json!(PROTOCOL)),
        ("machine", json!(machine)),
        ("count", json!(vectors.len())),
        ("notes", notes(flags)),
    ];
    File { name: format!("steps/{machine}.json"), text: text(&about, &vectors) }
}

/// The scope of a step.
fn scope(at: &At) -> Option<Scope> {
    let known = built_in(SCOPES[at.scope].0).ok()?;
    Scope::parse(known.file, known.text).ok()
}

fn vector(machine: &str, number: usize, at: &At, all: &mut BTreeSet<&'static str>) -> Value {
    let LocalView { seen, decided } = at.view;
    let scope = scope(at);
    let limits = scope.map(|scope| scope.limits.limits()).unwrap_or_default();
    let policy = Policy::DEFAULT;
    let terms = bindproof::wallet::operation::Terms { policy: &policy, limits: &limits };
    let mut flags: Vec<&'static str> =
        shown(terms, &seen).into_iter().map(|control| control.name()).collect();
    flags.push(flag(decided));
    all.extend(&flags);
    let mut vector = json!({
        "id": format!("{machine}-{number:04}"),
        "about": Tuple::of(seen).to_string(),
        "requirements": requirements(decided),
        "flags": flags,
        "run": { "scope": SCOPES[at.scope].0, "actions": at.depth },
        "before": records(&seen),
        "input": input(&seen),
        "decided": decided,
    });
    if machine == "operation" {
        vector["limits"] = form(&limits);
    }
    let stepped = decide(terms)(&seen);
    if seen.is_of_a_server() {
        vector["orders"] = form(&stepped.orders);
    }
    if let Decided::Applied(_) = decided {
        vector["after"] = records(&after(&stepped, &seen));
    }
    vector
}

/// What a step leaves behind; a client's step, too.
fn after(stepped: &Stepped, seen: &Seen) -> Seen {
    use bindproof::bank::client;
    use bindproof::verdict::Verdict;
    use bindproof::wallet::client as wallet_client;
    match *seen {
        Seen::BankClient(state, input) => match client::step(state, input) {
            Verdict::Apply(step) => Seen::BankClient(step.state, input),
            _ => *seen,
        },
        Seen::WalletClient(state, input) => match wallet_client::step(state, input) {
            Verdict::Apply(step) => Seen::WalletClient(step.state, input),
            _ => *seen,
        },
        _ => stepped.after,
    }
}

/// The ids of what a decision rests on.
pub fn requirements(decided: Decided) -> Vec<String> {
    requirements::of(decided).iter().map(|number| requirements::id(*number)).collect()
}

/// The flag of a vector that is there for what it decides.
pub const fn flag(decided: Decided) -> &'static str {
    match decided {
        Decided::Applied(_) => "moves",
        Decided::Replayed(_) => "repeats",
        Decided::Refused(_) => "refuses",
    }
}

fn records(seen: &Seen) -> Value {
    match seen {
        Seen::BankClient(state, _) => json!({ "state": state }),
        Seen::Binding(state, _) => json!({ "binding": state }),
        Seen::Debit(state, _) => json!({ "debit": state }),
        Seen::Link(view, _) => json!({ "link": view.link, "account": view.account }),
        Seen::Operation(view, _) => json!({
            "operation": view.operation,
            "account": view.account,
            "device": view.device,
            "lock": view.lock,
        }),
        Seen::Device(state, _) => json!({ "device": state }),
        Seen::Lock(state, _) => json!({ "lock": state }),
        Seen::WalletClient(state, _) => json!({ "state": state }),
    }
}

fn input(seen: &Seen) -> Value {
    match seen {
        Seen::BankClient(_, input) => form(input),
        Seen::Binding(_, input) => form(input),
        Seen::Debit(_, input) => form(input),
        Seen::Link(_, input) => form(input),
        Seen::Operation(_, input) => form(input),
        Seen::Device(_, input) => form(input),
        Seen::Lock(_, input) => form(input),
        Seen::WalletClient(_, input) => form(input),
    }
}
