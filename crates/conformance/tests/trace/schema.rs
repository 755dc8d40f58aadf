//! The schema of journals says what the reader reads, and the page is what the code says.

use std::path::Path;
use std::process::Command;

use bindproof::policy::Policy;
use bindproof_conformance::schema;
use bindproof_conformance::trace::Verdict;
use bindproof_models::views::{Seen, reached};
use serde_json::{Value, json};

use crate::good::{WALKED, demonstration, scope, walks};
use crate::valid::fault;
use crate::{Extent, checked, told};

/// The root of the repository.
pub fn root() -> &'static Path {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates");
    crates.parent().expect("the root")
}

/// Compares a generated file; with `BINDPROOF_BLESS` it is written instead.
pub fn compare(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("BINDPROOF_BLESS").is_some() {
        std::fs::write(&file, expected).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    assert!(found == expected, "{path} is not what the code says, from line {differs:?} on");
}

#[test]
fn the_schema_of_journals_is_what_the_code_says() {
    let text = serde_json::to_string_pretty(&schema::trace()).expect("JSON") + "\n";
    compare("docs/generated/trace.schema.json", &text);
}

#[test]
fn every_line_of_every_good_journal_fits_the_schema() {
    let schema = schema::trace();
    let demonstration = demonstration();
    // One run of each scope has every kind of line.
    let runs = walks().iter().take(WALKED.len()).chain([&demonstration]);
    let mut lines = 0;
    for (_, text) in runs.flat_map(|run| &run.journals) {
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(fault(&schema, &value), None);
            lines += 1;
        }
    }
    assert!(lines > 1_000, "only {lines} lines");
}

#[test]
fn everything_that_a_step_sees_in_some_scope_fits_the_schema() {
    let mut schema = schema::trace();
    let mut fits = |name: &str, value: Value| {
        schema["oneOf"] = json!([{ "$ref": format!("#/$defs/{name}") }]);
        assert_eq!(fault(&schema, &value), None, "{name}");
    };
    let form = |value: &dyn Fn() -> serde_json::Result<Value>| value().expect("JSON");
    for name in ["registration", "approval", "suspend-pay", "recovery", "lockout-new"] {
        let reached = reached(&scope(name), &Policy::DEFAULT, 20_000).expect("fits");
        assert!(reached.views.len() > 100, "{name}");
        for view in reached.views {
            fits("decided", form(&|| serde_json::to_value(view.decided)));
            match view.seen {
                Seen::Binding(state, input) => {
                    fits("binding", form(&|| serde_json::to_value(state)));
                    fits("binding_input", form(&|| serde_json::to_value(input)));
                }
                Seen::Debit(state, input) => {
                    fits("debit", form(&|| serde_json::to_value(state)));
                    fits("debit_input", form(&|| serde_json::to_value(input)));
                }
                Seen::Link(view, input) => {
                    fits("link", form(&|| serde_json::to_value(view.link)));
                    fits("account", form(&|| serde_json::to_value(view.account)));
                    fits("link_input", form(&|| serde_json::to_value(input)));
                }
                Seen::Operation(view, input) => {
                    fits("operation", form(&|| serde_json::to_value(view.operation)));
                    fits("device", form(&|| serde_json::to_value(view.device)));
                    fits("lock", form(&|| serde_json::to_value(view.lock)));
                    fits("operation_input", form(&|| serde_json::to_value(input)));
                }
                Seen::Device(state, input) => {
                    fits("device", form(&|| serde_json::to_value(state)));
                    fits("device_input", form(&|| serde_json::to_value(input)));
                }
                Seen::Lock(state, input) => {
                    fits("lock", form(&|| serde_json::to_value(state)));
                    fits("lock_input", form(&|| serde_json::to_value(input)));
                }
                Seen::BankClient(..) | Seen::WalletClient(..) => {}
            }
        }
    }
}

#[test]
fn what_the_reader_does_not_take_does_not_fit_the_schema() {
    let schema = schema::trace();
    let line = walks()[0].journals[0].1.lines().nth(1).expect("a line").to_owned();
    let good: Value = serde_json::from_str(&line).expect("JSON");
    let changes: [(&str, Value); 6] = [
        ("/person", json!("ada")),
        ("/entry/decided", json!({ "applied": "binding.invented" })),
        ("/entry/event", json!({ "card": {} })),
        ("/at_ms", json!("now")),
        ("/commit", json!({ "lines": 1, "more": 2 })),
        ("/after", json!([{ "link": { "key": "1" } }])),
    ];
    for (place, value) in changes {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap_or_else(|| panic!("{place} in {good}")) = value;
        assert!(fault(&schema, &bad).is_some(), "{bad}");
    }
    let mut bad = good;
    bad["surname"] = json!("Lovelace");
    assert!(fault(&schema, &bad).is_some());
}

#[test]
fn the_example_in_python_writes_journals_that_are_accepted() {
    let folder = std::env::temp_dir().join(format!("bindproof-emit-{}", std::process::id()));
    let script = root().join("docs/examples/emit_trace.py");
    let ran = Command::new("python3").arg(&script).arg(&folder).output();
    let ran = ran.unwrap_or_else(|error| panic!("python3 is needed: {error}"));
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).expect("written");
        (name.to_owned(), text)
    };
    let journals = ["bank.ndjson", "wallet.ndjson"].map(read);
    std::fs::remove_dir_all(&folder).expect("removed");
    let report = checked(&journals, Extent::Whole);
    assert_eq!(report.verdict(), Verdict::Holds, "{}", told(&report));
    assert_eq!((report.entries, report.joined), (6, 1), "{}", told(&report));
    let schema = schema::trace();
    for line in journals.iter().flat_map(|(_, text)| text.lines()) {
        assert_eq!(fault(&schema, &serde_json::from_str(line).expect("JSON")), None);
    }
}
