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
    let object: Value = serde_json::from_str(&ran.out).expect("one object");
    assert_eq!(object["mutant"], "waits-for-account");
    assert_eq!(object["expected"], "never-bound-without-registered-account");
    assert_eq!(object["verdict"], "killed");
    let by = object["killed_by"].as_array().expect("a list");
    assert!(by.contains(&object["expected"]));
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
