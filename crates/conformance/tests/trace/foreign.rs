//! What other servers may do otherwise than those of this repository, and be right.

use std::collections::BTreeMap;

use bindproof_conformance::trace::hash::hash_of;
use bindproof_conformance::trace::{Fault, Report, Verdict};
use serde_json::{Value, json};

use crate::good::demonstration;
use crate::mutate::{Parsed, parsed, texts};
use crate::{Extent, checked, told};

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
    checked(&texts(&journals, None), Extent::Whole)
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

/// A value as a language writes it that sets a blank behind each comma and colon.
fn spaced(value: &Value) -> String {
    let listed = |items: Vec<String>| items.join(", ");
    match value {
        Value::Object(members) => {
            let each = members.iter().map(|(name, of)| format!("{}: {}", json!(name), spaced(of)));
            format!("{{{}}}", listed(each.collect()))
        }
        Value::Array(items) => format!("[{}]", listed(items.iter().map(spaced).collect())),
        other => other.to_string(),
    }
}

/// The demonstration as other servers write it: `line` writes a line with its hash.
fn written(line: impl Fn(&str, &str) -> String) -> Report {
    let journals = parsed(&demonstration()).into_iter().map(|journal| {
        let mut hashes: BTreeMap<String, String> = BTreeMap::new();
        let mut text = spaced(&serde_json::from_str(&journal.header).expect("JSON")) + "\n";
        for value in &journal.lines {
            let hash = hashes.entry(self::text(value, "person").to_owned()).or_default();
            let form = spaced(value);
            *hash = hash_of(hash, &form);
            text += &line(&form, hash);
            text.push('\n');
        }
        let end = json!({ "end": { "lines": journal.lines.len(), "persons": hashes.len() } });
        (journal.name, text + &spaced(&end) + "\n")
    });
    checked(&journals.collect::<Vec<_>>(), Extent::Whole)
}

#[test]
fn a_hash_may_have_blanks_around_it() {
    let report = written(|line, hash| {
        let open = line.strip_suffix('}').expect("an object");
        format!("{open}, \"hash\": \"{hash}\"}}")
    });
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
}

#[test]
fn a_hash_that_stands_elsewhere_is_told_where_it_belongs() {
    let report = written(|line, hash| {
        let rest = line.strip_prefix('{').expect("an object");
        format!("{{\"hash\": \"{hash}\", {rest}")
    });
    let finding = &report.findings[0];
    assert_eq!((finding.wrong.fault, finding.line), (Fault::Unreadable, 2), "{}", told(&report));
    assert!(finding.wrong.found.contains("`hash` has to be the last member"), "{}", told(&report));
}

#[test]
fn what_a_message_of_the_table_may_not_have_is_told() {
    // The table of what was received has every member; whatever it does not have is refused.
    let mut journals = parsed(&demonstration());
    let received = journals[0].lines.iter_mut().find_map(|line| line.get_mut("received"));
    received.expect("a message")["currency"] = json!("EUR");
    let report = checked(&texts(&journals, None), Extent::Whole);
    let finding = &report.findings[0];
    assert_eq!(finding.wrong.fault, Fault::Unreadable, "{}", told(&report));
    assert!(finding.wrong.found.contains("`currency`"), "{}", told(&report));
}

#[test]
fn the_first_finding_is_the_message_that_nobody_sent() {
    // A bank sends a message under another key than it owes it, so that it waits for an answer to
    // what it owes, as long as the wallet waits for the message.
    let mut journals = parsed(&demonstration());
    let mut tried = 0;
    for (at, place) in places(&journals, |line| line.pointer("/received/key").is_some()) {
        let key = journals[at].lines[place]["received"]["key"].take();
        journals[at].lines[place]["received"]["key"] = json!("another");
        let report = checked(&texts(&journals, None), Extent::Whole);
        let first = report.findings.first().expect("a finding");
        let found = (first.wrong.fault, first.wrong.requirement, first.line, first.file.as_str());
        let expected = (Fault::NeverSent, 71, place as u64 + 2, journals[at].name.as_str());
        assert_eq!(found, expected, "{}", told(&report));
        journals[at].lines[place]["received"]["key"] = key;
        tried += 1;
    }
    assert!(tried > 5, "{tried}");
}

/// Where the lines stand that are such: the number of the journal, and of the line in it.
fn places(journals: &[Parsed], such: impl Fn(&Value) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, journal) in journals.iter().enumerate() {
        let lines = journal.lines.iter().enumerate();
        found.extend(lines.filter(|(_, line)| such(line)).map(|(place, _)| (at, place)));
    }
    found
}
