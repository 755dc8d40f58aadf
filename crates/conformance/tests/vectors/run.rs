//! Runs every vector: step vectors against the specification's steps, message vectors as journals,
//! cryptography vectors by the functions that the servers sign and verify by.
//! A file that no runner has opened is a failure.

use std::collections::BTreeSet;
use std::io::Cursor;

use bindproof::bank::{binding, client, debit};
use bindproof::journal::Decided;
use bindproof::limits::Limits;
use bindproof::policy::Policy;
use bindproof::verdict::Verdict;
use bindproof::wallet::operation::{Terms, View};
use bindproof::wallet::{client as wallet_client, device, link, lock, operation};
use bindproof_conformance::trace::hash::{hash_of, with_hash};
use bindproof_conformance::trace::{Extent, Source, check, tell};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{cryptography, found, vectors};

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

fn form<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).expect("JSON")
}

/// What a verdict has to be in a vector: decision, orders, and the records afterwards.
fn outcome<S, O: Copy + Serialize>(
    verdict: Verdict<S, O>,
    records: impl FnOnce(S) -> Value,
) -> (Value, Value, Option<Value>) {
    let decided = form(Decided::of(&verdict));
    let orders: Vec<O> = verdict.orders().collect();
    let after = match verdict {
        Verdict::Apply(step) => Some(records(step.state)),
        Verdict::Replay(..) | Verdict::Refuse(_) => None,
    };
    (decided, form(orders), after)
}

/// What the specification's step makes of a vector.
fn step(machine: &str, vector: &Value) -> (Value, Value, Option<Value>) {
    let (before, input) = (&vector["before"], &vector["input"]);
    match machine {
        "bank-client" => outcome(
            client::step(read(&before["state"]), read(input)),
            |state| json!({ "state": state }),
        ),
        "binding" => outcome(
            binding::step(read(&before["binding"]), read(input)),
            |state| json!({ "binding": state }),
        ),
        "debit" => outcome(
            debit::step(read(&before["debit"]), read(input)),
            |state| json!({ "debit": state }),
        ),
        "link" => {
            let view =
                link::View { link: read(&before["link"]), account: read(&before["account"]) };
            outcome(
                link::step(view, read(input)),
                |view| json!({ "link": view.link, "account": view.account }),
            )
        }
        "operation" => {
            let limits: Limits = read(&vector["limits"]);
            let policy = Policy::DEFAULT;
            let view = View {
                operation: read(&before["operation"]),
                account: read(&before["account"]),
                device: read(&before["device"]),
                lock: read(&before["lock"]),
            };
            let terms = Terms { policy: &policy, limits: &limits };
            outcome(operation::step(terms, view, read(input)), |view| {
                json!({
                    "operation": view.operation,
                    "account": view.account,
                    "device": view.device,
                    "lock": view.lock,
                })
            })
        }
        "device" => nothing(device::step(read(&before["device"]), read(input)), "device"),
        "lock" => nothing(lock::step(read(&before["lock"]), read(input)), "lock"),
        "wallet-client" => outcome(
            wallet_client::step(read(&before["state"]), read(input)),
            |state| json!({ "state": state }),
        ),
        other => panic!("no step for {other}"),
    }
}

/// A verdict of a step that orders nothing.
fn nothing<S: Serialize>(verdict: Verdict<S, ()>, name: &str) -> (Value, Value, Option<Value>) {
    let (decided, _, after) = outcome(verdict, |state| json!({ name: state }));
    (decided, json!([]), after)
}

/// Runs a file of step vectors; what is wrong, and how many there are.
fn steps(text: &str) -> (Vec<String>, usize) {
    let file: Value = serde_json::from_str(text).expect("JSON");
    let machine = file["machine"].as_str().expect("a word");
    let mut wrong = Vec::new();
    let vectors = vectors(text);
    for vector in &vectors {
        let (decided, orders, after) = step(machine, vector);
        let same_orders = vector.get("orders").is_none_or(|expected| *expected == orders);
        let same = decided == vector["decided"] && after.as_ref() == vector.get("after");
        if !(same && same_orders) {
            wrong.push(format!("{}: {decided} {orders} {after:?}", vector["id"]));
        }
    }
    (wrong, vectors.len())
}

/// Runs a file of message vectors, each as the journals of its servers.
fn messages(text: &str) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let vectors = vectors(text);
    for vector in &vectors {
        let servers = vector["servers"].as_object().expect("headers");
        // A server that keeps no journal is a hostile bank: nothing of it is in a run.
        let sources = servers.iter().map(|(name, header)| {
            let lines = vector["steps"].as_array().expect("a list").iter();
            let own = lines.filter(|step| step["at"] == name.as_str());
            let lines = own.flat_map(|step| step["lines"].as_array().expect("a list").clone());
            Source { file: name.clone(), lines: Cursor::new(journal(header, lines)) }
        });
        let report = check(sources.collect(), Extent::Partial).expect("journals");
        if report.found > 0 || report.entries == 0 {
            let findings = report.findings.iter().map(|finding| tell::finding(&report, finding));
            let findings: Vec<String> = findings.collect();
            wrong.push(format!("{}: {}", vector["id"], findings.join("\n")));
        }
    }
    (wrong, vectors.len())
}

fn journal(header: &Value, lines: impl Iterator<Item = Value>) -> String {
    let mut hashes = std::collections::BTreeMap::new();
    let mut text = format!("{header}\n");
    for line in lines {
        let person = line["person"].as_str().expect("a key").to_owned();
        let before: &mut String = hashes.entry(person).or_default();
        let line = line.to_string();
        *before = hash_of(before, &line);
        text.push_str(&with_hash(&line, before));
        text.push('\n');
    }
    text
}

#[test]
fn every_vector_holds_and_every_file_was_opened() {
    let mut opened = BTreeSet::new();
    let (mut wrong, mut ran) = (Vec::new(), 0);
    let files = found();
    for (name, text) in &files {
        let (faults, count) = match name.split('/').next() {
            Some("steps") => steps(text),
            Some("messages") => messages(text),
            Some("cryptography") => cryptography::run(text),
            _ => continue,
        };
        opened.insert(name);
        wrong.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        ran += count;
    }
    let unopened: Vec<&String> = files.keys().filter(|name| !opened.contains(name)).collect();
    assert!(unopened.is_empty(), "nobody has opened {unopened:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 600 && files.len() >= 10, "only {ran} vectors in {} files", files.len());
}

#[test]
fn a_vector_that_is_wrong_is_noticed() {
    let files = found();
    let text = &files["steps/debit.json"];
    let changed =
        text.replacen("{\"applied\":\"debit.accepted\"}", "{\"applied\":\"debit.refused\"}", 1);
    assert_ne!(*text, changed);
    assert_eq!(steps(&changed).0.len(), 1);
    let text = &files["messages/decisions.json"];
    let changed = text.replacen(
        "{\"applied\":\"binding.account-found\"}",
        "{\"applied\":\"binding.asked\"}",
        1,
    );
    assert_ne!(*text, changed);
    assert!(!messages(&changed).0.is_empty());
}
