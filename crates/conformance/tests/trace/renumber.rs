//! Changed journals counted anew: places, transactions, writes, times. So it is what they say that
//! gives them away, and not how it is counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::mutate::{Parsed, parsed};

/// How far one person's lines have been counted.
#[derive(Default)]
struct Person {
    lines: u64,
    transactions: u64,
    /// Lines of the transaction that is not over.
    open: u64,
    at_ms: i64,
}

/// How often a record was written, and in which person's transaction last.
type Written = (u64, (String, u64));

/// Counts a journal anew. A transaction ends with the line that has its commit. Unless its times
/// are
/// `kept`, it has one time, and no time goes back.
pub fn renumber(journal: &mut Parsed, kept: bool) {
    let mut persons: BTreeMap<String, Person> = BTreeMap::new();
    let mut records: BTreeMap<String, Written> = BTreeMap::new();
    for line in &mut journal.lines {
        let name = line["person"].as_str().unwrap_or_default().to_owned();
        let person = persons.entry(name.clone()).or_default();
        let (first, said_ms) = (person.open == 0, line["at_ms"].as_i64().unwrap_or(0));
        if first {
            person.transactions += 1;
            person.at_ms = person.at_ms.max(said_ms);
        }
        match line.get_mut("entry") {
            Some(entry) => entry["sequence"] = json!(person.lines),
            None => line["sequence"] = json!(person.lines),
        }
        person.lines += 1;
        person.open += 1;
        if !kept {
            line["at_ms"] = json!(person.at_ms);
        }
        line["version"] = json!(person.transactions);
        if let Some(commit) = line.get_mut("commit") {
            commit["lines"] = json!(person.open);
            person.open = 0;
        }
        let transaction = (name, person.transactions);
        let after = line.get_mut("after").and_then(Value::as_array_mut);
        for touched in after.into_iter().flatten() {
            write(touched, &transaction, &mut records);
        }
    }
}

/// Counts one more write of a record, if it is the first in its transaction.
fn write(
    touched: &mut Value,
    transaction: &(String, u64),
    records: &mut BTreeMap<String, Written>,
) {
    let touch = touched.as_object_mut().and_then(|kinds| kinds.iter_mut().next());
    let Some((kind, touch)) = touch else { return };
    let key = format!("{kind} {}", touch["key"]);
    let (times, last) = records.entry(key).or_insert_with(|| (0, (String::new(), 0)));
    if last != transaction {
        (*times, *last) = (*times + 1, transaction.clone());
    }
    touch["version"] = json!(*times);
}

#[test]
fn a_good_journal_is_counted_as_it_was() {
    let demonstration = crate::good::demonstration();
    for run in crate::good::walks().iter().chain([&demonstration]) {
        for journal in &mut parsed(run) {
            let before = journal.lines.clone();
            renumber(journal, false);
            assert!(journal.lines == before, "{} of {}", journal.name, run.name);
        }
    }
}
