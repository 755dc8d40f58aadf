//! `bindproof mutants`.

use serde_json::Value;

use crate::ran::run;

#[test]
fn a_mutant_that_is_killed_is_shown_with_its_attack() {
    let ran = run(&["mutants", "waits-for-account"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.starts_with("With every control on, under the policy default: 1 scope "));
    assert!(ran.out.contains("never-bound-without-registered-account  "));
    assert!(ran.out.contains("   1. the holder asks for binding 0"));
    assert!(ran.out.contains("1 of 1 mutant killed by the property that is expected to."));
    let before = ran.out.split("```").next().unwrap_or_default();
    assert!(before.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn json_has_one_object_a_mutant() {
    let ran = run(&["mutants", "waits-for-account", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let objects: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(objects.len(), 2, "the last one sums up");
    let object = &objects[0];
    assert_eq!(object["schema"], "bindproof.mutants/1");
    assert_eq!(object["mutant"], "waits-for-account");
    assert_eq!(object["expected"], "never-bound-without-registered-account");
    assert_eq!(object["verdict"], "killed");
    let by = object["killed_by"].as_array().expect("a list");
    assert!(by.contains(&object["expected"]));
    assert_eq!(object["replay"].as_array().map(Vec::len), Some(4));
    assert_eq!(object["confirmed"], true);
    assert!(object["loop_from"].is_null() && object["stuck"].is_null(), "{object}");
    let last = &objects[1];
    assert_eq!(last["schema"], "bindproof.mutants.summary/1");
    assert_eq!((&last["exit_code"], &last["killed"]), (&0.into(), &1.into()));
    assert!(last["idle"].is_null(), "not every mutant was looked at: {last}");
}

#[test]
fn an_attack_that_goes_round_says_from_where() {
    let ran = run(&["mutants", "challenge-expires", "--format", "json"]);
    let line = ran.out.lines().next().expect("an object");
    let object: Value = serde_json::from_str(line).expect("an object");
    assert_eq!((&object["shortest"], &object["loop_from"]), (&2.into(), &2.into()));
    assert!(object["stuck"].as_str().is_some_and(|stuck| stuck.starts_with("operation 0")));
}

#[test]
fn the_markdown_page_is_the_same_every_time() {
    let pages = ["1", "2"].map(|threads| {
        let ran =
            run(&["mutants", "waits-for-account", "--format", "markdown", "--threads", threads]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        ran.out
    });
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].contains("# Kill matrix\n"));
    assert!(pages[0].contains("| [`waits-for-account`](#waits-for-account) | smoke | "));
    assert!(pages[0].contains("\n1. the holder asks for binding 0"));
    assert!(pages[0].ends_with("</details>\n"));
}

#[test]
fn a_base_that_does_not_hold_is_told_like_any_other_result() {
    let arguments = ["mutants", "revoked-does-nothing", "--policy", "policy-strict.toml"];
    let text = run(&arguments);
    assert_eq!((text.code, text.out.as_str()), (2, ""));
    let why = text.err.strip_prefix("bindproof: ").expect("it is the command's").trim_end();
    assert!(why.contains(" is no base for mutants; with every control on: unreached: "), "{why}");
    let json = run(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!((json.code, json.err.as_str()), (2, text.err.as_str()));
    let last: Value = serde_json::from_str(&json.out).expect("one object");
    assert_eq!(last["schema"], "bindproof.mutants.summary/1");
    assert_eq!((&last["exit_code"], &last["reason"]), (&2.into(), &why.into()));
    assert_eq!((&last["mutants"], &last["idle"]), (&0.into(), &Value::Null));
}
