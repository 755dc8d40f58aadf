//! What other servers may do otherwise than those of this repository, and be right.

use std::collections::BTreeMap;

use bindproof_conformance::trace::{Fault, Report, Verdict};
use serde_json::{Value, json};

use crate::good::demonstration;
use crate::mutate::{Parsed, parsed, texts};
use crate::{checked, told};

/// A message that is owed: its sender, its name, and what it is about.
type Owed<'a> = (&'a str, &'a str, &'a str);

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn server(journal: &Parsed) -> String {
    let header: Value = serde_json::from_str(&journal.header).expect("JSON");
    text(&header, "server").to_owned()
}

/// What is said of the demonstration of servers that name their messages so.
fn keyed(mut name: impl FnMut(Owed<'_>) -> String) -> Report {
    let mut journals = parsed(&demonstration());
    let mut keys: BTreeMap<[String; 3], String> = BTreeMap::new();
    let of = |server: &str, message: &Value, key: &str| {
        [server, text(message, "message"), key].map(str::to_owned)
    };
    for journal in &mut journals {
        let server = server(journal);
        for line in &mut journal.lines {
            let owed = line.pointer_mut("/commit/owed").and_then(Value::as_array_mut);
            for owed in owed.into_iter().flatten() {
                let key = name((&server, text(owed, "message"), text(owed, "about")));
                keys.insert(of(&server, owed, text(owed, "key")), key.clone());
                owed["key"] = json!(key);
            }
        }
    }
    for line in journals.iter_mut().flat_map(|journal| &mut journal.lines) {
        let Some(received) = line.get_mut("received") else { continue };
        if let Some(key) = keys.get(&of(text(received, "from"), received, text(received, "key"))) {
            received["key"] = json!(key);
        }
    }
    checked(&texts(&journals, None), true)
}

#[test]
fn a_key_counts_for_one_server() {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let report = keyed(|(server, ..)| {
        let count = counted.entry(server.to_owned()).or_default();
        *count += 1;
        count.to_string()
    });
    assert!(counted.len() == 3 && counted.values().all(|count| *count > 1), "{counted:?}");
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
}

#[test]
fn a_key_counts_for_one_kind_of_message_and_for_one_of_that_kind() {
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    let report = keyed(|(_, message, about)| {
        let times = times.entry(format!("{message} {about}")).or_default();
        *times += 1;
        format!("{about} {times}")
    });
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
    let report = keyed(|(_, message, _)| message.to_owned());
    let wrong = report.findings.first().map(|finding| &finding.wrong);
    let wrong = wrong.map(|wrong| (wrong.fault, wrong.requirement, wrong.found.as_str()));
    let expected = (Fault::OwesOtherwise, 123, "used before");
    assert_eq!(wrong, Some(expected), "{}", told(&report));
}
