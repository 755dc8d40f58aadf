//! Runs that are kept.

use std::path::PathBuf;

use crate::ran::{Ran, run};

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).expect("can be emptied");
    }
    path
}

fn check(folder: &std::path::Path, more: &[&str]) -> Ran {
    let path = folder.display().to_string();
    let arguments = ["check", "--without", "waits-for-account", "--save", &path];
    run(&[&arguments[..], more].concat())
}

const STEM: &str = "smoke--waits-for-account--never-bound-without-registered-account";

#[test]
fn each_violation_of_a_check_is_kept_in_three_forms_and_can_be_replayed() {
    let folder = folder("kept-by-check");
    let ran = check(&folder, &["smoke"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let json = folder.join(format!("{STEM}.json")).display().to_string();
    assert!(ran.out.contains(&format!("\n  bindproof replay {json}\n")), "{}", ran.out);
    let told = ran.out.matches("\n  bindproof replay ").count();
    assert!(told > 1, "{}", ran.out);
    let files = std::fs::read_dir(&folder).expect("there").count();
    assert_eq!(files, 3 * told);
    for line in ran.out.lines().filter_map(|line| line.strip_prefix("  bindproof replay ")) {
        let ran = run(&["replay", line, "--plain"]);
        assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    }
    let story = std::fs::read_to_string(folder.join(format!("{STEM}.md"))).expect("there");
    for says in [
        "# A violation of never-bound-without-registered-account\n",
        "**Switched off:** `waits-for-account`.",
        "\n4. AccountAnswer: unregistered for binding 0 arrives\n",
        "   * **violates never-bound-without-registered-account**\n",
        "\n```mermaid\nsequenceDiagram\n",
        &format!("`bindproof replay {STEM}.json`"),
    ] {
        assert!(story.contains(says), "{says}\n{story}");
    }
    let svg = std::fs::read_to_string(folder.join(format!("{STEM}.svg"))).expect("there");
    assert!(svg.starts_with("<svg"));
}

#[test]
fn a_file_with_other_content_is_left_as_it_is() {
    let folder = folder("kept-twice");
    let only = ["smoke", "--property", "never-bound-without-registered-account"];
    for _ in 0..2 {
        assert_eq!(check(&folder, &only).code, 1, "the same again is no conflict");
    }
    let story = folder.join(format!("{STEM}.md"));
    std::fs::write(&story, "my notes\n").expect("can be written");
    let ran = check(&folder, &only);
    assert_eq!(ran.code, 73, "{}", ran.out);
    assert!(
        ran.err.contains(&format!("{STEM}.md: there already, with other content")),
        "{}",
        ran.err
    );
    assert!(!ran.out.contains("\n  bindproof replay "), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(&story).expect("there"), "my notes\n");
}

#[test]
fn a_run_in_a_scope_of_one_s_own_is_kept_with_the_scope() {
    let folder = folder("kept-with-scope");
    let only = ["pinned.toml", "--property", "never-bound-without-registered-account"];
    let ran = check(&folder, &[&only[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_eq!(ran.out.lines().count(), 2, "stdout is for the objects: {}", ran.out);
    let line = ran.err.lines().find_map(|line| line.strip_prefix("  bindproof replay "));
    let file = line.expect("the command is told on stderr");
    let text = std::fs::read_to_string(file).expect("there");
    assert!(text.contains("\"scope_text\": \"name = \\\"pinned\\\""), "{text}");
    assert_eq!(run(&["replay", file]).code, 0);
}

#[test]
fn a_violation_that_is_not_kept_tells_how_it_can_be() {
    let ran = run(&["check", "smoke", "--without", "waits-for-account"]);
    assert!(ran.out.split_whitespace().collect::<Vec<_>>().join(" ").contains("with --save DIR"));
    assert!(!run(&["check", "smoke"]).out.contains("--save"));
}

#[test]
fn the_attack_on_a_mutant_is_kept() {
    let folder = folder("kept-by-mutants");
    let path = folder.display().to_string();
    let ran = run(&["mutants", "waits-for-account", "--save", &path]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let json = folder.join(format!("{STEM}.json")).display().to_string();
    assert!(ran.out.ends_with(&format!("\n  bindproof replay {json}\n")), "{}", ran.out);
    assert_eq!(run(&["replay", &json]).code, 0);
}

#[test]
fn a_run_of_two_worlds_is_kept_and_can_be_replayed() {
    let folder = folder("kept-pair");
    let path = folder.display().to_string();
    let pair = ["check", "pair-claimed-device", "--without", "revoked-untold"];
    let ran = run(&[&pair[..], &["--save", &path]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let stem = "pair-claimed-device--revoked-untold--existence-not-disclosed";
    let file = folder.join(format!("{stem}.json")).display().to_string();
    assert!(ran.out.ends_with(&format!("\n  bindproof replay {file}\n")), "{}", ran.out);
    let story = std::fs::read_to_string(folder.join(format!("{stem}.md"))).expect("there");
    assert!(story.contains("   * without the account: → he is told "), "{story}");
    assert!(story.contains("\nWhere there is an account the stranger is told problem "), "{story}");
    let ran = run(&["replay", &file, "--plain"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("pair-claimed-device (sign_in) without revoked-untold: "));
    assert!(ran.out.contains("Confirmed: carried out again"), "{}", ran.out);
}

#[test]
fn a_folder_that_cannot_be_made_is_said_before_anything_is_searched() {
    let ran = run(&["check", "smoke", "--save", "pinned.toml/within"]);
    assert_eq!((ran.code, ran.out.as_str()), (73, ""));
    assert!(ran.err.contains("pinned.toml/within: cannot be written"), "{}", ran.err);
}
