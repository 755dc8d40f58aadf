//! One JSON object a scope.

use bindproof_models::properties::ALL;
use serde_json::Value;

use crate::ran::run;

/// The objects that a check prints, one a line; but for the last, which sums up.
fn objects(arguments: &[&str]) -> (i32, Vec<Value>) {
    let (code, mut objects, _) = summed_up(arguments);
    objects.pop();
    (code, objects)
}

/// All objects that a check prints, and the last of them.
fn summed_up(arguments: &[&str]) -> (i32, Vec<Value>, Value) {
    let ran = run(&[&["check", "--format", "json"][..], arguments].concat());
    let parse = |line: &str| serde_json::from_str(line).expect("each line is JSON");
    let objects: Vec<Value> = ran.out.lines().map(parse).collect();
    let last = objects.last().expect("there is one").clone();
    assert_eq!(last["exit_code"], ran.code, "{last}");
    (ran.code, objects, last)
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
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 2);
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
        "held_bytes",
        "process_peak_bytes",
        "properties",
    ];
    assert_eq!(keys(lines[0]), top);
    let object: Value = serde_json::from_str(lines[0]).expect("it is JSON");
    assert_eq!(object["schema"], "bindproof.check/2");
    assert_eq!(object["engine"], "bindproof-checker");
    assert_eq!(object["scope"], "smoke");
    assert_eq!(object["policy"], "default");
    assert_eq!(object["verdict"], "exhausted");
    assert_eq!(object["cut_by"], Value::Null);
    assert_eq!(object["boundary_cuts"], 0);
    let held = object["held_bytes"].as_u64().expect("a number");
    assert!(held > 100_000);
    if cfg!(target_os = "linux") {
        // The process has more than what it holds of a small scope.
        assert!(object["process_peak_bytes"].as_u64().is_some_and(|bytes| bytes > held));
    }
    let properties = object["properties"].as_array().expect("properties are a list");
    assert_eq!(properties.len(), ALL.len() + 37);
    for property in properties {
        let mut keys: Vec<_> = property.as_object().expect("an object").keys().collect();
        keys.sort();
        let known =
            ["confirmed", "kind", "loop_from", "name", "replay", "says", "stuck", "verdict"];
        assert_eq!(keys, known);
        assert_eq!(property["confirmed"].as_bool(), property["replay"].as_array().map(|_| true));
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
            object.remove("held_bytes").expect("memory is there");
            object.remove("process_peak_bytes").expect("memory is there");
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
fn a_run_that_goes_round_says_from_where_and_who_waits() {
    let property = "every-challenge-settles";
    let only = ["--without", "challenge-expires", "--property", property];
    let (code, objects) = objects(&[&["closing"][..], &only].concat());
    assert_eq!(code, 1);
    let told = &objects[0]["properties"][0];
    assert_eq!(told["name"], property);
    let steps = told["replay"].as_array().expect("a list").len();
    assert_eq!(told["loop_from"], steps, "it stays so: {told}");
    assert!(told["stuck"].as_str().is_some_and(|stuck| stuck.contains("stays: Challenged")));
    assert!(told["says"].as_str().is_some_and(|says| says.starts_with("A challenge that was")));
}

#[test]
fn the_last_object_sums_up() {
    let (code, objects, last) = summed_up(&["smoke", "impostor"]);
    assert_eq!((code, objects.len()), (0, 3));
    assert_eq!(last["schema"], "bindproof.check.summary/1");
    assert_eq!((&last["verdict"], &last["scopes"]), (&"exhausted".into(), &2.into()));
    let distinct = |at: usize| objects[at]["distinct"].as_u64().expect("a number");
    assert_eq!(last["distinct"], distinct(0) + distinct(1));
    assert!(last["reason"].as_str().is_some_and(|reason| reason.contains("properties hold in")));
    // Which rules are not covered is known only where everything is checked.
    assert!(last["uncovered"].is_null(), "{last}");
    let (code, _, last) = summed_up(&["smoke", "--without", "waits-for-account"]);
    assert_eq!((code, &last["verdict"]), (1, &"violated".into()));
    let violated = last["violated"].as_array().expect("a list");
    assert!(violated.contains(&"never-bound-without-registered-account".into()), "{last}");
    let (code, _, last) = summed_up(&["smoke", "--max-states", "200"]);
    assert_eq!((code, &last["verdict"]), (2, &"truncated".into()));
    let (code, _, last) = summed_up(&["unreached.toml", "smoke"]);
    assert_eq!((code, &last["verdict"]), (2, &"undecided".into()));
    assert!(last["reason"].as_str().is_some_and(|reason| reason.starts_with("Undecided: not re")));
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

#[test]
fn a_scope_in_which_nothing_happens_is_in_doubt() {
    let (code, objects, last) = summed_up(&["nothing.toml"]);
    assert_eq!((code, &objects[0]["verdict"]), (2, &"undecided".into()), "{last}");
    let steps = objects[0]["properties"].as_array().expect("a list").iter();
    let mut steps = steps.filter(|property| property["kind"] == "step");
    assert!(steps.all(|property| property["verdict"] == "undecided"));
    let doubts = objects[0]["doubts"].as_array().expect("a list");
    let never = |doubt: &Value| {
        doubt.as_str().is_some_and(|doubt| doubt.ends_with(" speaks of what never occurs"))
    };
    assert!(doubts.iter().any(never), "{doubts:?}");
    // Though every world was looked at, and each is as it should be.
    let (code, objects, _) = summed_up(&["nothing.toml", "--property", "tries-bounded"]);
    assert_eq!((code, &objects[0]["properties"][0]["verdict"]), (2, &"holds".into()));
    assert_eq!(objects[0]["doubts"], Value::from(vec!["nothing happens here"]));
}

#[test]
fn what_changes_nothing_for_a_pair_of_worlds_is_said() {
    for flag in ["--symmetry", "--safety"] {
        let ran = run(&["check", "pair-claimed-device", flag, "--format", "json"]);
        let said =
            format!("bindproof: {flag} changes nothing for pairs of worlds: pair-claimed-device\n");
        assert_eq!((ran.code, ran.err), (0, said));
    }
}
