//! The commands that print what the program knows.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::ran::{command, run};

#[test]
fn the_default_policy_is_at_or_above_the_floor() {
    let ran = run(&["policy", "check", "../../../../models/policies/default.toml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("At or above the floor everywhere (12,960 combinations checked)."));
    assert!(ran.out.contains("medium from 30.00, large from 150.00"));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    for kind in bindproof::wallet::kind::Kind::ALL {
        assert!(ran.out.lines().any(|line| line.starts_with(kind.name())), "{kind}");
    }
}

#[test]
fn every_party_has_its_table() {
    for party in ["bank-client", "bank-server", "wallet-server", "wallet-client"] {
        let ran = run(&["table", party]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.lines().count() > 5, "{}", ran.out);
    }
}

#[test]
fn the_requirements_are_those_of_the_docs() {
    let ran = run(&["requirements"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let docs = include_str!("../../../../docs/generated/requirements.md");
    assert_eq!(ran.out.trim_end(), docs.trim_end());
}

#[test]
fn every_built_in_scope_is_listed_and_can_be_printed() {
    let ran = run(&["scopes"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    for built_in in bindproof_models::scopes::BUILT_IN {
        assert!(ran.out.lines().any(|line| line.starts_with(built_in.name)), "{}", built_in.name);
        let printed = run(&["scopes", "--print", built_in.name]);
        assert_eq!(printed.code, 0);
        // The pinned figures are not a copy's: a copy that is changed would fail by them.
        let scope = built_in.text.split("\n[pinned]").next().expect("a beginning");
        assert!(printed.out.starts_with(scope), "{}", printed.out);
        let said = "# [pinned] is left out: ";
        assert!(printed.out.contains(said) || scope == built_in.text, "{}", printed.out);
        let copy = bindproof_models::scope::Scope::parse("copy.toml", &printed.out);
        assert!(copy.is_ok_and(|copy| copy.pinned.is_none()), "{}", printed.out);
    }
}

#[test]
fn a_printed_scope_can_be_checked_as_a_file() {
    let folder = std::env::temp_dir().join(format!("bindproof-scope-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join("copy.toml");
    std::fs::write(&file, run(&["scopes", "--print", "smoke"]).out).expect("it can be written");
    let ran = run(&["check", &file.display().to_string()]);
    std::fs::remove_dir_all(&folder).expect("it can be removed");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn the_explorer_says_that_its_green_is_no_verdict() {
    let mut explorer = command(&["explore", "impostor", "--address", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let lines = BufReader::new(explorer.stdout.take().expect("it has a stdout")).lines();
    let mut text = String::new();
    // It serves until it is ended, so only what comes before is read.
    for line in lines.map_while(Result::ok) {
        text.push_str(line.trim());
        text.push(' ');
        if text.contains("bindproof check gives one.") {
            break;
        }
    }
    explorer.kill().expect("it can be ended");
    explorer.wait().expect("it ends");
    assert!(text.contains("Only properties of single states are checked here"), "{text}");
    assert!(text.contains("is no verdict"), "{text}");
}
