//! One JSON object a scope.

use bindproof_models::properties::ALL;
use serde_json::Value;

use crate::ran::run;

/// The objects that a check prints, one a line.
fn objects(arguments: &[&str]) -> (i32, Vec<Value>) {
    let ran = run(&[&["check", "--format", "json"][..], arguments].concat());
    let parse = |line: &str| serde_json::from_str(line).expect("each line is JSON");
    (ran.code, ran.out.lines().map(parse).collect())
}

/// The keys in the order in which they are written.
fn keys(line: &str) -> Vec<String> {
    let (mut keys, mut depth) = (Vec::new(), 0);
    let parts: Vec<&str> = line.split('"').collect();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 0 {
            depth += part.matches(['{', '[']).count();
            depth -= part.matches(['}', ']']).count();
        } else if depth == 1 && parts.get(index + 1).is_some_and(|next| next.starts_with(':')) {
            keys.push((*part).to_owned());
        }
    }
    keys
}

#[test]
fn the_keys_are_those_of_the_schema() {
    let ran = run(&["check", "smoke", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out.lines().count(), 1);
    let top = [
        "schema",
        "engine",
        "scope",
        "scope_digest",
        "policy",
        "threads",
        "orbit",
        "verdict",
        "cut_by",
        "boundary_cuts",
        "doubts",
        "distinct",
        "generated",
        "depth",
        "seconds",
        "peak_bytes",
        "properties",
    ];
    assert_eq!(keys(ran.out.trim()), top);
    let object: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(object["schema"], "bindproof.check/1");
    assert_eq!(object["engine"], "bindproof-checker");
    assert_eq!(object["scope"], "smoke");
    assert_eq!(object["policy"], "default");
    assert_eq!(object["verdict"], "exhausted");
    assert_eq!(object["cut_by"], Value::Null);
    assert_eq!(object["boundary_cuts"], 0);
    assert!(object["peak_bytes"].as_u64().is_some_and(|bytes| bytes > 1_000_000));
    let properties = object["properties"].as_array().expect("properties are a list");
    assert_eq!(properties.len(), ALL.len() + 36);
    for property in properties {
        let mut keys: Vec<_> = property.as_object().expect("an object").keys().collect();
        keys.sort();
        assert_eq!(keys, ["kind", "name", "replay", "verdict"]);
        let verdict = property["verdict"].as_str().expect("a word");
        assert!(["holds", "witnessed", "not_run"].contains(&verdict), "{property}");
    }
}

#[test]
fn threads_change_nothing_but_time_and_memory() {
    let scopes = ["impostor", "smoke", "same-instrument", "lockout"];
    let with = |scopes: &[&str], threads, each: u64| {
        let (code, mut objects) = objects(&[scopes, &["--threads", threads]].concat());
        assert_eq!(code, 0);
        for object in &mut objects {
            let object = object.as_object_mut().expect("an object");
            assert_eq!(object.remove("threads"), Some(each.into()));
            object.remove("seconds").expect("seconds are there");
            object.remove("peak_bytes").expect("memory is there");
        }
        objects
    };
    let one = with(&scopes, "1", 1);
    assert_eq!(one, with(&scopes, "2", 1), "several scopes at once");
    assert_eq!(with(&["smoke"], "1", 1), with(&["smoke"], "3", 3), "one scope on several threads");
    let names: Vec<_> = one.iter().filter_map(|object| object["scope"].as_str()).collect();
    assert_eq!(names, scopes);
}

#[test]
fn a_violation_has_its_replay() {
    let (code, objects) = objects(&["smoke", "--without", "waits-for-account"]);
    assert_eq!(code, 1);
    assert_eq!(objects[0]["verdict"], "violated");
    assert_eq!(objects[0]["without"], Value::from(vec!["waits-for-account"]));
    let first = &objects[0]["properties"][0];
    assert_eq!(first["verdict"], "violated");
    let replay = first["replay"].as_array().expect("a list of sentences");
    assert_eq!(replay[0], "the holder asks for binding 0 in the bank client");
}

#[test]
fn a_check_cut_short_says_by_what() {
    let (code, objects) = objects(&["smoke", "--max-states", "200"]);
    assert_eq!(code, 2);
    assert_eq!(objects[0]["verdict"], "truncated");
    assert_eq!(objects[0]["cut_by"], "limit of 200 states");
    let properties = objects[0]["properties"].as_array().expect("a list");
    assert!(properties.iter().all(|property| property["verdict"] != "holds"));
}

#[test]
fn figures_that_differ_are_undecided_and_told_on_stderr() {
    let ran = run(&["check", "pinned.toml", "--format", "json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("\"verdict\":\"undecided\""));
    assert!(ran.err.starts_with("bindproof: pinned: distinct states: pinned 7, found "));
    assert!(ran.err.ends_with("; delete [pinned] from the scope if it was changed on purpose\n"));
}

#[test]
fn a_policy_is_named_by_its_file() {
    let policy = "../../../../models/policies/default.toml";
    let (code, objects) = objects(&["smoke", "--policy", policy]);
    assert_eq!(code, 0);
    assert_eq!(objects[0]["policy"], policy);
}
