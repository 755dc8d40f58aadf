//! Journals, checked.

use serde_json::Value;

use crate::ran::{Ran, fails, run};

const DEMONSTRATION: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/tests/data/demonstration");

fn journals() -> Vec<String> {
    ["north-bank", "south-bank", "wallet"]
        .iter()
        .map(|name| format!("{DEMONSTRATION}/{name}.ndjson"))
        .collect()
}

fn check(more: &[&str], files: &[String]) -> Ran {
    let mut arguments = vec!["trace", "check"];
    arguments.extend(more);
    arguments.extend(files.iter().map(String::as_str));
    run(&arguments)
}

/// The journals with one line of the wallet's changed, in a folder of their own.
fn changed(test: &str, from: &str, to: &str) -> (std::path::PathBuf, Vec<String>) {
    let folder =
        std::env::temp_dir().join(format!("bindproof-trace-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("made");
    let files = journals().into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).expect("there");
        let name = std::path::Path::new(&file).file_name().expect("a name").to_owned();
        let text = if file.ends_with("wallet.ndjson") { text.replacen(from, to, 1) } else { text };
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    });
    let files = files.collect();
    (folder, files)
}

#[test]
fn good_journals_end_with_0_and_say_what_was_looked_at() {
    let ran = check(&["--complete"], &journals());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    for says in [
        "never-bound-without-registered-account",
        "holds, as far as the journals say",
        "not decided by journals",
        "both halves of 3 bindings.",
        "Every entry is what the specification's steps decide.",
    ] {
        assert!(ran.out.contains(says), "{says}\n{}", ran.out);
    }
}

#[test]
fn a_side_that_is_missing_ends_with_2_and_is_named() {
    let ran = check(&[], &journals()[2..]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{}", ran.out);
    let says = "Not decided: a message came from a server whose journal is not there";
    assert!(ran.out.contains(says), "{}", ran.out);
}

#[test]
fn a_changed_journal_ends_with_1_and_says_where_and_why() {
    let from = "\"decided\":{\"applied\":\"link.activated\"}";
    let (folder, files) = changed("text", from, "\"decided\":{\"applied\":\"link.awaits\"}");
    let ran = check(&["--complete"], &files);
    let mermaid = check(&["--format", "mermaid"], &files);
    let json = check(&["--format", "json"], &files);
    std::fs::remove_dir_all(folder).expect("removed");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    // The hashes are as they were, so it is the chain that shows it.
    for says in ["1. chain-broken (BIND-096)", "wallet.ndjson:", "expected:", "NOT the protocol"] {
        assert!(ran.out.contains(says), "{says}\n{}", ran.out);
    }
    assert!(mermaid.code == 1 && mermaid.out.starts_with("sequenceDiagram\n"), "{}", mermaid.out);
    let report: Value = serde_json::from_str(&json.out).expect("one object");
    assert_eq!(json.code, 1);
    assert_eq!(report["verdict"], "violated");
    let finding = &report["findings"][0];
    assert_eq!(finding["fault"], "chain-broken");
    assert!(finding["line"].as_u64() > Some(1) && finding["server"] == "wallet", "{finding}");
    assert_eq!(report["properties"].as_array().map(Vec::len), Some(25));
}

#[test]
fn what_is_no_journal_is_refused_and_named() {
    let (code, line) = fails(&["trace", "check", "pinned.toml"]);
    assert_eq!(code, 65);
    assert!(line.contains("pinned.toml: line 1: "), "{line}");
    let (code, line) = fails(&["trace", "check", "nowhere.ndjson"]);
    assert!(code == 66 && line.contains("nowhere.ndjson"), "{line}");
    assert_eq!(fails(&["trace", "check"]).0, 64);
}
